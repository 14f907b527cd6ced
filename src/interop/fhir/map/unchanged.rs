//! Whether an imported body still says what its resource said.
//!
//! An export hands original bytes back. They must not bring back what somebody has amended since, so the resource is read again and
//! compared. What it names by reference alone was looked up when it was imported and cannot be looked up now: there the body may say
//! more than the resource does alone.

use super::body::{Made, read, sourced};
use super::document::kept;
use crate::clinical::{Body, Concept, Source};
use crate::interop::fhir::read::raw::Raw;
use crate::interop::fhir::read::{ELSEWHERE, Lookup, Position};

/// Whether the resource in `source` says what `body` says.
pub(in crate::interop::fhir) fn unchanged(source: &Source, body: &Body) -> bool {
    let raw = Raw {
        position: Position::START,
        full_url: None,
        mark: None,
        bytes: source.original.clone(),
    };
    let alone = match read(&source.resource_type, &raw, &Lookup::marking(&raw.bytes)) {
        Ok(Some(Made::Patient(identity))) => Body::Identity(identity),
        Ok(Some(Made::Register(document))) => Body::Document(document),
        Ok(Some(Made::Entry(body))) => body,
        Ok(None) => Body::Document(kept(&source.resource_type)),
        Err(_) => return false,
    };
    let body = sourced(body.clone(), None);
    looked_up(alone, &body) == body
}

/// `alone` with what was looked up for `body` in the places that are marked.
fn looked_up(mut alone: Body, body: &Body) -> Body {
    match (&mut alone, body) {
        (Body::Encounter(a), Body::Encounter(b)) => {
            text(&mut a.place, b.place.as_ref());
            text(&mut a.practitioner, b.practitioner.as_ref());
            list(&mut a.reasons, &b.reasons, is_marked);
        }
        (Body::Procedure(a), Body::Procedure(b)) => list(&mut a.reasons, &b.reasons, is_marked),
        (Body::Result(a), Body::Result(b)) => {
            list(&mut a.components, &b.components, |component| {
                is_marked(&component.code)
            });
        }
        (Body::Prescription(a), Body::Prescription(b)) => {
            if is_marked(&a.medicine) {
                a.medicine.clone_from(&b.medicine);
                a.form = a.form.take().or_else(|| b.form.clone());
                a.strength.clone_from(&b.strength);
            }
            if a.indication.as_ref().is_some_and(is_marked) {
                a.indication.clone_from(&b.indication);
            }
        }
        (Body::Dispense(a), Body::Dispense(b)) => {
            if is_marked(&a.medicine) {
                a.medicine.clone_from(&b.medicine);
                a.lot = a.lot.take().or_else(|| b.lot.clone());
                a.expiry = a.expiry.or(b.expiry);
            }
            text(&mut a.pharmacist, b.pharmacist.as_ref());
        }
        (Body::Administration(a), Body::Administration(b)) if is_marked(&a.medicine) => {
            a.medicine.clone_from(&b.medicine);
        }
        _ => {}
    }
    alone
}

fn is_marked(concept: &Concept) -> bool {
    concept.text == ELSEWHERE
}

fn text(alone: &mut Option<String>, found: Option<&String>) {
    if alone.as_deref() == Some(ELSEWHERE) {
        *alone = found.cloned();
    }
}

/// A list of which each marked member may have been found or not.
fn list<T: Clone + PartialEq>(alone: &mut Vec<T>, found: &[T], is_marked: impl Fn(&T) -> bool) {
    let marked = alone.iter().filter(|one| is_marked(one)).count();
    let certain = alone.len() - marked;
    let all_there = alone
        .iter()
        .filter(|one| !is_marked(one))
        .all(|one| found.contains(one));
    if marked > 0 && all_there && (certain..=alone.len()).contains(&found.len()) {
        *alone = found.to_vec();
    }
}
