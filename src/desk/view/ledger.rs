//! The ledger and what hangs on it: import, export, verification, index, status.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::word::words;
use super::{Incident, Stamp};

/// What an import did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// Files read.
    pub files: u64,
    /// Patients found in them.
    pub patients: u64,
    /// Charts that did not exist before.
    pub charts_created: u64,
    /// Charts found by an identifier.
    pub charts_matched: u64,
    /// Entries written.
    pub entries: u64,
    /// The same by kind.
    pub entries_by_kind: BTreeMap<String, u64>,
    /// What could not be taken, and why.
    pub skipped: Vec<Skipped>,
    /// Resources that are kept as documents because their kind is not modelled, by type.
    pub unsupported: BTreeMap<String, u64>,
    /// How long it took.
    pub seconds: f64,
    /// Of the entries, those that amend an earlier import of the same resource.
    pub amended: u64,
    /// Resources that were there already, unchanged.
    pub unchanged: u64,
}

/// A resource that an import could not take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Skipped {
    /// The file, and the position in it.
    pub file: String,
    /// `Type/id` as far as it could be read.
    pub resource: String,
    /// Why.
    pub reason: String,
}

/// A file was written by an export.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exported {
    /// The file.
    pub file: String,
    /// Entries or resources in it.
    pub entries: u64,
    /// Its size.
    pub bytes: u64,
}

words! {
    /// Whether every link follows from the one before.
    "state of a chain" pub enum Chain {
        /// It does.
        Ok = "ok",
        /// It does not.
        Broken = "broken",
    }
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// Entries walked.
    pub entries: u64,
    /// Whether every link follows from the one before.
    pub chain: Chain,
    /// Sequence number of the first entry whose link does not follow.
    pub first_break: Option<u64>,
    /// Signatures and authors.
    pub signatures: Checked,
    /// Grants, slots and the right to have given them.
    pub grants: Grants,
    /// Bodies opened and compared with their commitments; only with the user's keys.
    pub bodies: Bodies,
    /// Index entries compared with the bodies; only with the user's keys.
    pub index: IndexChecked,
    /// How long it took.
    pub seconds: f64,
    /// Whether nothing was wrong.
    pub ok: bool,
    /// Every finding in words, in the order of the ledger.
    pub findings: Vec<Finding>,
    /// Link of the last entry walked.
    pub head: String,
}

/// How many signatures were checked and which are bad.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checked {
    /// How many.
    pub checked: u64,
    /// Sequence numbers of the bad ones.
    pub bad: Vec<u64>,
}

/// How many grants were checked and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Grants {
    /// How many.
    pub checked: u64,
    /// One line for each bad one: grant id and what is wrong.
    pub bad: Vec<String>,
}

/// How many bodies were opened, which are bad, how many stay closed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Bodies {
    /// How many were opened.
    pub checked: u64,
    /// Sequence numbers of those that do not open with the right key or break their commitment.
    pub bad: Vec<u64>,
    /// How many the session's keys do not open.
    pub unreadable: u64,
}

/// How the index compares with the bodies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IndexChecked {
    /// Pairs of term and entry compared.
    pub checked: u64,
    /// Pairs that should be there and are not.
    pub missing: u64,
    /// Pairs that are there and should not be.
    pub stray: u64,
    /// What of it: the entry, if it is about one, and in which unit's index. A report lists them with its other findings.
    #[serde(skip)]
    pub findings: Vec<(Option<u64>, String)>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Where in the ledger; absent for what lies outside it.
    pub seq: Option<u64>,
    /// What is wrong, in one line.
    pub text: String,
}

/// A report of a verification that the host keeps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyLine {
    /// When the verification ended; names the report.
    pub at: Stamp,
    /// Entries walked.
    pub entries: u64,
    /// How many things were wrong.
    pub findings: u64,
    /// Whether nothing was wrong.
    pub ok: bool,
    /// How long it took.
    pub seconds: f64,
}

/// The size of the search index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexStats {
    /// Pairs of term and entry.
    pub pairs: u64,
    /// Merged segments.
    pub segments: u64,
    /// Rows in the log that no merge has taken up yet.
    pub log_rows: u64,
    /// Size in the file.
    pub bytes: u64,
    /// Size for each pair.
    pub bytes_per_pair: f64,
}

/// What anyone on the host may know of the vault.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Folder of the vault.
    pub vault: String,
    /// Version of the file's layout.
    pub schema: u32,
    /// Entries in the ledger.
    pub entries: u64,
    /// Charts.
    pub charts: u64,
    /// Users who may log in.
    pub users: u64,
    /// Units.
    pub units: u64,
    /// When the last backup was marked.
    pub last_backup: Option<Stamp>,
    /// Whether that is more than 26 hours ago; where there is none, whether the vault is older than that.
    pub backup_overdue: bool,
    /// The head of that backup, as a text to be written down. Of several targets it is of the one that it went to.
    pub last_backup_head: Option<String>,
    /// What went wrong in backups, and nobody has seen yet, the newest first.
    pub backup_incidents: Vec<Incident>,
    /// When a restore was last rehearsed and found whole.
    pub last_drill: Option<Stamp>,
    /// When the last verification was marked.
    pub last_verify: Option<Stamp>,
    /// Accounts that refuse every attempt just now.
    pub locked_accounts: u64,
    /// Version of SQLite.
    pub sqlite: String,
    /// Version of chartseal.
    pub version: String,
    /// Hash of the genesis entry.
    pub vault_id: String,
    /// How many shares of a set are needed.
    pub share_threshold: u8,
    /// Size of the vault's file.
    pub bytes: u64,
}
