//! Interactions with what the patient takes already, in two tiers: `high_priority.txt` stops, `label.txt` warns.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::class::Class;
use super::ingredient::Ingredient;
use super::{Alert, Check, Severity, Subject};

const HIGH_PRIORITY: &str = include_str!("high_priority.txt");
const LABEL: &str = include_str!("label.txt");
/// Where the high-priority list comes from.
const ONC: &str = "ONC high-priority list: Phansalkar et al., J Am Med Inform Assoc 2012;19:735";

/// One side of a rule.
#[derive(Debug, Clone)]
pub(super) enum Side {
    /// Any of these.
    Any(Vec<&'static Ingredient>),
    /// Any of this class.
    Class(Class),
}

/// That two sides do not go together.
#[derive(Debug)]
struct Rule {
    sides: [Side; 2],
    effect: &'static str,
    source: &'static str,
}

static STOPS: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read(HIGH_PRIORITY).expect("the table is checked by a test"));
static WARNINGS: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read(LABEL).expect("the table is checked by a test"));

impl Side {
    pub(super) fn has(&self, ingredient: &Ingredient) -> bool {
        match self {
            Self::Any(ingredients) => ingredients.iter().any(|i| i.name == ingredient.name),
            Self::Class(class) => ingredient.is(*class),
        }
    }
}

impl Rule {
    /// Whether the rule speaks of these two, in either order. It never speaks of one ingredient and itself.
    fn speaks_of(&self, x: &Ingredient, y: &Ingredient) -> bool {
        let [a, b] = &self.sides;
        x != y && ((a.has(x) && b.has(y)) || (a.has(y) && b.has(x)))
    }
}

fn read(text: &'static str) -> Result<Vec<Rule>, String> {
    let mut groups = HashMap::new();
    let mut rules = Vec::new();
    for line in text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        if let Some((name, members)) = line.split_once(" = ") {
            groups.insert(name, side(members, &groups)?);
            continue;
        }
        let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
        let (a, b, effect, source) = match *fields.as_slice() {
            [a, b, effect] => (a, b, effect, ONC),
            [a, b, effect, source] => (a, b, effect, source),
            _ => return Err(format!("three or four fields, please: {line}")),
        };
        rules.push(Rule {
            sides: [side(a, &groups)?, side(b, &groups)?],
            effect,
            source,
        });
    }
    Ok(rules)
}

fn side(text: &str, groups: &HashMap<&str, Side>) -> Result<Side, String> {
    if text.starts_with('@') {
        return groups
            .get(text)
            .cloned()
            .ok_or_else(|| format!("no group {text}"));
    }
    if let Some(class) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return class.parse().map(Side::Class).map_err(|e| format!("{e}"));
    }
    let known = |name: &str| Ingredient::named(name).filter(|i| i.name == name);
    let named = text
        .split(", ")
        .map(|name| known(name).ok_or_else(|| format!("no ingredient is called {name}")));
    named.collect::<Result<_, _>>().map(Side::Any)
}

/// Reads a list of names and classes, each a side of its own.
pub(super) fn sides(text: &str) -> Result<Vec<Side>, String> {
    text.split(", ")
        .map(|part| side(part, &HashMap::new()))
        .collect()
}

pub(super) fn check(subject: &Subject) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    for medicine in &subject.medicine.ingredients {
        for (concept, taken) in &subject.medication {
            for other in &taken.ingredients {
                for alert in between(medicine, other, concept.label()) {
                    // A product of several ingredients can meet the same rule more than once.
                    if !alerts.contains(&alert) {
                        alerts.push(alert);
                    }
                }
            }
        }
    }
    alerts
}

/// What stops, else every warning.
fn between(medicine: &Ingredient, other: &Ingredient, taken: &str) -> Vec<Alert> {
    let alerts = |severity, rules: &[Rule]| -> Vec<Alert> {
        let rules = rules.iter().filter(|rule| rule.speaks_of(medicine, other));
        let text = |rule: &Rule| format!("{} with {taken}: {}", medicine.name, rule.effect);
        rules
            .map(|rule| Alert::new(Check::Interaction, severity, text(rule)).citing(rule.source))
            .collect()
    };
    let stops = alerts(Severity::Stop, &STOPS);
    if stops.is_empty() {
        alerts(Severity::Warn, &WARNINGS)
    } else {
        stops
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_read_and_each_rule_names_what_happens_and_its_source() {
        let (stops, warnings) = (read(HIGH_PRIORITY).unwrap(), read(LABEL).unwrap());
        assert_eq!(
            stops.len(),
            18,
            "fifteen pairs, three of which are split by the class of the inhibitor"
        );
        assert!(warnings.len() > 60);
        for rule in stops.iter().chain(&warnings) {
            assert!(rule.effect.len() > 5 && rule.source.len() > 10, "{rule:?}");
        }
    }
}
