//! Immunization, <https://hl7.org/fhir/R4/immunization.html>.

use super::convert::{self, label, to_concept, words};
use super::problem::Problem;
use super::types::{self, r4};
use crate::clinical::Immunisation;

r4! {
    struct Immunization {
        status: Option<String>,
        status_reason: Option<types::CodeableConcept>,
        vaccine_code: Option<types::CodeableConcept>,
        patient: Option<types::Reference>,
        occurrence_date_time: Option<String>,
        occurrence_string: Option<String>,
        lot_number: Option<String>,
        expiration_date: Option<String>,
        site: Option<types::CodeableConcept>,
        route: Option<types::CodeableConcept>,
        dose_quantity: Option<types::Quantity>,
        protocol_applied: Vec<Protocol>,
    }

    struct Protocol {
        dose_number_positive_int: Option<types::Number>,
        dose_number_string: Option<String>,
    }
}

/// What stands where FHIR asks for something and there is nothing.
const UNKNOWN: &str = "unknown";
const NOT_DONE: &str = "not-done";

pub(super) fn read(from: &Immunization) -> Result<Immunisation, Problem> {
    let not_given = from.status.as_deref() == Some(NOT_DONE);
    let protocol = from.protocol_applied.first();
    let number = protocol.and_then(|p| convert::whole(p.dose_number_positive_int.as_ref()));
    let spelled = protocol.and_then(|p| p.dose_number_string.as_deref()?.parse().ok());
    Ok(Immunisation {
        vaccine: convert::concept_or_default(from.vaccine_code.as_ref()),
        at: convert::instant(from.occurrence_date_time.as_deref(), "occurrenceDateTime")?,
        not_given: not_given.then(|| from.status_reason.as_ref().map(label).unwrap_or_default()),
        lot: from.lot_number.clone(),
        expiry: convert::date(from.expiration_date.as_deref(), "expirationDate")?,
        site: from.site.as_ref().map(label),
        route: from.route.as_ref().map(label),
        dose: from.dose_quantity.as_ref().and_then(convert::quantity),
        dose_number: number.or(spelled),
        source: None,
    })
}

pub(super) fn write(from: &Immunisation, patient: types::Reference) -> Immunization {
    let status = if from.not_given.is_some() {
        NOT_DONE
    } else {
        "completed"
    };
    Immunization {
        status: Some(status.to_owned()),
        status_reason: from
            .not_given
            .as_deref()
            .filter(|reason| !reason.is_empty())
            .map(words),
        vaccine_code: to_concept(&from.vaccine).or_else(|| Some(words(UNKNOWN))),
        patient: Some(patient),
        occurrence_date_time: from.at.as_ref().map(ToString::to_string),
        occurrence_string: from.at.is_none().then(|| UNKNOWN.to_owned()),
        lot_number: from.lot.clone(),
        expiration_date: from.expiry.map(|date| date.to_string()),
        site: from.site.as_deref().map(words),
        route: from.route.as_deref().map(words),
        dose_quantity: from.dose.as_ref().map(convert::to_quantity),
        protocol_applied: from
            .dose_number
            .iter()
            .map(|n| Protocol {
                dose_number_positive_int: Some(types::Number::of(i64::from(*n))),
                dose_number_string: None,
            })
            .collect(),
    }
}
