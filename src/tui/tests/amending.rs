//! Amending: the next version says what the form changed, and in everything else what the version before it said.

use super::bench::{Bench, look};
use super::charts::{allergy, condition, vitals};
use super::fixture::Fixture;
use crate::clinical::coding::system::{ICD10, SNOMED};
use crate::clinical::{
    Allergy, Body, ClinicalStatus, Coding, Concept, Criticality, Reaction, Severity, Verification,
};
use crate::desk::view::{Amends, Draft, DraftKind};

/// The doctor's chart 0044-1, whose entries came from elsewhere, with the form that amends one of them.
fn amending(way: &str, form: &str) -> Bench {
    let mut bench = Bench::of("smith");
    bench.keys("2 down enter");
    bench.keys(way);
    bench.keys("a");
    assert!(bench.shows(form), "{}", bench.screen());
    bench.asked();
    bench
}

fn an_allergy() -> Bench {
    amending("right right right down", "Allergy or intolerance")
}

fn a_problem() -> Bench {
    amending("right right right down down", "Problem  0044-1")
}

fn some_vitals() -> Bench {
    amending("right right down", "Vital signs")
}

/// Signs, and expects this to have been written.
#[track_caller]
fn signs(bench: &mut Bench, body: &Body) {
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Amend {") && asked.contains(&format!("body: {body:?}")),
        "{asked}\nand not\n{body:?}\n{}",
        bench.screen()
    );
}

#[test]
fn an_amendment_keeps_all_that_nobody_changed() {
    signs(&mut an_allergy(), &Body::Allergy(allergy()));
    signs(&mut a_problem(), &Body::Condition(condition()));
    signs(&mut some_vitals(), &Body::Vitals(vitals()));
}

#[test]
fn a_form_shows_what_the_entry_says() {
    let bench = an_allergy();
    for said in [
        "Penicillin",
        "Anaphylaxis; Eruption of skin",
        "severe",
        "high",
        "confirmed",
        "Said by her mother. Seen once more in 2004.",
    ] {
        assert!(bench.shows(said), "{said}:\n{}", bench.screen());
    }
    let bench = a_problem();
    for said in ["Preeclampsia", "resolved", "provisional", "2011-02-03"] {
        assert!(bench.shows(said), "{said}:\n{}", bench.screen());
    }
    assert!(
        !bench.shows("398254007"),
        "a code of SNOMED CT is none of ICD-10"
    );
    let bench = some_vitals();
    for said in ["148", "92", "104", "22", "91", "38.90", "81.5", "7.1"] {
        assert!(bench.shows(said), "{said}:\n{}", bench.screen());
    }
}

#[test]
fn a_remark_is_all_that_a_remark_changes() {
    let mut bench = an_allergy();
    bench.keys("up ctrl+u");
    bench.types("Still avoid.");
    let note = Some("Still avoid.".to_owned());
    signs(&mut bench, &Body::Allergy(Allergy { note, ..allergy() }));
}

#[test]
fn one_measure_is_all_that_one_measure_changes() {
    let mut bench = some_vitals();
    bench.keys("tab tab ctrl+u");
    bench.types("98");
    let mut changed = vitals();
    changed.pulse = "98".parse().ok();
    signs(&mut bench, &Body::Vitals(changed));
    let mut bench = some_vitals();
    bench.keys("ctrl+u tab ctrl+u");
    let mut changed = vitals();
    (changed.systolic, changed.diastolic) = (None, None);
    signs(&mut bench, &Body::Vitals(changed));
}

#[test]
fn the_severity_is_that_of_the_worst_reaction_and_a_new_reaction_has_it() {
    let mut bench = an_allergy();
    bench.keys("tab tab");
    bench.types("2");
    let mut changed = allergy();
    changed.reactions[0].severity = Some(Severity::Moderate);
    signs(&mut bench, &Body::Allergy(changed));

    let mut bench = an_allergy();
    bench.keys("tab ctrl+u");
    bench.types("Wheeze; Anaphylaxis");
    let mut changed = allergy();
    changed.reactions.pop();
    let wheeze = Reaction {
        manifestation: Concept::text("Wheeze"),
        severity: Some(Severity::Severe),
    };
    changed.reactions.insert(0, wheeze);
    signs(&mut bench, &Body::Allergy(changed));

    let mut bench = an_allergy();
    bench.keys("tab ctrl+u f2");
    assert!(bench.shows("! reaction: of which"), "{}", bench.screen());
}

#[test]
fn another_substance_or_problem_takes_no_code_of_the_old_one_along() {
    let mut bench = an_allergy();
    bench.keys("ctrl+u");
    bench.types("latex");
    let changed = Allergy {
        substance: Concept::text("latex"),
        category: None,
        ..allergy()
    };
    signs(&mut bench, &Body::Allergy(changed));

    let mut bench = an_allergy();
    bench.keys("ctrl+u");
    bench.types("none known");
    let changed = Allergy {
        recorded: allergy().recorded,
        source: allergy().source,
        ..Allergy::none_known()
    };
    signs(&mut bench, &Body::Allergy(changed));

    let mut bench = a_problem();
    bench.keys("ctrl+u");
    bench.types("eclampsia");
    bench.keys("tab");
    bench.types("O15.9");
    let mut changed = condition();
    changed.concept = Concept::coded(ICD10, "O15.9", "eclampsia");
    signs(&mut bench, &Body::Condition(changed));
}

#[test]
fn a_code_of_icd_10_stands_beside_the_others_of_the_same_words() {
    let mut bench = a_problem();
    bench.keys("tab");
    bench.types("O14.9");
    let mut changed = condition();
    let icd = Coding::new(ICD10, "O14.9", "Preeclampsia");
    changed.concept.codings.insert(0, icd);
    assert_eq!(changed.concept.code_in(SNOMED), Some("398254007"));
    signs(&mut bench, &Body::Condition(changed));
}

#[test]
fn a_problem_that_is_back_has_not_ended() {
    let mut bench = a_problem();
    bench.keys("tab tab");
    bench.types("5");
    let mut changed = condition();
    (changed.status, changed.abatement) = (ClinicalStatus::Recurrence, None);
    signs(&mut bench, &Body::Condition(changed));
}

#[test]
fn a_new_allergy_is_active_and_unconfirmed_until_somebody_says_more() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter w 4 enter");
    assert!(bench.shows("Allergy or intolerance"), "{}", bench.screen());
    bench.types("latex");
    bench.asked();
    bench.keys("f2");
    let written = Allergy {
        substance: Concept::text("latex"),
        verification: Verification::Unconfirmed,
        recorded: crate::clinical::Instant::from_unix_millis(bench.now.millis()),
        ..Allergy::default()
    };
    let asked = bench.asked();
    let expected = format!("body: {:?}", Body::Allergy(written));
    assert!(asked.contains(&expected), "{asked}");
}

#[test]
fn a_draft_of_an_amendment_goes_on_with_all_that_the_entry_said() {
    let mut bench = an_allergy();
    bench.keys("up ctrl+u");
    bench.types("Still avoid.");
    bench.keys("ctrl+l");
    let kept: Vec<Draft> = {
        let kept = bench.desk.kept.lock().unwrap();
        kept.iter().map(|keep| keep.draft.clone()).collect()
    };
    assert_eq!(kept.len(), 1);
    let mut bench = Bench::with(
        look("default"),
        Fixture {
            drafts: kept,
            ..Fixture::default()
        },
    );
    bench.login("smith");
    assert!(
        bench.shows("continue amended allergy"),
        "{}",
        bench.screen()
    );
    bench.keys("enter");
    assert!(bench.shows("Still avoid."), "{}", bench.screen());
    bench.asked();
    let note = Some("Still avoid.".to_owned());
    signs(&mut bench, &Body::Allergy(Allergy { note, ..allergy() }));
}

#[test]
fn a_draft_and_its_body_are_read_as_they_were_written() {
    let draft = Draft {
        kind: DraftKind::Allergy,
        mrn: Some("0044-1".to_owned()),
        amends: Some(Amends {
            entry: "e50".to_owned(),
            body: Box::new(Body::Allergy(allergy())),
        }),
        begun: 7,
        changed: 8,
        fields: vec![("substance".to_owned(), "Penicillin".to_owned())],
    };
    let bytes = minicbor::to_vec(&draft).unwrap();
    let read: Draft = minicbor::decode(&bytes).unwrap();
    assert!(read == draft && read.is(&draft));
    assert_eq!(
        allergy().criticality,
        Some(Criticality::High),
        "so that the check stops"
    );
    assert!(!format!("{draft:?}").contains("Penicillin"));
}

#[test]
fn a_patient_amends_what_the_patient_reported_alone() {
    let mut bench = Bench::of("mejia");
    bench.keys("2 enter right");
    bench.keys("a");
    assert!(!bench.shows("Vital signs"), "{}", bench.screen());
    assert!(
        bench.shows("your role does not amend this (vitals)"),
        "{}",
        bench.screen()
    );
}

#[test]
fn amending_a_note_begins_with_its_text() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right down a");
    assert!(bench.shows("Amend the note") && bench.shows("Fever since midnight"));
    bench.types(" Better now.");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(asked.contains("productive cough. Better now."), "{asked}");
}

#[test]
fn amending_begins_with_what_was_written() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right right a");
    assert!(
        bench.shows("148") && bench.shows("92"),
        "{}",
        bench.screen()
    );
    bench.asked();
    bench.keys("f2");
    assert!(bench.asked().contains("Amend { entry: \"e90\""));
}
