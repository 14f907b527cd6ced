//! Reading what was written to one section of a chart: all of it, a part of it, its headers, its numbers.

use rusqlite::params;

use super::canonical;
use super::entry::{Core, Entry};
use super::error::LedgerError;
use super::id::{ChartId, Section};
use super::read::{ReadTx, ahead, checked, misplaced};

impl ReadTx<'_> {
    /// Everything in one section of a chart, oldest first.
    pub fn section(&self, chart: &ChartId, section: Section) -> Result<Vec<Entry>, LedgerError> {
        self.section_between(chart, section, 0, u64::MAX >> 1)
    }

    /// What was written to one section of a chart after `after` and up to `up_to`, oldest first.
    pub fn section_between(
        &self,
        chart: &ChartId,
        section: Section,
        after: u64,
        up_to: u64,
    ) -> Result<Vec<Entry>, LedgerError> {
        let tail =
            "WHERE e.chart = ?1 AND e.section = ?2 AND e.seq > ?3 AND e.seq <= ?4 ORDER BY e.seq";
        let found = self.entries(
            tail,
            params![chart.as_bytes(), section as u8, after as i64, up_to as i64],
        )?;
        checked(found, |core| {
            core.chart == *chart && core.section == section
        })
    }

    /// The next entries of one section of a chart after `after`, oldest first, at most `limit`.
    pub fn section_after(
        &self,
        chart: &ChartId,
        section: Section,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let tail = "WHERE e.chart = ?1 AND e.section = ?2 AND e.seq > ?3 ORDER BY e.seq LIMIT ?4";
        let found = self.entries(
            tail,
            params![chart.as_bytes(), section as u8, after as i64, limit as i64],
        )?;
        let mut last = after;
        for entry in &found {
            ahead(&mut last, entry.seq())?;
        }
        checked(found, |core| {
            core.chart == *chart && core.section == section
        })
    }

    /// The numbers and headers of what was written to one section of a chart up to `up_to`, oldest first.
    pub fn section_headers(
        &self,
        chart: &ChartId,
        section: Section,
        up_to: u64,
    ) -> Result<Vec<(u64, Core)>, LedgerError> {
        let sql = "SELECT seq, core FROM entry WHERE chart = ?1 AND section = ?2 AND seq <= ?3 ORDER BY seq";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map(
            params![chart.as_bytes(), section as u8, up_to as i64],
            |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Vec<u8>>(1)?)),
        )?;
        rows.map(|row| {
            let (seq, core) = row?;
            let core: Core = canonical::decode("entry header", &core)?;
            if core.chart == *chart && core.section == section {
                Ok((seq, core))
            } else {
                Err(misplaced(seq))
            }
        })
        .collect()
    }

    /// The numbers of what was written to one section of a chart up to `up_to`, ascending.
    pub fn section_numbers(
        &self,
        chart: &ChartId,
        section: Section,
        up_to: u64,
    ) -> Result<Vec<u64>, LedgerError> {
        let sql =
            "SELECT seq FROM entry WHERE chart = ?1 AND section = ?2 AND seq <= ?3 ORDER BY seq";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map(
            params![chart.as_bytes(), section as u8, up_to as i64],
            |row| Ok(row.get::<_, i64>(0)? as u64),
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The last entry of one section of a chart.
    pub fn section_end(&self, chart: &ChartId, section: Section) -> Result<u64, LedgerError> {
        let sql = "SELECT coalesce(max(seq), 0) FROM entry WHERE chart = ?1 AND section = ?2";
        let seq: i64 = self
            .sql()
            .prepare_cached(sql)?
            .query_row(params![chart.as_bytes(), section as u8], |row| row.get(0))?;
        Ok(seq as u64)
    }

    /// How many entries a section of a chart has after `after` and up to `up_to`.
    pub fn section_count(
        &self,
        chart: &ChartId,
        section: Section,
        after: u64,
        up_to: u64,
    ) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM entry WHERE chart = ?1 AND section = ?2 AND seq > ?3 AND seq <= ?4";
        let count: i64 = self.sql().prepare_cached(sql)?.query_row(
            params![chart.as_bytes(), section as u8, after as i64, up_to as i64],
            |row| row.get(0),
        )?;
        Ok(count as u64)
    }
}
