//! From a record number to a chart and back.

use crate::clinical::{Mrn, Role};
use crate::ledger::{ChartId, Clear, Section};
use crate::vault::Reader;

use super::error::DeskError;
use super::session::Session;
use super::sheet::Sheet;

/// The locator's field for record numbers of this hospital.
pub const MRN: &str = "mrn";

/// Finds a chart by record number. **The tag must stand in the chart's own signed enrolment**; the table is only a shortcut.
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
    let found = reader.tx().locate(&tag)?.ok_or_else(none)?;
    let mut signed = false;
    for entry in reader.tx().clear_of_chart(&found)? {
        reader.verify(&entry)?;
        let body = entry
            .open_clear()
            .map_err(|error| DeskError::Damaged(format!("entry {}: {error}", entry.seq())))?;
        if let Ok(Clear::Enrolment(enrolment)) = Clear::decode(&body) {
            signed |= enrolment.tags.contains(&tag);
        }
    }
    if signed {
        Ok(found)
    } else {
        Err(DeskError::Damaged(format!(
            "the locator names a chart for {mrn} that no entry confirms"
        )))
    }
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
