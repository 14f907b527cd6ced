//! MedicationRequest, <https://hl7.org/fhir/R4/medicationrequest.html>.

use super::convert::{self, concept, first_code, label, to_concept, words};
use super::extension;
use super::medication::medicine;
use super::problem::Problem;
use super::timing::{frequency, span, to_timing};
use super::types::{self, r4};
use crate::clinical::rx::Course;
use crate::clinical::{Intent, Prescription, Substitution};
use crate::crypto::hex;
use crate::interop::fhir::read::Lookup;

r4! {
    struct MedicationRequest {
        extension: Vec<types::Extension>,
        /// Written only: what others contain is read by [`Lookup`], whatever its type.
        #[serde(skip_deserializing)]
        contained: Vec<Contained>,
        status: Option<String>,
        intent: Option<String>,
        medication_codeable_concept: Option<types::CodeableConcept>,
        medication_reference: Option<types::Reference>,
        subject: Option<types::Reference>,
        authored_on: Option<String>,
        reason_code: Vec<types::CodeableConcept>,
        reason_reference: Vec<types::Reference>,
        note: Vec<types::Annotation>,
        dosage_instruction: Vec<types::Dosage>,
        dispense_request: Option<DispenseRequest>,
        substitution: Option<SubstitutionPart>,
    }

    struct DispenseRequest {
        validity_period: Option<types::Period>,
        number_of_repeats_allowed: Option<types::Number>,
        quantity: Option<types::Quantity>,
        expected_supply_duration: Option<types::Quantity>,
        performer: Option<types::Reference>,
    }

    struct SubstitutionPart {
        allowed_boolean: Option<bool>,
        allowed_codeable_concept: Option<types::CodeableConcept>,
    }

    struct Contained {
        resource_type: Option<String>,
        id: Option<String>,
        code: Option<types::CodeableConcept>,
        form: Option<types::CodeableConcept>,
        ingredient: Vec<ContainedIngredient>,
    }

    struct ContainedIngredient {
        item_codeable_concept: Option<types::CodeableConcept>,
        strength: Option<types::Ratio>,
    }
}

/// The start of references to units of the same vault.
const UNIT: &str = "urn:chartseal:unit:";

pub(super) fn read(from: &MedicationRequest, lookup: &Lookup<'_>) -> Result<Prescription, Problem> {
    let what = medicine(
        from.medication_codeable_concept.as_ref(),
        from.medication_reference.as_ref(),
        lookup,
    );
    let dosage = from.dosage_instruction.first().cloned().unwrap_or_default();
    let request = from.dispense_request.clone().unwrap_or_default();
    let bounds = dosage
        .timing
        .as_ref()
        .and_then(|timing| timing.repeat.as_ref()?.bounds_duration.as_ref());
    let lapses = request
        .validity_period
        .as_ref()
        .and_then(|period| period.end.as_deref());
    let referenced = || {
        from.reason_reference
            .iter()
            .find_map(|reference| lookup.concept(reference))
    };
    let schedule = extension::code(&from.extension, "schedule").and_then(|word| word.parse().ok());
    let mut prescription = Prescription {
        intent: Intent::Recorded,
        medicine: what.concept,
        form: extension::string(&from.extension, "form")
            .map(str::to_owned)
            .or(what.form),
        strength: what.strength,
        dose: dosage
            .dose_and_rate
            .iter()
            .find_map(|dose| convert::quantity(dose.dose_quantity.as_ref()?)),
        route: dosage.route.as_ref().map(label),
        frequency: dosage.timing.as_ref().and_then(frequency),
        as_needed: as_needed(&dosage),
        duration: bounds
            .or(request.expected_supply_duration.as_ref())
            .and_then(span),
        quantity: request.quantity.as_ref().and_then(convert::quantity),
        refills: convert::whole(request.number_of_repeats_allowed.as_ref()).unwrap_or_default(),
        substitution: substitution(from.substitution.as_ref()),
        instructions: None,
        indication: from.reason_code.first().map(concept).or_else(referenced),
        pharmacy: request.performer.as_ref().and_then(pharmacy),
        schedule,
        written: convert::instant(from.authored_on.as_deref(), "authoredOn")?,
        expires: convert::instant(lapses, "dispenseRequest.validityPeriod.end")?,
        override_reason: extension::string(&from.extension, "override-reason").map(str::to_owned),
        source: None,
        course: course(from.status.as_deref()),
    };
    prescription.instructions = instructions(from, &prescription.sig());
    Ok(prescription)
}

/// Whether the medicine is still taken. A "completed" order was carried out, which does not say that its last tablet is gone: the dates
/// decide then, as they do where nothing is said.
pub(in crate::interop::fhir) fn course(status: Option<&str>) -> Option<Course> {
    match status? {
        "active" | "on-hold" => Some(Course::Active),
        "stopped" | "cancelled" | "entered-in-error" => Some(Course::Ended),
        _ => None,
    }
}

fn as_needed(from: &types::Dosage) -> Option<String> {
    from.as_needed_codeable_concept
        .as_ref()
        .map(label)
        .or((from.as_needed_boolean == Some(true)).then(String::new))
}

fn substitution(from: Option<&SubstitutionPart>) -> Substitution {
    let forbidden = from.is_some_and(|part| {
        part.allowed_boolean == Some(false)
            || first_code(part.allowed_codeable_concept.as_ref()) == Some("N")
    });
    if forbidden {
        Substitution::Forbidden
    } else {
        Substitution::Allowed
    }
}

/// What every dosage tells the patient, and the remarks: nothing that was said to them is lost because it stands second. What only
/// repeats the structured dosage in words is left out.
fn instructions(from: &MedicationRequest, sig: &str) -> Option<String> {
    let said = from.dosage_instruction.iter().flat_map(|dosage| {
        let plain = dosage
            .patient_instruction
            .clone()
            .or_else(|| dosage.text.clone().filter(|text| text != sig));
        plain
            .into_iter()
            .chain(dosage.additional_instruction.iter().map(label))
    });
    let lines: Vec<String> = said
        .chain(convert::note(&from.note))
        .filter(|line| !line.is_empty())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn pharmacy(from: &types::Reference) -> Option<[u8; 16]> {
    hex::unhex(from.reference.as_deref()?.strip_prefix(UNIT)?)?
        .try_into()
        .ok()
}

/// Writes an order with this status, or with the one that its course says.
pub(super) fn write(
    from: &Prescription,
    subject: types::Reference,
    status: Option<&str>,
) -> MedicationRequest {
    let kept = [
        from.schedule
            .map(|schedule| extension::of_code("schedule", schedule.as_str())),
        from.override_reason
            .as_deref()
            .map(|reason| extension::of_string("override-reason", reason)),
    ];
    let as_needed = from.as_needed.as_deref();
    let dosage = types::Dosage {
        patient_instruction: from.instructions.clone(),
        timing: to_timing(from.frequency, from.duration),
        as_needed_boolean: (as_needed == Some("")).then_some(true),
        as_needed_codeable_concept: as_needed.filter(|why| !why.is_empty()).map(words),
        route: from.route.as_deref().map(words),
        dose_and_rate: from
            .dose
            .iter()
            .map(|dose| types::DoseAndRate {
                dose_quantity: Some(convert::to_quantity(dose)),
                dose_range: None,
            })
            .collect(),
        text: Some(from.sig()).filter(|text| !text.is_empty()),
        additional_instruction: Vec::new(),
    };
    let request = DispenseRequest {
        validity_period: from.expires.as_ref().map(|end| types::Period {
            end: Some(end.to_string()),
            ..types::Period::default()
        }),
        number_of_repeats_allowed: Some(types::Number::of(i64::from(from.refills))),
        quantity: from.quantity.as_ref().map(convert::to_quantity),
        expected_supply_duration: None,
        performer: from.pharmacy.as_ref().map(|unit| types::Reference {
            reference: Some(format!("{UNIT}{}", hex::hex(unit))),
            ..types::Reference::default()
        }),
    };
    let (coded, contained) = to_medicine(from);
    let reference = contained.is_some().then(|| types::Reference {
        reference: Some("#medicine".to_owned()),
        ..types::Reference::default()
    });
    MedicationRequest {
        extension: kept.into_iter().flatten().collect(),
        contained: contained.into_iter().collect(),
        status: Some(
            status
                .unwrap_or(match from.course {
                    Some(Course::Active) => "active",
                    Some(Course::Ended) => "stopped",
                    None => "unknown",
                })
                .to_owned(),
        ),
        intent: Some("order".to_owned()),
        medication_codeable_concept: coded,
        medication_reference: reference,
        subject: Some(subject),
        authored_on: from.written.as_ref().map(ToString::to_string),
        reason_code: from
            .indication
            .as_ref()
            .and_then(to_concept)
            .into_iter()
            .collect(),
        reason_reference: Vec::new(),
        note: Vec::new(),
        dosage_instruction: vec![dosage],
        dispense_request: Some(request),
        substitution: Some(SubstitutionPart {
            allowed_boolean: Some(from.substitution == Substitution::Allowed),
            allowed_codeable_concept: None,
        }),
    }
}

/// The medicine in codes and words; with a form or a strength it needs a Medication of its own.
fn to_medicine(from: &Prescription) -> (Option<types::CodeableConcept>, Option<Contained>) {
    let code = to_concept(&from.medicine).or_else(|| Some(words("unknown")));
    if from.form.is_none() && from.strength.is_none() {
        return (code, None);
    }
    let one = types::Quantity {
        value: Some(types::Number::of(1)),
        ..types::Quantity::default()
    };
    let ingredient = from.strength.as_ref().map(|strength| ContainedIngredient {
        item_codeable_concept: code.clone(),
        strength: Some(types::Ratio {
            numerator: Some(convert::to_quantity(strength)),
            denominator: Some(one),
        }),
    });
    let medication = Contained {
        resource_type: Some("Medication".to_owned()),
        id: Some("medicine".to_owned()),
        code,
        form: from.form.as_deref().map(words),
        ingredient: ingredient.into_iter().collect(),
    };
    (None, Some(medication))
}
