//! What a person or a script sends as one resource: read like an import, judged like something typed.

use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::{body, dispense, document, narrative, prescription};
use crate::clinical::{Body, Dispense, Intent, Prescription};
use crate::interop::fhir::read::raw::Raw;
use crate::interop::fhir::read::{Lookup, SkipReason};

/// The body in `raw`; `None` for a type that is not read here.
pub(in crate::interop::fhir) fn entry(
    resource_type: &str,
    raw: &Raw,
) -> Result<Option<Body>, SkipReason> {
    let note = match resource_type {
        "DocumentReference" if is_plain_text(raw) => document_note(raw)?,
        "Composition" => read(resource_type, raw, narrative::read_composition)?,
        "Communication" => read(resource_type, raw, narrative::read_communication)?,
        _ => {
            let made = body::read(resource_type, raw, &Lookup::within(&raw.bytes))?;
            return Ok(made.and_then(|made| match made {
                body::Made::Entry(body) => Some(body),
                body::Made::Patient(identity) => Some(Body::Identity(identity)),
                body::Made::Register(_) => None,
            }));
        }
    };
    Ok(Some(Body::Note(note)))
}

/// The order in `raw`, to be dispensed here.
pub(in crate::interop::fhir) fn order(
    raw: &Raw,
    lookup: &Lookup<'_>,
) -> Result<Prescription, SkipReason> {
    let order = read("MedicationRequest", raw, |from| {
        prescription::read(from, lookup)
    })?;
    Ok(Prescription {
        intent: Intent::Order,
        course: None,
        ..order
    })
}

/// The dispense in `raw`; `None` without a quantity.
pub(in crate::interop::fhir) fn handed_over(raw: &Raw) -> Result<Option<Dispense>, SkipReason> {
    read("MedicationDispense", raw, |from| {
        dispense::read_dispense(from, &Lookup::within(&raw.bytes))
    })
}

fn document_note(raw: &Raw) -> Result<crate::clinical::Note, SkipReason> {
    read("DocumentReference", raw, document::read_note)
}

/// Whether the first attachment is plain text, or does not say what it is.
fn is_plain_text(raw: &Raw) -> bool {
    serde_json::from_slice::<document::DocumentReference>(&raw.bytes)
        .is_ok_and(|document| document.is_plain_text())
}

fn read<T: DeserializeOwned, B>(
    resource_type: &str,
    raw: &Raw,
    read: impl Fn(&T) -> Result<B, Problem>,
) -> Result<B, SkipReason> {
    let from: T = serde_json::from_slice(&raw.bytes)
        .map_err(|error| raw.unreadable(resource_type, &error))?;
    read(&from).map_err(|problem| problem.of(resource_type))
}
