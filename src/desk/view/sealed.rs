//! What was given out under seal, and what was opened.

use serde::Serialize;

use super::Stamp;

/// A sealed export was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SealedMade {
    /// The file.
    pub file: String,
    /// What it is on record as: the id of an entry, except of what one person signed before an auditor had joined.
    pub export: String,
    /// Hash of the genesis entry: the recipient is told it by another way, and compares.
    pub vault_id: String,
    /// Fingerprint of the recipient's key.
    pub recipient: String,
    /// What the recipient calls themselves.
    pub name: String,
    /// Entries in it.
    pub entries: u64,
    /// Those that came with their bodies.
    pub opened: u64,
    /// Those of which only the signed header went along.
    pub closed: u64,
    /// The last entry of the ledger that it was taken from.
    pub head: u64,
    /// The snapshot that it was taken from, where it was not the vault itself.
    pub snapshot: Option<String>,
    /// Its size.
    pub bytes: u64,
}

/// Who gave something out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exporter {
    /// The login.
    pub login: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: String,
    /// Fingerprint of the certificate.
    pub fingerprint: String,
}

/// A sealed export was opened, and everything in it held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SealedOpened {
    /// Hash of the genesis entry that everything in it leads to.
    pub vault_id: String,
    /// Whether that is the one that the recipient named; otherwise they compare it themselves.
    pub pinned: bool,
    /// What it is on record as in that vault.
    pub export: String,
    /// Who gave it out.
    pub exporter: Exporter,
    /// When.
    pub created: Stamp,
    /// What for.
    pub purpose: String,
    /// Fingerprint of the recipient's key.
    pub recipient: String,
    /// The chart, where it is one.
    pub chart: Option<String>,
    /// Its sections.
    pub sections: Vec<String>,
    /// Whose entries, where it is everything that one person signed.
    pub signed_by: Option<String>,
    /// The snapshot that it was taken from, where it was not the vault itself.
    pub snapshot: Option<String>,
    /// The last entry of the ledger that it was taken from.
    pub head: u64,
    /// Entries in it.
    pub entries: u64,
    /// Those that came with their bodies.
    pub opened: u64,
    /// Those of which only the signed header came along.
    pub closed: u64,
    /// The file that the entries were written to.
    pub file: Option<String>,
}

/// A recipient's pair of keys was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecipientMade {
    /// What they call themselves.
    pub name: String,
    /// The file to keep.
    pub key_file: String,
    /// The file to give away.
    pub public_file: String,
    /// What two people compare.
    pub fingerprint: String,
}
