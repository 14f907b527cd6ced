//! What the tests of the index share: a file with the index tables, keys, small charts.

use std::cell::{Cell, RefCell};

use rusqlite::{Connection, TransactionBehavior};
use tempfile::TempDir;

use crate::clinical::{
    Body, Coding, Concept, Condition, Decimal, Identity, Instant, LabResult, Name, Note,
    PartialDate, Quantity, ResultValue, Vitals, coding::system,
};
use crate::crypto::Secret;
use crate::ledger::{ChartId, Section, UnitId};

use super::compartment::CompartmentId;
use super::error::Result;
use super::facts::Meta;
use super::key::CompartmentKey;
use super::schema::SCHEMA;
use super::segment::{Kind, State};
use super::transactor::Transactor;
use super::view::Cache;
use super::{Bulk, Candidates, Change, Query, Replaced, query, search};

pub(super) const ID: CompartmentId = CompartmentId {
    unit: UnitId([7; 16]),
    section: Section::Clinical,
};
pub(super) const CHART: ChartId = ChartId([3; 16]);
pub(super) const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

pub(super) fn key(generation: u32) -> CompartmentKey {
    CompartmentKey::new(&Secret::new([generation as u8; 32]), generation)
}

/// A file with the index tables, a clock that the test moves, and what a transaction may write.
pub(super) struct File {
    pub(super) conn: RefCell<Connection>,
    pub(super) now: Cell<u64>,
    pub(super) piece: Cell<usize>,
    dir: TempDir,
}

impl File {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let conn = connect(&dir);
        conn.execute_batch(SCHEMA).expect("the schema is valid");
        // Of the ledger, what the index looks up: whose chart an entry belongs to.
        conn.execute_batch(
            "CREATE TABLE entry (seq INTEGER PRIMARY KEY, chart BLOB, section INTEGER)",
        )
        .expect("a table");
        Self {
            conn: RefCell::new(conn),
            now: Cell::new(1_000_000),
            piece: Cell::new(4 << 20),
            dir,
        }
    }

    /// Another connection to the same file.
    pub(super) fn connect(&self) -> Connection {
        connect(&self.dir)
    }

    pub(super) fn add(&self, key: &CompartmentKey, changes: &[Change]) {
        self.write(|conn| super::add(conn, ID, key, changes))
            .expect("entries are added");
    }

    pub(super) fn find(&self, keys: &[CompartmentKey], text: &str) -> Vec<u64> {
        self.candidates(keys, &query::parse(text, TODAY).expect("the query parses"))
            .rids
    }

    pub(super) fn candidates(&self, keys: &[CompartmentKey], query: &Query) -> Candidates {
        self.read(|conn| search(conn, &mut Cache::default(), &[(ID, keys)], query))
            .expect("search works")
    }

    pub(super) fn count(&self, sql: &str) -> i64 {
        self.conn
            .borrow()
            .query_row(sql, [], |row| row.get(0))
            .expect("a number")
    }
}

fn connect(dir: &TempDir) -> Connection {
    let conn = Connection::open(dir.path().join("index.db")).expect("the file opens");
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON")
        .expect("pragmas");
    conn
}

impl Transactor for File {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut conn = self.conn.borrow_mut();
        let tx = conn.transaction()?;
        work(&tx)
    }

    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut conn = self.conn.borrow_mut();
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }

    fn piece(&self) -> usize {
        self.piece.get()
    }

    fn now(&self) -> u64 {
        self.now.get()
    }
}

pub(super) const META: Meta<'_> = Meta {
    author: "hsmith",
    created: 1_769_000_000_000,
};

pub(super) fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.to_owned(),
        ..Note::default()
    })
}

pub(super) fn note_at(text: &str, at: &str) -> Body {
    Body::Note(Note {
        text: text.to_owned(),
        at: at.parse::<Instant>().ok(),
        ..Note::default()
    })
}

pub(super) fn condition(code: &str, text: &str) -> Body {
    Body::Condition(Condition {
        concept: Concept::coded(system::ICD10_CM, code, text),
        ..Condition::default()
    })
}

pub(super) fn pressure(systolic: i64, diastolic: i64) -> Body {
    let [systolic, diastolic] = [systolic, diastolic].map(|n| Some(Decimal::whole(n)));
    Body::Vitals(Vitals {
        systolic,
        diastolic,
        ..Vitals::default()
    })
}

pub(super) fn result(code: &str, mantissa: i64, scale: u8) -> Body {
    let value = Decimal::new(mantissa, scale).expect("a small scale");
    Body::Result(LabResult {
        code: Concept {
            text: "a test".to_owned(),
            codings: vec![Coding::new(system::LOINC, code, "a test")],
        },
        value: Some(ResultValue::Quantity(Quantity::new(value, ""))),
        ..LabResult::default()
    })
}

pub(super) fn patient(given: &str, family: &str, mrn: u32, birth: &str) -> Body {
    Body::Identity(Identity {
        mrn: Some(crate::clinical::Mrn::issue(mrn)),
        names: vec![Name {
            family: family.to_owned(),
            given: vec![given.to_owned()],
            ..Name::default()
        }],
        birth: birth.parse::<PartialDate>().ok(),
        phones: vec!["+61 2 5550 199".to_owned()],
        ..Identity::default()
    })
}

/// The change that indexes this body.
pub(super) fn change(rid: u64, body: &Body) -> Change {
    Change {
        rid,
        terms: super::terms::of(body, META.author, META.created),
        replaces: None,
    }
}

/// A version that said `words`, replaced.
pub(super) fn replaced(rid: u64, words: &str) -> Replaced {
    let terms = change(rid, &note(words)).terms;
    Replaced { rid, terms }
}

/// A process that dies: after so many writes none gets through.
pub(super) struct Dying<'f> {
    pub(super) file: &'f File,
    pub(super) writes_left: Cell<u32>,
}

impl Transactor for Dying<'_> {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.file.read(work)
    }

    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        match self.writes_left.get().checked_sub(1) {
            None => Err(super::IndexError::Busy),
            Some(left) => {
                self.writes_left.set(left);
                self.file.write(work)
            }
        }
    }

    fn piece(&self) -> usize {
        self.file.piece()
    }

    fn now(&self) -> u64 {
        self.file.now()
    }
}

/// These on their way into a packed segment, however few.
pub(super) fn bulk<'k>(key: &'k CompartmentKey, changes: &[Change]) -> Bulk<'k> {
    let mut bulk = Bulk::new(ID, std::slice::from_ref(key))
        .expect("a key")
        .packing();
    for change in changes {
        bulk.push(change);
    }
    bulk
}

pub(super) fn segments(file: &File, kind: Kind, state: State) -> i64 {
    file.count(&format!(
        "SELECT count(*) FROM segment WHERE kind = {} AND state = {}",
        kind as i64, state as i64
    ))
}
