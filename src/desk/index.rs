//! Tending the search index: how large it is, merging it, building it anew. Each for the compartments whose keys the
//! session holds; nobody holds all of them.

use crate::index::{self, Audit, Audited, Bulk, CompartmentKey, IndexError, Mode, coverage};
use crate::vault::Reader;

use super::error::DeskError;
use super::indexing::{Compartment, catch_up_all, changes, compartments, covers};
use super::session::Session;
use super::view::{IndexChecked, IndexStats, Proceed, Progress, Reporter};

/// How often a build begins again after other sessions indexed the same charts meanwhile.
const TRIES: usize = 5;

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

/// Indexes what is due and merges what has piled up. Stopped, it goes on where it was.
pub fn merge(session: &Session, watch: Reporter<'_>) -> Result<IndexStats, DeskError> {
    catch_up_all(session, watch)?;
    let ledger = session.vault().ledger();
    let mut merged = 0;
    for compartment in held(session)? {
        while index::merge(ledger, compartment.id, &compartment.keys)?.is_some() {
            merged += 1;
            report(watch, "merging", merged, "segments")?;
        }
    }
    index::sweep(ledger)?;
    stats(session)
}

/// Builds the index anew from the entries themselves, whatever state it is in. Until a compartment is done, it is
/// searched as it was.
pub fn rebuild(session: &Session, watch: Reporter<'_>) -> Result<IndexStats, DeskError> {
    let mut done = 0;
    for compartment in held(session)? {
        let Some(key) = compartment.newest() else {
            continue;
        };
        let mut tries = 1;
        while let Err(error) = rebuild_one(session, &compartment, key, &mut done, watch) {
            match error {
                DeskError::Index(IndexError::Overtaken | IndexError::Collision)
                    if tries < TRIES => {}
                other => return Err(other),
            }
            tries += 1;
        }
    }
    index::sweep(session.vault().ledger())?;
    stats(session)
}

/// Holds the index against the entries, both ways, in every compartment whose keys the session holds.
pub fn audit(session: &Session, watch: Reporter<'_>) -> Result<IndexChecked, DeskError> {
    let mut checked = IndexChecked::default();
    for compartment in held(session)? {
        let audited = session
            .vault()
            .read(|reader| audit_one(reader, &compartment))?;
        checked.checked += audited.checked;
        checked.missing += audited.missing;
        checked.stray += audited.stray;
        report(watch, "comparing the index", checked.checked, "pairs")?;
    }
    Ok(checked)
}

fn audit_one(reader: &mut Reader<'_>, compartment: &Compartment) -> Result<Audited, DeskError> {
    let tx = reader.tx();
    let mut audit = Audit::new(compartment.id, &compartment.keys);
    let mut whole = true;
    for (chart, up_to) in coverage::all(tx.sql(), compartment.id, &compartment.keys)? {
        if !covers(reader, compartment.unit, chart, compartment.section) {
            whole = false;
            continue;
        }
        let entries = tx.section_between(&chart, compartment.section, 0, up_to)?;
        for change in changes(reader, entries)? {
            audit.push(&change);
        }
    }
    let mut audited = audit.finish(tx.sql())?;
    if !whole {
        // The unit's access to a chart ended: its words are still in the index, and nobody here may read what to compare
        // them with. Search leaves them out.
        audited.stray = 0;
    }
    Ok(audited)
}

fn rebuild_one(
    session: &Session,
    compartment: &Compartment,
    key: &CompartmentKey,
    done: &mut u64,
    watch: Reporter<'_>,
) -> Result<(), DeskError> {
    let section = compartment.section;
    let charts: Vec<_> = session.vault().read(|reader| {
        let charts = reader.directory().charts.keys();
        let covered = charts.filter(|chart| covers(reader, compartment.unit, **chart, section));
        Ok::<_, DeskError>(covered.copied().collect())
    })?;
    if charts.is_empty() {
        let ledger = session.vault().ledger();
        return ledger.write(|tx| Ok(index::reset(tx.sql(), compartment.id)?));
    }
    let mut bulk = Bulk::new(compartment.id, key);
    // A chart at a time: the ledger's snapshot is not held for as long as all of it takes.
    for chart in charts {
        *done += session.vault().read(|reader| {
            let tx = reader.tx();
            let known = std::slice::from_ref(key);
            let from = coverage::up_to(tx.sql(), compartment.id, known, chart)?;
            let end = tx.section_end(&chart, section)?;
            let entries = tx.section_between(&chart, section, 0, end)?;
            let count = entries.len() as u64;
            for change in changes(reader, entries)? {
                bulk.push(&change);
            }
            bulk.cover(chart, from, end);
            Ok::<_, DeskError>(count)
        })?;
        report(watch, "indexing", *done, "entries")?;
    }
    bulk.write(session.vault().ledger(), Mode::Replace)?;
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
    };
    match watch(&progress) {
        Proceed::Go => Ok(()),
        Proceed::Stop => Err(DeskError::Stopped),
    }
}
