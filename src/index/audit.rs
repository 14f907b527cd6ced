//! The index against the ledger, both ways.
//!
//! Missing: a word of a covered entry that the index does not have. Stray: a pair in the index that no covered entry has, for
//! an entry that is not dead.

use std::collections::HashMap;

use rusqlite::Connection;

use super::change::Change;
use super::compartment::{self, CompartmentId};
use super::error::Result;
use super::key::CompartmentKey;
use super::log;
use super::packed;
use super::posting::{PostingList, subtract, union};
use super::segment::{self, Kind, Segment};
use super::tag::Tag;
use super::term::Term;

/// Rows read at a time.
const PAGE: usize = 4_096;

/// What the ledger says that a compartment's index should hold. Push every covered entry of it, then [`finish`](Self::finish).
pub struct Audit<'k> {
    id: CompartmentId,
    keys: &'k [CompartmentKey],
    expected: HashMap<Term, PostingList>,
    dead: Vec<u64>,
}

/// The outcome of an audit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Audited {
    /// (word, entry) pairs that the ledger asks for.
    pub checked: u64,
    /// Of these, pairs that the index does not have.
    pub missing: u64,
    /// Pairs of the index that the ledger does not ask for.
    pub stray: u64,
}

impl<'k> Audit<'k> {
    /// An audit of a compartment, with its keys of every generation.
    pub fn new(id: CompartmentId, keys: &'k [CompartmentKey]) -> Self {
        Self {
            id,
            keys,
            expected: HashMap::new(),
            dead: Vec::new(),
        }
    }

    /// An entry that [`coverage`](super::coverage) says is in the index, with the version that it replaces.
    pub fn push(&mut self, change: &Change) {
        for term in &change.terms {
            self.expected
                .entry(term.clone())
                .or_default()
                .insert(change.rid);
        }
        self.dead.extend(change.replaces);
    }

    /// Reads the whole index of the compartment, in the caller's read transaction, and compares what is not dead.
    pub fn finish(mut self, conn: &Connection) -> Result<Audited> {
        self.dead.sort_unstable();
        self.dead.dedup();
        let mut generations = Vec::new();
        if let Some(found) = compartment::find(conn, self.id)? {
            let segments = segment::readable(conn, found.row)?;
            for key in self.keys {
                let of_key = segments
                    .iter()
                    .filter(|segment| segment.generation == key.generation());
                generations.push((key, read_all(conn, key, of_key)?));
            }
        }
        let mut take = |term: &Term| {
            let lists = generations
                .iter_mut()
                .filter_map(|(key, lists)| lists.remove(&key.tag(term)));
            union(lists.collect())
        };
        let dead = take(&Term::dead());
        let mut audited = Audited::default();
        for (term, list) in &self.expected {
            let wanted = subtract(&list.to_vec(), &self.dead);
            let found = subtract(&take(term), &dead);
            audited.checked += wanted.len() as u64;
            audited.missing += subtract(&wanted, &found).len() as u64;
            audited.stray += subtract(&found, &wanted).len() as u64;
        }
        let unasked = generations.iter().flat_map(|(_, lists)| lists.values());
        audited.stray += unasked
            .map(|rids| subtract(rids, &dead).len() as u64)
            .sum::<u64>();
        Ok(audited)
    }
}

fn read_all<'s>(
    conn: &Connection,
    key: &CompartmentKey,
    segments: impl Iterator<Item = &'s Segment>,
) -> Result<HashMap<Tag, Vec<u64>>> {
    let mut lists: HashMap<Tag, Vec<Vec<u64>>> = HashMap::new();
    for segment in segments {
        let keys = key.segment(&segment.salt);
        if segment.kind == Kind::Log {
            for (tag, rid) in log::scan(conn, segment, &keys)? {
                lists.entry(tag).or_default().push(vec![rid]);
            }
            continue;
        }
        let mut after = None;
        loop {
            let (heads, next) = packed::heads_after(conn, segment, &keys, after, PAGE)?;
            for (tag, head) in heads {
                lists
                    .entry(tag)
                    .or_default()
                    .push(packed::list(conn, segment, &keys, tag, &head)?);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(lists
        .into_iter()
        .map(|(tag, lists)| (tag, union(lists)))
        .collect())
}
