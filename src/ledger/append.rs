//! Appending: sign at the anchor, link, store, update the views, in the caller's one transaction.

use std::ops::Deref;

use rusqlite::{Connection, params};

use super::canonical;
use super::clear::Clear;
use super::entry::{Core, Entry, FIRST_SITE, Form, Row, link};
use super::error::LedgerError;
use super::read::{Head, ReadTx};
use super::sealing::{Prepared, Signed};
use super::views;
use crate::crypto::hash::Hash;
use crate::crypto::sign::SigningKey;

/// `created` may not precede its predecessor's by more than this.
pub const CLOCK_SLACK_MS: u64 = 5 * 60 * 1000;

/// A write transaction. Reads see what it has written.
#[derive(Debug)]
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    anchor: Hash,
    head: Head,
    last_clear: u64,
    last_created: u64,
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;

    fn deref(&self) -> &ReadTx<'c> {
        &self.read
    }
}

impl<'c> WriteTx<'c> {
    pub(super) fn new(read: ReadTx<'c>) -> Result<Self, LedgerError> {
        let head = read.head()?;
        let last_created = match head.seq {
            0 => 0,
            seq => read.entry(seq)?.map_or(0, |entry| entry.core.created),
        };
        Ok(Self {
            anchor: head.link,
            last_clear: 0,
            head,
            last_created,
            read,
        })
    }

    pub(super) fn commit(self) -> Result<(), LedgerError> {
        self.read.commit()
    }

    /// The chain's link when this transaction began.
    pub fn anchor(&self) -> Hash {
        self.anchor
    }

    /// The end of the chain as this transaction has written it.
    pub fn end(&self) -> Head {
        self.head
    }

    /// The latest time among the entries that this transaction has written and the one before them.
    pub fn last_created(&self) -> u64 {
        self.last_created
    }

    /// The number of the last clear entry that this transaction has written; 0 for none.
    pub fn last_clear(&self) -> u64 {
        self.last_clear
    }

    /// Signs, links and stores one entry. Returns its number.
    pub fn append(&mut self, prepared: &Prepared, key: &SigningKey) -> Result<u64, LedgerError> {
        self.append_signed(prepared.clone().signed(key, self.anchor))
    }

    /// Links and stores an entry that was signed elsewhere **at this transaction's own anchor**. Returns its number.
    pub fn append_signed(&mut self, signed: Signed) -> Result<u64, LedgerError> {
        let Signed {
            prepared,
            anchor,
            signature,
        } = signed;
        let seq = self.head.seq + 1;
        if anchor != self.anchor {
            return Err(LedgerError::Damaged {
                seq,
                what: "it was signed at another place of the chain".into(),
            });
        }
        let created = prepared.core.created;
        if created + CLOCK_SLACK_MS < self.last_created {
            return Err(LedgerError::ClockBehind {
                behind_seconds: (self.last_created - created) / 1000,
            });
        }
        let row = Row {
            seq,
            link: link(
                &self.head.link,
                &prepared.core_bytes,
                &anchor,
                &prepared.digest,
                &signature,
            ),
            core: prepared.core_bytes,
            anchor,
            digest: prepared.digest,
            signature,
            body: Some(prepared.sealed),
        };
        self.insert(&prepared.core, &row)?;
        Ok(seq)
    }

    /// Takes over a row that was signed elsewhere (a restore): **the caller verifies signatures afterwards**.
    /// Its number and link must follow the head.
    pub fn replay(&mut self, row: &Row) -> Result<(), LedgerError> {
        let damaged = |what: &str| LedgerError::Damaged {
            seq: row.seq,
            what: what.into(),
        };
        if row.seq != self.head.seq + 1 {
            return Err(damaged("it does not follow the entry before it"));
        }
        if row.expected_link(&self.head.link) != row.link {
            return Err(damaged("its link does not match"));
        }
        let core: Core = canonical::decode("entry header", &row.core)?;
        self.insert(&core, row)
    }

    fn insert(&mut self, core: &Core, row: &Row) -> Result<(), LedgerError> {
        let inserted = self
            .sql()
            .prepare_cached(
                "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                row.seq as i64,
                FIRST_SITE,
                core.id.as_bytes(),
                core.chart.as_bytes(),
                core.section as u8,
                core.thread.as_bytes(),
                core.parent.as_bytes(),
                &self.head.link.0[..],
                row.core,
                &row.anchor.0[..],
                &row.digest.0[..],
                &row.signature.0[..],
                &row.link.0[..],
            ]);
        if let Err(error) = inserted {
            return Err(match &error {
                rusqlite::Error::SqliteFailure(_, Some(text))
                    if text.contains("entry.thread, entry.parent") =>
                {
                    LedgerError::Conflict {
                        thread: core.thread,
                        parent: core.parent,
                    }
                }
                _ => error.into(),
            });
        }
        if let Some(sealed) = &row.body {
            self.sql()
                .prepare_cached("INSERT INTO body VALUES (?1, ?2)")?
                .execute(params![row.seq as i64, sealed])?;
        }
        let clear = clear_body(core, row)?;
        views::apply(self.sql(), row.seq, core, clear.as_ref())?;
        self.head = Head {
            seq: row.seq,
            link: row.link,
        };
        if core.form == Form::Clear {
            self.last_clear = row.seq;
        }
        self.last_created = self.last_created.max(core.created);
        Ok(())
    }
}

/// Decodes the clear body of a row, if it is a clear entry.
pub(super) fn clear_body(core: &Core, row: &Row) -> Result<Option<Clear>, LedgerError> {
    if core.form != Form::Clear {
        return Ok(None);
    }
    let entry = Entry {
        core: core.clone(),
        row: row.clone(),
    };
    let body = entry.open_clear().map_err(|error| LedgerError::Damaged {
        seq: row.seq,
        what: error.to_string(),
    })?;
    Ok(Some(Clear::decode(&body)?))
}

/// Lets the index work inside the transaction.
impl WriteTx<'_> {
    /// The connection, for the index's tables.
    pub(crate) fn sql(&self) -> &Connection {
        self.read.sql()
    }
}
