//! What an entry means for the index, and adding it in the entry's own transaction.
//!
//! A version that was amended or retracted is dead: no search shows it. Its words are indexed once more, under its number with
//! the bit `FORMER` set, for those who ask for the `history:` too. So a word's list holds first the entries that say it now, then
//! those that once did.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::ledger::ChartId;

use super::compartment::CompartmentId;
use super::coverage;
use super::error::Result;
use super::key::CompartmentKey;
use super::log::{self, List};
use super::term::Term;

/// One entry, as the index sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The entry's local ledger number.
    pub rid: u64,
    /// Its words.
    pub terms: Vec<Term>,
    /// The version that it amends or retracts.
    pub replaces: Option<Replaced>,
}

/// A version that another one takes the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its ledger number. Searches no longer show it, whatever its words were.
    pub rid: u64,
    /// Its words, for searches of the history.
    pub terms: Vec<Term>,
}

/// Set in the numbers of replaced versions. Ledger numbers stay below it.
pub(super) const FORMER: u64 = 1 << 40;

impl Change {
    /// The (word, number) pairs that go into the index besides the dead, each once.
    pub(super) fn pairs(&self) -> Vec<(&Term, u64)> {
        let now = self.terms.iter().map(|term| (term, self.rid));
        let once = self
            .replaces
            .iter()
            .flat_map(|old| old.terms.iter().map(|term| (term, old.rid | FORMER)));
        let mut pairs: Vec<_> = now.chain(once).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}

/// Indexes entries in the append log, inside the caller's write transaction: they and their words land together or not at all.
///
/// Cheap for an entry or a few; many are gathered in a [`Bulk`](super::Bulk).
pub fn add(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    changes: &[Change],
) -> Result<()> {
    log::append(conn, id, key, &rows(key, changes))
}

/// What the rows of the log say of entries.
pub(super) fn rows(key: &CompartmentKey, changes: &[Change]) -> Vec<Vec<List>> {
    let rows = changes.iter().map(|change| lists(key, change));
    rows.filter(|lists| !lists.is_empty()).collect()
}

/// The same without the entries that are dead, and without the marks of these: for an index that holds nothing else.
pub(super) fn living_rows(key: &CompartmentKey, changes: &[Change]) -> Vec<Vec<List>> {
    let replaced = changes.iter().filter_map(|change| change.replaces.as_ref());
    let dead: HashSet<u64> = replaced.map(|old| old.rid).collect();
    let mut rows = rows(key, changes);
    for lists in &mut rows {
        lists.retain(|list| !dead.contains(&list.number));
    }
    rows.retain(|lists| !lists.is_empty());
    rows
}

/// What a row of the log says of an entry.
fn lists(key: &CompartmentKey, change: &Change) -> Vec<List> {
    let list = |number, terms: &[Term]| {
        let mut terms: Vec<&Term> = terms.iter().collect();
        terms.sort_unstable();
        terms.dedup();
        List {
            number,
            tags: terms.into_iter().map(|term| key.tag(term)).collect(),
        }
    };
    let mut lists = vec![list(change.rid, &change.terms)];
    if let Some(old) = &change.replaces {
        lists.push(list(old.rid | FORMER, &old.terms));
        lists.push(list(old.rid, &[Term::dead()]));
    }
    lists.retain(|list| !list.tags.is_empty());
    lists
}

/// Takes a chart out of every search, inside the caller's write transaction: `rids` are all its entries in this section. After a
/// [`rebuild`](super::rebuild) and a [`sweep`](super::sweep()) nothing of it is left in the index, and nothing of it enters again.
pub fn erase(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    chart: ChartId,
    rids: &[u64],
) -> Result<()> {
    let dead = key.tag(&Term::dead());
    let marks = rids.iter().flat_map(|rid| [*rid, *rid | FORMER]);
    let marks: Vec<List> = marks
        .map(|number| List {
            number,
            tags: vec![dead],
        })
        .collect();
    if !marks.is_empty() {
        log::append(conn, id, key, &[marks])?;
    }
    coverage::mark_erased(conn, id, key, chart)
}
