//! A vault begins.

use serde::Serialize;

use super::Check;

/// A demonstration vault was made. Nothing in it is real.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoMade {
    /// Folder of the vault.
    pub vault: String,
    /// Folder of the host's state.
    pub host: String,
    /// Who can log in.
    pub logins: Vec<DemoLogin>,
    /// Patients made.
    pub patients: u64,
    /// Entries written.
    pub entries: u64,
    /// The shares that recover keys.
    pub recovery: Shares,
    /// The shares that open backups.
    pub restore: Shares,
}

/// Somebody who can log in to a demonstration vault.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemoLogin {
    /// What to type.
    pub login: String,
    /// Their role.
    pub role: String,
    /// Name of the unit they work in.
    pub unit: Option<String>,
    /// File with the passphrase.
    pub passphrase_file: String,
}

/// A vault was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InitMade {
    /// Folder of the vault.
    pub vault: String,
    /// Hash of the genesis entry.
    pub vault_id: String,
    /// Login of the first admin.
    pub admin: String,
    /// The shares that recover keys.
    pub recovery: Shares,
    /// The shares that open backups.
    pub restore: Shares,
}

/// A secret was split among custodians.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shares {
    /// How many shares there are.
    pub shares: u8,
    /// How many are needed.
    pub threshold: u8,
    /// The files, one a share.
    pub files: Vec<String>,
}

/// What a look at the host's keys found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeysCheck {
    /// Each check with its outcome: files, permissions, the pinned vault, the host's certificate, the high-water mark.
    pub checks: Vec<Check>,
    /// Whether nothing was wrong.
    pub ok: bool,
}
