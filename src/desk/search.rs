//! Searching, whole or page by page: the index where units share it, the predicate itself for charts that are the person's own or granted to
//! them. What is shown is opened, verified and held against the query once more.
//!
//! The newest comes first: by the day on which something happened, as the writer's calendar had it, and of one day what was written last.

mod hit;
mod part;
mod patients;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};

use crate::index::{self, Rank};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Section};
use crate::vault::{Draft, VaultError};

use super::act::{Act, Searched};
use super::error::DeskError;
use super::queries;
use super::session::Session;
use super::territory::Territory;
use super::view::{SearchAnswer, Stamp};
use hit::hit;
use part::{Wanted, part};
use patients::{Patient, Patients};

/// Charts listed in one record of a search: of more that are shown, there are as many records as it takes.
const RECORDED: usize = 100;
/// How long a page looks at candidates before it comes with what it found; the next one goes on there.
const STRETCH: Duration = Duration::from_millis(40);

/// Where a search goes on. Numbers only, and no words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Entries from here on were looked at.
    below: Option<Rank>,
    /// Candidates among them that were none.
    rejected: u64,
    /// What the index did not hold when the search began.
    uncovered: u64,
    /// Charts met so far. They are on record.
    met: BTreeSet<ChartId>,
    /// Charts of all matches, once they were counted.
    charts: Option<u64>,
}

/// Answers a query, newest first. The search is put on record with the charts that were shown.
pub fn run(
    session: &Session,
    text: &str,
    limit: u32,
    offset: u32,
) -> Result<SearchAnswer, DeskError> {
    let wanted = Wanted {
        from: None,
        skip: offset,
        limit,
        stretch: None,
    };
    Ok(answer(session, text, &wanted)?.0)
}

/// The next page of a search for somebody who reads along: it comes with what was found after some 40 ms, be it less than `limit` or
/// nothing, and with the place at which to go on. No place means that this was all.
///
/// The first page is remembered among the person's recent [`queries`].
pub fn page(
    session: &Session,
    text: &str,
    from: Option<&Place>,
    limit: u32,
) -> Result<(SearchAnswer, Option<Place>), DeskError> {
    let wanted = Wanted {
        from,
        skip: 0,
        limit,
        stretch: Some(STRETCH),
    };
    answer(session, text, &wanted)
}

/// Takes into account what the session can search, so that its first search need not.
pub fn prepare(session: &Session) -> Result<(), DeskError> {
    session.vault().read(|reader| {
        let mut territory = territory(session);
        territory.refresh(session, reader)?;
        let mut cache = session.index.lock().unwrap_or_else(PoisonError::into_inner);
        index::read_days(reader.tx().sql(), &mut cache, &territory.grounds())?;
        Ok(())
    })
}

fn territory(session: &Session) -> MutexGuard<'_, Territory> {
    session
        .territory
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

fn answer(
    session: &Session,
    text: &str,
    wanted: &Wanted<'_>,
) -> Result<(SearchAnswer, Option<Place>), DeskError> {
    let started = Clock::now();
    let query = index::query::parse(text, Stamp::now().day())?;
    let part = session
        .vault()
        .read(|reader| part(session, reader, &query, wanted))?;
    let micros = started.elapsed().as_micros() as u64;
    let shown: BTreeSet<ChartId> = part.found.iter().map(|found| found.chart).collect();
    // What is shown is on record before it is shown.
    let fresh: BTreeSet<ChartId> = match wanted.from {
        Some(place) => shown.difference(&place.met).copied().collect(),
        None => shown.clone(),
    };
    if wanted.from.is_none() || !fresh.is_empty() {
        let own = wanted.from.is_none() && wanted.stretch.is_some();
        record(session, text, part.total, &fresh, own)?;
    }
    let results = session.vault().read(|reader| {
        let mut patients = BTreeMap::new();
        let mut known = Patients::new();
        for chart in &shown {
            let patient = Patient::read(session, reader, &query, *chart, &mut known)?;
            patients.insert(*chart, patient);
        }
        Ok::<_, DeskError>(
            part.found
                .iter()
                .map(|found| hit(found, &patients[&found.chart], &query))
                .collect(),
        )
    })?;
    let place = part.place;
    let answer = SearchAnswer {
        query: text.into(),
        total: part.total,
        exact: part.exact,
        uncovered: place.uncovered,
        results,
        micros,
        charts: place.charts.unwrap_or(place.met.len() as u64),
        all_charts: place.charts.is_some() || part.last,
        opened: part.opened,
        rejected: place.rejected,
    };
    Ok((answer, (!part.last).then_some(place)))
}

fn record(
    session: &Session,
    query: &str,
    total: u64,
    charts: &BTreeSet<ChartId>,
    own: bool,
) -> Result<(), DeskError> {
    session.vault().write(|writer| {
        if own {
            queries::asked(writer, query)?;
        }
        let Some(unit) = writer
            .directory()
            .special(UnitKind::Auditors)
            .map(|state| state.unit.unit)
        else {
            return Ok(());
        };
        let charts: Vec<ChartId> = charts.iter().copied().collect();
        let mut parts: Vec<&[ChartId]> = charts.chunks(RECORDED).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let records = parts.into_iter().map(|charts| {
            let act = Act::Searched(Searched {
                query: query.chars().take(1000).collect(),
                total,
                charts: charts.to_vec(),
            });
            (Draft::new(unit.chart(), Section::Access), act.encode())
        });
        match writer.put_all(records.collect()) {
            // Before the first auditor has joined there is no key to seal it to.
            Ok(_) | Err(VaultError::NoKey { .. }) => Ok(()),
            Err(error) => Err(DeskError::from(error)),
        }
    })
}
