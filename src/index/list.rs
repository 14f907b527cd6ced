//! A list of a packed segment as it is read: whole, or only where some entries stand in it.

use std::ops::Deref;
use std::sync::Arc;

use rusqlite::Connection;
use zeroize::Zeroizing;

use super::bitmap::{self, Bitmap, WORD};
use super::change::FORMER;
use super::error::{IndexError, Result};
use super::kept::{Kept, Stream};
use super::key::SegmentKey;
use super::packed::{self, Extent, Head, LARGE, LARGE_BIT, MEDIUM};
use super::posting;
use super::segment::Segment;
use super::set::Set;
use super::tag::Tag;

/// At first so many bytes of room, however long a head says that its list is.
const ROOM: usize = 16 << 20;

/// The list of a word in a segment.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    conn: &'a Connection,
    segment: &'a Segment,
    keys: &'a SegmentKey,
    tag: Tag,
    head: &'a Head,
    kept: Option<&'a Kept>,
}

impl<'a> List<'a> {
    /// The list whose head was found under a tag.
    pub(super) fn of(
        conn: &'a Connection,
        segment: &'a Segment,
        keys: &'a SegmentKey,
        tag: Tag,
        head: &'a Head,
    ) -> Self {
        Self {
            conn,
            segment,
            keys,
            tag,
            head,
            kept: None,
        }
    }

    /// The same, reading no block of a list that is kept, and keeping it.
    pub(super) fn keeping(self, kept: &'a Kept) -> Self {
        Self {
            kept: Some(kept),
            ..self
        }
    }

    /// The whole list, ascending.
    pub(super) fn whole(self) -> Result<Vec<u64>> {
        let (now, former) = self.halves()?;
        let mut rids = now.into_vec();
        rids.extend(former);
        Ok(rids)
    }

    /// The numbers of current versions.
    pub(super) fn now(self) -> Result<Set> {
        Ok(self.halves()?.0)
    }

    /// Those of some numbers of current versions, ascending, that stand in the list. Of bits only the blocks are read where one might stand.
    pub(super) fn among(self, rids: &[u64]) -> Result<Vec<u64>> {
        let Extent { base, words } = self.head.bits;
        if words == 0 {
            return Ok(posting::intersect(&self.whole()?, rids));
        }
        let rids = &rids[rids.partition_point(|rid| rid / WORD < base)..];
        // Where they are many, most blocks are wanted.
        let blocks = self.head.large as usize + self.head.medium as usize;
        if rids.len() >= blocks || self.is_kept() {
            let stream = self.stream()?;
            let (bits, _) = self.cut(&stream)?;
            let stands = |rid: &u64| bitmap::stands(bits, base, *rid);
            return Ok(rids.iter().copied().filter(stands).collect());
        }
        let (mut found, mut open) = (Vec::new(), None);
        for &rid in rids {
            let word = rid / WORD - base;
            if word >= words as u64 {
                break;
            }
            let at = (word as usize).saturating_mul(bitmap::BYTES);
            let (block, from) = self.block_of(at);
            let bytes = match open.take() {
                Some((known, bytes)) if known == block => bytes,
                _ => self.block(block)?,
            };
            let word = bytes.get(at - from..).and_then(|rest| rest.first_chunk());
            let word = word.ok_or_else(|| self.damaged("a list"))?;
            if u64::from_le_bytes(*word) >> (rid % WORD) & 1 == 1 {
                found.push(rid);
            }
            open = Some((block, bytes));
        }
        Ok(found)
    }

    /// The numbers of current versions, and those of replaced ones.
    fn halves(self) -> Result<(Set, Vec<u64>)> {
        let head = self.head;
        let stream = self.stream()?;
        let (bits, distances) = self.cut(&stream)?;
        if bits.is_empty() {
            let mut rids =
                posting::decode(distances, head.count).ok_or_else(|| self.damaged("a list"))?;
            let former = rids.split_off(rids.partition_point(|rid| *rid < FORMER));
            return Ok((Set::Listed(rids), former));
        }
        let parse = || {
            let now =
                Bitmap::from_bytes(head.bits.base, bits).filter(|bits| bits.end() <= FORMER)?;
            let former = posting::decode(distances, head.count.checked_sub(now.count())?)?;
            let apart = former.first().is_none_or(|first| *first >= FORMER);
            apart.then_some((Set::Bits(now), former))
        };
        parse().ok_or_else(|| self.damaged("a list"))
    }

    /// All of it, as it was cut into blocks.
    fn stream(self) -> Result<Whole<'a>> {
        let (large, medium) = (self.head.large, self.head.medium);
        if large == 0 && medium == 0 {
            return Ok(Whole::Tail(&self.head.tail));
        }
        let salt = &self.segment.salt;
        if let Some(stream) = self.kept.and_then(|kept| kept.get(salt, self.tag)) {
            return Ok(Whole::Kept(stream));
        }
        let (pages, blocks) = (large as usize * LARGE, medium as usize * MEDIUM);
        let room = pages.saturating_add(blocks) + self.head.tail.len();
        // A vector that grows by itself would leave what it held where it was.
        let mut stream = Zeroizing::new(Vec::with_capacity(room.min(ROOM)));
        for j in 0..large {
            stream.extend_from_slice(&self.block(Block::Large(j))?);
        }
        for i in 1..=medium {
            stream.extend_from_slice(&self.block(Block::Medium(i))?);
        }
        stream.extend_from_slice(&self.head.tail);
        let stream = Arc::new(stream);
        if let Some(kept) = self.kept {
            kept.put(salt, self.tag, &stream);
        }
        Ok(Whole::Kept(stream))
    }

    fn is_kept(self) -> bool {
        self.kept
            .is_some_and(|kept| kept.get(&self.segment.salt, self.tag).is_some())
    }

    /// The bits of a stream, and the distances behind them.
    fn cut(self, stream: &[u8]) -> Result<(&[u8], &[u8])> {
        stream
            .split_at_checked(self.head.bits.words.saturating_mul(bitmap::BYTES))
            .ok_or_else(|| self.damaged("a list"))
    }

    /// The block that holds a byte of the stream, and the place of its first byte.
    fn block_of(self, at: usize) -> (Block, usize) {
        let pages = self.head.large as usize * LARGE;
        if at < pages {
            let j = at / LARGE;
            return (Block::Large(j as u32), j * LARGE);
        }
        let i = (at - pages) / MEDIUM;
        if i < self.head.medium as usize {
            (Block::Medium(i as u32 + 1), pages + i * MEDIUM)
        } else {
            (Block::Tail, pages + self.head.medium as usize * MEDIUM)
        }
    }

    fn block(self, block: Block) -> Result<Vec<u8>> {
        let Self {
            conn,
            segment,
            keys,
            tag,
            head,
            ..
        } = self;
        let (address, sealed) = match block {
            Block::Tail => return Ok(head.tail.clone()),
            Block::Large(j) => {
                let address = keys.address().address(tag, LARGE_BIT | j);
                let sealed = packed::large(conn, segment.id, address)?;
                (
                    address,
                    sealed.ok_or_else(|| self.damaged("a missing page"))?,
                )
            }
            Block::Medium(i) => {
                let address = keys.address().address(tag, i);
                let sealed = packed::small(conn, segment.id, address)?;
                (
                    address,
                    sealed.ok_or_else(|| self.damaged("a missing block"))?,
                )
            }
        };
        packed::open(segment.id, keys, address, sealed)
    }

    fn damaged(self, what: &'static str) -> IndexError {
        IndexError::Damaged {
            segment: self.segment.id,
            what,
        }
    }
}

/// All of a list, as it was cut into blocks.
enum Whole<'a> {
    /// It stands in its head.
    Tail(&'a [u8]),
    Kept(Stream),
}

impl Deref for Whole<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Tail(tail) => tail,
            Self::Kept(stream) => stream,
        }
    }
}

/// A part of a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Large(u32),
    /// Counted from 1.
    Medium(u32),
    Tail,
}
