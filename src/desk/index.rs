//! Tending the search index: how large it is, merging it, building it anew. Each for the compartments whose keys the
//! session holds; nobody holds all of them.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::index::{
    self, Audit, Audited, Bulk, CompartmentKey, IndexError, Mode, Stoppable, Transactor, coverage,
};
use crate::ledger::{ChartId, Entry};
use crate::vault::Reader;

use super::catch_up::{catch_up_all, catch_up_in, due};
use super::error::DeskError;
use super::indexing::{Compartment, changes, compartments, covers};
use super::session::Session;
use super::view::{IndexChecked, IndexStats, Proceed, Progress, Reporter};

/// How often a build begins again where keys were renewed or a chart was erased meanwhile.
const TRIES: usize = 5;
/// Entries read in one transaction.
const PAGE: usize = 256;

/// How large the index is. Pairs are counted where the session's keys open them, sizes in the whole file.
pub fn stats(session: &Session) -> Result<IndexStats, DeskError> {
    session.vault().read(|reader| {
        let compartments = compartments(reader)?;
        let held: Vec<_> = compartments
            .iter()
            .map(|compartment| (compartment.id, compartment.keys.as_slice()))
            .collect();
        let stats = index::stats(reader.tx().sql(), &held)?;
        Ok(IndexStats {
            pairs: stats.pairs,
            segments: stats.segments,
            log_rows: stats.log_rows,
            bytes: stats.bytes,
            bytes_per_pair: stats.bytes_per_pair().unwrap_or(0.0),
        })
    })
}

/// Indexes what is due and merges what has piled up. Stopped, it goes on where it was. [`DeskError::PassedOver`], when all else is done, if
/// other sessions have a compartment in hand.
pub fn merge(session: &Session, watch: Reporter<'_>) -> Result<IndexStats, DeskError> {
    catch_up_all(session, watch)?;
    let merged = Cell::new(0);
    let wanted = || report(watch, "merging", merged.get(), "segments").is_ok();
    let ledger = Stoppable::new(session.vault().ledger(), &wanted);
    let mut left = Vec::new();
    for compartment in held(session)? {
        loop {
            match index::merge(&ledger, compartment.id, &compartment.keys) {
                Ok(None) => break,
                Ok(Some(_)) => merged.set(merged.get() + 1),
                Err(error) => {
                    left.push(passed_over(session, &compartment, error)?);
                    break;
                }
            }
        }
    }
    sweep(session, &ledger)?;
    ended(session, left)
}

/// Builds the index anew from the entries themselves, whatever state it is in. Until a compartment is done, it is
/// searched as it was. **It waits for nobody and takes no lease**: a damaged index can be mended while others write. What they write
/// meanwhile is due again once a compartment is done, and indexed at once.
pub fn rebuild(session: &Session, watch: Reporter<'_>) -> Result<IndexStats, DeskError> {
    rebuild_through(session, session.vault().ledger(), watch)
}

/// The same, writing in transactions of `ledger`: of the session's own, or of what makes them smaller.
pub fn rebuild_through(
    session: &Session,
    ledger: &impl Transactor,
    watch: Reporter<'_>,
) -> Result<IndexStats, DeskError> {
    let (mut done, mut left) = (0, Vec::new());
    for Compartment { id, .. } in held(session)? {
        let mut tries = 1;
        loop {
            // A unit's keys may be renewed meanwhile.
            let Some(compartment) = held(session)?.into_iter().find(|held| held.id == id) else {
                break;
            };
            set_back(session, &compartment)?;
            match rebuild_one(session, ledger, &compartment, &mut done, watch) {
                Ok(()) => break,
                Err(DeskError::Index(
                    IndexError::Overtaken | IndexError::Collision | IndexError::StaleKey { .. },
                )) if tries < TRIES => {
                    tries += 1;
                }
                Err(DeskError::Index(error)) => {
                    left.push(passed_over(session, &compartment, error)?);
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        done += catch_up_in(session, id, &|count| {
            report(watch, "indexing", done + count, "entries")
        })?;
    }
    sweep(session, session.vault().ledger())?;
    ended(session, left)
}

/// One step of what keeps the index in shape, for a session that has nothing else to do: indexes what is due, or merges one full level,
/// or removes what is no longer read. Whether there was something to do. Work that another session has in hand is left to it.
///
/// `watch` is asked before every transaction, of which none writes more than some 4 MB. Told to stop, it ends with
/// [`DeskError::Stopped`], gives back what it had taken and leaves the index as it was, but for batches that were indexed whole.
pub fn tend(session: &Session, watch: Reporter<'_>) -> Result<bool, DeskError> {
    let wanted = || report(watch, "merging", 0, "segments").is_ok();
    let ledger = Stoppable::new(session.vault().ledger(), &wanted);
    let held = held(session)?;
    for compartment in &held {
        let (behind, full) = session.vault().read(|reader| {
            let behind = !due(reader, compartment)?.is_empty();
            let full = index::is_due(reader.tx().sql(), compartment.id, &compartment.keys)?;
            Ok::<_, DeskError>((behind, full))
        })?;
        if behind && catch_up_all(session, watch)? > 0 {
            return Ok(true);
        }
        if !full {
            continue;
        }
        match index::merge(&ledger, compartment.id, &compartment.keys) {
            Ok(Some(_)) => return Ok(true),
            Ok(None) => {}
            Err(error) if is_of_one(&error) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(sweep(session, &ledger)? > 0)
}

/// Removes what is no longer read; and what the write-ahead log has of it, where nobody is in the way. How many segments it was.
fn sweep(session: &Session, ledger: &impl Transactor) -> Result<usize, DeskError> {
    let swept = index::sweep(ledger)?;
    if swept > 0 {
        session.vault().ledger().checkpoint_if_idle()?;
    }
    Ok(swept)
}

/// Whether this keeps from working on one compartment and on no other.
fn is_of_one(error: &IndexError) -> bool {
    matches!(
        error,
        IndexError::Busy
            | IndexError::Overtaken
            | IndexError::StaleKey { .. }
            | IndexError::Damaged { .. }
    )
}

/// What is said of a compartment that was passed over. What keeps from more than that is an error.
fn passed_over(
    session: &Session,
    compartment: &Compartment,
    error: IndexError,
) -> Result<String, DeskError> {
    if !is_of_one(&error) {
        return Err(error.into());
    }
    session.vault().read(|reader| {
        let place = place(reader, compartment);
        Ok(format!("{place}: {error}"))
    })
}

/// How it ended: what is left was passed over.
fn ended(session: &Session, left: Vec<String>) -> Result<IndexStats, DeskError> {
    if left.is_empty() {
        stats(session)
    } else {
        Err(DeskError::PassedOver(left))
    }
}

/// How a compartment is called.
fn place(reader: &Reader<'_>, compartment: &Compartment) -> String {
    let unit = reader.directory().units.get(&compartment.unit);
    let unit = unit.map_or_else(String::new, |state| state.unit.name.clone());
    format!("index of {unit}, {}", compartment.section)
}

/// Holds the index against the entries, both ways, in every compartment whose keys the session holds.
///
/// A compartment is compared at one state of the ledger, and what its index should hold takes some 8 bytes a pair of memory meanwhile.
pub fn audit(session: &Session, watch: Reporter<'_>) -> Result<IndexChecked, DeskError> {
    let mut checked = IndexChecked::default();
    let mut read = 0;
    for compartment in held(session)? {
        session.vault().read(|reader| {
            let audited = audit_one(reader, &compartment, &mut read, watch)?;
            tell(reader, &compartment, &audited, &mut checked);
            Ok::<_, DeskError>(())
        })?;
    }
    Ok(checked)
}

/// Audits one compartment. `read` counts entries.
fn audit_one(
    reader: &mut Reader<'_>,
    compartment: &Compartment,
    read: &mut u64,
    watch: Reporter<'_>,
) -> Result<Audited, DeskError> {
    let tx = reader.tx();
    let mut audit = Audit::new(compartment.id, &compartment.keys);
    // Words of charts that the unit has no access to any more, or that nobody vouches for being indexed whole: in the index, or partly
    // so, and no search shows them.
    let mut excused = BTreeSet::new();
    let covered = coverage::all(tx.sql(), compartment.id, &compartment.keys)?;
    let charts: Vec<ChartId> = reader.directory().charts.keys().copied().collect();
    for chart in charts {
        let up_to = covered.get(&chart).copied().unwrap_or(0);
        let end = tx.section_end(&chart, compartment.section)?;
        let open = covers(reader, compartment.unit, chart, compartment.section);
        if !open || end > up_to {
            let numbers = tx.section_numbers(&chart, compartment.section, end)?;
            excused.extend(numbers.into_iter().filter(|rid| !open || *rid > up_to));
        }
        let mut after = 0;
        while open && after < up_to {
            let mut entries = tx.section_after(&chart, compartment.section, after, PAGE)?;
            entries.retain(|entry| entry.seq() <= up_to);
            after = entries.last().map_or(up_to, Entry::seq);
            *read += entries.len() as u64;
            for change in changes(reader, entries)? {
                audit.push(&change);
            }
            report(watch, "comparing the index", *read, "entries")?;
        }
    }
    let mut audited = audit.finish(tx.sql())?;
    audited.excuse(&excused);
    Ok(audited)
}

/// Counts what an audit found, and names it.
fn tell(
    reader: &Reader<'_>,
    compartment: &Compartment,
    audited: &Audited,
    checked: &mut IndexChecked,
) {
    checked.checked += audited.checked;
    checked.missing += audited.missing;
    checked.stray += audited.stray;
    let place = place(reader, compartment);
    let words = |count: u64| if count == 1 { "word" } else { "words" };
    for (rid, count) in &audited.missing_of {
        let text = format!("{place}: {count} {} of this entry not found", words(*count));
        checked.findings.push((Some(*rid), text));
    }
    for (rid, count) in &audited.stray_of {
        let text = format!("{place}: {count} {} too many for this entry", words(*count));
        checked.findings.push((Some(*rid), text));
    }
    for (segment, count) in &audited.damaged {
        let rows = if *count == 1 { "row" } else { "rows" };
        let text = format!(
            "{place}: segment {segment} has {count} {rows} that nobody with its keys wrote; chartseal index rebuild"
        );
        checked.findings.push((None, text));
    }
}

/// Sets a compartment back that claims a generation which its unit never had: nobody could add to it or build it anew.
fn set_back(session: &Session, compartment: &Compartment) -> Result<(), DeskError> {
    let newest = session
        .vault()
        .read(|reader| Ok::<_, DeskError>(newest_epoch(reader, compartment)))?;
    if let Some(newest) = newest {
        let ledger = session.vault().ledger();
        ledger
            .write(|tx| Ok::<_, DeskError>(index::set_back(tx.sql(), compartment.id, newest)?))?;
    }
    Ok(())
}

/// The newest key that the unit ever had for the section.
fn newest_epoch(reader: &Reader<'_>, compartment: &Compartment) -> Option<u32> {
    let unit = reader.directory().units.get(&compartment.unit)?;
    Some(unit.current_key(compartment.section)?.key.epoch)
}

/// Whether the session's key of a compartment is the newest that the unit has: under no other is anything written.
fn is_newest(session: &Session, compartment: &Compartment) -> Result<(), DeskError> {
    let newest = session
        .vault()
        .read(|reader| Ok::<_, DeskError>(newest_epoch(reader, compartment)))?;
    let held = compartment.newest().map(CompartmentKey::generation);
    match (held, newest) {
        (Some(held), Some(current)) if held != current => {
            Err(IndexError::StaleKey { held, current }.into())
        }
        _ => Ok(()),
    }
}

fn rebuild_one(
    session: &Session,
    ledger: &impl Transactor,
    compartment: &Compartment,
    done: &mut u64,
    watch: Reporter<'_>,
) -> Result<(), DeskError> {
    let section = compartment.section;
    is_newest(session, compartment)?;
    let charts: Vec<_> = session.vault().read(|reader| {
        let charts = reader.directory().charts.keys();
        let covered = charts.filter(|chart| covers(reader, compartment.unit, **chart, section));
        Ok::<_, DeskError>(covered.copied().collect())
    })?;
    if charts.is_empty() {
        return Ok(ledger.write(|sql| index::reset(sql, compartment.id))?);
    }
    let Some(mut bulk) = Bulk::new(compartment.id, &compartment.keys) else {
        return Ok(());
    };
    // A few entries at a time: the ledger's snapshot is not held for as long as all of it takes.
    for chart in charts {
        let end = session
            .vault()
            .read(|reader| Ok::<_, DeskError>(reader.tx().section_end(&chart, section)?))?;
        let mut after = 0;
        while after < end {
            after = session.vault().read(|reader| {
                let entries = reader.tx().section_after(&chart, section, after, PAGE)?;
                *done += entries.len() as u64;
                let last = entries.last().map_or(end, Entry::seq);
                for change in changes(reader, entries)? {
                    bulk.push(&change);
                }
                Ok::<_, DeskError>(last)
            })?;
        }
        bulk.cover(chart, 0, after);
        report(watch, "indexing", *done, "entries")?;
    }
    // Somebody who left meanwhile may have kept the key that this would be written under.
    is_newest(session, compartment)?;
    bulk.write(ledger, Mode::Replace)?;
    Ok(())
}

fn held(session: &Session) -> Result<Vec<Compartment>, DeskError> {
    session
        .vault()
        .read(|reader| Ok::<_, DeskError>(compartments(reader)?))
}

fn report(watch: Reporter<'_>, what: &str, done: u64, unit: &'static str) -> Result<(), DeskError> {
    let progress = Progress {
        what: what.into(),
        done,
        total: None,
        unit,
        note: None,
        transfer: None,
    };
    match watch(&progress) {
        Proceed::Go => Ok(()),
        Proceed::Stop => Err(DeskError::Stopped),
    }
}
