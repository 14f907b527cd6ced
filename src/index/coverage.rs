//! How far each chart's entries are in the index.
//!
//! ```text
//! mac = HMAC-SHA256(K_cover, "chartseal/index/cover/v1" || compartment(17) || chart(16) || be64(up_to))
//! ```
//!
//! A row says that every entry of the chart in this section, up to ledger number `up_to`, was looked at and is indexed if the
//! unit's keys opened it. What lies beyond is due. A row that is missing or whose MAC does not hold counts as nothing indexed, so
//! deleting or forging one only causes work: lists are sets, and indexing an entry twice changes no answer.
//!
//! Whoever hands on a section's keys hands on all that they hold, so a unit that opens an entry opens those before it. Keys that
//! reach a unit later all the same make nothing due again: the audit names what the index lacks, and a rebuild adds it.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::ChartId;

use super::compartment::{self, Compartment, CompartmentId};
use super::error::Result;
use super::key::CompartmentKey;
use super::segment;

/// How far an erased chart counts as indexed: nothing of it is due ever again.
const ERASED: u64 = i64::MAX as u64;

/// Up to which ledger number the chart is indexed; 0 if nothing is.
pub fn up_to(
    conn: &Connection,
    id: CompartmentId,
    keys: &[CompartmentKey],
    chart: ChartId,
) -> Result<u64> {
    let Some(found) = compartment::find(conn, id)? else {
        return Ok(0);
    };
    let mut statement = conn
        .prepare_cached("SELECT up_to, mac FROM indexed WHERE compartment = ?1 AND chart = ?2")?;
    let row: Option<(i64, Vec<u8>)> = statement
        .query_row(params![found.row, chart.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(row
        .filter(|(up_to, mac)| holds(id, keys, chart, *up_to as u64, mac))
        .map_or(0, |(up_to, _)| up_to as u64))
}

/// Up to which ledger number each chart is indexed; charts that are not in it are not indexed at all.
pub fn all(
    conn: &Connection,
    id: CompartmentId,
    keys: &[CompartmentKey],
) -> Result<HashMap<ChartId, u64>> {
    let Some(found) = compartment::find(conn, id)? else {
        return Ok(HashMap::new());
    };
    let mut statement =
        conn.prepare_cached("SELECT chart, up_to, mac FROM indexed WHERE compartment = ?1")?;
    let mut rows = statement.query([found.row])?;
    let mut covered = HashMap::new();
    while let Some(row) = rows.next()? {
        let (chart, up_to, mac): ([u8; 16], i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let up_to = up_to as u64;
        if holds(id, keys, ChartId(chart), up_to, &mac) {
            covered.insert(ChartId(chart), up_to);
        }
    }
    Ok(covered)
}

/// What tells, without looking at every chart, that some may be indexed less far than before: only who builds an index anew or empties it
/// takes all its segments out at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footing(Vec<i64>);

impl Footing {
    /// The compartment's as it stands.
    pub fn of(conn: &Connection, id: CompartmentId) -> Result<Self> {
        Ok(match compartment::find(conn, id)? {
            Some(found) => Self(segment::readable_ids(conn, found.row)?),
            None => Self::default(),
        })
    }

    /// Whether none of what it was is left.
    pub fn is_lost(&self, now: &Self) -> bool {
        !self.0.is_empty() && !self.0.iter().any(|id| now.0.contains(id))
    }
}

/// Says that the chart is indexed up to this ledger number.
pub fn mark(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    chart: ChartId,
    up_to: u64,
) -> Result<()> {
    let found = compartment::enter(conn, id, key)?;
    let mac = key
        .cover()
        .tag(&parts(&id.bytes(), &chart.0, &up_to.to_be_bytes()));
    conn.prepare_cached(
        "INSERT INTO indexed (compartment, chart, up_to, mac) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (compartment, chart) DO UPDATE SET up_to = excluded.up_to, mac = excluded.mac",
    )?
    .execute(params![found.row, chart.0, up_to as i64, mac])?;
    Ok(())
}

/// Says that the chart was erased. **Whatever was read of it before and is on its way into the index comes too late.**
pub(super) fn mark_erased(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    chart: ChartId,
) -> Result<()> {
    mark(conn, id, key, chart, ERASED)
}

/// Whether a chart that is indexed so far was erased.
pub(super) fn is_erased(up_to: u64) -> bool {
    up_to == ERASED
}

/// Makes every entry of the compartment due again, but for charts that were erased.
pub(super) fn forget(conn: &Connection, compartment: Compartment) -> Result<()> {
    conn.execute(
        "DELETE FROM indexed WHERE compartment = ?1 AND up_to < ?2",
        params![compartment.row, ERASED as i64],
    )?;
    Ok(())
}

fn holds(
    id: CompartmentId,
    keys: &[CompartmentKey],
    chart: ChartId,
    up_to: u64,
    mac: &[u8],
) -> bool {
    let (id, up_to) = (id.bytes(), up_to.to_be_bytes());
    // The newest generation is the likeliest.
    keys.iter()
        .rev()
        .any(|key| key.cover().verify(&parts(&id, &chart.0, &up_to), mac))
}

fn parts<'a>(id: &'a [u8; 17], chart: &'a [u8; 16], up_to: &'a [u8; 8]) -> [&'a [u8]; 4] {
    [b"chartseal/index/cover/v1", id, chart, up_to]
}
