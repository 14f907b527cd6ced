//! The index against the ledger, both ways.
//!
//! Missing: a word of a covered entry by which a search does not find it. Stray: a pair in the index that no covered entry has, for
//! an entry that is not dead. Damaged: a row that the segment's keys do not open, such as one that somebody without keys put there, or
//! the place of one that is gone. A search refuses what is damaged; what counts as found is what the rows that open say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use super::change::Change;
use super::compartment::{self, CompartmentId};
use super::error::{IndexError, Result};
use super::gather::Gathered;
use super::key::CompartmentKey;
use super::list::List;
use super::log;
use super::packed;
use super::posting::{subtract, union};
use super::search::entry_of;
use super::segment::{self, Kind, Segment};
use super::tag::Tag;
use super::term::Term;

/// Rows read at a time.
const PAGE: usize = 4_096;

/// What the ledger says that a compartment's index should hold. Push every covered entry of it, then [`finish`](Self::finish).
pub struct Audit<'k> {
    id: CompartmentId,
    keys: &'k [CompartmentKey],
    expected: Gathered,
    dead: Vec<u64>,
}

/// The outcome of an audit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Audited {
    /// (word, entry) pairs that the ledger asks for.
    pub checked: u64,
    /// Of these, pairs that the index does not have.
    pub missing: u64,
    /// Pairs of the index that the ledger does not ask for.
    pub stray: u64,
    /// Entries of which a pair is missing, with how many.
    pub missing_of: BTreeMap<u64, u64>,
    /// Entries of which there is a pair too many, with how many.
    pub stray_of: BTreeMap<u64, u64>,
    /// Segments with rows that do not open or lists that break off, with how many.
    pub damaged: BTreeMap<i64, u64>,
}

impl<'k> Audit<'k> {
    /// An audit of a compartment, with its keys of every generation.
    pub fn new(id: CompartmentId, keys: &'k [CompartmentKey]) -> Self {
        Self {
            id,
            keys,
            expected: Gathered::default(),
            dead: Vec::new(),
        }
    }

    /// An entry that [`coverage`](super::coverage) says is in the index, with the version that it replaces.
    pub fn push(&mut self, change: &Change) {
        self.expected.push(change);
        self.dead
            .extend(change.replaces.as_ref().map(|old| old.rid));
    }

    /// Reads the whole index of the compartment, in the caller's read transaction, and compares what is not dead.
    pub fn finish(mut self, conn: &Connection) -> Result<Audited> {
        self.dead.sort_unstable();
        self.dead.dedup();
        let mut audited = Audited::default();
        let mut generations = Vec::new();
        if let Some(found) = compartment::find(conn, self.id)? {
            let segments = segment::readable(conn, found.row)?;
            for key in self.keys {
                let mut lists: Lists = HashMap::new();
                for segment in &segments {
                    if segment.generation == key.generation() {
                        let damaged = read(conn, segment, key, &mut lists)?;
                        if damaged > 0 {
                            audited.damaged.insert(segment.id, damaged);
                        }
                    }
                }
                generations.push((key, lists));
            }
        }
        let mut take = |term: &Term| {
            let lists = generations
                .iter_mut()
                .filter_map(|(key, lists)| lists.remove(&key.tag(term)));
            union(lists.flatten().collect())
        };
        let dead = take(&Term::dead());
        for (term, list) in self.expected.lists() {
            let wanted = subtract(&list.to_vec(), &self.dead);
            let found = subtract(&take(term), &dead);
            audited.checked += wanted.len() as u64;
            audited.miss(&subtract(&wanted, &found));
            audited.stray(&subtract(&found, &wanted));
        }
        for lists in generations
            .into_iter()
            .flat_map(|(_, lists)| lists.into_values())
        {
            audited.stray(&subtract(&union(lists), &dead));
        }
        Ok(audited)
    }
}

impl Audited {
    /// Takes out what is too many of these entries: nobody asks for them at present.
    pub fn excuse(&mut self, entries: &BTreeSet<u64>) {
        self.stray_of.retain(|rid, _| !entries.contains(rid));
        self.stray = self.stray_of.values().sum();
    }

    fn miss(&mut self, rids: &[u64]) {
        self.missing += rids.len() as u64;
        for rid in rids {
            *self.missing_of.entry(entry_of(*rid)).or_default() += 1;
        }
    }

    fn stray(&mut self, rids: &[u64]) {
        self.stray += rids.len() as u64;
        for rid in rids {
            *self.stray_of.entry(entry_of(*rid)).or_default() += 1;
        }
    }
}

/// What a search would find of each word, one list a segment.
type Lists = HashMap<Tag, Vec<Vec<u64>>>;

/// Reads a segment. How many of its rows do not open.
fn read(
    conn: &Connection,
    segment: &Segment,
    key: &CompartmentKey,
    lists: &mut Lists,
) -> Result<u64> {
    if segment.kind == Kind::Log {
        let (mut pairs, damaged) = log::survey(conn, segment, &key.log(&segment.salt))?;
        pairs.sort_unstable();
        pairs.dedup();
        for of_one in pairs.chunk_by(|(a, _), (b, _)| a == b) {
            let rids = of_one.iter().map(|(_, rid)| *rid).collect();
            lists.entry(of_one[0].0).or_default().push(rids);
        }
        return Ok(damaged);
    }
    let keys = key.segment(&segment.salt);
    let (mut damaged, mut after) = (packed::unaddressed(conn, segment.id)?, None);
    // Rows that belong to no head are read by no search: somebody put them there.
    let mut owned = (0, 0);
    let mut there = (0, packed::pages(conn, segment.id)?);
    loop {
        let page = packed::sound_heads_after(conn, segment, &keys, after, PAGE)?;
        damaged += page.damaged;
        there.0 += page.blocks;
        for (tag, head) in page.heads {
            let (medium, large) = head.blocks();
            owned = (owned.0 + medium, owned.1 + large);
            match List::of(conn, segment, &keys, tag, &head).whole() {
                Ok(list) => lists.entry(tag).or_default().push(list),
                Err(IndexError::Damaged { .. }) => damaged += 1,
                Err(other) => return Err(other),
            }
        }
        after = page.next;
        if after.is_none() {
            let more = |there: u64, owned: u64| there.saturating_sub(owned);
            return Ok(damaged + more(there.0, owned.0) + more(there.1, owned.1));
        }
    }
}
