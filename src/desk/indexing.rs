//! Keeping the search index up with the ledger: in the transaction of a write, or in a batch for what is due.

use std::collections::BTreeMap;

use crate::clinical;
use crate::index::{self, Bulk, Change, CompartmentId, CompartmentKey, Meta, coverage, terms};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, EntryId, Holder, Section, UnitId};
use crate::vault::{Draft, Reader, Stored, VaultError, Writer};

use super::error::DeskError;
use super::session::Session;
use super::sheet::{Content, leaf};
use super::view;

/// More than this many entries due in one chart are left to the batch.
const AT_ONCE: usize = 256;
/// A batch is written after this many (word, entry) pairs: some tens of megabytes of memory.
const PAIRS: u64 = 4_000_000;
/// A transaction that brings the index up ends with the chart that passes so many entries, so that other writers pass.
const IN_A_TURN: u64 = 2_000;

/// The sections that are indexed.
pub const SECTIONS: [Section; 3] = [Section::Identity, Section::Clinical, Section::Medication];

/// One compartment that a session can search: its keys of every generation, oldest first.
pub struct Compartment {
    /// Which.
    pub id: CompartmentId,
    /// The unit.
    pub unit: UnitId,
    /// The section.
    pub section: Section,
    /// Its keys.
    pub keys: Vec<CompartmentKey>,
}

impl Compartment {
    /// The keys that new words go under.
    pub fn newest(&self) -> Option<&CompartmentKey> {
        self.keys.last()
    }
}

/// The compartments whose keys a session holds: units that share work, not the emergency unit.
pub fn compartments(reader: &Reader<'_>) -> Result<Vec<Compartment>, VaultError> {
    let mut found = Vec::new();
    for section in SECTIONS {
        for (unit, generations) in reader.compartments(section)? {
            let shares_work = reader.directory().units.get(&unit).is_some_and(|state| {
                matches!(
                    state.unit.kind,
                    UnitKind::Ward | UnitKind::Clinic | UnitKind::Pharmacy
                )
            });
            if shares_work {
                found.push(Compartment {
                    id: CompartmentId { unit, section },
                    unit,
                    section,
                    keys: generations
                        .iter()
                        .map(|(epoch, root)| CompartmentKey::new(root, *epoch))
                        .collect(),
                });
            }
        }
    }
    Ok(found)
}

/// Whether a unit holds a key of a chart's section in force: then its compartment covers it.
pub fn covers(reader: &Reader<'_>, unit: UnitId, chart: ChartId, section: Section) -> bool {
    reader.directory().chart(&chart).is_some_and(|state| {
        state.erased.is_none()
            && state.lines.iter().any(|held| {
                held.line.section == section
                    && held.line.holder == Holder::Unit(unit)
                    && held.in_force(reader.now())
            })
    })
}

/// Writes an entry and indexes it, with whatever else is due in that section of the chart, in the same transaction.
pub fn put(
    writer: &mut Writer<'_, '_>,
    draft: Draft,
    body: &crate::ledger::Body,
) -> Result<Stored, DeskError> {
    let (chart, section) = (draft.chart, draft.section);
    let stored = writer.put(draft, body)?;
    catch_up(writer, chart, section)?;
    Ok(stored)
}

/// Indexes what is due in one section of a chart, in every compartment whose key this session holds.
pub fn catch_up(
    writer: &mut Writer<'_, '_>,
    chart: ChartId,
    section: Section,
) -> Result<(), DeskError> {
    if !SECTIONS.contains(&section) {
        return Ok(());
    }
    let mut reader = writer.reader();
    for compartment in compartments(&reader)? {
        if compartment.section != section || !covers(&reader, compartment.unit, chart, section) {
            continue;
        }
        let Some(key) = compartment.newest() else {
            continue;
        };
        let tx = reader.tx();
        let from = coverage::up_to(tx.sql(), compartment.id, &compartment.keys, chart)?;
        let end = tx.section_end(&chart, section)?;
        let due = tx.section_between(&chart, section, from, end)?;
        if due.len() > AT_ONCE {
            continue;
        }
        let changes = changes(&mut reader, due)?;
        index::add(tx.sql(), compartment.id, key, &changes)?;
        coverage::mark(tx.sql(), compartment.id, key, chart, end)?;
    }
    Ok(())
}

/// What the index has to learn of some entries. What does not open or verify is left out: search shows only what holds.
pub(super) fn changes(
    reader: &mut Reader<'_>,
    entries: Vec<crate::ledger::Entry>,
) -> Result<Vec<Change>, DeskError> {
    let mut changes = Vec::new();
    for entry in entries {
        let (rid, parent) = (entry.seq(), entry.core.parent);
        let Ok(opened) = reader.open(entry) else {
            continue;
        };
        let Ok(leaf) = leaf(reader, opened) else {
            continue;
        };
        if !leaf.authorised {
            continue;
        }
        let replaces = match parent {
            EntryId::ZERO => None,
            parent => reader.tx().by_id(&parent)?.map(|entry| entry.seq()),
        };
        if let Content::Clinical(body) = &leaf.content {
            changes.push(change(rid, body, &leaf.login, leaf.core.created, replaces));
        }
    }
    Ok(changes)
}

/// One entry as the index sees it. A retraction has no words of its own.
pub fn change(
    rid: u64,
    body: &clinical::Body,
    login: &str,
    created: u64,
    replaces: Option<u64>,
) -> Change {
    let terms = match body {
        clinical::Body::Retraction(_) => Vec::new(),
        body => terms::of(body, login, created as i64),
    };
    Change {
        rid,
        terms,
        replaces,
    }
}

/// What a search would need to know of an entry besides its body.
pub fn meta(login: &str, created: u64) -> Meta<'_> {
    Meta {
        author: login,
        created: created as i64,
    }
}

/// Entries that stand in sections this session can search and that the index does not hold yet, by compartment and chart.
pub fn due(
    reader: &Reader<'_>,
    compartment: &Compartment,
) -> Result<BTreeMap<ChartId, (u64, u64)>, DeskError> {
    let tx = reader.tx();
    let covered = coverage::all(tx.sql(), compartment.id, &compartment.keys)?;
    let mut due = BTreeMap::new();
    for chart in reader.directory().charts.keys() {
        if !covers(reader, compartment.unit, *chart, compartment.section) {
            continue;
        }
        let from = covered.get(chart).copied().unwrap_or(0);
        let end = tx.section_end(chart, compartment.section)?;
        if end > from {
            due.insert(*chart, (from, end));
        }
    }
    Ok(due)
}

/// Indexes everything that is due, in packed segments. Returns how many entries were indexed.
pub fn catch_up_all(session: &Session, watch: view::Reporter<'_>) -> Result<u64, DeskError> {
    let mut indexed = 0;
    let places: Vec<CompartmentId> = session
        .vault()
        .read(|reader| Ok::<_, DeskError>(compartments(reader)?.iter().map(|c| c.id).collect()))?;
    for id in places {
        loop {
            let more = session.vault().write(|writer| {
                let mut reader = writer.reader();
                let Some(compartment) = compartments(&reader)?.into_iter().find(|c| c.id == id)
                else {
                    return Ok::<_, DeskError>(0);
                };
                let Some(key) = compartment.newest() else {
                    return Ok(0);
                };
                let mut bulk = Bulk::new(compartment.id, key);
                let mut count = 0;
                for (chart, (from, end)) in due(&reader, &compartment)? {
                    let entries =
                        reader
                            .tx()
                            .section_between(&chart, compartment.section, from, end)?;
                    count += entries.len() as u64;
                    for change in changes(&mut reader, entries)? {
                        bulk.push(&change);
                    }
                    bulk.cover(chart, from, end);
                    if count >= IN_A_TURN || bulk.pairs() > PAIRS {
                        break;
                    }
                }
                if count > 0 {
                    bulk.write_within(reader.tx().sql())?;
                }
                Ok(count)
            })?;
            if more == 0 {
                break;
            }
            indexed += more;
            let progress = view::Progress {
                what: "indexing".into(),
                done: indexed,
                total: None,
                unit: "entries",
                note: None,
            };
            if watch(&progress) == view::Proceed::Stop {
                return Err(DeskError::Stopped);
            }
        }
    }
    Ok(indexed)
}
