//! A restore: needs no vault and no user, only the restore shares and an address.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Instant;

use super::restorer::{Taken, VaultRestorer};
use super::{Target, drive, memory};
use crate::backup::keys::RestoreSecret;
use crate::backup::restore::{self, Damage, Request};
use crate::backup::state::HostState;
use crate::backup::{BackupError, PrintedHead};
use crate::config::Paths;
use crate::crypto::secret::SecretBytes;
use crate::desk::DeskError;
use crate::desk::view::{Reporter, Restored, Stamp};
use crate::ledger::Ledger;
use crate::vault::host::NewHost;
use crate::vault::shares::{self, Set};

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
}

/// What to restore, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The folder to become the vault; missing or empty.
    pub into: &'a Path,
    /// The folder of the fresh host's state.
    pub host: &'a HostFolder,
    /// The beginning of a snapshot's id; the newest if none.
    pub snapshot: Option<&'a str>,
    /// The texts of the shares.
    pub shares: &'a [SecretBytes],
    /// The head of the last backup, where somebody wrote it down.
    pub head: Option<&'a PrintedHead>,
}

/// Brings a vault back into an empty folder, with the state of a fresh host, and verifies it. Stopped before the vault is in
/// place it leaves nothing; stopped after, while that is verified, it leaves the vault and says so.
pub fn restore(
    target: &Target,
    order: &Order<'_>,
    watch: Reporter<'_>,
) -> Result<Restored, DeskError> {
    let started = Instant::now();
    let Order {
        into,
        host,
        snapshot,
        shares,
        head,
    } = *order;
    let (vault, secret) = shares::combine(shares, Set::Restore)?;
    let secret = RestoreSecret::from_bytes(secret.expose()).ok_or_else(|| {
        DeskError::BadInput(
            "the shares hold no restore secret: bring those of the restore set".into(),
        )
    })?;
    if std::fs::read_dir(into).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(BackupError::NotEmpty {
            path: into.display().to_string(),
        }
        .into());
    }
    let folder = host_folder(host, into, &vault.to_string())?;
    let taken = Taken::default();
    let told = Taken::clone(&taken);
    let restored = drive(target, "restore", watch, async |wire| {
        let request = Request {
            secret: &secret,
            vault,
            snapshot,
            head,
            damage: Damage::Refuse,
            into,
        };
        restore::restore(&wire, request, move |staging| {
            Ok(Box::new(VaultRestorer::new(staging, told)?) as _)
        })
        .await
    })?;

    let host = NewHost::with_secret(secret.host_secret.clone()).settle(&folder, vault)?;
    let keys = secret.backup_keys(restored.mark.repository, vault, host.sign().duplicate());
    host.put_backup_keys(keys.to_bytes().expose())?;
    HostState::lock(&memory(&host, &target.location), restored.mark.repository)
        .and_then(|state| restored.mark.save(&state))
        .map_err(BackupError::from)?;
    let ledger = Ledger::open(into)?;
    host.raise_high_water(ledger.head()?)?;

    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let report = match crate::jobs::verify::ledger(&Paths::new(into, &folder), threads, watch) {
        Err(DeskError::Stopped) => {
            return Err(DeskError::Unverified {
                vault: into.display().to_string(),
                host: folder.display().to_string(),
            });
        }
        report => report?,
    };
    let taken = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Restored {
        snapshot: restored.snapshot.id(),
        created: Stamp::from_millis(restored.snapshot.manifest.created),
        entries: restored.snapshot.manifest.head.seq,
        host: folder.display().to_string(),
        verify: report,
        seconds: started.elapsed().as_secs_f64(),
        vault: into.display().to_string(),
        sign_again: taken,
    })
}

/// A folder for the state of a fresh host that no host has taken, chosen before anything is fetched.
fn host_folder(wanted: &HostFolder, into: &Path, vault_id: &str) -> Result<PathBuf, DeskError> {
    let free = |folder: &Path| !folder.join("vault-id").exists();
    let beside = || {
        let name = into.file_name().map_or_else(
            || "vault".into(),
            |name| name.to_string_lossy().into_owned(),
        );
        into.with_file_name(format!("{name}-host"))
    };
    let chosen = match wanted {
        HostFolder::Below(state) => state.join(vault_id),
        HostFolder::Rather(folder) => folder.clone(),
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
