//! The append log: where a new entry's words go, in the entry's own transaction.
//!
//! The c-th pair of a word in a log is one row:
//!
//! ```text
//! a = AES-256_{K_address}(tag || be32(c))                           16 bytes
//! b = nonce(12 random) || AES-256-GCM(K_box, flag || be64(rid))     37 bytes, associated data = a
//! ```
//!
//! `flag` is 1 for a pair and 0 for a dummy. Dummies fill every addition up to a multiple of 8 rows and lie at
//! addresses of random tags, so the file tells only a coarse count of words. No counter is stored: the first free one
//! is found by probing 0, 1, 2, 4 … and bisecting, and the ledger's write lock keeps the chains free of gaps.
//!
//! **Nonces are random and stored here**, unlike in packed segments: a rolled-back frame of the write-ahead log may
//! leave a row on the disk whose address is used again for another entry.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::crypto::random;

use super::address::{ADDRESS_LEN, Address};
use super::compartment::{self, CompartmentId};
use super::error::{IndexError, Result};
use super::key::{CompartmentKey, SegmentKey};
use super::segment::{self, Segment};
use super::tag::{TAG_LEN, Tag};

/// A log with this many rows is closed.
pub const FULL: u64 = 8_192;
/// Additions are filled up to a multiple of this many rows.
pub const STEP: usize = 8;

const PAIR: u8 = 1;
const DUMMY: u8 = 0;

/// Adds pairs to the open log, inside the caller's write transaction.
pub(super) fn append(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    pairs: &[(Tag, u64)],
) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    let compartment = compartment::enter(conn, id, key)?;
    let log = segment::open_log(conn, compartment)?;
    let keys = key.segment(&log.salt);
    let mut chains = Chains::new(conn, log.id, &keys)?;
    for &(tag, rid) in pairs {
        chains.append(tag, rid)?;
    }
    let dummies = pairs.len().next_multiple_of(STEP) - pairs.len();
    for _ in 0..dummies {
        let tag = Tag(random::bytes::<TAG_LEN>());
        chains.put(keys.address().address(tag, u32::MAX), DUMMY, 0)?;
    }
    let rows = log.rows + (pairs.len() + dummies) as u64;
    segment::grow_log(conn, log.id, rows, rows >= FULL)
}

/// The chains of one log, for writing.
struct Chains<'a> {
    segment: i64,
    keys: &'a SegmentKey,
    probe: CachedStatement<'a>,
    insert: CachedStatement<'a>,
}

impl<'a> Chains<'a> {
    fn new(conn: &'a Connection, segment: i64, keys: &'a SegmentKey) -> Result<Self> {
        let probe = conn.prepare_cached("SELECT 1 FROM index_log WHERE segment = ?1 AND a = ?2")?;
        let insert =
            conn.prepare_cached("INSERT INTO index_log (segment, a, b) VALUES (?1, ?2, ?3)")?;
        Ok(Self {
            segment,
            keys,
            probe,
            insert,
        })
    }

    fn append(&mut self, tag: Tag, rid: u64) -> Result<()> {
        let c = self.first_free(tag)?;
        self.put(self.keys.address().address(tag, c), PAIR, rid)
    }

    fn first_free(&mut self, tag: Tag) -> Result<u32> {
        if !self.taken(tag, 0)? {
            return Ok(0);
        }
        let mut free = 1;
        while self.taken(tag, free)? {
            free *= 2;
        }
        let mut taken = free / 2;
        while free - taken > 1 {
            let middle = taken + (free - taken) / 2;
            if self.taken(tag, middle)? {
                taken = middle;
            } else {
                free = middle;
            }
        }
        Ok(free)
    }

    fn taken(&mut self, tag: Tag, c: u32) -> Result<bool> {
        let address = self.keys.address().address(tag, c);
        Ok(self.probe.exists(params![self.segment, address.0])?)
    }

    fn put(&mut self, address: Address, flag: u8, rid: u64) -> Result<()> {
        let mut plain = [flag; 9];
        plain[1..].copy_from_slice(&rid.to_be_bytes());
        let sealed = self.keys.seal().seal(&address.0, &plain);
        self.insert
            .execute(params![self.segment, address.0, sealed])?;
        Ok(())
    }
}

/// The entries of a word in one log, ascending.
pub(super) fn list(
    conn: &Connection,
    log: &Segment,
    keys: &SegmentKey,
    tag: Tag,
) -> Result<Vec<u64>> {
    let mut statement =
        conn.prepare_cached("SELECT b FROM index_log WHERE segment = ?1 AND a = ?2")?;
    let mut rids = Vec::new();
    for c in 0..u32::MAX {
        let address = keys.address().address(tag, c);
        let row: Option<Vec<u8>> = statement
            .query_row(params![log.id, address.0], |row| row.get(0))
            .optional()?;
        let Some(sealed) = row else { break };
        rids.extend(open(log.id, keys, address, &sealed)?);
    }
    rids.sort_unstable();
    rids.dedup();
    Ok(rids)
}

/// Every pair of a log, in no order.
pub(super) fn scan(conn: &Connection, log: &Segment, keys: &SegmentKey) -> Result<Vec<(Tag, u64)>> {
    let mut pairs = Vec::new();
    each(conn, log, keys, |tag, _, row| {
        pairs.extend(row?.map(|rid| (tag, rid)));
        Ok(())
    })?;
    Ok(pairs)
}

/// Counters and entries of each word, in the order of the counters.
pub(super) type Chained = HashMap<Tag, Vec<(u32, u64)>>;

/// Every chain of a log, and how many rows do not open.
pub(super) fn chains(
    conn: &Connection,
    log: &Segment,
    keys: &SegmentKey,
) -> Result<(Chained, u64)> {
    let (mut chains, mut damaged) = (Chained::new(), 0);
    each(conn, log, keys, |tag, c, row| {
        match row {
            Ok(Some(rid)) => chains.entry(tag).or_default().push((c, rid)),
            Ok(None) => {}
            Err(IndexError::Damaged { .. }) => damaged += 1,
            Err(other) => return Err(other),
        }
        Ok(())
    })?;
    for chain in chains.values_mut() {
        chain.sort_unstable();
    }
    Ok((chains, damaged))
}

fn each(
    conn: &Connection,
    log: &Segment,
    keys: &SegmentKey,
    mut see: impl FnMut(Tag, u32, Result<Option<u64>>) -> Result<()>,
) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT a, b FROM index_log WHERE segment = ?1")?;
    let mut rows = statement.query([log.id])?;
    while let Some(row) = rows.next()? {
        let damaged = || IndexError::Damaged {
            segment: log.id,
            what: "a row of the log",
        };
        let blob = |at| row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from);
        let Ok(address) = <[u8; ADDRESS_LEN]>::try_from(blob(0)?) else {
            see(Tag([0; TAG_LEN]), 0, Err(damaged()))?;
            continue;
        };
        let address = Address(address);
        let (tag, c) = keys.address().invert(address);
        see(tag, c, open(log.id, keys, address, blob(1)?))?;
    }
    Ok(())
}

/// The entry in a box; `None` for a dummy.
fn open(segment: i64, keys: &SegmentKey, address: Address, sealed: &[u8]) -> Result<Option<u64>> {
    let damaged = || IndexError::Damaged {
        segment,
        what: "a row of the log",
    };
    let plain = keys
        .seal()
        .open(&address.0, sealed)
        .map_err(|_| damaged())?;
    match plain.expose().split_first() {
        Some((&DUMMY, _)) => Ok(None),
        Some((&PAIR, rid)) => Ok(Some(u64::from_be_bytes(
            rid.try_into().map_err(|_| damaged())?,
        ))),
        _ => Err(damaged()),
    }
}
