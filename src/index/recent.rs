//! A log in memory: what a session has decoded of it, and where it goes on.
//!
//! The pairs stand in the order in which they were added; those of one word form a chain from the newest to the oldest, whose end a
//! table of buckets gives. Tags are the output of HMAC, so their first bytes serve as their hash. **What was decoded is wiped when it is
//! dropped**, and a session drops it when it locks.

use std::sync::Arc;

use rusqlite::Connection;
use zeroize::{Zeroize, Zeroizing};

use crate::crypto::aead::SealKey;

use super::error::Result;
use super::log;
use super::segment::Segment;
use super::tag::{TAG_LEN, Tag};

/// No pair: the end of a chain.
const NONE: u32 = u32::MAX;
/// Room at first, in pairs: an open log of a day.
const ROOM: usize = 1_024;

/// What was decoded of a log.
#[derive(Clone)]
pub(super) struct Recent {
    key: Arc<SealKey>,
    pairs: Zeroizing<Vec<Pair>>,
    /// Of each bucket the newest pair. As many buckets, a power of two, as there is room for pairs.
    buckets: Vec<u32>,
    /// Where the next row of the log begins.
    end: u64,
}

#[derive(Clone, Copy, Zeroize)]
struct Pair {
    tag: [u8; TAG_LEN],
    /// The pair before it in its bucket.
    before: u32,
    number: u64,
}

impl Recent {
    /// Decodes what there is of a log.
    pub(super) fn open(conn: &Connection, log: &Segment, key: SealKey) -> Result<Self> {
        let mut recent = Self {
            key: Arc::new(key),
            pairs: Zeroizing::new(Vec::with_capacity(ROOM)),
            buckets: vec![NONE; ROOM],
            end: 0,
        };
        recent.catch_up(conn, log)?;
        Ok(recent)
    }

    /// Decodes the rows that were added since. **After an error it is to be dropped**: it may hold a part of them.
    pub(super) fn catch_up(&mut self, conn: &Connection, log: &Segment) -> Result<()> {
        let (key, from) = (Arc::clone(&self.key), self.end);
        self.end = log::read(conn, log, &key, from, |tag, number| self.push(tag, number))?;
        Ok(())
    }

    /// Where the next row of the log begins.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The numbers that have a word, ascending.
    pub(super) fn list(&self, tag: Tag) -> Vec<u64> {
        let mut numbers = Vec::new();
        let mut at = self.buckets[self.bucket(tag)];
        while let Some(pair) = self.pairs.get(at as usize) {
            if pair.tag == tag.0 {
                numbers.push(pair.number);
            }
            at = pair.before;
        }
        // Mostly they came in ascending order, and the chain has them the other way round.
        numbers.reverse();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn bucket(&self, tag: Tag) -> usize {
        let [a, b, c, d, ..] = tag.0;
        u32::from_le_bytes([a, b, c, d]) as usize & (self.buckets.len() - 1)
    }

    fn push(&mut self, tag: Tag, number: u64) {
        if self.pairs.len() == self.buckets.len() {
            self.grow();
        }
        self.chain(Pair {
            tag: tag.0,
            before: NONE,
            number,
        });
    }

    fn chain(&mut self, pair: Pair) {
        let bucket = self.bucket(Tag(pair.tag));
        let at = u32::try_from(self.pairs.len()).expect("a log is far shorter");
        let before = std::mem::replace(&mut self.buckets[bucket], at);
        self.pairs.push(Pair { before, ..pair });
    }

    /// Makes room for twice as many; the old place is wiped.
    fn grow(&mut self) {
        let room = self.buckets.len() * 2;
        let old = std::mem::replace(&mut self.pairs, Zeroizing::new(Vec::with_capacity(room)));
        self.buckets = vec![NONE; room];
        for pair in old.iter() {
            self.chain(*pair);
        }
    }
}
