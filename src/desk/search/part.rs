//! The matches that are wanted of a search: candidates in their order, opened, judged as their charts judge them, and held against the
//! query once more.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::PoisonError;
use std::time::{Duration, Instant as Clock};

use crate::clinical::Body;
use crate::desk::error::DeskError;
use crate::desk::indexing;
use crate::desk::reach::reach;
use crate::desk::session::Session;
use crate::desk::sheet::{Leaf, Sheet};
use crate::index::day::Day;
use crate::index::{self, Newest, Query, Rank};
use crate::ledger::{ChartId, Core, Section};
use crate::vault::Reader;

use super::patients::{Patients, patient};
use super::{Place, territory};

/// Charts are counted for all matches at once where these are not more than so many.
const COUNTED: usize = 20_000;
/// Candidates that are opened together, at most.
const TOGETHER: usize = 32;

/// Something that matched.
pub(super) struct Found {
    pub(super) leaf: Leaf,
    pub(super) chart: ChartId,
}

/// Which part of the matches is wanted.
pub(super) struct Wanted<'a> {
    /// Where to go on.
    pub(super) from: Option<&'a Place>,
    /// How many to pass over.
    pub(super) skip: u32,
    /// How many at most.
    pub(super) limit: u32,
    /// How long to look for them.
    pub(super) stretch: Option<Duration>,
}

/// A part of the matches.
pub(super) struct Part {
    pub(super) found: Vec<Found>,
    pub(super) total: u64,
    pub(super) exact: bool,
    pub(super) place: Place,
    /// Whether nothing comes after it.
    pub(super) last: bool,
    /// Sections that were read through.
    pub(super) opened: u64,
}

/// Finds it.
pub(super) fn part(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    wanted: &Wanted<'_>,
) -> Result<Part, DeskError> {
    let started = Clock::now();
    let mut patients = Patients::new();
    let mut place = wanted.from.cloned().unwrap_or_default();
    let Candidates {
        mut indexed,
        read,
        sections,
        all,
        exact,
    } = candidates(session, reader, query, wanted, &mut place, &mut patients)?;
    let mut read = read.into_iter().peekable();
    let mut opened = VecDeque::new();
    let (mut found, mut skipped, mut looked) = (Vec::new(), 0, false);
    while found.len() < wanted.limit as usize {
        let tired = |stretch| looked && started.elapsed() >= stretch;
        if wanted.stretch.is_some_and(tired) {
            break;
        }
        looked = true;
        if opened.is_empty() && !indexed.is_empty() {
            let missing = wanted.limit as usize - found.len() + (wanted.skip - skipped) as usize;
            let together: Vec<Rank> = indexed.by_ref().take(missing.min(TOGETHER)).collect();
            opened = open(session, reader, query, &together, &mut patients)?;
        }
        let by_index = opened.front().map(|(rank, _)| *rank);
        let by_reading = read.peek().map(|(rank, _)| *rank);
        let next = match (by_index, by_reading) {
            (None, None) => break,
            (Some(rank), other) if other.is_none_or(|other| rank > other) => {
                place.below = Some(rank);
                let Some((_, Some(found))) = opened.pop_front() else {
                    // A candidate that does not match after all, or that the keys no longer open.
                    place.rejected += 1;
                    continue;
                };
                found
            }
            _ => {
                let (rank, found) = read.next().expect("peeked");
                place.below = Some(rank);
                found
            }
        };
        place.met.insert(next.chart);
        if skipped < wanted.skip {
            skipped += 1;
            continue;
        }
        found.push(next);
    }
    let seen = indexed.is_empty() && opened.is_empty();
    Ok(Part {
        found,
        total: all.saturating_sub(place.rejected),
        // Where the lists decide and something falls away all the same, more of that may follow.
        exact: (exact && place.rejected == 0) || seen,
        last: seen && read.peek().is_none(),
        opened: sections,
        place,
    })
}

/// What may match. Each in the order of the results, from the place on that was reached before.
struct Candidates {
    /// What the index finds.
    indexed: Newest,
    /// What reading finds.
    read: Vec<(Rank, Found)>,
    /// In how many sections.
    sections: u64,
    /// How many both are, with those before the place.
    all: u64,
    /// Whether each of them matches.
    exact: bool,
}

fn candidates(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    wanted: &Wanted<'_>,
    place: &mut Place,
    patients: &mut Patients,
) -> Result<Candidates, DeskError> {
    let mut territory = territory(session);
    territory.refresh(session, reader)?;
    if place.below.is_none() {
        place.uncovered = territory.uncovered();
    }
    let (sql, grounds) = (reader.tx().sql(), territory.grounds());
    let mut cache = session.index.lock().unwrap_or_else(PoisonError::into_inner);
    let candidates = index::search_grounds(sql, &mut cache, &grounds, query)?;
    let indexed = index::newest(sql, &mut cache, &grounds, &candidates.rids, place.below)?;
    drop(cache);
    let by_hand = territory.by_hand(session, reader);
    let sections = by_hand.len() as u64;
    let mut read = personal(session, reader, query, by_hand, patients)?;
    let all = candidates.rids.len() as u64 + read.len() as u64;
    // The first page hurries; whoever reads on, or asks once, has time to have the charts counted.
    let countable = candidates.exact && read.is_empty() && candidates.rids.len() <= COUNTED;
    let hurried = wanted.from.is_none() && wanted.stretch.is_some();
    if !hurried && countable && place.charts.is_none() {
        place.charts = Some(index::count_charts(reader.tx().sql(), &candidates.rids)?);
    }
    read.retain(|(rank, _)| place.below.is_none_or(|below| *rank < below));
    Ok(Candidates {
        indexed,
        read,
        sections,
        all,
        exact: candidates.exact,
    })
}

/// Opens candidates together, and judges them as their charts do. Of each what was found, if it is what the query looks for and may be
/// shown.
fn open(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    ranks: &[Rank],
    patients: &mut Patients,
) -> Result<VecDeque<(Rank, Option<Found>)>, DeskError> {
    let seqs = ranks.iter().map(|rank| rank.rid());
    let may = |reader: &Reader<'_>, core: &Core| {
        reach(session, reader, core.chart, core.section).is_open()
    };
    Sheet::together(reader, seqs, may, |reader, sheet| {
        let leaves = sheet.leaves.into_iter();
        let mut leaves: HashMap<u64, Leaf> = leaves.map(|leaf| (leaf.seq, leaf)).collect();
        let outcome = |rank: &Rank| {
            let leaf = leaves.remove(&rank.rid());
            let found = match leaf.filter(|leaf| holds(leaf, query)) {
                Some(leaf) => matching(session, reader, query, leaf, patients)?,
                None => None,
            };
            Ok((*rank, found))
        };
        ranks.iter().map(outcome).collect()
    })?
}

/// Whether a version may be shown: one whose place none has taken, or of the history any that might be written.
fn holds(leaf: &Leaf, query: &Query) -> bool {
    let asked = leaf.stands || query.history();
    leaf.authorised && asked && !matches!(leaf.body(), None | Some(Body::Retraction(_)))
}

/// A version that is what the query looks for.
fn matching(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    leaf: Leaf,
    patients: &mut Patients,
) -> Result<Option<Found>, DeskError> {
    let chart = leaf.core.chart;
    let patient = patient(session, reader, query, chart, patients)?;
    let meta = indexing::meta(&leaf.login, leaf.core.created);
    let matches = leaf
        .body()
        .is_some_and(|body| query.matches_in_chart(body, meta, patient));
    Ok(matches.then_some(Found { leaf, chart }))
}

/// What matches in sections that no unit's index covers for this person. Newest first.
fn personal(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    sections: BTreeSet<(ChartId, Section)>,
    patients: &mut Patients,
) -> Result<Vec<(Rank, Found)>, DeskError> {
    let mut found = Vec::new();
    for (chart, section) in sections {
        // A grant may have run out since it was noted.
        if !reach(session, reader, chart, section).is_open() {
            continue;
        }
        let sheet = Sheet::read(reader, chart, section)?;
        for leaf in sheet.leaves {
            if holds(&leaf, query) {
                found.extend(matching(session, reader, query, leaf, patients)?);
            }
        }
    }
    let mut ranked: Vec<_> = found.into_iter().map(ranked).collect();
    ranked.sort_unstable_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    Ok(ranked)
}

fn ranked(found: Found) -> (Rank, Found) {
    let leaf = &found.leaf;
    let meta = indexing::meta(&leaf.login, leaf.core.created);
    let day = leaf
        .body()
        .map_or(Day::MIN, |body| Day::of_body(body, meta));
    (Rank::new(day, leaf.seq), found)
}
