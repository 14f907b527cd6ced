//! Whether an order says that it is for a controlled drug. The lists stand in `controlled.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::ingredient::Ingredient;
use super::{Alert, Check, Severity, Subject};
use crate::clinical::Schedule;

const TABLE: &str = include_str!("controlled.txt");

/// By the name of the ingredient: its schedule, and the list that has it.
type Listed = HashMap<&'static str, (Schedule, &'static str)>;

static LISTED: LazyLock<Listed> =
    LazyLock::new(|| read(TABLE).expect("the table is checked by a test"));

fn read(text: &'static str) -> Result<Listed, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut listed = Listed::new();
    for line in lines {
        let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
        let &[schedule, ingredients, source] = fields.as_slice() else {
            return Err(format!("three fields, please: {line}"));
        };
        let schedule = schedule.parse().map_err(|e| format!("{e}: {line}"))?;
        for name in ingredients.split(',').map(str::trim) {
            Ingredient::named(name)
                .filter(|ingredient| ingredient.name == name)
                .ok_or_else(|| format!("{name} is no ingredient"))?;
            listed.insert(name, (schedule, source));
        }
    }
    Ok(listed)
}

pub(super) fn check(subject: &Subject) -> Vec<Alert> {
    if subject.prescription.schedule.is_some() {
        return Vec::new();
    }
    // Codeine beside another ingredient is on a lower list, and which one is the prescriber's to say.
    let listed = subject
        .medicine
        .ingredients
        .iter()
        .filter_map(|ingredient| {
            let (schedule, source) = LISTED.get(ingredient.name.as_str())?;
            let text = format!(
                "{} is a controlled drug, {schedule} by itself; the order does not say so",
                ingredient.name
            );
            Some(Alert::new(Check::Controlled, Severity::Warn, text).citing(source))
        });
    listed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::safety::{Context, check};
    use crate::clinical::{Concept, Prescription};

    fn said(medicine: &str, schedule: Option<Schedule>) -> Vec<String> {
        let order = Prescription {
            medicine: Concept::text(medicine),
            schedule,
            ..Default::default()
        };
        let alerts = check(&order, &Context::default()).into_iter();
        let alerts = alerts.filter(|alert| alert.check == Check::Controlled);
        alerts.map(|alert| alert.text).collect()
    }

    #[test]
    fn the_table_reads() {
        read(TABLE).unwrap();
    }

    #[test]
    fn an_order_for_a_controlled_drug_that_does_not_say_so_is_warned_of() {
        let oxycodone = "oxycodone is a controlled drug, CII by itself; the order does not say so";
        for medicine in ["oxycodone", "OxyContin", "Percocet"] {
            assert_eq!(said(medicine, None), [oxycodone], "{medicine}");
        }
        assert!(said("oxycodone", Some(Schedule::Two)).is_empty());
        assert!(said("amoxicillin", None).is_empty());
        assert!(said("something unknown", None).is_empty());
    }
}
