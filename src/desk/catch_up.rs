//! Indexing what is due: after an import, a new enrolment, or a day on which only those wrote who hold no key of the index.
//!
//! Entries are read and their words gathered in short read transactions; what was gathered is written as a packed segment a
//! piece at a time, a few entries to the log. **Nobody is held up meanwhile**: others write, searches answer and say what is not covered yet.

use std::collections::BTreeMap;

use crate::index::{Bulk, CompartmentId, IndexError, Mode, Stoppable, coverage};
use crate::ledger::ChartId;
use crate::vault::Reader;

use super::error::DeskError;
use super::indexing::{Compartment, changes, compartments, covers};
use super::session::Session;
use super::view::{Proceed, Progress, Reporter};

/// A batch is written after this many (word, entry) pairs: some tens of megabytes of memory.
const PAIRS: u64 = 2_000_000;
/// When others were faster, the next batch is this many times smaller, ...
const SMALLER: u64 = 16;
/// ... and from here on it is written in the transaction that reads it: some hundred entries.
const ALONE: u64 = 20_000;
/// Entries read in one transaction.
const PAGE: usize = 256;

/// Charts with entries that the index of a compartment does not hold yet: how far it holds them, and how far they go.
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

/// Indexes everything that is due. Returns how many entries were indexed. Stopped, it keeps what was written.
pub fn catch_up_all(session: &Session, watch: Reporter<'_>) -> Result<u64, DeskError> {
    let places: Vec<CompartmentId> = session.vault().read(|reader| {
        let all = compartments(reader)?;
        Ok::<_, DeskError>(all.iter().map(|compartment| compartment.id).collect())
    })?;
    let mut indexed = 0;
    for id in places {
        indexed += catch_up_in(session, id, &|count| report(watch, indexed + count))?;
    }
    Ok(indexed)
}

/// Indexes what is due in one compartment. Returns how many entries were indexed; `watch` is told so many, too.
pub(super) fn catch_up_in(
    session: &Session,
    id: CompartmentId,
    watch: &dyn Fn(u64) -> Result<(), DeskError>,
) -> Result<u64, DeskError> {
    let (mut indexed, mut pairs) = (0, PAIRS);
    loop {
        match batch(session, id, pairs, &|count| watch(indexed + count)) {
            Ok(0) => return Ok(indexed),
            Ok(count) => indexed += count,
            Err(DeskError::Index(IndexError::Overtaken)) => pairs = (pairs / SMALLER).max(ALONE),
            // The unit's key was renewed and has not been delivered to this person yet.
            Err(DeskError::Index(IndexError::StaleKey { .. })) => return Ok(indexed),
            Err(other) => return Err(other),
        }
    }
}

/// Indexes about `pairs` pairs of what is due in a compartment. How many entries it was.
fn batch(
    session: &Session,
    id: CompartmentId,
    pairs: u64,
    watch: &dyn Fn(u64) -> Result<(), DeskError>,
) -> Result<u64, DeskError> {
    let find = |reader: &Reader<'_>| -> Result<Option<(Compartment, _)>, DeskError> {
        let all = compartments(reader)?;
        let Some(compartment) = all.into_iter().find(|compartment| compartment.id == id) else {
            return Ok(None);
        };
        let due = due(reader, &compartment)?;
        Ok((!due.is_empty()).then_some((compartment, due)))
    };
    if pairs <= ALONE {
        return session.vault().write(|writer| {
            let mut reader = writer.reader();
            let Some((compartment, due)) = find(&reader)? else {
                return Ok(0);
            };
            let Some(mut gathering) = Gathering::new(&compartment) else {
                return Ok(0);
            };
            gathering.all(due, pairs, |gathering, chart, span| {
                gathering.page(&mut reader, chart, span)
            })?;
            gathering.bulk.write_within(reader.tx().sql())?;
            Ok(gathering.count)
        });
    }
    let Some((compartment, due)) = session.vault().read(|reader| find(reader))? else {
        return Ok(0);
    };
    let Some(mut gathering) = Gathering::new(&compartment) else {
        return Ok(0);
    };
    gathering.all(due, pairs, |gathering, chart, span| {
        watch(gathering.count)?;
        let vault = session.vault();
        vault.read(|reader| gathering.page(reader, chart, span))
    })?;
    let wanted = || watch(gathering.count).is_ok();
    let ledger = Stoppable::new(session.vault().ledger(), &wanted);
    gathering.bulk.write(&ledger, Mode::Add)?;
    watch(gathering.count)?;
    Ok(gathering.count)
}

/// Words of some charts on their way into one compartment.
struct Gathering<'k> {
    compartment: &'k Compartment,
    bulk: Bulk<'k>,
    count: u64,
}

impl<'k> Gathering<'k> {
    fn new(compartment: &'k Compartment) -> Option<Self> {
        Some(Self {
            compartment,
            bulk: Bulk::new(compartment.id, &compartment.keys)?,
            count: 0,
        })
    }

    /// Gathers charts by pages until there are enough pairs.
    fn all(
        &mut self,
        due: BTreeMap<ChartId, (u64, u64)>,
        pairs: u64,
        mut page: impl FnMut(&mut Self, ChartId, (u64, u64)) -> Result<u64, DeskError>,
    ) -> Result<(), DeskError> {
        for (chart, (from, end)) in due {
            let mut after = from;
            while after < end && self.bulk.pairs() < pairs {
                after = page(self, chart, (after, end))?;
            }
            if after > from {
                self.bulk.cover(chart, from, after);
            }
            if self.bulk.pairs() >= pairs {
                break;
            }
        }
        Ok(())
    }

    /// Gathers the next entries of a chart. Up to where.
    fn page(
        &mut self,
        reader: &mut Reader<'_>,
        chart: ChartId,
        (after, end): (u64, u64),
    ) -> Result<u64, DeskError> {
        let section = self.compartment.section;
        let entries = reader.tx().section_after(&chart, section, after, PAGE)?;
        let last = entries.last().map_or(end, crate::ledger::Entry::seq);
        self.count += entries.len() as u64;
        for change in changes(reader, entries)? {
            self.bulk.push(&change);
        }
        Ok(last)
    }
}

fn report(watch: Reporter<'_>, done: u64) -> Result<(), DeskError> {
    let progress = Progress {
        what: "indexing".into(),
        done,
        total: None,
        unit: "entries",
        note: None,
        transfer: None,
    };
    match watch(&progress) {
        Proceed::Go => Ok(()),
        Proceed::Stop => Err(DeskError::Stopped),
    }
}
