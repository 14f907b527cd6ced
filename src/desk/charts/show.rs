//! One chart, and every version of an entry.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clinical::{self, Identity, Instant};
use crate::ledger::{ChartId, Section, ThreadId};
use crate::vault::permit::{ReadAccess, ReadClinical, ReadIdentity, ReadMedication};
use crate::vault::{Reader, VaultError};

use super::attending;
use super::list::{age, units};
use crate::desk::error::DeskError;
use crate::desk::locate;
use crate::desk::looking;
use crate::desk::reach::{Reach, reach};
use crate::desk::session::Session;
use crate::desk::sheet::{Content, Leaf, Sheet};
use crate::desk::view::{Alert, ChartView, EntryView, Retracted, Severity, Stamp, Summary};

/// How a body is shown as JSON; what shows no JSON passes one that answers `null`.
pub type AsJson<'a> = &'a dyn Fn(&clinical::Body) -> Value;

/// For callers that show no JSON.
pub fn no_json(_: &clinical::Body) -> Value {
    Value::Null
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
    let (open, closed, broken) = session.vault().read(|reader| {
        let (mut open, mut closed) = (Vec::new(), Vec::new());
        let (mut glass, mut broken) = (false, None);
        for candidate in Section::OF_A_CHART {
            let way = reach(session, reader, chart, candidate);
            glass |= way == Reach::Emergency;
            if let Reach::Glass { until } = way {
                broken = Some(until);
            }
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
        Ok((open, closed, broken))
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
        let mut view = header(reader, chart, identity.as_ref())?;
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
        crate::desk::summary::fill(&mut view, &sheets, reader.now());
        if let Some(until) = broken {
            view.alerts.insert(0, glass_in_force(until));
        }
        if section.is_some_and(|wanted| wanted != Section::Identity) {
            view.sections.remove(Section::Identity.as_str());
        }
        Ok(view)
    })
}

/// Says that the chart is open in an emergency only.
fn glass_in_force(until: u64) -> Alert {
    Alert {
        check: "break-glass".into(),
        severity: Severity::Warn,
        text: "BREAK-GLASS in force, on record; it ends".into(),
        overridden: false,
        at: Some(Stamp::from_millis(until as i64)),
    }
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

fn header(
    reader: &Reader<'_>,
    chart: ChartId,
    identity: Option<&Identity>,
) -> Result<ChartView, DeskError> {
    let attending = attending::of(reader, chart)?;
    Ok(ChartView {
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
        attending: attending.as_ref().map(|doctor| doctor.name.clone()),
        attending_signed: attending,
        closed: Vec::new(),
        alerts: Vec::new(),
        summary: Summary::default(),
    })
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
            if later.core.thread == leaf.core.thread
                && later.seq > leaf.seq
                && later.authorised =>
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
        typed: leaf
            .body()
            .filter(|body| is_amended(body))
            .cloned()
            .map(Box::new),
    }
}

/// Whether a body is of a kind that is amended at the screen.
const fn is_amended(body: &clinical::Body) -> bool {
    use clinical::Body;
    matches!(
        body,
        Body::Note(_) | Body::Vitals(_) | Body::Condition(_) | Body::Allergy(_)
    )
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
