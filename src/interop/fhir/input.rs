//! One entry, order or dispense that a person or a script sends as a FHIR resource.
//!
//! What is read here is written in the name of whoever sends it: the body has no source, and the fields that FHIR has and a body has
//! not are not kept. The resource's subject is not looked at; the chart is named beside it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::map;
use super::read::raw::Raw;
use super::read::{Facts, Limits, Lookup, Position, SkipReason};
use crate::clinical::{Body, Decimal, Dispense, Implausible, Prescription};

/// Why an input is refused; nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The text is no FHIR resource, or a field of it cannot be understood.
    #[error("{0}")]
    Unreadable(SkipReason),
    /// Another type than the command takes.
    #[error("a {found} is not taken here; send {expected}")]
    OtherType {
        /// The type that was sent.
        found: String,
        /// What is taken.
        expected: &'static str,
    },
    /// A field that is needed is missing.
    #[error("{path} is missing; {remedy}")]
    Missing {
        /// The field's path.
        path: String,
        /// What to write there.
        remedy: &'static str,
    },
    /// A field holds something that cannot be meant.
    #[error("{path}: {problem}")]
    Refused {
        /// The field's path.
        path: String,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
    /// Vital signs that nobody can have.
    #[error(transparent)]
    Implausible(#[from] Implausible),
    /// More than one resource may have.
    #[error("longer than {0} bytes")]
    TooLong(usize),
}

const ENTRIES: &str = "an Observation, Condition, AllergyIntolerance, Encounter, Procedure, Immunization, MedicationAdministration, \
     DocumentReference, Composition, Communication, or a Patient to correct who that is";
const ORDERS: &str = "a MedicationRequest, an array of them, or a Bundle with them";

/// Reads one entry of a chart.
///
/// - Observation: vital signs (a single one by its LOINC code, a blood pressure as 85354-9, a whole set as 85353-1 with components),
///   else a result.
/// - DocumentReference with a text/plain attachment, Composition, Communication: a note. DocumentReference of another media type: a
///   document.
/// - Condition, AllergyIntolerance, Encounter, Procedure, Immunization, MedicationAdministration: what their names say.
/// - Patient: what is to be corrected of who the patient is.
pub fn entry_from_json(json: &[u8]) -> Result<Body, InputError> {
    let (raw, kind) = one(json)?;
    let unknown = || InputError::OtherType {
        found: kind.clone(),
        expected: ENTRIES,
    };
    if matches!(
        kind.as_str(),
        "MedicationRequest" | "MedicationDispense" | "Basic" | "Consent" | "CarePlan"
    ) {
        return Err(unknown());
    }
    let body = map::entry(&kind, &raw)
        .map_err(InputError::Unreadable)?
        .ok_or_else(unknown)?;
    stands(&raw, &kind)?;
    let missing = |field: &str, remedy| {
        Err(InputError::Missing {
            path: format!("{kind}.{field}"),
            remedy,
        })
    };
    let no_code = |concept: &crate::clinical::Concept| concept.label().trim().is_empty();
    match body {
        Body::Vitals(vitals) => Ok(Body::Vitals(vitals.checked()?)),
        Body::Condition(ref b) if no_code(&b.concept) => {
            missing("code", "name the problem by a code or a text")
        }
        Body::Allergy(ref b) if no_code(&b.substance) => {
            missing("code", "name the substance by a code or a text")
        }
        Body::Result(ref b) if no_code(&b.code) => {
            missing("code", "name what was measured by a code or a text")
        }
        Body::Result(ref b) if b.value.is_none() && b.components.is_empty() => {
            missing("value[x]", "give a value, or components with values")
        }
        Body::Procedure(ref b) if no_code(&b.concept) => {
            missing("code", "name the procedure by a code or a text")
        }
        Body::Immunisation(ref b) if no_code(&b.vaccine) => {
            missing("vaccineCode", "name the vaccine by a code or a text")
        }
        Body::Administration(ref b) if no_code(&b.medicine) => missing(
            "medicationCodeableConcept",
            "name the medicine by a code or a text",
        ),
        Body::Note(ref b) if b.text.trim().is_empty() => missing(
            if kind == "DocumentReference" {
                "content[0].attachment.data"
            } else {
                "text"
            },
            "write the note's text",
        ),
        Body::Document(ref b) if b.content.is_empty() => missing(
            "content[0].attachment.data",
            "put the file's bytes there as base64",
        ),
        body => Ok(body),
    }
}

/// Reads the orders in a MedicationRequest, an array of them, or a Bundle. Medicines come as `medicationCodeableConcept`, as a contained
/// Medication, or as a Medication of the same Bundle. A controlled drug's schedule stands in the extension
/// `urn:chartseal:fhir:schedule` (`valueCode` `CII` to `CV`).
pub fn rx_from_json(json: &[u8]) -> Result<Vec<Prescription>, InputError> {
    let mut orders = Vec::new();
    let resources = several(json)?;
    let mut known: Vec<(Vec<String>, Facts)> = Vec::new();
    for (raw, kind) in &resources {
        if let Some((facts, id, _)) = map::facts(kind, &raw.bytes).filter(|_| kind == "Medication")
        {
            let names = id
                .map(|id| format!("Medication/{id}"))
                .into_iter()
                .chain(raw.full_url.clone());
            known.push((names.collect(), facts));
        }
    }
    for (raw, kind) in &resources {
        match kind.as_str() {
            "MedicationRequest" => {
                let at = if resources.len() > 1 {
                    format!("[{}].", orders.len())
                } else {
                    String::new()
                };
                orders.push(order(raw, &known, &at)?);
            }
            // A Bundle may bring along what its orders point to.
            "Medication" | "Patient" | "Practitioner" | "PractitionerRole" | "Organization"
            | "Condition" => {}
            other => {
                return Err(InputError::OtherType {
                    found: other.to_owned(),
                    expected: ORDERS,
                });
            }
        }
    }
    if orders.is_empty() {
        return Err(InputError::Missing {
            path: "MedicationRequest".to_owned(),
            remedy: "send at least one order",
        });
    }
    Ok(orders)
}

fn order(raw: &Raw, known: &[(Vec<String>, Facts)], at: &str) -> Result<Prescription, InputError> {
    let lookup = Lookup::within(&raw.bytes).with(known);
    let order = map::order(raw, &lookup).map_err(InputError::Unreadable)?;
    stands(raw, "MedicationRequest")?;
    let path = |field: &str| format!("{at}MedicationRequest.{field}");
    if order.medicine.label().trim().is_empty() {
        let remedy = "name the medicine by a code or a text";
        return Err(InputError::Missing {
            path: path("medicationCodeableConcept"),
            remedy,
        });
    }
    let positive =
        |value: Option<Decimal>| value.is_none_or(|value| !value.is_zero() && !value.is_negative());
    if !positive(order.quantity.as_ref().map(|q| q.value)) {
        let problem = "a quantity is more than zero; correct it or leave it out";
        return Err(InputError::Refused {
            path: path("dispenseRequest.quantity.value"),
            problem,
        });
    }
    if !positive(order.dose.as_ref().map(|q| q.value)) {
        let problem = "a dose is more than zero; correct it or leave it out";
        return Err(InputError::Refused {
            path: path("dosageInstruction[0].doseAndRate[0].doseQuantity.value"),
            problem,
        });
    }
    Ok(order)
}

/// Reads a MedicationDispense: `quantity`, and the lot in the `batch` of a contained Medication, in a `batch` of the same shape on the
/// dispense itself, or in the extensions `urn:chartseal:fhir:lot` and `urn:chartseal:fhir:expiry` (`valueString`).
pub fn dispense_from_json(json: &[u8]) -> Result<Dispense, InputError> {
    let (raw, kind) = one(json)?;
    if kind != "MedicationDispense" {
        return Err(InputError::OtherType {
            found: kind,
            expected: "a MedicationDispense",
        });
    }
    let dispense = map::handed_over(&raw).map_err(InputError::Unreadable)?;
    stands(&raw, &kind)?;
    let path = || "MedicationDispense.quantity.value".to_owned();
    let Some(dispense) = dispense else {
        return Err(InputError::Missing {
            path: path(),
            remedy: "say how much is handed over",
        });
    };
    if dispense.quantity.value.is_zero() || dispense.quantity.value.is_negative() {
        return Err(InputError::Refused {
            path: path(),
            problem: "a quantity is more than zero",
        });
    }
    Ok(dispense)
}

/// The one resource in `json`, and its type.
fn one(json: &[u8]) -> Result<(Raw, String), InputError> {
    let limit = Limits::default().resource_bytes;
    if json.len() > limit {
        return Err(InputError::TooLong(limit));
    }
    let bytes = json
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(json)
        .trim_ascii()
        .to_vec();
    named(Raw {
        position: Position::START,
        full_url: None,
        mark: None,
        bytes,
    })
}

fn named(raw: Raw) -> Result<(Raw, String), InputError> {
    let head = raw.head().map_err(InputError::Unreadable)?;
    Ok((raw, head.resource_type.unwrap_or_default()))
}

/// The resources in `json`: one, an array, or a Bundle's.
fn several(json: &[u8]) -> Result<Vec<(Raw, String)>, InputError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry<'a> {
        full_url: Option<String>,
        #[serde(borrow)]
        resource: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Bundle<'a> {
        #[serde(borrow, default)]
        entry: Vec<Entry<'a>>,
    }
    let of = |raw: &RawValue, full_url| {
        named(Raw {
            position: Position::START,
            full_url,
            mark: None,
            bytes: raw.get().as_bytes().to_vec(),
        })
    };
    if json.trim_ascii_start().first() == Some(&b'[') {
        let whole = Raw {
            position: Position::START,
            full_url: None,
            mark: None,
            bytes: json.to_vec(),
        };
        let items: Vec<&RawValue> = serde_json::from_slice(&whole.bytes)
            .map_err(|error| InputError::Unreadable(whole.unreadable("array", &error)))?;
        return items.into_iter().map(|raw| of(raw, None)).collect();
    }
    let (raw, kind) = one(json)?;
    if kind != "Bundle" {
        return Ok(vec![(raw, kind)]);
    }
    let bundle: Bundle<'_> = serde_json::from_slice(&raw.bytes)
        .map_err(|error| InputError::Unreadable(raw.unreadable("Bundle", &error)))?;
    let entries = bundle
        .entry
        .into_iter()
        .filter_map(|entry| Some((entry.resource?, entry.full_url)));
    entries.map(|(raw, full_url)| of(raw, full_url)).collect()
}

/// Refuses what its sender takes back in the same breath.
fn stands(raw: &Raw, kind: &str) -> Result<(), InputError> {
    if map::standing(&raw.bytes) == super::Standing::EnteredInError {
        let problem =
            "entered in error: nothing to write; retract the entry that was written by mistake";
        return Err(InputError::Refused {
            path: format!("{kind}.status"),
            problem,
        });
    }
    Ok(())
}
