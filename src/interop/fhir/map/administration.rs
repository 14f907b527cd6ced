//! MedicationAdministration, <https://hl7.org/fhir/R4/medicationadministration.html>.

use super::convert::{self, coded, first_code, label, to_concept, words};
use super::dispense::{entry, to_entry};
use super::medication::medicine;
use super::problem::Problem;
use super::types::{self, r4};
use crate::clinical::{Administration, Outcome};
use crate::interop::fhir::read::Lookup;

r4! {
    struct MedicationAdministration {
        status: Option<String>,
        status_reason: Vec<types::CodeableConcept>,
        medication_codeable_concept: Option<types::CodeableConcept>,
        medication_reference: Option<types::Reference>,
        subject: Option<types::Reference>,
        effective_date_time: Option<String>,
        effective_period: Option<types::Period>,
        request: Option<types::Reference>,
        dosage: Option<Dosage>,
    }

    struct Dosage {
        route: Option<types::CodeableConcept>,
        dose: Option<types::Quantity>,
    }
}

const NOT_DONE: &str = "not-done";
/// v3-ActReason's code for a patient who says no.
const PATIENT_OBJECTION: &str = "PATOBJ";
const REASONS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

pub(super) fn read(
    from: &MedicationAdministration,
    lookup: &Lookup<'_>,
) -> Result<Administration, Problem> {
    let what = medicine(
        from.medication_codeable_concept.as_ref(),
        from.medication_reference.as_ref(),
        lookup,
    );
    let dosage = from.dosage.clone().unwrap_or_default();
    let start = from
        .effective_period
        .as_ref()
        .and_then(|period| period.start.as_deref());
    let refused = from
        .status_reason
        .iter()
        .any(|reason| first_code(Some(reason)) == Some(PATIENT_OBJECTION));
    let outcome = match (from.status.as_deref(), refused) {
        (Some(NOT_DONE), true) => Outcome::Refused,
        (Some(NOT_DONE), false) => Outcome::Omitted,
        _ => Outcome::Given,
    };
    let said = |reason: &&types::CodeableConcept| {
        first_code(Some(*reason)) != Some(PATIENT_OBJECTION) || reason.text.is_some()
    };
    Ok(Administration {
        medicine: what.concept,
        dose: dosage.dose.as_ref().and_then(convert::quantity),
        route: dosage.route.as_ref().map(label),
        at: convert::instant(
            from.effective_date_time.as_deref().or(start),
            "effectiveDateTime",
        )?,
        outcome,
        reason: from.status_reason.iter().find(said).map(label),
        prescription: from.request.as_ref().and_then(entry),
        source: None,
    })
}

pub(super) fn write(from: &Administration, subject: types::Reference) -> MedicationAdministration {
    let status = if from.outcome == Outcome::Given {
        "completed"
    } else {
        NOT_DONE
    };
    let mut reasons: Vec<types::CodeableConcept> =
        from.reason.as_deref().map(words).into_iter().collect();
    if from.outcome == Outcome::Refused {
        reasons.push(coded(REASONS, PATIENT_OBJECTION));
    }
    let dosage = Dosage {
        route: from.route.as_deref().map(words),
        dose: from.dose.as_ref().map(convert::to_quantity),
    };
    MedicationAdministration {
        status: Some(status.to_owned()),
        status_reason: reasons,
        medication_codeable_concept: to_concept(&from.medicine).or_else(|| Some(words("unknown"))),
        medication_reference: None,
        subject: Some(subject),
        effective_date_time: from.at.as_ref().map(ToString::to_string),
        effective_period: from.at.is_none().then(unknown_period),
        request: from.prescription.as_ref().map(to_entry),
        dosage: (from.route.is_some() || from.dose.is_some()).then_some(dosage),
    }
}

/// A period of which nothing is known: FHIR asks for a time.
fn unknown_period() -> types::Period {
    let absent = types::Extension {
        url: Some("http://hl7.org/fhir/StructureDefinition/data-absent-reason".to_owned()),
        value_code: Some("unknown".to_owned()),
        ..types::Extension::default()
    };
    types::Period {
        extension: vec![absent],
        ..types::Period::default()
    }
}
