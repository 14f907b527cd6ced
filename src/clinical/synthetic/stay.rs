//! A stay in the ward: admission, rounds, vital signs every few hours, results, medicines given.

use super::chance::Chance;
use super::course::{Body as Constitution, Course};
use super::history::{HOUR_MILLIS, clock, result};
use super::prose;
use super::tables::{Illness, Medicine};
use crate::clinical::rx_state::DAY_MILLIS;
use crate::clinical::{
    Administration, Body, Concept, Condition, Encounter, EncounterClass, EncounterStatus, Instant,
    Outcome, Procedure, Verification, coding::system,
};

/// What belongs to an illness and is done once.
const PROCEDURES: [(&str, &str, &str); 4] = [
    ("S72.0", "19954002", "Partial hip replacement"),
    ("K35.8", "80146002", "Appendectomy"),
    ("I21.4", "33367005", "Coronary angiography"),
    ("I63.9", "303653007", "CT of head"),
];

/// Hours between two sets of vital signs.
const ROUND_HOURS: i64 = 5;
/// For how many days before now vital signs are told.
const VITALS_DAYS: i64 = 3;

pub(super) struct Stay<'a> {
    pub(super) illness: &'static Illness,
    pub(super) course: Course,
    pub(super) constitution: &'a Constitution,
    pub(super) ward: &'static str,
}

pub(super) fn tell(chance: &mut Chance, stay: &Stay, now: &Instant) -> Vec<Body> {
    let days = chance.between(3, 6);
    let admitted = clock(now, days, chance.between(7 * 60, 22 * 60));
    let length = (now.unix_millis() - admitted.unix_millis()).max(1);
    let ill_at = |at: &Instant| {
        stay.course
            .illness((at.unix_millis() - admitted.unix_millis()) * 1_000 / length)
    };
    let later = |minutes: i64| admitted.plus_millis(minutes * 60_000);
    let diagnosis = Concept::coded(system::ICD10, stay.illness.code, stay.illness.name);

    let first = stay
        .constitution
        .measure(chance, later(10), ill_at(&admitted));
    let mut bodies = vec![
        Body::Encounter(Encounter {
            class: EncounterClass::Inpatient,
            status: EncounterStatus::InProgress,
            kind: Concept::text("Hospital stay"),
            reasons: vec![diagnosis.clone()],
            start: Some(admitted.clone()),
            place: Some(stay.ward.to_owned()),
            ..Encounter::default()
        }),
        Body::Condition(Condition {
            concept: diagnosis,
            verification: Verification::Confirmed,
            onset: Some(admitted.local_date().into()),
            recorded: Some(later(40)),
            ..Condition::default()
        }),
        Body::Note(prose::admission(stay.illness, &first, later(45))),
        Body::Vitals(first),
    ];
    for test in &stay.illness.tests {
        bodies.push(Body::Result(result(
            chance,
            test,
            ill_at(&admitted),
            later(60),
        )));
        let again = now.plus_millis(-chance.between(3, 20) * HOUR_MILLIS);
        bodies.push(Body::Result(result(chance, test, ill_at(&again), again)));
    }
    bodies.extend(vital_signs(chance, stay, &admitted, now, ill_at));
    bodies.extend(rounds(chance, stay, now, days, ill_at));
    if let Some((_, code, name)) = PROCEDURES.iter().find(|p| p.0 == stay.illness.code) {
        bodies.push(Body::Procedure(Procedure {
            concept: Concept::coded(system::SNOMED, code, name),
            start: Some(later(6 * 60)),
            end: Some(later(7 * 60 + 20)),
            note: Some("No complications.".to_owned()),
            ..Procedure::default()
        }));
    }
    if let Some(medicine) = stay.illness.medicines.last() {
        bodies.extend((0..4).map(|n| {
            Body::Administration(given(
                chance,
                medicine,
                now.plus_millis(-(2 + n * 8) * HOUR_MILLIS),
            ))
        }));
    }
    bodies
}

fn vital_signs(
    chance: &mut Chance,
    stay: &Stay,
    admitted: &Instant,
    now: &Instant,
    ill_at: impl Fn(&Instant) -> i64,
) -> Vec<Body> {
    let earliest = (admitted.unix_millis() + 2 * HOUR_MILLIS)
        .max(now.unix_millis() - VITALS_DAYS * DAY_MILLIS);
    let mut at = now.plus_millis(-chance.between(20, 200) * 60_000);
    let mut sets = Vec::new();
    while at.unix_millis() > earliest {
        let ill = ill_at(&at);
        sets.push(Body::Vitals(stay.constitution.measure(
            chance,
            at.clone(),
            ill,
        )));
        at = at.plus_millis(-ROUND_HOURS * HOUR_MILLIS - chance.between(0, 50) * 60_000);
    }
    sets
}

/// The rounds of the last days before today, each with what the nurses wrote that evening.
fn rounds(
    chance: &mut Chance,
    stay: &Stay,
    now: &Instant,
    days: i64,
    ill_at: impl Fn(&Instant) -> i64,
) -> Vec<Body> {
    let mut notes = Vec::new();
    for ago in (1..days.min(4)).rev() {
        let at = clock(now, ago, chance.between(8 * 60, 10 * 60));
        let vitals = stay.constitution.measure(chance, at.clone(), ill_at(&at));
        notes.push(Body::Note(prose::progress(
            chance,
            stay.course,
            days - ago + 1,
            &vitals,
            at,
        )));
        let evening = clock(now, ago, chance.between(17 * 60, 22 * 60));
        notes.push(Body::Note(prose::nursing(chance, evening)));
    }
    notes
}

fn given(chance: &mut Chance, medicine: &Medicine, at: Instant) -> Administration {
    let refused = chance.percent(8);
    Administration {
        medicine: super::orders::concept(medicine),
        dose: Some(super::orders::dose(medicine)),
        route: Some(medicine.route.to_owned()),
        at: Some(at),
        outcome: if refused {
            Outcome::Refused
        } else {
            Outcome::Given
        },
        reason: refused.then(|| "felt sick".to_owned()),
        ..Administration::default()
    }
}
