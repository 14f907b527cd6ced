//! Forgetting and pruning, by the host where its credential may delete, or by a pruner elsewhere.

use std::path::Path;

use super::{Target, certified, drive, hosts, keys, memory};
use crate::backup::high_water::HighWater;
use crate::backup::keys::KeeperKeys;
use crate::backup::prune::{self, Keeper};
use crate::backup::pruner::PrunerKeys;
use crate::backup::record::RepositoryRecord;
use crate::backup::retention::Retention;
use crate::backup::{BackupError, Wire};
use crate::config::Paths;
use crate::crypto::secret::SecretBytes;
use crate::crypto::sign::VerifyKey;
use crate::desk::view::{Forgotten, Pruned, PrunerMade, Reporter};
use crate::desk::{DeskError, session};
use crate::ledger::store::check_private;
use crate::vault::clock;
use crate::vault::host::write_private;

/// Whether `forget` only says what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Set tombstones.
    Real,
    /// Change nothing.
    Rehearsed,
}

/// What is needed to forget and prune, wherever it comes from.
struct Keep {
    keys: Box<dyn KeeperKeys>,
    mark: Option<HighWater>,
    trust: Box<dyn Fn(&VerifyKey) -> bool + Send + Sync>,
}

impl Keep {
    /// That of a pruner's file, or of this host.
    fn find(paths: &Paths, target: &Target, pruner: Option<&Path>) -> Result<Self, DeskError> {
        if let Some(file) = pruner {
            let keys = read(file)?;
            let hosts = keys.hosts.clone();
            return Ok(Self {
                keys: Box::new(keys),
                mark: None,
                trust: Box::new(move |key| hosts.contains(key)),
            });
        }
        let vault = session::open(paths)?;
        let keys = keys(&vault)?;
        let mark = HighWater::read(&memory(vault.host(), &target.location), keys.repository)
            .map_err(BackupError::from)?;
        Ok(Self {
            keys: Box::new(keys),
            mark,
            trust: Box::new(certified(&vault.directory()?)),
        })
    }

    async fn keeper<'a>(&'a self, wire: &'a Wire) -> Result<Keeper<'a>, BackupError> {
        let record = RepositoryRecord::read(wire).await?;
        if record.repository != self.keys.repository() {
            let place = wire.place();
            return Err(crate::backup::record::RecordError::OtherVault { place }.into());
        }
        Ok(Keeper {
            wire,
            keys: &*self.keys,
            mark: self.mark.as_ref(),
            trust: &*self.trust,
            now: &|| clock::now() as i64,
        })
    }
}

/// A pruner's file, which nobody else may read.
fn read(file: &Path) -> Result<PrunerKeys, DeskError> {
    check_private(file, 0o600)?;
    let text = std::fs::read(file).map_err(|source| DeskError::io(file, source))?;
    let text = SecretBytes::new(text);
    PrunerKeys::parse(text.expose())
        .map_err(|error| DeskError::BadInput(format!("{}: {error}", file.display())))
}

/// Says which snapshots the retention lets go, so that [`prune()`] deletes them.
pub fn forget(
    paths: &Paths,
    target: &Target,
    pruner: Option<&Path>,
    retention: &Retention,
    keeping: Keeping,
    watch: Reporter<'_>,
) -> Result<Forgotten, DeskError> {
    let keep = Keep::find(paths, target, pruner)?;
    let outcome = drive(target, "forget snapshots", watch, async |wire| {
        let keeper = keep.keeper(&wire).await?;
        match keeping {
            Keeping::Real => prune::forget(keeper, retention).await,
            Keeping::Rehearsed => prune::rehearse_forget(keeper, retention).await,
        }
    })?;
    Ok(Forgotten {
        kept: outcome.kept,
        forgotten: outcome.forgotten,
        replaced: outcome.replaced,
        dry_run: keeping == Keeping::Rehearsed,
    })
}

/// Marks what nobody needs any more, and, if nobody else is at that, deletes what has been marked for long enough.
pub fn prune(
    paths: &Paths,
    target: &Target,
    pruner: Option<&Path>,
    watch: Reporter<'_>,
) -> Result<Pruned, DeskError> {
    let keep = Keep::find(paths, target, pruner)?;
    let done = drive(target, "prune", watch, async |wire| {
        prune::prune(keep.keeper(&wire).await?).await
    })?;
    Ok(Pruned {
        marked: done.marked,
        revived: done.revived,
        waiting: done.waiting,
        objects: done.objects,
        bytes: done.bytes,
        manifests: done.manifests,
        replaced: done.replaced,
        alone: done.alone,
    })
}

/// Writes the file that a pruner needs on another machine. Needs no user: it gives nothing that the host does not have, and
/// less.
pub fn make_pruner(paths: &Paths, file: &Path) -> Result<PrunerMade, DeskError> {
    let vault = session::open(paths)?;
    let pruner = PrunerKeys::beside(&keys(&vault)?, hosts(&vault.directory()?));
    write_private(file, pruner.text().trim_end().as_bytes())?;
    Ok(PrunerMade {
        file: file.display().to_string(),
        repository: pruner.repository.to_string(),
        hosts: pruner.hosts.len() as u64,
    })
}
