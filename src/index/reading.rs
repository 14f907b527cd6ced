//! Which parts of each kind of body are facts to search for.
//!
//! Claims and other resources that were only kept ([`Body::Document`] with a media type that is not text) are found by their title, kind and day.

use crate::clinical::{
    Body, Concept, Identity, LabResult, Measure, Quantity, ResultValue, result::Bound,
};

use super::facts::{Facts, blood_group};
use super::number::Number;
use super::term::Field;
use super::vital::{self, Vital};

/// The longest text content of a document that is indexed, in bytes.
const MAX_DOCUMENT: usize = 1 << 20;

pub(super) fn read(facts: &mut Facts, body: &Body) {
    match body {
        Body::Identity(identity) => read_identity(facts, identity),
        Body::Vitals(vitals) => vitals
            .measured()
            .for_each(|(measure, value)| facts.measured(measure, value)),
        Body::Result(result) => read_result(facts, result),
        Body::Encounter(encounter) => {
            facts.concept(Field::Any, &encounter.kind);
            encounter
                .reasons
                .iter()
                .for_each(|reason| facts.concept(Field::Any, reason));
            facts.maybe_text(encounter.place.as_ref());
            facts.maybe_text(encounter.practitioner.as_ref());
        }
        Body::Condition(condition) => {
            facts.concept(Field::Diagnosis, &condition.concept);
            for coding in &condition.concept.codings {
                // E11.9 is found as E11 too, as the classification is a tree.
                if let Some((category, _)) = coding.code.split_once('.') {
                    facts.value(Field::Diagnosis, category);
                }
            }
            facts.maybe_text(condition.note.as_ref());
        }
        Body::Allergy(allergy) => {
            facts.concept(Field::Allergy, &allergy.substance);
            allergy
                .reactions
                .iter()
                .for_each(|reaction| facts.concept(Field::Any, &reaction.manifestation));
            facts.maybe_text(allergy.note.as_ref());
        }
        Body::Note(note) => {
            facts.text(Field::Any, &note.title);
            facts.text(Field::Any, &note.text);
        }
        Body::Procedure(procedure) => {
            facts.concept(Field::Any, &procedure.concept);
            procedure
                .reasons
                .iter()
                .for_each(|reason| facts.concept(Field::Any, reason));
            facts.maybe_text(procedure.note.as_ref());
        }
        Body::Immunisation(immunisation) => {
            facts.concept(Field::Any, &immunisation.vaccine);
            facts.maybe_text(immunisation.not_given.as_ref());
            facts.maybe_text(immunisation.lot.as_ref());
        }
        Body::Document(document) => {
            facts.text(Field::Any, &document.title);
            facts.concept(Field::Any, &document.kind);
            if document.media_type.starts_with("text/") {
                let content = &document.content[..document.content.len().min(MAX_DOCUMENT)];
                facts.text(Field::Any, &String::from_utf8_lossy(content));
            }
        }
        Body::Prescription(prescription) => {
            facts.concept(Field::Medicine, &prescription.medicine);
            let texts = [
                &prescription.form,
                &prescription.route,
                &prescription.instructions,
                &prescription.as_needed,
                &prescription.override_reason,
            ];
            for text in texts {
                facts.maybe_text(text.as_ref());
            }
            for quantity in [&prescription.strength, &prescription.dose]
                .into_iter()
                .flatten()
            {
                facts.text(Field::Any, &quantity.to_string());
            }
            if let Some(indication) = &prescription.indication {
                facts.concept(Field::Any, indication);
            }
        }
        Body::Dispense(dispense) => {
            facts.concept(Field::Medicine, &dispense.medicine);
            let texts = [
                &dispense.lot,
                &dispense.pharmacist,
                &dispense.counselling,
                &dispense.override_reason,
            ];
            for text in texts {
                facts.maybe_text(text.as_ref());
            }
        }
        Body::Administration(administration) => {
            facts.concept(Field::Medicine, &administration.medicine);
            facts.maybe_text(administration.reason.as_ref());
        }
        Body::MedicationSummary(summary) => {
            if let Some(weight) = summary.weight {
                facts.measured(Measure::Weight, weight);
            }
            if let Some(egfr) = summary.egfr {
                facts.number(&Vital::Egfr.key(), Number::of(egfr));
            }
        }
        Body::RxEvent(event) => facts.text(Field::Any, &event.text),
        Body::Retraction(retraction) => facts.text(Field::Any, &retraction.reason),
    }
}

fn read_identity(facts: &mut Facts, identity: &Identity) {
    if let Some(mrn) = identity.mrn {
        facts.identifier(&mrn.to_string());
        // Without its check digit, as people say it.
        facts.value(Field::Mrn, &mrn.number().to_string());
    }
    identity
        .identifiers
        .iter()
        .for_each(|identifier| facts.identifier(&identifier.value));
    identity
        .names
        .iter()
        .for_each(|name| facts.name(Field::Name, name));
    identity
        .birth
        .into_iter()
        .for_each(|date| facts.birth(date));
    identity.phones.iter().for_each(|phone| facts.phone(phone));
    identity
        .emails
        .iter()
        .for_each(|email| facts.text(Field::Any, email));
    for address in &identity.addresses {
        address
            .lines
            .iter()
            .for_each(|line| facts.text(Field::Any, line));
        let parts = [
            &address.city,
            &address.district,
            &address.state,
            &address.postal_code,
        ];
        for part in parts {
            facts.text(Field::Any, part);
        }
    }
    for kin in &identity.next_of_kin {
        facts.name(Field::Any, &kin.name);
        facts.phone(&kin.phone);
    }
}

fn read_result(facts: &mut Facts, result: &LabResult) {
    let components = result
        .components
        .iter()
        .map(|component| (&component.code, component.value.as_ref()));
    for (code, value) in std::iter::once((&result.code, result.value.as_ref())).chain(components) {
        facts.concept(Field::Lab, code);
        let codes = code.codings.iter().map(|coding| coding.code.as_str());
        match value {
            None => {}
            Some(ResultValue::Quantity(quantity)) => {
                read_number(facts, code, quantity, |number| number);
            }
            Some(ResultValue::Bound(bound, quantity)) => {
                // "< 5" is the number just below 5: found by `<5` and `<10`, not by `>=5`.
                read_number(facts, code, quantity, |number| match bound {
                    Bound::Below => number.below(),
                    Bound::Above => number.above(),
                    _ => number,
                });
            }
            Some(ResultValue::Text(text)) => {
                facts.text(Field::Any, text);
                read_blood_group(facts, codes, text);
            }
            Some(ResultValue::Coded(concept)) => {
                facts.concept(Field::Any, concept);
                read_blood_group(facts, codes, concept.label());
            }
        }
    }
    facts.maybe_text(result.note.as_ref());
}

/// The number of a result: as written under its codes, and by the name that it may have.
fn read_number(
    facts: &mut Facts,
    code: &Concept,
    quantity: &Quantity,
    exact: impl Fn(Number) -> Number,
) {
    for coding in &code.codings {
        facts.number(&coding.code, exact(Number::of(quantity.value)));
    }
    if let Some((vital, value)) = Vital::of_result(code, quantity) {
        facts.number(&vital.key(), exact(Number::of(value)));
    }
}

fn read_blood_group<'a>(
    facts: &mut Facts,
    mut codes: impl Iterator<Item = &'a str>,
    written: &str,
) {
    if codes.any(|code| vital::BLOOD_GROUP.contains(&code))
        && let Some((group, rhesus)) = blood_group(written)
    {
        facts.value(Field::Blood, group);
        facts.value(Field::Blood, &format!("{group}{rhesus}"));
    }
}
