//! Writing notes, and packing, merging and rebuilding their index in small pieces.

use std::path::Path;
use std::time::Duration;

use chartseal::clinical::{Body, Note};
use chartseal::config::Paths;
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::encode;
use chartseal::desk::indexing::compartments;
use chartseal::desk::view::unwatched;
use chartseal::desk::{DeskError, Session, session};
use chartseal::index::{IndexError, Transactor};
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Ledger, Section};
use chartseal::vault::Draft;
use rusqlite::Connection;

use crate::support::chance::Chance;
use crate::support::{Hospital, PASSPHRASE, secret};
use crate::texts;

/// Words that many notes have.
pub const COMMON: [&str; 5] = ["fever", "cough", "pain", "rash", "chills"];

pub fn login(folder: &Path, login: &str) -> Session {
    let paths = Paths::new(&folder.join("vault"), &folder.join("host"));
    session::login(&paths, login, &secret(PASSPHRASE)).unwrap()
}

pub fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.into(),
        ..Default::default()
    })
}

/// Whether an index that others have in hand is no reason to stop.
pub fn or_busy<T>(outcome: Result<T, DeskError>) {
    match outcome {
        Ok(_) | Err(DeskError::Index(IndexError::Busy | IndexError::Overtaken)) => {}
        Err(DeskError::PassedOver(left)) => {
            let busy = |why: &String| why.contains("another session");
            assert!(left.iter().all(busy), "{left:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

/// Writes notes without telling the index, as somebody does who holds no key of it.
pub fn unindexed(session: &Session, texts: &[String]) {
    let chart = chart(session);
    let drafts = texts
        .iter()
        .map(|text| {
            let draft = Draft::new(chart, Section::Clinical);
            (draft, encode(&note(text)))
        })
        .collect();
    session
        .vault()
        .write(|writer| writer.put_all(drafts))
        .unwrap();
}

/// The one chart.
pub fn chart(session: &Session) -> ChartId {
    let lines = chartseal::desk::charts::list(session, None).unwrap();
    lines[0].chart.parse().unwrap()
}

/// Writes so many notes that their words are packed, and lets them be.
pub fn pack(hospital: &Hospital, session: &Session, chance: &mut Chance) {
    unindexed(session, &texts::many(chance));
    catch_up_all(session, &unwatched).unwrap();
    let packed = count(
        hospital.folder.path(),
        "segment WHERE kind = 1 AND state = 3",
    );
    assert!(packed > 0, "no packed segment stands");
}

/// The ledger in transactions that write next to nothing: a merge of a few notes is as many of them as one of a million. Before each
/// something is said.
pub struct InPieces<'l>(pub &'l Ledger, pub fn());

impl Transactor for InPieces<'_> {
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        Transactor::read(self.0, work)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        (self.1)();
        Transactor::write(self.0, work)
    }

    fn piece(&self) -> usize {
        4_096
    }
}

/// Merges what the logs and the packed segments hold, however little it is.
pub fn into_one(session: &Session, step: fn()) {
    let places = session.vault().read(|reader| compartments(reader)).unwrap();
    let ledger = InPieces(session.vault().ledger(), step);
    for place in places {
        // A merge that was killed before holds its lease still.
        or_busy(chartseal::index::rebuild(&ledger, place.id, &place.keys).map_err(DeskError::from));
    }
}

/// Ten minutes pass: leases and builds of those who died run out.
pub fn time_passes(folder: &Path) {
    sql(folder)
        .execute_batch(
            "UPDATE index_lease SET expires = 0; UPDATE segment SET expires = 0 WHERE state = 0",
        )
        .unwrap();
}

pub fn sql(folder: &Path) -> Connection {
    let sql = Connection::open(folder.join("vault").join(FILE)).unwrap();
    sql.busy_timeout(Duration::from_secs(10)).unwrap();
    sql
}

/// How many rows these are.
pub fn count(folder: &Path, rows: &str) -> i64 {
    sql(folder)
        .query_row(&format!("SELECT count(*) FROM {rows}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}
