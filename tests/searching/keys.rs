//! What somebody finds is what their keys open: through units, through grants to a person, in their own chart.

use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{admit, list};
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, index, search, write};
use chartseal::jobs::verify;
use chartseal::ledger::{ChartId, Section};

use crate::fixture::{
    SECTIONS, all, allergy, chart_of, condition, find, grant, naive, note, person, pressure, sql,
    unindexed, unit,
};
use crate::support::{Hospital, patient};

#[test]
fn a_pharmacists_search_never_touches_the_clinical_index() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("rash after penicillin")).unwrap();
    write::entry(&doctor, &mrn, allergy("Penicillin")).unwrap();
    let chart = chart_of(&doctor, &mrn);
    let sections = [Section::Identity, Section::Medication];
    grant(&doctor, chart, unit(&doctor, "Pharmacy"), &sections);
    let pharmacist = hospital.desk("adeyemi");
    assert_eq!(
        search::run(&pharmacist, "penicillin", 5, 0)
            .unwrap()
            .uncovered,
        2
    );
    catch_up_all(&pharmacist, &unwatched).unwrap();
    let before = find(&pharmacist, "penicillin");
    assert_eq!(before.len(), 1, "the allergy, not the note");
    assert_eq!(find(&doctor, "penicillin").len(), 2);

    // Every row of every index over a clinical section is made unreadable.
    let clinical = format!(
        "IN (SELECT s.id FROM segment s JOIN compartment c ON c.id = s.compartment WHERE c.section = {})",
        Section::Clinical as u8
    );
    let mut spoilt = 0;
    for (table, segment) in [
        ("index_log", "k >> 32"),
        ("index_small", "segment"),
        ("index_large", "segment"),
    ] {
        spoilt += sql(&hospital)
            .execute(
                &format!("UPDATE {table} SET b = zeroblob(length(b)) WHERE {segment} {clinical}"),
                [],
            )
            .unwrap();
    }
    assert!(spoilt > 0);
    assert_eq!(find(&pharmacist, "penicillin"), before);
    assert_eq!(find(&hospital.desk("adeyemi"), "penicillin"), before);
    let refused = search::run(&hospital.desk("hsmith"), "penicillin", 5, 0);
    assert!(refused.is_err(), "whoever reads it notices: {refused:?}");
    // Nor does the pharmacy have a clinical index.
    let compartments: i64 = sql(&hospital)
        .query_row(
            "SELECT count(*) FROM compartment WHERE section = ?1",
            [Section::Clinical as u8],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(compartments, 1);
}

/// A hospital, its doctor, and a chart on Ward A with a note of a fever.
fn feverish() -> (Hospital, Session, ChartId) {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Max", "Kris"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("fever")).unwrap();
    let chart = chart_of(&doctor, &mrn);
    (hospital, doctor, chart)
}

#[test]
fn a_new_enrolment_is_counted_as_not_covered_until_one_catch_up_and_found_after_it() {
    let (hospital, doctor, chart) = feverish();
    let other = hospital.desk("okafor");
    assert_eq!(search::run(&other, "fever", 5, 0).unwrap().uncovered, 0);
    grant(&doctor, chart, unit(&doctor, "Ward B"), &SECTIONS);
    let answer = search::run(&other, "fever", 5, 0).unwrap();
    assert_eq!(
        (answer.total, answer.uncovered),
        (0, 2),
        "identity and note"
    );
    assert_eq!(catch_up_all(&other, &unwatched).unwrap(), 2);
    let answer = search::run(&other, "fever", 5, 0).unwrap();
    assert_eq!((answer.total, answer.uncovered, answer.exact), (1, 0, true));
}

#[test]
fn revoking_ends_what_a_unit_finds_and_the_count_does_not_tell_either() {
    let (hospital, doctor, chart) = feverish();
    let other = hospital.desk("okafor");
    let given = grant(&doctor, chart, unit(&doctor, "Ward B"), &SECTIONS);
    catch_up_all(&other, &unwatched).unwrap();
    assert_eq!(search::run(&other, "fever", 5, 0).unwrap().total, 1);
    doctor
        .vault()
        .write(|writer| writer.revoke(chart, given))
        .unwrap();
    for session in [&other, &hospital.desk("okafor")] {
        for query in ["fever", "name:kris", "-rash", "history: fever"] {
            let answer = search::run(session, query, 5, 0).unwrap();
            assert_eq!((answer.total, answer.results.len()), (0, 0), "{query}");
            assert!(answer.exact);
        }
    }
    assert_eq!(find(&doctor, "fever").len(), 1);
    // What is no longer asked for is no finding, and a rebuild forgets it.
    let report = verify::full(&other, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
    index::rebuild(&other, &unwatched).unwrap();
    assert_eq!(index::stats(&other).unwrap().pairs, 0);
}

#[test]
fn whoever_leaves_a_unit_finds_nothing_of_it_any_more() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let nurse = hospital.desk("brandt");
    let mrn = admit(&doctor, "Ward A", &patient("Max", "Kris"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("fever")).unwrap();
    assert_eq!(find(&nurse, "fever").len(), 1);
    hospital
        .login("admin")
        .leave_unit("Ward A", "brandt")
        .unwrap();
    for session in [&nurse, &hospital.desk("brandt")] {
        let answer = search::run(session, "fever", 5, 0).unwrap();
        assert_eq!((answer.total, answer.uncovered), (0, 0));
    }
    // The next session of somebody who stays renews the unit's keys; the index moves on with them.
    let doctor = hospital.desk("hsmith");
    write::entry(&doctor, &mrn, note("fever again")).unwrap();
    assert_eq!(find(&doctor, "fever").len(), 2);
    let generation = |sql: &str| -> i64 {
        let sql_ = self::sql(&hospital);
        sql_.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(generation("SELECT max(generation) FROM compartment"), 2);
    index::rebuild(&doctor, &unwatched).unwrap();
    assert_eq!(find(&doctor, "fever").len(), 2);
    let old = "SELECT count(*) FROM segment WHERE generation = 1 AND compartment IN (SELECT id FROM compartment WHERE section = 2)";
    assert_eq!(generation(old), 0, "{}", Section::Clinical as u8);
}

#[test]
fn an_index_that_claims_a_key_which_its_unit_never_had_is_built_anew_all_the_same() {
    let (hospital, doctor, chart) = feverish();
    let before = find(&doctor, "fever");
    let sql = sql(&hospital);
    let generation = |forged: i64| {
        let edit = "UPDATE compartment SET generation = ?1";
        sql.execute(edit, [forged]).unwrap();
    };
    generation(9);
    unindexed(
        &doctor,
        chart,
        Section::Clinical,
        &[note("fever and chills")],
    );
    index::merge(&doctor, &unwatched).unwrap();
    let answer = search::run(&doctor, "fever", 5, 0).unwrap();
    assert_eq!(answer.uncovered, 1, "nobody has the key");
    index::rebuild(&doctor, &unwatched).unwrap();
    assert_eq!(find(&doctor, "fever").len(), before.len() + 1);
    let mrn = &list(&doctor, None).unwrap()[0].mrn;
    write::entry(&doctor, mrn, note("fever once more")).unwrap();
    assert_eq!(find(&doctor, "fever").len(), before.len() + 2);
    let report = verify::full(&doctor, 1, &unwatched).unwrap();
    assert!(report.ok, "{:#?}", report.findings);
}

#[test]
fn what_is_granted_to_a_person_and_a_patients_own_chart_are_found_by_the_same_predicate() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mine = hospital.chart(doctor.vault());
    for body in [
        note("chest pain"),
        condition("I10", "Hypertension"),
        pressure(172, 95),
    ] {
        unindexed(&doctor, mine, Section::Clinical, &[body]);
    }
    let other = hospital.desk("okafor");
    let patient = hospital.desk("mejia");
    let queries = [
        "\"chest pain\"",
        "dx:I10 OR bp>160",
        "-dx:I10",
        "kind:note",
        "history: pain",
    ];
    for query in queries {
        assert!(find(&other, query).is_empty(), "{query}");
    }
    let given = grant(
        &doctor,
        mine,
        person(&doctor, "okafor"),
        &[Section::Clinical],
    );
    for query in queries {
        for session in [&other, &patient] {
            let (found, answer) = all(session, query, 2);
            assert_eq!(found, naive(session, query), "{query}");
            assert!(!found.is_empty() && answer.exact, "{query}: {answer:?}");
            assert_eq!((answer.total, answer.uncovered), (found.len() as u64, 0));
        }
    }
    doctor
        .vault()
        .write(|writer| writer.revoke(mine, given))
        .unwrap();
    assert!(find(&other, "pain").is_empty());
    assert_eq!(find(&patient, "pain").len(), 1);
}
