//! What a backup reads of the vault.

use crate::backup::source::{Cause, Frozen, Row, Source, TableId, TakeRow};
use crate::ledger::{Carried, Ledger};

/// So many bytes of bodies are read in one transaction, or one body that is longer.
const BYTES: usize = 4 << 20;

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
pub struct LedgerSource {
    ledger: Ledger,
}

impl LedgerSource {
    /// What a backup of this ledger reads.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }
}

impl Source for LedgerSource {
    /// One read transaction: head and tables are of one moment.
    fn freeze(&self, _after: u64, take: &mut TakeRow<'_>) -> Result<Frozen, Cause> {
        let schema = self.ledger.schema_version() as u32;
        self.ledger.read(|tx| {
            for table in Carried::ALL {
                tx.each_carried(table, &mut |row| take(number(table), &row))?;
            }
            Ok(Frozen {
                head: tx.head()?,
                schema,
                bytes: None,
            })
        })
    }

    fn rows_after(&self, seq: u64, limit: usize) -> Result<Vec<Row>, Cause> {
        Ok(self.ledger.read(|tx| tx.rows_within(seq, limit, BYTES))?)
    }
}
