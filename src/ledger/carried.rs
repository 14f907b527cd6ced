//! The tables that a backup carries beside the entries: what can change or vanish, and the index.
//!
//! | [`Carried`] | rows |
//! |---|---|
//! | `Slots` | the canonical encoding of [`Slot`], without the copy that a member can make again |
//! | `Credentials` | that of [`Credential`] |
//! | `Drafts` | `[owner, name, sealed]` |
//! | `Index` | `[table, column, …]` for all of the index but its log |
//! | `IndexLog` | the same for the log, which changes with every entry |
//!
//! Rows come in the order of their keys, so that what did not change stands where it stood. **Every table of the schema is
//! carried, rebuilt or left behind on purpose; a test holds the list against the schema.**

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Statement, params_from_iter};

use super::append::WriteTx;
use super::canonical::{self, EncodingError};
use super::credential::Credential;
use super::error::LedgerError;
use super::id::CertId;
use super::read::ReadTx;
use super::slot::Slot;

/// A table, or tables that go together, in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carried {
    /// Wrapped keys.
    Slots,
    /// What users unlock with.
    Credentials,
    /// Sealed personal drafts.
    Drafts,
    /// The search index but for its log.
    Index,
    /// The open log of the search index.
    IndexLog,
}

impl Carried {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Slots,
        Self::Credentials,
        Self::Drafts,
        Self::Index,
        Self::IndexLog,
    ];
}

/// The index's tables with what orders their rows; parents stand before their children. The place in this list is part of the format.
const INDEX: [(&str, &str); 6] = [
    ("compartment", "id"),
    ("segment", "id"),
    ("index_small", "segment, a"),
    ("index_large", "k"),
    ("indexed", "compartment, chart"),
    ("index_log", "k"),
];
/// The place of the log in [`INDEX`].
const LOG: usize = 5;

#[derive(Encode, Decode)]
struct Draft {
    #[cbor(n(0), with = "minicbor::bytes")]
    owner: Vec<u8>,
    #[n(1)]
    name: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

impl ReadTx<'_> {
    /// Gives out the rows of one table, each encoded, in the order of their keys. **A table need not fit in memory.**
    pub fn each_carried<E: From<LedgerError>>(
        &self,
        table: Carried,
        each: &mut dyn FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        match table {
            Carried::Slots => {
                self.each_slot(|slot| each(canonical::encode(&Slot { fast: None, ..slot })))
            }
            Carried::Credentials => self
                .credentials()?
                .iter()
                .try_for_each(|credential| each(canonical::encode(credential))),
            Carried::Drafts => self.each_draft(|owner, name, sealed| {
                each(canonical::encode(&Draft {
                    owner,
                    name,
                    sealed,
                }))
            }),
            Carried::Index => (0..LOG).try_for_each(|table| self.each_raw(table, each)),
            Carried::IndexLog => self.each_raw(LOG, each),
        }
    }

    fn each_raw<E: From<LedgerError>>(
        &self,
        table: usize,
        each: &mut dyn FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (name, order) = INDEX[table];
        let mut statement = self
            .sql()
            .prepare(&format!("SELECT * FROM {name} ORDER BY {order}"))
            .map_err(LedgerError::from)?;
        let columns = statement.column_count();
        let mut found = statement.query([]).map_err(LedgerError::from)?;
        while let Some(row) = found.next().map_err(LedgerError::from)? {
            let values: Vec<ValueRef<'_>> = (0..columns)
                .map(|at| row.get_ref(at))
                .collect::<Result<_, _>>()
                .map_err(LedgerError::from)?;
            each(raw_row(table, &values))?;
        }
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Takes over rows that [`ReadTx::each_carried`] gave, in the same order.
    pub fn put_carried(&mut self, table: Carried, rows: &[Vec<u8>]) -> Result<(), LedgerError> {
        for row in rows {
            match table {
                Carried::Slots => self.put_slot(&canonical::decode("slot", row)?)?,
                Carried::Credentials => {
                    self.put_credential(&canonical::decode::<Credential>("credential", row)?)?;
                }
                Carried::Drafts => {
                    let draft: Draft = canonical::decode("draft", row)?;
                    let owner = CertId::from_slice(&draft.owner)
                        .ok_or_else(|| malformed("draft", "its owner is no certificate"))?;
                    self.put_draft(&owner, &draft.name, &draft.sealed)?;
                }
                Carried::Index | Carried::IndexLog => self.put_raw(row)?,
            }
        }
        Ok(())
    }

    /// Deletes all of the index, which its owners then make anew.
    pub fn clear_index(&mut self) -> Result<(), LedgerError> {
        for (name, _) in INDEX.iter().rev() {
            self.sql().execute(&format!("DELETE FROM {name}"), [])?;
        }
        Ok(())
    }

    fn put_raw(&mut self, row: &[u8]) -> Result<(), LedgerError> {
        let (table, values) =
            read_raw_row(row).map_err(|error| malformed("index row", &error.to_string()))?;
        let (name, _) = usize::try_from(table)
            .ok()
            .and_then(|table| INDEX.get(table))
            .ok_or_else(|| malformed("index row", "no such table"))?;
        let places = vec!["?"; values.len()].join(", ");
        let mut statement: rusqlite::CachedStatement<'_> = self
            .sql()
            .prepare_cached(&format!("INSERT INTO {name} VALUES ({places})"))?;
        let statement: &mut Statement<'_> = &mut statement;
        statement.execute(params_from_iter(values))?;
        Ok(())
    }
}

fn malformed(what: &'static str, reason: &str) -> LedgerError {
    EncodingError::Malformed {
        what,
        reason: reason.to_owned(),
    }
    .into()
}

fn raw_row(table: usize, values: &[ValueRef<'_>]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let written = (|| {
        encoder.array(values.len() as u64 + 1)?.u64(table as u64)?;
        for value in values {
            match value {
                ValueRef::Null => encoder.null()?,
                ValueRef::Integer(number) => encoder.i64(*number)?,
                ValueRef::Blob(bytes) => encoder.bytes(bytes)?,
                // STRICT tables of integers and blobs hold neither text nor floats.
                ValueRef::Text(_) | ValueRef::Real(_) => encoder.undefined()?,
            };
        }
        Ok::<_, minicbor::encode::Error<std::convert::Infallible>>(())
    })();
    written.expect("encoding into a Vec has no way to fail");
    encoder.into_writer()
}

fn read_raw_row(row: &[u8]) -> Result<(u64, Vec<Value>), minicbor::decode::Error> {
    let mut decoder = Decoder::new(row);
    let length = decoder
        .array()?
        .ok_or_else(|| minicbor::decode::Error::message("of unknown length"))?;
    let table = decoder.u64()?;
    let mut values = Vec::new();
    for _ in 1..length {
        values.push(match decoder.datatype()? {
            Type::Null => {
                decoder.null()?;
                Value::Null
            }
            Type::Bytes => Value::Blob(decoder.bytes()?.to_vec()),
            _ => Value::Integer(decoder.i64()?),
        });
    }
    if decoder.position() == row.len() {
        Ok((table, values))
    } else {
        Err(minicbor::decode::Error::message("followed by more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ChartId, EntryId, Holder, Ledger, Section, SlotPlace, UnitId};

    fn ledger(folder: &std::path::Path) -> Ledger {
        Ledger::create(&folder.join("vault")).unwrap()
    }

    fn fill(ledger: &Ledger) {
        let place = SlotPlace {
            chart: ChartId([1; 16]),
            section: Section::Clinical,
            epoch: 1,
            holder: Holder::Unit(UnitId([2; 16])),
            holder_epoch: 1,
            grant: EntryId([3; 16]),
        };
        let credential = Credential {
            login: "hsmith".into(),
            certificate: vec![1],
            salt: vec![2; 16],
            memory_kib: 19_456,
            passes: 2,
            sealed: vec![3; 80],
            failed: 1,
            locked_until: 0,
            totp_step: 9,
        };
        ledger
            .write(|tx| {
                tx.put_slot(&Slot {
                    place,
                    sealed: vec![7; 80],
                    fast: Some(vec![8; 60]),
                })?;
                tx.put_credential(&credential)?;
                tx.put_draft(&CertId([4; 32]), "note", b"sealed")?;
                tx.sql().execute_batch(
                    "INSERT INTO compartment VALUES (1, zeroblob(16), 2, 3);
                     INSERT INTO segment VALUES (5, 1, 3, 0, 0, 1, -1, randomblob(32), x'00ff');
                     INSERT INTO index_log VALUES (5 << 32, x'bb'), (5 << 32 | 1, x'cc');
                     INSERT INTO index_small VALUES (5, x'01', x'');
                     INSERT INTO index_large VALUES (9223372036854775807, 5, zeroblob(4000));
                     INSERT INTO indexed VALUES (1, zeroblob(16), 42, x'99');",
                )?;
                Ok::<_, LedgerError>(())
            })
            .unwrap();
    }

    fn all(ledger: &Ledger) -> Vec<Vec<Vec<u8>>> {
        ledger
            .read(|tx| {
                let mut all = Vec::new();
                for table in Carried::ALL {
                    let mut rows = Vec::new();
                    tx.each_carried(table, &mut |row| {
                        rows.push(row);
                        Ok::<_, LedgerError>(())
                    })?;
                    all.push(rows);
                }
                Ok::<_, LedgerError>(all)
            })
            .unwrap()
    }

    #[test]
    fn every_row_comes_over_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (
            ledger(&folder.path().join("a")),
            ledger(&folder.path().join("b")),
        );
        fill(&from);
        let rows = all(&from);
        assert_eq!(
            rows.iter().map(Vec::len).collect::<Vec<_>>(),
            [1, 1, 1, 5, 2]
        );
        to.write(|tx| {
            Carried::ALL
                .iter()
                .zip(&rows)
                .try_for_each(|(table, rows)| tx.put_carried(*table, rows))
        })
        .unwrap();
        assert_eq!(all(&to), rows);
    }

    #[test]
    fn a_row_that_is_not_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        for (table, row) in [
            (Carried::Slots, vec![0xa0]),
            (Carried::Index, vec![0x82, 0x18, 0x63, 0x00]),
            (Carried::IndexLog, vec![0x81]),
            (Carried::Index, vec![0x81, 0x00, 0x00]),
        ] {
            assert!(
                ledger
                    .write(|tx| tx.put_carried(table, std::slice::from_ref(&row)))
                    .is_err(),
                "{row:?}"
            );
        }
    }

    #[test]
    fn every_table_of_the_schema_is_carried_rebuilt_or_left_behind_on_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = ledger(folder.path())
            .read(|tx| {
                let mut statement = tx.sql().prepare(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
                )?;
                let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
                Ok::<_, LedgerError>(names)
            })
            .unwrap();
        let entries = ["entry", "body"];
        let rebuilt = ["clear_entry", "notice", "locator"];
        let left_behind = ["checkpoint", "index_lease", "unknown_login"];
        let mut known: Vec<&str> = [
            &entries[..],
            &rebuilt,
            &left_behind,
            &["slot", "credential", "draft"],
        ]
        .concat();
        known.extend(INDEX.iter().map(|(name, _)| *name));
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
