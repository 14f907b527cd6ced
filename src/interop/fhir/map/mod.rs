//! Between FHIR resources and what charts hold: one file a resource family, both directions side by side.

mod administration;
mod allergy;
mod basic;
mod body;
mod carried;
mod condition;
mod convert;
mod dispense;
mod document;
mod encounter;
mod extension;
mod immunisation;
mod medication;
mod narrative;
mod observation;
mod outline;
mod patient;
mod prescription;
mod problem;
mod procedure;
mod register;
mod report;
mod timing;
mod typed;
pub(super) mod types;
mod unchanged;
mod vitals;
mod word;

use body::Made;
pub(super) use body::sourced;
pub(super) use carried::faithful;
pub(super) use medication::facts;
pub(super) use prescription::course;
pub(super) use typed::{entry, handed_over, order};
pub(super) use unchanged::unchanged;

use super::read::raw::Raw;
use super::read::{Lookup, Mapped, Reference, SkipReason, Standing};

/// A resource as it was understood.
pub(super) struct Understood {
    pub(super) mapped: Mapped,
    pub(super) standing: Standing,
    pub(super) subject: Option<Reference>,
}

/// Maps the resource in `raw`, whose type is `resource_type`.
pub(super) fn resource(
    resource_type: &str,
    raw: &Raw,
    lookup: &Lookup<'_>,
) -> Result<Understood, SkipReason> {
    let outline =
        outline::Outline::of(&raw.bytes).map_err(|error| raw.unreadable(resource_type, &error))?;
    let mapped = match body::read(resource_type, raw, lookup)? {
        Some(Made::Patient(identity)) => Mapped::Patient(identity),
        Some(Made::Register(document)) => Mapped::Register(document),
        Some(Made::Entry(body)) => Mapped::Entry(body),
        None => Mapped::Unsupported(document::kept(resource_type)),
    };
    Ok(Understood {
        mapped,
        standing: outline.standing(),
        subject: outline.subject(),
    })
}

/// Whether the source of the resource in `bytes` stands by it.
pub(super) fn standing(bytes: &[u8]) -> Standing {
    outline::Outline::of(bytes).map_or(Standing::Stands, |outline| outline.standing())
}
