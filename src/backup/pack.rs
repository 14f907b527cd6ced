//! Packs: what is sealed into one object.
//!
//! ```text
//! ledger pack = [1, first, [row …]]     row = [core, anchor, digest, signature, link, box]   without box if erased
//! table pack  = [1, table, [row …]]     row = bytes, opaque here
//! ```
//!
//! Both are deterministic CBOR, all byte strings definite. Entries of a ledger pack follow each other without gaps, so
//! only the first number is written. A pack is closed before the row that would make it larger than the limit, and a
//! row larger than the limit is a pack of its own, cut into parts of 8 MiB where that is longer: each part is an object, and
//! the manifest tells their order.
//!
//! Where a *ledger* pack ends depends only on what came before it, so a resumed run makes the same packs again. A
//! *table* changes in the middle; its packs also end after every row whose HMAC under K_cut begins with enough zero
//! bits, once a quarter of the limit is reached: a row that comes or goes changes one pack and its neighbour, and
//! nobody without the key can tell from the lengths which rows are there.

use minicbor::{Decode, Encode, Encoder};

use super::cbor::{self, NotCanonical};
use super::object::ObjectKind;
use super::source::{Row, TableId};
use crate::crypto::Hash;
use crate::crypto::mac::MacKey;
use crate::crypto::sign::Signature;

/// The size of plain packs on ordinary links.
pub const PACK_BYTES: usize = 4 << 20;
/// The size of plain packs on thin links: at 16 KiB a second one takes a quarter of a minute, and that is what a cut costs.
pub const THIN_PACK_BYTES: usize = 256 << 10;
/// The longest plain text of one object: 8 MiB. A pack with a longer row is cut into parts.
pub const MAX_PART: usize = 8 << 20;

const FORMAT: u8 = 1;
/// A table pack ends, once a quarter full, after one row in this many on average.
const CUT_EVERY: u16 = 64;

/// A pack before sealing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// What it holds.
    pub kind: ObjectKind,
    /// The number of its first entry or row.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Its encoding, or the part of it.
    pub plain: Vec<u8>,
    /// Which part this is, from 0.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
}

impl Pack {
    /// The parts that fit an object each: the pack itself, unless a row makes it too long.
    pub fn into_parts(self) -> Vec<Self> {
        if self.plain.len() <= MAX_PART {
            return vec![self];
        }
        let pieces = self.plain.chunks(MAX_PART);
        let parts = pieces.len() as u32;
        let Self {
            kind, first, count, ..
        } = self;
        (0..)
            .zip(pieces)
            .map(|(part, piece)| Self {
                kind,
                first,
                count,
                plain: piece.to_vec(),
                part,
                parts,
            })
            .collect()
    }
}

/// Why a pack cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Entries do not follow each other.
    #[error("entry {found} came where entry {expected} was due")]
    Gap {
        /// The number due.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The plain text is not the encoding of a pack.
    #[error("it is not the encoding of a pack")]
    Encoding,
    /// The plain text is a pack of something else.
    #[error("it is a pack of something else")]
    Kind,
}

impl From<NotCanonical> for PackError {
    fn from(_: NotCanonical) -> Self {
        Self::Encoding
    }
}

#[derive(Encode, Decode)]
struct LedgerPack {
    #[n(0)]
    format: u8,
    #[n(1)]
    first: u64,
    #[n(2)]
    rows: Vec<PackedRow>,
}

#[derive(Encode, Decode)]
struct PackedRow {
    #[cbor(n(0), with = "minicbor::bytes")]
    core: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    anchor: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    digest: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    signature: [u8; 64],
    #[cbor(n(4), with = "minicbor::bytes")]
    link: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    body: Option<Vec<u8>>,
}

#[derive(Encode, Decode)]
struct TablePack {
    #[n(0)]
    format: u8,
    #[n(1)]
    table: u8,
    #[n(2)]
    rows: Vec<minicbor::bytes::ByteVec>,
}

/// Collects consecutive entries into packs.
#[derive(Debug)]
pub struct LedgerPacker {
    limit: usize,
    open: OpenPack,
}

impl LedgerPacker {
    /// A packer whose first entry is `first`.
    pub fn new(first: u64, limit: usize) -> Self {
        Self {
            limit,
            open: OpenPack::new(first),
        }
    }

    /// Takes the next entry; gives back the pack that it closed, if any.
    pub fn push(&mut self, row: Row) -> Result<Option<Pack>, PackError> {
        let expected = self.open.first + self.open.count;
        if row.seq != expected {
            return Err(PackError::Gap {
                expected,
                found: row.seq,
            });
        }
        let encoded = cbor::to_vec(&PackedRow {
            core: row.core,
            anchor: row.anchor.0,
            digest: row.digest.0,
            signature: row.signature.0,
            link: row.link.0,
            body: row.body,
        });
        let closed = if self.open.would_pass(self.limit, &encoded) {
            self.close()
        } else {
            None
        };
        self.open.push(&encoded);
        Ok(closed)
    }

    /// Closes the open pack, if it holds anything. The next entry begins another.
    pub fn close(&mut self) -> Option<Pack> {
        let kind = ObjectKind::Ledger;
        self.open.close(kind, |first, _| first)
    }
}

/// Collects the rows of one table into packs.
#[derive(Debug)]
pub struct TablePacker<'a> {
    table: TableId,
    limit: usize,
    cut: &'a MacKey,
    /// Whether the open pack ends after the row that it took last.
    ends: bool,
    open: OpenPack,
}

impl<'a> TablePacker<'a> {
    /// A packer of `table` that has seen none of its rows.
    pub fn new(table: TableId, limit: usize, cut: &'a MacKey) -> Self {
        Self {
            table,
            limit,
            cut,
            ends: false,
            open: OpenPack::new(0),
        }
    }

    /// The table.
    pub fn table(&self) -> TableId {
        self.table
    }

    /// Takes the next row; gives back the pack that ended before it, if one did.
    pub fn push(&mut self, row: Vec<u8>) -> Option<Pack> {
        let kind = ObjectKind::Table(self.table);
        let row = minicbor::bytes::ByteVec::from(row);
        let encoded = cbor::to_vec(&row);
        let closed = if self.ends || self.open.would_pass(self.limit, &encoded) {
            self.close()
        } else {
            None
        };
        self.open.push(&encoded);
        let mac = self.cut.tag(&[&[kind.byte()], &row]);
        self.ends = self.open.rows.len() >= self.limit / 4
            && u16::from_be_bytes([mac[0], mac[1]]) < u16::MAX / CUT_EVERY;
        closed
    }

    /// Closes the open pack, if it holds anything.
    pub fn close(&mut self) -> Option<Pack> {
        self.open
            .close(ObjectKind::Table(self.table), |_, table| table)
    }
}

/// Reads a ledger pack that should hold `count` entries from `first`.
pub fn read_ledger(plain: &[u8], first: u64, count: u64) -> Result<Vec<Row>, PackError> {
    let pack: LedgerPack = cbor::from_slice(plain)?;
    if pack.format != FORMAT || pack.first != first || pack.rows.len() as u64 != count {
        return Err(PackError::Kind);
    }
    let row = |(seq, row): (u64, PackedRow)| Row {
        seq,
        core: row.core,
        anchor: Hash(row.anchor),
        digest: Hash(row.digest),
        signature: Signature(row.signature),
        link: Hash(row.link),
        body: row.body,
    };
    Ok((first..).zip(pack.rows).map(row).collect())
}

/// Reads a table pack that should hold `count` rows of `table`.
pub fn read_table(plain: &[u8], table: TableId, count: u64) -> Result<Vec<Vec<u8>>, PackError> {
    let pack: TablePack = cbor::from_slice(plain)?;
    if pack.format != FORMAT || pack.table != table.0 || pack.rows.len() as u64 != count {
        return Err(PackError::Kind);
    }
    Ok(pack.rows.into_iter().map(Into::into).collect())
}

#[derive(Debug)]
struct OpenPack {
    first: u64,
    count: u64,
    rows: Vec<u8>,
}

impl OpenPack {
    const fn new(first: u64) -> Self {
        Self {
            first,
            count: 0,
            rows: Vec::new(),
        }
    }

    fn would_pass(&self, limit: usize, encoded: &[u8]) -> bool {
        self.count > 0 && self.rows.len() + encoded.len() > limit
    }

    fn push(&mut self, encoded: &[u8]) {
        self.rows.extend_from_slice(encoded);
        self.count += 1;
    }

    /// Writes the head before the rows. `second` chooses the second field: the first number, or the table.
    fn close(&mut self, kind: ObjectKind, second: fn(u64, u64) -> u64) -> Option<Pack> {
        if self.count == 0 {
            return None;
        }
        let Self { first, count, rows } =
            std::mem::replace(self, Self::new(self.first + self.count));
        let mut head = Encoder::new(Vec::with_capacity(rows.len() + 24));
        head.array(3)
            .and_then(|e| e.u8(FORMAT))
            .and_then(|e| e.u64(second(first, u64::from(kind.byte()))))
            .and_then(|e| e.array(count))
            .expect("a vector takes every write");
        let mut plain = head.into_writer();
        plain.extend_from_slice(&rows);
        Some(Pack {
            kind,
            first,
            count,
            plain,
            part: 0,
            parts: 1,
        })
    }
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;
