//! Which resource type becomes which body, and which body becomes which resource.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::carried::{Carrier, carrier};
use super::problem::Problem;
use super::{
    administration, allergy, basic, carried, condition, dispense, document, encounter,
    immunisation, observation, patient, prescription, procedure, register, report, types, vitals,
};
use crate::clinical::{Body, Document, Identity, Source};
use crate::interop::fhir::read::raw::Raw;
use crate::interop::fhir::read::{Lookup, SkipReason};

/// What a resource is made into.
#[allow(clippy::large_enum_variant)] // made and handed on one by one
pub(in crate::interop::fhir) enum Made {
    /// A patient.
    Patient(Identity),
    /// Somebody or something that care is given by.
    Register(Document),
    /// An entry of a chart.
    Entry(Body),
}

/// Reads the resource in `raw`; `None` for a type that has no typed view.
pub(super) fn read(
    resource_type: &str,
    raw: &Raw,
    lookup: &Lookup<'_>,
) -> Result<Option<Made>, SkipReason> {
    if let Some(body) = carried::find(resource_type, &raw.bytes) {
        return Ok(Some(match body {
            Body::Identity(identity) => Made::Patient(identity),
            body => Made::Entry(body),
        }));
    }
    let from = From {
        resource_type,
        raw,
        lookup,
    };
    Ok(Some(match resource_type {
        "Patient" => Made::Patient(from.alone(patient::read)?),
        "Practitioner" => Made::Register(register::read_practitioner(&from.parse()?)),
        "Organization" => Made::Register(register::read_organisation(&from.parse()?)),
        "Encounter" => Made::Entry(Body::Encounter(from.with(encounter::read)?)),
        "Observation" => Made::Entry(from.alone(observation::read)?),
        "Condition" => Made::Entry(Body::Condition(from.alone(condition::read)?)),
        "AllergyIntolerance" => Made::Entry(Body::Allergy(from.alone(allergy::read)?)),
        "Immunization" => Made::Entry(Body::Immunisation(from.alone(immunisation::read)?)),
        "Procedure" => Made::Entry(Body::Procedure(from.with(procedure::read)?)),
        "DiagnosticReport" => Made::Entry(Body::Result(from.with(report::read)?)),
        "DocumentReference" => Made::Entry(from.alone(document::read)?),
        "Consent" => Made::Entry(Body::Document(from.alone(document::read_consent)?)),
        "CarePlan" => Made::Entry(Body::Document(from.alone(document::read_care_plan)?)),
        "MedicationRequest" => Made::Entry(Body::Prescription(from.with(prescription::read)?)),
        "MedicationDispense" => Made::Entry(from.with(dispense::read)?),
        "MedicationAdministration" => {
            Made::Entry(Body::Administration(from.with(administration::read)?))
        }
        _ => return Ok(None),
    }))
}

/// The resource that a mapping reads from.
struct From<'a> {
    resource_type: &'a str,
    raw: &'a Raw,
    lookup: &'a Lookup<'a>,
}

impl From<'_> {
    fn parse<T: DeserializeOwned>(&self) -> Result<T, SkipReason> {
        serde_json::from_slice(&self.raw.bytes)
            .map_err(|error| self.raw.unreadable(self.resource_type, &error))
    }

    fn alone<T: DeserializeOwned, B>(
        &self,
        read: impl Fn(&T) -> Result<B, Problem>,
    ) -> Result<B, SkipReason> {
        read(&self.parse()?).map_err(|problem| problem.of(self.resource_type))
    }

    fn with<T: DeserializeOwned, B>(
        &self,
        read: impl Fn(&T, &Lookup<'_>) -> Result<B, Problem>,
    ) -> Result<B, SkipReason> {
        read(&self.parse()?, self.lookup).map_err(|problem| problem.of(self.resource_type))
    }
}

/// A resource as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a, T> {
    resource_type: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Carrier>,
    #[serde(flatten)]
    resource: T,
}

/// Writes `body` as a resource with this id, about `subject`; `carry` goes along whole, and an order has this `status`.
pub(super) fn write(
    body: &Body,
    id: &str,
    subject: &types::Reference,
    carry: Option<&Body>,
    status: Option<&str>,
) -> Vec<u8> {
    fn bytes(
        resource_type: &str,
        id: &str,
        carry: Option<&Body>,
        resource: impl Serialize,
    ) -> Vec<u8> {
        let written = Written {
            resource_type,
            id,
            meta: carry.map(carrier),
            resource,
        };
        serde_json::to_vec(&written).expect("structs of texts and numbers always have a JSON form")
    }
    let whom = subject.clone();
    match body {
        Body::Identity(b) => bytes("Patient", id, carry, patient::write(b)),
        Body::Encounter(b) => bytes("Encounter", id, carry, encounter::write(b, whom)),
        Body::Vitals(b) => bytes("Observation", id, carry, vitals::write(b, whom)),
        Body::Condition(b) => bytes("Condition", id, carry, condition::write(b, whom)),
        Body::Allergy(b) => bytes("AllergyIntolerance", id, carry, allergy::write(b, whom)),
        Body::Note(b) => bytes(
            "DocumentReference",
            id,
            carry,
            document::write_note(b, whom),
        ),
        Body::Result(b) => bytes("Observation", id, carry, observation::write(b, whom)),
        Body::Procedure(b) => bytes("Procedure", id, carry, procedure::write(b, whom)),
        Body::Immunisation(b) => bytes("Immunization", id, carry, immunisation::write(b, whom)),
        Body::Document(b) => bytes("DocumentReference", id, carry, document::write(b, whom)),
        Body::Prescription(b) => bytes(
            "MedicationRequest",
            id,
            carry,
            prescription::write(b, whom, status),
        ),
        Body::Dispense(b) => bytes("MedicationDispense", id, carry, dispense::write(b, whom)),
        Body::Administration(b) => bytes(
            "MedicationAdministration",
            id,
            carry,
            administration::write(b, whom),
        ),
        Body::MedicationSummary(_) | Body::RxEvent(_) | Body::Retraction(_) => {
            bytes("Basic", id, carry, basic::write(body, whom))
        }
    }
}

/// The same body with another source.
pub(in crate::interop::fhir) fn sourced(mut body: Body, source: Option<Source>) -> Body {
    let place = match &mut body {
        Body::Identity(b) => &mut b.source,
        Body::Encounter(b) => &mut b.source,
        Body::Vitals(b) => &mut b.source,
        Body::Condition(b) => &mut b.source,
        Body::Allergy(b) => &mut b.source,
        Body::Note(b) => &mut b.source,
        Body::Result(b) => &mut b.source,
        Body::Procedure(b) => &mut b.source,
        Body::Immunisation(b) => &mut b.source,
        Body::Document(b) => &mut b.source,
        Body::Prescription(b) => &mut b.source,
        Body::Dispense(b) => &mut b.source,
        Body::Administration(b) => &mut b.source,
        Body::MedicationSummary(b) => &mut b.source,
        Body::RxEvent(b) => &mut b.source,
        Body::Retraction(b) => &mut b.source,
    };
    *place = source;
    body
}
