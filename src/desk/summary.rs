//! The page on which a chart opens, from the fold of `clinical::summary`.

use std::collections::BTreeMap;

use crate::clinical::news2::Risk;
use crate::clinical::summary::{About, Item, Series, summarise};
use crate::clinical::{Body, Instant, Measure, safety};
use crate::ledger::Section;

use super::order::Order;
use super::sheet::{Leaf, Sheet};
use super::view::{Alert, ChartView, News2, Note, Severity, Stamp, VitalSeries};

/// The vital signs of the summary, in the order of a ward chart.
const MEASURES: [Measure; 5] = [
    Measure::Systolic,
    Measure::Pulse,
    Measure::Respiration,
    Measure::SpO2,
    Measure::Temperature,
];

/// Fills alerts and summary.
pub fn fill(view: &mut ChartView, sheets: &BTreeMap<Section, Sheet>, now: u64) {
    let Some(today) = Instant::from_unix_millis(now as i64) else {
        return;
    };
    let orders: Vec<Order<'_>> = sheets
        .get(&Section::Medication)
        .map(|sheet| Order::all(sheet, now))
        .unwrap_or_default();
    let current = sheets
        .values()
        .flat_map(Sheet::current)
        .filter(|(_, body)| {
            !matches!(
                body,
                Body::Prescription(_) | Body::Dispense(_) | Body::RxEvent(_)
            )
        });
    let items = current
        .map(|(leaf, body)| item(leaf, body, None))
        .chain(orders.iter().filter_map(|order| {
            order
                .leaf
                .body()
                .map(|body| item(order.leaf, body, Some(order.given())))
        }));
    let summary = summarise(items, &today);
    // Where the section is closed, that nobody wrote of allergies cannot be said: `closed` says what was not seen.
    let medication_is_closed = !sheets.contains_key(&Section::Medication);
    view.alerts = summary
        .warnings
        .iter()
        .filter(|warning| !(medication_is_closed && warning.about == About::Allergy))
        .map(|warning| Alert {
            check: warning.about.to_string(),
            severity: severity(warning.severity),
            text: warning.text.clone(),
            overridden: false,
            at: warning.at.map(Stamp::from_millis),
        })
        .collect();
    let page = &mut view.summary;
    page.allergies = summary
        .allergies
        .iter()
        .map(|(_, allergy)| allergy.headline())
        .collect();
    if page.allergies.is_empty() && summary.none_known {
        page.allergies.push("none known".into());
    }
    page.problems = summary
        .problems
        .iter()
        .map(|(leaf, _)| headline(leaf))
        .collect();
    page.medicines = summary
        .medication
        .iter()
        .map(|(_, medicine)| medicine.title())
        .collect();
    page.notes = summary
        .notes
        .iter()
        .map(|(leaf, note)| Note {
            entry: leaf.core.id.to_string(),
            created: note
                .at
                .as_ref()
                .map_or_else(|| written(leaf), |at| Stamp::from_millis(at.unix_millis())),
            author: leaf.author.clone(),
            verified: true,
            text: note.text.clone(),
        })
        .collect();
    page.news2 = summary.score.as_ref().map(|score| {
        let complete = score.news2.is_ok();
        let risk = if complete {
            risk(score.known().risk())
        } else {
            "incomplete"
        };
        News2 {
            score: score.known().total(),
            risk: risk.into(),
            complete,
            at: Stamp::from_millis(score.at),
            followed: score.followed,
        }
    });
    page.vitals = MEASURES
        .iter()
        .flat_map(|measure| {
            let series = summary.vitals.iter();
            series.filter(|series| series.measure == *measure)
        })
        .filter_map(|series| row(series, &summary.vitals))
        .collect();
}

/// One row of the vital signs. A systolic pressure stands with the diastolic one that was taken with it, and with no other.
fn row<K>(series: &Series<K>, all: &[Series<K>]) -> Option<VitalSeries> {
    let (at, value) = *series.points.last()?;
    let pressure = series.measure == Measure::Systolic;
    let diastolic = all.iter().filter(|_| pressure).find(|other| {
        other.measure == Measure::Diastolic
            && other.self_reported == series.self_reported
            && other.points.last().is_some_and(|point| point.0 == at)
    });
    let latest = match (pressure, diastolic.and_then(|series| series.points.last())) {
        (true, Some((_, diastolic))) => format!("{value}/{diastolic}"),
        (true, None) => format!("{value}/–"),
        (false, _) => value.to_string(),
    };
    Some(VitalSeries {
        measure: if pressure {
            "BP".into()
        } else {
            series.measure.to_string()
        },
        unit: series.measure.unit().into(),
        series: series
            .points
            .iter()
            .map(|(_, value)| value.approx())
            .collect(),
        latest,
        abnormal: series.level.is_some()
            || diastolic.is_some_and(|diastolic| diastolic.level.is_some()),
        self_reported: series.self_reported,
        at: Stamp::from_millis(at),
    })
}

fn item<'a>(
    leaf: &'a Leaf,
    body: &'a Body,
    given: Option<crate::clinical::summary::Given>,
) -> Item<'a, &'a Leaf> {
    Item {
        key: leaf,
        written: leaf.core.created as i64,
        body,
        given,
    }
}

fn headline(leaf: &Leaf) -> String {
    leaf.body().map(Body::headline).unwrap_or_default()
}

fn written(leaf: &Leaf) -> Stamp {
    Stamp::from_millis(leaf.core.created as i64)
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::LowMedium => "low to medium",
        Risk::Medium => "medium",
        Risk::High => "high",
    }
}

/// A safety check's severity in the words of the contract.
pub fn severity(severity: safety::Severity) -> Severity {
    match severity {
        safety::Severity::Stop => Severity::Stop,
        safety::Severity::Warn => Severity::Warn,
        safety::Severity::Info => Severity::Info,
        safety::Severity::CouldNotRun => Severity::CouldNotRun,
    }
}
