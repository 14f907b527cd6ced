//! Keyless views: what headers and clear bodies alone say. All of them can be dropped and rebuilt.

use rusqlite::{Connection, params};

use super::append::clear_body;
use super::clear::Clear;
use super::entry::Core;
use super::error::LedgerError;
use super::id::EntryId;
use super::read::ReadTx;
use super::store::Ledger;

const BATCH: usize = 1_000;

/// Brings the views up to date with one more entry.
pub(super) fn apply(
    sql: &Connection,
    seq: u64,
    core: &Core,
    clear: Option<&Clear>,
) -> rusqlite::Result<()> {
    if core.parent != EntryId::ZERO {
        // What waited on an earlier version waits no longer: the new version says for itself who is asked.
        sql.prepare_cached("DELETE FROM notice WHERE thread = ?1")?
            .execute([core.thread.as_bytes()])?;
    }
    for holder in &core.to {
        sql.prepare_cached("INSERT OR REPLACE INTO notice VALUES (?1, ?2, ?3)")?
            .execute(params![holder.to_key(), core.thread.as_bytes(), seq as i64])?;
    }
    if let Some(clear) = clear {
        let chart = clear.chart();
        sql.prepare_cached("INSERT INTO clear_entry VALUES (?1, ?2, ?3)")?
            .execute(params![seq as i64, clear.kind(), chart.as_bytes()])?;
        if let Clear::Enrolment(enrolment) = clear {
            for tag in &enrolment.tags {
                // The first enrolment of an identifier names its chart; a merge is an entry of its own.
                sql.prepare_cached("INSERT OR IGNORE INTO locator VALUES (?1, ?2)")?
                    .execute(params![&tag.0[..], chart.as_bytes()])?;
            }
        }
    }
    Ok(())
}

impl Ledger {
    /// Drops the views and makes them anew from the entries, the repeated header columns included.
    pub fn rebuild_views(&self) -> Result<(), LedgerError> {
        self.write(|tx| {
            tx.sql().execute_batch("DELETE FROM clear_entry; DELETE FROM notice; DELETE FROM locator;")?;
            let mut seq = 0;
            loop {
                let rows = tx.rows_after(seq, BATCH)?;
                let Some(last) = rows.last() else { return Ok(()) };
                seq = last.seq;
                for row in rows {
                    let entry = row.decode()?;
                    let clear = clear_body(&entry.core, &entry.row)?;
                    let core = &entry.core;
                    tx.sql()
                        .prepare_cached("UPDATE entry SET chart = ?2, section = ?3, thread = ?4, parent = ?5 WHERE seq = ?1")?
                        .execute(params![
                            entry.seq() as i64,
                            core.chart.as_bytes(),
                            core.section as u8,
                            core.thread.as_bytes(),
                            core.parent.as_bytes()
                        ])?;
                    apply(tx.sql(), entry.seq(), core, clear.as_ref())?;
                }
            }
        })
    }
}

impl ReadTx<'_> {
    /// Everything the views hold, as text, for comparison before and after a rebuild.
    pub fn views_dump(&self) -> Result<Vec<String>, LedgerError> {
        let mut lines = Vec::new();
        for sql in [
            "SELECT 'clear ' || seq || ' ' || kind || ' ' || hex(chart) FROM clear_entry ORDER BY seq",
            "SELECT 'notice ' || hex(holder) || ' ' || hex(thread) || ' ' || seq FROM notice ORDER BY holder, thread",
            "SELECT 'locator ' || hex(tag) || ' ' || hex(chart) FROM locator ORDER BY tag",
            "SELECT 'entry ' || seq || ' ' || hex(chart) || section || hex(thread) || hex(parent) FROM entry ORDER BY seq",
        ] {
            let mut statement = self.sql().prepare(sql)?;
            for line in statement.query_map([], |row| row.get(0))? {
                lines.push(line?);
            }
        }
        Ok(lines)
    }
}
