//! Vital signs as Observations, after <https://hl7.org/fhir/R4/observation-vitalsigns.html>.
//!
//! One measure is an Observation of its own, a blood pressure the panel 85354-9 (55284-4 in older data), and a whole set the panel
//! 85353-1 with the measures as components. What is measured by name but not by a number that can be read (a bound, a foreign unit, a
//! missing value) stays a result, so that nothing is shown as a vital sign that nobody measured.

use super::convert::{self, coded};
use super::observation::{Observation, Part, loinc};
use super::problem::Problem;
use super::types;
use crate::clinical::coding::system::{LOINC, UCUM};
use crate::clinical::{Breathing, Consciousness, Decimal, Measure, SpO2Scale, Vitals};

const BLOOD_PRESSURE: &str = "85354-9";
const SET: &str = "85353-1";
/// Panels whose components are vital signs: the two that are written, the older code of a blood pressure, and older sets.
const PANELS: [&str; 5] = [BLOOD_PRESSURE, SET, "55284-4", "8716-3", "34566-0"];

/// Our own codes, for what LOINC has no agreed code for.
const OWN: &str = "urn:chartseal:fhir:vitals";

/// The vital signs in an observation; `None` where it is something else.
pub(super) fn read(from: &Observation) -> Result<Option<Vitals>, Problem> {
    let not_measured = matches!(from.status.as_deref(), Some("cancelled" | "registered"));
    if not_measured || from.is_of("laboratory") {
        return Ok(None);
    }
    let mut vitals = Vitals::default();
    let understood = match loinc(from.code.as_ref()) {
        Some(code) if PANELS.contains(&code) => panel(&from.component, &mut vitals),
        Some(code) => match Measure::from_loinc(code) {
            None | Some(Measure::Glucose | Measure::OxygenFlow) => false,
            Some(measure) => number(measure, &from.whole()).is_some_and(|value| {
                vitals.set(measure, Some(value));
                true
            }),
        },
        None => false,
    };
    if !understood {
        return Ok(None);
    }
    vitals.at = convert::instant(
        from.effective().or(from.issued.as_deref()),
        "effectiveDateTime",
    )?;
    vitals.self_reported = from.performer.iter().any(is_patient);
    Ok(Some(vitals))
}

/// Takes the components that are vital signs; whether there was one, and none stood there twice.
fn panel(parts: &[Part], vitals: &mut Vitals) -> bool {
    let mut some = false;
    for part in parts {
        if let Some(name) = own_code(part) {
            some |= own(name, part.value_string.as_deref(), vitals);
            continue;
        }
        let Some(measure) = loinc(part.code.as_ref()).and_then(Measure::from_loinc) else {
            continue;
        };
        let Some(value) = number(measure, part) else {
            continue;
        };
        if vitals.value(measure).is_some() {
            return false;
        }
        vitals.set(measure, Some(value));
        some = true;
    }
    some
}

fn own_code(part: &Part) -> Option<&str> {
    let coding = part
        .code
        .as_ref()?
        .coding
        .iter()
        .find(|coding| coding.system.as_deref() == Some(OWN))?;
    coding.code.as_deref()
}

fn own(name: &str, word: Option<&str>, vitals: &mut Vitals) -> bool {
    let Some(word) = word else { return false };
    match name {
        "breathing" => vitals.breathing = word.parse().ok(),
        "consciousness" => vitals.consciousness = word.parse().ok(),
        "spo2-scale" => vitals.spo2_scale = word.parse().unwrap_or_default(),
        _ => return false,
    }
    true
}

/// The value in the measure's own unit.
fn number(measure: Measure, from: &Part) -> Option<Decimal> {
    if let Some(score) = from
        .value_integer
        .as_ref()
        .filter(|_| measure == Measure::Pain)
    {
        return convert::decimal(score);
    }
    let quantity = from
        .value_quantity
        .as_ref()
        .filter(|quantity| quantity.comparator.is_none())?;
    let value = convert::decimal(quantity.value.as_ref()?)?;
    let units = [quantity.code.as_deref(), quantity.unit.as_deref()];
    let named = units
        .into_iter()
        .flatten()
        .find_map(|unit| measure.convert(value, unit));
    // A pain score is a bare number, and is sent without a unit or with any name for "score".
    named.or_else(|| (measure == Measure::Pain).then_some(value))
}

/// Whether a performer is a patient: then nobody of the staff measured this.
fn is_patient(performer: &types::Reference) -> bool {
    performer.kind.as_deref() == Some("Patient")
        || performer
            .reference
            .as_deref()
            .is_some_and(|target| target.starts_with("Patient/") || target.contains("/Patient/"))
}

pub(super) fn write(from: &Vitals, subject: types::Reference) -> Observation {
    let mut parts: Vec<Part> = from
        .measured()
        .map(|(measure, value)| part(measure, value))
        .collect();
    let words = [
        ("breathing", from.breathing.map(Breathing::as_str)),
        (
            "consciousness",
            from.consciousness.map(Consciousness::as_str),
        ),
        (
            "spo2-scale",
            (from.spo2_scale != SpO2Scale::default()).then(|| from.spo2_scale.as_str()),
        ),
    ];
    let measures: Vec<Measure> = from.measured().map(|(measure, _)| measure).collect();
    parts.extend(words.into_iter().filter_map(|(name, word)| {
        Some(Part {
            code: Some(coded(OWN, name)),
            value_string: Some(word?.to_owned()),
            ..Part::default()
        })
    }));
    let pressure = |m: &Measure| matches!(m, Measure::Systolic | Measure::Diastolic);
    let performer = types::Reference {
        kind: Some("Patient".to_owned()),
        ..subject.clone()
    };
    let mut observation = Observation {
        status: Some("final".to_owned()),
        category: Observation::category("vital-signs"),
        subject: Some(subject),
        effective_date_time: from.at.as_ref().map(ToString::to_string),
        performer: from
            .self_reported
            .then_some(performer)
            .into_iter()
            .collect(),
        ..Observation::default()
    };
    match measures[..] {
        [one]
            if parts.len() == 1
                && !matches!(one, Measure::Glucose | Measure::OxygenFlow)
                && !pressure(&one) =>
        {
            if let Some(only) = parts.pop() {
                observation.code = only.code;
                observation.value_quantity = only.value_quantity;
            }
        }
        _ => {
            let all_pressure = parts.len() == measures.len() && measures.iter().all(pressure);
            observation.code = Some(coded(
                LOINC,
                if all_pressure { BLOOD_PRESSURE } else { SET },
            ));
            observation.component = parts;
        }
    }
    observation
}

fn part(measure: Measure, value: Decimal) -> Part {
    let mut code = coded(LOINC, measure.loinc());
    code.text = Some(measure.as_str().to_owned());
    Part {
        code: Some(code),
        value_quantity: Some(types::Quantity {
            value: Some(types::Number::of(value)),
            comparator: None,
            unit: Some(measure.unit())
                .filter(|unit| !unit.is_empty())
                .map(str::to_owned),
            system: Some(UCUM.to_owned()),
            code: Some(measure.ucum().to_owned()),
        }),
        ..Part::default()
    }
}
