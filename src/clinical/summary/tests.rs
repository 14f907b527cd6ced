//! Tests of the page on which a chart opens.

use super::*;
use crate::clinical::safety::Severity;
use crate::clinical::{
    Breathing, Concept, Consciousness, Deceased, Frequency, Name, Quantity, Reaction, ResultValue,
    Span, SpanUnit, Verification,
};

const NOW: &str = "2026-11-22T12:00:00Z";

fn now() -> Instant {
    NOW.parse().unwrap()
}

/// `days` before now.
fn ago(days: i64) -> Instant {
    now().plus_millis(-days * DAY_MILLIS)
}

fn item(body: &Body) -> Item<'_, usize> {
    Item {
        key: 0,
        written: now().unix_millis(),
        body,
        given: None,
    }
}

fn of(bodies: &[Body]) -> Summary<'_, usize> {
    summarise(
        bodies
            .iter()
            .enumerate()
            .map(|(key, body)| Item { key, ..item(body) }),
        &now(),
    )
}

fn person() -> Body {
    Body::Identity(Identity {
        names: vec![Name::new("Ana", "Gerhold")],
        birth: "1950".parse().ok(),
        ..Identity::default()
    })
}

fn order(medicine: &str) -> Prescription {
    Prescription {
        medicine: Concept::text(medicine),
        dose: Some(Quantity::new(10, "mg")),
        frequency: Some(Frequency::daily(1)),
        duration: Some(Span::new(10, SpanUnit::Day)),
        written: Some(ago(1)),
        ..Prescription::default()
    }
}

fn sick(hours_ago: i64) -> Vitals {
    Vitals {
        at: Some(now().plus_millis(-hours_ago * 3_600_000)),
        respiration: "22".parse().ok(),
        spo2: "93".parse().ok(),
        breathing: Some(Breathing::Air),
        systolic: "118".parse().ok(),
        diastolic: "70".parse().ok(),
        pulse: "104".parse().ok(),
        consciousness: Some(Consciousness::Alert),
        temperature: "38.9".parse().ok(),
        ..Vitals::default()
    }
}

/// What is warned of where these sets were taken of somebody without allergies.
fn warnings_of(sets: &[Vitals]) -> Vec<String> {
    let mut bodies = vec![person(), Body::Allergy(Allergy::none_known())];
    bodies.extend(sets.iter().cloned().map(Body::Vitals));
    let summary = of(&bodies);
    let texts = summary.warnings.iter().map(|w| w.text.clone());
    texts.collect()
}

#[test]
fn a_deteriorating_patient_is_warned_of_with_the_values_that_count() {
    let bodies = [
        person(),
        Body::Vitals(sick(1)),
        Body::Allergy(Allergy::none_known()),
    ];
    let summary = of(&bodies);
    assert_eq!(summary.warnings.len(), 1, "{:?}", summary.warnings);
    assert_eq!(
        summary.warnings[0].text,
        "NEWS2 6  resp 22  SpO2 93 %  pulse 104  temp 38.9"
    );
    assert_eq!(summary.warnings[0].severity, Severity::Stop);
}

#[test]
fn series_run_from_the_oldest_to_the_newest_whatever_the_order_of_entries() {
    let mut old = sick(8);
    old.pulse = "80".parse().ok();
    let bodies = [Body::Vitals(sick(1)), Body::Vitals(old)];
    let summary = of(&bodies);
    let pulse = summary
        .vitals
        .iter()
        .find(|s| s.measure == Measure::Pulse)
        .unwrap();
    assert_eq!(
        pulse
            .points
            .iter()
            .map(|p| p.1.to_string())
            .collect::<Vec<_>>(),
        ["80", "104"]
    );
    assert_eq!((pulse.key, pulse.level), (0, Some(FlagLevel::High)));
}

#[test]
fn a_series_keeps_only_the_newest_values() {
    let bodies: Vec<Body> = (0..40).map(|n| Body::Vitals(sick(n))).collect();
    let summary = of(&bodies);
    assert!(
        summary
            .vitals
            .iter()
            .all(|s| s.points.len() == SERIES_LENGTH)
    );
    assert_eq!(
        summary.vitals[0].points.last().unwrap().0,
        now().unix_millis()
    );
}

#[test]
fn children_and_self_reported_values_are_not_scored() {
    let child = Body::Identity(Identity {
        birth: "2020".parse().ok(),
        ..Identity::default()
    });
    assert_eq!(of(&[child, Body::Vitals(sick(1))]).score, None);
    let own = Vitals {
        self_reported: true,
        ..sick(1)
    };
    assert_eq!(of(&[person(), Body::Vitals(own)]).score, None);
}

#[test]
fn an_incomplete_score_names_what_it_lacks() {
    let partial = Vitals {
        consciousness: None,
        ..sick(1)
    };
    let score = of(&[person(), Body::Vitals(partial)]).score.unwrap();
    assert_eq!(
        score.news2.unwrap_err().to_string(),
        "NEWS2 at least 6; not recorded: consciousness"
    );
}

#[test]
fn a_partial_set_hides_no_bad_score() {
    let worse = Vitals {
        respiration: "26".parse().ok(),
        ..sick(4)
    };
    let pressure = |hours_ago: i64, systolic: &str| Vitals {
        at: Some(now().plus_millis(-hours_ago * 3_600_000)),
        systolic: systolic.parse().ok(),
        diastolic: "70".parse().ok(),
        ..Vitals::default()
    };
    // Only a pressure was taken since: the score stands, with its age and its own values.
    assert_eq!(
        warnings_of(&[worse.clone(), pressure(1, "118")]),
        ["NEWS2 7, 4 h ago  resp 26  SpO2 93 %  pulse 104  temp 38.9"]
    );
    // What the partial set says is not lost beside it.
    assert_eq!(
        warnings_of(&[worse.clone(), pressure(1, "88"), pressure(0, "185")]),
        [
            "NEWS2 7, 4 h ago  resp 26  SpO2 93 %  pulse 104  temp 38.9",
            "systolic 185 mmHg"
        ]
    );
    // A day later nobody can say what the score would be, but what is known of it counts.
    let old = Vitals {
        at: Some(now().plus_millis(-25 * 3_600_000)),
        ..worse
    };
    let some = Vitals {
        consciousness: None,
        ..sick(1)
    };
    assert_eq!(
        warnings_of(&[old.clone(), some]),
        ["NEWS2 at least 6  resp 22  SpO2 93 %  pulse 104  temp 38.9"]
    );
    let old = Vitals {
        respiration: "22".parse().ok(),
        ..old
    };
    // Without any score that warns, values of the last day that are not usual are named.
    let warm = Vitals {
        at: Some(now().plus_millis(-3_600_000)),
        temperature: "38.6".parse().ok(),
        pulse: "113".parse().ok(),
        ..Vitals::default()
    };
    assert_eq!(
        warnings_of(&[old, warm, pressure(0, "118")]),
        ["pulse 113 /min  temp 38.6 °C"]
    );
}

#[test]
fn what_patients_report_replaces_and_silences_nothing_that_was_measured() {
    let measured = Vitals {
        at: Some(now().plus_millis(-2 * 3_600_000)),
        systolic: "230".parse().ok(),
        diastolic: "125".parse().ok(),
        ..Vitals::default()
    };
    let reported = |systolic: &str| Vitals {
        at: Some(now().plus_millis(-3_600_000)),
        systolic: systolic.parse().ok(),
        diastolic: "80".parse().ok(),
        self_reported: true,
        ..Vitals::default()
    };
    let alone = warnings_of(std::slice::from_ref(&measured));
    assert!(!alone.is_empty());
    assert_eq!(warnings_of(&[measured.clone(), reported("120")]), alone);
    assert_eq!(
        warnings_of(&[reported("200")]),
        ["systolic 200 mmHg, self-reported"]
    );
    let bodies = [Body::Vitals(measured), Body::Vitals(reported("120"))];
    let summary = of(&bodies);
    let first = summary
        .vitals
        .iter()
        .find(|s| s.measure == Measure::Systolic);
    assert_eq!(first.unwrap().key, 0, "what was measured comes first");
}

#[test]
fn allergies_come_gravest_first_and_their_absence_is_said() {
    let allergy = |substance: &str, severity| {
        let reactions = vec![Reaction {
            manifestation: Concept::text("reaction"),
            severity,
        }];
        Body::Allergy(Allergy {
            substance: Concept::text(substance),
            reactions,
            ..Allergy::default()
        })
    };
    let refuted = Body::Allergy(Allergy {
        verification: Verification::Refuted,
        ..Allergy::default()
    });
    let bodies = [
        allergy("latex", None),
        refuted,
        allergy("penicillin", Some(crate::clinical::Severity::Severe)),
    ];
    let names: Vec<_> = of(&bodies)
        .allergies
        .iter()
        .map(|(_, a)| a.substance.text.clone())
        .collect();
    assert_eq!(names, ["penicillin", "latex"]);
    assert_eq!(of(&[]).warnings[0].severity, Severity::CouldNotRun);
    assert!(
        of(&[Body::Allergy(Allergy::none_known())])
            .warnings
            .is_empty()
    );
}

#[test]
fn current_medication_is_what_is_taken_now() {
    let at = now().unix_millis();
    let taken = |given, rx: &Prescription| is_taken(rx, at - DAY_MILLIS, given, at);
    let given = |state, days: Option<i64>| {
        Some(Given {
            state,
            last_dispensed: days.map(|d| at - d * DAY_MILLIS),
        })
    };
    let rx = order("amlodipine");
    assert!(taken(given(State::Signed, None), &rx));
    assert!(taken(given(State::InFull, Some(9)), &rx));
    assert!(
        !taken(given(State::InFull, Some(10)), &rx),
        "ten days of tablets are used up"
    );
    assert!(!taken(given(State::Expired, None), &rx));
    assert!(!taken(given(State::Cancelled, Some(1)), &rx));
    let recorded = |course, days_ago: i64| {
        let rx = Prescription {
            intent: Intent::Recorded,
            course,
            duration: None,
            ..rx.clone()
        };
        is_taken(
            &rx,
            at - days_ago * DAY_MILLIS,
            given(State::Recorded, None),
            at,
        )
    };
    assert!(recorded(Some(Course::Active), 4_000));
    assert!(!recorded(Some(Course::Ended), 1));
    assert!(recorded(None, 364));
    assert!(!recorded(None, 366));
}

#[test]
fn medicines_that_must_not_meet_are_warned_of_once() {
    let bodies = [
        Body::Allergy(Allergy::none_known()),
        Body::Prescription(order("simvastatin")),
        Body::Prescription(order("clarithromycin")),
    ];
    let summary = of(&bodies);
    assert_eq!(summary.medication.len(), 2);
    let texts: Vec<_> = summary.warnings.iter().map(|w| w.text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(
        texts[0].starts_with("TAKEN ") && texts[0].contains("muscle breakdown"),
        "{texts:?}"
    );
}

#[test]
fn a_deceased_patient_is_shown_as_such() {
    let bodies = [Body::Identity(Identity {
        deceased: Some(Deceased {
            on: "2024-05".parse().ok(),
        }),
        ..Identity::default()
    })];
    assert!(
        of(&bodies)
            .warnings
            .iter()
            .any(|w| w.text == "deceased 2024-05")
    );
}

#[test]
fn only_current_problems_and_the_newest_notes_are_shown() {
    let note = |n: i64| {
        Body::Note(Note {
            text: n.to_string(),
            at: Some(ago(n)),
            ..Note::default()
        })
    };
    let gone = Condition {
        status: crate::clinical::ClinicalStatus::Resolved,
        ..Condition::default()
    };
    let mut bodies: Vec<Body> = (1..6).map(note).collect();
    bodies.extend([Body::Condition(gone), Body::Condition(Condition::default())]);
    let summary = of(&bodies);
    assert_eq!(summary.problems.len(), 1);
    assert_eq!(
        summary
            .notes
            .iter()
            .map(|(_, n)| n.text.as_str())
            .collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
}

#[test]
fn the_blood_group_is_read_from_its_result() {
    let result = LabResult {
        code: Concept::coded(system::LOINC, "882-1", "ABO and Rh group"),
        value: Some(ResultValue::Text("A Rh positive".into())),
        ..LabResult::default()
    };
    assert_eq!(
        of(&[Body::Result(result)]).blood_group.as_deref(),
        Some("A Rh positive")
    );
}
