//! Tests of the invented hospital.

use super::*;
use crate::clinical::rx_state::{State, Validity};
use crate::clinical::rx_status::{Happening, What, status};
use crate::clinical::summary::{Item, summarise};
use crate::clinical::{Kind, News2, Role, Vitals, safety};
use crate::crypto::hash::sha256;

fn now() -> Instant {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn hospital(patients: usize) -> Hospital {
    Hospital::generate(7, patients, &now())
}

/// Every byte that the hospital's charts would hold.
fn bytes(hospital: &Hospital) -> Vec<u8> {
    let mut all = Vec::new();
    for patient in &hospital.patients {
        all.extend(Body::Identity(patient.identity.clone()).encode());
        patient.bodies.iter().for_each(|b| all.extend(b.encode()));
        for planned in &patient.prescriptions {
            all.extend(Body::Prescription(planned.rx.clone()).encode());
            planned
                .steps
                .iter()
                .for_each(|s| all.extend(s.body.encode()));
        }
    }
    hospital
        .stock
        .iter()
        .for_each(|l| all.extend(format!("{l:?}").into_bytes()));
    all
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_every_machine() {
    let golden = "f606bfe0e290d9779228fda161361b1df228d425b4a5ffc098ff177512461322";
    assert_eq!(sha256(&[&bytes(&hospital(20))]).to_string(), golden);
    assert_ne!(
        bytes(&Hospital::generate(8, 20, &now())),
        bytes(&hospital(20))
    );
}

#[test]
fn more_patients_leave_the_first_ones_as_they_are() {
    assert_eq!(hospital(30).patients[..5], hospital(5).patients[..]);
}

#[test]
fn there_is_somebody_of_each_role_and_two_doctors_and_nurses_in_different_wards() {
    let hospital = hospital(2);
    for role in Role::ALL.iter().filter(|r| **r != Role::Patient) {
        assert!(hospital.staff.iter().any(|s| s.role == *role), "{role}");
    }
    for role in [Role::Doctor, Role::Nurse] {
        for ward in [0, 1] {
            assert!(
                hospital
                    .staff
                    .iter()
                    .any(|s| s.role == role && s.place == Place::Ward(ward))
            );
        }
    }
    let mut logins: Vec<_> = hospital.staff.iter().map(|s| s.login.clone()).collect();
    logins.extend(hospital.patients.iter().filter_map(|p| p.has_login.clone()));
    let many = logins.len();
    logins.sort_unstable();
    logins.dedup();
    assert_eq!(logins.len(), many, "no login stands for two people");
    assert_eq!(
        hospital
            .patients
            .iter()
            .filter(|p| p.has_login.is_some())
            .count(),
        2
    );
}

#[test]
fn charts_hold_about_forty_bodies_in_the_order_of_time_and_none_from_the_future() {
    let hospital = hospital(200);
    let total: usize = hospital.patients.iter().map(|p| p.bodies.len()).sum();
    assert!(
        (35..=50).contains(&(total / 200)),
        "{} on average",
        total / 200
    );
    for patient in &hospital.patients {
        let times: Vec<_> = patient
            .bodies
            .iter()
            .map(|b| b.at().unwrap().unix_millis())
            .collect();
        assert!(times.is_sorted());
        assert!(*times.last().unwrap() <= now().unix_millis());
        assert!(patient.bodies.len() > 20, "{}", patient.bodies.len());
    }
}

#[test]
fn every_kind_of_clinical_body_occurs_and_reads_back() {
    let hospital = hospital(40);
    let mut kinds: Vec<Kind> = Vec::new();
    for patient in &hospital.patients {
        let planned = patient
            .prescriptions
            .iter()
            .flat_map(|p| p.steps.iter().map(|s| &s.body));
        for body in patient.bodies.iter().chain(planned) {
            kinds.push(body.kind());
            assert_eq!(
                Body::decode(body.kind().number(), 1, &body.encode()).as_ref(),
                Ok(body)
            );
        }
    }
    let expected = Kind::ALL
        .into_iter()
        .filter(|k| !matches!(k, Kind::Identity | Kind::Prescription | Kind::Retraction));
    for kind in expected {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[test]
fn vital_signs_are_plausible_and_some_patients_deteriorate() {
    let hospital = hospital(60);
    let mut scores = Vec::new();
    for patient in &hospital.patients {
        let vitals: Vec<_> = patient
            .bodies
            .iter()
            .filter_map(|b| {
                if let Body::Vitals(v) = b {
                    Some(v)
                } else {
                    None
                }
            })
            .collect();
        for set in &vitals {
            Vitals::clone(set)
                .checked()
                .unwrap_or_else(|e| panic!("{:?}: {e}", patient.identity.mrn));
        }
        scores.extend(
            vitals
                .iter()
                .rev()
                .find_map(|v| News2::of(v).ok())
                .map(News2::total),
        );
    }
    assert!(
        scores.iter().filter(|s| **s >= 5).count() >= 5,
        "{scores:?}"
    );
    assert!(
        scores.iter().filter(|s| **s < 5).count() >= 10,
        "{scores:?}"
    );
}

fn what(body: &Body) -> What<'_> {
    match body {
        Body::Dispense(d) => What::Dispensed(d),
        Body::RxEvent(e) => What::Event(e),
        other => panic!("{:?}", other.kind()),
    }
}

#[test]
fn every_planned_prescription_ends_in_its_state_and_every_state_occurs() {
    let hospital = hospital(20);
    let at = now().unix_millis();
    let mut seen = Vec::new();
    for planned in hospital.patients.iter().flat_map(|p| &p.prescriptions) {
        let happened: Vec<_> = planned
            .steps
            .iter()
            .map(|s| Happening {
                at,
                role: s.by,
                what: what(&s.body),
            })
            .collect();
        let stands = status(&planned.rx, at, &happened, Validity::default(), at);
        assert_eq!(
            (stands.state, stands.findings),
            (planned.final_state, vec![]),
            "{}",
            planned.rx.title()
        );
        seen.push(planned.final_state);
    }
    for state in State::ALL.iter().filter(|s| **s != State::Draft) {
        assert!(seen.contains(state), "{state}");
    }
}

#[test]
fn some_orders_trip_the_checks_and_each_of_those_has_its_reason() {
    let hospital = hospital(20);
    let overridden = hospital
        .patients
        .iter()
        .flat_map(|p| &p.prescriptions)
        .filter(|p| p.rx.override_reason.is_some())
        .count();
    assert!(overridden >= 2, "{overridden}");
    let first = &hospital.patients[0];
    let allergies: Vec<_> = first
        .bodies
        .iter()
        .filter_map(|b| {
            if let Body::Allergy(a) = b {
                Some(a.clone())
            } else {
                None
            }
        })
        .collect();
    let context = safety::Context {
        allergies: &allergies,
        ..safety::Context::default()
    };
    let alerts = safety::check(&first.prescriptions[0].rx, &context);
    assert!(alerts[0].text.contains("anaphylaxis"), "{alerts:?}");
}

#[test]
fn the_first_chart_opens_on_an_allergy_and_a_rising_score() {
    let hospital = hospital(1);
    let first = &hospital.patients[0];
    let identity = Body::Identity(first.identity.clone());
    let bodies = first.bodies.iter().chain(std::iter::once(&identity));
    let items = bodies.map(|body| Item {
        key: (),
        written: now().unix_millis(),
        body,
        given: None,
    });
    let summary = summarise(items, &now());
    let texts: Vec<_> = summary.warnings.iter().map(|w| w.text.as_str()).collect();
    assert!(
        texts
            .iter()
            .any(|t| t.starts_with("ALLERGY penicillin: anaphylaxis")),
        "{texts:?}"
    );
    assert!(texts.iter().any(|t| t.starts_with("NEWS2 ")), "{texts:?}");
    assert_eq!(summary.notes.len(), 3);
}

#[test]
fn names_come_in_several_scripts() {
    let hospital = hospital(60);
    let names: String = hospital
        .patients
        .iter()
        .flat_map(|p| &p.identity.names)
        .map(ToString::to_string)
        .collect();
    let scripts = [
        ("Greek", 'Ͱ'..='Ͽ'),
        ("Cyrillic", 'Ѐ'..='ӿ'),
        ("Arabic", '\u{600}'..='ۿ'),
        ("Devanagari", '\u{900}'..='ॿ'),
        ("Han", '一'..='鿿'),
    ];
    for (name, letters) in scripts {
        assert!(
            names.chars().any(|c| letters.contains(&c)),
            "no name in {name}"
        );
    }
    assert!(
        names.contains('é') && names.contains('ł') && names.contains('ş'),
        "no accents in {names}"
    );
}

#[test]
fn some_stock_is_near_its_expiry_and_some_is_past_it() {
    let today = now().local_date();
    let days: Vec<_> = hospital(0)
        .stock
        .iter()
        .map(|l| (l.lot.expiry.last_day() - today).get_days())
        .collect();
    assert!(days.iter().any(|d| (0..=30).contains(d)));
    assert!(days.iter().any(|d| *d < 0));
    assert!(days.iter().filter(|d| **d > 30).count() > days.len() / 2);
}
