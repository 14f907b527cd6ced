//! Vital signs: what was measured, on air or oxygen, how awake the patient was, and when that was.

use super::super::popup::{Entry, Form, Wrong};
use super::super::shell::Shell;
use super::super::when;
use super::chart::word;
use crate::clinical::{
    Body, Breathing, Consciousness, Decimal, Implausible, Instant, Measure, SpO2Scale, Vitals,
};
use crate::desk::view::{Amends, Stamp};

/// The numbers that the form asks for: label, unit, measure.
const MEASURES: [(&str, &str, Measure); 10] = [
    ("systolic", "mmHg", Measure::Systolic),
    ("diastolic", "mmHg", Measure::Diastolic),
    ("pulse", "/min", Measure::Pulse),
    ("respiration", "/min", Measure::Respiration),
    ("SpO2", "%", Measure::SpO2),
    ("temperature", "°C", Measure::Temperature),
    ("weight", "kg", Measure::Weight),
    ("height", "cm", Measure::Height),
    ("pain", "0 to 10", Measure::Pain),
    ("glucose", "mmol/L", Measure::Glucose),
];

const BREATHING: &str = "air or oxygen";
const CONSCIOUSNESS: &str = "consciousness";
const SCALE: &str = "SpO2 scale";
const TAKEN: &str = "measured";

/// What the form begins with.
fn begun(amends: Option<&Amends>) -> Vitals {
    match amends.map(|amends| &*amends.body) {
        Some(Body::Vitals(before)) => before.clone(),
        _ => Vitals::default(),
    }
}

/// The fields. A set that is new was measured at `now`, unless another time is typed: **it stands there in full**, so that a set which
/// is signed later, from a draft perhaps, still says when that was.
pub(super) fn entries(amends: Option<&Amends>, now: Stamp) -> Vec<Entry> {
    let before = begun(amends);
    let mut entries = Vec::new();
    for (label, unit, measure) in MEASURES {
        let value = before.value(measure).map(|value| value.to_string());
        entries.push(Entry::text(label, value.as_deref().unwrap_or(""), unit));
        if measure == Measure::SpO2 {
            let hint = "air, oxygen, or its flow: 2 L/min";
            entries.push(Entry::text(BREATHING, &breathes(&before), hint));
        }
        if measure == Measure::Temperature {
            let choices: Vec<&str> = Consciousness::ALL.iter().map(|c| c.as_str()).collect();
            let is = before.consciousness.map_or("", Consciousness::as_str);
            entries.push(Entry::choice(CONSCIOUSNESS, is, &choices));
        }
    }
    let taken = match (amends, &before.at) {
        (None, _) => when::full(now),
        (Some(_), Some(at)) => when::full(Stamp::from_millis(at.unix_millis())),
        (Some(_), None) => String::new(),
    };
    // What is typed takes the place of what stands there, as with a choice.
    let mut taken = Entry::choice(TAKEN, &taken, &[&taken]);
    "03:00, t-1d 23:50, now; UTC".clone_into(&mut taken.hint);
    entries.push(taken);
    let scales: Vec<&str> = SpO2Scale::ALL.iter().map(|s| s.as_str()).collect();
    let mut scale = Entry::choice(SCALE, before.spo2_scale.as_str(), &scales);
    "2 where a clinician has said so".clone_into(&mut scale.hint);
    entries.push(scale);
    entries
}

/// What the form says now. Who took a set that is new is not known here.
pub(super) fn filled(form: &Form, amends: Option<&Amends>, shell: &Shell) -> Result<Vitals, Wrong> {
    if MEASURES
        .iter()
        .all(|(label, ..)| form.given(label).is_none())
    {
        return Err(Wrong::new("systolic", "nothing was measured yet"));
    }
    let mut vitals = begun(amends);
    for (label, _, measure) in MEASURES {
        if form.changed(label) {
            vitals.set(measure, number(form, label)?);
        }
    }
    if form.changed(BREATHING) {
        (vitals.breathing, vitals.oxygen_flow) = match form.given(BREATHING) {
            Some(typed) => breathing(typed)?,
            None => (None, None),
        };
    }
    if form.changed(CONSCIOUSNESS) {
        vitals.consciousness = word(form, CONSCIOUSNESS)?;
    }
    if form.changed(SCALE) {
        vitals.spo2_scale = word(form, SCALE)?.unwrap_or_default();
    }
    if form.changed(TAKEN) {
        let taken = taken(form, shell.now)?;
        vitals.at = Instant::from_unix_millis(taken.millis());
    } else if amends.is_none() {
        // To the second, though it reads to the minute: what was written within that minute stays before it.
        vitals.at = Instant::from_unix_millis(form.begun());
    }
    vitals.checked().map_err(|error| {
        let label = match &error {
            Implausible::OutOfLimits { measure, .. } => label_of(*measure),
            Implausible::OxygenFlowOnAir(_) => BREATHING,
            Implausible::DiastolicNotBelowSystolic { .. } => label_of(Measure::Diastolic),
            Implausible::TooFarApart { .. } | Implausible::Nothing => label_of(Measure::Systolic),
        };
        Wrong::new(label, error)
    })
}

/// `air`, `oxygen`, `oxygen 2 L/min`.
fn breathes(vitals: &Vitals) -> String {
    let what = vitals.breathing.map(|breathing| breathing.to_string());
    let flow = vitals
        .oxygen_flow
        .map(|flow| format!("{flow} {}", Measure::OxygenFlow.unit()));
    let said: Vec<String> = what.into_iter().chain(flow).collect();
    said.join(" ")
}

/// What is breathed as it is typed: `a`, `air`, `o`, `oxygen`, `2`, `2 L/min`, `oxygen 2 L/min`.
fn breathing(typed: &str) -> Result<(Option<Breathing>, Option<Decimal>), Wrong> {
    let wrong = |why: &str| Wrong::new(BREATHING, why);
    let lower = typed.to_lowercase();
    let words = lower.trim_end_matches("l/min").trim_end();
    let (word, flow) = match words.find(|c: char| c.is_ascii_digit()) {
        Some(at) => (words[..at].trim(), Some(words[at..].trim())),
        None => (words, None),
    };
    let what = match word {
        "" | "o" | "oxygen" => Breathing::Oxygen,
        "a" | "air" => Breathing::Air,
        _ => return Err(wrong("write air, oxygen, or the flow of oxygen: 2 L/min")),
    };
    let flow = match flow {
        Some(flow) if flow.contains(',') => return Err(wrong("write a point: 0.5 L/min")),
        Some(flow) => {
            let parsed = flow.parse::<Decimal>();
            Some(parsed.map_err(|_| wrong("write the flow as a number: 2 L/min"))?)
        }
        None => None,
    };
    Ok((Some(what), flow))
}

fn label_of(measure: Measure) -> &'static str {
    let mut labels = MEASURES.iter();
    let found = labels.find(|(_, _, other)| *other == measure);
    found.map_or("systolic", |(label, ..)| label)
}

fn number(form: &Form, label: &'static str) -> Result<Option<Decimal>, Wrong> {
    match form.given(label) {
        Some(typed) if typed.contains(',') => {
            let point = typed.replace(',', ".");
            Err(Wrong::new(label, format!("write a point: {point}")))
        }
        _ => form.parsed(label),
    }
}

fn taken(form: &Form, now: Stamp) -> Result<Stamp, Wrong> {
    let typed = form.needed(TAKEN)?;
    when::past(typed, now).map_err(|error| Wrong::new(TAKEN, error))
}
