//! No index: every body is decrypted and looked at. Also the floor for adding: the same transaction, without an index.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use workload::corpus::Entry;
use workload::peer::{Amendment, Peer};

use crate::file::{self, Bodies};

/// Sealed bodies alone.
pub struct Scan {
    conn: Connection,
    bodies: Bodies,
}

impl Scan {
    /// Opens the file.
    pub fn open(dir: &Path) -> Self {
        let conn = file::open(dir);
        conn.execute_batch("CREATE TABLE IF NOT EXISTS replaced (id INTEGER PRIMARY KEY)")
            .expect("the table is made");
        Self {
            conn,
            bodies: Bodies::new(),
        }
    }

    /// The newest entries, up to `limit`, whose words are all there.
    fn scan(&self, words: &[&str], limit: usize) -> Vec<(u64, String)> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT id, body FROM entry WHERE id NOT IN (SELECT id FROM replaced) ORDER BY id DESC")
            .expect("prepared");
        let mut rows = statement.query([]).expect("read");
        let mut found = Vec::new();
        while let Some(row) = rows.next().expect("read") {
            let id = row.get::<_, i64>(0).expect("a number") as u64;
            let sealed = row
                .get_ref(1)
                .and_then(|body| Ok(body.as_blob()?))
                .expect("a body");
            let body = self.bodies.open(id, sealed);
            if words
                .iter()
                .all(|word| body.split(' ').any(|other| other == *word))
            {
                found.push((id, body));
                if found.len() == limit {
                    break;
                }
            }
        }
        found
    }
}

impl Peer for Scan {
    fn load(&mut self, entries: &[Entry]) {
        let tx = self.conn.transaction().expect("begun");
        entries
            .iter()
            .for_each(|entry| self.bodies.store(&tx, entry));
        tx.commit().expect("committed");
    }

    fn loaded(&mut self) {
        file::settle(&self.conn);
    }

    fn find(&mut self, word: &str) -> Option<Vec<u64>> {
        Some(
            self.scan(&[word], usize::MAX)
                .into_iter()
                .map(|(id, _)| id)
                .collect(),
        )
    }

    fn page(&mut self, a: &str, b: &str, limit: usize) -> Option<Vec<(u64, String)>> {
        Some(self.scan(&[a, b], limit))
    }

    fn add(&mut self, entry: &Entry) {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .expect("begun");
        self.bodies.store(&tx, entry);
        tx.commit().expect("committed");
    }

    fn amend(&mut self, amendments: &[Amendment]) {
        let tx = self.conn.transaction().expect("begun");
        for Amendment { old, new } in amendments {
            tx.execute("INSERT INTO replaced (id) VALUES (?1)", [old.id as i64])
                .expect("marked");
            self.bodies.store(&tx, new);
        }
        tx.commit().expect("committed");
    }

    fn rebuild(&mut self) -> bool {
        false
    }

    fn index_bytes(&mut self) -> u64 {
        0
    }
}
