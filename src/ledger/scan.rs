//! Reading everything for verification: **what cannot be read is named, and the next row is tried.**

use rusqlite::{Row as SqlRow, params};

use super::columns::{Columns, columns, convert, read_row};
use super::entry::Row;
use super::error::LedgerError;
use super::id::{ChartId, EntryId, Holder, Section};
use super::read::{ReadTx, ahead};
use super::slot::SlotPlace;

/// One row of the ledger, as far as it can be read.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// Its number.
    pub seq: u64,
    /// The row, with the columns that repeat its header where the source has such columns.
    pub row: Option<(Row, Option<Columns>)>,
    /// What could not be read of it.
    pub damage: Option<String>,
}

/// A row of a table that nothing justifies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stray {
    /// The number it bears, if that is a number an entry could have.
    pub seq: Option<u64>,
    /// What it is.
    pub what: String,
}

const HEADER: &str = "e.seq, e.core, e.anchor, e.digest, e.signature, e.link";
const REPEATED: &str = "e.id, e.chart, e.section, e.thread, e.parent, e.previous, e.site";
/// More than this many strays of one sort are counted, not named.
const NAMED: usize = 1_000;

impl ReadTx<'_> {
    /// Rows after `after` in order: up to `rows` of them, fewer when their boxes pass `bytes`. Empty at the end.
    pub fn scan(&self, after: u64, rows: usize, bytes: usize) -> Result<Vec<Scanned>, LedgerError> {
        let sql = format!(
            "SELECT {HEADER}, b.box, {REPEATED} FROM entry e LEFT JOIN body b ON b.seq = e.seq
             WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2"
        );
        let mut statement = self.sql().prepare_cached(&sql)?;
        let mut cursor = statement.query(params![after as i64, rows as i64])?;
        let mut found = Vec::with_capacity(rows);
        let mut size = 0;
        let mut last = after;
        loop {
            match cursor.next() {
                Ok(Some(row)) => {
                    let scanned = scanned(row, after + 1);
                    // Whoever goes on from the last of these rows comes to an end only if it lies ahead.
                    if let Err(error) = ahead(&mut last, scanned.seq) {
                        return if found.is_empty() {
                            Err(error)
                        } else {
                            Ok(found)
                        };
                    }
                    let sealed = scanned.row.as_ref().and_then(|(row, _)| row.body.as_ref());
                    size += sealed.map_or(0, Vec::len);
                    found.push(scanned);
                    if size >= bytes {
                        return Ok(found);
                    }
                }
                Err(error) if found.is_empty() => {
                    return Ok(vec![self.scan_one(after + 1, error)?]);
                }
                // The end; or what failed, which is where the next call begins.
                Ok(None) | Err(_) => return Ok(found),
            }
        }
    }

    /// One row without its box, where reading both failed with `error`.
    fn scan_one(&self, seq: u64, error: rusqlite::Error) -> Result<Scanned, LedgerError> {
        let sql = format!("SELECT {HEADER}, NULL, {REPEATED} FROM entry e WHERE e.seq = ?1");
        let header = self.sql().prepare_cached(&sql).and_then(|mut statement| {
            statement.query_row([seq as i64], |row| Ok(scanned(row, seq)))
        });
        if let Ok(mut header) = header {
            header
                .damage
                .get_or_insert_with(|| format!("its body cannot be read: {error}"));
            return Ok(header);
        }
        let end: rusqlite::Result<i64> =
            self.sql()
                .query_row("SELECT max(seq) FROM entry", [], |row| row.get(0));
        match end {
            Ok(end) if seq <= end as u64 => Ok(Scanned {
                seq,
                row: None,
                damage: Some(format!("it cannot be read: {error}")),
            }),
            _ => Err(error.into()),
        }
    }

    /// Rows that stand outside the numbering: entries before the first, bodies of no entry.
    pub fn strays(&self) -> Result<Vec<Stray>, LedgerError> {
        let mut found = Vec::new();
        for (sql, what) in [
            (
                "SELECT seq FROM entry WHERE seq < 1",
                "an entry stands before the first",
            ),
            (
                "SELECT seq FROM body WHERE seq NOT IN (SELECT seq FROM entry)",
                "a body belongs to no entry",
            ),
        ] {
            let mut statement = self.sql().prepare(&format!("{sql} LIMIT {NAMED}"))?;
            for seq in statement.query_map([], |row| row.get::<_, i64>(0))? {
                let seq = seq?;
                found.push(Stray {
                    seq: u64::try_from(seq).ok().filter(|seq| *seq > 0),
                    what: format!("{what} (number {seq})"),
                });
            }
        }
        Ok(found)
    }

    /// Every place that has a slot; a row that is no place at all comes as what is wrong with it.
    pub fn each_slot_place(
        &self,
        mut each: impl FnMut(Result<SlotPlace, String>),
    ) -> Result<(), LedgerError> {
        let mut statement = self
            .sql()
            .prepare("SELECT chart, section, epoch, holder, holder_epoch, grant_id FROM slot")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(
                slot_place(row)
                    .ok_or_else(|| "a slot names no chart, section, holder or grant".into()),
            );
        }
        Ok(())
    }
}

fn scanned(row: &SqlRow<'_>, expected: u64) -> Scanned {
    let seq = row.get::<_, i64>(0).map_or(expected, |seq| seq as u64);
    let damaged = |what: String| Scanned {
        seq,
        row: None,
        damage: Some(what),
    };
    let raw = match read_row(row) {
        Ok(raw) => raw,
        Err(error) => return damaged(format!("it cannot be read: {error}")),
    };
    match (convert(raw), columns(row)) {
        (Err(LedgerError::Damaged { what, .. }), _) => damaged(what),
        (Err(error), _) => damaged(error.to_string()),
        (Ok(row), Ok(columns)) => Scanned {
            seq,
            row: Some((row, Some(columns))),
            damage: None,
        },
        (Ok(row), Err(error)) => Scanned {
            seq,
            row: Some((row, None)),
            damage: Some(format!("its columns cannot be read: {error}")),
        },
    }
}

fn slot_place(row: &SqlRow<'_>) -> Option<SlotPlace> {
    let bytes = |n: usize| row.get_ref(n).ok()?.as_blob().ok();
    Some(SlotPlace {
        chart: ChartId::from_slice(bytes(0)?)?,
        section: Section::from_u8(row.get(1).ok()?)?,
        epoch: row.get(2).ok()?,
        holder: Holder::from_key(bytes(3)?)?,
        holder_epoch: row.get(4).ok()?,
        grant: EntryId::from_slice(bytes(5)?)?,
    })
}
