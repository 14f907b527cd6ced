//! Medication, <https://hl7.org/fhir/R4/medication.html>, and the facts that are remembered of what others point to.

use serde::Deserialize;

use super::convert::{self, concept, label};
use super::register::{Organisation, Practitioner, spoken};
use super::types::{self, r4};
use crate::clinical::{Concept, Decimal, Quantity};
use crate::interop::fhir::read::{Facts, Lookup};

r4! {
    struct Medication {
        identifier: Vec<types::Identifier>,
        code: Option<types::CodeableConcept>,
        form: Option<types::CodeableConcept>,
        ingredient: Vec<Ingredient>,
        batch: Option<Batch>,
    }

    struct Ingredient {
        item_codeable_concept: Option<types::CodeableConcept>,
        strength: Option<types::Ratio>,
    }

    struct Batch {
        lot_number: Option<String>,
        expiration_date: Option<String>,
    }

    struct Coded {
        identifier: Vec<types::Identifier>,
        code: Option<types::CodeableConcept>,
    }

    struct Named {
        identifier: Vec<types::Identifier>,
        name: Option<String>,
    }

    struct Id {
        id: Option<String>,
    }
}

/// The facts in a resource that others name by reference alone, with its id and identifiers; `None` for other types.
pub(in crate::interop::fhir) fn facts(
    resource_type: &str,
    bytes: &[u8],
) -> Option<(Facts, Option<String>, Vec<types::Identifier>)> {
    fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
        serde_json::from_slice(bytes).ok()
    }
    let called = |name: String| Facts {
        concept: Concept::text(&name),
        ..Facts::default()
    };
    let (facts, identifiers) = match resource_type {
        "Medication" => {
            let medication: Medication = parse(bytes)?;
            (of_medication(&medication), medication.identifier)
        }
        "Condition" | "Observation" | "Procedure" => {
            let coded: Coded = parse(bytes)?;
            let concept = coded.code.as_ref().map(concept)?;
            (
                Facts {
                    concept,
                    ..Facts::default()
                },
                coded.identifier,
            )
        }
        "Practitioner" => {
            let practitioner: Practitioner = parse(bytes)?;
            (
                called(practitioner.name.first().map(spoken)?),
                practitioner.identifier,
            )
        }
        "Organization" => {
            let organisation: Organisation = parse(bytes)?;
            (called(organisation.name?), organisation.identifier)
        }
        "Location" => {
            let place: Named = parse(bytes)?;
            (called(place.name?), place.identifier)
        }
        _ => return None,
    };
    let id: Id = parse(bytes)?;
    Some((facts, id.id, identifiers))
}

fn of_medication(from: &Medication) -> Facts {
    let ingredients: Vec<&types::CodeableConcept> = from
        .ingredient
        .iter()
        .filter_map(|ingredient| ingredient.item_codeable_concept.as_ref())
        .collect();
    let mut medicine = from.code.as_ref().map(concept).unwrap_or_default();
    if medicine.label().is_empty() {
        medicine = match ingredients[..] {
            [one] => concept(one),
            _ => Concept::text(
                &ingredients
                    .iter()
                    .map(|i| label(i))
                    .collect::<Vec<_>>()
                    .join(" / "),
            ),
        };
    }
    let strength = match &from.ingredient[..] {
        [one] => one.strength.as_ref().and_then(strength),
        _ => None,
    };
    let batch = from.batch.as_ref();
    Facts {
        concept: medicine,
        form: from.form.as_ref().map(label),
        strength,
        lot: batch.and_then(|batch| batch.lot_number.clone()),
        expiry: batch.and_then(|batch| {
            convert::date(batch.expiration_date.as_deref(), "batch")
                .ok()
                .flatten()
        }),
    }
}

/// A strength per one unit; per more than one it is no single quantity.
fn strength(from: &types::Ratio) -> Option<Quantity> {
    let per = from
        .denominator
        .as_ref()
        .and_then(|denominator| convert::decimal(denominator.value.as_ref()?));
    let one = per.is_none_or(|per| per.compare(Decimal::whole(1)).is_eq());
    one.then(|| convert::quantity(from.numerator.as_ref()?))
        .flatten()
}

/// The medicine of an order, dispense or administration: its own concept, else what its reference points to.
pub(super) fn medicine(
    coded: Option<&types::CodeableConcept>,
    reference: Option<&types::Reference>,
    lookup: &Lookup<'_>,
) -> Facts {
    if let Some(coded) = coded {
        return Facts {
            concept: concept(coded),
            ..Facts::default()
        };
    }
    let Some(reference) = reference else {
        return Facts::default();
    };
    let mut facts = lookup.facts(reference).cloned().unwrap_or_default();
    if facts.concept.label().is_empty() {
        facts.concept = lookup.concept(reference).unwrap_or_default();
    }
    facts
}
