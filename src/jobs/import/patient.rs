//! Patients of an import: matched by identifier, never by name, or given a chart.
//!
//! **An id of which nothing says whose it is matches nobody**: `Patient/1` is somebody else at the next hospital. Such a patient is
//! known by business identifiers alone, and without any by nothing but being the same resource to the last byte. Whoever cannot be
//! told from somebody else is skipped, with all that speaks of them.

use std::sync::Arc;

use crate::clinical::{Body, Identity, Mrn};
use crate::crypto::hash::Hash;
use crate::desk::DeskError;
use crate::desk::charts::{Brought, open_chart};
use crate::desk::locate;
use crate::desk::sheet::Sheet;
use crate::interop::fhir::{Issuer, Item, Mapped, UNNAMED};
use crate::ledger::{ChartId, Section};
use crate::vault::{Reader, Writer};

use super::batch::Batch;
use super::naming::Name;
use super::{Importer, count};

/// A patient whom this import has met.
#[derive(Debug, Clone)]
pub(super) struct Met {
    /// Their chart; `None` for who was skipped.
    pub(super) chart: Option<ChartId>,
    /// What their source calls them.
    pub(super) id: Arc<str>,
}

impl Met {
    pub(super) fn of(item: &Item, chart: Option<ChartId>) -> Self {
        Self {
            chart,
            id: item.id.as_str().into(),
        }
    }
}

/// Whoever has the same chart is the same patient, whatever each source calls them.
impl PartialEq for Met {
    fn eq(&self, other: &Self) -> bool {
        self.chart == other.chart
    }
}

/// Who a patient of a file is here.
enum Whom {
    /// Whose chart this is.
    Known(ChartId),
    /// Nobody yet. With the locator's tag of the id that they have at their source, where nobody else can be found by it.
    New(Option<Hash>),
    /// It cannot be told, and this is why.
    Untold(String),
}

impl Importer<'_, '_> {
    /// Matches a patient by identifier, never by name, or opens a chart.
    pub(super) fn patient(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        plain: Name,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let Mapped::Patient(identity) = &item.mapped else {
            return Ok(());
        };
        self.done.patients += 1;
        let chart = match self.whom(writer, item, identity, plain, batch)? {
            Whom::Known(chart) => {
                let mut fresh = identity.clone();
                // The record number is ours, not the source's.
                fresh.mrn = self.number(writer, chart)?;
                let name = self.named(writer, item, plain, (chart, &item.id), batch)?;
                self.enter_identity(writer, name, chart, Body::Identity(fresh), batch)?;
                self.done.charts_matched += 1;
                Some(chart)
            }
            Whom::New(tag) => Some(self.open(writer, item, identity, (plain, tag), batch)?),
            Whom::Untold(reason) => {
                self.skip(item, reason);
                None
            }
        };
        self.resolver.learn(item, &Met::of(item, chart));
        Ok(())
    }

    fn open(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        identity: &Identity,
        (plain, tag): (Name, Option<Hash>),
        batch: &mut Batch,
    ) -> Result<ChartId, DeskError> {
        let naming = self.naming;
        let is_told = tag.is_some() && item.issuer != Issuer::Unknown;
        let name = |chart| match item.source() {
            Some(source) if !is_told => naming.within(chart, &item.id, source),
            _ => plain,
        };
        let brought = Brought {
            tag,
            name: &|chart| {
                let name = name(chart);
                (name.thread, name.first)
            },
        };
        let mut identity = identity.clone();
        let unit = &self.place.name;
        let (chart, _) = open_chart(
            self.session,
            writer,
            unit,
            &mut identity,
            None,
            Some(brought),
        )?;
        batch.forget(name(chart).thread);
        self.done.charts_created += 1;
        count(&mut self.done, "identity");
        Ok(chart)
    }

    /// Who a patient of a file is here.
    fn whom(
        &self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        identity: &Identity,
        plain: Name,
        batch: &mut Batch,
    ) -> Result<Whom, DeskError> {
        let reader = writer.reader();
        let mut found = Vec::new();
        for identifier in identity.identifiers.iter().filter(|id| id.is_unique()) {
            let tag = reader.locator_tag(&identifier.system, &identifier.value)?;
            found.extend(locate::tagged(&reader, &tag)?);
        }
        let mut by_id = match item.issuer {
            Issuer::Stated | Issuer::Told => locate::tagged(&reader, &source_tag(&reader, item)?)?,
            Issuer::Unknown => None,
        };
        let mut is_taken = false;
        if let Some(chart) = by_id.filter(|chart| !found.contains(chart))
            && self.is_in_place(writer, chart)
            && self.contradiction(writer, chart, identity)?.is_some()
        {
            // Identifiers say who somebody is. Templates give one UUID to many, and a server that is set up anew gives its ids again.
            is_taken = true;
            by_id = None;
        }
        let identified = !found.is_empty();
        found.extend(by_id);
        found.sort_unstable();
        found.dedup();
        let chart = match found[..] {
            [] if is_taken => return Ok(Whom::New(None)),
            [] => return self.unmatched(writer, item, identity, plain, batch),
            [chart] => chart,
            _ => {
                return Ok(Whom::Untold(
                    "its identifiers belong to more than one chart here: merge them first".into(),
                ));
            }
        };
        if !self.is_in_place(writer, chart) {
            return Ok(self.elsewhere());
        }
        // Whether this is what their source has called them before.
        let name = self.named(writer, item, plain, (chart, &item.id), batch)?;
        let versions = batch.versions(writer, name.thread)?;
        let called = by_id.is_some() || versions.iter().any(|version| version.chart == chart);
        if identified
            && !called
            && let Some(system) = self.contradiction(writer, chart, identity)?
        {
            return Ok(Whom::Untold(format!(
                "one of its identifiers is that of a patient here who has another one of {system}: compare both, and correct \
                 the wrong one"
            )));
        }
        Ok(Whom::Known(chart))
    }

    /// Who a patient is of whom no identifier is known here.
    fn unmatched(
        &self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        identity: &Identity,
        plain: Name,
        batch: &mut Batch,
    ) -> Result<Whom, DeskError> {
        let reader = writer.reader();
        let own = source_tag(&reader, item)?;
        if is_identified(identity) || item.issuer == Issuer::Stated {
            let tag = (item.issuer != Issuer::Unknown).then_some(own);
            return Ok(Whom::New(tag));
        }
        if item.issuer == Issuer::Unknown
            && identity
                .names
                .iter()
                .all(|name| name.spoken().trim().is_empty())
        {
            return Ok(Whom::Untold(
                "it has neither an identifier nor a name, and nothing says whose id it has: say so with --system".into(),
            ));
        }
        let Some(source) = item.source() else {
            return Ok(Whom::New(Some(own)));
        };
        let (tag, before) = match item.issuer {
            // Before its source was named.
            Issuer::Told => (
                tag_of(&reader, UNNAMED, &item.id)?,
                self.naming.unnamed(source),
            ),
            _ => (own, plain),
        };
        let Some(chart) = locate::tagged(&reader, &tag)? else {
            return Ok(Whom::New(Some(own)));
        };
        for name in [self.naming.within(chart, &item.id, source), before] {
            let versions = batch.versions(writer, name.thread)?;
            let here = versions.last().is_some_and(|last| last.chart == chart);
            if here && self.naming.has(name, source, versions) {
                return Ok(if self.is_in_place(writer, chart) {
                    Whom::Known(chart)
                } else {
                    self.elsewhere()
                });
            }
        }
        Ok(match item.issuer {
            Issuer::Unknown => Whom::Untold(
                "another patient here has this id, it has no identifier, and nothing says whether they are the same: \
                 say whose ids these are with --system"
                    .into(),
            ),
            _ => Whom::New(Some(own)),
        })
    }

    fn is_in_place(&self, writer: &Writer<'_, '_>, chart: ChartId) -> bool {
        let state = writer.directory().chart(&chart);
        state.is_some_and(|state| state.units.contains(&self.place.unit))
    }

    fn elsewhere(&self) -> Whom {
        Whom::Untold(format!(
            "the patient's chart is in another unit than {}: request access",
            self.place.name
        ))
    }

    /// The first system of which a chart and a patient each have identifiers and share none.
    fn contradiction(
        &self,
        writer: &mut Writer<'_, '_>,
        chart: ChartId,
        identity: &Identity,
    ) -> Result<Option<String>, DeskError> {
        let sheet = Sheet::read(&mut writer.reader(), chart, Section::Identity)?;
        let known = sheet.identity().map(|known| known.identifiers.as_slice());
        let known = known.unwrap_or_default();
        let unique = || identity.identifiers.iter().filter(|id| id.is_unique());
        let differs = |system: &str| {
            let mut of_system = known
                .iter()
                .filter(|known| known.system == system)
                .peekable();
            of_system.peek().is_some() && of_system.all(|known| !unique().any(|id| id == known))
        };
        let found = unique().find(|id| differs(&id.system));
        Ok(found.map(|id| id.system.clone()))
    }

    fn number(
        &self,
        writer: &mut Writer<'_, '_>,
        chart: ChartId,
    ) -> Result<Option<Mrn>, DeskError> {
        let number = locate::number(&mut writer.reader(), chart)?;
        Ok(number.and_then(|number| number.parse().ok()))
    }
}

/// Whether an identifier says who somebody is, wherever they come from.
fn is_identified(identity: &Identity) -> bool {
    identity.identifiers.iter().any(|id| id.is_unique())
}

/// The locator's tag of the id that a patient has at their source.
fn source_tag(reader: &Reader<'_>, item: &Item) -> Result<Hash, DeskError> {
    let system = item.source().map_or(UNNAMED, |source| &source.system);
    tag_of(reader, system, &item.id)
}

fn tag_of(reader: &Reader<'_>, system: &str, id: &str) -> Result<Hash, DeskError> {
    Ok(reader.locator_tag(system, &format!("Patient/{id}"))?)
}
