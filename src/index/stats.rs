//! How large the index is.

use rusqlite::{Connection, params};

use super::compartment::{self, CompartmentId};
use super::error::Result;
use super::key::CompartmentKey;
use super::log;
use super::segment::{self, Kind, State};

/// Sizes of the index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// (word, entry) pairs in the segments that the held keys open.
    pub pairs: u64,
    /// Segments that searches read.
    pub segments: u64,
    /// Rows of the logs: a row an entry.
    pub log_rows: u64,
    /// Bytes of the index tables' pages in the file, of all compartments.
    pub bytes: u64,
}

impl Stats {
    /// Bytes of file for each pair; `None` if there is no pair. Fair only where the keys of every compartment are held.
    pub fn bytes_per_pair(&self) -> Option<f64> {
        (self.pairs > 0).then(|| self.bytes as f64 / self.pairs as f64)
    }
}

/// Measures the index, counting the pairs of the compartments whose keys are held.
pub fn stats(conn: &Connection, held: &[(CompartmentId, &[CompartmentKey])]) -> Result<Stats> {
    let mut stats = Stats {
        bytes: pages(conn)?,
        segments: count(
            conn,
            "SELECT count(*) FROM segment WHERE state IN (?1, ?2, ?3)",
            [State::Open, State::Sealed, State::Live],
        )?,
        log_rows: count(
            conn,
            "SELECT count(*) FROM index_log JOIN segment ON segment.id = index_log.k >> 32 WHERE state IN (?1, ?2, ?3)",
            [State::Open, State::Sealed, State::Open],
        )?,
        ..Stats::default()
    };
    for (id, keys) in held {
        let Some(found) = compartment::find(conn, *id)? else {
            continue;
        };
        for segment in segment::readable(conn, found.row)? {
            let Some(key) = keys
                .iter()
                .find(|key| key.generation() == segment.generation)
            else {
                continue;
            };
            stats.pairs += match segment.kind {
                Kind::Packed => segment::open_meta(*id, key, &segment)?.pairs,
                Kind::Log => {
                    let (key, mut pairs) = (key.log(&segment.salt), 0);
                    log::read(conn, &segment, &key, 0, |_, _| pairs += 1)?;
                    pairs
                }
            };
        }
    }
    Ok(stats)
}

fn count(conn: &Connection, sql: &str, states: [State; 3]) -> Result<u64> {
    let [a, b, c] = states;
    let n: Option<i64> = conn.query_row(sql, params![a, b, c], |row| row.get(0))?;
    Ok(n.unwrap_or(0) as u64)
}

/// Pages of the tables and their indexes, from SQLite's own account.
fn pages(conn: &Connection) -> Result<u64> {
    let bytes: Option<i64> = conn.query_row(
        "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN
         ('compartment', 'segment', 'segment_compartment', 'index_log', 'index_small', 'index_large',
          'index_large_segment', 'index_lease', 'indexed')",
        [],
        |row| row.get(0),
    )?;
    Ok(bytes.unwrap_or(0) as u64)
}
