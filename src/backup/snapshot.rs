//! A backup run: from the snapshot before it to a signed manifest.
//!
//! 1. Take the lock and the high-water mark; find the snapshot before, and refuse a target that was rolled back.
//! 2. Ask which of its objects are still there. What is gone is made anew.
//! 3. Freeze the ledger's head, and copy the tables to the sealed spool; pack the entries since then, and the tables.
//! 4. Send what the target does not have, two to four packs at a time, each journaled before it goes out. Look every day
//!    whether any of it is about to be pruned.
//! 5. Ask again for every object of the snapshot, then write the manifest, unless the run has outlived what it read: **the
//!    commit point**.
//! 6. Raise the high-water mark, and clear the journal but for the packs of tables, to which a later run may return.
//!
//! Whatever interrupts a run, the next one takes over what had arrived and sends the rest.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::beginning;
use super::error::BackupError;
use super::footing::Footing;
use super::high_water::HighWater;
use super::journal::{Journal, Sent};
use super::keys::BackupKeys;
use super::lifetime::Now;
use super::manifest::{Manifest, SignedManifest};
use super::object::{Listed, ObjectId, ObjectKind};
use super::pack::{PACK_BYTES, THIN_PACK_BYTES};
use super::parent::Next;
use super::produce::{Identified, Plan};
use super::progress::Phase;
use super::record::RepositoryRecord;
use super::retry::Tried;
use super::source::{Cause, Frozen, Source};
use super::spool::{Spool, Spooling};
use super::state::{HostState, StateError};
use super::target::{Name, Put, Shelf};
use super::throttle::Throttle;
use super::tombstone::{self, Subject};
use super::upload::{Alarm, Arrival, Uploader};
use super::wire::Wire;

/// How a run treats its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The size of plain packs.
    pub pack_bytes: usize,
    /// Uploads in flight, 1 to 4.
    pub uploads: usize,
    /// Bytes a second at most.
    pub rate: Option<NonZeroU64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pack_bytes: PACK_BYTES,
            uploads: 3,
            rate: None,
        }
    }
}

/// Below so many bytes a second, 256 kbit/s, a link is thin.
const THIN: u64 = 32_000;

impl Options {
    /// For a link of which the run may take so many bytes a second, or all of it. On a thin one packs are small, and one
    /// goes after the other but for one.
    pub fn of_link(uploads: usize, rate: Option<NonZeroU64>) -> Self {
        if rate.is_some_and(|rate| rate.get() < THIN) {
            Self {
                pack_bytes: THIN_PACK_BYTES,
                uploads: uploads.min(2),
                rate,
            }
        } else {
            Self {
                uploads,
                rate,
                ..Self::default()
            }
        }
    }
}

/// Packs and their sealed bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Packs.
    pub packs: u64,
    /// Sealed bytes.
    pub bytes: u64,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The manifest, whose hash belongs into the ledger.
    pub manifest: SignedManifest,
    /// The id of the snapshot before.
    pub parent: Option<String>,
    /// Packs that this run sent, by what they hold.
    pub uploaded: BTreeMap<ObjectKind, Count>,
    /// Packs that were there already: of the snapshot before, or of an interrupted run.
    pub reused: u64,
    /// Plain bytes of packs that were read from the ledger.
    pub bytes_read: u64,
    /// What a person should look at.
    pub alarms: Vec<Alarm>,
}

impl Snapshot {
    /// All that was sent, but for the manifest.
    pub fn uploaded_in_all(&self) -> Count {
        self.uploaded
            .values()
            .fold(Count::default(), |sum, count| Count {
                packs: sum.packs + count.packs,
                bytes: sum.bytes + count.bytes,
            })
    }
}

/// Backs up `source`. `host` is the folder of the host's own state.
pub async fn run(
    wire: &Wire,
    keys: &BackupKeys,
    source: Arc<dyn Source>,
    host: &Path,
    options: Options,
    now: Now<'_>,
) -> Result<Snapshot, BackupError> {
    let ended = attempt(wire, keys, Arc::clone(&source), host, options, now).await;
    // Of the first run of a host, which was killed, the manifest may have arrived only now, under the name that this one was to have:
    // it is built upon. Later runs know what they follow, and a stranger under their name is a second host with the same state.
    let late = matches!(ended, Err(BackupError::Forked { .. }))
        && HighWater::read(host, keys.repository)?.is_none();
    if late {
        return attempt(wire, keys, source, host, options, now).await;
    }
    ended
}

async fn attempt(
    wire: &Wire,
    keys: &BackupKeys,
    source: Arc<dyn Source>,
    host: &Path,
    options: Options,
    now: Now<'_>,
) -> Result<Snapshot, BackupError> {
    wire.meter.phase(Phase::Opening);
    let began = now();
    let state = HostState::lock(host, keys.repository)?;
    RepositoryRecord::ensure(wire, keys).await?;
    let next = Next::find(wire, keys, &state).await?;
    let parent = next.parent.as_ref();
    let uploader = Uploader {
        wire: wire.clone(),
        repository: keys.repository,
        restore_public: keys.restore_public,
        journal: Arc::new(Mutex::new(Journal::open(&state)?)),
        footing: Footing::find(wire, now).await?,
        throttle: Throttle::new(options.rate),
        alarms: Mutex::new(Vec::new()),
    };
    let standing = standing(&uploader, keys, parent).await?;

    wire.meter.phase(Phase::Sending);
    let after = parent.map_or(0, |p| p.manifest.head.seq);
    let (frozen, tables) = freeze(Arc::clone(&source), after, Spooling::new(&state)?).await?;
    let (head, schema) = (frozen.head, frozen.schema);
    let new_entries = head.seq.saturating_sub(after);
    wire.meter
        .update(|p| (p.entries_total, p.bytes_total) = (new_entries, frozen.bytes));
    let plan = Plan::new(
        keys,
        source,
        (frozen, tables),
        parent,
        &standing,
        &uploader,
        options.pack_bytes,
    )?;
    let sent = send(&uploader, plan, after, options.uploads).await?;

    wire.meter.phase(Phase::Checking);
    let mut objects = sent.objects;
    objects.sort_unstable();
    recheck(wire, &objects).await?;

    wire.meter.phase(Phase::Committing);
    let manifest = Manifest {
        name: next.name,
        start: next.start,
        previous: next.previous,
        created: began,
        head,
        bytes: sent.bytes_in_all,
        objects,
        new_entries,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
    };
    uploader.footing.check()?;
    let manifest = commit(wire, keys, &manifest).await?;
    HighWater::of(keys.repository, &manifest).save(&state)?;
    beginning::is_over(&state)?;
    let Uploader {
        journal, alarms, ..
    } = uploader;
    if let Some(journal) = Arc::into_inner(journal) {
        journal
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .settle(&manifest.manifest.objects, began)?;
    }
    wire.meter.phase(Phase::Done);
    Ok(Snapshot {
        parent: parent.map(SignedManifest::id),
        manifest,
        uploaded: sent.uploaded,
        reused: sent.reused,
        bytes_read: sent.bytes_read,
        alarms: alarms.into_inner().unwrap_or_else(PoisonError::into_inner),
    })
}

/// The objects of the snapshot before that can be listed again: there, of the right length, and not about to be pruned.
async fn standing(
    uploader: &Uploader<'_>,
    keys: &BackupKeys,
    parent: Option<&SignedManifest>,
) -> Result<HashMap<ObjectId, Listed>, BackupError> {
    let Some(parent) = parent else {
        return Ok(HashMap::new());
    };
    let objects = &parent.manifest.objects;
    let there = lengths(&uploader.wire, objects).await?;
    let mut standing = HashMap::with_capacity(objects.len());
    for listed in objects {
        let is_there = there.get(&listed.address.name()) == Some(&listed.len);
        if is_there && uploader.footing.count_on(listed.address) {
            standing.insert(listed.address.id, *listed);
            if listed.kind != ObjectKind::Ledger {
                uploader.note_stored(listed.address, Sent::of(listed))?;
            }
            continue;
        }
        // What prune is about to delete, or has, is made anew; nobody lost it. The target alone cannot say so.
        let subject = Subject::Object(listed.address);
        let tombstone = tombstone::holds(&uploader.wire, keys, &subject).await?;
        if tombstone == Some(false) {
            uploader.alarm(Alarm::Forged(listed.address));
        }
        if !is_there && tombstone != Some(true) {
            uploader.alarm(Alarm::Lost(listed.address, listed.describe()));
        }
    }
    Ok(standing)
}

async fn freeze(
    source: Arc<dyn Source>,
    after: u64,
    mut spool: Spooling,
) -> Result<(Frozen, Spool), BackupError> {
    let work = move || {
        let mut take = |table, row: &[u8]| spool.push(table, row).map_err(Cause::from);
        // A full disk of the host is no fault of the ledger.
        let frozen = source.freeze(after, &mut take).map_err(|cause| {
            cause
                .downcast::<StateError>()
                .map_or_else(BackupError::Source, |error| BackupError::State(*error))
        })?;
        Ok((frozen, spool.finish()?))
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| BackupError::Task(e.to_string()))?
}

#[derive(Debug, Default)]
struct SentPacks {
    objects: Vec<Listed>,
    uploaded: BTreeMap<ObjectKind, Count>,
    reused: u64,
    bytes_read: u64,
    bytes_in_all: u64,
}

/// Packs on a thread of their own and sends from here, so that reading, sealing and sending overlap. The channel holds
/// one pack: what is read ahead is what fits in memory.
async fn send(
    uploader: &Uploader<'_>,
    plan: Plan,
    after: u64,
    uploads: usize,
) -> Result<SentPacks, BackupError> {
    let (give, mut take) = mpsc::channel::<Identified>(1);
    let mut sent = SentPacks {
        objects: plan.kept.clone(),
        ..SentPacks::default()
    };
    sent.reused = sent.objects.len() as u64;
    sent.bytes_in_all = sent
        .objects
        .iter()
        .map(|o| o.len - super::object::OVERHEAD as u64)
        .sum();
    let producer = tokio::task::spawn_blocking(move || plan.produce(&give));
    let meter = &uploader.wire.meter;
    let arrivals = stream::poll_fn(|context| take.poll_recv(context)).map(
        |Identified { id, pack, standing }| async move {
            let plain = pack.plain.len() as u64;
            let new = if pack.kind == ObjectKind::Ledger && pack.first > after && pack.part == 0 {
                pack.count
            } else {
                0
            };
            let arrived = match standing {
                Some(there) => (
                    Listed {
                        first: pack.first,
                        part: pack.part,
                        parts: pack.parts,
                        count: pack.count,
                        ..there
                    },
                    Arrival::TakenOver,
                ),
                None => uploader.send(id, pack).await?,
            };
            meter.update(|p| {
                p.entries_done += new;
                p.bytes_done += plain;
            });
            Ok::<_, BackupError>((arrived, plain))
        },
    );
    {
        let mut arrivals = std::pin::pin!(arrivals.buffer_unordered(uploads.clamp(1, 4)));
        while let Some(((listed, arrival), plain)) = arrivals.try_next().await? {
            uploader.look_again().await?;
            sent.bytes_read += plain;
            sent.bytes_in_all += plain;
            match arrival {
                Arrival::TakenOver => sent.reused += 1,
                Arrival::Sent => {
                    let count = sent.uploaded.entry(listed.kind).or_default();
                    count.packs += 1;
                    count.bytes += listed.len;
                }
            }
            sent.objects.push(listed);
        }
    }
    producer
        .await
        .map_err(|e| BackupError::Task(e.to_string()))??;
    Ok(sent)
}

/// Asks for every object of the snapshot once more: after this the manifest may promise them.
async fn recheck(wire: &Wire, objects: &[Listed]) -> Result<(), BackupError> {
    let there = lengths(wire, objects).await?;
    let names: Vec<String> = objects
        .iter()
        .filter(|listed| there.get(&listed.address.name()) != Some(&listed.len))
        .map(|listed| format!("objects/{} ({})", listed.address, listed.describe()))
        .collect();
    if names.is_empty() {
        Ok(())
    } else {
        Err(BackupError::Vanished {
            place: wire.place(),
            names,
        })
    }
}

/// The lengths of those objects that are there.
pub(super) async fn lengths(
    wire: &Wire,
    objects: &[Listed],
) -> Result<HashMap<Name, u64>, BackupError> {
    let names: Vec<Name> = objects.iter().map(|listed| listed.address.name()).collect();
    let stats = wire.exists(Shelf::Objects, &names).await?;
    Ok(stats
        .into_iter()
        .map(|stat| (stat.name, stat.len))
        .collect())
}

/// Writes the manifest. A manifest that is there under its name is either this one, written by a try whose answer was
/// lost, or another host's: then two of them are using one state.
async fn commit(
    wire: &Wire,
    keys: &BackupKeys,
    manifest: &Manifest,
) -> Result<SignedManifest, BackupError> {
    let file = Arc::new(manifest.seal(keys));
    let name = manifest.name;
    let signed =
        SignedManifest::open(&file, name, keys.repository, &keys.k_manifest).map_err(|e| {
            BackupError::Manifest {
                name: name.to_string(),
                cause: e.to_string(),
            }
        })?;
    match wire
        .put(Shelf::Manifests, &name.name(), Arc::clone(&file))
        .await?
    {
        Tried::AtOnce(Put::Stored) | Tried::AfterDoubt(Put::Stored) => return Ok(signed),
        Tried::AtOnce(Put::AlreadyThere) | Tried::AfterDoubt(Put::AlreadyThere) => {}
    }
    if wire.get(Shelf::Manifests, &name.name()).await?.as_deref() == Some(file.as_slice()) {
        return Ok(signed);
    }
    Err(BackupError::Forked {
        place: wire.place(),
        name: name.to_string(),
    })
}
