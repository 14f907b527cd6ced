//! Encounter, <https://hl7.org/fhir/R4/encounter.html>.

use super::convert::{self, concept, to_concept};
use super::problem::Problem;
use super::types::{self, r4};
use super::word::{Words, value, word};
use crate::clinical::{Encounter, EncounterClass, EncounterStatus};
use crate::interop::fhir::read::Lookup;

r4! {
    struct EncounterResource {
        status: Option<String>,
        class: Option<types::Coding>,
        #[serde(rename = "type")]
        kind: Vec<types::CodeableConcept>,
        subject: Option<types::Reference>,
        participant: Vec<Participant>,
        period: Option<types::Period>,
        reason_code: Vec<types::CodeableConcept>,
        reason_reference: Vec<types::Reference>,
        location: Vec<Location>,
        service_provider: Option<types::Reference>,
    }

    struct Participant {
        individual: Option<types::Reference>,
    }

    struct Location {
        location: Option<types::Reference>,
    }
}

const CLASSES: &Words<EncounterClass> = &[
    (EncounterClass::Ambulatory, "AMB"),
    (EncounterClass::Inpatient, "IMP"),
    (EncounterClass::Emergency, "EMER"),
    (EncounterClass::Virtual, "VR"),
    (EncounterClass::Home, "HH"),
    (EncounterClass::Inpatient, "ACUTE"),
    (EncounterClass::Inpatient, "NONAC"),
    (EncounterClass::Inpatient, "SS"),
    (EncounterClass::Inpatient, "OBSENC"),
    (EncounterClass::Other, "other"),
];
const ACTS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const OWN_CLASSES: &str = "urn:chartseal:fhir:encounter-class";

const STATES: &Words<EncounterStatus> = &[
    (EncounterStatus::Planned, "planned"),
    (EncounterStatus::InProgress, "in-progress"),
    (EncounterStatus::Finished, "finished"),
    (EncounterStatus::Cancelled, "cancelled"),
    (EncounterStatus::InProgress, "arrived"),
    (EncounterStatus::InProgress, "triaged"),
    (EncounterStatus::InProgress, "onleave"),
];

pub(super) fn read(from: &EncounterResource, lookup: &Lookup<'_>) -> Result<Encounter, Problem> {
    let period = from.period.clone().unwrap_or_default();
    let reasons = from.reason_code.iter().map(concept);
    let referenced = from
        .reason_reference
        .iter()
        .filter_map(|reference| lookup.concept(reference));
    let place = from
        .location
        .iter()
        .find_map(|location| lookup.name(location.location.as_ref()?));
    let provider = || lookup.name(from.service_provider.as_ref()?);
    Ok(Encounter {
        class: from
            .class
            .as_ref()
            .map_or(EncounterClass::default(), |class| {
                value(CLASSES, class.code.as_deref()).unwrap_or(EncounterClass::Other)
            }),
        status: value(STATES, from.status.as_deref()).unwrap_or_default(),
        kind: convert::concept_or_default(from.kind.first()),
        reasons: reasons.chain(referenced).collect(),
        start: convert::instant(period.start.as_deref(), "period.start")?,
        end: convert::instant(period.end.as_deref(), "period.end")?,
        place: place.or_else(provider),
        practitioner: from
            .participant
            .iter()
            .find_map(|participant| lookup.name(participant.individual.as_ref()?)),
        source: None,
    })
}

pub(super) fn write(from: &Encounter, subject: types::Reference) -> EncounterResource {
    let system = if from.class == EncounterClass::Other {
        OWN_CLASSES
    } else {
        ACTS
    };
    let named = |name: &String| types::Reference {
        display: Some(name.clone()),
        ..types::Reference::default()
    };
    let period = types::Period {
        extension: Vec::new(),
        start: from.start.as_ref().map(ToString::to_string),
        end: from.end.as_ref().map(ToString::to_string),
    };
    EncounterResource {
        status: word(STATES, from.status),
        class: Some(types::Coding {
            system: Some(system.to_owned()),
            code: word(CLASSES, from.class),
            display: None,
        }),
        kind: to_concept(&from.kind).into_iter().collect(),
        subject: Some(subject),
        participant: from
            .practitioner
            .iter()
            .map(|name| Participant {
                individual: Some(named(name)),
            })
            .collect(),
        period: (from.start.is_some() || from.end.is_some()).then_some(period),
        reason_code: from.reasons.iter().filter_map(to_concept).collect(),
        reason_reference: Vec::new(),
        location: from
            .place
            .iter()
            .map(|name| Location {
                location: Some(named(name)),
            })
            .collect(),
        service_provider: None,
    }
}
