//! The page on which a chart opens: a fold over the bodies that hold now.

use super::measure::Measure;
use super::news2::{self, Incomplete, News2};
use super::rx::{Course, Intent};
use super::rx_state::{DAY_MILLIS, State};
use super::{
    Allergy, Body, Condition, Decimal, FlagLevel, Identity, Instant, LabResult, MedicationSummary,
    Note, Pregnancy, Prescription, Vitals, coding::system,
};

mod warnings;

pub use warnings::{About, Warning};

/// How many of the newest values a series keeps.
pub const SERIES_LENGTH: usize = 32;
/// How many of the newest notes are shown.
pub const NOTES: usize = 3;
/// How long a recorded medicine without an end counts as taken, in days.
pub const RECORDED_DAYS: i64 = 365;
/// How long a dispensed medicine counts as taken whose days nobody can count.
pub const UNCOUNTED_DAYS: i64 = 30;

/// A body that holds now, with what the ledger knows of it. `K` is how the caller finds the entry again.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a, K> {
    /// The caller's name for the entry.
    pub key: K,
    /// When the entry was written, Unix milliseconds; it counts where the body names no moment of its own.
    pub written: i64,
    /// The body.
    pub body: &'a Body,
    /// For a prescription: where it stands.
    pub given: Option<Given>,
}

/// Where a prescription stands, as far as it decides whether the medicine is taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Its state.
    pub state: State,
    /// When something was last handed over, Unix milliseconds.
    pub last_dispensed: Option<i64>,
}

/// One measure over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series<K> {
    /// What was measured.
    pub measure: Measure,
    /// When (Unix milliseconds) and how much, from the oldest to the newest; at most [`SERIES_LENGTH`].
    pub points: Vec<(i64, Decimal)>,
    /// How far the newest value is from usual at this age.
    pub level: Option<FlagLevel>,
    /// The entry of the newest value.
    pub key: K,
}

/// The early-warning score of the newest vital signs that a member of staff took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// When they were taken, Unix milliseconds.
    pub at: i64,
    /// The score, or what it lacks.
    pub news2: Result<News2, Incomplete>,
}

/// The page on which a chart opens.
#[derive(Debug, Clone)]
pub struct Summary<'a, K> {
    /// Who the patient is.
    pub identity: Option<&'a Identity>,
    /// What must be seen first, the heaviest first.
    pub warnings: Vec<Warning>,
    /// Allergies that have to be heeded, the gravest first. Empty with `none_known` unset means that nobody wrote any.
    pub allergies: Vec<(K, &'a Allergy)>,
    /// Whether somebody recorded that no allergy is known.
    pub none_known: bool,
    /// Current problems, the newest first.
    pub problems: Vec<(K, &'a Condition)>,
    /// Current medication, the newest first, each medicine once.
    pub medication: Vec<(K, &'a Prescription)>,
    /// Each measure that was ever taken, in the order of [`Measure::ALL`].
    pub vitals: Vec<Series<K>>,
    /// The early-warning score, for patients whom it is meant for.
    pub score: Option<Score>,
    /// Body mass index, from the newest weight and height.
    pub bmi: Option<Decimal>,
    /// Blood group, from the newest result that names one.
    pub blood_group: Option<String>,
    /// The facts for medication checks.
    pub facts: Option<&'a MedicationSummary>,
    /// The newest notes, the newest first.
    pub notes: Vec<(K, &'a Note)>,
}

/// Folds the bodies that hold now, in any order, into the page on which a chart opens.
pub fn summarise<'a, K: Copy>(
    items: impl IntoIterator<Item = Item<'a, K>>,
    now: &Instant,
) -> Summary<'a, K> {
    let mut items: Vec<_> = items.into_iter().collect();
    // Newest first; among equals the later in the caller's order.
    items.reverse();
    items.sort_by_key(|item| std::cmp::Reverse(item.at()));
    let pick = |f: fn(&'a Body) -> Option<&'a Identity>| items.iter().find_map(|i| f(i.body));
    let identity = pick(|b| {
        if let Body::Identity(i) = b {
            Some(i)
        } else {
            None
        }
    });
    let age_months = identity.and_then(|i| i.age_months(now));
    let mut summary = Summary {
        identity,
        warnings: Vec::new(),
        allergies: collect(&items, |b| {
            if let Body::Allergy(a) = b {
                Some(a)
            } else {
                None
            }
        }),
        none_known: false,
        problems: collect(&items, |b| {
            if let Body::Condition(c) = b {
                Some(c)
            } else {
                None
            }
        }),
        medication: medication(&items, now.unix_millis()),
        vitals: Measure::ALL
            .iter()
            .filter_map(|m| series(&items, *m, age_months))
            .collect(),
        score: None,
        bmi: None,
        blood_group: items.iter().find_map(|i| blood_group(i.body)),
        facts: items.iter().find_map(|i| {
            if let Body::MedicationSummary(f) = i.body {
                Some(f)
            } else {
                None
            }
        }),
        notes: collect(
            &items,
            |b| if let Body::Note(n) = b { Some(n) } else { None },
        ),
    };
    summary.none_known = summary.allergies.iter().any(|(_, a)| a.is_none_known());
    summary
        .allergies
        .retain(|(_, a)| a.is_current() && !a.states_absence());
    summary.allergies.sort_by_key(|(_, a)| {
        std::cmp::Reverse((a.criticality == Some(super::Criticality::High), a.worst()))
    });
    summary.problems.retain(|(_, c)| c.is_current());
    summary.notes.truncate(NOTES);
    summary.bmi = bmi(&summary.vitals);
    summary.score = score(&items, identity, summary.facts, now);
    summary.warnings = warnings::of(&summary, &items, now, age_months);
    summary
}

impl<K> Item<'_, K> {
    /// The moment that the body speaks of, else when it was written.
    fn at(&self) -> i64 {
        self.body.at().map_or(self.written, Instant::unix_millis)
    }
}

fn collect<'a, K: Copy, T>(
    items: &[Item<'a, K>],
    f: fn(&'a Body) -> Option<&'a T>,
) -> Vec<(K, &'a T)> {
    items
        .iter()
        .filter_map(|i| Some((i.key, f(i.body)?)))
        .collect()
}

/// Whether the medicine is taken at `now`, as far as the chart can tell.
pub fn is_taken(prescription: &Prescription, written: i64, given: Option<Given>, now: i64) -> bool {
    let days = prescription.fill_days().map(i64::from);
    let lasts = |from: i64, days: i64| now < from.saturating_add(days.saturating_mul(DAY_MILLIS));
    if prescription.intent == Intent::Recorded {
        return match prescription.course {
            Some(course) => course == Course::Active,
            None => lasts(written, days.unwrap_or(RECORDED_DAYS)),
        };
    }
    match given {
        None => true,
        Some(given) => match given.state {
            State::Signed | State::Held | State::InPart => true,
            // What the prescriber took back is not taken.
            State::Draft | State::Recorded | State::Cancelled => false,
            // What was handed over is taken, whatever became of the rest.
            State::InFull | State::Expired | State::Refused => given
                .last_dispensed
                .is_some_and(|at| lasts(at, days.unwrap_or(UNCOUNTED_DAYS))),
        },
    }
}

fn medication<'a, K: Copy>(items: &[Item<'a, K>], now: i64) -> Vec<(K, &'a Prescription)> {
    let mut taken: Vec<(K, &'a Prescription)> = Vec::new();
    for item in items {
        let Body::Prescription(rx) = item.body else {
            continue;
        };
        let known = taken
            .iter()
            .any(|(_, other)| other.medicine.label() == rx.medicine.label());
        if !known && is_taken(rx, item.at(), item.given, now) {
            taken.push((item.key, rx));
        }
    }
    taken
}

fn vitals<'a, K>(item: &Item<'a, K>) -> Option<&'a Vitals> {
    if let Body::Vitals(vitals) = item.body {
        Some(vitals)
    } else {
        None
    }
}

fn series<K: Copy>(
    items: &[Item<'_, K>],
    measure: Measure,
    age_months: Option<u32>,
) -> Option<Series<K>> {
    let taken = items
        .iter()
        .filter_map(|i| Some((i, vitals(i)?)))
        .filter_map(|(i, v)| Some((i, v, v.value(measure)?)));
    let mut newest_first = taken.take(SERIES_LENGTH).peekable();
    let (key, level) = newest_first
        .peek()
        .map(|(item, vitals, _)| (item.key, vitals.level(measure, age_months)))?;
    let mut points: Vec<_> = newest_first
        .map(|(item, _, value)| (item.at(), value))
        .collect();
    points.reverse();
    Some(Series {
        measure,
        points,
        level,
        key,
    })
}

fn bmi<K>(vitals: &[Series<K>]) -> Option<Decimal> {
    let newest = |m| {
        vitals
            .iter()
            .find(|s| s.measure == m)
            .and_then(|s| s.points.last())
            .map(|p| p.1)
    };
    Vitals {
        weight: newest(Measure::Weight),
        height: newest(Measure::Height),
        ..Vitals::default()
    }
    .bmi()
}

fn score<K>(
    items: &[Item<'_, K>],
    identity: Option<&Identity>,
    facts: Option<&MedicationSummary>,
    now: &Instant,
) -> Option<Score> {
    let pregnant = facts.and_then(|f| f.pregnancy) == Some(Pregnancy::Pregnant);
    let adult = identity
        .and_then(|i| i.age_years(now))
        .is_none_or(|years| news2::applies(years, pregnant));
    let scored = |v: &Vitals| {
        news2::Parameter::ALL
            .into_iter()
            .any(|p| p.points(v).is_some())
    };
    let (item, vitals) = items
        .iter()
        .filter_map(|i| Some((i, vitals(i)?)))
        .find(|(_, v)| !v.self_reported && scored(v))?;
    (adult && !pregnant).then(|| Score {
        at: item.at(),
        news2: News2::of(vitals),
    })
}

/// LOINC codes of ABO and Rh together.
const BLOOD_GROUP: &str = "882-1";

fn blood_group(body: &Body) -> Option<String> {
    let Body::Result(LabResult {
        code,
        value: Some(value),
        ..
    }) = body
    else {
        return None;
    };
    (code.code_in(system::LOINC) == Some(BLOOD_GROUP)).then(|| value.to_string())
}

#[cfg(test)]
mod tests;
