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
use super::sheet::{Content, Leaf, Sheet};
use super::succession::{self, happened};

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

/// What the index has to learn of some entries. What does not open or verify, or might not be written where it stands, is left out: the
/// index knows what the charts show, and search shows only what holds.
pub(super) fn changes(
    reader: &mut Reader<'_>,
    entries: Vec<Entry>,
) -> Result<Vec<Change>, DeskError> {
    let mut changes = Vec::new();
    for entry in entries {
        let (rid, parent) = (entry.seq(), entry.core.parent);
        let sheet = Sheet::as_of(reader, &entry)?;
        let last = sheet.leaves.last();
        let Some(leaf) = last.filter(|leaf| leaf.seq == rid && leaf.authorised) else {
            continue;
        };
        let Content::Clinical(body) = &leaf.content else {
            continue;
        };
        let replaces = match leaf.replaces {
            Some(old) => Some(replaced(&sheet, old)),
            None if happened(Some(body)) => None,
            None => closed(reader, &sheet, leaf, parent)?,
        };
        changes.push(change(rid, body, &leaf.login, leaf.core.created, replaces));
    }
    Ok(changes)
}

/// The version before an entry where this session does not open it: what it said stays unknown.
fn closed(
    reader: &Reader<'_>,
    sheet: &Sheet,
    leaf: &Leaf,
    parent: EntryId,
) -> Result<Option<Replaced>, DeskError> {
    if parent == EntryId::ZERO || sheet.leaves.iter().any(|other| other.id() == parent) {
        return Ok(None);
    }
    let Some(old) = reader.tx().by_id(&parent)? else {
        return Ok(None);
    };
    let place = |core: &Core| (core.thread, core.chart, core.section);
    // What it names of somewhere else it cannot replace.
    Ok((place(&old.core) == place(&leaf.core)).then(|| replaced(sheet, old.seq())))
}

/// What `next` takes the place of where this entry is its thread's last, with its words as far as this session opens them.
pub fn taken_by(
    reader: &mut Reader<'_>,
    last: &Entry,
    next: &clinical::Body,
) -> Result<Replaced, DeskError> {
    let sheet = Sheet::as_of(reader, last)?;
    let standing: Vec<&Leaf> = sheet.leaves.iter().filter(|leaf| leaf.stands).collect();
    let taken = succession::taken(standing.iter().map(|leaf| leaf.body()), Some(next));
    let rid = taken.map_or(last.seq(), |at| standing[at].seq);
    Ok(replaced(&sheet, rid))
}

fn replaced(sheet: &Sheet, rid: u64) -> Replaced {
    let leaf = sheet.leaves.iter().find(|leaf| leaf.seq == rid);
    let body = leaf.and_then(|leaf| Some((leaf, leaf.body()?)));
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
