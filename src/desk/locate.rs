//! From a record number to a chart and back.

use std::collections::HashMap;

use crate::clinical::{Mrn, Role};
use crate::crypto::hash::Hash;
use crate::ledger::{ChartId, Clear, Section};
use crate::vault::Reader;

use super::error::DeskError;
use super::session::Session;
use super::sheet::Sheet;

/// The locator's field for record numbers of this hospital.
pub const MRN: &str = "mrn";

/// So many numbers beyond the count of charts are tried: one that was taken is passed over where numbers are issued.
const PASSED_OVER: u32 = 64;

/// Finds a chart by record number.
pub fn chart(session: &Session, reader: &mut Reader<'_>, mrn: &str) -> Result<ChartId, DeskError> {
    let none = || DeskError::NoSuchChart(mrn.chars().take(40).collect());
    if session.role() == Role::Patient {
        return own_charts(reader)
            .into_iter()
            .find(|chart| number(reader, *chart).is_ok_and(|found| found.as_deref() == Some(mrn)))
            .ok_or_else(none);
    }
    let parsed: Mrn = mrn
        .parse()
        .map_err(|error| DeskError::BadInput(format!("{error}")))?;
    let tag = reader.locator_tag(MRN, &parsed.to_string())?;
    tagged(reader, &tag)?.ok_or_else(none)
}

/// The chart that a tag leads to, for whoever finds or matches one. **The tag must stand in an enrolment of that very chart which
/// counts**; the table is only a shortcut, and whoever edits it leads nobody to another chart.
pub fn tagged(reader: &Reader<'_>, tag: &Hash) -> Result<Option<ChartId>, DeskError> {
    let Some(found) = reader.tx().locate(tag)? else {
        return Ok(None);
    };
    let refused = &reader.directory().findings;
    for entry in reader.tx().clear_of_chart(&found)? {
        let seq = entry.seq();
        let body = entry
            .open_clear()
            .map_err(|error| DeskError::Damaged(format!("entry {seq}: {error}")))?;
        let Ok(Clear::Enrolment(enrolment)) = Clear::decode(&body) else {
            continue;
        };
        let names = enrolment.chart == found && enrolment.tags.contains(tag);
        if names && refused.iter().all(|finding| finding.seq != seq) {
            reader.verify(&entry)?;
            return Ok(Some(found));
        }
    }
    Err(DeskError::Damaged(
        "the locator names a chart that no enrolment confirms: `chartseal verify` says which"
            .into(),
    ))
}

/// The charts of which the person is the patient.
pub fn own_charts(reader: &Reader<'_>) -> Vec<ChartId> {
    let me = reader.me();
    let charts = reader.directory().charts.iter();
    charts
        .filter(|(_, state)| state.patient == Some(me))
        .map(|(chart, _)| *chart)
        .collect()
}

/// The record numbers of charts whose identity does not open, for who holds the locator's key all the same, as everyone employed does:
/// each number that can have been issued is tried once. **It says no more than asking for each number would.**
#[derive(Default)]
pub struct Issued(Option<HashMap<ChartId, (String, Hash)>>);

impl Issued {
    /// The number under which an enrolment has this chart.
    pub fn number(
        &mut self,
        reader: &Reader<'_>,
        chart: ChartId,
    ) -> Result<Option<String>, DeskError> {
        let known = match &mut self.0 {
            Some(known) => known,
            none => none.insert(issued(reader)?),
        };
        let Some((mrn, tag)) = known.get(&chart) else {
            return Ok(None);
        };
        let confirmed = tagged(reader, tag)? == Some(chart);
        Ok(confirmed.then(|| mrn.clone()))
    }
}

fn issued(reader: &Reader<'_>) -> Result<HashMap<ChartId, (String, Hash)>, DeskError> {
    let mut found = HashMap::new();
    let most = u32::try_from(reader.directory().charts.len()).unwrap_or(u32::MAX);
    for mrn in (1..=most.saturating_add(PASSED_OVER)).map(Mrn::issue) {
        let mrn = mrn.to_string();
        // Whoever is not of the staff holds no such key, and learns no number.
        let Ok(tag) = reader.locator_tag(MRN, &mrn) else {
            break;
        };
        if let Some(chart) = reader.tx().locate(&tag)? {
            found.insert(chart, (mrn, tag));
        }
    }
    Ok(found)
}

/// The record number that stands in a chart's identity.
pub fn number(reader: &mut Reader<'_>, chart: ChartId) -> Result<Option<String>, DeskError> {
    let sheet = Sheet::read(reader, chart, Section::Identity)?;
    Ok(sheet
        .identity()
        .and_then(|identity| identity.mrn)
        .map(|mrn| mrn.to_string()))
}
