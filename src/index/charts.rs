//! From patients to their charts: `name:garcia fever` finds a fever in the chart of somebody called so.
//!
//! Who a patient is stands in the identity section, what happened to them in others. So patients are found first, and their
//! entries through the ledger's headers, which name the chart of every entry and need no key.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::{ChartId, Section};

use super::change::FORMER;
use super::error::Result;
use super::search::entry_of;

/// The charts of some patients.
#[derive(Default)]
pub(super) struct Charts {
    ids: HashSet<ChartId>,
    /// Whether each of them is meant, or each must be looked at.
    pub(super) exact: bool,
}

impl Charts {
    /// The charts that these entries belong to.
    pub(super) fn of(conn: &Connection, rids: &[u64], exact: bool) -> Result<Self> {
        let mut ids = HashSet::new();
        for rid in rids {
            ids.extend(chart_of(conn, *rid)?);
        }
        Ok(Self { ids, exact })
    }

    /// How many they are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Those of the entries that belong to the charts.
    pub(super) fn filter(&self, conn: &Connection, rids: &[u64]) -> Result<Vec<u64>> {
        let mut kept = Vec::new();
        for rid in rids {
            if chart_of(conn, *rid)?.is_some_and(|chart| self.ids.contains(&chart)) {
                kept.push(*rid);
            }
        }
        Ok(kept)
    }

    /// All entries of the charts in a section and all of them as replaced versions, ascending, whether or not they are indexed
    /// or alive.
    pub(super) fn entries(&self, conn: &Connection, section: Section) -> Result<Vec<u64>> {
        let mut statement =
            conn.prepare_cached("SELECT seq FROM entry WHERE chart = ?1 AND section = ?2")?;
        let mut rids = Vec::new();
        for chart in &self.ids {
            let rows =
                statement.query_map(params![chart.0, section as u8], |row| row.get::<_, i64>(0))?;
            for rid in rows {
                let rid = rid? as u64;
                rids.extend([rid, rid | FORMER]);
            }
        }
        rids.sort_unstable();
        Ok(rids)
    }
}

/// How many charts some entries belong to.
pub fn count(conn: &Connection, rids: &[u64]) -> Result<u64> {
    Ok(Charts::of(conn, rids, true)?.len() as u64)
}

fn chart_of(conn: &Connection, rid: u64) -> Result<Option<ChartId>> {
    let mut statement = conn.prepare_cached("SELECT chart FROM entry WHERE seq = ?1")?;
    Ok(statement
        .query_row([entry_of(rid) as i64], |row| row.get(0))
        .optional()?
        .map(ChartId))
}
