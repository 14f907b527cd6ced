//! What a search answers, and what a searcher keeps.

use std::ops::Range;

use serde::Serialize;

use super::Stamp;

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchAnswer {
    /// The query as it was understood.
    pub query: String,
    /// Entries that match; at most so many, unless `exact`.
    pub total: u64,
    /// Whether `total` is exact. It is where the index alone decides, and once the last result was shown.
    pub exact: bool,
    /// Entries that the index does not hold yet.
    pub uncovered: u64,
    /// The page asked for: the newest day first, and of one day what was written last.
    pub results: Vec<Hit>,
    /// How long the index took.
    pub micros: u64,
    /// Charts in which the results of this page lie.
    pub charts: u64,
    /// Whether `charts` speaks of all matches, and not only of those read so far.
    pub all_charts: bool,
    /// Sections that were opened and read through: personal ones, which no unit's index covers.
    #[serde(skip)]
    pub opened: u64,
    /// Candidates of the index that were looked at, up to this page, and are not what the query looks for.
    #[serde(skip)]
    pub rejected: u64,
}

/// One match.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// The chart's number.
    pub mrn: String,
    /// The patient's name.
    pub name: String,
    /// `vitals`, `note` …
    pub kind: String,
    /// When it happened; where the entry does not say, when it was written.
    pub created: Stamp,
    /// The words around the match, or the entry's headline.
    pub snippet: String,
    /// The entry.
    pub entry: String,
    /// Its author and role, for the preview.
    pub author: String,
    /// Whether signature, role and commitment hold.
    pub verified: bool,
    /// The entry's thread.
    pub thread: String,
    /// The fields in which it matches, as the language names them; `text` for anywhere.
    pub matched: Vec<&'static str>,
    /// What in `snippet` the query looks for, in bytes.
    #[serde(skip)]
    pub marks: Vec<Range<usize>>,
    /// More of the entry, to read before it is opened.
    #[serde(skip)]
    pub preview: Preview,
}

/// A text, and what in it a query looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The text.
    pub text: String,
    /// Parts of it, in bytes; ascending, and none overlaps another.
    pub marks: Vec<Range<usize>>,
}

/// A person's own queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queries {
    /// Kept under a name, in the order of the names.
    pub saved: Vec<SavedQuery>,
    /// Asked of late, the last one first.
    pub recent: Vec<String>,
}

/// A query under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedQuery {
    /// The name.
    pub name: String,
    /// The query.
    pub query: String,
}
