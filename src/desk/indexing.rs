//! What goes into the search index, and indexing it in the transaction of a write. What is due otherwise, [`catch_up`](super::catch_up)
//! indexes in batches.

use crate::clinical;
use crate::index::{
    self, Change, CompartmentId, CompartmentKey, IndexError, Meta, Replaced, Term, coverage, terms,
};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Core, Entry, EntryId, Holder, Section, UnitId};
use crate::vault::{Draft, Reader, Stored, VaultError, Writer};

use super::error::DeskError;
use super::sheet::{Content, leaf};

/// More than this many entries due in one chart are left to the batch.
const AT_ONCE: u64 = 256;

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
        if tx.section_count(&chart, section, from, end)? > AT_ONCE {
            continue;
        }
        let due = tx.section_between(&chart, section, from, end)?;
        let changes = changes(&mut reader, due)?;
        match add(&reader, &compartment, key, chart, end, &changes) {
            // The unit's key was renewed and has not been delivered to this person yet: those who hold it catch up.
            Err(IndexError::StaleKey { .. }) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

fn add(
    reader: &Reader<'_>,
    compartment: &Compartment,
    key: &CompartmentKey,
    chart: ChartId,
    end: u64,
    changes: &[Change],
) -> Result<(), IndexError> {
    let sql = reader.tx().sql();
    index::add(sql, compartment.id, key, changes)?;
    coverage::mark(sql, compartment.id, key, chart, end)
}

/// What the index has to learn of some entries. What does not open or verify is left out: search shows only what holds.
pub(super) fn changes(
    reader: &mut Reader<'_>,
    entries: Vec<Entry>,
) -> Result<Vec<Change>, DeskError> {
    let mut changes = Vec::new();
    for entry in entries {
        let rid = entry.seq();
        let Ok(opened) = reader.open(entry) else {
            continue;
        };
        let Ok(leaf) = leaf(reader, opened) else {
            continue;
        };
        if !leaf.authorised {
            continue;
        }
        let replaces = replaced(reader, &leaf.core)?;
        if let Content::Clinical(body) = &leaf.content {
            changes.push(change(rid, body, &leaf.login, leaf.core.created, replaces));
        }
    }
    Ok(changes)
}

/// The version that an entry takes the place of, with its words as far as this session opens them.
fn replaced(reader: &mut Reader<'_>, core: &Core) -> Result<Option<Replaced>, DeskError> {
    if core.parent == EntryId::ZERO {
        return Ok(None);
    }
    let Some(old) = reader.tx().by_id(&core.parent)? else {
        return Ok(None);
    };
    let same = (old.core.thread, old.core.chart, old.core.section)
        == (core.thread, core.chart, core.section);
    // What it names of somewhere else it cannot replace.
    Ok(same.then(|| as_replaced(reader, old)))
}

/// A version as one that is replaced, with its words as far as this session opens them.
pub fn as_replaced(reader: &mut Reader<'_>, old: Entry) -> Replaced {
    let rid = old.seq();
    let read = reader.open(old).ok();
    let read = read.and_then(|opened| leaf(reader, opened).ok());
    let body = read
        .as_ref()
        .filter(|leaf| leaf.authorised)
        .and_then(|leaf| Some((leaf, leaf.body()?)));
    let terms = body.map_or_else(Vec::new, |(leaf, body)| {
        words(body, &leaf.login, leaf.core.created)
    });
    Replaced { rid, terms }
}

/// One entry as the index sees it. A retraction has no words of its own.
pub fn change(
    rid: u64,
    body: &clinical::Body,
    login: &str,
    created: u64,
    replaces: Option<Replaced>,
) -> Change {
    Change {
        rid,
        terms: words(body, login, created),
        replaces,
    }
}

fn words(body: &clinical::Body, login: &str, created: u64) -> Vec<Term> {
    match body {
        clinical::Body::Retraction(_) => Vec::new(),
        body => terms::of(body, login, created as i64),
    }
}

/// What a search would need to know of an entry besides its body.
pub fn meta(login: &str, created: u64) -> Meta<'_> {
    Meta {
        author: login,
        created: created as i64,
    }
}
