//! The order of results: the newest day first, and of one day what was written last.
//!
//! What an index finds are ledger numbers, and an import writes old things late. Days are words of the index like others, so a session reads
//! once, from the nodes of the days, which entries each holds, and keeps two bytes an entry. **An entry never changes its day**: what was
//! read stays good whatever is merged, and reading goes on only when a search finds an entry whose day is not known yet.

use std::collections::{BinaryHeap, HashMap};

use rusqlite::Connection;

use super::day::{self, Day};
use super::dyadic::Node;
use super::error::Result;
use super::key::CompartmentKey;
use super::search::{Ground, entry_of};
use super::view::{Cache, View};

/// Days are told apart from 1900 on, for 179 years.
const FIRST: u32 = 36_524;

/// Where an entry stands among results: the greater, the earlier it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(u64);

impl Rank {
    const RID_BITS: u32 = 40;

    /// The rank of an entry by its day and its ledger number.
    pub fn new(day: Day, rid: u64) -> Self {
        Self::packed(short(day.number()), rid)
    }

    fn packed(short: u16, rid: u64) -> Self {
        Self(u64::from(short) << Self::RID_BITS | rid)
    }

    /// Its ledger number.
    pub fn rid(self) -> u64 {
        self.0 & ((1 << Self::RID_BITS) - 1)
    }
}

/// A day in two bytes; 0 is kept for what is not known.
fn short(day: u32) -> u16 {
    u16::try_from(day.saturating_sub(FIRST).max(1)).unwrap_or(u16::MAX)
}

/// Entries in the order of results. Taking a few of very many costs little.
pub struct Newest(BinaryHeap<Rank>);

impl Newest {
    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Iterator for Newest {
    type Item = Rank;

    fn next(&mut self) -> Option<Rank> {
        self.0.pop()
    }
}

/// Puts what a search of these grounds found in the order of results: what stands below a rank, or all of it.
pub fn newest(
    conn: &Connection,
    cache: &mut Cache,
    grounds: &[Ground<'_>],
    rids: &[u64],
    below: Option<Rank>,
) -> Result<Newest> {
    if rids.iter().any(|rid| cache.days.of(*rid) == 0) {
        read_days(conn, cache, grounds)?;
    }
    let ranks = rids
        .iter()
        .map(|rid| Rank::packed(cache.days.of(*rid), *rid));
    let wanted = ranks.filter(|rank| below.is_none_or(|below| *rank < below));
    Ok(Newest(wanted.collect::<Vec<_>>().into()))
}

/// Reads the days of entries as far as they are not known, so that the first search need not.
pub fn read_days(conn: &Connection, cache: &mut Cache, grounds: &[Ground<'_>]) -> Result<()> {
    // What lies beyond the ledger is nobody's entry.
    let end: i64 = conn.query_row("SELECT coalesce(max(seq), 0) FROM entry", [], |row| {
        row.get(0)
    })?;
    cache.days.shorts.resize(end as usize + 1, 0);
    for ground in grounds {
        let view = cache.view(conn, ground.id, ground.keys)?;
        cache.days.read(conn, &view, ground.keys)?;
    }
    Ok(())
}

/// The days of entries, as far as they were read.
#[derive(Default)]
pub(super) struct Days {
    /// By ledger number; 0 where nothing is known.
    shorts: Vec<u16>,
    /// Segments that were read, and how far their logs went: these grow.
    read: HashMap<i64, u64>,
}

impl Days {
    fn of(&self, rid: u64) -> u16 {
        let known = usize::try_from(rid)
            .ok()
            .and_then(|rid| self.shorts.get(rid));
        known.copied().unwrap_or(0)
    }

    /// The entries of the days from and to, both included; nothing if it is not known of all, to the day.
    pub(super) fn filter(&self, rids: &[u64], from: Day, to: Day) -> Option<Vec<u64>> {
        let wanted = from.number()..=to.number();
        let mut kept = Vec::new();
        for rid in rids {
            let short = self.of(entry_of(*rid));
            if short <= 1 || short == u16::MAX {
                return None;
            }
            if wanted.contains(&(FIRST + u32::from(short))) {
                kept.push(*rid);
            }
        }
        Some(kept)
    }

    /// Reads the segments of a view that were not read yet.
    fn read(&mut self, conn: &Connection, view: &View, keys: &[CompartmentKey]) -> Result<()> {
        for (at, part) in view.parts.iter().enumerate() {
            let (id, end) = (part.segment.id, part.end());
            if self.read.get(&id) == Some(&end) {
                continue;
            }
            for root in day::roots() {
                self.node(conn, view, keys, at, root)?;
            }
            self.read.insert(id, end);
        }
        Ok(())
    }

    fn node(
        &mut self,
        conn: &Connection,
        view: &View,
        keys: &[CompartmentKey],
        at: usize,
        node: Node,
    ) -> Result<()> {
        let found = view.find_among(at..at + 1, conn, keys, &day::term(node))?;
        if found.count() == 0 {
            return Ok(());
        }
        let (level, number) = node;
        if level == 0 {
            for rid in view.list(conn, &found)? {
                if let Some(known) = self.shorts.get_mut(entry_of(rid) as usize) {
                    *known = short(number);
                }
            }
        }
        for child in day::children(node) {
            self.node(conn, view, keys, at, child)?;
        }
        Ok(())
    }
}
