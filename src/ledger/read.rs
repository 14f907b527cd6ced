//! Reading: one consistent snapshot of the ledger and its views. **What an index of the file leads to is held against its signed header.**

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::canonical;
use super::columns::{COLUMNS, Columns, FROM, columns, convert, entry, fixed, hash, read_row};
use super::entry::{Core, Entry, Row};
use super::error::LedgerError;
use super::id::{CertId, ChartId, EntryId, Holder, ThreadId};
use crate::crypto::hash::Hash;

/// Where the chain ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The last entry's number; 0 in an empty ledger.
    pub seq: u64,
    /// Its link; zero bytes in an empty ledger.
    pub link: Hash,
}

/// A read transaction.
#[derive(Debug)]
pub struct ReadTx<'c> {
    sql: Transaction<'c>,
}

impl<'c> ReadTx<'c> {
    pub(super) fn new(sql: Transaction<'c>) -> Self {
        Self { sql }
    }

    pub(super) fn commit(self) -> Result<(), LedgerError> {
        Ok(self.sql.commit()?)
    }

    /// The connection, for the index's tables.
    pub(crate) fn sql(&self) -> &Connection {
        &self.sql
    }

    /// The last entry's number and link.
    pub fn head(&self) -> Result<Head, LedgerError> {
        let found = self
            .sql
            .prepare_cached("SELECT seq, link FROM entry ORDER BY seq DESC LIMIT 1")?
            .query_row([], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        match found {
            None => Ok(Head {
                seq: 0,
                link: Hash([0; 32]),
            }),
            Some((seq, link)) => Ok(Head {
                seq,
                link: hash(seq, &link)?,
            }),
        }
    }

    /// The link after entry `seq`; zero bytes for 0.
    pub fn link_at(&self, seq: u64) -> Result<Option<Hash>, LedgerError> {
        if seq == 0 {
            return Ok(Some(Hash([0; 32])));
        }
        let found: Option<Vec<u8>> = self
            .sql
            .prepare_cached("SELECT link FROM entry WHERE seq = ?1")?
            .query_row([seq as i64], |row| row.get(0))
            .optional()?;
        found.map(|link| hash(seq, &link)).transpose()
    }

    /// One entry by number.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE e.seq = ?1");
        let row = self
            .sql
            .prepare_cached(&sql)?
            .query_row([seq as i64], read_row)
            .optional()?;
        row.map(entry).transpose()
    }

    /// One entry by number, and whether it is the only version of the thread that its header names.
    pub fn entry_of_thread(&self, seq: u64) -> Result<Option<(Entry, bool)>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS}, NOT EXISTS (SELECT 1 FROM entry o WHERE o.thread = e.thread AND o.seq <> e.seq), e.thread {FROM} WHERE e.seq = ?1"
        );
        let row = self
            .sql
            .prepare_cached(&sql)?
            .query_row([seq as i64], |row| {
                Ok((read_row(row)?, row.get::<_, bool>(7)?, fixed(row, 8)?))
            })
            .optional()?;
        let Some((raw, alone, thread)) = row else {
            return Ok(None);
        };
        let entry = entry(raw)?;
        // The column could be anybody's.
        let alone = alone && thread.map(ThreadId) == Some(entry.core.thread);
        Ok(Some((entry, alone)))
    }

    /// One entry by id.
    pub fn by_id(&self, id: &EntryId) -> Result<Option<Entry>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE e.id = ?1");
        let row = self
            .sql
            .prepare_cached(&sql)?
            .query_row([id.as_bytes()], read_row)
            .optional()?;
        let found = row.map(entry).transpose()?;
        checked(found.into_iter().collect(), |core| core.id == *id).map(|mut found| found.pop())
    }

    /// Every version of a thread, oldest first.
    pub fn thread(&self, thread: &ThreadId) -> Result<Vec<Entry>, LedgerError> {
        let found = self.entries(
            "WHERE e.thread = ?1 ORDER BY e.seq",
            params![thread.as_bytes()],
        )?;
        checked(found, |core| core.thread == *thread)
    }

    /// The header of a thread's first version, whose chart and section are the thread's. **A later version may name others: it
    /// moves nothing.**
    pub fn thread_start(&self, thread: &ThreadId) -> Result<Option<Core>, LedgerError> {
        self.thread_header(
            "SELECT core FROM entry WHERE thread = ?1 ORDER BY seq LIMIT 1",
            thread,
        )
    }

    /// The header of a thread's last version, wherever it stands: what the next one follows.
    pub fn thread_end(&self, thread: &ThreadId) -> Result<Option<Core>, LedgerError> {
        self.thread_header(
            "SELECT core FROM entry WHERE thread = ?1 ORDER BY seq DESC LIMIT 1",
            thread,
        )
    }

    fn thread_header(&self, sql: &str, thread: &ThreadId) -> Result<Option<Core>, LedgerError> {
        let mut statement = self.sql.prepare_cached(sql)?;
        let core: Option<Vec<u8>> = statement
            .query_row([thread.as_bytes()], |row| row.get(0))
            .optional()?;
        core.map(|core| Ok(canonical::decode("entry header", &core)?))
            .transpose()
    }

    /// The numbers and headers of every version of a thread, oldest first.
    pub fn thread_headers(&self, thread: &ThreadId) -> Result<Vec<(u64, Core)>, LedgerError> {
        let sql = "SELECT seq, core FROM entry WHERE thread = ?1 ORDER BY seq";
        let mut statement = self.sql.prepare_cached(sql)?;
        let rows = statement.query_map([thread.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Vec<u8>>(1)?))
        })?;
        rows.map(|row| {
            let (seq, core) = row?;
            Ok((seq, canonical::decode("entry header", &core)?))
        })
        .collect()
    }

    /// The clear entries that speak of a chart, oldest first.
    pub fn clear_of_chart(&self, chart: &ChartId) -> Result<Vec<Entry>, LedgerError> {
        let found = self.entries(
            "WHERE e.seq IN (SELECT seq FROM clear_entry WHERE chart = ?1) ORDER BY e.seq",
            params![chart.as_bytes()],
        )?;
        checked(found, |core| core.chart == *chart)
    }

    /// Every clear entry, oldest first.
    pub fn clear_entries(&self) -> Result<Vec<Entry>, LedgerError> {
        self.entries(
            "WHERE e.seq IN (SELECT seq FROM clear_entry) ORDER BY e.seq",
            [],
        )
    }

    /// Up to `limit` rows after `seq`, undecoded.
    pub fn rows_after(&self, seq: u64, limit: usize) -> Result<Vec<Row>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2");
        let mut statement = self.sql.prepare_cached(&sql)?;
        let rows = statement.query_map(params![seq as i64, limit as i64], read_row)?;
        let mut last = seq;
        rows.map(|row| {
            let row = row?;
            ahead(&mut last, row.seq)?;
            convert(row)
        })
        .collect()
    }

    /// Like [`rows_after`](Self::rows_after), and fewer once their boxes pass `bytes`; at least one while there is one.
    pub fn rows_within(
        &self,
        seq: u64,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} {FROM} WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2");
        let mut statement = self.sql.prepare_cached(&sql)?;
        let found = statement.query_map(params![seq as i64, limit as i64], read_row)?;
        let (mut rows, mut size) = (Vec::new(), 0);
        for row in found {
            let row = convert(row?)?;
            size += row.body.as_ref().map_or(0, Vec::len);
            rows.push(row);
            if size >= bytes {
                break;
            }
        }
        Ok(rows)
    }

    /// Like [`rows_after`](Self::rows_after) without the boxes, and with the columns that repeat the header.
    pub fn headers_after(
        &self,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<(Row, Columns)>, LedgerError> {
        let sql = "SELECT seq, core, anchor, digest, signature, link, NULL, id, chart, section, thread, parent, previous, site
                   FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.sql.prepare_cached(sql)?;
        let rows = statement.query_map(params![seq as i64, limit as i64], |row| {
            Ok((read_row(row)?, columns(row)?))
        })?;
        let mut last = seq;
        rows.map(|row| {
            let (row, columns) = row?;
            ahead(&mut last, row.seq)?;
            Ok((convert(row)?, columns))
        })
        .collect()
    }

    /// The box of an entry, if it was not erased.
    pub fn sealed_box(&self, seq: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self
            .sql
            .prepare_cached("SELECT box FROM body WHERE seq = ?1")?
            .query_row([seq as i64], |row| row.get(0))
            .optional()?)
    }

    /// The entries that wait for a holder, newest first.
    pub fn notices(&self, holder: &Holder) -> Result<Vec<Entry>, LedgerError> {
        let found = self.entries(
            "WHERE e.seq IN (SELECT seq FROM notice WHERE holder = ?1) ORDER BY e.seq DESC",
            params![holder.to_key()],
        )?;
        checked(found, |core| core.to.contains(holder))
    }

    /// The chart that a locator tag names.
    pub fn locate(&self, tag: &Hash) -> Result<Option<ChartId>, LedgerError> {
        let found: Option<Vec<u8>> = self
            .sql
            .prepare_cached("SELECT chart FROM locator WHERE tag = ?1")?
            .query_row([&tag.0[..]], |row| row.get(0))
            .optional()?;
        Ok(found.and_then(|chart| ChartId::from_slice(&chart)))
    }

    /// The entries by one author after a number, oldest first.
    pub fn by_author(&self, author: &CertId, after: u64) -> Result<Vec<Entry>, LedgerError> {
        let found = self.entries("WHERE e.seq > ?1 ORDER BY e.seq", params![after as i64])?;
        Ok(found
            .into_iter()
            .filter(|entry| entry.core.author == *author)
            .collect())
    }

    pub(super) fn entries(
        &self,
        tail: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Entry>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} {FROM} {tail}");
        let mut statement = self.sql.prepare_cached(&sql)?;
        let rows = statement.query_map(params, read_row)?;
        let found = rows.map(|row| entry(row?)).collect::<Result<Vec<_>, _>>()?;
        let order = if tail.ends_with("DESC") {
            Ordering::Greater
        } else {
            Ordering::Less
        };
        // A damaged index leads to one entry twice, and hides another.
        let strays = found
            .windows(2)
            .find(|pair| pair[0].seq().cmp(&pair[1].seq()) != order);
        match strays {
            None => Ok(found),
            Some(pair) => Err(LedgerError::Damaged {
                seq: pair[1].seq(),
                what: "an index of the file leads to it twice or out of order".into(),
            }),
        }
    }
}

/// Refuses entries that a column led to and whose signed header says otherwise.
pub(super) fn checked(
    found: Vec<Entry>,
    asked: impl Fn(&Core) -> bool,
) -> Result<Vec<Entry>, LedgerError> {
    match found.iter().find(|entry| !asked(&entry.core)) {
        None => Ok(found),
        Some(entry) => Err(misplaced(entry.seq())),
    }
}

pub(super) fn misplaced(seq: u64) -> LedgerError {
    LedgerError::Damaged {
        seq,
        what: "it stands where its signed header does not put it".into(),
    }
}

/// Refuses a number that is not ahead of the last one: an altered page can lead back to one before it, and **who follows it
/// never comes to an end**.
pub(super) fn ahead(last: &mut u64, seq: u64) -> Result<(), LedgerError> {
    if seq <= *last {
        return Err(LedgerError::Damaged {
            seq,
            what: format!("the file leads back to it after entry {last}"),
        });
    }
    *last = seq;
    Ok(())
}
