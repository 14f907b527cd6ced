//! What can end a backup, a verification or a restore.

use super::chain::Finding;
use super::object::ObjectError;
use super::pack::PackError;
use super::record::RecordError;
use super::retry::Stopped;
use super::source::{Cause, MachineFailed};
use super::state::StateError;
use super::target::TargetError;
use crate::crypto::Hash;
use crate::crypto::hpke::HpkeError;

/// Why a run ended without its result. Nothing that was sent is lost, and no folder is left half restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The target failed.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The target is not the repository that was expected.
    #[error(transparent)]
    Record(RecordError),
    /// The host's own files failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The ledger could not be read.
    #[error("the ledger could not be read")]
    Source(#[source] Cause),
    /// The ledger's entries do not follow each other, or a pack is not one.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A pack could not be sealed.
    #[error("a pack could not be sealed")]
    Seal(#[source] HpkeError),
    /// Somebody cancelled.
    #[error("stopped; nothing is left half done: run it again")]
    Cancelled,
    /// The target serves an older chain than this host has seen.
    #[error(
        "{place} was rolled back: this host has seen manifest {seen}, and the target {found}; keep the target as it is, find out who \
         changed it, and back up elsewhere meanwhile"
    )]
    RolledBack {
        /// Where.
        place: String,
        /// The manifest of the high-water mark.
        seen: String,
        /// What the target has in its place.
        found: &'static str,
    },
    /// The target does not serve the snapshot that the ledger names.
    #[error(
        "{place} was rolled back: the ledger says that snapshot number {number} (manifest {hash}) is there, and the target does not have \
         it; keep the target as it is, find out who changed it, and back up elsewhere meanwhile"
    )]
    Unanchored {
        /// Where.
        place: String,
        /// The number of the snapshot.
        number: u64,
        /// The hash of its manifest.
        hash: Hash,
    },
    /// What is served does not lead on from the head that somebody brought.
    #[error(
        "{place} does not lead on from the head that was brought, which names snapshot number {number}: {how}; keep the target as it is \
         and look for another copy"
    )]
    Behind {
        /// Where.
        place: String,
        /// The number of the snapshot that the head names.
        number: u64,
        /// How that shows.
        how: String,
    },
    /// The head is another repository's.
    #[error(
        "the head that was brought is not of the repository at {place}; look for the right one"
    )]
    OtherHead {
        /// Where.
        place: String,
    },
    /// Somebody else continues this host's chain.
    #[error(
        "manifest {name} at {place} is not this host's: two copies of the host's state are in use; retire one of them, and remove its \
         high-water mark so that it begins a timeline of its own"
    )]
    Forked {
        /// Where.
        place: String,
        /// The manifest.
        name: String,
    },
    /// A manifest that is needed is damaged or forged.
    #[error("manifest {name} is damaged or forged ({cause})")]
    Manifest {
        /// Which.
        name: String,
        /// How that shows.
        cause: String,
    },
    /// A manifest's signer is not among those that are known here.
    #[error(
        "{name} is signed by a host that is not known here: it is forged, or its host was certified later"
    )]
    Stranger {
        /// Which.
        name: String,
    },
    /// The ledger is not a continuation of what was backed up.
    #[error(
        "the ledger does not continue backup {snapshot}, which ends at entry {seq}: it was cut, replaced or rolled back; run `verify`, and \
         keep both"
    )]
    LedgerDiverged {
        /// The snapshot.
        snapshot: String,
        /// Its last entry.
        seq: u64,
    },
    /// Objects are gone or changed after they were acknowledged.
    #[error("{place} lost {count} objects that it had acknowledged, {first} first; run again to send them anew", count = names.len(), first = names[0])]
    Vanished {
        /// Where.
        place: String,
        /// Which; at least one.
        names: Vec<String>,
    },
    /// There is no such snapshot.
    #[error("{place} holds no snapshot {wanted}; `backup list` shows those it holds")]
    NoSnapshot {
        /// Where.
        place: String,
        /// What was asked for.
        wanted: String,
    },
    /// Something is wrong with what a restore would rely on.
    #[error("{place} is not whole: {}; nothing is restored", listed(findings))]
    Damaged {
        /// Where.
        place: String,
        /// What; at least one.
        findings: Vec<Finding>,
    },
    /// No snapshot that may be taken is whole.
    #[error(
        "{place} holds no whole snapshot that may be restored: {}",
        listed(tried)
    )]
    NoneWhole {
        /// Where.
        place: String,
        /// Those that were tried, and why they are not.
        tried: Vec<Finding>,
    },
    /// An object that a restore needs is missing.
    #[error("object {name} ({what}) is missing")]
    ObjectMissing {
        /// Its name.
        name: String,
        /// What it held.
        what: String,
    },
    /// An object that a restore needs was let go on purpose.
    #[error(
        "object {name} ({what}) was pruned: no later snapshot goes on from this one, and wrapped keys are kept for 30 days; restore the \
         newest snapshot instead"
    )]
    ObjectPruned {
        /// Its name.
        name: String,
        /// What it held.
        what: String,
    },
    /// An object's bytes are not those that its manifest lists.
    #[error("object {name} ({what}) is corrupt: its bytes are not those that were sent")]
    ObjectCorrupt {
        /// Its name.
        name: String,
        /// What it held.
        what: String,
    },
    /// An object is there and cannot be read.
    #[error("object {name} ({what}) cannot be read: {cause}")]
    ObjectUnreadable {
        /// Its name.
        name: String,
        /// What it held.
        what: String,
        /// What the system or the driver said.
        cause: String,
    },
    /// An object's bytes are those that were sent, and it does not open.
    #[error("object {name} ({what}) does not open")]
    ObjectSealed {
        /// Its name.
        name: String,
        /// What it held.
        what: String,
        /// Why.
        #[source]
        cause: ObjectError,
    },
    /// The objects of a snapshot do not add up.
    #[error("snapshot {snapshot} is inconsistent: {what}")]
    Inconsistent {
        /// Which.
        snapshot: String,
        /// How that shows.
        what: String,
    },
    /// What stands under the name of a tombstone is none, and stays.
    #[error(
        "{place} keeps something under tombstones/{name} that is no tombstone of this repository, and does not let it go; nothing is \
         deleted: see who may write there"
    )]
    NoTombstone {
        /// Where.
        place: String,
        /// Which.
        name: String,
    },
    /// The clocks of target and host disagree, so ages mean nothing.
    #[error(
        "the clock of {place} is {seconds} s away from this machine's; set the clocks before anything is deleted"
    )]
    Clock {
        /// Where.
        place: String,
        /// By how much, positive if the target's is ahead.
        seconds: i64,
    },
    /// What the run had read of the target was too old to act on.
    #[error(
        "what the run knows of the target is {hours} h old, and others may have changed it since; run again: nothing sent is lost"
    )]
    Outlived {
        /// How long ago it looked.
        hours: i64,
    },
    /// The shares are not this repository's.
    #[error(
        "the shares open another repository than the one at {place}; bring the shares of this vault"
    )]
    WrongShares {
        /// Where.
        place: String,
    },
    /// The folder to restore into is in use.
    #[error(
        "{path} is not an empty folder; a restore overwrites nothing: name a folder that is new or empty"
    )]
    NotEmpty {
        /// Which.
        path: String,
    },
    /// The folder to restore into cannot be written.
    #[error("{path} cannot be written")]
    Folder {
        /// Which.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The restored vault did not come together.
    #[error("what was fetched did not make a sound vault")]
    Restorer(#[source] Cause),
    /// A task of this program failed; that is a defect.
    #[error("a task of the backup failed: {0}")]
    Task(String),
}

/// What kind of failure it is, for exit codes and hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something outside failed; it is safe to run again.
    Outside,
    /// Something was tampered with, lost or damaged.
    Evidence,
    /// The request or the input is wrong.
    Request,
    /// Somebody cancelled.
    Cancelled,
    /// A defect in chartseal.
    Defect,
}

impl BackupError {
    /// Whether it is an object that is not what its manifest lists.
    pub const fn is_of_object(&self) -> bool {
        matches!(
            self,
            Self::ObjectMissing { .. }
                | Self::ObjectPruned { .. }
                | Self::ObjectCorrupt { .. }
                | Self::ObjectUnreadable { .. }
                | Self::ObjectSealed { .. }
        )
    }

    /// Whether it is a snapshot that is not whole or not what it says: another may be.
    pub fn is_of_snapshot(&self) -> bool {
        let does_not_hold =
            matches!(self, Self::Restorer(_)) && matches!(self.fault(), Fault::Evidence);
        self.is_of_object() || does_not_hold || matches!(self, Self::Inconsistent { .. })
    }

    /// What kind of failure it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Restorer(cause) if cause.is::<MachineFailed>() => Fault::Outside,
            Self::Target(TargetError::Address { .. } | TargetError::TooLarge { .. })
            | Self::Record(RecordError::Absent { .. } | RecordError::OtherVault { .. })
            | Self::OtherHead { .. }
            | Self::NoSnapshot { .. }
            | Self::WrongShares { .. }
            | Self::ObjectPruned { .. }
            | Self::NotEmpty { .. } => Fault::Request,
            Self::Target(_)
            | Self::State(StateError::File { .. } | StateError::Spool { .. } | StateError::Busy)
            | Self::Source(_)
            | Self::Folder { .. }
            | Self::ObjectUnreadable { .. }
            | Self::Clock { .. }
            | Self::Outlived { .. }
            | Self::Vanished { .. } => Fault::Outside,
            Self::Record(RecordError::Bad { .. })
            | Self::State(StateError::HighWater { .. })
            | Self::Pack(_)
            | Self::RolledBack { .. }
            | Self::Unanchored { .. }
            | Self::Behind { .. }
            | Self::Forked { .. }
            | Self::Manifest { .. }
            | Self::Stranger { .. }
            | Self::NoTombstone { .. }
            | Self::LedgerDiverged { .. }
            | Self::Damaged { .. }
            | Self::NoneWhole { .. }
            | Self::ObjectMissing { .. }
            | Self::ObjectCorrupt { .. }
            | Self::ObjectSealed { .. }
            | Self::Inconsistent { .. }
            | Self::Restorer(_) => Fault::Evidence,
            Self::Cancelled => Fault::Cancelled,
            Self::Seal(_) | Self::Task(_) | Self::Record(RecordError::Stopped(_)) => Fault::Defect,
        }
    }
}

/// The first of some findings, and how many there are besides.
fn listed(findings: &[Finding]) -> String {
    match findings {
        [] => "there is none".into(),
        [only] => only.to_string(),
        [first, more @ ..] => format!("{first}; and {} more", more.len()),
    }
}

impl From<Stopped> for BackupError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Target(e) => Self::Target(e),
            Stopped::Cancelled => Self::Cancelled,
        }
    }
}

impl From<RecordError> for BackupError {
    fn from(e: RecordError) -> Self {
        match e {
            RecordError::Stopped(stopped) => stopped.into(),
            e => Self::Record(e),
        }
    }
}
