//! Asking for access: found by record number, with a purpose, for some sections, for a time.

use crate::ledger::clear::UnitKind;
use crate::ledger::{CertId, ChartId, Holder, Section, UnitId};
use crate::vault::permit::Request;
use crate::vault::{Directory, Draft, Reader, Writer, clock};

use crate::desk::act::{AccessNoted, AccessRequested, Act};
use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::view::{AccessState, GrantState, Stamp};

/// How long access lasts when nobody says otherwise.
pub const DEFAULT_DAYS: u64 = 30;

/// Asks the patient and the attending doctor for some sections of a chart.
pub fn request(
    session: &Session,
    mrn: &str,
    sections: &[Section],
    purpose: &str,
    until: Option<Stamp>,
) -> Result<AccessState, DeskError> {
    session.vault().authority::<Request>()?;
    let purpose = purpose.trim();
    if purpose.is_empty() {
        return Err(DeskError::BadInput("say what the access is for".into()));
    }
    let mut sections = sections.to_vec();
    sections.sort_unstable();
    sections.dedup();
    if sections.is_empty()
        || sections
            .iter()
            .any(|section| !Section::OF_A_CHART.contains(section))
    {
        return Err(DeskError::BadInput(
            "name sections of a chart: identity, clinical, medication, access".into(),
        ));
    }
    session.vault().write(|writer| {
        let mut reader = writer.reader();
        let chart = locate::chart(session, &mut reader, mrn)?;
        if sections
            .iter()
            .all(|section| reach(session, &reader, chart, *section).is_open())
        {
            return Err(DeskError::NotNow(format!(
                "your keys open these sections of {mrn} already"
            )));
        }
        let until = until.map_or(reader.now() + DEFAULT_DAYS * clock::DAY, |until| {
            until.millis().max(0) as u64
        });
        if until <= reader.now() {
            return Err(DeskError::BadInput(
                "the end of the access lies in the past".into(),
            ));
        }
        let to = deciders(reader.directory(), &chart);
        if to.is_empty() {
            return Err(DeskError::NotNow(format!(
                "{mrn} has neither an attending doctor nor a patient who could decide: a registrar or a doctor of its unit names one"
            )));
        }
        let act = AccessRequested {
            sections: sections.clone(),
            purpose: purpose.into(),
            until: Some(until),
        };
        let draft = Draft::new(chart, Section::Access).to(to);
        let stored = writer.put(draft, &Act::AccessRequested(act).encode())?;
        let noted = AccessNoted {
            request: stored.thread,
            chart,
            mrn: mrn.into(),
            sections,
            purpose: purpose.into(),
        };
        note(writer, &Act::AccessNoted(noted))?;
        Ok(AccessState {
            id: stored.thread.to_string(),
            state: GrantState::Pending,
            until: Some(Stamp::from_millis(until as i64)),
        })
    })
}

/// Who may decide for a chart now: its patient and its attending doctor, while their accounts count.
pub(super) fn deciders(directory: &Directory, chart: &ChartId) -> Vec<Holder> {
    let Some(state) = directory.chart(chart) else {
        return Vec::new();
    };
    let counts = |person: &CertId| {
        directory
            .person(person)
            .is_some_and(|person| person.until.is_none())
    };
    let patient = state.patient.filter(counts);
    let attending = directory.attending_of(state).map(|(doctor, _)| *doctor);
    patient
        .into_iter()
        .chain(attending)
        .map(Holder::Person)
        .collect()
}

/// Keeps a note of one's own in the unit one works in: the chart's `access` section is not one's own to read.
pub(super) fn note(writer: &mut Writer<'_, '_>, act: &Act) -> Result<(), DeskError> {
    let unit = own_units(&writer.reader()).into_iter().next();
    if let Some(unit) = unit {
        writer.put(Draft::new(unit.chart(), Section::Work), &act.encode())?;
    }
    Ok(())
}

/// The units of a person whose `work` section they read.
pub(super) fn own_units(reader: &Reader<'_>) -> Vec<UnitId> {
    let me = reader.me();
    reader
        .directory()
        .units_of(&me)
        .filter(|state| {
            matches!(
                state.unit.kind,
                UnitKind::Ward | UnitKind::Clinic | UnitKind::Pharmacy
            )
        })
        .filter(|state| {
            state.members[&me]
                .holds
                .keys()
                .any(|(section, _)| *section == Section::Work as u8)
        })
        .map(|state| state.unit.unit)
        .collect()
}
