//! The append log: where a new entry's words go, in the entry's own transaction.
//!
//! Each entry is one row, behind the rows before it, so that a write touches one page:
//!
//! ```text
//! k     = segment << 32 | place          place: how many bytes the boxes before it have; a missing row leaves a gap
//! b     = nonce(12 random) || AES-256-GCM(K_log, plain)          associated data = be64(k)
//! plain = list …, zeros up to 768, 1 536, 3 072 … bytes
//! list  = be64(number) || be32(n) || n tags of 12 bytes
//! ```
//!
//! A new version brings its own list and, of the version that it replaces, that version's words and the mark of the dead. Searches
//! decode a log into memory once a session.
//!
//! The design has a row for each word here, at an address that the word's tag and a counter give. That is a page to write for each
//! word after a place was probed for, and whoever compares two copies counts an entry's words, which tell its kind: a procedure has some
//! 14, a note 25, an identity 45. One sealed row is better at both. **A row shows nothing but its size, and up to 63 words
//! all rows have the same**; of the invented hospital that is every entry. What it gives up is that rows lay in no order: which
//! row speaks of which entry can be told by its place, which says nothing that the ledger's headers do not.
//!
//! **Nonces are random and stored here**, unlike in packed segments: a rolled-back frame of the write-ahead log may
//! leave a row on the disk whose place is used again for another entry.

use rusqlite::{Connection, OptionalExtension, params};

use crate::crypto::aead::{self, SealKey};

use super::compartment::{self, Compartment, CompartmentId};
use super::error::{IndexError, Result};
use super::key::CompartmentKey;
use super::segment::{self, Segment};
use super::tag::{TAG_LEN, Tag};

/// An entry that would make a log longer than this closes it and begins the next. A search that starts from nothing opens at most a
/// few such logs.
pub const FULL: u64 = 128 << 10;
/// The least size that a row's lists are filled up to; above it, sizes double.
pub const FLOOR: usize = 768;

const LIST_HEAD: usize = 12;
const PLACE_BITS: u32 = 32;

/// Words of one number: of an entry, of a replaced version, or the mark of the dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) number: u64,
    pub(super) tags: Vec<Tag>,
}

/// Adds entries to the open log, each with its lists, inside the caller's write transaction.
pub(super) fn append(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    entries: &[Vec<List>],
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let compartment = compartment::enter(conn, id, key)?;
    let mut log = Tail::find(conn, compartment, key)?;
    let mut insert = conn.prepare_cached("INSERT INTO index_log (k, b) VALUES (?1, ?2)")?;
    for lists in entries {
        let plain = encode(lists);
        let sealed_len = (aead::NONCE + plain.len() + aead::TAG) as u64;
        if log.end > 0 && log.end + sealed_len > FULL {
            segment::close_log(conn, log.segment)?;
            log = Tail::find(conn, compartment, key)?;
        }
        let k = first(log.segment) | log.end as i64;
        insert.execute(params![k, log.key.seal(&k.to_be_bytes(), &plain)])?;
        log.end += sealed_len;
    }
    Ok(())
}

/// Where the open log ends.
struct Tail {
    segment: i64,
    key: SealKey,
    end: u64,
}

impl Tail {
    fn find(conn: &Connection, compartment: Compartment, key: &CompartmentKey) -> Result<Self> {
        let log = segment::open_log(conn, compartment)?;
        let last: Option<(i64, i64)> = conn
            .prepare_cached(
                "SELECT k, length(b) FROM index_log WHERE k >= ?1 AND k < ?2 ORDER BY k DESC LIMIT 1",
            )?
            .query_row([first(log.id), first(log.id + 1)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let end = last.map_or(0, |(k, len)| place(k) + len as u64);
        if end >> PLACE_BITS == 0 {
            Ok(Self {
                segment: log.id,
                key: key.log(&log.salt),
                end,
            })
        } else {
            // Somebody put a row at the very end: verification will say so, writing goes on elsewhere.
            segment::close_log(conn, log.id)?;
            Self::find(conn, compartment, key)
        }
    }
}

/// The key of the first row of a segment.
pub(super) fn first(segment: i64) -> i64 {
    segment << PLACE_BITS
}

fn place(k: i64) -> u64 {
    k as u64 & ((1 << PLACE_BITS) - 1)
}

pub(super) fn encode(lists: &[List]) -> Vec<u8> {
    let tags: usize = lists.iter().map(|list| list.tags.len()).sum();
    let len = lists.len() * LIST_HEAD + tags * TAG_LEN;
    let mut size = FLOOR;
    while size < len {
        size *= 2;
    }
    let mut plain = Vec::with_capacity(size);
    for list in lists {
        let count = u32::try_from(list.tags.len()).expect("an entry has fewer words than that");
        plain.extend_from_slice(&list.number.to_be_bytes());
        plain.extend_from_slice(&count.to_be_bytes());
        for tag in &list.tags {
            plain.extend_from_slice(&tag.0);
        }
    }
    plain.resize(size, 0);
    plain
}

/// Hands out the (word, number) pairs of a row. `None` if a list breaks off.
fn decode(mut plain: &[u8], see: &mut impl FnMut(Tag, u64)) -> Option<()> {
    while let Some((head, rest)) = plain.split_first_chunk::<8>() {
        let number = u64::from_be_bytes(*head);
        // Ledger numbers begin at 1: from here on it is filled with zeros.
        if number == 0 {
            break;
        }
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let len = (u32::from_be_bytes(*count) as usize).checked_mul(TAG_LEN)?;
        let (tags, rest) = rest.split_at_checked(len)?;
        let (tags, _) = tags.as_chunks::<TAG_LEN>();
        for tag in tags {
            see(Tag(*tag), number);
        }
        plain = rest;
    }
    Some(())
}

/// Whether a log has a row at `from` or beyond.
pub(super) fn has_more(conn: &Connection, log: &Segment, from: u64) -> Result<bool> {
    let mut statement =
        conn.prepare_cached("SELECT 1 FROM index_log WHERE k >= ?1 AND k < ?2 LIMIT 1")?;
    Ok(statement.exists([first(log.id) + from as i64, first(log.id + 1)])?)
}

/// Reads the pairs of a log from the row at `from` on; where the next row will begin. [`IndexError::Damaged`] if a row is missing or
/// does not open.
pub(super) fn read(
    conn: &Connection,
    log: &Segment,
    key: &SealKey,
    from: u64,
    mut see: impl FnMut(Tag, u64),
) -> Result<u64> {
    let mut end = from;
    each(conn, log.id, from, |k, sealed| {
        let sound = place(k) == end && open(key, k, sealed, &mut see);
        end = place(k) + sealed.len() as u64;
        if sound {
            Ok(())
        } else {
            Err(IndexError::Damaged {
                segment: log.id,
                what: "a row of the log",
            })
        }
    })?;
    Ok(end)
}

/// Every pair of a log that opens, and at how many places a row is missing or does not.
pub(super) fn survey(
    conn: &Connection,
    log: &Segment,
    key: &SealKey,
) -> Result<(Vec<(Tag, u64)>, u64)> {
    let (mut pairs, mut damaged, mut end) = (Vec::new(), 0, 0);
    each(conn, log.id, 0, |k, sealed| {
        if !open(key, k, sealed, &mut |tag, number| {
            pairs.push((tag, number));
        }) {
            // Nothing is said of the rows after it by one that nobody with the keys put there.
            damaged += 1;
            return Ok(());
        }
        damaged += u64::from(place(k) != end);
        end = place(k) + sealed.len() as u64;
        Ok(())
    })?;
    Ok((pairs, damaged))
}

fn each(
    conn: &Connection,
    segment: i64,
    from: u64,
    mut see: impl FnMut(i64, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut statement =
        conn.prepare_cached("SELECT k, b FROM index_log WHERE k >= ?1 AND k < ?2 ORDER BY k")?;
    let mut rows = statement.query([first(segment) + from as i64, first(segment + 1)])?;
    while let Some(row) = rows.next()? {
        let sealed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        see(row.get(0)?, sealed)?;
    }
    Ok(())
}

/// Opens a row and hands out its pairs. Whether it opens.
fn open(key: &SealKey, k: i64, sealed: &[u8], see: &mut impl FnMut(Tag, u64)) -> bool {
    let opened = key.open(&k.to_be_bytes(), sealed);
    opened.is_ok_and(|plain| decode(plain.expose(), see).is_some())
}
