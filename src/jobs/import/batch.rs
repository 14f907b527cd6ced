//! One transaction of an import: what becomes of each resource, and writing it.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::clinical::{Body, Retraction, Source};
use crate::desk::DeskError;
use crate::desk::charts::encode;
use crate::desk::indexing;
use crate::desk::rights::section_of;
use crate::index::{Change, Replaced};
use crate::interop::fhir::{Issuer, Item, Mapped, Resolution, Standing};
use crate::ledger::{ChartId, EntryId, Section, ThreadId};
use crate::vault::{Draft, Writer};

use super::naming::{Name, Naming, News, Stands, Version};
use super::patient::Met;
use super::{Importer, count};

/// A resource, and what it is called in the ledger.
pub(super) struct Named {
    pub(super) item: Item,
    pub(super) name: Option<Name>,
    /// The entry of ours, or the chart of ours for a patient, that it was exported as, byte for byte.
    pub(super) ours: Option<[u8; 16]>,
}

impl Named {
    pub(super) fn new(item: Item, naming: &Naming) -> Self {
        let ours = item
            .mark
            .filter(|mark| naming.exported(&mark.id, item.original()) == mark.tag)
            .map(|mark| mark.id);
        Self {
            ours,
            name: item.source().map(|source| naming.name(source)),
            item,
        }
    }
}

/// What one transaction writes.
#[derive(Default)]
pub(super) struct Batch {
    coming: Vec<(Draft, Coming)>,
    /// Threads that this batch has met, with their versions; of those that come, those that come too.
    met: HashMap<ThreadId, Vec<Version>>,
}

impl Batch {
    /// The versions of a thread, with those that this batch adds.
    pub(super) fn versions(
        &mut self,
        writer: &mut Writer<'_, '_>,
        thread: ThreadId,
    ) -> Result<&mut Vec<Version>, DeskError> {
        Ok(match self.met.entry(thread) {
            Occupied(known) => known.into_mut(),
            Vacant(place) => place.insert(Naming::versions(writer, thread)?),
        })
    }

    /// Forgets what was read of a thread, since it was written to beside the batch.
    pub(super) fn forget(&mut self, thread: ThreadId) {
        self.met.remove(&thread);
    }
}

/// What became of a body, and the version of its thread that it is.
enum Entered {
    New(Version),
    Known(Version),
}

/// What an entry that is about to be written says, and what the index must learn of it.
struct Coming {
    body: Body,
    replaces: Option<Stands>,
}

/// What is remembered of an entry once it stands in the transaction.
struct Landed {
    kind: &'static str,
    chart: ChartId,
    section: Section,
    replaces: Option<Stands>,
    change: Change,
}

/// Where a resource goes.
#[derive(Clone, Copy)]
struct Target {
    chart: ChartId,
    section: Section,
}

/// Which resource a body came from.
fn without_bytes(source: &Source) -> Source {
    Source {
        system: source.system.clone(),
        resource_type: source.resource_type.clone(),
        id: source.id.clone(),
        original: Vec::new(),
    }
}

impl Importer<'_, '_> {
    /// Writes resources in one transaction; what it counted only counts once that has landed.
    pub(super) fn write(&mut self, resources: Vec<Named>) -> Result<(), DeskError> {
        if resources.is_empty() {
            return Ok(());
        }
        let session = self.session;
        let before = self.done.clone();
        let outcome = session.vault().write(|writer| {
            let mut batch = Batch::default();
            for named in resources {
                self.take(writer, named, &mut batch)?;
            }
            self.put(writer, batch)
        });
        if outcome.is_err() {
            self.done = before;
        }
        outcome
    }

    fn take(
        &mut self,
        writer: &mut Writer<'_, '_>,
        named: Named,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let Named {
            mut item,
            name,
            ours,
        } = named;
        let Some(name) = name else {
            return Ok(());
        };
        if let Some(id) = ours
            && self.is_here(writer, &item, id)?
        {
            self.done.unchanged += 1;
            return Ok(());
        }
        if let Mapped::Patient(_) = &item.mapped {
            return self.patient(writer, &item, name, batch);
        }
        let Some((chart, patient)) = self.chart_of(&item) else {
            return Ok(());
        };
        let name = self.named(writer, &item, name, (chart, &patient), batch)?;
        let unsupported = matches!(item.mapped, Mapped::Unsupported(_));
        let wrong = item.standing == Standing::EnteredInError;
        let resource_type = std::mem::take(&mut item.resource_type);
        let body = match item.mapped {
            Mapped::Entry(body) => body,
            Mapped::Register(document) | Mapped::Unsupported(document) => Body::Document(document),
            Mapped::Patient(identity) => Body::Identity(identity),
        };
        let target = Target {
            chart,
            section: if self.is_staffs(chart) {
                Section::Work
            } else {
                section_of(&body)
            },
        };
        let source = body.source().map(without_bytes);
        let version = match self.enter(writer, name, target, body, batch)? {
            None => return Ok(()),
            Some(Entered::New(version)) => {
                if unsupported {
                    *self.done.unsupported.entry(resource_type).or_default() += 1;
                }
                version
            }
            Some(Entered::Known(version)) => version,
        };
        if wrong {
            self.withdraw(name.thread, version, target, source, batch);
        }
        Ok(())
    }

    /// The chart that a resource goes into, and what tells its id from the same one of another source. Where it goes into none, it is
    /// skipped.
    fn chart_of(&mut self, item: &Item) -> Option<(ChartId, Arc<str>)> {
        let unsupported = matches!(item.mapped, Mapped::Unsupported(_));
        let reason = match self.resolver.resolve(item) {
            _ if matches!(item.mapped, Mapped::Register(_)) => return self.staffs(item),
            Resolution::NoSubject | Resolution::NotAPatient(_) if unsupported => {
                return self.staffs(item);
            }
            Resolution::Patient(Met {
                chart: Some(chart),
                id,
            }) => return Some((chart, id)),
            Resolution::Patient(Met { chart: None, .. }) => {
                "it speaks of a patient who was skipped".into()
            }
            Resolution::Unresolved(who) => {
                format!("it speaks of {who}, whom this import has not met: import the patient too")
            }
            Resolution::Ambiguous(who) => {
                format!("it speaks of {who}, which is more than one patient")
            }
            Resolution::NoSubject => "it names no patient: give it a subject".into(),
            Resolution::NotAPatient(who) => format!("it speaks of {who}, not of a patient"),
        };
        self.skip(item, reason);
        None
    }

    /// The chart of the staff unit, and an identifier by which somebody or something in it is known.
    fn staffs(&self, item: &Item) -> Option<(ChartId, Arc<str>)> {
        let chart = self.place.staff?.chart();
        let known = (item.issuer != Issuer::Stated).then(|| item.identifier());
        let known = known.flatten();
        let known = known.map(|known| format!("{}|{}", known.system, known.value));
        Some((chart, known.unwrap_or_default().into()))
    }

    fn is_staffs(&self, chart: ChartId) -> bool {
        self.place.staff.map(|staff| staff.chart()) == Some(chart)
    }

    /// The name by which a resource goes into a chart, where `plain` is the one that its system gives it and `beside` what the same
    /// source calls the patient.
    ///
    /// **What stands in another chart is another resource there**, whoever gave both the same id: examples and templates give even a
    /// UUID to more than one patient's. Before names were given within charts, and before its source was named, a resource may have
    /// had another name in this chart, and keeps it. Once its source is named, only the same bytes tell that it is the same.
    pub(super) fn named(
        &self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        plain: Name,
        (chart, beside): (ChartId, &str),
        batch: &mut Batch,
    ) -> Result<Name, DeskError> {
        let Some(source) = item.source() else {
            return Ok(plain);
        };
        let is_here = |versions: &[Version]| versions.iter().any(|version| version.chart == chart);
        let within = || self.naming.within(chart, beside, source);
        if item.issuer == Issuer::Unknown {
            let within = within();
            if !batch.versions(writer, within.thread)?.is_empty() {
                return Ok(within);
            }
            let before = batch.versions(writer, plain.thread)?;
            let goes_on = !self.is_staffs(chart) || self.naming.has(plain, source, before);
            return Ok(if is_here(before) && goes_on {
                plain
            } else {
                within
            });
        }
        let versions = batch.versions(writer, plain.thread)?;
        if is_here(versions) {
            return Ok(plain);
        }
        let is_elsewhere = !versions.is_empty();
        if item.issuer == Issuer::Told {
            for before in [within(), self.naming.unnamed(source)] {
                let versions = batch.versions(writer, before.thread)?;
                if is_here(versions) && self.naming.has(before, source, versions) {
                    return Ok(before);
                }
            }
        }
        Ok(if is_elsewhere { within() } else { plain })
    }

    /// Whether what we exported is in this vault: then it is no news, whatever became of it since.
    fn is_here(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        id: [u8; 16],
    ) -> Result<bool, DeskError> {
        let Mapped::Patient(_) = &item.mapped else {
            return Ok(writer.tx().by_id(&EntryId(id))?.is_some());
        };
        let chart = ChartId(id);
        let here = writer
            .directory()
            .chart(&chart)
            .is_some_and(|state| state.units.contains(&self.place.unit));
        if here {
            self.done.patients += 1;
            self.done.charts_matched += 1;
            self.resolver.learn(item, &Met::of(item, Some(chart)));
        }
        Ok(here)
    }

    /// Queues a body as the next version of its thread, if it is new.
    fn enter(
        &mut self,
        writer: &mut Writer<'_, '_>,
        name: Name,
        target: Target,
        body: Body,
        batch: &mut Batch,
    ) -> Result<Option<Entered>, DeskError> {
        let Some(source) = body.source() else {
            return Ok(None);
        };
        let coming = batch.coming.len();
        let known = batch.versions(writer, name.thread)?;
        let (parent, id, replaces) = match self.naming.news(name, source, known) {
            News::Known(version) => {
                self.done.unchanged += 1;
                return Ok(Some(Entered::Known(version)));
            }
            News::First => (EntryId::ZERO, name.first, None),
            News::After(last) => {
                self.done.amended += 1;
                let id = self.naming.version(name.thread, last.id, source);
                (last.id, id, Some(last.stands))
            }
        };
        let version = Version {
            id,
            parent,
            chart: target.chart,
            stands: Stands::Coming(coming),
        };
        known.push(version);
        let draft = Draft::new(target.chart, target.section)
            .named(id)
            .after(name.thread, parent);
        let coming = Coming { body, replaces };
        batch.coming.push((draft, coming));
        Ok(Some(Entered::New(version)))
    }

    /// Queues what is known anew of a patient whose chart is there.
    pub(super) fn enter_identity(
        &mut self,
        writer: &mut Writer<'_, '_>,
        name: Name,
        chart: ChartId,
        identity: Body,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let target = Target {
            chart,
            section: Section::Identity,
        };
        self.enter(writer, name, target, identity, batch).map(drop)
    }

    /// Withdraws a version whose source says that it was entered in error. **Whatever follows it already has its own reasons, and stays.**
    ///
    /// The withdrawal says whose it is, so whoever may import may write it: it takes away only what came from elsewhere.
    fn withdraw(
        &self,
        thread: ThreadId,
        version: Version,
        target: Target,
        source: Option<Source>,
        batch: &mut Batch,
    ) {
        let at = batch.coming.len();
        let Some(known) = batch.met.get_mut(&thread) else {
            return;
        };
        if known.last().map(|last| last.id) != Some(version.id) {
            return;
        }
        let id = self.naming.withdrawal(thread, version.id);
        known.push(Version {
            id,
            parent: version.id,
            chart: target.chart,
            stands: Stands::Coming(at),
        });
        let draft = Draft::new(target.chart, target.section)
            .named(id)
            .after(thread, version.id);
        let coming = Coming {
            body: Body::Retraction(Retraction {
                reason: "entered in error at its source".into(),
                source,
            }),
            replaces: Some(version.stands),
        };
        batch.coming.push((draft, coming));
    }

    /// Seals, signs, stores, and remembers what the index has to learn.
    fn put(&mut self, writer: &mut Writer<'_, '_>, batch: Batch) -> Result<(), DeskError> {
        for (draft, _) in &batch.coming {
            self.covering.begin(writer, draft.chart, draft.section)?;
        }
        let gathered = |section| self.covering.gathers(section);
        // What the ledger's versions that are replaced said, and which of those that are coming will be.
        let (mut before, mut followed) = (HashMap::new(), HashSet::new());
        for (draft, coming) in &batch.coming {
            match coming.replaces {
                Some(Stands::At(seq)) if gathered(draft.section) => {
                    if let Some(old) = writer.tx().entry(seq)? {
                        let reader = &mut writer.reader();
                        before.insert(seq, indexing::taken_by(reader, &old, &coming.body)?);
                    }
                }
                Some(Stands::Coming(at)) => drop(followed.insert(at)),
                _ => {}
            }
        }
        let work = batch.coming.into_iter().map(|(draft, coming)| {
            let place = (draft.chart, draft.section);
            let indexed = gathered(draft.section);
            (draft, (place, indexed, coming))
        });
        let work: Vec<_> = work.collect();
        let login = &self.session.vault().certificate().login;
        let now = writer.now();
        let body = |((chart, section), indexed, coming): ((ChartId, Section), bool, Coming)| {
            // The numbers are known once it stands in the transaction.
            let change = if indexed {
                indexing::change(0, &coming.body, login, now, None)
            } else {
                Change {
                    rid: 0,
                    terms: Vec::new(),
                    replaces: None,
                }
            };
            let landed = Landed {
                kind: coming.body.kind().as_str(),
                chart,
                section,
                replaces: coming.replaces,
                change,
            };
            (encode(&coming.body), landed)
        };
        let mut numbers: Vec<Replaced> = Vec::with_capacity(work.len());
        writer.put_each(work, body, |stored, mut landed| {
            landed.change.rid = stored.seq;
            landed.change.replaces = landed.replaces.map(|stands| match stands {
                Stands::At(seq) => before.remove(&seq).unwrap_or(Replaced {
                    rid: seq,
                    terms: Vec::new(),
                }),
                Stands::Coming(at) => numbers[at].clone(),
            });
            let terms = if followed.contains(&numbers.len()) {
                landed.change.terms.clone()
            } else {
                Vec::new()
            };
            numbers.push(Replaced {
                rid: stored.seq,
                terms,
            });
            self.covering
                .push(landed.chart, landed.section, &landed.change);
            count(&mut self.done, landed.kind);
        })?;
        Ok(())
    }
}
