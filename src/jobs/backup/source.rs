//! What a backup reads of the vault.

use crate::backup::source::{Cause, Frozen, Row, Source, Table, TableId};
use crate::ledger::{Carried, Ledger, LedgerError};

/// The number of a table in the format of backups.
pub(super) const fn number(table: Carried) -> TableId {
    match table {
        Carried::Slots => TableId::SLOT,
        Carried::Credentials => TableId::CREDENTIAL,
        Carried::Drafts => TableId::DRAFT,
        Carried::Index => TableId::INDEX_SEGMENT,
        Carried::IndexLog => TableId::INDEX_LOG,
    }
}

/// A ledger, through a handle of its own.
#[derive(Debug)]
pub(super) struct LedgerSource {
    ledger: Ledger,
}

impl LedgerSource {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }
}

impl Source for LedgerSource {
    /// One read transaction: head and tables are of one moment.
    fn freeze(&self, _after: u64) -> Result<Frozen, Cause> {
        let schema = self.ledger.schema_version() as u32;
        let frozen = self.ledger.read(|tx| {
            let tables = Carried::ALL
                .iter()
                .map(|table| {
                    Ok(Table {
                        id: number(*table),
                        rows: tx.carried(*table)?,
                    })
                })
                .collect::<Result<_, LedgerError>>()?;
            Ok::<_, LedgerError>(Frozen {
                head: tx.head()?,
                tables,
                schema,
                bytes: None,
            })
        })?;
        Ok(frozen)
    }

    fn rows_after(&self, seq: u64, limit: usize) -> Result<Vec<Row>, Cause> {
        Ok(self.ledger.read(|tx| tx.rows_after(seq, limit))?)
    }
}
