//! Dose limits, for the medicines that `doses.txt` has.

use std::sync::LazyLock;

use super::ingredient::{Ingredient, recognise};
use super::{Alert, Check, Severity, Subject};
use crate::clinical::rx_status::same_unit;
use crate::clinical::{Decimal, Prescription};

const TABLE: &str = include_str!("doses.txt");

/// The limits of one ingredient by mouth, in mg.
#[derive(Debug)]
struct Limits {
    ingredient: &'static Ingredient,
    usual_from: Decimal,
    single: Decimal,
    daily: Decimal,
    /// For each kg of a child: single and daily.
    child: Option<(Decimal, Decimal)>,
    source: &'static str,
}

/// Below this age a child's weight decides.
const CHILD_MONTHS: u32 = 12 * 12;

static LIMITS: LazyLock<Vec<Limits>> =
    LazyLock::new(|| read(TABLE).expect("the table is checked by a test"));

fn read(text: &'static str) -> Result<Vec<Limits>, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines
        .map(|line| limits(line).ok_or_else(|| format!("cannot read: {line}")))
        .collect()
}

fn limits(line: &'static str) -> Option<Limits> {
    let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let &[name, from, single, daily, child_single, child_daily, source] = fields.as_slice() else {
        return None;
    };
    let child = match (child_single, child_daily) {
        ("", "") => None,
        (single, daily) => Some((single.parse().ok()?, daily.parse().ok()?)),
    };
    Some(Limits {
        ingredient: Ingredient::named(name).filter(|i| i.name == name)?,
        usual_from: from.parse().ok()?,
        single: single.parse().ok()?,
        daily: daily.parse().ok()?,
        child,
        source,
    })
}

/// One dose in mg, from the dose itself or from its count of units and their strength; `None` where that cannot be known.
pub fn milligrams(prescription: &Prescription) -> Option<Decimal> {
    let dose = prescription.dose.as_ref()?;
    if let Some(factor) = mass(&dose.unit) {
        return dose.value.times(factor);
    }
    let strength = prescription.strength.as_ref()?;
    let (per_unit, volume) = match strength.unit.split_once('/') {
        None => (strength.value.times(mass(&strength.unit)?)?, None),
        Some((unit, per)) => (strength.value.times(mass(unit.trim())?)?, Some(per)),
    };
    match volume {
        None if is_volume(&dose.unit) => None,
        None => dose.value.times(per_unit),
        Some(per) => {
            let digits = per
                .trim()
                .trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
            let count = if digits.is_empty() {
                Decimal::whole(1)
            } else {
                digits.parse().ok()?
            };
            let unit = per.trim().trim_start_matches(digits).trim();
            same_unit(unit, &dose.unit).then(|| {
                dose.value
                    .times(per_unit)?
                    .divide(count, 6)
                    .map(Decimal::normalized)
            })?
        }
    }
}

fn is_volume(unit: &str) -> bool {
    matches!(unit.to_lowercase().as_str(), "ml" | "l" | "drop" | "drops")
}

/// How many mg one of `unit` is.
fn mass(unit: &str) -> Option<Decimal> {
    let text = match unit.to_lowercase().as_str() {
        "g" | "gram" | "grams" => "1000",
        "mg" | "milligram" | "milligrams" => "1",
        "mcg" | "ug" | "µg" | "μg" | "microgram" | "micrograms" => "0.001",
        _ => return None,
    };
    text.parse().ok()
}

/// How many doses a day at most, rounded up to two digits; medicines taken less than daily count as one.
fn doses_a_day(prescription: &Prescription) -> Option<Decimal> {
    let frequency = prescription.frequency?;
    let minutes = i64::try_from(frequency.every.minutes()).ok()?.min(1_440);
    Decimal::whole(i64::from(frequency.times) * 1_440).divide(Decimal::whole(minutes), 2)
}

fn by_mouth(prescription: &Prescription) -> bool {
    let route = prescription.route.as_deref().unwrap_or("").to_lowercase();
    route.is_empty() || route.contains("mouth") || route.contains("oral") || route == "po"
}

fn limits_of(ingredient: &Ingredient) -> Option<&'static Limits> {
    LIMITS.iter().find(|l| l.ingredient == ingredient)
}

/// What to say where the dose lies within its limits: `dose within 250 to 1000 mg`.
pub(super) fn within(prescription: &Prescription) -> Option<String> {
    let found = recognise(&prescription.medicine);
    let [one] = found.ingredients.as_slice() else {
        return None;
    };
    let limits = limits_of(one).filter(|_| by_mouth(prescription))?;
    milligrams(prescription)?;
    Some(format!(
        "dose within {} to {} mg, at most {} mg a day",
        limits.usual_from, limits.single, limits.daily
    ))
}

pub(super) fn check(subject: &Subject) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = weekly(subject).into_iter().collect();
    let several = subject.medicine.ingredients.len() > 1;
    for ingredient in &subject.medicine.ingredients {
        let note = |text: String| Alert::new(Check::Dose, Severity::Info, text);
        match limits_of(ingredient) {
            None => alerts.push(note(format!(
                "{}: no dose limits known here",
                ingredient.name
            ))),
            Some(_) if !by_mouth(subject.prescription) => {
                alerts.push(note(format!(
                    "{}: dose limits are known by mouth only",
                    ingredient.name
                )));
            }
            Some(_) if several => {
                alerts.push(note(format!(
                    "{}: part of a product, its dose was not checked",
                    ingredient.name
                )));
            }
            Some(limits) => alerts.extend(against(limits, subject)),
        }
    }
    alerts
}

fn against(limits: &Limits, subject: &Subject) -> Vec<Alert> {
    let name = &limits.ingredient.name;
    let could_not = |why: &str| {
        vec![Alert::new(
            Check::Dose,
            Severity::CouldNotRun,
            format!("{name}: {why}; dose not checked"),
        )]
    };
    let Some(dose) = milligrams(subject.prescription) else {
        return could_not("the dose cannot be read as mg");
    };
    let Some(age) = subject.context.age_months else {
        return could_not("age unknown");
    };
    let (single, daily) = if age < CHILD_MONTHS {
        let Some((single, daily)) = limits.child else {
            return could_not("no limits for children known here");
        };
        let Some(weight) = subject.context.facts.and_then(|f| f.weight) else {
            return could_not("the child's weight is unknown");
        };
        let for_weight = |per_kg: Decimal, adult: Decimal| {
            let limit = per_kg.times(weight).map_or(adult, |d| d.round(1));
            if limit.compare(adult).is_gt() {
                adult
            } else {
                limit
            }
        };
        (
            for_weight(single, limits.single),
            for_weight(daily, limits.daily),
        )
    } else {
        (limits.single, limits.daily)
    };
    let mut alerts = Vec::new();
    let mut over = |amount: Decimal, limit: Decimal, what: &str| {
        if amount.compare(limit).is_gt() {
            let twice = limit
                .times(Decimal::whole(2))
                .is_some_and(|double| amount.compare(double).is_gt());
            let severity = if twice {
                Severity::Stop
            } else {
                Severity::Warn
            };
            let text = format!(
                "{name} {} mg {what}, the limit is {limit} mg",
                amount.normalized()
            );
            alerts.push(Alert::new(Check::Dose, severity, text).citing(limits.source));
        }
    };
    over(dose, single, "at once");
    match doses_a_day(subject.prescription).and_then(|n| n.times(dose)) {
        Some(total) => over(total.round(2), daily, "a day"),
        None => alerts.extend(could_not("how often it is taken is not written")),
    }
    if age >= CHILD_MONTHS && dose.compare(limits.usual_from).is_lt() {
        let text = format!(
            "{name} {} mg, usually from {} mg",
            dose.normalized(),
            limits.usual_from
        );
        alerts.push(Alert::new(Check::Dose, Severity::Info, text).citing(limits.source));
    }
    alerts
}

/// Methotrexate by mouth is taken once a week, but for cancer; taken daily by mistake it kills.
fn weekly(subject: &Subject) -> Option<Alert> {
    subject
        .medicine
        .ingredients
        .iter()
        .find(|i| i.name == "methotrexate")
        .filter(|_| by_mouth(subject.prescription))?;
    let frequency = subject.prescription.frequency;
    let weekly = frequency.is_some_and(|f| f.every.minutes() >= u64::from(f.times) * 7 * 1_440);
    (!weekly).then(|| {
        let text =
            "methotrexate by mouth more than once a week, or how often is not written: poisoning"
                .to_owned();
        Alert::new(Check::Dose, Severity::Stop, text)
            .citing("ISMP targeted best practices: weekly methotrexate")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{Concept, Quantity};

    fn rx(dose: &str, unit: &str, strength: Option<(&str, &str)>) -> Prescription {
        let quantity = |value: &str, unit| Quantity::new(value.parse::<Decimal>().unwrap(), unit);
        Prescription {
            medicine: Concept::text("amoxicillin"),
            dose: Some(quantity(dose, unit)),
            strength: strength.map(|(value, unit)| quantity(value, unit)),
            ..Prescription::default()
        }
    }

    #[test]
    fn the_table_can_be_read_and_its_limits_rise() {
        for limits in read(TABLE).unwrap() {
            assert!(
                limits.usual_from.compare(limits.single).is_le(),
                "{limits:?}"
            );
            assert!(limits.single.compare(limits.daily).is_le(), "{limits:?}");
        }
    }

    #[test]
    fn a_dose_is_read_as_mg_from_its_unit_or_its_strength() {
        let mg = |rx: &Prescription| milligrams(rx).map(|d| d.normalized().to_string());
        assert_eq!(mg(&rx("0.5", "g", None)).as_deref(), Some("500"));
        assert_eq!(mg(&rx("75", "mcg", None)).as_deref(), Some("0.075"));
        assert_eq!(
            mg(&rx("2", "capsules", Some(("250", "mg")))).as_deref(),
            Some("500")
        );
        assert_eq!(
            mg(&rx("10", "mL", Some(("125", "mg/5 mL")))).as_deref(),
            Some("250")
        );
        assert_eq!(
            mg(&rx("2", "mL", Some(("50", "mg/mL")))).as_deref(),
            Some("100")
        );
        assert_eq!(mg(&rx("10", "mL", Some(("250", "mg")))), None);
        assert_eq!(mg(&rx("1", "capsule", None)), None);
    }
}
