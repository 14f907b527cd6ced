//! A blind index: for each word of an entry a keyed hash beside the entry's number, as database guides recommend.
//!
//! One ordinary table, looked up by its hash. Equal words have equal hashes, which is what the leak test is about.

use std::path::Path;

use chartseal::crypto::Secret;
use chartseal::crypto::mac::MacKey;
use chartseal::index::text;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use workload::corpus::Entry;
use workload::peer::{Amendment, Peer};

use crate::file::{self, Bodies};

/// Bytes of a hash that are kept: as many as our index keeps.
pub const TAG: usize = 12;

/// HMAC-SHA256 of a word, cut.
pub fn tag(key: &MacKey, word: &str) -> [u8; TAG] {
    let mac = key.tag(&[word.as_bytes()]);
    std::array::from_fn(|i| mac[i])
}

/// A blind index and its bodies.
pub struct Blind {
    conn: Connection,
    bodies: Bodies,
    key: MacKey,
    /// Pairs that are being loaded: inserted as they come, they would touch every page of the table.
    gathered: Vec<([u8; TAG], u32)>,
}

impl Blind {
    /// Opens the file.
    pub fn open(dir: &Path) -> Self {
        let conn = file::open(dir);
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS blind (tag BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (tag, entry)) WITHOUT ROWID",
        )
        .expect("the table is made");
        Self {
            conn,
            bodies: Bodies::new(),
            key: MacKey::new(&Secret::new([12; 32])),
            gathered: Vec::new(),
        }
    }

    fn pair(conn: &Connection, sql: &str, tag: [u8; TAG], id: u64) {
        conn.prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params![tag, id as i64]))
            .expect("written");
    }

    /// How far back the newest entries of a word lie: the further, the rarer it is among them.
    fn far(&self, tag: [u8; TAG]) -> i64 {
        let nth = "SELECT entry FROM blind WHERE tag = ?1 ORDER BY entry DESC LIMIT 1 OFFSET 50";
        self.conn
            .prepare_cached(nth)
            .and_then(|mut statement| statement.query_row([tag], |row| row.get(0)).optional())
            .expect("read")
            .unwrap_or(0)
    }

    fn insert(&self, conn: &Connection, entry: &Entry) {
        self.bodies.store(conn, entry);
        for word in text::words(&entry.body()) {
            Self::pair(conn, INSERT, tag(&self.key, &word), entry.id);
        }
    }
}

const INSERT: &str = "INSERT INTO blind (tag, entry) VALUES (?1, ?2)";
const DELETE: &str = "DELETE FROM blind WHERE tag = ?1 AND entry = ?2";

impl Peer for Blind {
    fn load(&mut self, entries: &[Entry]) {
        let tx = self.conn.transaction().expect("begun");
        for entry in entries {
            self.bodies.store(&tx, entry);
            let id = u32::try_from(entry.id).expect("entries are few enough");
            let words = text::words(&entry.body()).into_iter();
            let pairs = words.map(|word| (tag(&self.key, &word), id));
            self.gathered.extend(pairs);
        }
        tx.commit().expect("committed");
    }

    fn loaded(&mut self) {
        self.gathered.sort_unstable();
        for piece in self.gathered.chunks(1_000_000) {
            let tx = self.conn.unchecked_transaction().expect("begun");
            for &(tag, id) in piece {
                Self::pair(&tx, INSERT, tag, u64::from(id));
            }
            tx.commit().expect("committed");
        }
        self.gathered = Vec::new();
        file::settle(&self.conn);
    }

    fn find(&mut self, word: &str) -> Option<Vec<u64>> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT entry FROM blind WHERE tag = ?1")
            .expect("prepared");
        let rows = statement
            .query_map([tag(&self.key, word)], |row| row.get::<_, i64>(0))
            .expect("found");
        Some(rows.map(|id| id.expect("read") as u64).collect())
    }

    fn page(&mut self, a: &str, b: &str, limit: usize) -> Option<Vec<(u64, String)>> {
        // From the newest entry of the rarer word down, each looked up under the other: no list is read whole.
        let mut tags = [tag(&self.key, a), tag(&self.key, b)];
        tags.sort_by_key(|tag| self.far(*tag));
        let mut statement = self
            .conn
            .prepare_cached(
                "SELECT one.entry, entry.body FROM blind AS one
                 CROSS JOIN blind AS other ON other.tag = ?2 AND other.entry = one.entry JOIN entry ON entry.id = one.entry
                 WHERE one.tag = ?1 ORDER BY one.entry DESC LIMIT ?3",
            )
            .expect("prepared");
        let rows = statement
            .query_map(params![tags[0], tags[1], limit as i64], |row| {
                let id = row.get::<_, i64>(0)? as u64;
                Ok((id, self.bodies.open(id, row.get_ref(1)?.as_blob()?)))
            })
            .expect("found");
        Some(rows.map(|row| row.expect("read")).collect())
    }

    fn add(&mut self, entry: &Entry) {
        let tx = rusqlite::Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)
            .expect("begun");
        self.insert(&tx, entry);
        tx.commit().expect("committed");
    }

    fn amend(&mut self, amendments: &[Amendment]) {
        let tx = self.conn.unchecked_transaction().expect("begun");
        for Amendment { old, new } in amendments {
            for word in text::words(&old.body()) {
                Self::pair(&tx, DELETE, tag(&self.key, &word), old.id);
            }
            self.insert(&tx, new);
        }
        tx.commit().expect("committed");
    }

    fn rebuild(&mut self) -> bool {
        self.conn.execute_batch("VACUUM").expect("rebuilt");
        file::settle(&self.conn);
        true
    }

    fn index_bytes(&mut self) -> u64 {
        file::pages(&self.conn, "'blind'")
    }
}
