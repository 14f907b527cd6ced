//! The state of the host that a restore makes: its place is made sure of before anything is fetched, it is written just before
//! the vault is put in place, and taken back if that fails. **A vault is never in place without it**: without the host secret
//! nobody unlocks.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Target, memory};
use crate::backup::BackupError;
use crate::backup::keys::RestoreSecret;
use crate::backup::restore::Restored;
use crate::backup::state::HostState;
use crate::config::Paths;
use crate::crypto::hash::Hash;
use crate::crypto::{hex, random};
use crate::desk::DeskError;
use crate::ledger::store::create_private_folder;
use crate::vault::Host;
use crate::vault::host::{FILES, NewHost, write_private};

/// Which folder a restored host would like. One that another host has is never touched: the state then goes beside the vault, and
/// the result says where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostFolder {
    /// The one that the vault's id names below this folder.
    Below(PathBuf),
    /// This one.
    Rather(PathBuf),
}

impl HostFolder {
    /// The folder that a configuration names, which on the host of the lost vault may still be the old one's.
    pub fn of(paths: &Paths) -> Result<Self, DeskError> {
        Ok(match &paths.host {
            Some(folder) => Self::Rather(folder.clone()),
            None => Self::Below(
                paths
                    .host_of("")
                    .map_err(|error| DeskError::BadInput(error.to_string()))?,
            ),
        })
    }

    /// A folder that no host has taken.
    fn choose(&self, into: &Path, vault: &Hash) -> Result<PathBuf, DeskError> {
        let free = |folder: &Path| !FILES.iter().any(|name| folder.join(name).exists());
        let beside = || {
            let name = into.file_name().map_or_else(
                || "vault".into(),
                |name| name.to_string_lossy().into_owned(),
            );
            into.with_file_name(format!("{name}-host"))
        };
        let chosen = match self {
            Self::Below(state) => state.join(vault.to_string()),
            Self::Rather(folder) => folder.clone(),
        };
        let chosen = if free(&chosen) { chosen } else { beside() };
        if free(&chosen) {
            Ok(chosen)
        } else {
            Err(DeskError::BadInput(format!(
                "{} already holds the state of a host: name a folder with --host",
                chosen.display()
            )))
        }
    }
}

/// A folder for the state, and the state once it is written. **Dropping it takes back what it made.**
#[derive(Debug)]
pub(super) struct FreshHost {
    folder: PathBuf,
    /// Whether the folder was made for this.
    made: bool,
    vault: Hash,
    settled: Option<Host>,
    /// Where the host remembers the target.
    memory: Option<PathBuf>,
}

impl FreshHost {
    /// Makes the folder, or makes sure that nobody else reads it and that it can be written.
    pub(super) fn prepare(
        wanted: &HostFolder,
        into: &Path,
        vault: Hash,
    ) -> Result<Self, DeskError> {
        let folder = wanted.choose(into, &vault)?;
        let made = !folder.exists();
        create_private_folder(&folder)?;
        let fresh = Self {
            folder,
            made,
            vault,
            settled: None,
            memory: None,
        };
        let probe = format!(".chartseal-restore-{}", hex::hex(&random::bytes::<6>()));
        let probe = fresh.folder.join(probe);
        write_private(&probe, b"")?;
        fs::remove_file(&probe).map_err(|source| DeskError::io(&probe, source))?;
        Ok(fresh)
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the state: the host secret, a new identity, what writes backups, and what was seen of vault and target.
    pub(super) fn settle(
        &mut self,
        secret: &RestoreSecret,
        restored: &Restored,
        target: &Target,
    ) -> Result<(), DeskError> {
        let host = NewHost::with_secret(secret.host_secret.clone());
        let host = self.settled.insert(host.settle(&self.folder, self.vault)?);
        let repository = restored.mark.repository;
        let keys = secret.backup_keys(repository, self.vault, host.sign().duplicate());
        host.put_backup_keys(keys.to_bytes().expose())?;
        let memory = self.memory.insert(memory(host, &target.location));
        HostState::lock(memory, repository)
            .and_then(|state| restored.mark.save(&state))
            .map_err(BackupError::from)?;
        host.raise_high_water(restored.snapshot.manifest.head)?;
        Ok(())
    }

    /// It stays.
    pub(super) fn keep(mut self) -> Option<Host> {
        self.made = false;
        self.memory = None;
        self.settled.take()
    }
}

impl Drop for FreshHost {
    fn drop(&mut self) {
        if let Some(memory) = &self.memory {
            let _ = fs::remove_dir_all(memory);
            // Only if it is empty, here and below.
            let _ = memory.parent().map(fs::remove_dir);
        }
        if let Some(host) = self.settled.take() {
            host.unsettle();
        }
        if self.made {
            let _ = fs::remove_dir(&self.folder);
        }
    }
}
