//! The list of charts.

use std::sync::PoisonError;

use crate::clinical::{Identity, Instant};
use crate::index::text::fold;
use crate::ledger::{ChartId, Section};
use crate::vault::{Reader, VaultError};

use crate::desk::error::DeskError;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::Sheet;
use crate::desk::view::{ChartLine, Stamp};

/// The charts that the session's keys open without breaking any glass, by name.
pub fn list(session: &Session, unit: Option<&str>) -> Result<Vec<ChartLine>, DeskError> {
    let mut lines = session.vault().read(|reader| {
        let wanted = match unit {
            None => None,
            Some(name) => Some(
                reader
                    .directory()
                    .unit_by_name(name)
                    .map(|state| state.unit.unit)
                    .ok_or_else(|| VaultError::Unknown {
                        what: "unit",
                        name: name.into(),
                        hint: ": `chartseal unit list` shows them",
                    })?,
            ),
        };
        let charts: Vec<ChartId> = reader
            .directory()
            .charts
            .iter()
            .filter(|(_, state)| {
                state.erased.is_none() && wanted.is_none_or(|unit| state.units.contains(&unit))
            })
            .map(|(chart, _)| *chart)
            .collect();
        let mut lines = Vec::new();
        for chart in charts {
            if reach(session, reader, chart, Section::Identity).is_open()
                && let Some(line) = line(session, reader, chart)?
            {
                lines.push(line);
            }
        }
        Ok::<_, DeskError>(lines)
    })?;
    lines.sort_by_cached_key(|line| (alphabetical(&line.name), line.mrn.clone()));
    Ok(lines)
}

/// What a name is sorted by: without case and marks, and letters with a stroke where their plain ones stand. A list of names is read by
/// people of every language, and none of them looks for Đặng or Żak behind Z.
fn alphabetical(name: &str) -> String {
    let mut plain = String::new();
    for c in fold(name).chars() {
        match c {
            'đ' | 'ð' => plain.push('d'),
            'ł' => plain.push('l'),
            'ø' => plain.push('o'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            _ => plain.push(c),
        }
    }
    plain
}

/// One line of the list; remembered until the identity section grows.
pub(in crate::desk) fn line(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
) -> Result<Option<ChartLine>, DeskError> {
    let Some(mut line) = remembered(session, reader, chart)? else {
        return Ok(None);
    };
    line.units = units(reader, chart);
    line.attending = attending(reader, chart);
    line.last_entry = last_entry(reader, chart)?;
    Ok(Some(line))
}

/// The record number and the name of a chart's patient.
pub(in crate::desk) fn name(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
) -> Result<Option<(String, String)>, DeskError> {
    let line = remembered(session, reader, chart)?;
    Ok(line.map(|line| (line.mrn, line.name)))
}

/// What the identity section says of a line.
fn remembered(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
) -> Result<Option<ChartLine>, DeskError> {
    let end = reader.tx().section_end(&chart, Section::Identity)?;
    let book = || session.book.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((seen, line)) = book().get(&chart)
        && *seen == end
    {
        return Ok(Some(line.clone()));
    }
    let sheet = Sheet::read(reader, chart, Section::Identity)?;
    let Some(identity) = sheet.identity() else {
        return Ok(None);
    };
    let line = line_of(reader, chart, identity);
    book().insert(chart, (end, line.clone()));
    Ok(Some(line))
}

fn line_of(reader: &Reader<'_>, chart: ChartId, identity: &Identity) -> ChartLine {
    ChartLine {
        mrn: identity.mrn.map(|mrn| mrn.to_string()).unwrap_or_default(),
        name: identity.name().map(ToString::to_string).unwrap_or_default(),
        birth_date: identity.birth.map(|birth| birth.to_string()),
        sex: Some(identity.sex.as_str().to_owned()),
        units: Vec::new(),
        chart: chart.to_string(),
        age: age(reader, identity),
        deceased: identity.deceased.is_some(),
        attending: None,
        last_entry: None,
    }
}

pub(super) fn age(reader: &Reader<'_>, identity: &Identity) -> Option<u16> {
    Instant::from_unix_millis(reader.now() as i64).and_then(|now| identity.age_years(&now))
}

pub(super) fn units(reader: &Reader<'_>, chart: ChartId) -> Vec<String> {
    let directory = reader.directory();
    let units = directory
        .chart(&chart)
        .map(|state| state.units.clone())
        .unwrap_or_default();
    units
        .iter()
        .filter_map(|unit| directory.units.get(unit))
        .map(|state| state.unit.name.clone())
        .collect()
}

fn attending(reader: &Reader<'_>, chart: ChartId) -> Option<String> {
    let directory = reader.directory();
    let (_, doctor) = directory.attending_of(directory.chart(&chart)?)?;
    Some(doctor.certificate.name.clone())
}

fn last_entry(reader: &Reader<'_>, chart: ChartId) -> Result<Option<Stamp>, DeskError> {
    let mut last = 0;
    for section in [Section::Identity, Section::Clinical, Section::Medication] {
        last = last.max(reader.tx().section_end(&chart, section)?);
    }
    let entry = reader.tx().entry(last)?;
    Ok(entry.map(|entry| Stamp::from_millis(entry.core.created as i64)))
}

#[cfg(test)]
mod tests {
    use super::alphabetical;

    #[test]
    fn names_stand_where_their_readers_look_for_them() {
        let mut names = [
            "Zorn, Emma",
            "Żak, Błażej",
            "ørsted, Ove",
            "Ògúnlésí, Adé",
            "Mejía, Gustavo",
            "Łukasz, Jan",
            "Dorn, Ida",
            "Đặng, Mỹ Linh",
        ];
        names.sort_by_cached_key(|name| alphabetical(name));
        let expected = [
            "Đặng, Mỹ Linh",
            "Dorn, Ida",
            "Łukasz, Jan",
            "Mejía, Gustavo",
            "Ògúnlésí, Adé",
            "ørsted, Ove",
            "Żak, Błażej",
            "Zorn, Emma",
        ];
        assert_eq!(names, expected);
    }
}
