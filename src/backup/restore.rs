//! A restore: from a target, the restore shares and an empty folder to a vault that its own users can open.
//!
//! 1. The repository record must name the vault and the key of the shares.
//! 2. The chain of manifests must hold, and lead on from the head that the restorer brings, if one is brought. Where
//!    [`Damage`] is accepted, the newest snapshot is taken that is whole and that the head allows.
//! 3. Objects are fetched, compared with the hashes in the manifest, opened, compared with their ids, and handed to a
//!    [`Restorer`] that writes to a folder beside the destination. Packs of the search index alone may be lost: it is then left
//!    out, and made anew from the entries.
//! 4. Of an older snapshot only the *entries* are old: slots, credentials and later revocations and erasures come from
//!    the newest snapshot that follows it, so that nothing and nobody is revived.
//! 5. What comes of it is [`Staged`]: whoever restores checks it there, and then has the folder renamed into place. Until
//!    then the destination is untouched.

mod choice;
mod feed;
mod opener;
mod plan;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::choice::{Choice, Pair};
use self::feed::{Fed, feed};
use self::opener::Opener;
use self::plan::plan;
use self::worker::{Load, Make, Worker};
use super::chain::{Chain, Finding};
use super::error::BackupError;
use super::high_water::HighWater;
use super::keys::RestoreSecret;
use super::manifest::{SignedManifest, Timeline};
use super::printed::PrintedHead;
use super::progress::Phase;
use super::record::RepositoryRecord;
use super::source::{Cause, Provenance, Restorer};
use super::staging::{self, Staging};
use super::wire::Wire;
use crate::crypto::{Hash, SecretBytes};

/// What to do about manifests and objects that are not what they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damage {
    /// Restore nothing: a newer snapshot may be what is missing.
    #[default]
    Refuse,
    /// Restore the newest snapshot that is whole, or the one that is asked for, and report all that is wrong.
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
    /// A head that the restorer brings: the newest snapshot must be it or follow it. **No damage makes an older state do**; only
    /// a snapshot that is asked for by its id may be older.
    pub head: Option<&'a PrintedHead>,
    /// What to do about damage.
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
    /// What is wrong with the repository, where that was accepted, and why the index was left out.
    pub findings: Vec<Finding>,
    /// Sealed bytes that were fetched.
    pub bytes: u64,
    /// What the new host is to keep: its next backup begins a timeline of its own.
    pub mark: HighWater,
}

/// A restored vault in a folder beside its destination. **Dropping it removes the folder.**
#[derive(Debug)]
pub struct Staged {
    staging: Staging,
    into: PathBuf,
    restored: Restored,
}

impl Staged {
    /// Where it is, to be checked. Nothing may hold a file in it open when it is put in place.
    pub fn folder(&self) -> &Path {
        self.staging.path()
    }

    /// What it was made of.
    pub const fn restored(&self) -> &Restored {
        &self.restored
    }

    /// Renames the folder into place, which the system allows only while that is missing or empty.
    pub fn put_in_place(self) -> Result<Restored, BackupError> {
        self.staging.become_folder(&self.into)?;
        Ok(self.restored)
    }
}

/// Restores into a folder beside the destination. `make` gets the folder in which a restorer shall write; it is asked again,
/// with another folder, where damage is accepted and what was tried turns out not to be whole.
pub async fn stage<F>(wire: &Wire, request: Request<'_>, make: F) -> Result<Staged, BackupError>
where
    F: Fn(&Path) -> Result<Box<dyn Restorer>, Cause> + Send + Sync + 'static,
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
    let mut findings: Vec<Finding> = chain.findings().cloned().collect();
    let accepted = request.damage == Damage::Accept;
    if !findings.is_empty() && !accepted {
        return Err(BackupError::Damaged {
            place: wire.place(),
            findings,
        });
    }
    let opener = Opener::new(wire, secret, record.repository, &chain);
    let mut choice = choose(wire, &chain, &record, &request)?;
    if accepted {
        choice.look(wire, &opener).await?;
    }
    let attempt = Attempt {
        wire,
        opener: &opener,
        secret,
        record,
        into,
        make: Arc::new(make),
    };
    let (pair, staging, fed) = loop {
        let Some(pair) = choice.next() else {
            return Err(choice.nothing(wire.place()));
        };
        let done = attempt.restore(&pair).await;
        let lost = opener.take_lost();
        match done {
            Ok((staging, fed)) => break (pair, staging, fed),
            Err(error) if accepted && error.is_of_snapshot() => {
                choice.set_aside(&pair, &error, lost);
            }
            Err(error) => return Err(error),
        }
    };
    findings.extend(choice.told(&pair));
    findings.extend(fed.index);
    wire.meter.phase(Phase::Done);
    let mark = HighWater {
        begins: Some(Timeline::random()),
        ..HighWater::of(record.repository, pair.snapshot)
    };
    Ok(Staged {
        staging,
        into: into.to_owned(),
        restored: Restored {
            snapshot: pair.snapshot.clone(),
            newest: pair.newest.clone(),
            findings,
            bytes: fed.bytes,
            mark,
        },
    })
}

/// The choice there is, if the target leads on from the head at all.
fn choose<'a>(
    wire: &Wire,
    chain: &'a Chain,
    record: &RepositoryRecord,
    request: &Request<'a>,
) -> Result<Choice<'a>, BackupError> {
    let place = || wire.place();
    if let Some(head) = request.head
        && !head.is_of(record.repository)
    {
        return Err(BackupError::OtherHead { place: place() });
    }
    let none = |wanted: &str| BackupError::NoSnapshot {
        place: place(),
        wanted: wanted.to_owned(),
    };
    let wanted = match request.snapshot {
        Some(id) => Some(chain.find(id).ok_or_else(|| none(id))?),
        None if chain.manifests.is_empty() => return Err(none("at all")),
        None => None,
    };
    let choice = Choice::new(chain, wanted, request.head);
    match (request.head, choice.strays(request.damage)) {
        (Some(head), Some(newest)) => Err(BackupError::Behind {
            place: place(),
            number: head.number(),
            how: chain
                .behind(head, Some(newest))
                .map_or_else(String::new, |finding| finding.detail),
        }),
        _ => Ok(choice),
    }
}

/// One try to restore a pair of snapshots.
struct Attempt<'a> {
    wire: &'a Wire,
    opener: &'a Opener<'a>,
    secret: &'a RestoreSecret,
    record: RepositoryRecord,
    into: &'a Path,
    make: Arc<Make>,
}

impl Attempt<'_> {
    async fn restore(&self, pair: &Pair<'_>) -> Result<(Staging, Fed), BackupError> {
        let (wire, snapshot, newest) = (self.wire, pair.snapshot, pair.newest);
        let steps = plan(&snapshot.manifest, &newest.manifest)
            .map_err(|what| inconsistent(snapshot, what))?;
        wire.meter.phase(Phase::Replaying);
        wire.meter.update(|p| {
            (p.entries_done, p.bytes_done) = (0, 0);
            p.entries_total = snapshot.manifest.head.seq;
            p.bytes_total = Some(steps.iter().map(|step| step.object.len).sum());
        });
        let staging = Staging::beside(self.into)?;
        let mut signers = vec![snapshot.signer, newest.signer];
        signers.dedup();
        let provenance = Provenance {
            vault: self.record.vault,
            restore_public: self.record.restore_public,
            signers,
            head: snapshot.manifest.head,
        };
        let worker = Worker::start(
            staging.path(),
            Arc::clone(&self.make),
            provenance,
            SecretBytes::from_slice(self.secret.host_secret.expose()),
        );
        let mut fed = feed(wire, self.opener, &steps, pair, &worker).await;
        if fed.is_ok() {
            wire.meter.phase(Phase::Finishing);
            fed = worker.give(Load::End).await.and(fed);
        }
        // The restorer's own error explains why it stopped taking; otherwise the feeding's error stands.
        match (fed, worker.end().await) {
            (Ok(fed), Ok(())) => Ok((staging, fed)),
            (Err(e), Ok(())) | (_, Err(e)) => Err(e),
        }
    }
}

fn inconsistent(snapshot: &SignedManifest, what: String) -> BackupError {
    BackupError::Inconsistent {
        snapshot: snapshot.id(),
        what,
    }
}
