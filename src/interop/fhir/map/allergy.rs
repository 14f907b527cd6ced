//! AllergyIntolerance, <https://hl7.org/fhir/R4/allergyintolerance.html>.

use super::condition::{STATES, VERIFICATIONS};
use super::convert::{self, coded, concept, first_code, to_concept};
use super::extension;
use super::problem::Problem;
use super::types::{self, r4};
use super::word::{Words, value, word};
use crate::clinical::{
    Allergy, AllergyCategory, ClinicalStatus, Concept, Criticality, Reaction, Severity,
    Verification,
};

r4! {
    struct AllergyResource {
        extension: Vec<types::Extension>,
        clinical_status: Option<types::CodeableConcept>,
        verification_status: Option<types::CodeableConcept>,
        category: Vec<Option<String>>,
        criticality: Option<String>,
        code: Option<types::CodeableConcept>,
        patient: Option<types::Reference>,
        onset_date_time: Option<String>,
        onset_period: Option<types::Period>,
        recorded_date: Option<String>,
        note: Vec<types::Annotation>,
        reaction: Vec<ReactionPart>,
    }

    struct ReactionPart {
        substance: Option<types::CodeableConcept>,
        manifestation: Vec<types::CodeableConcept>,
        severity: Option<String>,
    }
}

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

const CATEGORIES: &Words<AllergyCategory> = &[
    (AllergyCategory::Food, "food"),
    (AllergyCategory::Medication, "medication"),
    (AllergyCategory::Environment, "environment"),
    (AllergyCategory::Biologic, "biologic"),
];

const CRITICALITIES: &Words<Criticality> = &[
    (Criticality::Low, "low"),
    (Criticality::High, "high"),
    (Criticality::Unknown, "unable-to-assess"),
];

const SEVERITIES: &Words<Severity> = &[
    (Severity::Mild, "mild"),
    (Severity::Moderate, "moderate"),
    (Severity::Severe, "severe"),
];

pub(super) fn read(from: &AllergyResource) -> Result<Allergy, Problem> {
    let code = from
        .code
        .as_ref()
        .or_else(|| from.reaction.iter().find_map(|r| r.substance.as_ref()));
    let onset = from
        .onset_date_time
        .as_deref()
        .or(from.onset_period.as_ref().and_then(|p| p.start.as_deref()));
    let kept = |name| extension::code(&from.extension, name);
    let verification =
        kept("verification").or_else(|| first_code(from.verification_status.as_ref()));
    let status = kept("clinical-status").or_else(|| first_code(from.clinical_status.as_ref()));
    Ok(Allergy {
        substance: convert::concept_or_default(code),
        category: from
            .category
            .iter()
            .flatten()
            .find_map(|word| value(CATEGORIES, Some(word))),
        criticality: value(CRITICALITIES, from.criticality.as_deref()),
        status: value(STATES, status).unwrap_or_default(),
        verification: value(VERIFICATIONS, verification).unwrap_or_default(),
        reactions: from.reaction.iter().flat_map(reactions).collect(),
        onset: convert::date(onset, "onsetDateTime")?,
        recorded: convert::instant(from.recorded_date.as_deref(), "recordedDate")?,
        note: convert::note(&from.note),
        source: None,
    })
}

/// One reaction a sign; a reaction without a sign keeps its severity.
fn reactions(from: &ReactionPart) -> Vec<Reaction> {
    let severity = value(SEVERITIES, from.severity.as_deref());
    let mut signs: Vec<Concept> = from.manifestation.iter().map(concept).collect();
    if signs.is_empty() && severity.is_some() {
        signs.push(Concept::default());
    }
    signs
        .into_iter()
        .map(|manifestation| Reaction {
            manifestation,
            severity,
        })
        .collect()
}

pub(super) fn write(from: &Allergy, patient: types::Reference) -> AllergyResource {
    let status = word(STATES, from.status).unwrap_or_default();
    let verification = word(VERIFICATIONS, from.verification).unwrap_or_default();
    // R4 knows fewer states of allergies than of problems, and none beside "entered in error".
    let mistaken = from.verification == Verification::EnteredInError;
    let plain_status = match from.status {
        ClinicalStatus::Active | ClinicalStatus::Recurrence | ClinicalStatus::Relapse => "active",
        ClinicalStatus::Inactive | ClinicalStatus::Remission => "inactive",
        ClinicalStatus::Resolved => "resolved",
    };
    let plain_verification = match from.verification {
        Verification::Provisional | Verification::Differential => "unconfirmed",
        _ => &verification,
    };
    let mut kept = Vec::new();
    if mistaken || plain_status != status {
        kept.push(extension::of_code("clinical-status", &status));
    }
    if plain_verification != verification {
        kept.push(extension::of_code("verification", &verification));
    }
    AllergyResource {
        extension: kept,
        clinical_status: (!mistaken).then(|| coded(CLINICAL, plain_status)),
        verification_status: Some(coded(VERIFICATION, plain_verification)),
        category: from
            .category
            .iter()
            .map(|category| word(CATEGORIES, *category))
            .collect(),
        criticality: from
            .criticality
            .and_then(|criticality| word(CRITICALITIES, criticality)),
        code: to_concept(&from.substance),
        patient: Some(patient),
        onset_date_time: from.onset.map(|date| date.to_string()),
        onset_period: None,
        recorded_date: from.recorded.as_ref().map(ToString::to_string),
        note: convert::to_note(from.note.as_deref()),
        reaction: from.reactions.iter().map(to_reaction).collect(),
    }
}

fn to_reaction(from: &Reaction) -> ReactionPart {
    ReactionPart {
        substance: None,
        manifestation: to_concept(&from.manifestation).into_iter().collect(),
        severity: from
            .severity
            .and_then(|severity| word(SEVERITIES, severity)),
    }
}
