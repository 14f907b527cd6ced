//! Amended and retracted entries, and the order of results.

use chartseal::clinical::{Body, Note};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{admit, encode};
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, index, indexing, search, write};
use chartseal::index::terms;
use chartseal::jobs::verify;
use chartseal::ledger::{EntryId, Section};
use chartseal::vault::Draft;

use crate::fixture::{SECTIONS, all, chart_of, find, grant, ids, note, person, sql};
use crate::support::{Hospital, patient};

#[test]
fn what_somebody_without_the_index_key_replaced_is_not_shown_even_before_a_catch_up() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let first = write::entry(&doctor, &mrn, note("suspected pneumonia")).unwrap();
    let chart = chart_of(&doctor, &mrn);
    let draft = Draft::new(chart, Section::Clinical)
        .after(first.thread.parse().unwrap(), first.entry.parse().unwrap());
    doctor
        .vault()
        .write(|writer| writer.put(draft, &encode(&note("bronchitis"))))
        .unwrap();
    let answer = search::run(&doctor, "pneumonia", 5, 0).unwrap();
    assert_eq!((answer.total, answer.uncovered), (0, 1));
    assert_eq!(find(&doctor, "history: pneumonia").len(), 1);
    catch_up_all(&doctor, &unwatched).unwrap();
    assert_eq!(find(&doctor, "bronchitis").len(), 1);
    assert_eq!(find(&doctor, "history: pneumonia OR bronchitis").len(), 2);
}

#[test]
fn what_does_not_verify_is_shown_by_no_search_and_what_stands_beside_it_is() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let mut written = ["fever", "fever at night", "no fever"].map(|text| {
        let written = write::entry(&doctor, &mrn, note(text)).unwrap();
        written.entry
    });
    written.reverse();
    assert_eq!(find(&doctor, "fever"), written);
    let id: EntryId = written[1].parse().unwrap();
    let edit = "UPDATE entry SET signature = zeroblob(64) WHERE id = ?1";
    assert_eq!(sql(&hospital).execute(edit, [id.as_bytes()]).unwrap(), 1);
    let (first, last) = (written[0].clone(), written[2].clone());
    assert_eq!(find(&doctor, "fever"), [first, last]);
}

#[test]
fn what_was_amended_or_retracted_is_found_in_the_history_before_and_after_a_rebuild() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let first = write::entry(&doctor, &mrn, note("suspected pneumonia")).unwrap();
    let second = write::amend(&doctor, first.entry.parse().unwrap(), note("bronchitis")).unwrap();
    write::retract(&doctor, second.entry.parse().unwrap(), "wrong patient").unwrap();
    let check = |session: &Session| {
        for query in ["pneumonia", "bronchitis", "kind:note", "wrong"] {
            assert!(find(session, query).is_empty(), "{query}");
        }
        assert_eq!(
            find(session, "history: pneumonia"),
            std::slice::from_ref(&first.entry)
        );
        assert_eq!(
            find(session, "history: kind:note"),
            [second.entry.clone(), first.entry.clone()]
        );
    };
    check(&doctor);
    let before = index::stats(&doctor).unwrap().pairs;
    let after = index::rebuild(&doctor, &unwatched).unwrap().pairs;
    // What the two say no more, and that they are dead.
    let words = |text: &str| terms::of(&note(text), "hsmith", 0).len() as u64 + 1;
    let forgotten = words("suspected pneumonia") + words("bronchitis");
    assert_eq!(after, before - forgotten);
    check(&doctor);
    check(&hospital.desk("brandt"));
    let report = verify::full(&doctor, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}

#[test]
fn the_newest_day_comes_first_whenever_it_was_written_down_and_of_a_day_what_was_written_last() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let on = |day: &str| {
        Body::Note(Note {
            text: "fever".into(),
            at: format!("{day}T08:00:00Z").parse().ok(),
            ..Default::default()
        })
    };
    let days = [
        "2024-05-02",
        "1850-01-01",
        "2026-03-01",
        "2024-05-01",
        "2024-05-02",
        "2199-01-01",
        "2019-12-31",
    ];
    let chart = chart_of(&doctor, &mrn);
    // As an import does, which takes the days that sources have, those to come too.
    let put = |day: &str| {
        let (draft, body) = (Draft::new(chart, Section::Clinical), encode(&on(day)));
        let stored = doctor
            .vault()
            .write(|writer| indexing::put(writer, draft, &body));
        stored.unwrap().id.to_string()
    };
    let written = days.map(put);
    let expected: Vec<&String> = [5, 2, 4, 0, 3, 6, 1].map(|n: usize| &written[n]).into();
    grant(&doctor, chart, person(&doctor, "okafor"), &SECTIONS);
    let check = || {
        // By the index, and by reading what was granted to a person.
        for session in [&doctor, &hospital.desk("hsmith"), &hospital.desk("okafor")] {
            for size in [1, 2, 7] {
                let (found, _) = all(session, "fever", size);
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{size} a page");
            }
            let skipped = search::run(session, "fever", 2, 3).unwrap();
            assert_eq!(ids(&skipped).iter().collect::<Vec<_>>(), expected[3..5]);
        }
    };
    check();
    index::rebuild(&doctor, &unwatched).unwrap();
    check();
    let new = write::entry(&doctor, &mrn, on("2025-01-01")).unwrap().entry;
    assert_eq!(find(&doctor, "fever")[2], new);
}
