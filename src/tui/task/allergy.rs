//! An allergy or intolerance, or the statement that none is known.

use super::super::popup::{Entry, Form, Wrong};
use super::chart::word;
use crate::clinical::{Allergy, Body, Concept, Reaction};
use crate::desk::view::Amends;

/// What stands between reactions that share the one field.
const BETWEEN: &str = "; ";

/// What the form begins with.
fn begun(amends: Option<&Amends>) -> Allergy {
    match amends.map(|amends| &*amends.body) {
        Some(Body::Allergy(before)) => before.clone(),
        _ => Allergy::default(),
    }
}

pub(super) fn entries(amends: Option<&Amends>) -> Vec<Entry> {
    let before = begun(amends);
    let signs = before.reactions.iter();
    let signs = signs.map(|reaction| reaction.manifestation.label());
    let signs: Vec<&str> = signs.filter(|sign| !sign.is_empty()).collect();
    let severity = before.worst();
    vec![
        Entry::text("substance", before.substance.label(), "or none known"),
        Entry::text(
            "reaction",
            &signs.join(BETWEEN),
            "such as anaphylaxis; rash",
        ),
        Entry::choice(
            "severity",
            severity.map_or("", |severity| severity.as_str()),
            &["mild", "moderate", "severe"],
        ),
        Entry::choice(
            "danger",
            before.criticality.map_or("", |danger| danger.as_str()),
            &["low", "high", "unknown"],
        ),
        Entry::choice(
            "certainty",
            before.verification.as_str(),
            &["unconfirmed", "confirmed", "refuted"],
        ),
        Entry::text("remark", before.note.as_deref().unwrap_or(""), ""),
    ]
}

/// What the form says now. When an allergy is new, its time is not known here.
pub(super) fn filled(form: &Form, amends: Option<&Amends>) -> Result<Allergy, Wrong> {
    let mut allergy = begun(amends);
    let substance = form.needed("substance")?;
    if form.changed("substance") {
        if substance.eq_ignore_ascii_case("none known") {
            return Ok(Allergy {
                recorded: allergy.recorded,
                source: allergy.source,
                ..Allergy::none_known()
            });
        }
        // Its codes and its sort were those of another substance.
        allergy.substance = Concept::text(substance);
        allergy.category = None;
    }
    if form.changed("danger") {
        allergy.criticality = word(form, "danger")?;
    }
    if form.changed("certainty") {
        allergy.verification = word(form, "certainty")?.unwrap_or_default();
    }
    if form.changed("reaction") || form.changed("severity") {
        allergy.reactions = reactions(form, &allergy)?;
    }
    if form.changed("remark") {
        allergy.note = form.given("remark").map(str::to_owned);
    }
    Ok(allergy)
}

/// The reactions that are named, those of before with their codes and severities. The severity in the field is that of the worst one:
/// changed, it is that one's, and every new one has it.
fn reactions(form: &Form, before: &Allergy) -> Result<Vec<Reaction>, Wrong> {
    let (severity, worst) = (word(form, "severity")?, before.worst());
    let mut known = before.reactions.clone();
    for reaction in &mut known {
        if reaction.severity == worst {
            reaction.severity = severity;
        }
    }
    let (mut reactions, mut known): (Vec<_>, Vec<_>) = known
        .into_iter()
        // What has no name stands in no field.
        .partition(|reaction| reaction.manifestation.label().is_empty());
    let named = form
        .given("reaction")
        .unwrap_or_default()
        .split(BETWEEN.trim());
    for sign in named.map(str::trim).filter(|sign| !sign.is_empty()) {
        let at = known
            .iter()
            .position(|reaction| reaction.manifestation.label() == sign);
        reactions.push(match at {
            Some(at) => known.remove(at),
            None => Reaction {
                manifestation: Concept::text(sign),
                severity,
            },
        });
    }
    if reactions.is_empty() && severity.is_some() {
        return Err(Wrong::new(
            "reaction",
            "of which reaction is this the severity?",
        ));
    }
    Ok(reactions)
}
