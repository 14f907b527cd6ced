//! Backups.

use serde::Serialize;

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
    /// Whether the repository is older than what this host remembers of it.
    pub rolled_back: bool,
    /// Whether nothing was wrong.
    pub ok: bool,
}

/// A vault was restored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restored {
    /// From which snapshot.
    pub snapshot: String,
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
}
