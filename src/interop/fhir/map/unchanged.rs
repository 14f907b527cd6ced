//! Whether an imported body still says what its resource said.
//!
//! An export hands original bytes back. They must not bring back what somebody has amended since, so the resource is read again and
//! compared. What it names by reference alone was looked up when it was imported and cannot be looked up now: there the body may say
//! more than the resource does alone.

use super::body::{Made, read, sourced};
use super::document::kept;
use crate::clinical::{Body, Concept, Source};
use crate::interop::fhir::read::raw::Raw;
use crate::interop::fhir::read::{Lookup, Position};

/// Whether the resource in `source` says what `body` says.
pub(in crate::interop::fhir) fn unchanged(source: &Source, body: &Body) -> bool {
    let raw = Raw {
        position: Position::START,
        full_url: None,
        bytes: source.original.clone(),
    };
    let alone = match read(&source.resource_type, &raw, &Lookup::within(&raw.bytes)) {
        Ok(Some(Made::Patient(identity))) => Body::Identity(identity),
        Ok(Some(Made::Register(document))) => Body::Document(document),
        Ok(Some(Made::Entry(body))) => body,
        Ok(None) => Body::Document(kept(&source.resource_type)),
        Err(_) => return false,
    };
    let body = sourced(body.clone(), None);
    looked_up(alone, &body) == body
}

/// `alone` with what was looked up for `body`.
fn looked_up(mut alone: Body, body: &Body) -> Body {
    match (&mut alone, body) {
        (Body::Encounter(a), Body::Encounter(b)) => {
            absent(&mut a.place, b.place.as_ref());
            absent(&mut a.practitioner, b.practitioner.as_ref());
            more(&mut a.reasons, &b.reasons);
        }
        (Body::Procedure(a), Body::Procedure(b)) => more(&mut a.reasons, &b.reasons),
        (Body::Result(a), Body::Result(b)) => more(&mut a.components, &b.components),
        (Body::Prescription(a), Body::Prescription(b)) => {
            named(&mut a.medicine, &b.medicine);
            absent(&mut a.form, b.form.as_ref());
            absent(&mut a.strength, b.strength.as_ref());
            absent(&mut a.indication, b.indication.as_ref());
        }
        (Body::Dispense(a), Body::Dispense(b)) => {
            named(&mut a.medicine, &b.medicine);
            absent(&mut a.lot, b.lot.as_ref());
            absent(&mut a.expiry, b.expiry.as_ref());
            absent(&mut a.pharmacist, b.pharmacist.as_ref());
        }
        (Body::Administration(a), Body::Administration(b)) => named(&mut a.medicine, &b.medicine),
        _ => {}
    }
    alone
}

fn absent<T: Clone>(alone: &mut Option<T>, found: Option<&T>) {
    if alone.is_none() {
        *alone = found.cloned();
    }
}

/// A medicine that the resource names in words only, or not at all, may have been found with its codes.
fn named(alone: &mut Concept, found: &Concept) {
    if alone.codings.is_empty() {
        alone.clone_from(found);
    }
}

/// A list that the resource gives in part.
fn more<T: Clone + PartialEq>(alone: &mut Vec<T>, found: &[T]) {
    if alone.iter().all(|one| found.contains(one)) {
        *alone = found.to_vec();
    }
}
