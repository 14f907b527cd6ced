//! The columns that hold an entry, as SQLite gives them. **What has another length than it should is damage with its place**, for
//! whoever can edit the file puts anything there.

use rusqlite::Row as SqlRow;

use super::entry::{Core, Entry, Row};
use super::error::LedgerError;
use crate::crypto::hash::Hash;
use crate::crypto::sign::Signature;

/// What [`read_row`] reads.
pub(super) const COLUMNS: &str = "e.seq, e.core, e.anchor, e.digest, e.signature, e.link, b.box";
/// Where from.
pub(super) const FROM: &str = "FROM entry e LEFT JOIN body b ON b.seq = e.seq";

/// The columns of `entry` that repeat its header; `None` for what has another length.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the fields of the header")]
pub struct Columns {
    pub id: Option<[u8; 16]>,
    pub chart: Option<[u8; 16]>,
    pub section: i64,
    pub thread: Option<[u8; 16]>,
    pub parent: Option<[u8; 16]>,
    pub previous: Option<[u8; 32]>,
    pub site: i64,
}

impl Columns {
    /// The link before the entry, as the column says.
    pub fn previous(&self) -> Option<Hash> {
        self.previous.map(Hash)
    }

    /// Whether they repeat the header faithfully.
    pub fn repeat(&self, core: &Core, previous: &Hash) -> bool {
        self.id == Some(core.id.0)
            && self.chart == Some(core.chart.0)
            && self.section == i64::from(core.section as u8)
            && self.thread == Some(core.thread.0)
            && self.parent == Some(core.parent.0)
            && self.previous == Some(previous.0)
            && self.site == i64::from(core.site)
    }
}

pub(super) fn columns(row: &SqlRow<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        id: fixed(row, 7)?,
        chart: fixed(row, 8)?,
        section: row.get(9)?,
        thread: fixed(row, 10)?,
        parent: fixed(row, 11)?,
        previous: fixed(row, 12)?,
        site: row.get(13)?,
    })
}

/// A row as SQLite gives it; `None` for what has another length than it should.
pub(super) struct Raw {
    pub(super) seq: u64,
    core: Vec<u8>,
    anchor: Option<[u8; 32]>,
    digest: Option<[u8; 32]>,
    signature: Option<[u8; 64]>,
    link: Option<[u8; 32]>,
    body: Option<Vec<u8>>,
}

pub(super) fn read_row(row: &SqlRow<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        seq: row.get::<_, i64>(0)? as u64,
        core: row.get(1)?,
        anchor: fixed(row, 2)?,
        digest: fixed(row, 3)?,
        signature: fixed(row, 4)?,
        link: fixed(row, 5)?,
        body: row.get(6)?,
    })
}

/// A blob of a length that is known; `None` where it has another.
pub(super) fn fixed<const N: usize>(
    row: &SqlRow<'_>,
    column: usize,
) -> rusqlite::Result<Option<[u8; N]>> {
    let value = row.get_ref(column)?;
    let blob = value.as_blob().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, value.data_type(), Box::new(error))
    })?;
    Ok(blob.try_into().ok())
}

pub(super) fn convert(raw: Raw) -> Result<Row, LedgerError> {
    let damaged = |what: &str| LedgerError::Damaged {
        seq: raw.seq,
        what: what.into(),
    };
    let hash = |bytes: Option<[u8; 32]>| {
        bytes
            .map(Hash)
            .ok_or_else(|| damaged("a hash of it has the wrong length"))
    };
    Ok(Row {
        seq: raw.seq,
        anchor: hash(raw.anchor)?,
        digest: hash(raw.digest)?,
        signature: raw
            .signature
            .map(Signature)
            .ok_or_else(|| damaged("its signature has the wrong length"))?,
        link: hash(raw.link)?,
        core: raw.core,
        body: raw.body,
    })
}

pub(super) fn entry(raw: Raw) -> Result<Entry, LedgerError> {
    let seq = raw.seq;
    convert(raw)?
        .decode()
        .map_err(|error| LedgerError::Damaged {
            seq,
            what: error.to_string(),
        })
}

pub(super) fn hash(seq: u64, bytes: &[u8]) -> Result<Hash, LedgerError> {
    bytes
        .try_into()
        .map(Hash)
        .map_err(|_| LedgerError::Damaged {
            seq,
            what: "a hash of it has the wrong length".into(),
        })
}
