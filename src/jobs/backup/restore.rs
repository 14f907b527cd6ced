//! A restore: needs no vault and no user, only the restore shares and an address.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Instant;

use super::fresh_host::{FreshHost, HostFolder};
use super::restorer::{Taken, VaultRestorer};
use super::{Target, drive};
use crate::backup::keys::RestoreSecret;
use crate::backup::restore::{self, Damage, Request, Staged};
use crate::backup::{BackupError, PrintedHead};
use crate::crypto::hash::Hash;
use crate::crypto::secret::SecretBytes;
use crate::desk::DeskError;
use crate::desk::view::{Reporter, Restored, Stamp, VerifyReport};
use crate::jobs::verify;
use crate::ledger::Ledger;
use crate::vault::shares::{self, Set};
use crate::vault::sweep::Witness;

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
    /// What to do where the repository is damaged.
    pub damage: Damage,
}

/// Brings a vault back into an empty folder, with the state of a fresh host. **It is verified before it is put in place**, and until
/// then whatever stops or fails leaves nothing. What the verification finds was in the vault when it was backed up, or was taken
/// away since: the vault comes back all the same, and the report names it.
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
        damage,
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
    let mut host = FreshHost::prepare(host, into, vault)?;
    let taken = Taken::default();
    let told = Taken::clone(&taken);
    let staged = drive(target, "restore", watch, async |wire| {
        let request = Request {
            secret: &secret,
            vault,
            snapshot,
            head,
            damage,
            into,
        };
        restore::stage(&wire, request, move |staging| {
            Ok(Box::new(VaultRestorer::new(staging, Taken::clone(&told))?) as _)
        })
        .await
    })?;
    let report = verified(&staged, vault, watch)?;
    host.settle(&secret, staged.restored(), target)?;
    let restored = staged.put_in_place()?;
    let folder = host.folder().display().to_string();
    if let Some(host) = host.keep() {
        verify::keep(&host, &report);
    }

    let taken = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Restored {
        snapshot: restored.snapshot.id(),
        created: Stamp::from_millis(restored.snapshot.manifest.created),
        entries: restored.snapshot.manifest.head.seq,
        host: folder,
        verify: report,
        seconds: started.elapsed().as_secs_f64(),
        vault: into.display().to_string(),
        sign_again: taken,
        damage: restored.findings.iter().map(ToString::to_string).collect(),
    })
}

/// Verifies what is to be put in place as anybody could who has the file, on all cores.
fn verified(staged: &Staged, vault: Hash, watch: Reporter<'_>) -> Result<VerifyReport, DeskError> {
    let ledger = Ledger::open(staged.folder())?.for_a_walk()?;
    let witness = Witness {
        vault: Some(vault),
        seen: Some(staged.restored().snapshot.manifest.head),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    verify::keyless(&ledger, witness, threads, watch).map_err(|error| match error {
        DeskError::Stopped => BackupError::Cancelled.into(),
        error => error,
    })
}
