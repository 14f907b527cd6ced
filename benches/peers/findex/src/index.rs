//! Findex as its documentation uses it: an encryption layer over its storage in SQLite, one connection, its own encoding.
//!
//! A word of its memory holds 128 bytes, which are 21 numbers that were given together. What findex does not have is done here, as a
//! program would have to: AND, the newest first, bodies. It reads a list with one statement that has a parameter for every row, so lists of more than
//! 32 766 rows, SQLite's greatest number of parameters, cannot be found. Each insertion under a word is a transaction of its own: adding an entry
//! takes as many as it has words. Loading and amending run without waiting for the disk, which favours it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use cosmian_crypto_core::Secret;
use cosmian_findex::{
    Error, Findex, IndexADT, MemoryEncryptionLayer, generic_decode, generic_encode,
};
use cosmian_sse_memories::reexport::async_sqlite::rusqlite::{
    Connection, OptionalExtension, params,
};
use cosmian_sse_memories::reexport::async_sqlite::{Pool, PoolBuilder};
use cosmian_sse_memories::{ADDRESS_LENGTH, Address, MemoryADT, SqliteMemory};
use pollster::block_on;
use workload::corpus::Entry;
use workload::peer::{Amendment, PRAGMAS, Peer};

/// Bytes of a word of findex's memory.
pub const WORD: usize = 128;
/// Rows that an insertion may bring: each takes two parameters, and the head of the list two more.
const ROWS: usize = 16_000;
/// Numbers that stand in a word, each with two bytes that describe it.
const NUMBERS_IN_A_WORD: usize = WORD / 6;

/// An entry's number.
pub type Number = [u8; 4];
/// Findex's storage in SQLite.
pub type Memory = SqliteMemory<Address<ADDRESS_LENGTH>, [u8; WORD]>;
/// Findex over some storage.
pub type Over<M> = Findex<WORD, Number, String, MemoryEncryptionLayer<WORD, M>>;

/// The storage in `peer.db`, on one connection.
pub fn memory(dir: &Path) -> (Pool, Memory) {
    let pool = block_on(
        PoolBuilder::new()
            .path(dir.join("peer.db"))
            .num_conns(1)
            .open(),
    )
    .expect("the file opens");
    let memory = block_on(Memory::new_with_pool(pool.clone(), "findex".to_owned()));
    block_on(memory.initialize()).expect("its table is made");
    (pool, memory)
}

/// Findex over a storage, under the same key in every process.
pub fn over<M>(memory: M) -> Over<M>
where
    M: Send + Sync + Clone + MemoryADT<Address = Address<ADDRESS_LENGTH>, Word = [u8; WORD]>,
{
    let key = Secret::from_unprotected_bytes(&mut [13; 32]);
    Findex::new(
        MemoryEncryptionLayer::new(&key, memory),
        generic_encode,
        generic_decode,
    )
}

/// The form of a number that findex keeps.
pub fn number(id: u64) -> Number {
    u32::try_from(id)
        .expect("entries are few enough")
        .to_be_bytes()
}

/// The words of a body: findex has no tokeniser.
fn words(body: &str) -> impl Iterator<Item = &str> {
    body.split(' ')
}

/// An index and its bodies.
pub struct Index {
    findex: Over<Memory>,
    pool: Pool,
    conn: Connection,
    seal: Aes256Gcm,
    /// Lists that are being loaded: findex is given each list at once, which is its smallest and fastest form.
    gathered: HashMap<String, Vec<u32>>,
}

impl Index {
    /// Opens the file.
    pub fn open(dir: &Path) -> Self {
        let (pool, memory) = memory(dir);
        let conn = Connection::open(dir.join("peer.db")).expect("the file opens");
        conn.execute_batch(PRAGMAS).expect("set");
        conn.execute_batch(
            "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        )
        .expect("the table is made");
        let index = Self {
            findex: over(memory),
            pool,
            conn,
            seal: Aes256Gcm::new(&[11; 32].into()),
            gathered: HashMap::new(),
        };
        index.pragmas(PRAGMAS);
        index
    }

    fn pragmas(&self, pragmas: &'static str) {
        block_on(self.pool.conn(move |conn| conn.execute_batch(pragmas))).expect("set");
    }

    fn store(&self, entry: &Entry) {
        // The nonce is the number: a number is sealed once.
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&entry.id.to_be_bytes());
        let (body, aad) = (entry.body(), entry.id.to_be_bytes());
        let payload = Payload {
            msg: body.as_bytes(),
            aad: &aad,
        };
        let sealed = self.seal.encrypt(&nonce.into(), payload).expect("sealed");
        self.conn
            .prepare_cached("INSERT INTO entry (id, body) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![entry.id as i64, sealed]))
            .expect("stored");
    }

    fn body(&self, id: u64) -> String {
        let sealed: Option<Vec<u8>> = self
            .conn
            .prepare_cached("SELECT body FROM entry WHERE id = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([id as i64], |row| row.get(0))
                    .optional()
            })
            .expect("read");
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&id.to_be_bytes());
        let (sealed, aad) = (
            sealed.expect("every number found is an entry's"),
            id.to_be_bytes(),
        );
        let payload = Payload {
            msg: &sealed,
            aad: &aad,
        };
        let plain = self
            .seal
            .decrypt(&nonce.into(), payload)
            .expect("it was sealed here");
        String::from_utf8(plain).expect("it was text")
    }

    fn search(&self, word: &str) -> Option<HashSet<Number>> {
        match block_on(self.findex.search(&word.to_owned())) {
            Ok(found) => Some(found),
            Err(Error::Memory(message)) if message.contains("too many SQL variables") => None,
            Err(error) => panic!("{word}: {error}"),
        }
    }
}

impl Peer for Index {
    fn load(&mut self, entries: &[Entry]) {
        let tx = self.conn.unchecked_transaction().expect("begun");
        entries.iter().for_each(|entry| self.store(entry));
        tx.commit().expect("committed");
        for entry in entries {
            for word in words(&entry.body()) {
                let id = u32::from_be_bytes(number(entry.id));
                match self.gathered.get_mut(word) {
                    Some(list) => list.push(id),
                    None => drop(self.gathered.insert(word.to_owned(), vec![id])),
                }
            }
        }
    }

    fn loaded(&mut self) {
        self.pragmas("PRAGMA synchronous = OFF");
        for (word, list) in self.gathered.drain() {
            for piece in list.chunks(ROWS * NUMBERS_IN_A_WORD) {
                let numbers: Vec<Number> = piece.iter().map(|id| id.to_be_bytes()).collect();
                block_on(self.findex.insert(word.clone(), numbers)).expect("inserted");
            }
        }
        self.pragmas("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
    }

    fn find(&mut self, word: &str) -> Option<Vec<u64>> {
        let found = self.search(word)?;
        Some(
            found
                .into_iter()
                .map(|id| u64::from(u32::from_be_bytes(id)))
                .collect(),
        )
    }

    fn page(&mut self, a: &str, b: &str, limit: usize) -> Option<Vec<(u64, String)>> {
        let (a, b) = (self.search(a)?, self.search(b)?);
        let mut both: Vec<u32> = a
            .intersection(&b)
            .map(|id| u32::from_be_bytes(*id))
            .collect();
        both.sort_unstable();
        let newest = both.into_iter().rev().take(limit).map(u64::from);
        Some(newest.map(|id| (id, self.body(id))).collect())
    }

    fn add(&mut self, entry: &Entry) {
        self.store(entry);
        for word in words(&entry.body()) {
            block_on(self.findex.insert(word.to_owned(), [number(entry.id)])).expect("inserted");
        }
    }

    fn amend(&mut self, amendments: &[Amendment]) {
        self.pragmas("PRAGMA synchronous = OFF");
        let tx = self.conn.unchecked_transaction().expect("begun");
        let mut changes: HashMap<String, (Vec<Number>, Vec<Number>)> = HashMap::new();
        for Amendment { old, new } in amendments {
            self.store(new);
            for word in words(&old.body()) {
                changes
                    .entry(word.to_owned())
                    .or_default()
                    .0
                    .push(number(old.id));
            }
            for word in words(&new.body()) {
                changes
                    .entry(word.to_owned())
                    .or_default()
                    .1
                    .push(number(new.id));
            }
        }
        tx.commit().expect("committed");
        for (word, (out, into)) in changes {
            if !out.is_empty() {
                block_on(self.findex.delete(word.clone(), out)).expect("deleted");
            }
            if !into.is_empty() {
                block_on(self.findex.insert(word, into)).expect("inserted");
            }
        }
    }

    fn rebuild(&mut self) -> bool {
        // It has no notion of compacting a list.
        false
    }

    fn index_bytes(&mut self) -> u64 {
        let bytes: i64 = self
            .conn
            .query_row(
                "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN ('findex', 'sqlite_autoindex_findex_1')",
                [],
                |row| row.get(0),
            )
            .expect("measured");
        bytes as u64
    }
}
