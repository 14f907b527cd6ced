//! The packed form of posting lists: what a merge or a bulk build writes, never changed afterwards.
//!
//! A list is a stream, cut from the front into
//!
//! ```text
//! large blocks   3 968 bytes each, counter i = 0x8000_0000 | j, row id = top 63 bits of the address
//! medium blocks    704 bytes each, counter i = 1, 2, …; of a list whose tail is empty the last one is filled with zeros
//! head           counter i = 0:    varint(count << 1 | more) [varint(large) varint(medium) varint(words) [varint(base)]] tail,
//!                                  filled with zeros to 8, 24, 72, 240 or 704 bytes
//! ```
//!
//! The stream is LEB128 distances ([`posting`](super::posting)). Of a list too long for a head, if the numbers of current versions take no more bytes as
//! bits, those come first, in `words` of 64 bits, little-endian, the first of which begins at the number
//! `base * 64`; what follows them are the replaced versions, in distances. `base` stands only where there are words. `more` says that there are blocks or bits. No word of bits is cut by
//! the end of a block, so one number is looked for in one block. Every box is AES-256-GCM under `K_box` with the first 12 bytes
//! of its address as the nonce and the whole address as associated data. Its tag has 96 bits: most boxes hold one word of one entry, for
//! which 16 bytes would be a third of all that is stored of it, and 12 are approved for every use.
//!
//! **The fixed nonce is safe only because a salt is drawn for every build attempt**: no address of a segment is ever
//! sealed twice. A build that broke off is thrown away, never resumed.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, params};

use crate::crypto::aead;

use super::address::Address;
use super::bitmap::{self, Bitmap};
use super::change::FORMER;
use super::error::{IndexError, Result};
use super::key::SegmentKey;
use super::posting::{PostingList, put_varint, take_varint};
use super::segment::Segment;
use super::tag::Tag;

/// Stream bytes in a large block.
pub const LARGE: usize = 3_968;
/// Stream bytes in a medium block.
pub const MEDIUM: usize = 704;
/// The sizes that a head is filled up to.
pub const HEADS: [usize; 5] = [8, 24, 72, 240, 704];

pub(super) const LARGE_BIT: u32 = 0x8000_0000;

/// Rows of a packed segment, to be inserted in the order of their keys.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) small: Vec<(Address, Box<[u8]>)>,
    pub(super) large: Vec<(i64, Box<[u8]>)>,
    bytes: usize,
}

impl Rows {
    /// About how much memory the rows hold.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the blocks of one list. Each tag once in a segment: a second time would use a nonce twice.
    pub(super) fn push(&mut self, keys: &SegmentKey, tag: Tag, list: &PostingList) {
        let (bits, stream) = stream(list);
        let large = stream.len() / LARGE;
        let (pages, rest) = stream.split_at(large * LARGE);
        let mut medium = rest.len() / MEDIUM;
        let (mut blocks, mut tail) = rest.split_at(medium * MEDIUM);
        let mut head = header(list.count(), large, medium, bits);
        if head.len() + tail.len() > HEADS[4] {
            // The tail is a whole medium block but for a few bytes: let it be one.
            medium += 1;
            head = header(list.count(), large, medium, bits);
            (blocks, tail) = (rest, &[]);
        }
        head.extend_from_slice(tail);
        for (j, page) in (0u32..).zip(pages.chunks(LARGE)) {
            let address = keys.address().address(tag, LARGE_BIT | j);
            let sealed = seal(keys, address, page, LARGE);
            self.bytes += sealed.len() + 32;
            self.large.push((address.page(), sealed));
        }
        for (i, block) in (1u32..).zip(blocks.chunks(MEDIUM)) {
            self.small(keys, keys.address().address(tag, i), block, MEDIUM);
        }
        let class = HEADS
            .into_iter()
            .find(|&size| size >= head.len())
            .expect("the tail was cut to fit");
        self.small(keys, keys.address().address(tag, 0), &head, class);
    }

    fn small(&mut self, keys: &SegmentKey, address: Address, plain: &[u8], size: usize) {
        let sealed = seal(keys, address, plain, size);
        self.bytes += sealed.len() + 48;
        self.small.push((address, sealed));
    }
}

/// Which part of a stream is bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) base: u64,
    pub(super) words: usize,
}

/// The stream of a list, in the shorter of its forms.
fn stream(list: &PostingList) -> (Extent, Cow<'_, [u8]>) {
    let distances = (Extent::default(), Cow::Borrowed(list.bytes()));
    if list.bytes().len() <= HEADS[4] {
        return distances;
    }
    let rids = list.to_vec();
    let (now, former) = rids.split_at(rids.partition_point(|rid| *rid < FORMER));
    let (Some(first), Some(last)) = (now.first(), now.last()) else {
        return distances;
    };
    let former = PostingList::from_sorted(former);
    let room = list.bytes().len().saturating_sub(former.bytes().len());
    if Bitmap::span(*first, *last) > (room / bitmap::BYTES) as u64 {
        return distances;
    }
    let bits = Bitmap::of(now);
    let extent = Extent {
        base: bits.base(),
        words: bits.words(),
    };
    let mut stream = bits.to_bytes();
    stream.extend_from_slice(former.bytes());
    (extent, Cow::Owned(stream))
}

fn header(count: u64, large: usize, medium: usize, bits: Extent) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEADS[4]);
    let more = large + medium + bits.words > 0;
    put_varint(&mut head, count << 1 | u64::from(more));
    if more {
        put_varint(&mut head, large as u64);
        put_varint(&mut head, medium as u64);
        put_varint(&mut head, bits.words as u64);
        if bits.words > 0 {
            put_varint(&mut head, bits.base);
        }
    }
    head
}

fn seal(keys: &SegmentKey, address: Address, plain: &[u8], size: usize) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(size + aead::SHORT_TAG);
    bytes.extend_from_slice(plain);
    bytes.resize(size, 0);
    keys.seal()
        .seal_in_place(&address.nonce(), &address.0, &mut bytes);
    bytes.into_boxed_slice()
}

/// The head of a list: how long it is, and its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) count: u64,
    pub(super) large: u32,
    pub(super) medium: u32,
    pub(super) bits: Extent,
    /// The end of the stream; without blocks all of it.
    pub(super) tail: Vec<u8>,
}

impl Head {
    /// How many medium and large blocks belong to it.
    pub(super) fn blocks(&self) -> (u64, u64) {
        (u64::from(self.medium), u64::from(self.large))
    }
}

/// The head of a word's list; `None` if the segment does not have the word.
pub(super) fn head(
    conn: &Connection,
    segment: &Segment,
    keys: &SegmentKey,
    tag: Tag,
) -> Result<Option<Head>> {
    let address = keys.address().address(tag, 0);
    small(conn, segment.id, address)?
        .map(|sealed| open_head(segment.id, keys, address, sealed))
        .transpose()
}

/// Opens the head at `address`.
pub(super) fn open_head(
    segment: i64,
    keys: &SegmentKey,
    address: Address,
    sealed: Vec<u8>,
) -> Result<Head> {
    let plain = open(segment, keys, address, sealed)?;
    parse_head(&plain).ok_or(IndexError::Damaged {
        segment,
        what: "a head",
    })
}

fn parse_head(plain: &[u8]) -> Option<Head> {
    let mut rest = plain;
    let counts = take_varint(&mut rest)?;
    let (mut large, mut medium, mut bits) = (0, 0, Extent::default());
    if counts & 1 == 1 {
        large = u32::try_from(take_varint(&mut rest)?)
            .ok()
            .filter(|&n| n < LARGE_BIT)?;
        medium = u32::try_from(take_varint(&mut rest)?)
            .ok()
            .filter(|&n| n < LARGE_BIT)?;
        bits.words = usize::try_from(take_varint(&mut rest)?).ok()?;
        if bits.words > 0 {
            bits.base = take_varint(&mut rest)?;
        }
    }
    Some(Head {
        count: counts >> 1,
        large,
        medium,
        bits,
        tail: rest.to_vec(),
    })
}

/// What every row of `index_small` has that this program wrote.
const ADDRESSED: &str = "length(a) = 16";

/// How many rows of a segment stand at no address. Searches and merges read none of them: somebody put them there.
pub(super) fn unaddressed(conn: &Connection, segment: i64) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM index_small WHERE segment = ?1 AND NOT ({ADDRESSED})");
    let count: i64 = conn.query_row(&sql, [segment], |row| row.get(0))?;
    Ok(count as u64)
}

/// The bytes of a column; none of what is no bytes, which then opens as no box.
fn blob(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(row.get_ref(column)?.as_blob().unwrap_or_default().to_vec())
}

/// What the file has of a large block.
pub(super) fn large(conn: &Connection, segment: i64, address: Address) -> Result<Option<Vec<u8>>> {
    let mut statement =
        conn.prepare_cached("SELECT b FROM index_large WHERE k = ?1 AND segment = ?2")?;
    Ok(statement
        .query_row(params![address.page(), segment], |row| blob(row, 0))
        .optional()?)
}

/// What the file has of a head or a medium block.
pub(super) fn small(conn: &Connection, segment: i64, address: Address) -> Result<Option<Vec<u8>>> {
    let mut statement =
        conn.prepare_cached("SELECT b FROM index_small WHERE segment = ?1 AND a = ?2")?;
    Ok(statement
        .query_row(params![segment, address.0], |row| blob(row, 0))
        .optional()?)
}

/// Opens the box of an address.
pub(super) fn open(
    segment: i64,
    keys: &SegmentKey,
    address: Address,
    mut sealed: Vec<u8>,
) -> Result<Vec<u8>> {
    match keys
        .seal()
        .open_in_place(&address.nonce(), &address.0, &mut sealed)
    {
        Ok(()) => Ok(sealed),
        Err(_) => Err(IndexError::Damaged {
            segment,
            what: "a box",
        }),
    }
}

/// Some rows of a segment.
#[derive(Default)]
pub(super) struct HeadPage {
    /// The heads among them, with their tags.
    pub(super) heads: Vec<(Tag, Head)>,
    /// How many rows are no heads.
    pub(super) blocks: u64,
    /// How many are heads that do not open.
    pub(super) damaged: u64,
    /// The address to go on from, if there may be more.
    pub(super) next: Option<Address>,
}

/// One page of the heads of a segment, in the order of their addresses, for a merge. [`IndexError::Damaged`] if one does not open.
pub(super) fn heads_after(
    conn: &Connection,
    segment: &Segment,
    keys: &SegmentKey,
    after: Option<Address>,
    limit: usize,
) -> Result<HeadPage> {
    let page = sound_heads_after(conn, segment, keys, after, limit)?;
    if page.damaged > 0 {
        return Err(IndexError::Damaged {
            segment: segment.id,
            what: "a box",
        });
    }
    Ok(page)
}

/// The same, passing over what does not open.
pub(super) fn sound_heads_after(
    conn: &Connection,
    segment: &Segment,
    keys: &SegmentKey,
    after: Option<Address>,
    limit: usize,
) -> Result<HeadPage> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT a, b FROM index_small WHERE segment = ?1 AND a > ?2 AND {ADDRESSED} ORDER BY a LIMIT ?3",
    ))?;
    let from: &[u8] = after.as_ref().map_or(&[], |address| &address.0);
    let mut rows = statement.query(params![segment.id, from, limit as i64])?;
    let (mut page, mut last, mut seen) = (HeadPage::default(), None, 0);
    while let Some(row) = rows.next()? {
        let address = Address(row.get(0)?);
        let (tag, i) = keys.address().invert(address);
        if i != 0 {
            page.blocks += 1;
        } else {
            match open_head(segment.id, keys, address, blob(row, 1)?) {
                Ok(head) => page.heads.push((tag, head)),
                Err(_) => page.damaged += 1,
            }
        }
        (last, seen) = (Some(address), seen + 1);
    }
    page.next = last.filter(|_| seen == limit);
    Ok(page)
}

/// How many large blocks a segment has.
pub(super) fn pages(conn: &Connection, segment: i64) -> Result<u64> {
    let count: i64 = conn.query_row(
        "SELECT count(*) FROM index_large WHERE segment = ?1",
        [segment],
        |row| row.get(0),
    )?;
    Ok(count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hex::hex;

    #[test]
    fn the_stream_of_a_frequent_word_is_bits_and_behind_them_the_replaced_versions_in_distances() {
        let now: Vec<u64> = (64u64..64 + 5_760)
            .filter(|rid| !rid.is_multiple_of(7))
            .collect();
        let rids = [now.as_slice(), &[FORMER + 70]].concat();
        let list = PostingList::from_sorted(&rids);
        let (bits, stream) = stream(&list);
        assert_eq!(bits, Extent { base: 1, words: 90 });
        let mut expected = vec![0u8; 720];
        for rid in &now {
            let bit = (rid - 64) as usize;
            expected[bit / 8] |= 1 << (bit % 8);
        }
        // 2^40 + 70 in LEB128.
        expected.extend([0xc6, 0x80, 0x80, 0x80, 0x80, 0x20]);
        assert_eq!(hex(&stream), hex(&expected));
        // count = 4 939, large = 0, medium = 1, words = 90, base = 1
        assert_eq!(header(list.count(), 0, 1, bits), [0x97, 0x4d, 0, 1, 90, 1]);
    }

    #[test]
    fn the_stream_of_a_word_that_fewer_than_every_eighth_entry_has_is_distances() {
        let list = PostingList::from_sorted(&(1..5_000).map(|n| n * 9).collect::<Vec<_>>());
        assert_eq!(
            stream(&list),
            (Extent::default(), Cow::Borrowed(list.bytes()))
        );
    }
}
