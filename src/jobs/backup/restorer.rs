//! What a restore writes: a ledger that becomes the vault only when everything about it holds.

use std::path::Path;
use std::sync::Arc;

use crate::backup::source::{Cause, Provenance, Restorer, Row, TableId};
use crate::crypto::secret::SecretBytes;
use crate::ledger::{Carried, ChartId, Clear, Entry, Form, Ledger, LedgerError, Office, Section};
use crate::vault::{Directory, walk};

use super::source::number;

/// Writes a ledger into a folder.
#[derive(Debug)]
pub(super) struct VaultRestorer {
    ledger: Ledger,
    erased: Vec<ChartId>,
}

impl VaultRestorer {
    pub(super) fn new(folder: &Path) -> Result<Self, LedgerError> {
        Ok(Self {
            ledger: Ledger::create(folder)?,
            erased: Vec::new(),
        })
    }

    /// Deletes what later erasures deleted: slots, and every body of the chart that the older entries still hold.
    fn shred(&self) -> Result<(), LedgerError> {
        if self.erased.is_empty() {
            return Ok(());
        }
        self.ledger.write(|tx| {
            for chart in &self.erased {
                tx.shred(chart)?;
                for section in Section::OF_A_CHART {
                    for entry in tx.section(chart, section)? {
                        if entry.core.form != Form::Clear {
                            tx.erase_body(entry.seq())?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    /// Whether the ledger itself names everything that the repository claimed.
    fn judge(&self, provenance: &Provenance) -> Result<(), Cause> {
        let mut directory = Directory::default();
        self.ledger.read(|tx| walk::catch_up(&mut directory, tx))?;
        if directory.head() != provenance.head {
            return Err("the ledger does not end where the manifest says".into());
        }
        if directory.vault != provenance.vault {
            return Err("the genesis entry is not the one that the shares name".into());
        }
        if directory.genesis.as_ref().map(|genesis| genesis.restore)
            != Some(provenance.restore_public)
        {
            return Err("the restore key is not the one that the genesis entry names".into());
        }
        for signer in &provenance.signers {
            let host = directory.people.values().any(|person| {
                person.certificate.verify == *signer && person.certificate.office == Office::Host
            });
            if !host {
                return Err(
                    "a manifest was signed by a key that the ledger never certified as a host"
                        .into(),
                );
            }
        }
        Ok(())
    }
}

impl Restorer for VaultRestorer {
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), Cause> {
        self.ledger
            .write(|tx| rows.iter().try_for_each(|row| tx.replay(row)))?;
        Ok(())
    }

    /// Later revocations need nothing done: the slots come from the newest snapshot, where theirs are gone.
    fn later(&mut self, rows: Vec<Row>) -> Result<(), Cause> {
        for row in rows {
            let entry: Entry = row.decode()?;
            if entry.core.form != Form::Clear {
                continue;
            }
            let body = entry.open_clear()?;
            if let Ok(Clear::Erasure(erasure)) = Clear::decode(&body) {
                self.erased.push(erasure.chart);
            }
        }
        Ok(())
    }

    fn table(&mut self, table: TableId, rows: Vec<Vec<u8>>) -> Result<(), Cause> {
        let carried = Carried::ALL
            .into_iter()
            .find(|carried| number(*carried) == table)
            .ok_or_else(|| {
                format!(
                    "{table} is not known to this version of chartseal: restore with a newer one"
                )
            })?;
        self.ledger.write(|tx| tx.put_carried(carried, &rows))?;
        Ok(())
    }

    fn finish(&mut self, provenance: &Provenance, _host_secret: &SecretBytes) -> Result<(), Cause> {
        self.shred()?;
        if let Some(damage) = self.ledger.integrity(&Arc::default())? {
            return Err(format!("the restored file does not hold: {damage}").into());
        }
        self.judge(provenance)?;
        Ok(self.ledger.checkpoint()?)
    }
}
