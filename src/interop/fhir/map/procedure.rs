//! Procedure, <https://hl7.org/fhir/R4/procedure.html>.

use super::convert::{self, concept, label, to_concept};
use super::problem::Problem;
use super::types::{self, r4};
use super::word::{Words, value, word};
use crate::clinical::{Procedure, ProcedureStatus};
use crate::interop::fhir::read::Lookup;

r4! {
    struct ProcedureResource {
        status: Option<String>,
        code: Option<types::CodeableConcept>,
        subject: Option<types::Reference>,
        performed_date_time: Option<String>,
        performed_period: Option<types::Period>,
        reason_code: Vec<types::CodeableConcept>,
        reason_reference: Vec<types::Reference>,
        outcome: Option<types::CodeableConcept>,
        note: Vec<types::Annotation>,
    }
}

const STATES: &Words<ProcedureStatus> = &[
    (ProcedureStatus::Completed, "completed"),
    (ProcedureStatus::InProgress, "in-progress"),
    (ProcedureStatus::Stopped, "stopped"),
    (ProcedureStatus::NotDone, "not-done"),
    (ProcedureStatus::InProgress, "preparation"),
    (ProcedureStatus::InProgress, "on-hold"),
];

pub(super) fn read(from: &ProcedureResource, lookup: &Lookup<'_>) -> Result<Procedure, Problem> {
    let period = from.performed_period.clone().unwrap_or_default();
    let start = from
        .performed_date_time
        .as_deref()
        .or(period.start.as_deref());
    let remarks: Vec<String> = convert::note(&from.note)
        .into_iter()
        .chain(from.outcome.as_ref().map(label))
        .collect();
    let referenced = from
        .reason_reference
        .iter()
        .filter_map(|reference| lookup.concept(reference));
    Ok(Procedure {
        concept: convert::concept_or_default(from.code.as_ref()),
        status: value(STATES, from.status.as_deref()).unwrap_or_default(),
        start: convert::instant(start, "performedDateTime")?,
        end: convert::instant(period.end.as_deref(), "performedPeriod.end")?,
        reasons: from
            .reason_code
            .iter()
            .map(concept)
            .chain(referenced)
            .collect(),
        note: (!remarks.is_empty()).then(|| remarks.join("\n")),
        source: None,
    })
}

pub(super) fn write(from: &Procedure, subject: types::Reference) -> ProcedureResource {
    let period = types::Period {
        extension: Vec::new(),
        start: from.start.as_ref().map(ToString::to_string),
        end: from.end.as_ref().map(ToString::to_string),
    };
    let (moment, period) = if from.end.is_some() {
        (None, Some(period))
    } else {
        (period.start, None)
    };
    ProcedureResource {
        status: word(STATES, from.status),
        code: to_concept(&from.concept),
        subject: Some(subject),
        performed_date_time: moment,
        performed_period: period,
        reason_code: from.reasons.iter().filter_map(to_concept).collect(),
        reason_reference: Vec::new(),
        outcome: None,
        note: convert::to_note(from.note.as_deref()),
    }
}
