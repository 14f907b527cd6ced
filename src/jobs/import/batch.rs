//! One transaction of an import: what becomes of each resource, and writing it.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, HashSet};

use crate::clinical::{Body, Retraction};
use crate::desk::DeskError;
use crate::desk::charts::encode;
use crate::desk::indexing;
use crate::desk::rights::{may_write, section_of};
use crate::index::{Change, Replaced};
use crate::interop::fhir::{Item, Mapped, Resolution, Standing};
use crate::ledger::{ChartId, EntryId, Section, ThreadId};
use crate::vault::{Draft, Writer};

use super::naming::{Name, Naming, News, Stands, Version};
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

/// What an entry that is about to be written says, and what the index must learn of it.
struct Coming {
    body: Body,
    replaces: Option<Stands>,
    indexed: bool,
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
    /// Whether its words are found.
    indexed: bool,
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
        let resolution = self.resolver.resolve(&item);
        let staff = self.place.staff.map(|staff| staff.chart());
        let unsupported = matches!(item.mapped, Mapped::Unsupported(_));
        let chart = match (&resolution, &item.mapped) {
            (Resolution::Patient(chart), Mapped::Entry(_) | Mapped::Unsupported(_)) => Some(*chart),
            (_, Mapped::Register(_))
            | (Resolution::NoSubject | Resolution::NotAPatient(_), Mapped::Unsupported(_)) => staff,
            (Resolution::Unresolved(who), _) => {
                let reason = format!(
                    "it speaks of {who}, whom this import has not met: import the patient too"
                );
                self.skip(&item, reason);
                None
            }
            (Resolution::Ambiguous(who), _) => {
                let reason = format!("it speaks of {who}, which is more than one patient");
                self.skip(&item, reason);
                None
            }
            (Resolution::NoSubject, _) => {
                self.skip(&item, "it names no patient: give it a subject".into());
                None
            }
            (Resolution::NotAPatient(who), _) => {
                let reason = format!("it speaks of {who}, not of a patient");
                self.skip(&item, reason);
                None
            }
            (Resolution::Patient(_), Mapped::Patient(_)) => None,
        };
        let Some(chart) = chart else {
            return Ok(());
        };
        let entry = matches!(item.mapped, Mapped::Entry(_));
        let wrong = item.standing == Standing::EnteredInError;
        let resource_type = std::mem::take(&mut item.resource_type);
        let body = match item.mapped {
            Mapped::Entry(body) => body,
            Mapped::Register(document) | Mapped::Unsupported(document) => Body::Document(document),
            Mapped::Patient(identity) => Body::Identity(identity),
        };
        let target = Target {
            chart,
            section: if Some(chart) == staff {
                Section::Work
            } else {
                section_of(&body)
            },
            indexed: entry,
        };
        if !self.enter(writer, name, target, body, batch)? {
            return Ok(());
        }
        if unsupported {
            *self.done.unsupported.entry(resource_type).or_default() += 1;
        }
        if wrong {
            self.withdraw(batch);
        }
        Ok(())
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
            self.resolver.learn(item, &chart);
        }
        Ok(here)
    }

    /// Queues a body as the next version of its thread. Whether it is new.
    fn enter(
        &mut self,
        writer: &mut Writer<'_, '_>,
        name: Name,
        target: Target,
        body: Body,
        batch: &mut Batch,
    ) -> Result<bool, DeskError> {
        let Some(source) = body.source() else {
            return Ok(false);
        };
        let known = match batch.met.entry(name.thread) {
            Occupied(known) => known.into_mut(),
            Vacant(place) => place.insert(Naming::versions(writer, name.thread)?),
        };
        let (parent, id, replaces) = match self.naming.news(name, source, known) {
            News::Known => {
                self.done.unchanged += 1;
                return Ok(false);
            }
            News::First => (EntryId::ZERO, name.first, None),
            News::After(last) => {
                self.done.amended += 1;
                let id = self.naming.version(name.thread, last.id, source);
                (last.id, id, Some(last.stands))
            }
        };
        known.push(Version {
            id,
            parent,
            stands: Stands::Coming(batch.coming.len()),
        });
        let draft = Draft::new(target.chart, target.section)
            .named(id)
            .after(name.thread, parent);
        let coming = Coming {
            body,
            replaces,
            indexed: target.indexed,
        };
        batch.coming.push((draft, coming));
        Ok(true)
    }

    /// Queues what is known anew of a patient whose chart is there.
    pub(super) fn enter_identity(
        &mut self,
        writer: &mut Writer<'_, '_>,
        name: Name,
        chart: ChartId,
        identity: Body,
        batch: &mut Batch,
    ) -> Result<bool, DeskError> {
        let target = Target {
            chart,
            section: Section::Identity,
            indexed: true,
        };
        self.enter(writer, name, target, identity, batch)
    }

    /// Withdraws the entry that was just queued: its source says that it was entered in error.
    fn withdraw(&mut self, batch: &mut Batch) {
        let Some((last, _)) = batch.coming.last() else {
            return;
        };
        let at = batch.coming.len(); // behind the one it withdraws
        let retraction = Body::Retraction(Retraction {
            reason: "entered in error at its source".into(),
        });
        let (Some(id), Some((thread, _))) = (last.id, last.follows) else {
            return;
        };
        if !may_write(self.session.role(), &retraction) {
            return;
        }
        let retracts = EntryId::random();
        let draft = Draft::new(last.chart, last.section)
            .named(retracts)
            .after(thread, id);
        if let Some(known) = batch.met.get_mut(&thread) {
            known.push(Version {
                id: retracts,
                parent: id,
                stands: Stands::Coming(at),
            });
        }
        let coming = Coming {
            body: retraction,
            replaces: Some(Stands::Coming(at - 1)),
            indexed: true,
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
                        before.insert(seq, indexing::counting(&mut writer.reader(), old)?);
                    }
                }
                Some(Stands::Coming(at)) => drop(followed.insert(at)),
                _ => {}
            }
        }
        let work = batch.coming.into_iter().map(|(draft, coming)| {
            let place = (draft.chart, draft.section);
            let indexed = coming.indexed && gathered(draft.section);
            (draft, (place, Coming { indexed, ..coming }))
        });
        let work: Vec<_> = work.collect();
        let login = &self.session.vault().certificate().login;
        let now = writer.now();
        let body = |((chart, section), coming): ((ChartId, Section), Coming)| {
            // The numbers are known once it stands in the transaction.
            let change = if coming.indexed {
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
