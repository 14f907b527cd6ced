//! Removing what no search reads any more: merged segments, and builds whose builder died.
//!
//! No key is needed. With `secure_delete` the pages are overwritten; what the write-ahead log still has of them goes when the ledger
//! [empties it](crate::ledger::Ledger::checkpoint_if_idle).

use rusqlite::{Connection, OptionalExtension, params};

use super::build::PATIENCE_MS;
use super::error::Result;
use super::segment::State;
use super::transactor::Transactor;

/// About how many small rows a transaction removes.
const SMALL: i64 = 20_000;
/// How many pages or rows of a log a transaction removes.
const LARGE: i64 = 1_000;

/// Removes dead segments in pieces. How many it removed.
pub fn sweep(transactor: &impl Transactor) -> Result<usize> {
    let now = transactor.now();
    let mut swept = 0;
    while let Some(segment) = transactor.write(|conn| condemn(conn, now))? {
        while transactor.write(|conn| remove_piece(conn, segment))? {}
        swept += 1;
    }
    Ok(swept)
}

/// The next segment to remove. A build that ran out, or that would last longer than any may, is marked first, so that its builder, should
/// it live, finds out.
fn condemn(conn: &Connection, now: u64) -> Result<Option<i64>> {
    let next: Option<i64> = conn
        .query_row(
            "SELECT id FROM segment WHERE state = ?1 OR (state = ?2 AND (expires < ?3 OR expires > ?4)) ORDER BY id LIMIT 1",
            params![State::Dead, State::Building, now as i64, (now + PATIENCE_MS) as i64],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(id) = next {
        conn.execute(
            "UPDATE segment SET state = ?2 WHERE id = ?1",
            params![id, State::Dead],
        )?;
    }
    Ok(next)
}

/// Removes a piece of a segment, and the segment with its last one. Whether something is left.
fn remove_piece(conn: &Connection, segment: i64) -> Result<bool> {
    let logs = "DELETE FROM index_log WHERE k IN (SELECT k FROM index_log WHERE k >= ?1 << 32 AND k < (?1 + 1) << 32 LIMIT ?2)";
    let small = "DELETE FROM index_small WHERE segment = ?1 AND a IN (SELECT a FROM index_small WHERE segment = ?1 LIMIT ?2)";
    let large = "DELETE FROM index_large WHERE k IN (SELECT k FROM index_large WHERE segment = ?1 LIMIT ?2)";
    for (sql, limit) in [(logs, LARGE), (small, SMALL), (large, LARGE)] {
        if conn.execute(sql, params![segment, limit])? > 0 {
            return Ok(true);
        }
    }
    conn.execute(
        "DELETE FROM segment WHERE id = ?1 AND state = ?2",
        params![segment, State::Dead],
    )?;
    Ok(false)
}
