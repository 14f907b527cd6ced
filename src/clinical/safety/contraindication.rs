//! Who should not take what: kidney function, pregnancy, breastfeeding, age. The rules stand in `contraindications.txt`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::interaction::{Side, sides};
use super::{Alert, Check, Severity, Subject};
use crate::clinical::{Decimal, Pregnancy, Sex};

const TABLE: &str = include_str!("contraindications.txt");

/// When a rule applies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    EgfrBelow(Decimal),
    YoungerThan(u32),
    AtLeast(u32),
    Pregnant,
    Breastfeeding,
}

#[derive(Debug)]
struct Rule {
    when: When,
    medicines: Vec<Side>,
    severity: Severity,
    why: &'static str,
    source: &'static str,
}

/// Whether a rule applies to a patient.
enum Applies {
    Yes(String),
    No,
    /// What would have to be known.
    Unknown(&'static str),
}

static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read(TABLE).expect("the table is checked by a test"));

fn read(text: &'static str) -> Result<Vec<Rule>, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines
        .map(|line| rule(line).map_err(|e| format!("{e}: {line}")))
        .collect()
}

fn rule(line: &'static str) -> Result<Rule, String> {
    let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let &[when, medicines, severity, why, source] = fields.as_slice() else {
        return Err("five fields, please".into());
    };
    let number = |text: &str| {
        text.parse()
            .map_err(|_| format!("{text} is no number of years"))
    };
    let when = match when.split(' ').collect::<Vec<_>>().as_slice() {
        ["eGFR", "<", n] => When::EgfrBelow(n.parse().map_err(|_| "no decimal")?),
        ["age", "<", n] => When::YoungerThan(number(n)?),
        ["age", ">=", n] => When::AtLeast(number(n)?),
        ["pregnant"] => When::Pregnant,
        ["breastfeeding"] => When::Breastfeeding,
        _ => return Err("when?".into()),
    };
    let severity = severity.parse().map_err(|e| format!("{e}"))?;
    Ok(Rule {
        when,
        medicines: sides(medicines)?,
        severity,
        why,
        source,
    })
}

impl When {
    const fn check(self) -> Check {
        match self {
            Self::EgfrBelow(_) => Check::Renal,
            Self::YoungerThan(_) | Self::AtLeast(_) => Check::Age,
            Self::Pregnant | Self::Breastfeeding => Check::Pregnancy,
        }
    }

    fn applies(self, subject: &Subject) -> Applies {
        let facts = subject.context.facts;
        let age = subject.context.age_years();
        let years = |applies: fn(u32, u32) -> bool, limit| match age {
            Some(years) if applies(years, limit) => Applies::Yes(format!("{years} years old")),
            Some(_) => Applies::No,
            None => Applies::Unknown("age unknown"),
        };
        match self {
            Self::EgfrBelow(limit) => match facts.and_then(|f| f.egfr) {
                Some(egfr) if egfr.compare(limit) == Ordering::Less => {
                    Applies::Yes(format!("eGFR {egfr} mL/min"))
                }
                Some(_) => Applies::No,
                None => Applies::Unknown("renal function unknown"),
            },
            Self::YoungerThan(limit) => years(|years, limit| years < limit, limit),
            Self::AtLeast(limit) => years(|years, limit| years >= limit, limit),
            Self::Pregnant => match facts.and_then(|f| f.pregnancy) {
                Some(Pregnancy::Pregnant) => Applies::Yes("pregnant".to_owned()),
                None if may_be_pregnant(subject) => {
                    Applies::Unknown("nobody recorded whether the patient is pregnant")
                }
                Some(Pregnancy::NotPregnant | Pregnancy::NotPossible) | None => Applies::No,
            },
            Self::Breastfeeding => match facts.and_then(|f| f.breastfeeding) {
                Some(true) => Applies::Yes("breastfeeding".to_owned()),
                // Not asked and not likely are too close together to be loud about each order.
                Some(false) | None => Applies::No,
            },
        }
    }
}

/// Neither recorded as male nor outside the ages of 12 to 55.
fn may_be_pregnant(subject: &Subject) -> bool {
    let age = subject
        .context
        .age_years()
        .is_none_or(|years| (12..=55).contains(&years));
    age && subject.context.sex != Sex::Male
}

pub(super) fn check(subject: &Subject) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = Vec::new();
    for medicine in &subject.medicine.ingredients {
        for rule in RULES
            .iter()
            .filter(|rule| rule.medicines.iter().any(|side| side.has(medicine)))
        {
            let check = rule.when.check();
            // Of several limits of one kind the gravest that applies comes first in the table.
            if alerts
                .iter()
                .any(|a| a.check == check && a.text.starts_with(&medicine.name))
            {
                continue;
            }
            match rule.when.applies(subject) {
                Applies::Yes(what) => {
                    let text = format!("{}, {what}: {}", medicine.name, rule.why);
                    alerts.push(Alert::new(check, rule.severity, text).citing(rule.source));
                }
                Applies::Unknown(what) => {
                    let text = format!("{}: {what}; {}", medicine.name, rule.why);
                    alerts.push(Alert::new(check, Severity::CouldNotRun, text).citing(rule.source));
                }
                Applies::No => {}
            }
        }
    }
    alerts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_each_rule_names_its_source() {
        let rules = read(TABLE).unwrap();
        assert!(rules.len() > 30);
        for rule in rules {
            assert!(rule.why.len() > 5 && rule.source.len() > 5, "{rule:?}");
        }
    }
}
