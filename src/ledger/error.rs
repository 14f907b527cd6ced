//! What can go wrong with the ledger's file.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::canonical::EncodingError;
use super::clear::ClearError;
use super::id::{EntryId, ThreadId};

/// What happened, to what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// There is no vault here.
    #[error(
        "no vault at {0}: run `chartseal init` or `chartseal demo`, or name another with --vault"
    )]
    Missing(PathBuf),
    /// There is one already.
    #[error("{0} exists already: a vault is never overwritten; choose another folder")]
    Exists(PathBuf),
    /// Others on the machine may read or write the file.
    #[error("{path} has mode {mode:04o}: others can reach it; run `chmod {wanted:04o} {path}`", path = .path.display())]
    Permissions {
        /// The file or folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// What it should be.
        wanted: u32,
    },
    /// The file was written by a newer version.
    #[error(
        "the vault has schema {found}, this chartseal knows up to {known}: install the newer version"
    )]
    NewerSchema {
        /// In the file.
        found: i64,
        /// In this program.
        known: i64,
    },
    /// The file's tables, indexes or triggers are not those of its version.
    #[error(
        "the vault's file was altered: {0} is not as this version makes it; keep the file as it is, and restore from a backup"
    )]
    AlteredSchema(String),
    /// The file is SQLite, but not a vault.
    #[error("{0} is not a chartseal vault")]
    NotAVault(PathBuf),
    /// Another version of the thread was written first. Re-read and try again.
    #[error(
        "thread {thread} moved on: another entry follows {parent} already; re-read it and try again"
    )]
    Conflict {
        /// The thread.
        thread: ThreadId,
        /// The version that both wanted to follow.
        parent: EntryId,
    },
    /// The host's clock went back.
    #[error(
        "the clock is {behind_seconds} s behind the last entry: set the host's clock, then try again"
    )]
    ClockBehind {
        /// By how much.
        behind_seconds: u64,
    },
    /// An entry is not what it must be.
    #[error("entry {seq}: {what}")]
    Damaged {
        /// Its number.
        seq: u64,
        /// What is wrong.
        what: String,
    },
    /// A header does not decode.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// A clear body does not decode.
    #[error(transparent)]
    Clear(#[from] ClearError),
    /// Others read or write for so long that the write-ahead log cannot be emptied.
    #[error("others are using the vault's file, so its log was not emptied: try again")]
    InUse,
    /// SQLite said no.
    #[error("the vault's file: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file system said no.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl LedgerError {
    /// Whether another try may succeed without anybody changing anything.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// Whether the machine failed, such as a disk that is full, and not what was read or written.
    pub fn is_outside(&self) -> bool {
        match self {
            Self::Io { .. } | Self::InUse | Self::Permissions { .. } | Self::ClockBehind { .. } => {
                true
            }
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::CannotOpen
                        | ErrorCode::ReadOnly
                        | ErrorCode::PermissionDenied
                        | ErrorCode::OutOfMemory
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                )
            ),
            _ => false,
        }
    }
}
