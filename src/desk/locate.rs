//! From a record number to a chart and back.

use crate::clinical::{Mrn, Role};
use crate::crypto::hash::Hash;
use crate::ledger::{ChartId, Clear, Section};
use crate::vault::Reader;

use super::error::DeskError;
use super::session::Session;
use super::sheet::Sheet;

/// The locator's field for record numbers of this hospital.
pub const MRN: &str = "mrn";

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

/// The record number that stands in a chart's identity.
pub fn number(reader: &mut Reader<'_>, chart: ChartId) -> Result<Option<String>, DeskError> {
    let sheet = Sheet::read(reader, chart, Section::Identity)?;
    Ok(sheet
        .identity()
        .and_then(|identity| identity.mrn)
        .map(|mrn| mrn.to_string()))
}
