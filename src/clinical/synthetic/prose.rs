//! Clinical text of the invented hospital.

use super::chance::Chance;
use super::course::Course;
use super::tables::Illness;
use crate::clinical::{Instant, Note, Role, Vitals};

fn note(title: &str, text: String, at: Instant, role: Role) -> Note {
    Note {
        title: title.to_owned(),
        text,
        at: Some(at),
        author_role: Some(role),
        source: None,
    }
}

fn value(value: Option<crate::clinical::Decimal>) -> String {
    value.map_or("?".to_owned(), |v| v.to_string())
}

pub(super) fn visit(illness: &Illness, at: Instant) -> Note {
    let text = format!(
        "{}.\n{}.\nPlan: {}.",
        illness.complaint, illness.finding, illness.plan
    );
    note("Clinic note", text, at, Role::Doctor)
}

pub(super) fn admission(illness: &Illness, vitals: &Vitals, at: Instant) -> Note {
    let text = format!(
        "{}.\n{}. Temp {} °C, BP {}/{}, pulse {}, SpO2 {} %.\nImpression: {} ({}).\nPlan: {}.",
        illness.complaint,
        illness.finding,
        value(vitals.temperature),
        value(vitals.systolic),
        value(vitals.diastolic),
        value(vitals.pulse),
        value(vitals.spo2),
        illness.name.to_lowercase(),
        illness.code,
        illness.plan,
    );
    note("Admission note", text, at, Role::Doctor)
}

const BETTER: [&str; 4] = [
    "Slept well, eats again",
    "Walked to the window and back",
    "Feels better, asks when home is possible",
    "Family visited, in good spirits",
];
const SAME: [&str; 4] = [
    "No change since yesterday",
    "A quiet night",
    "Comfortable in bed, no new complaints",
    "Still tired, drinks enough",
];
const WORSE: [&str; 4] = [
    "Restless night, breathes faster",
    "Looks worse than yesterday, sweating",
    "Hardly touched breakfast, drowsy in between",
    "Says that something is not right",
];

pub(super) fn progress(
    chance: &mut Chance,
    course: Course,
    day: i64,
    vitals: &Vitals,
    at: Instant,
) -> Note {
    let (line, plan) = match course {
        Course::Recovering => (
            chance.pick(&BETTER),
            "Continue, step down monitoring, blood tests tomorrow",
        ),
        Course::Steady => (chance.pick(&SAME), "Continue as before"),
        Course::Deteriorating => (
            chance.pick(&WORSE),
            "Observations every hour, senior informed, cultures repeated",
        ),
    };
    let text = format!(
        "Day {day}. {line}.\nResp {}, SpO2 {} %, temp {} °C, pulse {}.\n{plan}.",
        value(vitals.respiration),
        value(vitals.spo2),
        value(vitals.temperature),
        value(vitals.pulse),
    );
    note("Ward round", text, at, Role::Doctor)
}

const NURSING: [&str; 6] = [
    "Skin intact, turned every four hours. Passed 600 mL of urine since morning.",
    "Cannula in the left forearm changed, site clean.",
    "Mouth care given, helped with washing. Daughter telephoned and was told.",
    "Mobilised to the chair for twenty minutes, two to help.",
    "Refused supper, took a drink. Fluid chart up to date.",
    "Pain after moving, medicine given as needed, better after half an hour.",
];

pub(super) fn nursing(chance: &mut Chance, at: Instant) -> Note {
    note(
        "Nursing note",
        (*chance.pick(&NURSING)).to_owned(),
        at,
        Role::Nurse,
    )
}

pub(super) fn letter(illness: &Illness, year: i16) -> String {
    format!(
        "Dear colleague,\n\nthank you for sending this patient with {} ({}) in {year}.\n{}. {}.\nWe suggest: {}.\n\n\
         With kind regards\n(an invented letter about an invented patient)\n",
        illness.name.to_lowercase(),
        illness.code,
        illness.complaint,
        illness.finding,
        illness.plan,
    )
}
