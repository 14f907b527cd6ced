//! The index follows the ledger: what is due, what was forged or lost, what is indexed while others work.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use chartseal::clinical::Body;
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::admit;
use chartseal::desk::indexing::compartments;
use chartseal::desk::view::{Proceed, unwatched};
use chartseal::desk::{DeskError, Session, index, search, write};
use chartseal::index::{Change, Field, Term, Transactor};
use chartseal::jobs::verify;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, EntryId, Section};
use chartseal::vault::VaultError;

use crate::fixture::{all, chart_of, find, ids, note, sql, unindexed};
use crate::support::{Hospital, patient};

#[test]
fn a_deleted_or_forged_coverage_row_only_causes_indexing_again() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let first = write::entry(&doctor, &mrn, note("fever")).unwrap();
    write::amend(
        &doctor,
        first.entry.parse().unwrap(),
        note("fever and rash"),
    )
    .unwrap();
    let before = find(&doctor, "fever");
    for edit in [
        "DELETE FROM indexed",
        "UPDATE indexed SET up_to = 9000000",
        "UPDATE indexed SET up_to = 1",
        "UPDATE indexed SET mac = randomblob(32)",
    ] {
        assert!(sql(&hospital).execute(edit, []).unwrap() > 0);
        let doctor = hospital.desk("hsmith");
        let answer = search::run(&doctor, "fever", 5, 0).unwrap();
        assert_eq!(ids(&answer), before, "{edit}");
        assert_eq!(answer.uncovered, 3, "{edit}");
        assert_eq!(catch_up_all(&doctor, &unwatched).unwrap(), 3, "{edit}");
        let (found, answer) = all(&doctor, "fever", 5);
        assert_eq!(
            (found, answer.uncovered, answer.total),
            (before.clone(), 0, 1),
            "{edit}"
        );
        let report = verify::full(&doctor, 1, &unwatched).unwrap();
        assert!(report.ok, "{edit}: {:#?}", report.findings);
    }
}

#[test]
fn a_full_verification_names_the_entry_and_the_unit_of_what_is_missing_or_stray_or_forged() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let written = write::entry(&doctor, &mrn, note("fever")).unwrap();
    let seq = |session: &Session| {
        let id: EntryId = written.entry.parse().unwrap();
        session
            .vault()
            .read(|r| Ok::<_, VaultError>(r.tx().by_id(&id)?.unwrap().seq()))
            .unwrap()
    };
    let seq = seq(&doctor);
    let findings = || {
        let report = verify::full(&hospital.desk("hsmith"), 1, &unwatched).unwrap();
        assert_eq!(report.ok, report.findings.is_empty());
        report.findings
    };
    assert!(findings().is_empty());
    let clinical = "k >> 32 IN (SELECT s.id FROM segment s JOIN compartment c ON c.id = s.compartment WHERE c.section = 2)";
    assert_eq!(Section::Clinical as u8, 2);

    // A row that somebody without keys puts there.
    sql(&hospital)
        .execute(
            &format!("INSERT INTO index_log SELECT max(k) + length(b), randomblob(796) FROM index_log WHERE {clinical}"),
            [],
        )
        .unwrap();
    let forged = findings();
    assert_eq!(forged.len(), 1, "{forged:#?}");
    assert!(
        forged[0]
            .text
            .contains("index of Ward A, clinical: segment"),
        "{forged:#?}"
    );

    // Every row dropped.
    sql(&hospital)
        .execute(&format!("DELETE FROM index_log WHERE {clinical}"), [])
        .unwrap();
    let dropped = findings();
    assert_eq!(dropped.len(), 1, "{dropped:#?}");
    assert_eq!(dropped[0].seq, Some(seq));
    assert!(
        dropped[0].text.contains("index of Ward A, clinical"),
        "{dropped:#?}"
    );
    assert!(
        dropped[0].text.contains("words of this entry not found"),
        "{dropped:#?}"
    );
    index::rebuild(&doctor, &unwatched).unwrap();
    assert!(findings().is_empty());

    // Words that the ledger does not ask for, by somebody with the key.
    let compartments = doctor.vault().read(|reader| compartments(reader)).unwrap();
    let place = compartments
        .iter()
        .find(|c| c.section == Section::Clinical)
        .unwrap();
    let change = Change {
        rid: seq,
        terms: vec![
            Term::new(Field::Any, "never"),
            Term::new(Field::Any, "said"),
        ],
        replaces: None,
    };
    Transactor::write(doctor.vault().ledger(), |conn| {
        chartseal::index::add(conn, place.id, place.newest().unwrap(), &[change])
    })
    .unwrap();
    let stray = findings();
    assert_eq!(stray.len(), 1, "{stray:#?}");
    assert_eq!(stray[0].seq, Some(seq));
    assert!(
        stray[0].text.contains("2 words too many for this entry"),
        "{stray:#?}"
    );
}

#[test]
fn while_much_is_indexed_others_write_and_searches_answer_and_say_what_is_not_covered() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let nurse = hospital.desk("brandt");
    let charts: Vec<(String, ChartId)> = (0..6)
        .map(|n| {
            let mrn = admit(&doctor, "Ward A", &patient("Ana", &format!("Gerhold{n}")))
                .unwrap()
                .mrn;
            let chart = chart_of(&doctor, &mrn);
            (mrn, chart)
        })
        .collect();
    let imported = 200;
    for (_, chart) in &charts {
        let bodies: Vec<Body> = (0..imported)
            .map(|n| note(&format!("imported w{n}")))
            .collect();
        unindexed(&doctor, *chart, Section::Clinical, &bodies);
    }
    let all_of_it = 6 * imported;
    let answer = search::run(&nurse, "imported", 5, 0).unwrap();
    assert_eq!((answer.total, answer.uncovered), (0, all_of_it));
    let written = AtomicU64::new(0);
    let watch = |_: &chartseal::desk::view::Progress| {
        // Between two pages of the batch. The first writes fall into charts that the batch has read already.
        let answer = search::run(&nurse, "imported OR fever", 5, 0).unwrap();
        assert!(
            answer.total + answer.uncovered >= all_of_it + written.load(Relaxed),
            "{answer:?}"
        );
        if written.load(Relaxed) < 4 {
            let (mrn, _) = &charts[written.load(Relaxed) as usize];
            write::entry(&nurse, mrn, note("fever")).unwrap();
            written.fetch_add(1, Relaxed);
        }
        Proceed::Go
    };
    catch_up_all(&doctor, &watch).unwrap();
    assert_eq!(written.load(Relaxed), 4);
    let answer = search::run(&nurse, "imported", 5, 0).unwrap();
    assert_eq!((answer.total, answer.uncovered), (all_of_it, 0));
    assert_eq!(search::run(&nurse, "fever", 5, 0).unwrap().total, 4);
    let report = verify::full(&doctor, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}

#[test]
fn a_damaged_index_is_built_anew_while_others_write_into_every_chart_that_was_read() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let nurse = hospital.desk("brandt");
    let mrns: Vec<String> = (0..3)
        .map(|n| {
            let who = patient("Ana", &format!("Gerhold{n}"));
            admit(&doctor, "Ward A", &who).unwrap().mrn
        })
        .collect();
    for mrn in &mrns {
        write::entry(&nurse, mrn, note("fever")).unwrap();
    }
    let damage = "UPDATE index_log SET b = zeroblob(length(b))";
    assert!(sql(&hospital).execute(damage, []).unwrap() > 0);
    let refused = search::run(&hospital.desk("brandt"), "fever", 5, 0);
    assert!(refused.is_err(), "{refused:?}");
    let written = AtomicU64::new(mrns.len() as u64);
    let watch = |_: &chartseal::desk::view::Progress| {
        for mrn in &mrns {
            write::entry(&nurse, mrn, note("fever")).unwrap();
        }
        written.fetch_add(mrns.len() as u64, Relaxed);
        Proceed::Go
    };
    index::rebuild(&doctor, &watch).unwrap();
    let written = written.load(Relaxed);
    assert!(written > 10, "others wrote: {written}");
    for session in [&doctor, &nurse, &hospital.desk("brandt")] {
        let answer = search::run(session, "fever", 5, 0).unwrap();
        assert_eq!((answer.total, answer.uncovered), (written, 0));
    }
    let report = verify::full(&doctor, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}

#[test]
fn what_was_written_while_an_index_was_built_anew_is_found_or_said_to_be_due_also_by_who_had_searched_before()
 {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let nurse = hospital.desk("brandt");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("fever")).unwrap();
    let known = || {
        let answer = search::run(&nurse, "fever", 5, 0).unwrap();
        (answer.total, answer.uncovered)
    };
    assert_eq!(known(), (1, 0));
    let (written, due) = (AtomicU64::new(1), AtomicU64::new(0));
    // Between two charts of the build, and between the build and the indexing of what it left due.
    let watch = |_: &chartseal::desk::view::Progress| {
        let (total, uncovered) = known();
        let now = written.load(Relaxed);
        assert!(
            total + uncovered >= now,
            "{total} found, {uncovered} due, {now} written"
        );
        due.fetch_max(uncovered, Relaxed);
        // The last of these falls into a section that was read and is not built yet.
        if now < 3 {
            write::entry(&doctor, &mrn, note("fever")).unwrap();
            written.fetch_add(1, Relaxed);
            assert_eq!(known(), (now + 1, 0));
        }
        Proceed::Go
    };
    index::rebuild(&doctor, &watch).unwrap();
    assert!(due.load(Relaxed) > 0, "something was due in between");
    assert_eq!(known(), (written.load(Relaxed), 0));
}

#[test]
fn what_was_swept_leaves_the_write_ahead_log_too_unless_somebody_reads_and_then_nobody_waits() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("fever")).unwrap();
    let log = hospital.vault_folder().join(format!("{FILE}-wal"));
    let length = || std::fs::metadata(&log).unwrap().len();
    assert!(length() > 0);
    index::rebuild(&doctor, &unwatched).unwrap();
    assert_eq!(length(), 0);

    let mut reading = sql(&hospital);
    let reading = reading.transaction().unwrap();
    let entries = || -> i64 {
        let count = "SELECT count(*) FROM entry";
        reading.query_row(count, [], |row| row.get(0)).unwrap()
    };
    let before = entries();
    write::entry(&doctor, &mrn, note("fever")).unwrap();
    index::rebuild(&doctor, &unwatched).unwrap();
    assert!(length() > 0);
    assert_eq!(entries(), before);
    drop(reading);
    index::rebuild(&doctor, &unwatched).unwrap();
    assert_eq!(length(), 0);
    assert_eq!(find(&doctor, "fever").len(), 2);
}

#[test]
fn holding_the_index_against_the_entries_can_be_stopped_every_few_hundred_of_them() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let notes: Vec<_> = (0..600).map(|n| note(&format!("fever {n}"))).collect();
    let chart = chart_of(&doctor, &mrn);
    unindexed(&doctor, chart, Section::Clinical, &notes);
    catch_up_all(&doctor, &unwatched).unwrap();

    let steps = Mutex::new(vec![0]);
    let checked = index::audit(&doctor, &|progress| {
        steps.lock().unwrap().push(progress.done);
        Proceed::Go
    })
    .unwrap();
    assert!(checked.checked > 1_200 && checked.findings.is_empty());
    let steps = steps.into_inner().unwrap();
    assert!(steps.last() >= Some(&600));
    assert!(
        steps.windows(2).all(|pair| pair[1] - pair[0] <= 256),
        "{steps:?}"
    );

    let stopped = index::audit(&doctor, &|progress| match progress.done {
        0..300 => Proceed::Go,
        _ => Proceed::Stop,
    });
    assert!(matches!(stopped, Err(DeskError::Stopped)));
}
