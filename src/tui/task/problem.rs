//! A problem or diagnosis.

use super::super::popup::{Entry, Form, Wrong};
use super::chart::word;
use crate::clinical::coding::system::{ICD10, ICD10_CM};
use crate::clinical::{Body, Coding, Concept, Condition, Verification};
use crate::desk::view::Amends;

/// What the form begins with.
fn begun(amends: Option<&Amends>) -> Condition {
    match amends.map(|amends| &*amends.body) {
        Some(Body::Condition(before)) => before.clone(),
        _ => Condition {
            verification: Verification::Confirmed,
            ..Condition::default()
        },
    }
}

pub(super) fn entries(amends: Option<&Amends>) -> Vec<Entry> {
    let before = begun(amends);
    let onset = before.onset.map(|onset| onset.to_string());
    vec![
        Entry::text("problem", before.concept.label(), ""),
        Entry::text(
            "ICD-10",
            icd10(&before.concept).unwrap_or(""),
            "such as I10",
        ),
        Entry::choice(
            "status",
            before.status.as_str(),
            &[
                "active",
                "inactive",
                "remission",
                "resolved",
                "recurrence",
                "relapse",
            ],
        ),
        Entry::choice(
            "certainty",
            before.verification.as_str(),
            &[
                "unconfirmed",
                "provisional",
                "differential",
                "confirmed",
                "refuted",
            ],
        ),
        Entry::text(
            "since",
            onset.as_deref().unwrap_or(""),
            "2019, 2019-04 or 2019-04-03",
        ),
        Entry::text("remark", before.note.as_deref().unwrap_or(""), ""),
    ]
}

/// What the form says now. When a problem is new, its time is not known here.
pub(super) fn filled(form: &Form, amends: Option<&Amends>) -> Result<Condition, Wrong> {
    let mut condition = begun(amends);
    let words = form.needed("problem")?;
    if form.changed("problem") {
        // Codes that the form does not show were codes of what it was called before.
        condition.concept = Concept {
            text: words.to_owned(),
            codings: condition
                .concept
                .codings
                .into_iter()
                .filter(is_icd10)
                .collect(),
        };
    }
    if form.changed("ICD-10") {
        let codings = &mut condition.concept.codings;
        codings.retain(|coding| !is_icd10(coding));
        if let Some(code) = form.given("ICD-10") {
            codings.insert(0, Coding::new(ICD10, code, words));
        }
    }
    if form.changed("status") {
        condition.status = word(form, "status")?.unwrap_or_default();
        if condition.status.is_active() {
            condition.abatement = None;
        }
    }
    if form.changed("certainty") {
        condition.verification = word(form, "certainty")?.unwrap_or_default();
    }
    if form.changed("since") {
        condition.onset = form.parsed("since")?;
    }
    if form.changed("remark") {
        condition.note = form.given("remark").map(str::to_owned);
    }
    Ok(condition)
}

/// The code that stands in the field for it.
fn icd10(concept: &Concept) -> Option<&str> {
    concept.code_in(ICD10).or_else(|| concept.code_in(ICD10_CM))
}

fn is_icd10(coding: &Coding) -> bool {
    [ICD10, ICD10_CM].contains(&coding.system.as_str())
}
