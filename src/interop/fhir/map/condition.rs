//! Condition, <https://hl7.org/fhir/R4/condition.html>.

use super::convert::{self, coded, first_code, to_concept};
use super::extension;
use super::problem::Problem;
use super::types::{self, r4};
use super::word::{Words, value, word};
use crate::clinical::coding::system::SNOMED;
use crate::clinical::{ClinicalStatus, Condition, Severity, Verification};

r4! {
    struct ConditionResource {
        extension: Vec<types::Extension>,
        clinical_status: Option<types::CodeableConcept>,
        verification_status: Option<types::CodeableConcept>,
        severity: Option<types::CodeableConcept>,
        code: Option<types::CodeableConcept>,
        subject: Option<types::Reference>,
        onset_date_time: Option<String>,
        onset_period: Option<types::Period>,
        abatement_date_time: Option<String>,
        abatement_period: Option<types::Period>,
        recorded_date: Option<String>,
        note: Vec<types::Annotation>,
    }
}

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

pub(super) const STATES: &Words<ClinicalStatus> = &[
    (ClinicalStatus::Active, "active"),
    (ClinicalStatus::Recurrence, "recurrence"),
    (ClinicalStatus::Relapse, "relapse"),
    (ClinicalStatus::Inactive, "inactive"),
    (ClinicalStatus::Remission, "remission"),
    (ClinicalStatus::Resolved, "resolved"),
];

pub(super) const VERIFICATIONS: &Words<Verification> = &[
    (Verification::Unconfirmed, "unconfirmed"),
    (Verification::Confirmed, "confirmed"),
    (Verification::Refuted, "refuted"),
    (Verification::EnteredInError, "entered-in-error"),
    (Verification::Provisional, "provisional"),
    (Verification::Differential, "differential"),
];

/// Severities with their SNOMED CT codes, as in FHIR's example value set.
const SEVERITIES: &Words<Severity> = &[
    (Severity::Mild, "255604002"),
    (Severity::Moderate, "6736007"),
    (Severity::Severe, "24484000"),
];

pub(super) fn read(from: &ConditionResource) -> Result<Condition, Problem> {
    let onset = from
        .onset_date_time
        .as_deref()
        .or(from.onset_period.as_ref().and_then(|p| p.start.as_deref()));
    let period = from.abatement_period.as_ref();
    let end = period.and_then(|p| p.end.as_deref().or(p.start.as_deref()));
    let abatement = convert::date(
        from.abatement_date_time.as_deref().or(end),
        "abatementDateTime",
    )?;
    // Without a status, a problem that has ended is over.
    let unstated = if abatement.is_some() {
        ClinicalStatus::Resolved
    } else {
        ClinicalStatus::Active
    };
    Ok(Condition {
        concept: convert::concept_or_default(from.code.as_ref()),
        status: extension::code(&from.extension, "clinical-status")
            .and_then(|word| value(STATES, Some(word)))
            .or_else(|| value(STATES, first_code(from.clinical_status.as_ref())))
            .unwrap_or(unstated),
        verification: value(VERIFICATIONS, first_code(from.verification_status.as_ref()))
            .unwrap_or_default(),
        severity: value(SEVERITIES, first_code(from.severity.as_ref())),
        onset: convert::date(onset, "onsetDateTime")?,
        abatement,
        recorded: convert::instant(from.recorded_date.as_deref(), "recordedDate")?,
        note: convert::note(&from.note),
        source: None,
    })
}

pub(super) fn write(from: &Condition, subject: types::Reference) -> ConditionResource {
    let status = word(STATES, from.status).unwrap_or_default();
    // FHIR forbids a clinical status beside "entered in error"; ours is then kept in an extension.
    let mistaken = from.verification == Verification::EnteredInError;
    ConditionResource {
        extension: mistaken
            .then(|| extension::of_code("clinical-status", &status))
            .into_iter()
            .collect(),
        clinical_status: (!mistaken).then(|| coded(CLINICAL, &status)),
        verification_status: word(VERIFICATIONS, from.verification)
            .map(|code| coded(VERIFICATION, &code)),
        severity: from
            .severity
            .and_then(|severity| word(SEVERITIES, severity))
            .map(|code| coded(SNOMED, &code)),
        code: to_concept(&from.concept),
        subject: Some(subject),
        onset_date_time: from.onset.map(|date| date.to_string()),
        onset_period: None,
        abatement_date_time: from.abatement.map(|date| date.to_string()),
        abatement_period: None,
        recorded_date: from.recorded.as_ref().map(ToString::to_string),
        note: convert::to_note(from.note.as_deref()),
    }
}
