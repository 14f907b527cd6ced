//! What the desk refuses, and how the command line and the screen tell it.

use crate::backup::{BackupError, Fault};
use crate::crypto::hpke::HpkeError;
use crate::index::{IndexError, QueryError};
use crate::ledger::LedgerError;
use crate::vault::VaultError;
use crate::vault::shares::ShareError;

/// What kind of refusal: the command line's exit code hangs on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The command or the configuration is wrong.
    Usage,
    /// Not authenticated, or denied.
    Denied,
    /// The input is bad; nothing was written.
    BadInput,
    /// Something outside failed; safe to run again.
    Outside,
    /// Something was found wrong.
    Found,
    /// A defect of the program.
    Defect,
}

/// What happened, to what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The vault said no.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The index said no.
    #[error(transparent)]
    Index(IndexError),
    /// Compartments of the index that were passed over, with why; the others are done.
    #[error("passed over, while the rest is done: {}", .0.join("; "))]
    PassedOver(Vec<String>),
    /// The backup repository said no.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The address of a target does not ask for TLS, which the configuration requires.
    #[error("the backup target is to be reached without TLS, which is required here")]
    NeedsTls,
    /// The shares do not come together.
    #[error(transparent)]
    Shares(#[from] ShareError),
    /// The query does not parse.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Nobody here has that record number, or the session may not know.
    #[error("no chart has the record number {0}")]
    NoSuchChart(String),
    /// An entry, prescription or request is not known here.
    #[error("no {what} {id} is known here")]
    NoSuchEntry {
        /// What was looked for.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A safety check stands against it.
    #[error("{0}")]
    StoppedByCheck(String),
    /// The act is not legal in this state.
    #[error("{0}")]
    NotNow(String),
    /// The role or keys do not permit it.
    #[error("{0}")]
    Denied(String),
    /// The input is not acceptable.
    #[error("{0}")]
    BadInput(String),
    /// What was read does not verify.
    #[error("{0}")]
    Damaged(String),
    /// The work was stopped before its end.
    #[error("stopped; nothing was lost, run it again to go on")]
    Stopped,
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something outside failed.
    #[error("{0}")]
    Outside(String),
}

impl From<LedgerError> for DeskError {
    fn from(error: LedgerError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<HpkeError> for DeskError {
    fn from(error: HpkeError) -> Self {
        Self::Vault(error.into())
    }
}

impl DeskError {
    /// What kind of refusal.
    pub fn class(&self) -> Class {
        match self {
            Self::Vault(error) => class_of(error),
            Self::Backup(error) => class_of_fault(error.fault()),
            Self::NeedsTls => Class::Usage,
            Self::Shares(ShareError::Unreadable { .. }) => Class::BadInput,
            Self::Shares(_) => Class::Denied,
            Self::StoppedByCheck(_) | Self::Denied(_) => Class::Denied,
            Self::Query(_)
            | Self::NoSuchChart(_)
            | Self::NoSuchEntry { .. }
            | Self::NotNow(_)
            | Self::BadInput(_) => Class::BadInput,
            Self::Damaged(_) => Class::Found,
            Self::Index(_)
            | Self::PassedOver(_)
            | Self::Stopped
            | Self::Io { .. }
            | Self::Outside(_) => Class::Outside,
        }
    }

    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Vault(VaultError::Ledger(LedgerError::Exists(_))) => "vault-exists",
            Self::Vault(error) => match class_of(error) {
                Class::Usage => "no-vault",
                Class::Denied => "denied",
                Class::BadInput => "bad-input",
                Class::Found => "damaged",
                Class::Outside => "outside",
                Class::Defect => "defect",
            },
            Self::Index(_) | Self::PassedOver(_) => "index",
            Self::Backup(error) => match error.fault() {
                Fault::Outside => "target",
                Fault::Evidence => "tampering",
                Fault::Request => "backup-request",
                Fault::Cancelled => "stopped",
                Fault::Defect => "defect",
            },
            Self::NeedsTls => "tls-required",
            Self::Shares(_) => "shares",
            Self::Query(_) => "bad-query",
            Self::NoSuchChart(_) => "no-such-chart",
            Self::NoSuchEntry { .. } => "no-such-entry",
            Self::StoppedByCheck(_) => "stopped-by-check",
            Self::NotNow(_) => "not-now",
            Self::Denied(_) => "denied",
            Self::BadInput(_) => "bad-input",
            Self::Damaged(_) => "damaged",
            Self::Stopped => "stopped",
            Self::Io { .. } | Self::Outside(_) => "outside",
        }
    }

    /// What to do, where the message does not say it already.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoSuchChart(_) | Self::Vault(VaultError::NoChart(_)) => {
                "`chartseal chart list` shows the charts that your keys open"
            }
            Self::NoSuchEntry { what, .. } => match *what {
                "prescription" => "`chartseal rx list` shows them",
                "lot" => "`chartseal stock list` shows the shelf",
                "user" => "`chartseal user list` shows them",
                "request" | "share" | "break-glass" => "`chartseal access list` shows them",
                _ => "`chartseal chart show MRN` names the entries of a chart",
            },
            Self::StoppedByCheck(_) => "sign past it with --override REASON, or change the order",
            Self::Vault(VaultError::NoKey { .. }) => {
                "`chartseal access request --chart MRN` asks for it"
            }
            Self::NeedsTls => {
                "add tls=true to the address, or see security.tls in the configuration"
            }
            Self::Damaged(_) => "keep the file as it is and run `chartseal verify`",
            Self::Backup(BackupError::Stranger { .. }) => {
                "if another host was certified, make the pruner's keys anew on a host: `chartseal backup pruner --out FILE`"
            }
            Self::Backup(
                BackupError::Damaged { .. }
                | BackupError::ObjectMissing { .. }
                | BackupError::ObjectCorrupt { .. }
                | BackupError::ObjectUnreadable { .. }
                | BackupError::ObjectSealed { .. }
                | BackupError::Inconsistent { .. },
            ) => {
                "look for another copy of the repository; with --accept-damage `backup restore` takes the newest snapshot that is \
                 whole and names all that is not"
            }
            Self::Backup(BackupError::Manifest { .. }) => {
                "find out who put it there, and keep a copy; what no host wrote can then be removed under a credential that may"
            }
            Self::Backup(BackupError::NoneWhole { .. }) => {
                "look for another copy of the repository; an older snapshot than the head is taken only by its id: --snapshot ID"
            }
            _ => return None,
        };
        Some(hint.into())
    }

    /// A wrapper for file errors.
    pub fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            source,
        }
    }
}

fn class_of_fault(fault: Fault) -> Class {
    match fault {
        Fault::Outside | Fault::Cancelled => Class::Outside,
        Fault::Evidence => Class::Found,
        Fault::Request => Class::Usage,
        Fault::Defect => Class::Defect,
    }
}

impl From<IndexError> for DeskError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Stopped => Self::Stopped,
            error => Self::Index(error),
        }
    }
}

fn class_of(error: &VaultError) -> Class {
    match error {
        _ if error.is_denial() => Class::Denied,
        VaultError::Host(_) => Class::Usage,
        VaultError::NoChart(_)
        | VaultError::Unknown { .. }
        | VaultError::Exists { .. }
        | VaultError::Invalid(_) => Class::BadInput,
        VaultError::Substituted(_)
        | VaultError::Broken { .. }
        | VaultError::RolledBack { .. }
        | VaultError::Body { .. } => Class::Found,
        VaultError::Ledger(
            LedgerError::Missing(_)
            | LedgerError::Exists(_)
            | LedgerError::Permissions { .. }
            | LedgerError::NewerSchema { .. }
            | LedgerError::NotAVault(_),
        ) => Class::Usage,
        VaultError::Ledger(
            LedgerError::Damaged { .. }
            | LedgerError::AlteredSchema(_)
            | LedgerError::Encoding(_)
            | LedgerError::Clear(_),
        ) => Class::Found,
        _ => Class::Outside,
    }
}
