//! The few things that can be asked of a resource of any type: whom it speaks of, and whether its source stands by it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::types;
use crate::clinical::Identifier;
use crate::interop::fhir::read::{Reference, Standing};

/// The fields that name a subject or a standing, whatever the type.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Outline<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    verification_status: Option<&'a RawValue>,
    #[serde(borrow)]
    subject: Option<&'a RawValue>,
    #[serde(borrow)]
    patient: Option<&'a RawValue>,
    #[serde(borrow)]
    beneficiary: Option<&'a RawValue>,
    #[serde(borrow)]
    r#for: Option<&'a RawValue>,
    #[serde(borrow)]
    contained: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainedPatient {
    resource_type: String,
    id: String,
    identifier: Vec<types::Identifier>,
}

const ENTERED_IN_ERROR: &str = "entered-in-error";

impl<'a> Outline<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    pub(super) fn standing(&self) -> Standing {
        let status = self
            .status
            .is_some_and(|raw| raw.get() == format!("\"{ENTERED_IN_ERROR}\""));
        let verification = self
            .verification_status
            .and_then(|raw| serde_json::from_str::<types::CodeableConcept>(raw.get()).ok())
            .is_some_and(|concept| {
                concept
                    .coding
                    .iter()
                    .any(|c| c.code.as_deref() == Some(ENTERED_IN_ERROR))
            });
        if status || verification {
            Standing::EnteredInError
        } else {
            Standing::Stands
        }
    }

    /// The first reference among the fields that name a patient.
    pub(super) fn subject(&self) -> Option<Reference> {
        let fields = [self.subject, self.patient, self.beneficiary, self.r#for];
        let found = fields.into_iter().flatten().find_map(|raw| {
            let one = serde_json::from_str::<types::Reference>(raw.get()).ok();
            one.or_else(|| {
                serde_json::from_str::<Vec<types::Reference>>(raw.get())
                    .ok()?
                    .into_iter()
                    .next()
            })
        })?;
        let mut reference = Reference::from(&found);
        if let Some(id) = reference
            .target
            .as_deref()
            .and_then(|target| target.strip_prefix('#'))
        {
            reference.identifier = self.contained_patient(id);
        }
        (reference.target.is_some() || reference.identifier.is_some()).then_some(reference)
    }

    fn contained_patient(&self, id: &str) -> Option<Identifier> {
        let patients = self
            .contained
            .iter()
            .filter_map(|raw| serde_json::from_str::<ContainedPatient>(raw.get()).ok());
        let patient = patients
            .into_iter()
            .find(|p| p.resource_type == "Patient" && p.id == id)?;
        patient.identifier.into_iter().find_map(|identifier| {
            Some(Identifier {
                system: identifier.system.unwrap_or_default(),
                value: identifier.value?,
            })
        })
    }
}
