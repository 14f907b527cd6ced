//! What can go wrong in the index.

use crate::ledger::LedgerError;

/// Why an operation on the index failed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database refused; the transaction should be rolled back.
    #[error("the index tables could not be read or written")]
    Sql(#[from] rusqlite::Error),
    /// The ledger could not begin or end the transaction.
    #[error(transparent)]
    Ledger(Box<LedgerError>),
    /// A box did not open, or a list broke off: the file was damaged or edited.
    #[error(
        "segment {segment} of the index is damaged ({what}); rebuild the index: chartseal index rebuild"
    )]
    Damaged {
        /// The row of `segment`.
        segment: i64,
        /// What did not hold.
        what: &'static str,
    },
    /// The compartment has been rotated since this key was opened.
    #[error(
        "the index has moved to generation {current}, this key is of generation {held}; open the unit's keys again"
    )]
    StaleKey {
        /// The generation of the key at hand.
        held: u32,
        /// The compartment's generation.
        current: u32,
    },
    /// Another session merges or builds in this compartment; it will finish or its lease will run out.
    #[error("another session is working on this index; try again later")]
    Busy,
    /// While a build ran, another session indexed the same charts or built the index anew, so the build was thrown away.
    #[error("another session indexed the same charts meanwhile; nothing was lost, catch up again")]
    Overtaken,
    /// Whoever had begun the work does not want it any more.
    #[error("stopped; nothing was lost, run it again to go on")]
    Stopped,
    /// Two addresses shared their top 63 bits. A new salt makes it vanish.
    #[error("two blocks of the index met at one address; build again")]
    Collision,
}

impl From<LedgerError> for IndexError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(Box::new(error))
    }
}

/// The outcome of an operation on the index.
pub type Result<T, E = IndexError> = std::result::Result<T, E>;
