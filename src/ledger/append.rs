//! Appending: sign at the anchor, link, store, update the views, in the caller's one transaction.

use std::ops::Deref;
use std::thread;

use rusqlite::{Connection, params};

use super::canonical;
use super::clear::Clear;
use super::entry::{Core, FIRST_SITE, Form, Prepared, Row, link};
use super::error::LedgerError;
use super::read::{Head, ReadTx};
use super::views;
use crate::crypto::hash::Hash;
use crate::crypto::sign::{Signature, SigningKey};

/// `created` may not precede its predecessor's by more than this.
pub const CLOCK_SLACK_MS: u64 = 5 * 60 * 1000;

/// Below this many entries threads cost more than they give.
const PARALLEL: usize = 64;

/// A write transaction. Reads see what it has written.
#[derive(Debug)]
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    anchor: Hash,
    head: Head,
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

    /// Signs, links and stores one entry. Returns its number.
    pub fn append(&mut self, prepared: &Prepared, key: &SigningKey) -> Result<u64, LedgerError> {
        let signature = prepared.sign(key, &self.anchor);
        self.store(prepared, signature)
    }

    /// Signs on all cores, then links and stores in order. Returns the number of the first.
    pub fn append_all(
        &mut self,
        prepared: &[Prepared],
        key: &SigningKey,
    ) -> Result<u64, LedgerError> {
        let first = self.head.seq + 1;
        let signatures = sign_all(prepared, key, &self.anchor);
        for (prepared, signature) in prepared.iter().zip(signatures) {
            self.store(prepared, signature)?;
        }
        Ok(first)
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

    fn store(&mut self, prepared: &Prepared, signature: Signature) -> Result<u64, LedgerError> {
        let created = prepared.core.created;
        if created + CLOCK_SLACK_MS < self.last_created {
            return Err(LedgerError::ClockBehind {
                behind_seconds: (self.last_created - created) / 1000,
            });
        }
        let row = Row {
            seq: self.head.seq + 1,
            core: prepared.core_bytes.clone(),
            anchor: self.anchor,
            digest: prepared.digest,
            signature,
            link: link(
                &self.head.link,
                &prepared.core_bytes,
                &self.anchor,
                &prepared.digest,
                &signature,
            ),
            body: Some(prepared.sealed.clone()),
        };
        self.insert(&prepared.core, &row)?;
        Ok(row.seq)
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
        self.last_created = self.last_created.max(core.created);
        Ok(())
    }
}

/// Decodes the clear body of a row, if it is a clear entry.
pub(super) fn clear_body(core: &Core, row: &Row) -> Result<Option<Clear>, LedgerError> {
    if core.form != Form::Clear {
        return Ok(None);
    }
    let entry = super::entry::Entry {
        core: core.clone(),
        row: row.clone(),
    };
    let body = entry.open_clear().map_err(|error| LedgerError::Damaged {
        seq: row.seq,
        what: error.to_string(),
    })?;
    Ok(Some(Clear::decode(&body)?))
}

fn sign_all(prepared: &[Prepared], key: &SigningKey, anchor: &Hash) -> Vec<Signature> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if prepared.len() < PARALLEL || cores == 1 {
        return prepared
            .iter()
            .map(|entry| entry.sign(key, anchor))
            .collect();
    }
    thread::scope(|scope| {
        let parts: Vec<_> = prepared
            .chunks(prepared.len().div_ceil(cores))
            .map(|part| {
                scope.spawn(move || {
                    part.iter()
                        .map(|entry| entry.sign(key, anchor))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("signing does not panic"))
            .collect()
    })
}

/// Lets the index work inside the transaction.
impl WriteTx<'_> {
    /// The connection, for the index's tables.
    pub(crate) fn sql(&self) -> &Connection {
        self.read.sql()
    }
}
