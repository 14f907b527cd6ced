//! A ledger for tests: entries with real links and made-up bodies, tables beside them, and what a restore makes of both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chartseal::backup::source::{
    Cause, Frozen, Head, Provenance, Restorer, Row, Source, TableId, TakeRow,
};
use chartseal::crypto::hash::sha256;
use chartseal::crypto::sign::Signature;
use chartseal::crypto::{Hash, SecretBytes};

pub type Tables = BTreeMap<TableId, Vec<Vec<u8>>>;

/// What a vault holds, as far as a backup can see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    pub rows: Vec<Row>,
    pub tables: Tables,
}

impl Book {
    /// A book of `entries` entries of a few hundred to a few thousand bytes, made from `seed`.
    pub fn written(seed: u64, entries: u64) -> Self {
        let mut book = Self::default();
        book.write(seed, entries);
        book.tables.insert(
            TableId::SLOT,
            (0..300).map(|n| noise(seed ^ n, 90)).collect(),
        );
        book.tables.insert(
            TableId::CREDENTIAL,
            (0..10).map(|n| noise(!seed ^ n, 200)).collect(),
        );
        book.tables.insert(
            TableId::INDEX_SEGMENT,
            (0..20).map(|n| noise(seed + n, 3000)).collect(),
        );
        book
    }

    /// Appends entries.
    pub fn write(&mut self, seed: u64, entries: u64) {
        for n in 0..entries {
            let seq = self.rows.len() as u64 + 1;
            let body = noise(seed.wrapping_mul(31) ^ n, 200 + (n as usize * 7919) % 3000);
            let (core, digest) = (noise(seq ^ seed, 120), sha256(&[&body]));
            let previous = self.head().link;
            let signature = Signature(noise(seq, 64).try_into().unwrap());
            let link = link(&previous, &core, &digest);
            self.rows.push(Row {
                seq,
                core,
                anchor: previous,
                digest,
                signature,
                link,
                body: Some(body),
            });
        }
    }

    /// Appends one entry with a body of so many bytes.
    pub fn write_long(&mut self, len: usize) {
        self.write(99, 1);
        let mut row = self.rows.pop().unwrap();
        let mut body = noise(7, 1 << 16).repeat(len >> 16);
        for (n, block) in body.chunks_mut(1 << 16).enumerate() {
            block[0] = n as u8;
        }
        row.digest = sha256(&[&body]);
        row.link = link(&row.anchor, &row.core, &row.digest);
        row.body = Some(body);
        self.rows.push(row);
    }

    pub fn head(&self) -> Head {
        self.rows.last().map_or(
            Head {
                seq: 0,
                link: Hash::ZERO,
            },
            |row| Head {
                seq: row.seq,
                link: row.link,
            },
        )
    }

    /// The book as it was at entry `seq`, with the tables of now.
    pub fn at(&self, seq: u64) -> Self {
        Self {
            rows: self.rows[..seq as usize].to_vec(),
            tables: self.tables.clone(),
        }
    }

    /// Bytes of bodies from entry `after` on.
    pub fn body_bytes(&self, after: u64) -> u64 {
        self.rows
            .iter()
            .skip(after as usize)
            .map(|row| row.body.as_ref().map_or(0, Vec::len) as u64)
            .sum()
    }
}

fn link(previous: &Hash, core: &[u8], digest: &Hash) -> Hash {
    sha256(&[&previous.0, core, &digest.0])
}

/// Bytes that do not repeat.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 32);
    let mut block = 0_u64;
    while bytes.len() < len {
        bytes.extend(sha256(&[&seed.to_be_bytes(), &block.to_be_bytes()]).0);
        block += 1;
    }
    bytes.truncate(len);
    bytes
}

/// A book that a backup reads while the test goes on writing.
#[derive(Clone, Debug)]
pub struct OpenBook(pub Arc<Mutex<Book>>);

impl OpenBook {
    pub fn new(book: Book) -> Self {
        Self(Arc::new(Mutex::new(book)))
    }

    pub fn source(&self) -> Arc<dyn Source> {
        Arc::new(self.clone())
    }

    pub fn read(&self) -> Book {
        self.0.lock().unwrap().clone()
    }

    pub fn write(&self, seed: u64, entries: u64) {
        self.0.lock().unwrap().write(seed, entries);
    }
}

impl Source for OpenBook {
    fn freeze(&self, after: u64, take: &mut TakeRow<'_>) -> Result<Frozen, Cause> {
        let book = self.0.lock().unwrap();
        for (table, rows) in &book.tables {
            rows.iter().try_for_each(|row| take(*table, row))?;
        }
        Ok(Frozen {
            head: book.head(),
            schema: 1,
            bytes: Some(book.body_bytes(after)),
        })
    }

    fn rows_after(&self, seq: u64, limit: usize) -> Result<Vec<Row>, Cause> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .rows
            .iter()
            .skip(seq as usize)
            .take(limit)
            .cloned()
            .collect())
    }
}

/// What came out of a restore.
#[derive(Debug, Default)]
pub struct Outcome {
    pub book: Book,
    pub later: Vec<Row>,
    pub provenance: Option<Provenance>,
    pub host_secret: Vec<u8>,
}

/// Writes a restored book into memory, and a file that shows which folder it was given.
#[derive(Debug)]
pub struct Scribe {
    folder: PathBuf,
    outcome: Arc<Mutex<Outcome>>,
}

impl Scribe {
    pub fn writing(folder: &Path, outcome: &Arc<Mutex<Outcome>>) -> Box<dyn Restorer> {
        *outcome.lock().unwrap() = Outcome::default();
        Box::new(Self {
            folder: folder.to_owned(),
            outcome: Arc::clone(outcome),
        })
    }
}

impl Restorer for Scribe {
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), Cause> {
        let book = &mut self.outcome.lock().unwrap().book;
        for row in rows {
            if row.link != link(&book.head().link, &row.core, &row.digest)
                || row.seq != book.head().seq + 1
            {
                return Err(format!("entry {} does not follow", row.seq).into());
            }
            book.rows.push(row);
        }
        Ok(())
    }

    fn later(&mut self, rows: Vec<Row>) -> Result<(), Cause> {
        self.outcome.lock().unwrap().later.extend(rows);
        Ok(())
    }

    fn table(&mut self, table: TableId, rows: Vec<Vec<u8>>) -> Result<(), Cause> {
        self.outcome
            .lock()
            .unwrap()
            .book
            .tables
            .entry(table)
            .or_default()
            .extend(rows);
        Ok(())
    }

    fn without_index(&mut self) -> Result<(), Cause> {
        let tables = &mut self.outcome.lock().unwrap().book.tables;
        tables.retain(|table, _| !table.is_index());
        Ok(())
    }

    fn finish(&mut self, provenance: &Provenance, host_secret: &SecretBytes) -> Result<(), Cause> {
        let mut outcome = self.outcome.lock().unwrap();
        if outcome.book.head() != provenance.head {
            return Err("the ledger ends elsewhere".into());
        }
        outcome.provenance = Some(provenance.clone());
        outcome.host_secret = host_secret.expose().to_vec();
        std::fs::write(
            self.folder.join("vault"),
            outcome.book.rows.len().to_string(),
        )?;
        Ok(())
    }
}
