//! FTS5, plain or below SQLCipher. This file is part of both programs.
//!
//! The index is contentless, the smallest form, and the bodies stand in a table as everywhere else. `detail = none` keeps no
//! positions, like the other peers; `detail = full`, the default, does, and answers phrases by itself.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use workload::corpus::Entry;
use workload::peer::{Amendment, PRAGMAS, Peer};

/// An FTS5 index and its bodies.
pub struct Fts5 {
    conn: Connection,
}

impl Fts5 {
    /// Opens the file; `key` is SQLCipher's raw key in hexadecimal digits.
    pub fn open(dir: &Path, detail: &str, key: Option<&str>) -> Self {
        let conn = Connection::open(dir.join("peer.db")).expect("the file opens");
        if let Some(key) = key {
            conn.execute_batch(&format!("PRAGMA key = \"x'{key}'\""))
                .expect("the key fits");
        }
        conn.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; {PRAGMAS}
             CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
             CREATE VIRTUAL TABLE IF NOT EXISTS fts USING fts5(body, content = '', contentless_delete = 1, detail = {detail})",
        ))
        .expect("the tables are made");
        Self { conn }
    }

    fn write(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .expect("begun");
        work(&tx).expect("done");
        tx.commit().expect("committed");
    }
}

fn insert(conn: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let body = entry.body();
    conn.prepare_cached("INSERT INTO entry (id, body) VALUES (?1, ?2)")?
        .execute(params![entry.id as i64, body])?;
    conn.prepare_cached("INSERT INTO fts (rowid, body) VALUES (?1, ?2)")?
        .execute(params![entry.id as i64, body])?;
    Ok(())
}

impl Peer for Fts5 {
    fn load(&mut self, entries: &[Entry]) {
        self.write(|tx| entries.iter().try_for_each(|entry| insert(tx, entry)));
    }

    fn loaded(&mut self) {
        self.rebuild();
    }

    fn find(&mut self, word: &str) -> Option<Vec<u64>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT rowid FROM fts WHERE fts MATCH ?1")
            .expect("prepared");
        let rows = statement
            .query_map([word], |row| row.get::<_, i64>(0))
            .expect("found");
        Some(rows.map(|id| id.expect("read") as u64).collect())
    }

    fn page(&mut self, a: &str, b: &str, limit: usize) -> Option<Vec<(u64, String)>> {
        let mut statement = self
            .conn
            .prepare_cached(
                "SELECT entry.id, entry.body FROM fts JOIN entry ON entry.id = fts.rowid
                 WHERE fts MATCH ?1 ORDER BY fts.rowid DESC LIMIT ?2",
            )
            .expect("prepared");
        let rows = statement
            .query_map(params![format!("{a} AND {b}"), limit as i64], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get(1)?))
            })
            .expect("found");
        Some(rows.map(|row| row.expect("read")).collect())
    }

    fn add(&mut self, entry: &Entry) {
        self.write(|tx| insert(tx, entry));
    }

    fn amend(&mut self, amendments: &[Amendment]) {
        self.write(|tx| {
            for amendment in amendments {
                tx.prepare_cached("DELETE FROM fts WHERE rowid = ?1")?
                    .execute([amendment.old.id as i64])?;
                insert(tx, &amendment.new)?;
            }
            Ok(())
        });
    }

    fn rebuild(&mut self) -> bool {
        self.write(|tx| {
            tx.execute("INSERT INTO fts (fts) VALUES ('optimize')", [])
                .map(drop)
        });
        true
    }

    fn index_bytes(&mut self) -> u64 {
        let bytes: i64 = self
            .conn
            .query_row(
                "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name LIKE 'fts%'",
                [],
                |row| row.get(0),
            )
            .expect("measured");
        bytes as u64
    }
}
