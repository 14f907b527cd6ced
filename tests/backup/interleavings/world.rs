//! Hosts, keepers and a target, and who is at work.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chartseal::backup::high_water::HighWater;
use chartseal::backup::keys::{BackupKeys, RepositoryId, RestoreSecret};
use chartseal::backup::manifest::HostId;
use chartseal::backup::prune::{self, Keeper, Pruned};
use chartseal::backup::pruner::PrunerKeys;
use chartseal::backup::restore::{self, Damage, Request};
use chartseal::backup::retention::Retention;
use chartseal::backup::snapshot::{self, Options};
use chartseal::backup::source::TableId;
use chartseal::backup::state::StateError;
use chartseal::backup::target::Target;
use chartseal::backup::{BackupError, Cancel, Wire};
use chartseal::crypto::Secret;
use chartseal::crypto::sign::{SigningKey, VerifyKey};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::gate::{Gate, Gated, RunId};
use super::promises::Promises;
use crate::book::{Book, OpenBook, Outcome, Scribe, noise};
use crate::site::{VAULT, wire};
use crate::support::chance::Chance;

pub(super) struct Host {
    pub(super) keys: BackupKeys,
    pub(super) folder: PathBuf,
    pub(super) book: OpenBook,
}

impl Host {
    pub(super) fn id(&self) -> HostId {
        HostId::of(&self.keys.signing.public())
    }

    pub(super) fn remembers(&self) -> bool {
        HighWater::read(&self.folder, self.keys.repository)
            .unwrap()
            .is_some()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Backup(usize),
    Forget,
    Prune,
}

pub(super) struct Running {
    pub(super) id: RunId,
    pub(super) work: Work,
    pub(super) cancel: Cancel,
    /// What a prune did; nothing of others.
    pub(super) task: JoinHandle<Result<Option<Pruned>, BackupError>>,
}

/// What happened besides, over all interleavings.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) calls: AtomicU64,
    pub(super) backups: AtomicU64,
    pub(super) keepers: AtomicU64,
    /// Prunes that found another at work.
    pub(super) not_alone: AtomicU64,
    pub(super) killed: AtomicU64,
    pub(super) cancelled: AtomicU64,
    /// Ended because what they had read of the target was too old.
    pub(super) outlived: AtomicU64,
    pub(super) restored: AtomicU64,
    pub(super) lost_state: AtomicU64,
}

pub(super) fn one_more(of: &AtomicU64) {
    of.fetch_add(1, SeqCst);
}

/// The doors to a repository, each under its own credential.
#[derive(Clone)]
pub(super) struct Doors {
    pub(super) host: Arc<dyn Target>,
    pub(super) pruner: Arc<dyn Target>,
}

pub(super) struct World<'e> {
    pub(super) chance: Chance,
    pub(super) now: Arc<AtomicI64>,
    pub(super) gate: Arc<Gate>,
    pub(super) promises: Arc<Promises>,
    pub(super) doors: Doors,
    pub(super) secret: RestoreSecret,
    pub(super) repository: RepositoryId,
    pub(super) hosts: Vec<Arc<Host>>,
    pub(super) certified: Arc<Mutex<Vec<VerifyKey>>>,
    pub(super) running: Vec<Running>,
    pub(super) runs: RunId,
    pub(super) folder: TempDir,
    pub(super) events: &'e Events,
}

impl<'e> World<'e> {
    pub(super) fn new(seed: u64, doors: Doors, events: &'e Events) -> Self {
        let secret = RestoreSecret::random(Secret::random());
        let repository = RepositoryId::random();
        let mut world = Self {
            chance: Chance(seed),
            now: Arc::new(AtomicI64::new(1_795_000_000_000)),
            gate: Arc::default(),
            promises: Arc::new(Promises::new(repository, secret.k_manifest())),
            doors,
            secret,
            repository,
            hosts: Vec::new(),
            certified: Arc::default(),
            running: Vec::new(),
            runs: 0,
            folder: tempfile::tempdir().unwrap(),
            events,
        };
        let mut book = Book::default();
        book.write(seed, 8);
        book.tables.insert(TableId::SLOT, slots(0));
        book.tables.insert(TableId::INDEX_SEGMENT, slots(100));
        world.settles_in(book);
        world
    }

    /// A host with an identity of its own.
    pub(super) fn settles_in(&mut self, book: Book) -> Arc<Host> {
        let signing = SigningKey::random();
        self.certified.lock().unwrap().push(signing.public());
        let host = Arc::new(Host {
            keys: self.secret.backup_keys(self.repository, VAULT, signing),
            folder: self.folder.path().join(format!("host{}", self.hosts.len())),
            book: OpenBook::new(book),
        });
        self.hosts.push(Arc::clone(&host));
        host
    }

    /// The target as one more run reaches it.
    pub(super) fn gated(&mut self, inner: &Arc<dyn Target>) -> (RunId, Wire) {
        self.runs += 1;
        let gated = Gated {
            inner: Arc::clone(inner),
            gate: Arc::clone(&self.gate),
            promises: Arc::clone(&self.promises),
            run: self.runs,
            now: Arc::clone(&self.now),
        };
        (self.runs, wire(Arc::new(gated)))
    }

    pub(super) fn begin(&mut self, work: Work) {
        let door = match work {
            Work::Backup(_) => Arc::clone(&self.doors.host),
            Work::Forget | Work::Prune => Arc::clone(&self.doors.pruner),
        };
        let (id, wire) = self.gated(&door);
        let (cancel, gate, now) = (
            wire.cancel.clone(),
            Arc::clone(&self.gate),
            Arc::clone(&self.now),
        );
        let retention = if self.chance.below(2) == 0 {
            Retention::default()
        } else {
            let [daily, weekly] = [1, 2].map(|most| self.chance.below(most + 1) as usize);
            Retention {
                daily,
                weekly,
                monthly: 0,
                yearly: 0,
                all_days: self.chance.below(10) as u32,
            }
        };
        let task = match work {
            Work::Backup(host) => {
                let host = Arc::clone(&self.hosts[host]);
                let options = Options {
                    pack_bytes: 4 << 10,
                    uploads: 1 + self.chance.index(3),
                    rate: None,
                };
                tokio::spawn(async move {
                    let done = back_up(&wire, &host, options, &now).await;
                    gate.stir();
                    done.map(|()| None)
                })
            }
            Work::Forget | Work::Prune => {
                let keys = PrunerKeys::beside(&self.hosts[0].keys, vec![]);
                let certified = Arc::clone(&self.certified);
                tokio::spawn(async move {
                    let trust = |key: &VerifyKey| certified.lock().unwrap().contains(key);
                    let time = || now.load(SeqCst);
                    let keeper = Keeper {
                        wire: &wire,
                        keys: &keys,
                        mark: None,
                        trust: &trust,
                        now: &time,
                    };
                    let done = if work == Work::Forget {
                        prune::forget(keeper, &retention).await.map(|_| None)
                    } else {
                        prune::prune(keeper).await.map(Some)
                    };
                    gate.stir();
                    done
                })
            }
        };
        self.running.push(Running {
            id,
            work,
            cancel,
            task,
        });
    }

    /// Waits until every run stands before the gate or has ended, and looks how those ended that did.
    pub(super) async fn settle(&mut self) {
        loop {
            let mut at = 0;
            while at < self.running.len() {
                if self.running[at].task.is_finished() {
                    let ended = self.running.swap_remove(at);
                    self.take_note(ended).await;
                } else {
                    at += 1;
                }
            }
            if self.running.iter().all(|run| self.gate.holds(run.id)) {
                break;
            }
            let changed = tokio::time::timeout(Duration::from_mins(1), self.gate.changed()).await;
            changed.expect("a run neither goes on nor ends");
        }
        if let Some(broken) = self.promises.broken() {
            panic!("{broken}");
        }
    }

    pub(super) async fn take_note(&self, ended: Running) {
        let done = ended.task.await.unwrap();
        match (ended.work, done) {
            (Work::Backup(_), Ok(_)) => one_more(&self.events.backups),
            (_, Ok(pruned)) => {
                one_more(&self.events.keepers);
                if pruned.is_some_and(|pruned| !pruned.alone) {
                    one_more(&self.events.not_alone);
                }
            }
            (_, Err(BackupError::Cancelled)) => one_more(&self.events.cancelled),
            // A run that was killed may hold its lock for a moment.
            (Work::Backup(_), Err(BackupError::State(StateError::Busy))) => {}
            (Work::Backup(_), Err(BackupError::Vanished { .. }))
            | (_, Err(BackupError::Outlived { .. })) => one_more(&self.events.outlived),
            (work, Err(error)) => panic!("{work:?}: {error}"),
        }
    }

    pub(super) fn is_at_work(&self, host: usize) -> bool {
        self.running
            .iter()
            .any(|run| run.work == Work::Backup(host))
    }

    pub(super) async fn restore(&self, snapshot: &str) -> Result<(HighWater, Book), BackupError> {
        let outcome = Arc::new(Mutex::new(Outcome::default()));
        let scribe = Arc::clone(&outcome);
        let place = tempfile::tempdir_in(self.folder.path()).unwrap();
        let request = Request {
            secret: &self.secret,
            vault: VAULT,
            snapshot: Some(snapshot),
            head: None,
            damage: Damage::Refuse,
            into: &place.path().join("vault"),
        };
        let wire = wire(Arc::clone(&self.doors.host));
        let make = move |folder: &std::path::Path| Ok(Scribe::writing(folder, &scribe));
        let restored = restore::stage(&wire, request, make).await?.put_in_place()?;
        let outcome = std::mem::take(&mut *outcome.lock().unwrap());
        Ok((restored.mark, outcome.book))
    }
}

pub(super) async fn back_up(
    wire: &Wire,
    host: &Host,
    options: Options,
    now: &AtomicI64,
) -> Result<(), BackupError> {
    snapshot::run(
        wire,
        &host.keys,
        host.book.source(),
        &host.folder,
        options,
        &|| now.load(SeqCst),
    )
    .await
    .map(|_| ())
}

pub(super) fn slots(kind: u64) -> Vec<Vec<u8>> {
    (0..20).map(|n| noise(kind << 8 | n, 90)).collect()
}
