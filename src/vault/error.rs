//! What can go wrong between a person and a key.

use std::path::PathBuf;

use crate::crypto::hpke::HpkeError;
use crate::ledger::{ChartId, LedgerError, OpenEntryError, Section};

/// What happened, to what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Login or passphrase is wrong. Does not say which: accounts are not to be guessed.
    #[error("login or passphrase is wrong")]
    WrongPassphrase,
    /// Too many failures.
    #[error("this account is locked for {seconds} s after failed attempts")]
    LockedOut {
        /// How long still.
        seconds: u64,
    },
    /// The person has not activated, or was not approved yet.
    #[error("{login} is {state}: {remedy}")]
    NotActive {
        /// The login.
        login: String,
        /// `invited`, `activated`, `disabled`.
        state: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The session was locked.
    #[error("the session is locked: unlock it first")]
    Locked,
    /// The role does not permit the act.
    #[error("a {role} may not {act}")]
    Role {
        /// The person's role.
        role: &'static str,
        /// What was tried.
        act: String,
    },
    /// The keys do not reach.
    #[error("your keys do not open the {section} section of this chart: request access")]
    NoKey {
        /// Which section.
        section: Section,
    },
    /// There is no such chart.
    #[error("no chart {0} is known here")]
    NoChart(ChartId),
    /// Something is not known.
    #[error("no {what} `{name}`{hint}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        name: String,
        /// What to do, with its own leading words.
        hint: &'static str,
    },
    /// Something exists already.
    #[error("{what} `{name}` exists already")]
    Exists {
        /// What.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The input is not acceptable.
    #[error("{0}")]
    Invalid(String),
    /// The one-time code is wrong, used, or too old.
    #[error("the one-time code is wrong, used or expired: ask an admin for a new one")]
    BadCode,
    /// The keys that await approval are not those that were compared.
    #[error(
        "the keys that await approval for {login} have the fingerprint {found}, not the one that was compared: somebody \
         else may have used the code; `chartseal user reset {login}` makes a new one"
    )]
    OtherFingerprint {
        /// The login.
        login: String,
        /// The fingerprint of the keys in the file.
        found: String,
    },
    /// A stored key, credential or certificate is not the one that the signed entries name.
    #[error("{0}: the file was altered; stop, keep it as it is, and run `chartseal verify`")]
    Substituted(String),
    /// The chain is broken.
    #[error("entry {seq}: {what}; stop, keep the file as it is, and run `chartseal verify`")]
    Broken {
        /// Where.
        seq: u64,
        /// What.
        what: String,
    },
    /// The ledger is shorter than this host remembers, or another one.
    #[error(
        "the ledger ends at entry {found}, but this host has seen entry {seen}: it was cut or rolled back; \
         restore from a backup, or compare with the printed head"
    )]
    RolledBack {
        /// What the host remembers.
        seen: u64,
        /// What is there.
        found: u64,
    },
    /// The host's state does not belong to this vault.
    #[error("{0}")]
    Host(String),
    /// A body does not open.
    #[error("entry {seq}: {source}")]
    Body {
        /// Which entry.
        seq: u64,
        /// Why.
        source: OpenEntryError,
    },
    /// The ledger said no.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A key could not be sealed to a holder.
    #[error("a public key is not usable: {0}")]
    Hpke(#[from] HpkeError),
    /// The file system said no.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl VaultError {
    /// Whether somebody was refused, as opposed to something being wrong.
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::WrongPassphrase
                | Self::LockedOut { .. }
                | Self::NotActive { .. }
                | Self::Locked
                | Self::Role { .. }
                | Self::NoKey { .. }
                | Self::BadCode
                | Self::OtherFingerprint { .. }
        )
    }
}
