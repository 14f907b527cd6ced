//! Vital signs: what was measured.

use super::super::popup::{Entry, Form, Wrong};
use crate::clinical::{Body, Decimal, Measure, Vitals};
use crate::desk::view::Amends;

/// What the form asks for: label, unit, measure. What else a set says, such as oxygen and consciousness, an amendment keeps.
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

/// What the form begins with.
fn begun(amends: Option<&Amends>) -> Vitals {
    match amends.map(|amends| &*amends.body) {
        Some(Body::Vitals(before)) => before.clone(),
        _ => Vitals::default(),
    }
}

pub(super) fn entries(amends: Option<&Amends>) -> Vec<Entry> {
    let before = begun(amends);
    let entry = |(label, unit, measure)| {
        let value = before.value(measure).map(|value| value.to_string());
        Entry::text(label, value.as_deref().unwrap_or(""), unit)
    };
    MEASURES.into_iter().map(entry).collect()
}

/// What the form says now. When the set is new, neither its time nor who took it is known here.
pub(super) fn filled(form: &Form, amends: Option<&Amends>) -> Result<Vitals, Wrong> {
    if MEASURES
        .iter()
        .all(|(label, ..)| form.given(label).is_none())
    {
        return Err(Wrong::new("systolic", "nothing was measured yet"));
    }
    let mut vitals = begun(amends);
    for (label, _, measure) in MEASURES {
        if form.changed(label) {
            vitals.set(measure, form.parsed::<Decimal>(label)?);
        }
    }
    Ok(vitals)
}
