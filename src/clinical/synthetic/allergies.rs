//! Allergies of the invented patients: some trip a check, some are refuted, some were never asked about.

use super::chance::Chance;
use super::history::clock;
use crate::clinical::{
    Allergy, AllergyCategory, Body, Concept, Criticality, Instant, PartialDate, Reaction, Severity,
    Verification,
};

fn allergy(
    substance: Concept,
    category: AllergyCategory,
    reaction: &str,
    severity: Severity,
    sure: Verification,
    at: Instant,
) -> Body {
    Body::Allergy(Allergy {
        substance,
        category: Some(category),
        criticality: Some(if severity == Severity::Severe {
            Criticality::High
        } else {
            Criticality::Low
        }),
        verification: sure,
        reactions: vec![Reaction {
            manifestation: Concept::text(reaction),
            severity: Some(severity),
        }],
        onset: PartialDate::year_only(at.local_date().year()),
        recorded: Some(at),
        ..Allergy::default()
    })
}

pub(super) fn allergies(chance: &mut Chance, n: usize, now: &Instant) -> Vec<Body> {
    let at = clock(now, chance.between(400, 3_000), 10 * 60);
    let medicine = |text: &str, reaction, severity, sure| {
        allergy(
            Concept::text(text),
            AllergyCategory::Medication,
            reaction,
            severity,
            sure,
            at.clone(),
        )
    };
    let food = |text: &str, reaction| {
        allergy(
            Concept::text(text),
            AllergyCategory::Food,
            reaction,
            Severity::Moderate,
            Verification::Confirmed,
            at.clone(),
        )
    };
    match (n % 8, chance.between(1, 100)) {
        (0, _) => vec![medicine(
            "penicillin",
            "anaphylaxis",
            Severity::Severe,
            Verification::Confirmed,
        )],
        (_, 1..=6) => vec![medicine(
            "sulfonamides",
            "rash",
            Severity::Moderate,
            Verification::Confirmed,
        )],
        (_, 7..=12) => vec![medicine(
            "aspirin",
            "wheezing",
            Severity::Severe,
            Verification::Unconfirmed,
        )],
        (_, 13..=17) => vec![
            medicine("amoxicillin", "rash", Severity::Mild, Verification::Refuted),
            none_known(at),
        ],
        (_, 18..=22) => vec![medicine(
            "codeine",
            "vomiting",
            Severity::Mild,
            Verification::Unconfirmed,
        )],
        (_, 23..=32) => vec![food("peanut", "hives"), food("strawberry", "itching mouth")],
        // Of some patients nobody has asked yet, which every check has to say.
        (_, 33..=40) => Vec::new(),
        _ => vec![none_known(at)],
    }
}

fn none_known(at: Instant) -> Body {
    Body::Allergy(Allergy {
        recorded: Some(at),
        ..Allergy::none_known()
    })
}
