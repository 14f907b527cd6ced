//! Why a sealed export does not open.

use std::io;
use std::path::PathBuf;

use super::recipient::fingerprint;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::crypto::stream::StreamError;

/// What is wrong, and where.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// Another kind of file.
    #[error("it is no sealed export: it begins like another kind of file")]
    NotOne,
    /// A later format.
    #[error("it is of version {0}, which this version of chartseal does not read")]
    Version(u8),
    /// HPKE does not say which.
    #[error(
        "the key {} does not open it: it was sealed to another recipient, or bytes 17 to 97 were altered",
        fingerprint(.0)
    )]
    NotToThisKey(KemPublic),
    /// The bytes are not those that were sealed.
    #[error(transparent)]
    Stream(StreamError),
    /// A record stands where it should not, or does not read.
    #[error("record {nth}: {what}")]
    Record {
        /// Which one, from 1.
        nth: u64,
        /// What is wrong with it.
        what: String,
    },
    /// An entry does not hold.
    #[error("entry {seq}: {what}")]
    Entry {
        /// Its number in the source ledger, as the exporter says.
        seq: u64,
        /// What is wrong with it.
        what: String,
    },
    /// It leads to another genesis than the one that the recipient knows.
    #[error("it comes from the vault {found}, and not from {pinned}")]
    OtherVault {
        /// The genesis that it leads to.
        found: Hash,
        /// The one that the recipient named.
        pinned: Hash,
    },
    /// The exporter is not who the statement says, or did not sign it.
    #[error("its exporter: {0}")]
    Exporter(String),
    /// Whoever watches wants no more.
    #[error("stopped; nothing was written")]
    Stopped,
    /// The export cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
    /// What would be written, or what a killed run left of it, exists already.
    #[error("{0}")]
    Exists(String),
    /// What it holds cannot be written.
    #[error("{path}: {source}", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl From<StreamError> for SealedError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Io(error) => Self::Unreadable(error),
            error => Self::Stream(error),
        }
    }
}
