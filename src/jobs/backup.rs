//! Backups: the vault and this host on one side, a repository that is not trusted on the other.
//!
//! A run, a list and a verification need no user: the host's own identity signs and reads manifests, and **the host can open no
//! object**. A restore needs no vault, only the restore shares.

mod drill;
mod fresh_host;
mod later;
mod prune;
mod restore;
mod restorer;
mod schedule;
mod scratch;
mod source;

pub use drill::{Drill, drill};
pub use fresh_host::HostFolder;
pub use prune::{Keeping, forget, make_pruner, prune};
pub use restore::{Order, restore};
pub use schedule::{Schedule, Turn, turn};
pub(super) use scratch::Scratch;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::backup::anchor::Anchor;
use crate::backup::chain::Chain;
use crate::backup::high_water::HighWater;
use crate::backup::keys::BackupKeys;
use crate::backup::manifest::{HostId, SignedManifest};
use crate::backup::record::RepositoryRecord;
use crate::backup::retry::Retry;
use crate::backup::snapshot::{self, Options, Snapshot};
use crate::backup::state::StateError;
use crate::backup::target::TargetError;
use crate::backup::verify::{self, ReadData, Witness};
use crate::backup::{BackupError, Cancel, Location, Meter, Phase, PrintedHead, Wire};
use crate::backup::{Login, Progress as Stage};
use crate::config::{self, Paths, Tls};
use crate::crypto::Hash;
use crate::crypto::hash::sha256;
use crate::crypto::sign::VerifyKey;
use crate::desk::view::{
    BackupLine, BackupRun, BackupVerified, IncidentKind, Proceed, Progress, Reporter, Stamp,
    Transfer,
};
use crate::desk::{Class, DeskError, incidents, session};
use crate::jobs::speed::Speed;
use crate::ledger::Office;
use crate::ledger::clear::BackupMark;
use crate::vault::{Directory, Host, Vault, clock, record};

pub use source::LedgerSource;

/// How often a watcher is asked whether the work is still wanted although nothing moves.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Where a repository is and how to get in.
#[derive(Debug, Clone)]
pub struct Target {
    /// The place.
    pub location: Location,
    /// User and password, where they do not stand in the address.
    pub login: Option<Login>,
    /// How runs treat the link.
    pub options: Options,
}

impl Target {
    /// Reads an address.
    pub fn parse(address: &str) -> Result<Self, DeskError> {
        let location = Location::parse(address).map_err(BackupError::from)?;
        Ok(Self {
            location,
            login: None,
            options: Options::default(),
        })
    }

    /// Reads an address as a configuration has it: how the link is treated, and whether TLS is required everywhere, of which
    /// this very host is then no exception. **Whoever has a configuration takes this way.**
    pub fn configured(address: &str, link: &config::Backup, tls: Tls) -> Result<Self, DeskError> {
        let target = Self::parse(address)?;
        if tls == Tls::Required && target.location.is_plain() {
            return Err(DeskError::NeedsTls);
        }
        Ok(Self {
            options: Options::of_link(link.in_flight, link.rate),
            ..target
        })
    }
}

/// Makes a snapshot of what is new, and marks it in the ledger. The first run makes the repository. What goes wrong is kept on
/// the host until somebody has seen it, since a run on a schedule has nobody beside it.
pub fn run(paths: &Paths, target: &Target, watch: Reporter<'_>) -> Result<BackupRun, DeskError> {
    let vault = session::open(paths)?;
    let mut made = make(&vault, target, watch);
    remember(
        vault.host().folder(),
        &target.location.to_string(),
        &mut made,
    );
    made
}

/// Backups that are due cannot be made, since the configured target is not to be used.
pub fn refused(paths: &Paths, error: &DeskError) {
    if let Ok((_, host)) = session::folders(paths) {
        // Where nothing can be kept, the backup is overdue before long, which shows.
        let _ = incidents::note(&host, CONFIGURED, IncidentKind::Failed, &[whole(error)]);
    }
}

/// Stands in an incident for a target whose address is not to be used.
const CONFIGURED: &str = "backup.target";

fn remember(host: &Path, target: &str, made: &mut Result<BackupRun, DeskError>) {
    match made {
        Ok(run) => {
            for target in [target, CONFIGURED] {
                incidents::settle(host, target);
            }
            if !run.alarms.is_empty()
                && let Err(error) = incidents::note(host, target, IncidentKind::Alarm, &run.alarms)
            {
                let lost = format!("this cannot be kept for whoever looks later: {error}");
                run.alarms.push(lost);
            }
        }
        // Another run is at it, or somebody stopped this one and knows.
        Err(
            DeskError::Stopped
            | DeskError::Backup(BackupError::State(StateError::Busy) | BackupError::Cancelled),
        ) => {}
        Err(error) => {
            let kind = match error.class() {
                Class::Found => IncidentKind::Alarm,
                _ => IncidentKind::Failed,
            };
            // Where it cannot be kept, the error itself is still told.
            let _ = incidents::note(host, target, kind, &[whole(error)]);
        }
    }
}

/// An error with what lies behind it and what to do.
fn whole(error: &DeskError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    match error.hint() {
        Some(hint) => format!("{text}; {hint}"),
        None => text,
    }
}

fn make(vault: &Vault, target: &Target, watch: Reporter<'_>) -> Result<BackupRun, DeskError> {
    let started = Instant::now();
    let directory = vault.directory()?;
    let keys = keys(vault)?;
    if !certified(&directory)(&keys.signing.public()) {
        return Err(DeskError::Denied(
            "this host is not certified in the vault, so nobody would believe its snapshots: an admin logs in here once".into(),
        ));
    }
    let source = vault.ledger().again()?.for_a_walk()?;
    let source = Arc::new(LedgerSource::new(source));
    vault.ledger().shrink()?;
    let repository = keys.repository;
    let memory = memory(vault.host(), &target.location);
    let now = clock::now();
    let place = keys.place(&target.location);
    let anchor = anchor(&directory, place);
    let remembered = HighWater::read(&memory, repository).map_err(BackupError::from)?;
    let snapshot = drive(target, "back up", watch, async |wire| {
        // What the host remembers it compares itself.
        if let Some(anchor) = anchor.filter(|a| remembered.is_none_or(|mark| mark.hash != a.hash)) {
            anchor.hold(&wire, &keys).await?;
        }
        snapshot::run(&wire, &keys, source, &memory, target.options, &|| {
            clock::now() as i64
        })
        .await
    })?;
    let manifest = &snapshot.manifest.manifest;
    let mark = BackupMark {
        snapshot: manifest.name.number,
        manifest: snapshot.manifest.hash,
        covers: manifest.head.seq,
        place: Some(place),
    };
    vault
        .ledger()
        .write(|tx| record::backup_made(tx, &directory, vault.host(), mark, now))?;
    vault.remember_head()?;
    let head = PrintedHead::of(repository, &snapshot.manifest);
    Ok(told(&snapshot, head, started))
}

fn told(snapshot: &Snapshot, head: PrintedHead, started: Instant) -> BackupRun {
    let sent = snapshot.uploaded_in_all();
    let manifest = &snapshot.manifest.manifest;
    BackupRun {
        snapshot: snapshot.manifest.id(),
        parent: snapshot.parent.clone(),
        entries: manifest.head.seq,
        new_entries: manifest.new_entries,
        packs_uploaded: sent.packs,
        packs_reused: snapshot.reused,
        bytes_read: snapshot.bytes_read,
        bytes_uploaded: sent.bytes,
        seconds: started.elapsed().as_secs_f64(),
        head: head.to_string(),
        alarms: snapshot.alarms.iter().map(ToString::to_string).collect(),
    }
}

/// The snapshots of a repository, newest first.
pub fn list(
    paths: &Paths,
    target: &Target,
    watch: Reporter<'_>,
) -> Result<Vec<BackupLine>, DeskError> {
    let vault = session::open(paths)?;
    let directory = vault.directory()?;
    let keys = keys(&vault)?;
    let chain = drive(target, "list snapshots", watch, async |wire| {
        RepositoryRecord::read(&wire).await?;
        Chain::load(&wire, keys.repository, &keys.k_manifest, &|_| true).await
    })?;
    let suspect: Vec<&str> = [&chain.missing, &chain.corrupt, &chain.forks]
        .into_iter()
        .flatten()
        .map(|finding| finding.name.as_str())
        .collect();
    let trusted = certified(&directory);
    let line = |snapshot: &SignedManifest| {
        let manifest = &snapshot.manifest;
        let name = manifest.name.to_string();
        BackupLine {
            snapshot: snapshot.id(),
            created: Stamp::from_millis(manifest.created),
            host: format!("{:?}", manifest.name.host),
            entries: manifest.head.seq,
            bytes: manifest.bytes,
            signed_by: signer(&directory, &snapshot.signer),
            verified: trusted(&snapshot.signer)
                && !suspect.iter().any(|finding| finding.ends_with(&name)),
            head: PrintedHead::of(keys.repository, snapshot).to_string(),
        }
    };
    Ok(chain.manifests.iter().rev().map(line).collect())
}

/// Checks that every object is there, that history was not cut, and that it leads on from `head`; as far as `read` says, also
/// that each object is what was sent.
pub fn verify(
    paths: &Paths,
    target: &Target,
    read: ReadData,
    head: Option<&PrintedHead>,
    watch: Reporter<'_>,
) -> Result<BackupVerified, DeskError> {
    let vault = session::open(paths)?;
    let directory = vault.directory()?;
    let keys = keys(&vault)?;
    if head.is_some_and(|head| !head.is_of(keys.repository)) {
        let place = target.location.to_string();
        return Err(BackupError::OtherHead { place }.into());
    }
    let memory = memory(vault.host(), &target.location);
    let mark = HighWater::read(&memory, keys.repository).map_err(BackupError::from)?;
    let anchor = anchor(&directory, keys.place(&target.location));
    let trusted = certified(&directory);
    let verified = drive(target, "verify backup", watch, async |wire| {
        // A repository whose own record is gone is a finding, as long as this host has seen it; otherwise it is a wrong address.
        if mark.is_none() && anchor.is_none() {
            RepositoryRecord::read(&wire).await?;
        }
        verify::verify(
            &wire,
            &keys,
            Witness {
                mark: mark.as_ref(),
                anchor,
                head,
            },
            read,
            &trusted,
        )
        .await
    })?;
    let lines = |findings: &[crate::backup::chain::Finding]| {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    Ok(BackupVerified {
        snapshots: verified.snapshots,
        packs: verified.packs,
        bytes_read: verified.bytes_read,
        missing: lines(&verified.missing),
        corrupt: [lines(&verified.corrupt), lines(&verified.forks)].concat(),
        unlisted: verified.unlisted.clone(),
        rolled_back: verified.rolled_back.is_some(),
        behind: verified.rolled_back.as_ref().map(ToString::to_string),
        ok: verified.ok(),
    })
}

/// The snapshot that the ledger's newest mark of a target names.
fn anchor(directory: &Directory, place: Hash) -> Option<Anchor> {
    directory.backups.get(&place).map(|mark| Anchor {
        number: mark.snapshot,
        hash: mark.manifest,
    })
}

/// Where this host remembers what it has seen of a target. Each target has a memory of its own: a second one, still empty, is not
/// the first one emptied.
fn memory(host: &Host, location: &Location) -> PathBuf {
    let place = location.place();
    let name = sha256(&[b"chartseal/backup/target/v1", place.as_bytes()]).to_string();
    host.folder().join("backups").join(&name[..16])
}

/// What the host keeps to write backups.
fn keys(vault: &Vault) -> Result<BackupKeys, DeskError> {
    let host = vault.host();
    let bytes = host.backup_keys()?;
    bytes
        .and_then(|bytes| BackupKeys::from_bytes(&bytes, host.sign().duplicate()))
        .ok_or_else(|| {
            DeskError::Denied(format!(
                "the host's state in {} holds no backup keys: restore it, or make the vault anew",
                host.folder().display()
            ))
        })
}

/// Judges whether a key is, or was, that of a host that the ledger certifies. An old snapshot stays good after its host is gone.
fn certified(directory: &Directory) -> impl Fn(&VerifyKey) -> bool + Send + Sync + use<> {
    let hosts = hosts(directory);
    move |key| hosts.contains(key)
}

/// The keys of all hosts that the ledger certified, whether or not they still count.
fn hosts(directory: &Directory) -> Vec<VerifyKey> {
    directory
        .people
        .values()
        .filter(|person| person.certificate.office == Office::Host)
        .map(|person| person.certificate.verify)
        .collect()
}

fn signer(directory: &Directory, key: &VerifyKey) -> String {
    directory
        .people
        .values()
        .find(|person| person.certificate.verify == *key)
        .map_or_else(
            || format!("unknown host {:?}", HostId::of(key)),
            |person| {
                format!(
                    "{} {}",
                    person.certificate.name,
                    person.certificate.fingerprint()
                )
            },
        )
}

/// Opens the target and drives the work on a runtime of its own, telling how far it has come.
fn drive<T>(
    target: &Target,
    what: &str,
    watch: Reporter<'_>,
    work: impl AsyncFnOnce(Wire) -> Result<T, BackupError>,
) -> Result<T, DeskError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| {
            DeskError::Outside(format!("no threads for the backup can be had: {error}"))
        })?;
    let cancel = Cancel::new();
    let (meter, mut watched) = Meter::new();
    let is_open = Cell::new(false);
    let work = async {
        // A server that does not answer is opened for long, and nothing is begun yet: whoever cancels need not wait for it.
        let opened = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(BackupError::Cancelled.into()),
            opened = target.location.open(target.login.clone()) => opened,
        };
        is_open.set(true);
        let wire = Wire {
            target: opened.map_err(|error| unusable(&target.location, error))?,
            retry: Retry::default(),
            cancel: cancel.clone(),
            meter,
        };
        work(wire).await.map_err(DeskError::from)
    };
    let done = runtime.block_on(async {
        let mut work = pin!(work);
        let first = tokio::time::Instant::now() + SIGN_OF_LIFE;
        let mut idle = tokio::time::interval_at(first, SIGN_OF_LIFE);
        let mut speed = Speed::default();
        let begun = Instant::now();
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Ok(()) = watched.changed() => {}
                // A target that does not answer is no reason not to hear that somebody cancelled.
                _ = idle.tick() => {}
            }
            let stage = watched.borrow_and_update().clone();
            speed.note(begun.elapsed(), stage.bytes_done + stage.acknowledged);
            let stalled = speed.is_stalled(begun.elapsed());
            if watch(&translated(what, &stage, stalled)) == Proceed::Stop {
                cancel.cancel();
            }
        }
    });
    if !is_open.get() {
        // Neither does the name of a host that is being looked up hold anybody up.
        runtime.shutdown_background();
    }
    done
}

/// A folder that cannot be used is a stick that is not mounted: another time it may be. An address that does not read stays wrong.
fn unusable(location: &Location, error: TargetError) -> DeskError {
    match location {
        Location::Folder(_) => DeskError::Outside(error.to_string()),
        Location::Mongo(_) => BackupError::from(error).into(),
    }
}

/// Bytes are what a person waits for; what else there is to tell stands beside them.
fn translated(what: &str, stage: &Stage, stalled: bool) -> Progress {
    Progress {
        what: what.to_owned(),
        done: stage.bytes_done,
        total: stage.bytes_total,
        unit: "bytes",
        note: None,
        transfer: Some(Transfer {
            phase: stage.phase.as_str(),
            entries: stage.entries_done,
            entries_total: stage.entries_total,
            acknowledged: stage.acknowledged,
            retries: stage.retries,
            in_flight: stage.in_flight,
            // What is checked at the end moves no bytes.
            stalled: stalled && !matches!(stage.phase, Phase::Finishing | Phase::Done),
        }),
    }
}
