//! What a search answers.

use serde::Serialize;

use super::Stamp;

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchAnswer {
    /// The query as it was understood.
    pub query: String,
    /// Entries that match.
    pub total: u64,
    /// Whether `total` is exact and not a lower bound.
    pub exact: bool,
    /// Entries that the index does not hold yet.
    pub uncovered: u64,
    /// The page asked for, newest first.
    pub results: Vec<Hit>,
    /// How long the index took.
    pub micros: u64,
    /// Charts in which the matches lie.
    pub charts: u64,
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
    /// When it was written.
    pub created: Stamp,
    /// The words around the match, or the entry's headline.
    pub snippet: String,
    /// The entry.
    pub entry: String,
    /// Its author and role, for the preview.
    pub author: String,
    /// Whether signature, role and commitment hold.
    pub verified: bool,
}
