//! What a restore writes: a ledger that becomes the vault only when everything about it holds.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backup::source::{Cause, MachineFailed, Provenance, Restorer, Row, TableId};
use crate::crypto::secret::SecretBytes;
use crate::ledger::{Carried, Ledger, LedgerError, Office, WriteTx};
use crate::vault::{Directory, VaultError, walk};

use super::later::{Later, erase};
use super::source::number;

/// Writes a ledger into a folder.
#[derive(Debug)]
pub(super) struct VaultRestorer {
    ledger: Ledger,
    /// Who was who at the newest head, where the snapshot is an older one.
    now: Option<Directory>,
    taken: Taken,
}

/// What the restorer tells of its thread: what was taken away after an older snapshot, one line each.
pub(super) type Taken = Arc<Mutex<Vec<String>>>;

impl VaultRestorer {
    pub(super) fn new(folder: &Path, taken: Taken) -> Result<Self, Cause> {
        // What an earlier try found belongs to another snapshot.
        taken.lock().unwrap_or_else(PoisonError::into_inner).clear();
        // What was written is read again only once, from its beginning: little of it is worth keeping.
        let ledger = Ledger::create(folder).and_then(Ledger::for_a_walk);
        Ok(Self {
            ledger: ledger.map_err(cause)?,
            now: None,
            taken,
        })
    }

    /// Who is who where the ledger ends.
    fn directory(&self) -> Result<Directory, Cause> {
        let mut directory = Directory::default();
        let read = self.ledger.read(|tx| walk::catch_up(&mut directory, tx));
        read.map_err(cause)?;
        Ok(directory)
    }

    fn write(
        &self,
        work: impl FnOnce(&mut WriteTx<'_>) -> Result<(), LedgerError>,
    ) -> Result<(), Cause> {
        self.ledger.write(work).map_err(cause)
    }
}

/// An error, told apart from one of the machine.
fn cause(error: impl Into<VaultError>) -> Cause {
    let error = error.into();
    let outside = match &error {
        VaultError::Ledger(error) => error.is_outside(),
        VaultError::Io { .. } => true,
        _ => false,
    };
    if outside {
        Box::new(MachineFailed(error.into()))
    } else {
        error.into()
    }
}

/// Whether the ledger itself names everything that the repository claimed. A manifest that is newer than the snapshot may
/// bear the signature of a host that was certified only after it: `now` knows it.
fn judge(provenance: &Provenance, then: &Directory, now: &Directory) -> Result<(), Cause> {
    if then.head() != provenance.head {
        return Err("the ledger does not end where the manifest says".into());
    }
    if then.vault != provenance.vault {
        return Err("the genesis entry is not the one that the shares name".into());
    }
    if then.genesis.as_ref().map(|genesis| genesis.restore) != Some(provenance.restore_public) {
        return Err("the restore key is not the one that the genesis entry names".into());
    }
    for signer in &provenance.signers {
        let host = now.people.values().any(|person| {
            person.certificate.verify == *signer && person.certificate.office == Office::Host
        });
        if !host {
            return Err(
                "a manifest was signed by a key that the ledger never certified as a host".into(),
            );
        }
    }
    Ok(())
}

impl Restorer for VaultRestorer {
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), Cause> {
        self.write(|tx| rows.iter().try_for_each(|row| tx.replay(row)))
    }

    /// Each is verified and judged like any other entry: nobody erases or disables by an entry that does not count.
    fn later(&mut self, rows: Vec<Row>) -> Result<(), Cause> {
        let mut now = match self.now.take() {
            Some(now) => now,
            None => self.directory()?,
        };
        walk::go_on(&mut now, rows)?;
        self.now = Some(now);
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
        self.write(|tx| tx.put_carried(carried, &rows))
    }

    fn without_index(&mut self) -> Result<(), Cause> {
        self.write(|tx| tx.clear_index())
    }

    fn finish(&mut self, provenance: &Provenance, _host_secret: &SecretBytes) -> Result<(), Cause> {
        let then = self.directory()?;
        judge(provenance, &then, self.now.as_ref().unwrap_or(&then))?;
        let newest = self.now.as_ref().unwrap_or(&then);
        self.write(|tx| erase(tx, newest))?;
        if let Some(now) = &self.now {
            let later = Later { then: &then, now };
            self.write(|tx| later.apply(tx))?;
            if later.erases() {
                // It has the words of what was erased, and nobody here has the keys to take them out.
                self.write(|tx| tx.clear_index())?;
            }
            *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = later.taken();
        }
        if let Some(damage) = self.ledger.integrity(|_| true).map_err(cause)? {
            return Err(format!("the restored file does not hold: {damage}").into());
        }
        self.ledger.checkpoint().map_err(cause)
    }
}
