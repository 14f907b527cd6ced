//! What must be seen first in a chart.

use super::{HOUR_MILLIS, Item, SCORE_HOURS, Score, Summary};
use crate::clinical::news2::{Parameter, Risk};
use crate::clinical::rx_state::DAY_MILLIS;
use crate::clinical::safety::{self, Check, Context, Severity};
use crate::clinical::vocabulary::vocabulary;
use crate::clinical::{Allergy, Body, Concept, Instant, LinkKind, Measure, Prescription, Sex};

vocabulary! {
    /// What a warning speaks of.
    pub enum About {
        /// Who the patient is: merged, deceased.
        Identity = 0 "identity",
        /// An allergy.
        Allergy = 1 "allergy",
        /// Vital signs.
        Vitals = 2 "vitals",
        /// A result.
        Result = 3 "result",
        /// Current medicines that do not go together, or with the patient.
        Medication = 4 "medication",
    }
}

/// Something that must be seen first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it speaks of.
    pub about: About,
    /// How much it weighs.
    pub severity: Severity,
    /// What it says, in one line.
    pub text: String,
    /// When what it speaks of was found, Unix milliseconds.
    pub at: Option<i64>,
}

/// How long a critical result is shown.
const RESULT_DAYS: i64 = 7;

pub(super) fn of<K: Copy>(
    summary: &Summary<'_, K>,
    items: &[Item<'_, K>],
    now: &Instant,
    age_months: Option<u32>,
) -> Vec<Warning> {
    let mut warnings = identity(summary);
    warnings.extend(allergies(summary));
    warnings.extend(vital_signs(summary, now.unix_millis()));
    warnings.extend(results(items, now.unix_millis()));
    warnings.extend(medication(summary, age_months));
    warnings.sort_by_key(|w| w.severity);
    warnings
}

fn warning(about: About, severity: Severity, text: String, at: Option<i64>) -> Warning {
    Warning {
        about,
        severity,
        text,
        at,
    }
}

fn identity<K>(summary: &Summary<'_, K>) -> Vec<Warning> {
    let Some(identity) = summary.identity else {
        return Vec::new();
    };
    let deceased = identity.deceased.as_ref().map(|d| {
        d.on.map_or("deceased".to_owned(), |on| format!("deceased {on}"))
    });
    let merged = identity
        .link
        .as_ref()
        .filter(|l| l.kind == LinkKind::ReplacedBy);
    let merged = merged.map(|_| "this chart was merged into another; write there".to_owned());
    deceased
        .into_iter()
        .chain(merged)
        .map(|text| warning(About::Identity, Severity::Warn, text, None))
        .collect()
}

fn allergies<K>(summary: &Summary<'_, K>) -> Vec<Warning> {
    if summary.allergies.is_empty() && !summary.none_known {
        let text = "no allergies recorded, nor that there are none".to_owned();
        return vec![warning(About::Allergy, Severity::CouldNotRun, text, None)];
    }
    let line = |allergy: &Allergy| {
        let at = allergy.recorded.as_ref().map(Instant::unix_millis);
        warning(
            About::Allergy,
            Severity::Warn,
            format!("ALLERGY {}", allergy.headline()),
            at,
        )
    };
    summary
        .allergies
        .iter()
        .map(|(_, allergy)| line(allergy))
        .collect()
}

/// One line for a score that calls for somebody, with the values that make it; one for each critical value besides; and one for
/// whatever else was unusual within [`SCORE_HOURS`] and is part of no score.
fn vital_signs<K>(summary: &Summary<'_, K>, now: i64) -> Vec<Warning> {
    let score = summary.score.as_ref();
    let warned = score.filter(|score| score.known().risk() > Risk::Low);
    let mut warnings: Vec<Warning> = warned.map(|score| scored(score, now)).into_iter().collect();
    let mut unusual = Vec::new();
    for series in &summary.vitals {
        let (Some(level), Some((at, value))) = (series.level, series.points.last().copied()) else {
            continue;
        };
        let text = format!("{} {value} {}", series.measure, series.measure.unit());
        let text = text.trim_end().to_owned();
        let from = |score: &&Score| !series.self_reported && score.at == at;
        let named = warned
            .filter(from)
            .is_some_and(|score| points(score, series.measure) > 0);
        if level.is_critical() && !named {
            let whose = if series.self_reported {
                ", self-reported"
            } else {
                ""
            };
            let text = format!("{text}{whose}");
            warnings.push(warning(About::Vitals, Severity::Warn, text, Some(at)));
        } else if !level.is_critical()
            && !series.self_reported
            && at > now - SCORE_HOURS * HOUR_MILLIS
            && score
                .filter(from)
                .is_none_or(|score| warned.is_none() && score.news2.is_err())
        {
            unusual.push((at, text));
        }
    }
    if let Some(at) = unusual.iter().map(|(at, _)| *at).max() {
        let texts: Vec<String> = unusual.into_iter().map(|(_, text)| text).collect();
        let text = texts.join("  ");
        warnings.push(warning(About::Vitals, Severity::Info, text, Some(at)));
    }
    warnings
}

/// The line of a score.
fn scored(score: &Score, now: i64) -> Warning {
    let known = score.known();
    let part = |parameter: Parameter| {
        if known.points(parameter) == 0 {
            return None;
        }
        let vitals = &score.vitals;
        Some(match (parameter, measure_of(parameter)) {
            (Parameter::Breathing, _) => format!("on {}", vitals.breathing?),
            (Parameter::Consciousness, _) => vitals.consciousness?.to_string(),
            (_, measure) => {
                let measure = measure?;
                let unit = if measure.unit() == "%" { " %" } else { "" };
                format!("{measure} {}{unit}", vitals.value(measure)?)
            }
        })
    };
    let severity = if known.risk() >= Risk::Medium {
        Severity::Stop
    } else {
        Severity::Warn
    };
    let least = if score.news2.is_ok() { "" } else { "at least " };
    let age = if score.followed {
        format!(", {}", ago(score.at, now))
    } else {
        String::new()
    };
    let mut text = format!("NEWS2 {least}{}{age}", known.total());
    for part in Parameter::ALL.into_iter().filter_map(part) {
        text = format!("{text}  {part}");
    }
    warning(About::Vitals, severity, text, Some(score.at))
}

/// The points of a measure in a score.
fn points(score: &Score, measure: Measure) -> u8 {
    let parameter = Parameter::ALL
        .into_iter()
        .find(|parameter| measure_of(*parameter) == Some(measure));
    parameter.map_or(0, |parameter| score.known().points(parameter))
}

/// How long ago, coarsely.
fn ago(at: i64, now: i64) -> String {
    match (now - at).max(0) / 60_000 {
        minutes @ 0..60 => format!("{minutes} min ago"),
        minutes => format!("{} h ago", minutes / 60),
    }
}

const fn measure_of(parameter: Parameter) -> Option<Measure> {
    match parameter {
        Parameter::Respiration => Some(Measure::Respiration),
        Parameter::SpO2 => Some(Measure::SpO2),
        Parameter::Systolic => Some(Measure::Systolic),
        Parameter::Pulse => Some(Measure::Pulse),
        Parameter::Temperature => Some(Measure::Temperature),
        Parameter::Breathing | Parameter::Consciousness => None,
    }
}

fn results<K>(items: &[Item<'_, K>], now: i64) -> Vec<Warning> {
    let recent = items
        .iter()
        .filter(|i| i.at() > now - RESULT_DAYS * DAY_MILLIS);
    let critical = recent.filter(|i| i.body.flags().iter().any(|f| f.level.is_critical()));
    let critical = critical.filter(|i| matches!(i.body, Body::Result(_)));
    critical
        .map(|i| {
            warning(
                About::Result,
                Severity::Warn,
                i.body.headline(),
                Some(i.at()),
            )
        })
        .collect()
}

/// Whatever stops among the current medicines: each against those after it, and against the allergies.
fn medication<K>(summary: &Summary<'_, K>, age_months: Option<u32>) -> Vec<Warning> {
    let taken: Vec<&Prescription> = summary.medication.iter().map(|(_, rx)| *rx).collect();
    let allergies: Vec<Allergy> = summary
        .allergies
        .iter()
        .map(|(_, a)| (*a).clone())
        .collect();
    let mut warnings = Vec::new();
    for (n, rx) in taken.iter().enumerate() {
        let others: Vec<Concept> = taken[n + 1..]
            .iter()
            .map(|other| other.medicine.clone())
            .collect();
        let context = Context {
            allergies: &allergies,
            medication: &others,
            facts: summary.facts,
            age_months,
            sex: summary.identity.map_or(Sex::Unknown, |i| i.sex),
        };
        let stops = safety::check(rx, &context)
            .into_iter()
            .filter(|a| a.severity == Severity::Stop && a.check != Check::Dose);
        warnings.extend(stops.map(|a| {
            warning(
                About::Medication,
                Severity::Stop,
                format!("TAKEN {}", a.text),
                None,
            )
        }));
    }
    warnings
}
