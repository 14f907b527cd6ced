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
/// How long a complete early-warning score stands against newer sets that are not complete, in hours: the least that the score's
/// source asks for is a set every 12 hours, so that two were missed by then. Abnormal values without a score are named as long.
pub const SCORE_HOURS: i64 = 24;
/// Milliseconds in an hour.
const HOUR_MILLIS: i64 = 3_600_000;
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

/// One measure over time, as the staff took it or as the patient reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series<K> {
    /// What was measured.
    pub measure: Measure,
    /// Whether the patient reported the values. **They never stand among those that were taken.**
    pub self_reported: bool,
    /// When (Unix milliseconds) and how much, from the oldest to the newest; at most [`SERIES_LENGTH`].
    pub points: Vec<(i64, Decimal)>,
    /// How far the newest value is from usual at this age.
    pub level: Option<FlagLevel>,
    /// The entry of the newest value.
    pub key: K,
}

/// The early-warning score of vital signs that a member of staff took. **A set that lacks something hides no score:** the last complete
/// one stands for [`SCORE_HOURS`], unless what is known of a newer set weighs more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// When they were taken, Unix milliseconds.
    pub at: i64,
    /// The score, or what it lacks.
    pub news2: Result<News2, Incomplete>,
    /// The set that was scored.
    pub vitals: Vitals,
    /// Whether vital signs were taken since.
    pub followed: bool,
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
    /// Each measure that was ever taken, in the order of [`Measure::ALL`]. What the patient reported follows what was taken, where it
    /// is newer or nothing was taken.
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
            .flat_map(|m| both(&items, *m, age_months))
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

impl Score {
    /// The points of what was recorded: the score, or what it cannot be below.
    pub fn known(&self) -> News2 {
        match &self.news2 {
            Ok(news2) => *news2,
            Err(incomplete) => incomplete.known,
        }
    }
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

/// What was taken of a measure, and what the patient reported since.
fn both<K: Copy>(
    items: &[Item<'_, K>],
    measure: Measure,
    age_months: Option<u32>,
) -> impl Iterator<Item = Series<K>> {
    let newest = |series: &Series<K>| series.points.last().map(|point| point.0);
    let taken = series(items, measure, false, age_months);
    let reported = series(items, measure, true, age_months).filter(|reported| {
        taken
            .as_ref()
            .is_none_or(|taken| newest(reported) > newest(taken))
    });
    taken.into_iter().chain(reported)
}

fn series<K: Copy>(
    items: &[Item<'_, K>],
    measure: Measure,
    self_reported: bool,
    age_months: Option<u32>,
) -> Option<Series<K>> {
    let taken = items
        .iter()
        .filter_map(|i| Some((i, vitals(i)?)))
        .filter(|(_, v)| v.self_reported == self_reported)
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
        self_reported,
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
    if !adult || pregnant {
        return None;
    }
    let scored = |v: &Vitals| {
        news2::Parameter::ALL
            .into_iter()
            .any(|p| p.points(v).is_some())
    };
    let oldest = now.unix_millis() - SCORE_HOURS * HOUR_MILLIS;
    let mut best: Option<Score> = None;
    for (item, vitals) in items.iter().filter_map(|i| Some((i, vitals(i)?))) {
        if vitals.self_reported || !scored(vitals) {
            continue;
        }
        if best.is_some() && item.at() < oldest {
            break;
        }
        let score = Score {
            at: item.at(),
            news2: News2::of(vitals),
            vitals: vitals.clone(),
            followed: best.is_some(),
        };
        let weight = |score: &Score| (score.known().risk(), score.known().total());
        let complete = score.news2.is_ok();
        if best.as_ref().is_none_or(|best| {
            weight(best) < weight(&score) || (complete && weight(best) == weight(&score))
        }) {
            best = Some(score);
        }
        if complete {
            break;
        }
    }
    best
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
