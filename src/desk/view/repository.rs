//! Backups.

use serde::{Deserialize, Serialize};

use super::{Stamp, VerifyReport};

/// A snapshot was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackupRun {
    /// Its id.
    pub snapshot: String,
    /// The snapshot that it follows.
    pub parent: Option<String>,
    /// Ledger entries that it covers in all.
    pub entries: u64,
    /// Of those, the ones that no snapshot covered before.
    pub new_entries: u64,
    /// Packs sent.
    pub packs_uploaded: u64,
    /// Packs that were there already.
    pub packs_reused: u64,
    /// Bytes read from the vault.
    pub bytes_read: u64,
    /// Bytes sent.
    pub bytes_uploaded: u64,
    /// How long it took.
    pub seconds: f64,
    /// The snapshot as a text to be written down: a restore or a verification takes it with `--head`.
    pub head: String,
    /// What a person should look at although the run went on.
    pub alarms: Vec<String>,
}

/// One snapshot of a repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackupLine {
    /// Its id.
    pub snapshot: String,
    /// When it was made.
    pub created: Stamp,
    /// Name of the host that made it.
    pub host: String,
    /// Ledger entries that it covers.
    pub entries: u64,
    /// Size of what it needs.
    pub bytes: u64,
    /// Who signed it.
    pub signed_by: String,
    /// Whether the signature holds and it follows its parent.
    pub verified: bool,
    /// The snapshot as a text to be written down: a restore or a verification takes it with `--head`.
    pub head: String,
}

/// What went wrong in a backup, and nobody has seen yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// When it was last so.
    pub at: Stamp,
    /// Where the backup went.
    pub target: String,
    /// Whether it failed.
    pub kind: IncidentKind,
    /// What was wrong, a line each.
    pub what: Vec<String>,
}

/// What kind of incident it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentKind {
    /// There was no backup; the next one to the same target makes up for it.
    Failed,
    /// Something was lost, or somebody tampered with it. Whether or not a backup was made: a person should look.
    Alarm,
}

impl IncidentKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Alarm => "alarm",
        }
    }
}

/// What went wrong in backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incidents {
    /// Each incident, the newest first.
    pub incidents: Vec<Incident>,
    /// Whether they were marked as seen, and are told no more.
    pub seen: bool,
}

/// What a check of a repository found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackupVerified {
    /// Snapshots checked.
    pub snapshots: u64,
    /// Packs checked.
    pub packs: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Objects that a snapshot names and that are not there.
    pub missing: Vec<String>,
    /// Objects that do not open or are not what they claim.
    pub corrupt: Vec<String>,
    /// Objects that no snapshot names: of a run that goes on or was cut off, or a copy that somebody made. They are not wrong.
    pub unlisted: Vec<String>,
    /// Whether the repository is older than what this host remembers of it.
    pub rolled_back: bool,
    /// How it shows that the repository is older, or another history.
    pub behind: Option<String>,
    /// Whether nothing was wrong.
    pub ok: bool,
}

/// Which snapshots are to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Snapshots that stay.
    pub kept: Vec<String>,
    /// Snapshots that `prune` will delete.
    pub forgotten: Vec<String>,
    /// Forged or damaged tombstones in whose place one was set.
    pub replaced: u64,
    /// Whether it was only tried.
    pub dry_run: bool,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Objects that nobody needs and that a later run will delete.
    pub marked: u64,
    /// Objects that are needed again and stay.
    pub revived: u64,
    /// Objects that were marked before and must wait.
    pub waiting: u64,
    /// Objects deleted.
    pub objects: u64,
    /// Their size.
    pub bytes: u64,
    /// Manifests deleted.
    pub manifests: u64,
    /// Forged or damaged tombstones that were taken away.
    pub replaced: u64,
    /// Whether no other prune was at work, or cut off lately: otherwise nothing was deleted.
    pub alone: bool,
}

impl Pruned {
    /// What there is to say where another is at work.
    pub const BESIDES: &'static str =
        "another prune is at work, or was cut off less than two days ago: nothing was deleted";
}

/// A file for a pruner was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrunerMade {
    /// The file.
    pub file: String,
    /// The repository.
    pub repository: String,
    /// Hosts whose snapshots the pruner will believe.
    pub hosts: u64,
}

/// A restore was rehearsed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drilled {
    /// From which snapshot.
    pub snapshot: String,
    /// When it was made: whatever was written later would have been lost.
    pub recovery_point: Stamp,
    /// From the first byte fetched until the last chart was open.
    pub recovery_seconds: f64,
    /// Ledger entries that it covers.
    pub entries: u64,
    /// Ledger entries of the vault that it does not cover.
    pub entries_behind: u64,
    /// Charts that were opened in the restored vault.
    pub charts_opened: u64,
    /// Entries that were read in them.
    pub entries_read: u64,
    /// What did not open or is not what it should be.
    pub problems: Vec<String>,
    /// The entry that puts the drill on record.
    pub entry: String,
    /// What the verification of the restored vault found.
    pub verify: VerifyReport,
    /// Whether the restored vault was whole and opened.
    pub ok: bool,
}

/// A vault was restored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restored {
    /// From which snapshot.
    pub snapshot: String,
    /// When it was made.
    pub created: Stamp,
    /// Ledger entries that it covers.
    pub entries: u64,
    /// Folder of the fresh host state.
    pub host: String,
    /// What the verification of the restored vault found.
    pub verify: VerifyReport,
    /// How long it took.
    pub seconds: f64,
    /// Folder of the restored vault.
    pub vault: String,
    /// Of an older snapshot: what was taken away after it, and stays away. The restored ledger does not know why, until an
    /// admin signs it again.
    pub sign_again: Vec<String>,
    /// What is wrong with the repository, where that was accepted, which other snapshots are not whole, and whether the search
    /// index had to be left out.
    pub damage: Vec<String>,
}
