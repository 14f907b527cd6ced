//! Tests of what depends on the patient: dose, kidney function, pregnancy, age.

use super::tests::{ADULT, dosed, for_patient, found, none_known, order};
use super::*;
use crate::clinical::{Decimal, Frequency, Pregnancy, Span, SpanUnit};

#[test]
fn a_dose_above_its_limit_warns_and_above_twice_its_limit_stops() {
    let context = Context {
        allergies: &none_known(),
        age_months: ADULT,
        ..Context::default()
    };
    let dose = |mg, times| found(Check::Dose, &dosed("amoxicillin", mg, times), &context);
    assert_eq!(dose(500, 3), []);
    assert_eq!(
        dose(1000, 4),
        [(
            Severity::Warn,
            "amoxicillin 4000 mg a day, the limit is 3000 mg".to_owned()
        )]
    );
    assert_eq!(dose(5000, 1)[0].0, Severity::Stop);
    assert_eq!(dose(50, 3)[0].0, Severity::Info);
    let rx = dosed("amoxicillin", 500, 3);
    let ok = passed(&rx, &check(&rx, &context));
    assert!(
        ok.contains(&(
            Check::Dose,
            "dose within 250 to 1000 mg, at most 3000 mg a day".to_owned()
        )),
        "{ok:?}"
    );
}

#[test]
fn a_childs_dose_goes_by_weight_and_without_a_weight_the_check_says_so() {
    let child = |facts: Option<&MedicationSummary>| {
        let context = Context {
            allergies: &none_known(),
            facts,
            age_months: Some(48),
            ..Context::default()
        };
        found(Check::Dose, &dosed("paracetamol", 500, 4), &context)
    };
    assert_eq!(child(None)[0].0, Severity::CouldNotRun);
    let facts = MedicationSummary {
        weight: Some(Decimal::whole(20)),
        ..MedicationSummary::default()
    };
    assert_eq!(
        child(Some(&facts))[0],
        (
            Severity::Warn,
            "paracetamol 500 mg at once, the limit is 300 mg".to_owned()
        )
    );
}

#[test]
fn a_dose_that_cannot_be_read_is_said_to_be_unchecked() {
    let context = Context {
        allergies: &none_known(),
        age_months: ADULT,
        ..Context::default()
    };
    assert_eq!(
        found(Check::Dose, &order("amoxicillin"), &context)[0].0,
        Severity::CouldNotRun
    );
    let seldom = Prescription {
        frequency: None,
        ..dosed("amoxicillin", 500, 3)
    };
    assert_eq!(
        found(Check::Dose, &seldom, &context)[0].0,
        Severity::CouldNotRun
    );
}

#[test]
fn methotrexate_by_mouth_stops_unless_it_is_weekly() {
    let context = Context {
        allergies: &none_known(),
        age_months: ADULT,
        ..Context::default()
    };
    let daily = dosed("methotrexate", 10, 1);
    assert_eq!(found(Check::Dose, &daily, &context)[0].0, Severity::Stop);
    let weekly = Prescription {
        frequency: Some(Frequency {
            times: 1,
            every: Span::new(1, SpanUnit::Week),
        }),
        ..daily
    };
    assert!(
        found(Check::Dose, &weekly, &context)
            .iter()
            .all(|(s, _)| *s == Severity::Info)
    );
}

#[test]
fn metformin_stops_at_an_egfr_below_30_warns_below_45_and_says_when_it_is_unknown() {
    let egfr = |value: Option<i64>| {
        let facts = MedicationSummary {
            egfr: value.map(Decimal::whole),
            ..MedicationSummary::default()
        };
        for_patient(Check::Renal, "metformin", 60, Sex::Male, &facts)
    };
    assert_eq!(egfr(Some(29))[0].0, Severity::Stop);
    assert_eq!(egfr(Some(30))[0].0, Severity::Warn);
    assert_eq!(egfr(Some(45)), []);
    assert_eq!(egfr(None)[0].0, Severity::CouldNotRun);
    assert_eq!(egfr(None).len(), 1, "what is unknown is said once");
}

#[test]
fn what_harms_the_unborn_stops_in_pregnancy_and_asks_where_it_is_unknown() {
    let facts = |pregnancy| MedicationSummary {
        pregnancy,
        ..MedicationSummary::default()
    };
    let lisinopril = |years, sex, pregnancy| {
        for_patient(
            Check::Pregnancy,
            "lisinopril",
            years,
            sex,
            &facts(pregnancy),
        )
    };
    assert_eq!(
        lisinopril(30, Sex::Female, Some(Pregnancy::Pregnant))[0].0,
        Severity::Stop
    );
    assert_eq!(
        lisinopril(30, Sex::Female, None)[0].0,
        Severity::CouldNotRun
    );
    assert_eq!(
        lisinopril(30, Sex::Female, Some(Pregnancy::NotPregnant)),
        []
    );
    assert_eq!(lisinopril(30, Sex::Male, None), []);
    assert_eq!(lisinopril(70, Sex::Female, None), []);
}

#[test]
fn age_limits_hold_on_both_ends() {
    let facts = MedicationSummary::default();
    let age = |medicine, years| for_patient(Check::Age, medicine, years, Sex::Male, &facts);
    assert_eq!(age("codeine", 11)[0].0, Severity::Stop);
    assert_eq!(age("codeine", 12), []);
    assert_eq!(age("aspirin", 15)[0].0, Severity::Warn);
    assert_eq!(age("diazepam", 65)[0].0, Severity::Warn);
    assert_eq!(age("diazepam", 64), []);
    let context = Context {
        allergies: &none_known(),
        ..Context::default()
    };
    assert_eq!(
        found(Check::Age, &order("codeine"), &context)[0].0,
        Severity::CouldNotRun
    );
}
