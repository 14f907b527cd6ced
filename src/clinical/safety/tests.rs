//! Tests of the checks, as sentences.

use super::*;
use crate::clinical::{Criticality, Frequency, Quantity, Reaction, Verification, coding::system};

pub(super) const ADULT: Option<u32> = Some(40 * 12);

pub(super) fn none_known() -> Vec<Allergy> {
    vec![Allergy::none_known()]
}

fn allergy(substance: &str, reaction: Option<&str>, verification: Verification) -> Vec<Allergy> {
    let reactions = reaction.map(|r| Reaction {
        manifestation: Concept::text(r),
        severity: None,
    });
    vec![Allergy {
        substance: Concept::text(substance),
        reactions: reactions.into_iter().collect(),
        verification,
        ..Allergy::default()
    }]
}

pub(super) fn order(medicine: &str) -> Prescription {
    Prescription {
        medicine: Concept::text(medicine),
        ..Prescription::default()
    }
}

pub(super) fn dosed(medicine: &str, dose: i64, times: u16) -> Prescription {
    Prescription {
        dose: Some(Quantity::new(dose, "mg")),
        frequency: Some(Frequency::daily(times)),
        ..order(medicine)
    }
}

/// Severity and text of the alerts of one check.
pub(super) fn found(
    check_name: Check,
    order: &Prescription,
    context: &Context,
) -> Vec<(Severity, String)> {
    check(order, context)
        .into_iter()
        .filter(|a| a.check == check_name)
        .map(|a| (a.severity, a.text))
        .collect()
}

fn with_allergy(medicine: &str, allergies: &[Allergy]) -> Vec<(Severity, String)> {
    found(
        Check::Allergy,
        &order(medicine),
        &Context {
            allergies,
            age_months: ADULT,
            ..Context::default()
        },
    )
}

fn beside(medicine: &str, taken: &[&str]) -> Vec<(Severity, String)> {
    let medication: Vec<Concept> = taken.iter().map(|t| Concept::text(t)).collect();
    let context = Context {
        allergies: &none_known(),
        medication: &medication,
        age_months: ADULT,
        ..Context::default()
    };
    found(Check::Interaction, &order(medicine), &context)
}

fn stops(medicine: &str, taken: &str) -> bool {
    beside(medicine, &[taken])
        .iter()
        .any(|(s, _)| *s == Severity::Stop)
}

fn warns(medicine: &str, taken: &str) -> bool {
    let alerts = beside(medicine, &[taken]);
    alerts.iter().any(|(s, _)| *s == Severity::Warn)
        && !alerts.iter().any(|(s, _)| *s == Severity::Stop)
}

pub(super) fn for_patient(
    check_name: Check,
    medicine: &str,
    years: u32,
    sex: Sex,
    facts: &MedicationSummary,
) -> Vec<(Severity, String)> {
    let allergies = none_known();
    let context = Context {
        allergies: &allergies,
        facts: Some(facts),
        age_months: Some(years * 12),
        sex,
        ..Context::default()
    };
    found(check_name, &order(medicine), &context)
}

#[test]
fn a_confirmed_penicillin_allergy_stops_amoxicillin_by_class() {
    let alerts = with_allergy(
        "Amoxicillin 500 mg",
        &allergy("penicillin", Some("anaphylaxis"), Verification::Confirmed),
    );
    assert_eq!(
        alerts,
        [(
            Severity::Stop,
            "amoxicillin: allergy to penicillin: anaphylaxis (confirmed)".to_owned()
        )]
    );
}

#[test]
fn an_allergy_to_one_penicillin_counts_for_another() {
    let alerts = with_allergy(
        "flucloxacillin",
        &allergy("Amoxicillin", Some("rash"), Verification::Confirmed),
    );
    assert_eq!(alerts[0].0, Severity::Stop);
    assert!(alerts[0].1.contains("a penicillin too"), "{alerts:?}");
}

#[test]
fn an_unconfirmed_mild_allergy_is_weighed_and_a_grave_one_stops() {
    let unconfirmed = |reaction| {
        with_allergy(
            "amoxicillin",
            &allergy("penicillin", reaction, Verification::Unconfirmed),
        )[0]
        .0
    };
    assert_eq!(unconfirmed(Some("rash")), Severity::Warn);
    assert_eq!(unconfirmed(Some("Anaphylactic shock")), Severity::Stop);
    let mut high = allergy("penicillin", None, Verification::Unconfirmed);
    high[0].criticality = Some(Criticality::High);
    assert_eq!(with_allergy("amoxicillin", &high)[0].0, Severity::Stop);
}

#[test]
fn a_refuted_or_mistaken_allergy_is_not_held_against_an_order() {
    for verification in [Verification::Refuted, Verification::EnteredInError] {
        assert_eq!(
            with_allergy(
                "amoxicillin",
                &allergy("penicillin", Some("anaphylaxis"), verification)
            ),
            []
        );
    }
}

#[test]
fn a_cephalosporin_warns_after_penicillin_and_stops_where_the_side_chain_is_alike_and_the_reaction_grave()
 {
    let rash = allergy("amoxicillin", Some("rash"), Verification::Confirmed);
    let shock = allergy("amoxicillin", Some("anaphylaxis"), Verification::Confirmed);
    assert_eq!(with_allergy("cefuroxime", &shock)[0].0, Severity::Warn);
    assert_eq!(with_allergy("cephalexin", &rash)[0].0, Severity::Warn);
    assert_eq!(with_allergy("cephalexin", &shock)[0].0, Severity::Stop);
    assert_eq!(with_allergy("meropenem", &shock)[0].0, Severity::Info);
}

#[test]
fn a_sulfa_allergy_stops_co_trimoxazole_and_only_notes_furosemide() {
    let sulfa = allergy("Sulfa drugs", Some("hives"), Verification::Confirmed);
    assert_eq!(with_allergy("Bactrim DS", &sulfa)[0].0, Severity::Stop);
    assert_eq!(with_allergy("Lasix 40mg", &sulfa)[0].0, Severity::Info);
}

#[test]
fn an_aspirin_allergy_counts_for_every_nsaid() {
    let aspirin = vec![Allergy {
        substance: Concept::coded(system::RXNORM, "1191", "Aspirin"),
        verification: Verification::Confirmed,
        ..Allergy::default()
    }];
    assert_eq!(with_allergy("naproxen", &aspirin)[0].0, Severity::Stop);
    assert_eq!(with_allergy("paracetamol", &aspirin), []);
}

#[test]
fn that_nobody_recorded_allergies_is_said_and_that_none_is_known_is_enough() {
    assert_eq!(with_allergy("amoxicillin", &[])[0].0, Severity::CouldNotRun);
    assert_eq!(with_allergy("amoxicillin", &none_known()), []);
}

#[test]
fn an_allergy_to_an_unknown_substance_is_not_passed_over_unless_it_is_food() {
    let mut unknown = allergy("Zorblax", None, Verification::Confirmed);
    assert_eq!(
        with_allergy("amoxicillin", &unknown)[0].0,
        Severity::CouldNotRun
    );
    assert_eq!(
        with_allergy(
            "amoxicillin",
            &allergy("Allergy to tree pollen", None, Verification::Confirmed)
        ),
        []
    );
    unknown[0].category = Some(crate::clinical::AllergyCategory::Food);
    assert_eq!(with_allergy("amoxicillin", &unknown), []);
}

#[test]
fn an_unknown_medicine_is_said_to_be_unchecked() {
    let context = Context {
        allergies: &none_known(),
        ..Context::default()
    };
    let alerts = check(&order("Zorblax 5 mg"), &context);
    assert_eq!(
        (alerts[0].check, alerts[0].severity),
        (Check::Ingredient, Severity::CouldNotRun)
    );
    assert_eq!(
        passed(&order("Zorblax 5 mg"), &alerts),
        [],
        "nothing passes for a medicine that nobody knows"
    );
    let beside_unknown = beside("amoxicillin", &["Zorblax 5 mg"]);
    assert_eq!(beside_unknown[0].0, Severity::CouldNotRun);
}

#[test]
fn the_same_ingredient_under_another_name_is_a_duplicate() {
    let taken = [Concept::text("Tylenol")];
    let context = Context {
        allergies: &none_known(),
        medication: &taken,
        ..Context::default()
    };
    let alerts = found(Check::Duplicate, &order("Paracetamol 500 mg"), &context);
    assert_eq!(
        alerts,
        [(
            Severity::Warn,
            "paracetamol is taken already: Tylenol".to_owned()
        )]
    );
}

#[test]
fn a_second_statin_is_a_duplicate_by_class_and_aspirin_beside_an_nsaid_is_not() {
    let duplicate = |medicine: &str, taken: &str| {
        let taken = [Concept::text(taken)];
        let context = Context {
            allergies: &none_known(),
            medication: &taken,
            ..Context::default()
        };
        !found(Check::Duplicate, &order(medicine), &context).is_empty()
    };
    assert!(duplicate("atorvastatin", "Simvistatin 10 MG"));
    assert!(duplicate("ibuprofen", "naproxen"));
    assert!(!duplicate("ibuprofen", "aspirin 81 mg"));
    assert!(!duplicate("amlodipine", "lisinopril"));
}

#[test]
fn each_pair_of_the_high_priority_list_stops_in_both_directions() {
    for (a, b) in [
        ("Adderall", "phenelzine"),
        ("atazanavir", "pantoprazole"),
        ("febuxostat", "azathioprine"),
        ("sertraline", "tranylcypromine"),
        ("irinotecan", "ketoconazole"),
        ("irinotecan", "saquinavir"),
        ("meperidine", "selegiline"),
        ("tranylcypromine", "procarbazine"),
        ("amitriptyline", "isocarboxazid"),
        ("sumatriptan", "phenelzine"),
        ("haloperidol", "methadone"),
        ("ramelteon", "fluvoxamine"),
        ("Kaletra", "rifampin"),
        ("lovastatin", "itraconazole"),
        ("simvastatin", "darunavir"),
        ("ergotamine", "clarithromycin"),
        ("dihydroergotamine", "ritonavir"),
        ("tizanidine", "ciprofloxacin"),
    ] {
        assert!(stops(a, b), "{a} with {b}");
        assert!(stops(b, a), "{b} with {a}");
    }
}

#[test]
fn simvastatin_is_stopped_by_cyp3a4_inhibitors_from_clarithromycin_to_verapamil_and_amiodarone() {
    for inhibitor in [
        "clarithromycin",
        "erythromycin",
        "itraconazole",
        "verapamil",
        "diltiazem",
        "amiodarone",
    ] {
        assert!(stops("Simvistatin 10 MG", inhibitor), "{inhibitor}");
    }
    assert!(!stops("Simvastatin 10 MG", "azithromycin"));
    assert!(
        !stops("pravastatin", "clarithromycin"),
        "pravastatin is not broken down by CYP3A4"
    );
}

#[test]
fn a_medicine_does_not_interact_with_itself() {
    assert_eq!(beside("methadone", &["methadone 10 mg"]), []);
}

#[test]
fn label_warnings_warn_and_never_stop() {
    for (a, b) in [
        ("warfarin", "ibuprofen"),
        ("lisinopril", "spironolactone"),
        ("oxycodone", "diazepam"),
        ("nitroglycerin", "sildenafil"),
        ("digoxin", "amiodarone"),
        ("lithium", "hydrochlorothiazide"),
        ("methotrexate", "Bactrim"),
        ("clopidogrel", "omeprazole"),
    ] {
        assert!(warns(a, b), "{a} with {b}");
        assert!(warns(b, a), "{b} with {a}");
    }
    assert_eq!(beside("metformin", &["lisinopril"]), []);
}

#[test]
fn every_interaction_names_its_source() {
    let taken = [Concept::text("clarithromycin"), Concept::text("amlodipine")];
    let context = Context {
        allergies: &none_known(),
        medication: &taken,
        ..Context::default()
    };
    let alerts: Vec<_> = check(&order("simvastatin"), &context)
        .into_iter()
        .filter(|a| a.check == Check::Interaction)
        .collect();
    assert_eq!(alerts.len(), 2);
    assert!(alerts[0].source.unwrap().contains("Phansalkar"));
    assert!(alerts[1].source.unwrap().contains("simvastatin"));
}

#[test]
fn the_heaviest_alert_comes_first() {
    let penicillin = allergy("penicillin", Some("anaphylaxis"), Verification::Confirmed);
    let taken = [Concept::text("warfarin"), Concept::text("Zorblax")];
    let context = Context {
        allergies: &penicillin,
        medication: &taken,
        age_months: ADULT,
        ..Context::default()
    };
    let severities: Vec<_> = check(&order("amoxicillin"), &context)
        .iter()
        .map(|a| a.severity)
        .collect();
    assert!(severities.is_sorted(), "{severities:?}");
    assert_eq!(severities[0], Severity::Stop);
}
