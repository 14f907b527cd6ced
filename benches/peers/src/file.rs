//! The file of a peer: opened as the program opens its own, and the bodies in it, sealed as the program seals.

use std::path::Path;

use chartseal::crypto::Secret;
use chartseal::crypto::aead::SealKey;
use rusqlite::{Connection, params};
use workload::corpus::Entry;
use workload::peer::PRAGMAS;

/// Opens `peer.db` in the folder, with the table of bodies.
pub fn open(dir: &Path) -> Connection {
    let conn = Connection::open(dir.join("peer.db")).expect("the file opens");
    conn.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; {PRAGMAS}
         CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    ))
    .expect("the table is made");
    conn.set_prepared_statement_cache_capacity(64);
    conn
}

/// Moves everything into the file itself, so that its size tells.
pub fn settle(conn: &Connection) {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .expect("checkpointed");
}

/// How many bytes of the file the pages of these tables and their indexes fill, from SQLite's own account.
pub fn pages(conn: &Connection, names: &str) -> u64 {
    let sql =
        format!("SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN ({names})");
    let bytes: Option<i64> = conn
        .query_row(&sql, [], |row| row.get(0))
        .expect("measured");
    bytes.unwrap_or(0) as u64
}

/// Bodies under AES-256-GCM, one nonce each, bound to the entry's number.
pub struct Bodies(SealKey);

impl Bodies {
    /// The same key in every process.
    pub fn new() -> Self {
        Self(SealKey::new(&Secret::new([11; 32])))
    }

    /// Stores the body of an entry.
    pub fn store(&self, conn: &Connection, entry: &Entry) {
        let sealed = self
            .0
            .seal(&entry.id.to_be_bytes(), entry.body().as_bytes());
        conn.prepare_cached("INSERT INTO entry (id, body) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![entry.id as i64, sealed]))
            .expect("stored");
    }

    /// Reads the body of an entry.
    pub fn read(&self, conn: &Connection, id: u64) -> String {
        let sealed: Vec<u8> = conn
            .prepare_cached("SELECT body FROM entry WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([id as i64], |row| row.get(0)))
            .expect("every number found is an entry's");
        self.open(id, &sealed)
    }

    /// Opens a body.
    pub fn open(&self, id: u64, sealed: &[u8]) -> String {
        let plain = self
            .0
            .open(&id.to_be_bytes(), sealed)
            .expect("it was sealed here");
        String::from_utf8(plain.expose().to_vec()).expect("it was text")
    }
}
