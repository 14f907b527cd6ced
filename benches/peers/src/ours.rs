//! chartseal's index, through the calls that the program itself makes.
//!
//! Loading writes a packed segment for every four million pairs, as an import does, and then rebuilds them into one. Adding is one
//! transaction with the entry. Amending adds the new version, names the old one dead and keeps its words for searches of the history; what
//! merging that brings about is counted in, as it is when adding. Words are found in the body, as the program finds them.

use std::cell::RefCell;
use std::path::Path;

use chartseal::crypto::Secret;
use chartseal::index::{
    self, Bulk, Cache, Candidates, Change, CompartmentId, CompartmentKey, IndexError, Mode,
    Replaced, SCHEMA, Transactor, query,
};
use chartseal::ledger::{Section, UnitId};
use jiff::civil::{Date, date};
use rusqlite::{Connection, TransactionBehavior};
use workload::corpus::{self, Entry, Word};
use workload::peer::{Amendment, Peer};

use crate::file::{self, Bodies};

/// The one compartment.
pub const ID: CompartmentId = CompartmentId {
    unit: UnitId([1; 16]),
    section: Section::Clinical,
};
/// A segment is written after this many pairs, as an import does it.
const PAIRS: u64 = 4_000_000;
const TODAY: Date = date(2026, 11, 22);
const TABLES: &str =
    "'compartment', 'segment', 'segment_compartment', 'index_log', 'index_small', 'index_large',
                      'index_large_segment', 'index_lease', 'indexed'";

/// The compartment's key, the same in every process.
pub fn key() -> CompartmentKey {
    CompartmentKey::new(&Secret::new([7; 32]), 1)
}

/// A file whose transactions the index asks for.
pub struct File(pub RefCell<Connection>);

impl File {
    /// Opens it, with the index's tables.
    pub fn open(dir: &Path) -> Self {
        let conn = file::open(dir);
        if !conn.table_exists(None, "segment").expect("asked") {
            conn.execute_batch(SCHEMA).expect("the schema is valid");
        }
        Self(RefCell::new(conn))
    }

    /// Merges while there is something to merge, and removes what was merged. What an idle session does.
    pub fn tend(&self, key: &CompartmentKey) {
        let mut merged = false;
        while index::is_due(&self.0.borrow(), ID, std::slice::from_ref(key)).expect("asked") {
            index::merge(self, ID, std::slice::from_ref(key)).expect("merged");
            merged = true;
        }
        if merged {
            index::sweep(self).expect("swept");
        }
    }
}

impl Transactor for File {
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let mut conn = self.0.borrow_mut();
        work(&*conn.transaction()?)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let mut conn = self.0.borrow_mut();
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }
}

/// The index's word.
pub fn term(word: &Word) -> index::Term {
    let field = match word.field {
        corpus::Field::Text => index::Field::Any,
        corpus::Field::Diagnosis | corpus::Field::Category => index::Field::Diagnosis,
        corpus::Field::Medicine => index::Field::Medicine,
        corpus::Field::Name => index::Field::Name,
        corpus::Field::NameStem => index::Field::NamePrefix,
        corpus::Field::Mrn => index::Field::Mrn,
        corpus::Field::Kind => index::Field::Kind,
        corpus::Field::Day => index::Field::Day,
    };
    index::Term::new(field, &word.text)
}

/// The words that the program's own tokeniser finds in the body, each in the field that the entry has it in.
fn terms(entry: &Entry) -> Vec<index::Term> {
    let found = index::text::words(&entry.body());
    assert_eq!(found.len(), entry.words.len());
    let words = found.into_iter().zip(&entry.words);
    let fields = words.map(|(text, word)| Word {
        field: word.field,
        text,
    });
    fields.map(|word| term(&word)).collect()
}

fn change(entry: &Entry, old: Option<&Entry>) -> Change {
    Change {
        rid: entry.id,
        terms: terms(entry),
        replaces: old.map(|old| Replaced {
            rid: old.id,
            terms: terms(old),
        }),
    }
}

/// The index and its bodies.
pub struct Ours {
    file: File,
    bodies: Bodies,
    key: &'static CompartmentKey,
    bulk: Bulk<'static>,
    gathered: u64,
    cache: Cache,
}

impl Ours {
    /// Opens the file.
    pub fn open(dir: &Path) -> Self {
        // It lives as long as the process, which has one peer.
        let key: &CompartmentKey = Box::leak(Box::new(key()));
        Self {
            file: File::open(dir),
            bodies: Bodies::new(),
            key,
            bulk: gathering(key),
            gathered: 0,
            cache: Cache::default(),
        }
    }

    fn write_segment(&mut self) {
        let full = std::mem::replace(&mut self.bulk, gathering(self.key));
        full.write(&self.file, Mode::Add).expect("written");
        self.gathered = 0;
    }
}

fn gathering(key: &CompartmentKey) -> Bulk<'_> {
    Bulk::new(ID, std::slice::from_ref(key)).expect("a key")
}

fn search(conn: &Connection, cache: &mut Cache, key: &CompartmentKey, text: &str) -> Candidates {
    let query = query::parse(text, TODAY).expect("parses");
    index::search(conn, cache, &[(ID, std::slice::from_ref(key))], &query).expect("found")
}

impl Peer for Ours {
    fn load(&mut self, entries: &[Entry]) {
        {
            let conn = self.file.0.borrow();
            let tx = conn.unchecked_transaction().expect("begun");
            entries
                .iter()
                .for_each(|entry| self.bodies.store(&tx, entry));
            tx.commit().expect("committed");
        }
        for entry in entries {
            self.bulk.push(&change(entry, None));
            self.gathered += entry.words.len() as u64;
        }
        if self.gathered >= PAIRS {
            self.write_segment();
        }
    }

    fn loaded(&mut self) {
        self.write_segment();
        self.rebuild();
    }

    fn find(&mut self, word: &str) -> Option<Vec<u64>> {
        let conn = self.file.0.borrow();
        let tx = conn.unchecked_transaction().expect("begun");
        Some(search(&tx, &mut self.cache, self.key, word).rids)
    }

    fn page(&mut self, a: &str, b: &str, limit: usize) -> Option<Vec<(u64, String)>> {
        let conn = self.file.0.borrow();
        let tx = conn.unchecked_transaction().expect("begun");
        let found = search(&tx, &mut self.cache, self.key, &format!("{a} {b}"));
        let newest = found.rids.into_iter().take(limit);
        Some(newest.map(|id| (id, self.bodies.read(&tx, id))).collect())
    }

    fn add(&mut self, entry: &Entry) {
        self.file
            .write(|conn| {
                self.bodies.store(conn, entry);
                index::add(conn, ID, self.key, &[change(entry, None)])
            })
            .expect("added");
        self.file.tend(self.key);
    }

    fn amend(&mut self, amendments: &[Amendment]) {
        let changes: Vec<Change> = amendments
            .iter()
            .map(|Amendment { old, new }| change(new, Some(old)))
            .collect();
        self.file
            .write(|conn| {
                amendments
                    .iter()
                    .for_each(|amendment| self.bodies.store(conn, &amendment.new));
                index::add(conn, ID, self.key, &changes)
            })
            .expect("amended");
        self.file.tend(self.key);
    }

    fn rebuild(&mut self) -> bool {
        index::rebuild(&self.file, ID, std::slice::from_ref(self.key)).expect("rebuilt");
        index::sweep(&self.file).expect("swept");
        file::settle(&self.file.0.borrow());
        true
    }

    fn index_bytes(&mut self) -> u64 {
        file::pages(&self.file.0.borrow(), TABLES)
    }
}
