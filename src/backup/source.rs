//! What a backup reads from and a restore writes to, so that this module needs to know neither store nor vault.

use std::fmt;

pub use crate::ledger::{Head, Row};

use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::VerifyKey;
use crate::crypto::{Hash, SecretBytes};

/// Whatever went wrong in a source or a restorer, with its own words.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A restorer stops although nothing is wrong with what it was given: the disk is full, say.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MachineFailed(pub Cause);

/// The number of a table that changes or vanishes, and so cannot be carried as "what came after N". The store that
/// owns the tables gives the numbers; they are part of the format and are never used again for another table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub u8);

impl TableId {
    /// Wrapped keys.
    pub const SLOT: Self = Self(1);
    /// What users unlock with.
    pub const CREDENTIAL: Self = Self(2);
    /// Sealed personal drafts.
    pub const DRAFT: Self = Self(3);
    /// Segments of the search index.
    pub const INDEX_SEGMENT: Self = Self(4);
    /// The open log of the search index.
    pub const INDEX_LOG: Self = Self(5);

    /// Whether the table can be rebuilt from the ledger, so that a restore of an older snapshot leaves it out.
    pub const fn is_index(self) -> bool {
        matches!(self, Self::INDEX_SEGMENT | Self::INDEX_LOG)
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SLOT => f.write_str("slot"),
            Self::CREDENTIAL => f.write_str("credential"),
            Self::DRAFT => f.write_str("draft"),
            Self::INDEX_SEGMENT => f.write_str("index segment"),
            Self::INDEX_LOG => f.write_str("index log"),
            Self(n) => write!(f, "table {n}"),
        }
    }
}

impl fmt::Debug for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One consistent moment: the ledger's head, beside the tables as they were at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The last entry.
    pub head: Head,
    /// The version of the store's schema, told in the manifest.
    pub schema: u32,
    /// Bytes of entries after the sequence number that was asked for, if that is cheap to know.
    pub bytes: Option<u64>,
}

/// Takes a row of a table, in its own encoding.
pub type TakeRow<'a> = dyn FnMut(TableId, &[u8]) -> Result<(), Cause> + 'a;

/// What a backup reads.
pub trait Source: Send + Sync {
    /// Reads head and tables in one short transaction. `after` is the last entry that needs no sending. The rows of a
    /// table come one after the other, in an order that stays the same while the rows do (by primary key, say): what does
    /// not move is not sent again. **They are given out as they are read**: no table has to fit in memory.
    fn freeze(&self, after: u64, take: &mut TakeRow<'_>) -> Result<Frozen, Cause>;

    /// At most `limit` entries after `seq`, in order and without gaps, and at least one while there is one; entries are
    /// numbered from 1. Few where they are long. **No transaction is left open.**
    fn rows_after(&self, seq: u64, limit: usize) -> Result<Vec<Row>, Cause>;
}

/// What a restore found out about the snapshot, for the restorer to judge against the ledger that it now has.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The vault that the shares name: the hash of its genesis entry.
    pub vault: Hash,
    /// The key that all objects were sealed to; **genesis, or a later certified change, must name it**.
    pub restore_public: KemPublic,
    /// Who signed the manifests in use; **each must be a certified host identity of the ledger**.
    pub signers: Vec<VerifyKey>,
    /// Where the ledger ends.
    pub head: Head,
}

/// What a restore writes to: a store in a folder of its own that becomes the vault only when all went well. **A failure of the
/// machine is given as [`MachineFailed`]**; any other says that the snapshot does not hold.
pub trait Restorer: Send {
    /// Appends entries, which come in order, and checks their links.
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), Cause>;

    /// Entries that came after the snapshot, in order. They are not appended; the revocations and erasures among them
    /// are to be applied, so that an old snapshot revives nobody.
    fn later(&mut self, rows: Vec<Row>) -> Result<(), Cause>;

    /// Takes rows of a table.
    fn table(&mut self, table: TableId, rows: Vec<Vec<u8>>) -> Result<(), Cause>;

    /// Takes back what was given of the index, which did not come whole: the vault makes it anew from its entries.
    fn without_index(&mut self) -> Result<(), Cause>;

    /// Rebuilds views, checks the store and the whole ledger, and judges where the snapshot came from. The host secret
    /// that the shares carried is what the vault's users need to unlock on the new host.
    fn finish(&mut self, provenance: &Provenance, host_secret: &SecretBytes) -> Result<(), Cause>;
}
