//! Letting old snapshots go: [`forget`] says which, [`prune`] deletes.
//!
//! Both need a credential that may delete, which a host's own should not be; better they run on another machine. Nothing
//! is deleted at once:
//!
//! 1. `forget` sets tombstones on the manifests that the [`Retention`] does not keep.
//! 2. `prune` sets tombstones on the objects that no other manifest needs: ledger packs are needed by every snapshot that
//!    lists them; slot, credential and draft packs by the newest snapshot and by those of the last 30 days; index packs,
//!    which can be rebuilt, by the newest of each line alone.
//! 3. A later `prune` deletes what has had its tombstone for 7 days, once every host in use has finished a run that
//!    began after it was set: no run that could still count on it is left. What a manifest has come to need meanwhile
//!    loses its tombstone instead.
//!
//! **Whoever takes a key away relies on this**: a wrapped key that was deleted from the vault is in no snapshot made
//! after, and its last copy is deleted once the last snapshot that has it is 30 days old and its pack has had its
//! tombstone for 7. A host counts as in use for 30 days after its last run: where one stopped or was replaced in the
//! meantime it may take 60 days instead of 37.
//!
//! A target on which something is wrong, or whose clock is five minutes off, is left as it is. **What stands under the name of a
//! tombstone and is none keeps nothing from going**: one that is alone takes it away first, and sets what is due.
//!
//! **Any number may forget and prune at once**, here and on other machines. A tombstone on a manifest is never taken back, and
//! the newer of two snapshots that two keepers weigh is kept by both; of several that prune, one that is alone deletes, and
//! the others mark: see `turn.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::chain::{Chain, Trust};
use super::error::BackupError;
use super::high_water::HighWater;
use super::keys::KeeperKeys;
use super::lifetime::{self, Lifetime, Now};
use super::manifest::SignedManifest;
use super::object::{Address, ObjectKind};
use super::progress::Phase;
use super::retention::{DAY, Retention};
use super::target::{Name, Shelf};
use super::tombstone::{self, Stone, Subject, Tombstones};
use super::turn::Turn;
use super::wire::Wire;
use crate::crypto::Hash;

/// How long a tombstone stands before anything is deleted.
const WAIT: i64 = 7 * DAY;
/// How long packs of tables are needed, and how long a host that sends nothing counts as in use.
const MONTH: i64 = 30 * DAY;
/// How far the clocks of a target and of this machine may differ, in milliseconds.
const SKEW: i64 = 5 * 60 * 1000;

/// What `forget` decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Ids of the snapshots that stay.
    pub kept: Vec<String>,
    /// Ids of those that `prune` will delete.
    pub forgotten: Vec<String>,
    /// How many of those had something else under the name of their tombstone.
    pub replaced: u64,
}

/// What `prune` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Objects that got a tombstone.
    pub marked: u64,
    /// Objects that lost theirs because they are needed again.
    pub revived: u64,
    /// Objects that have a tombstone and must wait.
    pub waiting: u64,
    /// Objects deleted.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Manifests deleted.
    pub manifests: u64,
    /// What stood under the name of a tombstone, was none and was taken away.
    pub replaced: u64,
    /// Whether no other keeper was at work; otherwise nothing was deleted, and no tombstone taken back.
    pub alone: bool,
}

/// What both need to know.
#[derive(Clone, Copy)]
pub struct Keeper<'a> {
    /// The target, under a credential that may delete.
    pub wire: &'a Wire,
    /// The keys that read manifests and sign tombstones.
    pub keys: &'a dyn KeeperKeys,
    /// What has been seen of the target.
    pub mark: Option<&'a HighWater>,
    /// Who may sign.
    pub trust: Trust<'a>,
    /// The time.
    pub now: Now<'a>,
}

impl<'a> Keeper<'a> {
    /// Begins, unless nobody could say how old anything is.
    async fn begin(&self) -> Result<Lifetime<'a>, BackupError> {
        self.wire.meter.phase(Phase::Opening);
        if let Some(there) = self.wire.clock().await? {
            let ahead = there - (self.now)();
            if ahead.abs() > SKEW {
                return Err(BackupError::Clock {
                    place: self.wire.place(),
                    seconds: ahead / 1000,
                });
            }
        }
        Ok(Lifetime::begin(self.now, lifetime::PRUNE))
    }

    /// Loads the chain, and refuses to touch a target on which anything is wrong.
    async fn sound(&self) -> Result<(Chain, Tombstones), BackupError> {
        let keys = self.keys;
        let chain =
            Chain::load(self.wire, keys.repository(), keys.k_manifest(), self.trust).await?;
        if let Some(stranger) = chain.strangers.first() {
            return Err(BackupError::Stranger {
                name: stranger.name.clone(),
            });
        }
        let rolled_back = self.mark.and_then(|mark| chain.rolled_back(mark));
        let wrong = [&chain.missing, &chain.corrupt, &chain.forks]
            .into_iter()
            .flatten()
            .chain(&rolled_back)
            .next();
        if let Some(wrong) = wrong {
            return Err(BackupError::Manifest {
                name: wrong.name.clone(),
                cause: wrong.detail.clone(),
            });
        }
        let tombstones = chain.tombstones.clone();
        Ok((chain, tombstones))
    }

    /// Sets a tombstone, and says whether there is one now.
    async fn set(&self, subject: &Subject, previous: Option<Hash>) -> Result<bool, BackupError> {
        let stone = Stone {
            at: (self.now)(),
            previous,
        };
        let file = Arc::new(tombstone::seal(self.keys, subject, stone));
        let name = subject.name();
        let put = self.wire.put(Shelf::Tombstones, &name, file).await?;
        tombstone::stands(self.wire, self.keys, subject, put.into_inner()).await
    }

    /// Takes away what stands under the name of a tombstone and is none. Says whether something did.
    async fn clear(&self, subject: &Subject) -> Result<bool, BackupError> {
        let forged = tombstone::holds(self.wire, self.keys, subject).await? == Some(false);
        if forged {
            self.wire.delete(Shelf::Tombstones, &subject.name()).await?;
        }
        Ok(forged)
    }

    /// Sets a tombstone in the place of whatever else stands there. Says whether something did.
    async fn set_in_place(
        &self,
        subject: &Subject,
        previous: Option<Hash>,
    ) -> Result<bool, BackupError> {
        if self.set(subject, previous).await? {
            return Ok(false);
        }
        let forged = self.clear(subject).await?;
        if self.set(subject, previous).await? {
            return Ok(forged);
        }
        Err(BackupError::NoTombstone {
            place: self.wire.place(),
            name: subject.name().to_string(),
        })
    }
}

/// Sets tombstones on the snapshots that `retention` does not keep. The last of every line is kept.
pub async fn forget(keeper: Keeper<'_>, retention: &Retention) -> Result<Forgotten, BackupError> {
    let lifetime = keeper.begin().await?;
    let (chain, tombstones) = keeper.sound().await?;
    let mut outcome = judge(&chain, &tombstones, retention, lifetime.began);
    for manifest in live(&chain, &tombstones) {
        if outcome.forgotten.contains(&manifest.id()) {
            lifetime.check()?;
            let subject = Subject::Manifest(manifest.hash);
            let previous = manifest.manifest.previous;
            outcome.replaced += u64::from(keeper.set_in_place(&subject, previous).await?);
        }
    }
    keeper.wire.meter.phase(Phase::Done);
    Ok(outcome)
}

/// What [`forget`] would do. Changes nothing.
pub async fn rehearse_forget(
    keeper: Keeper<'_>,
    retention: &Retention,
) -> Result<Forgotten, BackupError> {
    let lifetime = keeper.begin().await?;
    let (chain, tombstones) = keeper.sound().await?;
    keeper.wire.meter.phase(Phase::Done);
    Ok(judge(&chain, &tombstones, retention, lifetime.began))
}

fn judge(chain: &Chain, tombstones: &Tombstones, retention: &Retention, now: i64) -> Forgotten {
    let live: Vec<&SignedManifest> = live(chain, tombstones).collect();
    let mut kept = retention.kept(live.iter().copied(), now);
    kept.extend(chain.leaves().map(|m| m.hash));
    let mut outcome = Forgotten::default();
    for manifest in live {
        if kept.contains(&manifest.hash) {
            outcome.kept.push(manifest.id());
        } else {
            outcome.forgotten.push(manifest.id());
        }
    }
    outcome
}

/// Marks what nobody needs, and, if no other keeper is at work, deletes what has been marked for long enough.
pub async fn prune(keeper: Keeper<'_>) -> Result<Pruned, BackupError> {
    let lifetime = keeper.begin().await?;
    let turn = Turn::announce(keeper.wire, keeper.keys, lifetime.began).await?;
    let outcome = take_turn(keeper, &turn, lifetime).await;
    turn.give_back(keeper.wire).await;
    outcome
}

async fn take_turn(
    keeper: Keeper<'_>,
    turn: &Turn,
    lifetime: Lifetime<'_>,
) -> Result<Pruned, BackupError> {
    let wire = keeper.wire;
    let (chain, tombstones) = keeper.sound().await?;
    let now = lifetime.began;
    let needed = needed(&chain, &tombstones, now);
    let ripe = ripe(&chain, now);
    let alone = turn.is_alone(&tombstones, now);
    let mut outcome = Pruned {
        alone,
        ..Pruned::default()
    };

    wire.meter.phase(Phase::Checking);
    let there: BTreeMap<Name, u64> = wire
        .list(Shelf::Objects)
        .await?
        .into_iter()
        .map(|stat| (stat.name, stat.len))
        .collect();
    // Those of a manifest that is to be deleted, too: until it is, it says that they should be there.
    let listed: BTreeSet<Address> = chain
        .manifests
        .iter()
        .flat_map(|m| &m.manifest.objects)
        .map(|o| o.address)
        .collect();
    if alone {
        // What the tombstones' readers do not count is gone before anything is marked, or it would stand for a mark.
        for subject in tombstones.forged().iter().filter_map(Subject::parse) {
            lifetime.check()?;
            outcome.replaced += u64::from(keeper.clear(&subject).await?);
            // The answer why something is gone that a manifest still lists.
            if let Subject::Object(address) = subject
                && !there.contains_key(&address.name())
                && listed.contains(&address)
                && !needed.contains(&address)
            {
                keeper.set_in_place(&subject, None).await?;
            }
        }
    }
    wire.meter
        .update(|p| p.bytes_total = Some(there.values().sum()));
    for (name, len) in &there {
        wire.meter.update(|p| p.bytes_done += len);
        // What is not named like an object is not ours to delete.
        let Some(address) = Address::parse(name) else {
            continue;
        };
        let subject = Subject::Object(address);
        lifetime.check()?;
        match tombstones.at(&subject) {
            Some(_) if alone && needed.contains(&address) => {
                wire.delete(Shelf::Tombstones, name).await?;
                outcome.revived += 1;
            }
            _ if needed.contains(&address) => {}
            None if alone => {
                keeper.set_in_place(&subject, None).await?;
                outcome.marked += 1;
            }
            // The other takes away what else may stand there.
            None if keeper.set(&subject, None).await? => outcome.marked += 1,
            Some(at) if alone && at <= ripe => {
                wire.delete(Shelf::Objects, name).await?;
                outcome.objects += 1;
                outcome.bytes += len;
            }
            _ => outcome.waiting += 1,
        }
    }
    if !alone {
        wire.meter.phase(Phase::Done);
        return Ok(outcome);
    }
    for (subject, _) in tombstones.iter() {
        let over = match subject {
            // Once an object is gone its tombstone stays only as the answer to a manifest that still lists it.
            Subject::Object(address) => {
                !there.contains_key(&address.name()) && !listed.contains(address)
            }
            Subject::Manifest(_) => false,
            Subject::Keeper(_) => turn.is_of_another(subject),
        };
        if over {
            lifetime.check()?;
            wire.delete(Shelf::Tombstones, &subject.name()).await?;
        }
    }
    for manifest in &chain.manifests {
        if tombstones
            .at(&Subject::Manifest(manifest.hash))
            .is_some_and(|at| at <= ripe)
        {
            lifetime.check()?;
            wire.delete(Shelf::Manifests, &manifest.manifest.name.name())
                .await?;
            outcome.manifests += 1;
        }
    }
    wire.meter.phase(Phase::Done);
    Ok(outcome)
}

fn live<'a>(
    chain: &'a Chain,
    tombstones: &'a Tombstones,
) -> impl Iterator<Item = &'a SignedManifest> {
    chain
        .manifests
        .iter()
        .filter(|m| !tombstones.has(&Subject::Manifest(m.hash)))
}

/// The objects that live snapshots need. The last of a line that nobody has gone on with for a month, after a restore from
/// further back, keeps its entries; its wrapped keys go like those of any other old snapshot.
fn needed(chain: &Chain, tombstones: &Tombstones, now: i64) -> BTreeSet<Address> {
    let leaves: BTreeSet<_> = chain.leaves().map(|m| m.hash).collect();
    let newest = chain.newest().map(|m| m.hash);
    let mut needed = BTreeSet::new();
    for snapshot in live(chain, tombstones) {
        let keys = snapshot.manifest.created >= now - MONTH || newest == Some(snapshot.hash);
        let index = keys && leaves.contains(&snapshot.hash);
        let is_needed = |kind| match kind {
            ObjectKind::Ledger => true,
            ObjectKind::Table(table) if table.is_index() => index,
            ObjectKind::Table(_) => keys,
        };
        let objects = snapshot.manifest.objects.iter();
        needed.extend(objects.filter(|o| is_needed(o.kind)).map(|o| o.address));
    }
    needed
}

/// The time up to which tombstones are old enough: a week ago, and before the last finished run of every host in use began.
fn ripe(chain: &Chain, now: i64) -> i64 {
    let in_use = chain
        .leaves()
        .map(|m| m.manifest.created)
        .filter(|created| *created >= now - MONTH);
    in_use
        .min()
        .unwrap_or(now)
        .saturating_sub(1)
        .min(now - WAIT)
}
