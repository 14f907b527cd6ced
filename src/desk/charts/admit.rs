//! Opening a chart.

use crate::clinical::{self, Identity, Mrn, Role};
use crate::crypto::hash::Hash;
use crate::ledger::{ChartId, EntryId, Section, ThreadId};
use crate::vault::permit::Enrol;
use crate::vault::{Draft, NewChart, VaultError};

use super::list::line;
use crate::desk::error::DeskError;
use crate::desk::indexing;
use crate::desk::locate;
use crate::desk::session::Session;
use crate::desk::view::ChartLine;
use crate::desk::write::plausible;

/// Opens a chart in a unit. Issues the record number; refuses a patient whose identifiers the hospital knows already.
pub fn admit(session: &Session, unit: &str, identity: &Identity) -> Result<ChartLine, DeskError> {
    session.vault().authority::<Enrol>()?;
    plausible(&clinical::Body::Identity(identity.clone()), None)?;
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

/// How a patient is known who was brought in from elsewhere.
pub struct Brought<'a> {
    /// The locator's tag of the id that they have there, if nobody else can have it.
    pub tag: Option<Hash>,
    /// The thread of the identity in a chart, and its first entry.
    pub name: &'a dyn Fn(ChartId) -> (ThreadId, EntryId),
}

/// Draws a record number, opens the chart, writes the identity: in the caller's transaction.
pub fn open_chart(
    session: &Session,
    writer: &mut crate::vault::Writer<'_, '_>,
    unit: &str,
    identity: &mut Identity,
    patient: Option<crate::ledger::CertId>,
    brought: Option<Brought<'_>>,
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
    for identifier in identity.identifiers.iter().filter(|id| id.is_unique()) {
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
    tags.extend(brought.as_ref().and_then(|brought| brought.tag));
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
    let draft = match brought.map(|brought| (brought.name)(chart)) {
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
