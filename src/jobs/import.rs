//! Importing FHIR: patients become charts, resources become entries, nothing is dropped in silence.
//!
//! An imported thread is named `HMAC(K_locator, system || type || id)` and each of its versions by the hash of the
//! resource's own bytes beside it. Importing the same file twice therefore writes nothing, a changed resource becomes
//! an amendment, and neither needs a key that reads the section: a registrar imports too.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Instant as Clock;

use crate::clinical::{self, Body, Identity, Retraction, Source};
use crate::crypto::mac::MacKey;
use crate::desk::charts::{encode, open_chart};
use crate::desk::indexing::{self, Compartment};
use crate::desk::rights::{may_write, section_of};
use crate::desk::view::{Imported, Proceed, Progress, Reporter, Skipped};
use crate::desk::{DeskError, Session};
use crate::index::{Bulk, coverage};
use crate::interop::fhir::{
    Files, Found, Item, Limits, Mapped, Reader, Resolution, Resolver, Standing,
};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, EntryId, Section, ThreadId, UnitId};
use crate::vault::permit::Import;
use crate::vault::{Draft, Stored, VaultError, Writer};

/// Entries a transaction takes at most, so that other writers pass.
const BATCH: usize = 2_000;
/// Resources that wait between reading and writing.
const WAITING: usize = 4_096;
/// Index pairs held in memory before a segment is written.
const PAIRS: u64 = 8_000_000;

/// Imports files and folders into a unit.
pub fn fhir(
    session: &Session,
    paths: &[PathBuf],
    unit: &str,
    watch: Reporter<'_>,
) -> Result<Imported, DeskError> {
    let started = Clock::now();
    session.vault().authority::<Import>()?;
    let files = Files::find(paths).map_err(|error| DeskError::BadInput(error.to_string()))?;
    let total = files.bytes();
    let place = session.vault().read(|reader| {
        let directory = reader.directory();
        let state = directory
            .unit_by_name(unit)
            .ok_or_else(|| VaultError::Unknown {
                what: "unit",
                name: unit.into(),
                hint: ": `chartseal unit list` shows them",
            })?;
        if !directory.is_member(&reader.me(), &state.unit.unit) {
            return Err(DeskError::Denied(format!(
                "you are not in {unit}: records are imported into a unit of your own"
            )));
        }
        let staff = directory
            .special(UnitKind::Staff)
            .map(|staff| staff.unit.unit);
        Ok(Place {
            name: unit.into(),
            unit: state.unit.unit,
            staff,
        })
    })?;
    let compartments = session
        .vault()
        .read(|reader| indexing::compartments(reader).map_err(DeskError::from))?;
    let compartments: Vec<Compartment> = compartments
        .into_iter()
        .filter(|c| c.unit == place.unit)
        .collect();
    let mut importer = Importer::new(session, place, &compartments);
    let mut stopped = false;
    let files_read = thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(WAITING);
        let reading = scope.spawn(move || {
            let mut reader = Reader::new(files, Limits::default());
            while let Some(found) = reader.next() {
                if send.send((found, reader.bytes_read())).is_err() {
                    break;
                }
            }
            reader.files_read() as u64
        });
        let mut batch = Vec::with_capacity(BATCH);
        for (found, bytes) in &receive {
            match found {
                Found::Item(item) => batch.push(*item),
                Found::Skipped(skipped) => importer.skip(
                    skipped.file.display().to_string(),
                    format!("{} at line {}", skipped.resource, skipped.position.line),
                    skipped.reason.to_string(),
                ),
            }
            if batch.len() >= BATCH {
                importer.write(std::mem::take(&mut batch))?;
                if watch(&progress("importing", bytes, total, importer.done.entries))
                    == Proceed::Stop
                {
                    stopped = true;
                    break;
                }
            }
        }
        drop(receive);
        if !stopped {
            importer.write(batch)?;
        }
        reading
            .join()
            .map_err(|_| DeskError::Outside("reading the files failed".into()))
    })?;
    importer.flush_index()?;
    let mut done = importer.done;
    if stopped {
        return Err(DeskError::Stopped);
    }
    watch(&progress("importing", total, total, done.entries));
    done.files = files_read;
    done.seconds = started.elapsed().as_secs_f64();
    Ok(done)
}

fn progress(what: &str, done: u64, total: u64, entries: u64) -> Progress {
    Progress {
        what: what.into(),
        done,
        total: Some(total),
        unit: "bytes",
        note: Some(format!("{entries} entries")),
    }
}

/// Where the records go.
struct Place {
    name: String,
    unit: UnitId,
    staff: Option<UnitId>,
}

/// What is known of a resource in the ledger before it is written.
enum Before {
    /// Never seen.
    New,
    /// The same bytes are there.
    Same,
    /// Another version is there.
    Changed(EntryId, u64),
}

/// How far one section of a chart goes into the index with this import.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    up_to: u64,
    entries: u64,
    whole: bool,
}

struct Importer<'s, 'k> {
    session: &'s Session,
    place: Place,
    compartments: &'k [Compartment],
    bulks: Vec<Option<Bulk<'k>>>,
    spans: HashMap<(ChartId, Section), Span>,
    resolver: Resolver<ChartId>,
    done: Imported,
}

/// What one transaction writes.
struct Batch {
    coming: Vec<Coming>,
    /// Threads that this batch has met.
    named: HashSet<ThreadId>,
    naming: Naming,
}

/// An entry that is about to be written, and what the index must learn of it.
struct Coming {
    draft: Draft,
    body: Body,
    replaces: Option<u64>,
    indexed: bool,
}

impl<'s, 'k> Importer<'s, 'k> {
    fn new(session: &'s Session, place: Place, compartments: &'k [Compartment]) -> Self {
        let mut importer = Self {
            session,
            place,
            compartments,
            bulks: Vec::new(),
            spans: HashMap::new(),
            resolver: Resolver::new(),
            done: Imported {
                files: 0,
                patients: 0,
                charts_created: 0,
                charts_matched: 0,
                entries: 0,
                entries_by_kind: BTreeMap::new(),
                skipped: Vec::new(),
                unsupported: BTreeMap::new(),
                seconds: 0.0,
                amended: 0,
                unchanged: 0,
            },
        };
        importer.empty_bulks();
        importer
    }

    fn empty_bulks(&mut self) {
        self.bulks = self
            .compartments
            .iter()
            .map(|c| c.keys.last().map(|key| Bulk::new(c.id, key)))
            .collect();
        self.spans.clear();
    }

    fn skip(&mut self, file: String, resource: String, reason: String) {
        self.done.skipped.push(Skipped {
            file,
            resource,
            reason,
        });
    }

    fn skip_item(&mut self, item: &Item, reason: String) {
        let resource = format!(
            "{}/{} at line {}",
            item.resource_type, item.id, item.position.line
        );
        self.skip(item.file.display().to_string(), resource, reason);
    }

    /// Writes a batch in one transaction; what it counted only counts once that has landed.
    fn write(&mut self, items: Vec<Item>) -> Result<(), DeskError> {
        if items.is_empty() {
            return Ok(());
        }
        let session = self.session;
        let before = self.done.clone();
        let outcome = session.vault().write(|writer| {
            let mut batch = Batch {
                coming: Vec::new(),
                named: HashSet::new(),
                naming: Naming::of(writer)?,
            };
            for item in items {
                self.take(writer, item, &mut batch)?;
            }
            self.put(writer, batch.coming)
        });
        if outcome.is_err() {
            self.done = before;
        }
        outcome?;
        if self.bulks.iter().flatten().map(Bulk::pairs).sum::<u64>() > PAIRS {
            self.flush_index()?;
        }
        Ok(())
    }

    fn take(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: Item,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        if let Mapped::Patient(_) = &item.mapped {
            return self.patient(writer, &item, batch);
        }
        let (chart, body, unsupported, register) =
            match (self.resolver.resolve(&item), &item.mapped) {
                (Resolution::Patient(chart), Mapped::Entry(body)) => {
                    (chart, body.clone(), false, false)
                }
                (Resolution::Patient(chart), Mapped::Unsupported(document)) => {
                    (chart, Body::Document(document.clone()), true, false)
                }
                (_, Mapped::Register(document)) => match self.place.staff {
                    Some(staff) => (staff.chart(), Body::Document(document.clone()), false, true),
                    None => return Ok(()),
                },
                (
                    Resolution::NoSubject | Resolution::NotAPatient(_),
                    Mapped::Unsupported(document),
                ) => match self.place.staff {
                    Some(staff) => (staff.chart(), Body::Document(document.clone()), true, true),
                    None => return Ok(()),
                },
                (Resolution::Unresolved(who), _) => {
                    self.skip_item(
                    &item,
                    format!(
                        "it speaks of {who}, whom this import has not met: import the patient too"
                    ),
                );
                    return Ok(());
                }
                (Resolution::Ambiguous(who), _) => {
                    self.skip_item(
                        &item,
                        format!("it speaks of {who}, which is more than one patient"),
                    );
                    return Ok(());
                }
                (Resolution::NoSubject, _) => {
                    self.skip_item(&item, "it names no patient: give it a subject".into());
                    return Ok(());
                }
                (Resolution::NotAPatient(who), _) => {
                    self.skip_item(&item, format!("it speaks of {who}, not of a patient"));
                    return Ok(());
                }
                (Resolution::Patient(_), Mapped::Patient(_)) => return Ok(()),
            };
        let section = if register {
            Section::Work
        } else {
            section_of(&body)
        };
        let wrong = item.standing == Standing::EnteredInError;
        let new = self.enter(
            writer,
            &item,
            chart,
            section,
            body,
            !unsupported && !register,
            batch,
        )?;
        if unsupported && new {
            *self
                .done
                .unsupported
                .entry(item.resource_type.clone())
                .or_default() += 1;
        }
        if wrong && new {
            self.withdraw(batch);
        }
        Ok(())
    }

    /// Withdraws the entry that was just queued: its source says that it was entered in error.
    fn withdraw(&mut self, batch: &mut Batch) {
        let Some(last) = batch.coming.last() else {
            return;
        };
        let retraction = Body::Retraction(Retraction {
            reason: "entered in error at its source".into(),
        });
        let (Some(id), Some((thread, _))) = (last.draft.id, last.draft.follows) else {
            return;
        };
        if !may_write(self.session.role(), &retraction) {
            return;
        }
        let draft = Draft::new(last.draft.chart, last.draft.section).after(thread, id);
        batch.coming.push(Coming {
            draft,
            body: retraction,
            replaces: None,
            indexed: true,
        });
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one resource on its way into one place"
    )]
    fn enter(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        chart: ChartId,
        section: Section,
        body: Body,
        indexed: bool,
        batch: &mut Batch,
    ) -> Result<bool, DeskError> {
        let Some(source) = item.source() else {
            return Ok(false);
        };
        let thread = batch.naming.thread(source);
        if !batch.named.insert(thread) {
            // The same resource twice in one batch, as practitioners are in every bundle.
            self.done.unchanged += 1;
            return Ok(false);
        }
        let (parent, replaces) = match batch.naming.before(writer, thread, source)? {
            Before::Same => {
                self.done.unchanged += 1;
                return Ok(false);
            }
            Before::New => (EntryId::ZERO, None),
            Before::Changed(parent, seq) => {
                self.done.amended += 1;
                (parent, Some(seq))
            }
        };
        let draft = Draft::new(chart, section)
            .named(batch.naming.version(thread, parent, source))
            .after(thread, parent);
        batch.coming.push(Coming {
            draft,
            body,
            replaces,
            indexed,
        });
        Ok(true)
    }

    /// Matches a patient by identifier, never by name, or opens a chart.
    fn patient(
        &mut self,
        writer: &mut Writer<'_, '_>,
        item: &Item,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let Mapped::Patient(identity) = &item.mapped else {
            return Ok(());
        };
        self.done.patients += 1;
        let found = self.known(writer, identity)?;
        if found.len() > 1 {
            self.skip_item(
                item,
                "its identifiers belong to more than one chart here: merge them first".into(),
            );
            return Ok(());
        }
        let chart = match found.into_iter().next() {
            Some(chart) => {
                let here = writer
                    .directory()
                    .chart(&chart)
                    .is_some_and(|state| state.units.contains(&self.place.unit));
                if !here {
                    self.skip_item(
                        item,
                        format!(
                            "the patient's chart is in another unit than {}: request access",
                            self.place.name
                        ),
                    );
                    return Ok(());
                }
                self.done.charts_matched += 1;
                let mut fresh = identity.clone();
                // The record number is ours, not the source's.
                fresh.mrn = self.number(writer, chart)?;
                self.enter(
                    writer,
                    item,
                    chart,
                    Section::Identity,
                    Body::Identity(fresh),
                    true,
                    batch,
                )?;
                chart
            }
            None => {
                let mut identity = identity.clone();
                let named = item.source().map(|source| {
                    let thread = batch.naming.thread(source);
                    batch.named.insert(thread);
                    (thread, batch.naming.version(thread, EntryId::ZERO, source))
                });
                let (chart, _) = open_chart(
                    self.session,
                    writer,
                    &self.place.name,
                    &mut identity,
                    None,
                    named,
                )?;
                self.done.charts_created += 1;
                self.done.entries += 1;
                *self
                    .done
                    .entries_by_kind
                    .entry("identity".into())
                    .or_default() += 1;
                chart
            }
        };
        self.resolver.learn(item, &chart);
        Ok(())
    }

    fn known(
        &self,
        writer: &mut Writer<'_, '_>,
        identity: &Identity,
    ) -> Result<Vec<ChartId>, DeskError> {
        let reader = writer.reader();
        let mut found = Vec::new();
        for identifier in &identity.identifiers {
            let tag = reader.locator_tag(&identifier.system, &identifier.value)?;
            found.extend(reader.tx().locate(&tag)?);
        }
        if let Some(source) = &identity.source {
            let tag = reader.locator_tag(
                &source.system,
                &format!("{}/{}", source.resource_type, source.id),
            )?;
            found.extend(reader.tx().locate(&tag)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn number(
        &self,
        writer: &mut Writer<'_, '_>,
        chart: ChartId,
    ) -> Result<Option<clinical::Mrn>, DeskError> {
        let number = crate::desk::locate::number(&mut writer.reader(), chart)?;
        Ok(number.and_then(|number| number.parse().ok()))
    }

    /// Seals, signs, stores, and remembers what the index has to learn.
    fn put(&mut self, writer: &mut Writer<'_, '_>, coming: Vec<Coming>) -> Result<(), DeskError> {
        for entry in &coming {
            self.begin_span(writer, entry.draft.chart, entry.draft.section)?;
        }
        let drafts = coming
            .iter()
            .map(|entry| (entry.draft.clone(), encode(&entry.body)))
            .collect();
        let stored = writer.put_all(drafts)?;
        let login = &self.session.vault().certificate().login;
        let now = writer.now();
        for (entry, Stored { seq, .. }) in coming.iter().zip(&stored) {
            self.done.entries += 1;
            *self
                .done
                .entries_by_kind
                .entry(entry.body.kind().as_str().into())
                .or_default() += 1;
            let section = entry.draft.section;
            if let Some(span) = self.spans.get_mut(&(entry.draft.chart, section)) {
                span.up_to = *seq;
                span.entries += 1;
            }
            let at = self.compartments.iter().position(|c| c.section == section);
            if let Some(bulk) = at.and_then(|at| self.bulks[at].as_mut()) {
                let mut change = indexing::change(*seq, &entry.body, login, now, entry.replaces);
                if !entry.indexed {
                    change.terms.clear();
                }
                bulk.push(&change);
            }
        }
        Ok(())
    }

    /// Remembers from where this import covers a section, and whether nothing else was due there.
    fn begin_span(
        &mut self,
        writer: &mut Writer<'_, '_>,
        chart: ChartId,
        section: Section,
    ) -> Result<(), DeskError> {
        if self.spans.contains_key(&(chart, section)) {
            return Ok(());
        }
        let Some(compartment) = self.compartments.iter().find(|c| c.section == section) else {
            return Ok(());
        };
        let reader = writer.reader();
        let tx = reader.tx();
        let from = coverage::up_to(tx.sql(), compartment.id, &compartment.keys, chart)?;
        let end = tx.section_end(&chart, section)?;
        let covered = indexing::covers(&reader, compartment.unit, chart, section);
        let span = Span {
            from,
            up_to: end,
            entries: 0,
            whole: covered && end <= from,
        };
        self.spans.insert((chart, section), span);
        Ok(())
    }

    /// Writes the gathered words as packed segments. What others wrote in between stays due, and is indexed by the next catch-up.
    fn flush_index(&mut self) -> Result<(), DeskError> {
        let spans = std::mem::take(&mut self.spans);
        let mut bulks = std::mem::take(&mut self.bulks);
        self.session.vault().write(|writer| {
            let reader = writer.reader();
            let tx = reader.tx();
            for ((chart, section), span) in &spans {
                let at = self.compartments.iter().position(|c| c.section == *section);
                let Some(bulk) = at.and_then(|at| bulks[at].as_mut()) else {
                    continue;
                };
                let alone =
                    tx.section_count(chart, *section, span.from, span.up_to)? == span.entries;
                if span.whole && span.entries > 0 && alone {
                    bulk.cover(*chart, span.from, span.up_to);
                }
            }
            for bulk in bulks.iter().flatten().filter(|bulk| bulk.pairs() > 0) {
                bulk.write_within(tx.sql())?;
            }
            Ok::<_, DeskError>(())
        })?;
        self.empty_bulks();
        Ok(())
    }
}

/// Names of imported entries, under the locator's key: nobody without it can test what was imported.
struct Naming(MacKey);

impl Naming {
    fn of(writer: &mut Writer<'_, '_>) -> Result<Self, DeskError> {
        Ok(Self(writer.reader().locator_key()?))
    }

    /// The same resource always continues the same thread.
    fn thread(&self, source: &Source) -> ThreadId {
        let (system, kind) = (source.system.as_bytes(), source.resource_type.as_bytes());
        let tag = self.0.tag(&[
            b"chartseal/import/v1",
            &(system.len() as u32).to_be_bytes(),
            system,
            &[kind.len() as u8],
            kind,
            source.id.as_bytes(),
        ]);
        ThreadId(std::array::from_fn(|i| tag[i]))
    }

    /// The version that follows `parent` with exactly these bytes.
    fn version(&self, thread: ThreadId, parent: EntryId, source: &Source) -> EntryId {
        let tag = self.0.tag(&[
            b"chartseal/import-version/v1",
            &thread.0,
            &parent.0,
            &source.original,
        ]);
        EntryId(std::array::from_fn(|i| tag[i]))
    }

    /// What the ledger holds of a resource.
    fn before(
        &self,
        writer: &mut Writer<'_, '_>,
        thread: ThreadId,
        source: &Source,
    ) -> Result<Before, DeskError> {
        let Some((seq, core)) = writer.tx().thread_end(&thread)? else {
            return Ok(Before::New);
        };
        if core.id == self.version(thread, core.parent, source) {
            return Ok(Before::Same);
        }
        // A retraction of the very same bytes is no reason to write them again.
        let parent = writer.tx().by_id(&core.parent)?.map(|entry| entry.core);
        if parent.is_some_and(|parent| parent.id == self.version(thread, parent.parent, source)) {
            return Ok(Before::Same);
        }
        Ok(Before::Changed(core.id, seq))
    }
}
