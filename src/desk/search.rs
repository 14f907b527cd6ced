//! Searching: the index where units share it, the predicate itself for charts that are the person's own or granted to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::time::Instant as Clock;

use crate::clinical::Body;
use crate::index::{self, Facts, HeldKeys, Query};
use crate::ledger::clear::UnitKind;
use crate::ledger::{ChartId, Section};
use crate::vault::{Draft, Reader, VaultError};

use super::act::{Act, Searched};
use super::charts;
use super::error::DeskError;
use super::indexing::{self, SECTIONS};
use super::reach::{Reach, reach};
use super::session::Session;
use super::sheet::{Leaf, Sheet, leaf};
use super::view::{Hit, SearchAnswer, Stamp};

/// How much of a text stands around the first match.
const SNIPPET: usize = 80;
/// Charts listed in the record of a search.
const RECORDED: usize = 100;

/// Something that matched.
struct Found {
    leaf: Leaf,
    chart: ChartId,
}

/// Answers a query, newest first. The search is put on record with the charts that were shown.
pub fn run(
    session: &Session,
    text: &str,
    limit: u32,
    offset: u32,
) -> Result<SearchAnswer, DeskError> {
    let started = Clock::now();
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::system())
        .date();
    let query = index::query::parse(text, today)?;
    let (total, exact, uncovered, found) = session
        .vault()
        .read(|reader| answer(session, reader, &query, limit, offset))?;
    let micros = started.elapsed().as_micros() as u64;
    let charts: BTreeSet<ChartId> = found.iter().map(|found| found.chart).collect();
    // What is shown is on record before it is shown.
    record(session, text, total, &charts)?;
    let words = query.words();
    let results = session.vault().read(|reader| {
        let mut names = BTreeMap::new();
        for chart in &charts {
            let line = match reach(session, reader, *chart, Section::Identity).is_open() {
                true => charts::line(session, reader, *chart)?,
                false => None,
            };
            names.insert(
                *chart,
                line.map(|line| (line.mrn, line.name)).unwrap_or_default(),
            );
        }
        Ok::<_, DeskError>(
            found
                .iter()
                .map(|found| hit(found, &names[&found.chart], &words))
                .collect(),
        )
    })?;
    Ok(SearchAnswer {
        query: text.into(),
        total,
        exact,
        uncovered,
        results,
        micros,
        charts: charts.len() as u64,
    })
}

fn answer(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    limit: u32,
    offset: u32,
) -> Result<(u64, bool, u64, Vec<Found>), DeskError> {
    let compartments = indexing::compartments(reader)?;
    let held: Vec<HeldKeys<'_>> = compartments
        .iter()
        .map(|compartment| (compartment.id, compartment.keys.as_slice()))
        .collect();
    let mut uncovered = 0;
    for compartment in &compartments {
        for (chart, (from, end)) in indexing::due(reader, compartment)? {
            uncovered += reader
                .tx()
                .section_count(&chart, compartment.section, from, end)?;
        }
    }
    let candidates = {
        let mut cache = session.index.lock().unwrap_or_else(PoisonError::into_inner);
        index::search(reader.tx().sql(), &mut cache, &held, query)?
    };
    let own = personal(session, reader, query)?;
    let mut exact = candidates.exact;
    let mut total = candidates.rids.len() as u64 + own.len() as u64;
    let (mut page, mut skipped) = (Vec::new(), 0);
    let mut own = own.into_iter().peekable();
    let mut rids = candidates.rids.iter().copied().peekable();
    while page.len() < limit as usize {
        let next_own = own.peek().map(|found| found.leaf.seq);
        let found = match (rids.peek().copied(), next_own) {
            (None, None) => break,
            (Some(rid), personal) if personal.is_none_or(|seq| rid > seq) => {
                rids.next();
                match candidate(session, reader, query, rid)? {
                    Some(found) => found,
                    None => {
                        // A candidate that does not match after all, or that the keys no longer open.
                        total = total.saturating_sub(1);
                        continue;
                    }
                }
            }
            _ => own.next().expect("peeked"),
        };
        if skipped < offset {
            skipped += 1;
            continue;
        }
        page.push(found);
    }
    if rids.peek().is_none() {
        exact = true;
    }
    Ok((total, exact, uncovered, page))
}

/// Opens a candidate and checks that it matches and may be shown.
fn candidate(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    rid: u64,
) -> Result<Option<Found>, DeskError> {
    let Some(entry) = reader.tx().entry(rid)? else {
        return Ok(None);
    };
    let (chart, section) = (entry.core.chart, entry.core.section);
    if !reach(session, reader, chart, section).is_open() {
        return Ok(None);
    }
    let Ok(opened) = reader.open(entry) else {
        return Ok(None);
    };
    let Ok(leaf) = leaf(reader, opened) else {
        return Ok(None);
    };
    let patient = patient(session, reader, query, chart)?;
    let matches = leaf.authorised
        && leaf
            .body()
            .is_some_and(|body| meets(query, &leaf, body, patient.as_ref()));
    Ok(matches.then_some(Found { leaf, chart }))
}

/// Whether an entry is what the query looks for.
fn meets(query: &Query, leaf: &Leaf, body: &Body, patient: Option<&Facts>) -> bool {
    query.matches_in_chart(
        body,
        indexing::meta(&leaf.login, leaf.core.created),
        patient,
    )
}

/// What the identity of a chart says, where the query asks in whose charts to look and the identity is open.
fn patient(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
    chart: ChartId,
) -> Result<Option<Facts>, DeskError> {
    if !query.speaks_of_patient() || !reach(session, reader, chart, Section::Identity).is_open() {
        return Ok(None);
    }
    let sheet = Sheet::read(reader, chart, Section::Identity)?;
    let found = sheet
        .current()
        .rev()
        .find(|(_, body)| matches!(body, Body::Identity(_)));
    Ok(found.map(|(leaf, body)| Facts::of(body, indexing::meta(&leaf.login, leaf.core.created))))
}

/// What matches in charts that no unit's index covers for this person: granted to them, or their own. Newest first.
fn personal(
    session: &Session,
    reader: &mut Reader<'_>,
    query: &Query,
) -> Result<Vec<Found>, DeskError> {
    let charts: Vec<ChartId> = reader.directory().charts.keys().copied().collect();
    let mut found = Vec::new();
    for chart in charts {
        for section in SECTIONS {
            let by_hand = match reach(session, reader, chart, section) {
                Reach::Personal => !in_a_unit(reader, chart, section),
                Reach::Glass { .. } => true,
                _ => false,
            };
            if !by_hand {
                continue;
            }
            let patient = patient(session, reader, query, chart)?;
            let sheet = Sheet::read(reader, chart, section)?;
            for (leaf, body) in sheet.current() {
                if meets(query, leaf, body, patient.as_ref()) {
                    found.push(Found {
                        leaf: leaf.clone(),
                        chart,
                    });
                }
            }
        }
    }
    found.sort_by_key(|found| std::cmp::Reverse(found.leaf.seq));
    Ok(found)
}

/// Whether this person also reaches the section through a unit whose index covers it.
fn in_a_unit(reader: &Reader<'_>, chart: ChartId, section: Section) -> bool {
    let me = reader.me();
    let directory = reader.directory();
    directory
        .units_of(&me)
        .filter(|state| {
            matches!(
                state.unit.kind,
                UnitKind::Ward | UnitKind::Clinic | UnitKind::Pharmacy
            )
        })
        .any(|state| {
            state.members[&me]
                .holds
                .keys()
                .any(|(held, _)| *held == section as u8)
                && indexing::covers(reader, state.unit.unit, chart, section)
        })
}

fn record(
    session: &Session,
    query: &str,
    total: u64,
    charts: &BTreeSet<ChartId>,
) -> Result<(), DeskError> {
    session.vault().write(|writer| {
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

fn hit(found: &Found, (mrn, name): &(String, String), words: &[String]) -> Hit {
    let leaf = &found.leaf;
    let (kind, snippet) = match leaf.body() {
        Some(body) => (body.kind().as_str().to_owned(), snippet(body, words)),
        None => (String::new(), String::new()),
    };
    let at = leaf.body().and_then(Body::at).map_or(
        leaf.core.created as i64,
        crate::clinical::Instant::unix_millis,
    );
    Hit {
        mrn: mrn.clone(),
        name: name.clone(),
        kind,
        created: Stamp::from_millis(at),
        snippet,
        entry: leaf.core.id.to_string(),
        author: leaf.author.clone(),
        verified: true,
    }
}

/// The headline, or of a longer text the words around the first match.
fn snippet(body: &Body, words: &[String]) -> String {
    let headline = body.headline();
    let Body::Note(note) = body else {
        return headline;
    };
    let folded = index::text::fold(&note.text);
    let at = words
        .iter()
        .filter_map(|word| folded.find(word.as_str()))
        .min();
    let Some(at) = at else { return headline };
    // Folding may change lengths: the place is approximate, and cut at characters.
    let share = at as f64 / folded.len().max(1) as f64;
    let characters: Vec<char> = note.text.chars().collect();
    let middle = (share * characters.len() as f64) as usize;
    let from = middle.saturating_sub(SNIPPET / 3);
    let text: String = characters.iter().skip(from).take(SNIPPET).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{}{text}{}",
        if from > 0 { "…" } else { "" },
        if from + SNIPPET < characters.len() {
            "…"
        } else {
            ""
        }
    )
}
