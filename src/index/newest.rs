//! The order of results: the newest day first, and of one day what was written last.
//!
//! What an index finds are ledger numbers, and an import writes old things late. Days are words of the index like others, so a session reads
//! once, from the nodes of the days, which entries each holds, and keeps two bytes an entry, which are wiped when it locks. **An entry never
//! changes its day**: what was read stays good whatever is merged, and reading goes on only when a search finds an entry whose day is not
//! known yet.

use std::collections::HashMap;

use rusqlite::Connection;
use zeroize::Zeroizing;

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

/// How many results are put in order first: a page or two.
const FIRST_SORTED: usize = 64;

/// Entries in the order of results. Taking a few of very many costs little more than looking at each once.
#[derive(Default)]
pub struct Newest {
    /// The next ones, ascending. Whatever is not among them ranks below them.
    sorted: Vec<Rank>,
    /// The rest, in any order.
    rest: Vec<Rank>,
}

impl Newest {
    /// Of these, the first so many are put in order.
    fn of(ranks: impl Iterator<Item = Rank>, first: usize) -> Self {
        let (mut best, mut rest) = (
            Vec::with_capacity(2 * first),
            Vec::with_capacity(ranks.size_hint().0),
        );
        let mut least = None;
        for rank in ranks {
            if least.is_some_and(|least| rank < least) {
                rest.push(rank);
                continue;
            }
            best.push(rank);
            if best.len() == 2 * first {
                best.select_nth_unstable(first);
                least = Some(best[first]);
                rest.extend(best.drain(..first));
            }
        }
        best.sort_unstable();
        Self { sorted: best, rest }
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty() && self.rest.is_empty()
    }
}

impl Iterator for Newest {
    type Item = Rank;

    fn next(&mut self) -> Option<Rank> {
        if self.sorted.is_empty() {
            // Who goes on takes more at a time: so all of them cost what sorting them does.
            let first = FIRST_SORTED.max(self.rest.len() / 4);
            *self = Self::of(std::mem::take(&mut self.rest).into_iter(), first);
        }
        self.sorted.pop()
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
    let (newest, known) = cache.days.newest(rids, below);
    if known {
        return Ok(newest);
    }
    read_days(conn, cache, grounds)?;
    Ok(cache.days.newest(rids, below).0)
}

/// Reads the days of entries as far as they are not known, so that the first search need not.
pub fn read_days(conn: &Connection, cache: &mut Cache, grounds: &[Ground<'_>]) -> Result<()> {
    // What lies beyond the ledger is nobody's entry.
    let end: i64 = conn.query_row("SELECT coalesce(max(seq), 0) FROM entry", [], |row| {
        row.get(0)
    })?;
    cache.days.make_room(end as usize + 1);
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
    shorts: Zeroizing<Vec<u16>>,
    /// Segments that were read, and how far their logs went: these grow.
    read: HashMap<i64, u64>,
}

impl Days {
    /// Room for so many entries. A vector that grows by itself would leave what it held where it was.
    fn make_room(&mut self, entries: usize) {
        let room = self.shorts.capacity();
        if entries > room {
            let mut wider = Zeroizing::new(Vec::with_capacity(entries.max(2 * room)));
            wider.extend_from_slice(&self.shorts);
            self.shorts = wider;
        }
        self.shorts.resize(entries, 0);
    }

    fn of(&self, rid: u64) -> u16 {
        let known = usize::try_from(rid)
            .ok()
            .and_then(|rid| self.shorts.get(rid));
        known.copied().unwrap_or(0)
    }

    /// Entries in the order of results, and whether the day of each is known.
    fn newest(&self, rids: &[u64], below: Option<Rank>) -> (Newest, bool) {
        let mut known = true;
        let below = below.map_or(u64::MAX, |below| below.0);
        let ranks = rids.iter().filter_map(|rid| {
            let day = self.of(*rid);
            known &= day != 0;
            let rank = Rank::packed(day, *rid);
            (rank.0 < below).then_some(rank)
        });
        (Newest::of(ranks, FIRST_SORTED), known)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_newest_come_first_however_many_there_are(ranks in prop::collection::hash_set(0u64..100_000, 0..2_000), first in 1usize..100) {
            let mut newest = Newest::of(ranks.iter().copied().map(Rank), first);
            let mut expected: Vec<u64> = ranks.into_iter().collect();
            expected.sort_unstable();
            while let Some(next) = expected.pop() {
                prop_assert!(!newest.is_empty());
                prop_assert_eq!(newest.next(), Some(Rank(next)));
            }
            prop_assert!(newest.is_empty());
            prop_assert_eq!(newest.next(), None);
        }
    }
}
