//! Charts: the list, one chart, the history of an entry, and opening a new one.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde_json::Value;

use crate::clinical::{self, Identity, Instant, Mrn, Role};
use crate::ledger::{ChartId, EntryId, Section, ThreadId};
use crate::vault::permit::{Enrol, ReadAccess, ReadClinical, ReadIdentity, ReadMedication};
use crate::vault::{Draft, NewChart, Reader, VaultError};

use super::error::DeskError;
use super::indexing;
use super::locate;
use super::looking;
use super::reach::{Reach, reach};
use super::session::Session;
use super::sheet::{Content, Leaf, Sheet};
use super::view::{ChartLine, ChartView, EntryView, Retracted, Stamp};

/// How a body is shown as JSON; what shows no JSON passes one that answers `null`.
pub type AsJson<'a> = &'a dyn Fn(&clinical::Body) -> Value;

/// For callers that show no JSON.
pub fn no_json(_: &clinical::Body) -> Value {
    Value::Null
}

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
    lines.sort_by_cached_key(|line| (line.name.to_lowercase(), line.mrn.clone()));
    Ok(lines)
}

/// One line of the list; remembered until the identity section grows.
pub(super) fn line(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
) -> Result<Option<ChartLine>, DeskError> {
    let end = reader.tx().section_end(&chart, Section::Identity)?;
    let book = || session.book.lock().unwrap_or_else(PoisonError::into_inner);
    let remembered = book()
        .get(&chart)
        .filter(|(seen, _)| *seen == end)
        .map(|(_, line)| line.clone());
    let mut line = match remembered {
        Some(line) => line,
        None => {
            let sheet = Sheet::read(reader, chart, Section::Identity)?;
            let Some(identity) = sheet.identity() else {
                return Ok(None);
            };
            let line = line_of(reader, chart, identity);
            book().insert(chart, (end, line.clone()));
            line
        }
    };
    line.units = units(reader, chart);
    line.attending = attending(reader, chart);
    line.last_entry = last_entry(reader, chart)?;
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

fn age(reader: &Reader<'_>, identity: &Identity) -> Option<u16> {
    Instant::from_unix_millis(reader.now() as i64).and_then(|now| identity.age_years(&now))
}

fn units(reader: &Reader<'_>, chart: ChartId) -> Vec<String> {
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
    let doctor = directory.chart(&chart)?.attending?;
    directory
        .person(&doctor)
        .map(|person| person.certificate.name.clone())
}

fn last_entry(reader: &Reader<'_>, chart: ChartId) -> Result<Option<Stamp>, DeskError> {
    let mut last = 0;
    for section in [Section::Identity, Section::Clinical, Section::Medication] {
        last = last.max(reader.tx().section_end(&chart, section)?);
    }
    let entry = reader.tx().entry(last)?;
    Ok(entry.map(|entry| Stamp::from_millis(entry.core.created as i64)))
}

/// One chart: a section, or everything that the keys open. Looking is put on record first.
pub fn show(
    session: &Session,
    mrn: &str,
    section: Option<Section>,
    as_json: AsJson<'_>,
) -> Result<ChartView, DeskError> {
    let chart = session
        .vault()
        .read(|reader| locate::chart(session, reader, mrn))?;
    show_chart(session, chart, section, as_json)
}

/// The same, by the chart's id.
pub fn show_chart(
    session: &Session,
    chart: ChartId,
    section: Option<Section>,
    as_json: AsJson<'_>,
) -> Result<ChartView, DeskError> {
    if let Some(section) = section {
        permit(session, chart, section)?;
    }
    let (open, closed) = session.vault().read(|reader| {
        let (mut open, mut closed, mut glass) = (Vec::new(), Vec::new(), false);
        for candidate in Section::OF_A_CHART {
            let way = reach(session, reader, chart, candidate);
            glass |= way == Reach::Emergency;
            if way.is_open()
                && section
                    .is_none_or(|wanted| wanted == candidate || candidate == Section::Identity)
            {
                open.push(candidate);
            } else if !way.is_open() {
                closed.push(candidate);
            }
        }
        if section.map_or(open.is_empty(), |wanted| !open.contains(&wanted)) {
            return Err(refused(glass, section));
        }
        Ok((open, closed))
    })?;
    looking::record(session, chart, &open)?;
    session.vault().read(|reader| {
        let mut sheets = BTreeMap::new();
        for section in &open {
            sheets.insert(*section, Sheet::read(reader, chart, *section)?);
        }
        let identity = sheets
            .get(&Section::Identity)
            .and_then(Sheet::identity)
            .cloned();
        let mut view = header(reader, chart, identity.as_ref());
        view.closed = closed.iter().map(ToString::to_string).collect();
        let months = identity.as_ref().and_then(|identity| {
            identity.age_months(&Instant::from_unix_millis(reader.now() as i64)?)
        });
        for (section, sheet) in &sheets {
            let entries = sheet
                .leaves
                .iter()
                .map(|leaf| entry(sheet, leaf, *section, months, as_json))
                .collect();
            view.sections.insert(section.to_string(), entries);
        }
        super::summary::fill(&mut view, &sheets, reader.now());
        if section.is_some_and(|wanted| wanted != Section::Identity) {
            view.sections.remove(Section::Identity.as_str());
        }
        Ok(view)
    })
}

fn refused(glass: bool, section: Option<Section>) -> DeskError {
    match (glass, section) {
        (true, _) => DeskError::Denied(
            "your keys open this chart only in an emergency: request access, or break the glass with a reason".into(),
        ),
        (false, Some(section)) => VaultError::NoKey { section }.into(),
        (false, None) => DeskError::Denied("your keys open no section of this chart: request access".into()),
    }
}

fn permit(session: &Session, chart: ChartId, section: Section) -> Result<(), DeskError> {
    let vault = session.vault();
    match section {
        Section::Identity => vault.permit::<ReadIdentity>(&chart).map(drop)?,
        Section::Clinical => vault.permit::<ReadClinical>(&chart).map(drop)?,
        Section::Medication => vault.permit::<ReadMedication>(&chart).map(drop)?,
        Section::Access => vault.permit::<ReadAccess>(&chart).map(drop)?,
        Section::Work | Section::System => {
            return Err(DeskError::BadInput(format!(
                "a patient's chart has no section {section}"
            )));
        }
    }
    Ok(())
}

fn header(reader: &Reader<'_>, chart: ChartId, identity: Option<&Identity>) -> ChartView {
    ChartView {
        mrn: identity
            .and_then(|identity| identity.mrn)
            .map(|mrn| mrn.to_string())
            .unwrap_or_default(),
        name: identity
            .and_then(Identity::name)
            .map(ToString::to_string)
            .unwrap_or_default(),
        birth_date: identity
            .and_then(|identity| identity.birth)
            .map(|birth| birth.to_string()),
        sex: identity.map(|identity| identity.sex.as_str().to_owned()),
        sections: BTreeMap::new(),
        chart: chart.to_string(),
        age: identity.and_then(|identity| age(reader, identity)),
        deceased: identity.is_some_and(|identity| identity.deceased.is_some()),
        units: units(reader, chart),
        attending: attending(reader, chart),
        closed: Vec::new(),
        alerts: Vec::new(),
        summary: super::view::Summary::default(),
    }
}

/// One entry as it is shown.
pub fn entry(
    sheet: &Sheet,
    leaf: &Leaf,
    section: Section,
    months: Option<u32>,
    as_json: AsJson<'_>,
) -> EntryView {
    let (kind, headline, body, source, mut flags) = match &leaf.content {
        Content::Clinical(body) => {
            let headline = match body {
                clinical::Body::Vitals(vitals) => vitals.headline(months),
                body => body.headline(),
            };
            let flags = match body {
                clinical::Body::Vitals(vitals) => vitals.flags(months),
                body => body.flags(),
            };
            let source = body
                .source()
                .map(|source| format!("{}/{}", source.resource_type, source.id));
            let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
            (
                body.kind().as_str().to_owned(),
                headline,
                as_json(body),
                source,
                flags,
            )
        }
        Content::Act(act) => (
            act.name().to_owned(),
            act.headline(),
            act.to_json(),
            None,
            Vec::new(),
        ),
        Content::Unknown(kind) => (
            format!("kind {kind}"),
            "written by a newer version".into(),
            Value::Null,
            None,
            Vec::new(),
        ),
    };
    if !leaf.authorised {
        flags.push("unauthorised: its author's role may not write this".into());
    }
    let retracted = sheet.leaves.iter().find_map(|later| match later.body() {
        Some(clinical::Body::Retraction(retraction))
            if later.core.thread == leaf.core.thread && later.authorised =>
        {
            Some(Retracted {
                reason: retraction.reason.clone(),
                by: later.author.clone(),
                at: Stamp::from_millis(later.core.created as i64),
            })
        }
        _ => None,
    });
    EntryView {
        entry: leaf.core.id.to_string(),
        thread: leaf.core.thread.to_string(),
        kind,
        created: Stamp::from_millis(leaf.core.created as i64),
        author: leaf.author.clone(),
        verified: true,
        body,
        author_role: leaf
            .role
            .map(|role| role.as_str().to_owned())
            .unwrap_or_default(),
        section: section.to_string(),
        headline,
        flags,
        version: leaf.version,
        versions: sheet.versions(leaf.core.thread),
        parent: (leaf.version > 1).then(|| leaf.core.parent.to_string()),
        retracted,
        source,
        seq: leaf.seq,
    }
}

/// Every version of an entry, oldest first.
pub fn history(
    session: &Session,
    thread: ThreadId,
    as_json: AsJson<'_>,
) -> Result<Vec<EntryView>, DeskError> {
    session.vault().read(|reader| {
        let sheet = Sheet::thread(reader, thread)?;
        let none = || DeskError::NoSuchEntry {
            what: "entry",
            id: thread.to_string(),
        };
        let first = sheet.leaves.first().ok_or_else(none)?;
        let (chart, section) = (first.core.chart, first.core.section);
        if !reach(session, reader, chart, section).is_open() {
            return Err(none());
        }
        Ok(sheet
            .leaves
            .iter()
            .map(|leaf| entry(&sheet, leaf, section, None, as_json))
            .collect())
    })
}

/// Opens a chart in a unit. Issues the record number; refuses a patient whose identifiers the hospital knows already.
pub fn admit(session: &Session, unit: &str, identity: &Identity) -> Result<ChartLine, DeskError> {
    session.vault().authority::<Enrol>()?;
    let identity = identity.clone();
    let chart = session.vault().write(|writer| {
        let mut identity = identity.clone();
        let (chart, _) = open_chart(session, writer, unit, &mut identity, None, None)?;
        writer.forget_drawn_keys()?;
        Ok::<_, DeskError>(chart)
    })?;
    session
        .vault()
        .read(|reader| line(session, reader, chart))?
        .ok_or_else(|| DeskError::NoSuchChart("new".into()))
}

/// Draws a record number, opens the chart, writes the identity: in the caller's transaction. An import names the
/// identity's thread and entry.
pub fn open_chart(
    session: &Session,
    writer: &mut crate::vault::Writer<'_, '_>,
    unit: &str,
    identity: &mut Identity,
    patient: Option<crate::ledger::CertId>,
    named: Option<(ThreadId, EntryId)>,
) -> Result<(ChartId, u64), DeskError> {
    let unit = writer
        .directory()
        .unit_by_name(unit)
        .map(|state| state.unit.unit)
        .ok_or_else(|| VaultError::Unknown {
            what: "unit",
            name: unit.into(),
            hint: ": `chartseal unit list` shows them",
        })?;
    let attending = (session.role() == Role::Doctor).then(|| session.vault().cert());
    let reader = writer.reader();
    let mut tags = Vec::new();
    for identifier in &identity.identifiers {
        let tag = reader.locator_tag(&identifier.system, &identifier.value)?;
        if reader.tx().locate(&tag)?.is_some() {
            return Err(VaultError::Exists {
                what: "a patient with the identifier",
                name: identifier.value.clone(),
            }
            .into());
        }
        tags.push(tag);
    }
    if let Some(source) = &identity.source {
        tags.push(reader.locator_tag(
            &source.system,
            &format!("{}/{}", source.resource_type, source.id),
        )?);
    }
    let mut number = reader.directory().charts.len() as u32 + 1;
    let (mrn, tag) = loop {
        let mrn = Mrn::issue(number);
        let tag = reader.locator_tag(locate::MRN, &mrn.to_string())?;
        if reader.tx().locate(&tag)?.is_none() {
            break (mrn, tag);
        }
        number += 1;
    };
    tags.push(tag);
    identity.mrn = Some(mrn);
    let (chart, _) = writer.enrol(NewChart {
        unit,
        attending,
        patient,
        tags,
        emergency: true,
    })?;
    let body = clinical::Body::Identity(identity.clone());
    let draft = Draft::new(chart, Section::Identity);
    let draft = match named {
        Some((thread, id)) => draft.after(thread, EntryId::ZERO).named(id),
        None => draft,
    };
    let stored = indexing::put(writer, draft, &encode(&body))?;
    Ok((chart, stored.seq))
}

/// A clinical body as the ledger takes it.
pub fn encode(body: &clinical::Body) -> crate::ledger::Body {
    crate::ledger::Body {
        kind: body.kind().number(),
        version: clinical::BODY_VERSION,
        bytes: body.encode(),
    }
}
