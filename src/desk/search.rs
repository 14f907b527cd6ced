//! Searching, whole or page by page: the index where units share it, the predicate itself for charts that are the person's own or granted to them.
//! What is shown is opened, verified and held against the query once more.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};

use crate::clinical::Body;
use crate::index::{self, Candidates, Facts, Query};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Section};
use crate::vault::{Draft, Reader, VaultError};

use super::act::{Act, Searched};
use super::charts;
use super::error::DeskError;
use super::indexing;
use super::queries;
use super::reach::reach;
use super::session::Session;
use super::sheet::{Leaf, Sheet};
use super::territory::Territory;
use super::view::{Hit, Preview, SearchAnswer, Stamp};

/// How many characters of a text stand around the first match.
const SNIPPET: usize = 80;
/// The same, where there is room to read.
const PREVIEW: usize = 600;
/// Charts listed in the record of a search.
const RECORDED: usize = 100;

/// Charts are counted for all matches at once where these are not more than so many.
const COUNTED: usize = 20_000;
/// How long a page looks at candidates before it comes with what it found; the next one goes on there.
const STRETCH: Duration = Duration::from_millis(40);
/// Candidates that are opened together, at most.
const TOGETHER: usize = 32;

/// Something that matched.
struct Found {
    leaf: Leaf,
    chart: ChartId,
}

/// What the identity of some charts says, where it is open.
type Patients = HashMap<ChartId, Option<Facts>>;

/// Where a search goes on. Numbers only: nothing in it was decrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Entries from this number on were looked at.
    below: Option<u64>,
    /// Candidates among them that were none.
    rejected: u64,
    /// What the index did not hold when the search began.
    uncovered: u64,
    /// Charts met so far. They are on record.
    met: BTreeSet<ChartId>,
    /// Charts of all matches, once they were counted.
    charts: Option<u64>,
}

/// Which part of the matches is wanted.
struct Wanted<'a> {
    from: Option<&'a Place>,
    skip: u32,
    limit: u32,
    stretch: Option<Duration>,
}

/// A part of the matches.
struct Part {
    found: Vec<Found>,
    total: u64,
    exact: bool,
    place: Place,
    /// Whether nothing comes after it.
    last: bool,
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
    session
        .vault()
        .read(|reader| territory(session).refresh(session, reader))
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
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::system())
        .date();
    let query = index::query::parse(text, today)?;
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
    };
    Ok((answer, (!part.last).then_some(place)))
}

fn part(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    wanted: &Wanted<'_>,
) -> Result<Part, DeskError> {
    let started = Clock::now();
    let mut patients = Patients::new();
    let mut place = wanted.from.cloned().unwrap_or_default();
    let (candidates, own) = candidates(session, reader, query, &mut place, &mut patients)?;
    let all = candidates.rids.len() as u64 + own.len() as u64;
    // The first page hurries; whoever reads on has time to have the charts counted.
    let countable = candidates.exact && own.is_empty() && candidates.rids.len() <= COUNTED;
    if wanted.from.is_some() && countable && place.charts.is_none() {
        place.charts = Some(index::count_charts(reader.tx().sql(), &candidates.rids)?);
    }
    let below = place.below.unwrap_or(u64::MAX);
    let rest = candidates.rids.partition_point(|rid| *rid >= below);
    let mut rids = &candidates.rids[rest..];
    let mut opened = VecDeque::new();
    let mut own = own
        .into_iter()
        .filter(|found| found.leaf.seq < below)
        .peekable();
    let (mut found, mut skipped, mut looked) = (Vec::new(), 0, false);
    while found.len() < wanted.limit as usize {
        let tired = |stretch| looked && started.elapsed() >= stretch;
        if wanted.stretch.is_some_and(tired) {
            break;
        }
        looked = true;
        if opened.is_empty() && !rids.is_empty() {
            let missing = wanted.limit as usize - found.len() + (wanted.skip - skipped) as usize;
            let (together, later) = rids.split_at(missing.min(TOGETHER).min(rids.len()));
            opened = open(session, reader, query, together, &mut patients)?;
            rids = later;
        }
        let by_index = opened.front().map(|(rid, _)| *rid);
        let by_hand = own.peek().map(|found| found.leaf.seq);
        let next = match (by_index, by_hand) {
            (None, None) => break,
            (Some(rid), by_hand) if by_hand.is_none_or(|seq| rid > seq) => {
                place.below = Some(rid);
                let Some((_, Some(found))) = opened.pop_front() else {
                    // A candidate that does not match after all, or that the keys no longer open.
                    place.rejected += 1;
                    continue;
                };
                found
            }
            _ => own.next().expect("peeked"),
        };
        place.below = Some(next.leaf.seq);
        if skipped < wanted.skip {
            skipped += 1;
            continue;
        }
        place.met.insert(next.chart);
        found.push(next);
    }
    let seen = rids.is_empty() && opened.is_empty();
    Ok(Part {
        found,
        total: all.saturating_sub(place.rejected),
        // Where the lists decide and something falls away all the same, more of that may follow.
        exact: (candidates.exact && place.rejected == 0) || seen,
        last: seen && own.peek().is_none(),
        place,
    })
}

/// What the index finds, and what reading finds. Both newest first.
fn candidates(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    place: &mut Place,
    patients: &mut Patients,
) -> Result<(Candidates, Vec<Found>), DeskError> {
    let mut territory = territory(session);
    territory.refresh(session, reader)?;
    if place.below.is_none() {
        place.uncovered = territory.uncovered();
    }
    let candidates = {
        let mut cache = session.index.lock().unwrap_or_else(PoisonError::into_inner);
        index::search_grounds(reader.tx().sql(), &mut cache, &territory.grounds(), query)?
    };
    let by_hand = territory.by_hand(session, reader);
    let own = personal(session, reader, query, by_hand, patients)?;
    Ok((candidates, own))
}

/// Opens candidates together, and judges them as their charts do. Of each its number, and what was found if it is what the query looks for
/// and may be shown.
fn open(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    rids: &[u64],
    patients: &mut Patients,
) -> Result<VecDeque<(u64, Option<Found>)>, DeskError> {
    let mut entries = Vec::with_capacity(rids.len());
    for rid in rids {
        if let Some(entry) = reader.tx().entry(*rid)? {
            let core = &entry.core;
            if reach(session, reader, core.chart, core.section).is_open() {
                entries.push(entry);
            }
        }
    }
    let leaves = Sheet::together(reader, entries)?.leaves.into_iter();
    let mut leaves: HashMap<u64, Leaf> = leaves.map(|leaf| (leaf.seq, leaf)).collect();
    let mut outcomes = VecDeque::with_capacity(rids.len());
    for rid in rids {
        let leaf = leaves.remove(rid);
        let leaf = leaf.filter(|leaf| holds(leaf, query));
        let found = match leaf {
            Some(leaf) => matching(session, reader, query, leaf, patients)?,
            None => None,
        };
        outcomes.push_back((*rid, found));
    }
    Ok(outcomes)
}

/// Whether a version may be shown: the one that counts in its chart, or of the history any that might be written.
fn holds(leaf: &Leaf, query: &Query) -> bool {
    let asked = leaf.newest || query.history();
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

/// Whose chart it is, as far as the session may know, and what of it the query may ask.
#[derive(Default)]
struct Patient {
    mrn: String,
    name: String,
    facts: Option<Facts>,
}

impl Patient {
    fn read(
        session: &Session,
        reader: &mut Reader<'_>,
        query: &Query,
        chart: ChartId,
        known: &mut Patients,
    ) -> Result<Self, DeskError> {
        let facts = patient(session, reader, query, chart, known)?.cloned();
        let named = if reach(session, reader, chart, Section::Identity).is_open() {
            charts::name(session, reader, chart)?
        } else {
            None
        };
        let (mrn, name) = named.unwrap_or_default();
        Ok(Self { mrn, name, facts })
    }
}

/// What the identity of a chart says, where the query asks in whose charts to look and the identity is open.
fn patient<'p>(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    chart: ChartId,
    known: &'p mut Patients,
) -> Result<Option<&'p Facts>, DeskError> {
    if !query.speaks_of_patient() {
        return Ok(None);
    }
    let entry = match known.entry(chart) {
        Entry::Occupied(known) => return Ok(known.into_mut().as_ref()),
        Entry::Vacant(entry) => entry,
    };
    let mut facts = None;
    if reach(session, reader, chart, Section::Identity).is_open() {
        let sheet = Sheet::read(reader, chart, Section::Identity)?;
        let newest = sheet
            .current()
            .rev()
            .find(|(_, body)| matches!(body, Body::Identity(_)));
        facts = newest
            .map(|(leaf, body)| Facts::of(body, indexing::meta(&leaf.login, leaf.core.created)));
    }
    Ok(entry.insert(facts).as_ref())
}

/// What matches in sections that no unit's index covers for this person. Newest first.
fn personal(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    sections: BTreeSet<(ChartId, Section)>,
    patients: &mut Patients,
) -> Result<Vec<Found>, DeskError> {
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
    found.sort_by_key(|found| std::cmp::Reverse(found.leaf.seq));
    Ok(found)
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
        let act = Act::Searched(Searched {
            query: query.chars().take(1000).collect(),
            total,
            charts: charts.iter().take(RECORDED).copied().collect(),
        });
        match writer.put(Draft::new(unit.chart(), Section::Access), &act.encode()) {
            // Before the first auditor has joined there is no key to seal it to.
            Ok(_) | Err(VaultError::NoKey { .. }) => Ok(()),
            Err(error) => Err(DeskError::from(error)),
        }
    })
}

fn hit(found: &Found, patient: &Patient, query: &Query) -> Hit {
    let leaf = &found.leaf;
    let mut hit = Hit {
        mrn: patient.mrn.clone(),
        name: patient.name.clone(),
        kind: String::new(),
        created: Stamp::from_millis(leaf.core.created as i64),
        snippet: String::new(),
        entry: leaf.core.id.to_string(),
        author: leaf.author.clone(),
        verified: true,
        thread: leaf.core.thread.to_string(),
        matched: Vec::new(),
        marks: Vec::new(),
        preview: Preview::default(),
    };
    let Some(body) = leaf.body() else { return hit };
    body.kind().as_str().clone_into(&mut hit.kind);
    if let Some(at) = body.at() {
        hit.created = Stamp::from_millis(at.unix_millis());
    }
    let facts = Facts::of(body, indexing::meta(&leaf.login, leaf.core.created));
    hit.matched = query.matched_fields(&facts, patient.facts.as_ref());
    hit.snippet = excerpt(body, query, SNIPPET);
    hit.marks = query.marks(&hit.snippet);
    let text = excerpt(body, query, PREVIEW);
    hit.preview = Preview {
        marks: query.marks(&text),
        text,
    };
    hit
}

/// The headline, or of a longer text the words around the first match: at most so many characters, and two `…`.
fn excerpt(body: &Body, query: &Query, most: usize) -> String {
    let Body::Note(note) = body else {
        return body.headline();
    };
    let text = note.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(first) = query.marks(&text).first().cloned() else {
        // What matched stands elsewhere: in the title, in the author.
        return body.headline();
    };
    let before = text[..first.start].chars().count();
    let length = text.chars().count();
    let from = before
        .saturating_sub(most / 3)
        .min(length.saturating_sub(most));
    let cut: String = text.chars().skip(from).take(most).collect();
    let (start, end) = (
        if from > 0 { "…" } else { "" },
        if from + most < length { "…" } else { "" },
    );
    format!("{start}{cut}{end}")
}
