//! Whose charts they are in which something matched, as far as the session may know.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::clinical::Body;
use crate::desk::charts;
use crate::desk::error::DeskError;
use crate::desk::indexing;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::Sheet;
use crate::index::{Facts, Query};
use crate::ledger::{ChartId, Section};
use crate::vault::Reader;

/// What the identity of some charts says, where it is open.
pub(super) type Patients = HashMap<ChartId, Option<Facts>>;

/// Whose chart it is, as far as the session may know, and what of it the query may ask.
#[derive(Default)]
pub(super) struct Patient {
    pub(super) mrn: String,
    pub(super) name: String,
    pub(super) facts: Option<Facts>,
}

impl Patient {
    /// Reads it.
    pub(super) fn read(
        session: &Session,
        reader: &mut Reader<'_>,
        query: &Query,
        chart: ChartId,
        known: &mut Patients,
    ) -> Result<Self, DeskError> {
        let facts = patient(session, reader, query, chart, known)?.cloned();
        let named = if reach(session, reader, chart, Section::Identity).is_open() {
            charts::name(session, reader, chart)?
        } else {
            None
        };
        let (mrn, name) = named.unwrap_or_default();
        Ok(Self { mrn, name, facts })
    }
}

/// What the identity of a chart says, where the query asks in whose charts to look and the identity is open.
pub(super) fn patient<'p>(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    chart: ChartId,
    known: &'p mut Patients,
) -> Result<Option<&'p Facts>, DeskError> {
    if !query.speaks_of_patient() {
        return Ok(None);
    }
    let entry = match known.entry(chart) {
        Entry::Occupied(known) => return Ok(known.into_mut().as_ref()),
        Entry::Vacant(entry) => entry,
    };
    let mut facts = None;
    if reach(session, reader, chart, Section::Identity).is_open() {
        let sheet = Sheet::read(reader, chart, Section::Identity)?;
        let newest = sheet
            .current()
            .rev()
            .find(|(_, body)| matches!(body, Body::Identity(_)));
        facts = newest
            .map(|(leaf, body)| Facts::of(body, indexing::meta(&leaf.login, leaf.core.created)));
    }
    Ok(entry.insert(facts).as_ref())
}
