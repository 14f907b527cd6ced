//! Keeping the index in shape in quiet moments: by whom, when, and how it is stopped.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use chartseal::clinical::{Body, Note};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{admit, encode, list};
use chartseal::desk::view::{Proceed, unwatched};
use chartseal::desk::{Class, DeskError, Session, index, search, write};
use chartseal::index::bulk::FEW;
use chartseal::jobs::verify;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Section};
use chartseal::tui::keeper::{Keeper, Pace};
use chartseal::vault::Draft;
use rusqlite::Connection;
use support::{Hospital, patient};

/// Writes notes without telling the index, as somebody does who holds no key of it.
fn unindexed(session: &Session, notes: u64) {
    let chart: ChartId = list(session, None).unwrap()[0].chart.parse().unwrap();
    let note = Body::Note(Note {
        text: "fever".into(),
        ..Default::default()
    });
    let drafts = (0..notes)
        .map(|_| (Draft::new(chart, Section::Clinical), encode(&note)))
        .collect();
    session
        .vault()
        .write(|writer| writer.put_all(drafts))
        .unwrap();
}

/// So many entries are packed, not added to the log.
const MANY: u64 = FEW as u64 + 1;
/// All notes of the neglected chart.
const NOTES: u64 = 5 * MANY + 1 + 10;

/// A chart whose index is five packed segments, and ten notes that are due.
fn neglected() -> (Hospital, Session) {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    for _ in 0..5 {
        unindexed(&doctor, MANY);
        catch_up_all(&doctor, &unwatched).unwrap();
    }
    let note = Body::Note(Note {
        text: "fever, once more".into(),
        ..Default::default()
    });
    write::entry(&doctor, &mrn, note).unwrap();
    unindexed(&doctor, 10);
    (hospital, doctor)
}

fn count(hospital: &Hospital, sql: &str) -> i64 {
    let file = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    file.busy_timeout(Duration::from_secs(10)).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Segments that a search reads, that are being built, or that nobody has removed yet; and leases.
fn packed(hospital: &Hospital) -> i64 {
    count(
        hospital,
        "SELECT count(*) FROM segment WHERE kind = 1 AND state = 3",
    )
}

fn unfinished(hospital: &Hospital) -> i64 {
    count(
        hospital,
        "SELECT (SELECT count(*) FROM segment WHERE state = 0) + (SELECT count(*) FROM index_lease)",
    )
}

fn fever(session: &Session) -> (u64, u64) {
    let answer = search::run(session, "fever", 1, 0).unwrap();
    (answer.total, answer.uncovered)
}

#[test]
fn told_to_stop_before_any_transaction_tending_leaves_nothing_half_done_and_goes_on_another_time() {
    let (hospital, doctor) = neglected();
    let (mut stopped, mut patience) = (0, 0);
    loop {
        let asked = AtomicUsize::new(0);
        let watch = |_: &chartseal::desk::view::Progress| {
            if asked.fetch_add(1, Relaxed) >= patience {
                Proceed::Stop
            } else {
                Proceed::Go
            }
        };
        match index::tend(&doctor, &watch) {
            Ok(false) => break,
            Ok(true) => patience = 0,
            Err(DeskError::Stopped) => {
                stopped += 1;
                patience += 1;
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(unfinished(&hospital), 0, "stopped {stopped} times");
        let (total, uncovered) = fever(&doctor);
        assert_eq!(total + uncovered, NOTES, "stopped {stopped} times");
    }
    assert!(stopped > 10, "{stopped}");
    assert_eq!(fever(&doctor), (NOTES, 0));
    assert!(packed(&hospital) < 4 + 3, "the clinical segments are one");
    let report = verify::full(&doctor, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}

/// Waits for something that another thread brings about.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let latest = Instant::now() + Duration::from_mins(2);
    while !holds() {
        assert!(Instant::now() < latest, "{what}");
        thread::yield_now();
    }
}

#[test]
fn a_terminal_that_nobody_asks_anything_indexes_what_is_due_and_merges_what_has_piled_up() {
    let (hospital, doctor) = neglected();
    assert_eq!(fever(&doctor), (NOTES - 10, 10));
    let before = packed(&hospital);
    let doctor = Arc::new(doctor);
    let at_once = Pace {
        quiet: Duration::ZERO,
        breath: Duration::ZERO,
        rest: Duration::ZERO,
    };
    let keeper = Keeper::begin(&doctor, at_once);
    until("everything is indexed", || fever(&doctor) == (NOTES, 0));
    until("segments are merged", || packed(&hospital) <= before - 4);
    keeper.end();
    doctor.vault().lock();
    // The thread lets go of the session; then nobody holds it but this test.
    until("the session is let go", || Arc::strong_count(&doctor) == 1);
    until("nothing is left half done", || unfinished(&hospital) == 0);
}

#[test]
fn a_compartment_that_somebody_has_in_hand_or_damaged_keeps_none_of_the_others_from_being_merged() {
    let cases = [
        (
            "INSERT INTO index_lease SELECT id, zeroblob(16), (unixepoch() + 300) * 1000 FROM compartment WHERE section = 1",
            "index of Ward A, identity: another session is working on this index",
        ),
        (
            // As many segments as are merged, of which none opens.
            "INSERT INTO segment (compartment, generation, kind, level, state, expires, salt, meta)
             SELECT id, generation, 1, 1, 3, 0, randomblob(32), randomblob(40) FROM compartment, (VALUES (1), (2), (3), (4))
             WHERE section = 1",
            "index of Ward A, identity: segment",
        ),
    ];
    for (spoil, said) in cases {
        let (hospital, doctor) = neglected();
        let before = packed(&hospital);
        let file = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
        assert!(file.execute(spoil, []).unwrap() > 0);
        let spoilt = packed(&hospital) - before;
        let error = index::merge(&doctor, &unwatched).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(error.class(), Class::Outside);
        assert!(packed(&hospital) - spoilt <= before - 3, "{said}");
        let dead = "SELECT count(*) FROM segment WHERE state = 4";
        assert_eq!(count(&hospital, dead), 0, "{said}");
        // Nor is a terminal that nobody asks anything.
        unindexed(&doctor, 1);
        while index::tend(&doctor, &unwatched).unwrap() {}
        let chart = "SELECT count(*) FROM index_lease WHERE owner <> zeroblob(16)";
        assert_eq!(count(&hospital, chart), 0);
    }
}

#[test]
fn a_keeper_does_not_keep_a_session_alive() {
    let hospital = Hospital::staffed();
    let doctor = Arc::new(hospital.desk("hsmith"));
    let hours = Duration::from_hours(2);
    let patient = Pace {
        quiet: hours,
        breath: hours,
        rest: hours,
    };
    let keeper = Keeper::begin(&doctor, patient);
    let gone = Arc::downgrade(&doctor);
    drop(doctor);
    until("the session is gone", || gone.upgrade().is_none());
    keeper.end();
}
