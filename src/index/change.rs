//! What an entry means for the index, and adding it in the entry's own transaction.

use rusqlite::Connection;

use crate::ledger::ChartId;

use super::compartment::CompartmentId;
use super::coverage;
use super::error::Result;
use super::key::CompartmentKey;
use super::log;
use super::term::Term;

/// One entry, as the index sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The entry's local ledger number.
    pub rid: u64,
    /// Its words.
    pub terms: Vec<Term>,
    /// The version that it amends or retracts, which searches shall no longer show. Its words are not needed for that.
    pub replaces: Option<u64>,
}

/// Indexes entries in the append log, inside the caller's write transaction: they and their words land together or not at all.
///
/// Cheap for an entry or a few. For hundreds, [`Bulk`](super::Bulk) writes a packed segment.
pub fn add(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    changes: &[Change],
) -> Result<()> {
    let mut pairs = Vec::new();
    for change in changes {
        let mut terms: Vec<&Term> = change.terms.iter().collect();
        terms.sort_unstable();
        terms.dedup();
        pairs.extend(terms.into_iter().map(|term| (key.tag(term), change.rid)));
        pairs.extend(change.replaces.map(|old| (key.tag(&Term::dead()), old)));
    }
    log::append(conn, id, key, &pairs)
}

/// Takes a chart out of every search, inside the caller's write transaction: `rids` are all its entries in this section. After a
/// [`rebuild`](super::rebuild) and a [`sweep`](super::sweep()) nothing of it is left in the index.
pub fn erase(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    chart: ChartId,
    rids: &[u64],
) -> Result<()> {
    let dead = key.tag(&Term::dead());
    let pairs: Vec<_> = rids.iter().map(|rid| (dead, *rid)).collect();
    log::append(conn, id, key, &pairs)?;
    coverage::forget_chart(conn, id, chart)
}
