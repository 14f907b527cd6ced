//! A restore: from a target, the restore shares and an empty folder to a vault that its own users can open.
//!
//! 1. The repository record must name the vault and the key of the shares.
//! 2. The chain of manifests must hold, and lead on from the head that the restorer brings, if one is brought.
//! 3. Objects are fetched, compared with the hashes in the manifest, opened, compared with their ids, and handed to a
//!    [`Restorer`] that writes to a folder beside the destination.
//! 4. Of an older snapshot only the *entries* are old: slots, credentials and later revocations and erasures come from
//!    the newest snapshot that follows it, so that nothing and nobody is revived.
//! 5. When the restorer has checked the whole, the folder is renamed into place. Until then the destination is untouched.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::chain::{Chain, Finding};
use super::error::BackupError;
use super::high_water::HighWater;
use super::keys::{RepositoryId, RestoreSecret};
use super::manifest::{Manifest, SignedManifest, Timeline};
use super::object::{self, Address, Listed, ObjectKind};
use super::pack::{read_ledger, read_table};
use super::printed::PrintedHead;
use super::progress::Phase;
use super::record::RepositoryRecord;
use super::source::{Cause, Head, Provenance, Restorer, Row, TableId};
use super::staging::{self, Staging};
use super::target::Shelf;
use super::tombstone::{Subject, Tombstones};
use super::wire::Wire;
use crate::crypto::hash::sha256;
use crate::crypto::mac::MacKey;
use crate::crypto::{Hash, SecretBytes};

/// How many objects are fetched at a time.
const IN_FLIGHT: usize = 4;

/// What to do about findings in the chain of manifests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damage {
    /// Restore nothing: a newer snapshot may be what is missing.
    #[default]
    Refuse,
    /// Restore what holds, and report the findings.
    Accept,
}

/// What to restore.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the shares gave.
    pub secret: &'a RestoreSecret,
    /// The vault that the shares name.
    pub vault: Hash,
    /// The beginning of a snapshot's id; the newest if none.
    pub snapshot: Option<&'a str>,
    /// A head that the restorer brings: the newest snapshot must be it or follow it.
    pub head: Option<&'a PrintedHead>,
    /// What to do about findings in the chain.
    pub damage: Damage,
    /// The folder to become the vault; missing or empty.
    pub into: &'a Path,
}

/// What a restore came to.
#[derive(Debug)]
pub struct Restored {
    /// The snapshot.
    pub snapshot: SignedManifest,
    /// The snapshot that slots, credentials, revocations and erasures came from.
    pub newest: SignedManifest,
    /// Findings in the chain, if they were accepted.
    pub findings: Vec<Finding>,
    /// Sealed bytes that were fetched.
    pub bytes: u64,
    /// What the new host is to keep: its next backup begins a timeline of its own.
    pub mark: HighWater,
}

/// Restores. `make` gets the folder in which the restorer shall write.
pub async fn restore<F>(wire: &Wire, request: Request<'_>, make: F) -> Result<Restored, BackupError>
where
    F: FnOnce(&Path) -> Result<Box<dyn Restorer>, Cause> + Send + 'static,
{
    wire.meter.phase(Phase::Opening);
    let Request {
        secret,
        vault,
        into,
        ..
    } = request;
    staging::refuse_unless_empty(into)?;
    let record = RepositoryRecord::read(wire).await?;
    if record.vault != vault || record.restore_public != secret.restore.public() {
        return Err(BackupError::WrongShares {
            place: wire.place(),
        });
    }
    let chain = Chain::load(wire, record.repository, &secret.k_manifest(), &|_| true).await?;
    let findings = judge(&chain, request.damage)?;
    let snapshot = choose(wire, &chain, request.snapshot)?;
    let newest = chain.newest_after(snapshot);
    if let Some(head) = request.head {
        meet(wire, &chain, record.repository, head, newest)?;
    }
    let steps =
        plan(&snapshot.manifest, &newest.manifest).map_err(|what| inconsistent(snapshot, what))?;

    wire.meter.phase(Phase::Replaying);
    wire.meter.update(|p| {
        p.entries_total = snapshot.manifest.head.seq;
        p.bytes_total = Some(steps.iter().map(|step| step.object.len).sum());
    });
    let staging = Staging::beside(into)?;
    let mut signers = vec![snapshot.signer, newest.signer];
    signers.dedup();
    let provenance = Provenance {
        vault,
        restore_public: record.restore_public,
        signers,
        head: snapshot.manifest.head,
    };
    let worker = Worker::start(
        staging.path(),
        make,
        provenance,
        SecretBytes::from_slice(secret.host_secret.expose()),
    );
    let opener = Opener {
        secret,
        k_id: MacKey::new(&secret.k_id()),
        repository: record.repository,
        hashes: chain.hashes(),
        tombstones: &chain.tombstones,
    };
    let mut fed = feed(wire, &opener, &steps, snapshot, newest, &worker).await;
    if fed.is_ok() {
        wire.meter.phase(Phase::Finishing);
        fed = worker.give(Load::End).await.and(fed);
    }
    // The restorer's own error explains why it stopped taking; otherwise the feeding's error stands.
    let bytes = match (fed, worker.end().await) {
        (Ok(bytes), Ok(())) => bytes,
        (Err(e), Ok(())) | (_, Err(e)) => return Err(e),
    };
    staging.become_folder(into)?;
    wire.meter.phase(Phase::Done);
    let begins = Some(Timeline::random());
    let mark = HighWater {
        begins,
        ..HighWater::of(record.repository, snapshot)
    };
    Ok(Restored {
        snapshot: snapshot.clone(),
        newest: newest.clone(),
        findings,
        bytes,
        mark,
    })
}

fn judge(chain: &Chain, damage: Damage) -> Result<Vec<Finding>, BackupError> {
    let findings: Vec<Finding> = [&chain.missing, &chain.corrupt, &chain.forks]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    match findings.first() {
        Some(first) if damage == Damage::Refuse => Err(BackupError::Manifest {
            name: first.name.clone(),
            cause: first.detail.clone(),
        }),
        _ => Ok(findings),
    }
}

/// The newest snapshot must be the one that the head names, or one after it.
fn meet(
    wire: &Wire,
    chain: &Chain,
    repository: RepositoryId,
    head: &PrintedHead,
    newest: &SignedManifest,
) -> Result<(), BackupError> {
    let place = wire.place();
    if !head.is_of(repository) {
        return Err(BackupError::OtherHead { place });
    }
    match chain.behind(head, Some(newest)) {
        None => Ok(()),
        Some(finding) => Err(BackupError::Behind {
            place,
            number: head.number(),
            how: finding.detail,
        }),
    }
}

fn choose<'a>(
    wire: &Wire,
    chain: &'a Chain,
    wanted: Option<&str>,
) -> Result<&'a SignedManifest, BackupError> {
    let chosen = wanted.map_or_else(|| chain.newest(), |id| chain.find(id));
    chosen.ok_or_else(|| BackupError::NoSnapshot {
        place: wire.place(),
        wanted: wanted.unwrap_or("at all").to_owned(),
    })
}

/// What an object of the snapshot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Append,
    Later,
    Table(TableId),
}

#[derive(Clone, Copy, Debug)]
struct Step {
    object: Listed,
    purpose: Use,
}

/// Puts the objects in order and checks that they cover the entries without gap or overlap.
fn plan(snapshot: &Manifest, newest: &Manifest) -> Result<Vec<Step>, String> {
    let ledger = |m: &Manifest| {
        let mut packs: Vec<Listed> = m
            .objects
            .iter()
            .filter(|o| o.kind == ObjectKind::Ledger)
            .copied()
            .collect();
        packs.sort_unstable_by_key(|o| (o.first, o.part));
        let mut due = 1;
        for parts in packs.chunk_by(|a, b| a.first == b.first) {
            let whole = (0..)
                .zip(parts)
                .all(|(n, o)| (o.part, o.parts as usize) == (n, parts.len()));
            if parts[0].first != due || parts[0].count == 0 || !whole {
                return Err(format!("its packs do not hold entry {due}"));
            }
            due = parts[0].last() + 1;
        }
        if due == m.head.seq + 1 {
            Ok(packs)
        } else {
            Err(format!("its packs end at entry {}", due - 1))
        }
    };
    let mut steps: Vec<Step> = ledger(snapshot)?
        .into_iter()
        .map(|object| Step {
            object,
            purpose: Use::Append,
        })
        .collect();
    let later = ledger(newest)?
        .into_iter()
        .filter(|o| o.last() > snapshot.head.seq);
    steps.extend(later.map(|object| Step {
        object,
        purpose: Use::Later,
    }));
    for object in &newest.objects {
        if let ObjectKind::Table(table) = object.kind
            && (snapshot == newest || !table.is_index())
        {
            steps.push(Step {
                object: *object,
                purpose: Use::Table(table),
            });
        }
    }
    Ok(steps)
}

struct Opener<'a> {
    secret: &'a RestoreSecret,
    k_id: MacKey,
    repository: RepositoryId,
    hashes: HashMap<Address, BTreeSet<Hash>>,
    tombstones: &'a Tombstones,
}

impl Opener<'_> {
    /// Fetches an object and opens it: length and hash first, then the seal, then the id.
    async fn fetch(&self, wire: &Wire, o: &Listed) -> Result<SecretBytes, BackupError> {
        let (name, what) = (o.address.to_string(), o.describe());
        let Some(bytes) = wire.get(Shelf::Objects, &o.address.name()).await? else {
            let pruned = self.tombstones.has(&Subject::Object(o.address));
            return Err(if pruned {
                BackupError::ObjectPruned { name, what }
            } else {
                BackupError::ObjectMissing { name, what }
            });
        };
        let known = self.hashes.get(&o.address);
        if bytes.len() as u64 != o.len
            || !known.is_some_and(|known| known.contains(&sha256(&[&bytes])))
        {
            return Err(BackupError::ObjectCorrupt { name, what });
        }
        object::open(
            &self.secret.restore,
            &self.k_id,
            self.repository,
            o.kind,
            &o.address,
            &bytes,
        )
        .map_err(|cause| BackupError::ObjectSealed { name, what, cause })
    }
}

/// Fetches ahead, opens, and hands over in order.
async fn feed(
    wire: &Wire,
    opener: &Opener<'_>,
    steps: &[Step],
    snapshot: &SignedManifest,
    newest: &SignedManifest,
    worker: &Worker,
) -> Result<u64, BackupError> {
    let opened = stream::iter(steps).map(|step| async move {
        Ok::<_, BackupError>((step, opener.fetch(wire, &step.object).await?))
    });
    let mut opened = std::pin::pin!(opened.buffered(IN_FLIGHT));
    let mut bytes = 0;
    // The parts of a long pack follow each other; what is not in order makes no pack.
    let mut pack = SecretBytes::default();
    while let Some((step, plain)) = opened.try_next().await? {
        let Listed {
            first,
            count,
            len,
            part,
            parts,
            ..
        } = step.object;
        bytes += len;
        wire.meter.update(|p| {
            p.bytes_done += len;
            p.acknowledged += len;
        });
        pack.extend(plain.expose());
        if part + 1 < parts {
            continue;
        }
        let whole = std::mem::take(&mut pack);
        let plain = whole.expose();
        let load = match step.purpose {
            Use::Append => {
                let rows = read_ledger(plain, first, count)?;
                check_head(&rows, snapshot.manifest.head)
                    .map_err(|what| inconsistent(snapshot, what))?;
                Load::Rows(rows)
            }
            Use::Later => {
                let mut rows = read_ledger(plain, first, count)?;
                check_head(&rows, newest.manifest.head)
                    .map_err(|what| inconsistent(newest, what))?;
                rows.retain(|row| row.seq > snapshot.manifest.head.seq);
                Load::Later(rows)
            }
            Use::Table(table) => Load::Table(table, read_table(plain, table, count)?),
        };
        worker.give(load).await?;
        if step.purpose == Use::Append {
            wire.meter.update(|p| p.entries_done += count);
        }
    }
    Ok(bytes)
}

/// The entry at the head must be the one that the manifest names.
fn check_head(rows: &[Row], head: Head) -> Result<(), String> {
    match rows.iter().find(|row| row.seq == head.seq) {
        Some(row) if row.link != head.link => {
            Err(format!("entry {} is not the one at its head", head.seq))
        }
        _ => Ok(()),
    }
}

fn inconsistent(snapshot: &SignedManifest, what: String) -> BackupError {
    BackupError::Inconsistent {
        snapshot: snapshot.id(),
        what,
    }
}

enum Load {
    Rows(Vec<Row>),
    Later(Vec<Row>),
    Table(TableId, Vec<Vec<u8>>),
    /// Everything was given; without this the restorer must not finish.
    End,
}

/// The restorer on a thread where it may block.
struct Worker {
    give: mpsc::Sender<Load>,
    thread: tokio::task::JoinHandle<Result<(), BackupError>>,
}

impl Worker {
    fn start<F>(staging: &Path, make: F, provenance: Provenance, host_secret: SecretBytes) -> Self
    where
        F: FnOnce(&Path) -> Result<Box<dyn Restorer>, Cause> + Send + 'static,
    {
        let (give, mut take) = mpsc::channel(2);
        let staging = staging.to_owned();
        let work = move || {
            let mut restorer = make(&staging)?;
            while let Some(load) = take.blocking_recv() {
                match load {
                    Load::Rows(rows) => restorer.rows(rows)?,
                    Load::Later(rows) => restorer.later(rows)?,
                    Load::Table(table, rows) => restorer.table(table, rows)?,
                    Load::End => return restorer.finish(&provenance, &host_secret),
                }
            }
            Ok(())
        };
        let thread = tokio::task::spawn_blocking(move || work().map_err(BackupError::Restorer));
        Self { give, thread }
    }

    async fn give(&self, load: Load) -> Result<(), BackupError> {
        // Refused only when the thread has ended, whose error `end` then gives.
        self.give
            .send(load)
            .await
            .map_err(|_| BackupError::Task("the restorer stopped".into()))
    }

    async fn end(self) -> Result<(), BackupError> {
        drop(self.give);
        self.thread
            .await
            .map_err(|e| BackupError::Task(e.to_string()))?
    }
}
