//! The host's own state, outside the vault and its backups: a stolen vault is useless without it.
//!
//! | file | holds |
//! |---|---|
//! | `host-secret` | 32 random bytes that go into every Argon2 call |
//! | `identity` | the host's X25519 and Ed25519 secrets: signs what has no user |
//! | `vault-id` | the link of genesis, pinned |
//! | `high-water` | number and link of the last entry this host has seen; raised under `high-water.lock` |
//! | `turn.lock`, `turn-1.lock` to `turn-4.lock` | nothing: their locks are the turns at Argon2 |
//! | `backup-keys` | the keys that write backups and cannot read them |
//! | `last-verify` | when the ledger was last verified without a finding |
//! | `verifications/` | the last reports of verifications |
//! | `demonstration` | the vault's id again, where the vault was made to be looked around in |
//!
//! **All of it is readable by the service account alone (0600 in 0700), refused when wider.**

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use crate::crypto::hash::Hash;
use crate::crypto::hex::{hex, unhex};
use crate::crypto::hpke::KemSecret;
use crate::crypto::secret::{Secret, SecretBytes};
use crate::crypto::sign::SigningKey;
use crate::ledger::store::{check_private, create_private_folder};
use crate::ledger::{Head, LedgerError};

use super::error::VaultError;

/// The files that make a host, in the order in which they are written.
pub const FILES: [&str; 5] = [
    "host-secret",
    "identity",
    "vault-id",
    "high-water",
    "backup-keys",
];

/// Says of the vault that it names that nothing in it is real.
const DEMONSTRATION: &str = "demonstration";

/// Held while the high-water mark is raised.
const HIGH_WATER_LOCK: &str = "high-water.lock";

/// The host's state.
#[derive(Debug)]
pub struct Host {
    folder: PathBuf,
    /// Whether this process made the folder.
    made: bool,
    vault: Hash,
    secret: Secret<32>,
    kem: KemSecret,
    sign: SigningKey,
}

/// The secrets of a host that does not yet know its vault.
#[derive(Debug)]
pub struct NewHost {
    /// Goes into every Argon2 call.
    pub secret: Secret<32>,
    /// Receives.
    pub kem: KemSecret,
    /// Signs.
    pub sign: SigningKey,
}

impl NewHost {
    /// Draws fresh secrets.
    pub fn random() -> Self {
        Self {
            secret: Secret::random(),
            kem: KemSecret::random(),
            sign: SigningKey::random(),
        }
    }

    /// Fresh identity, known host secret: what a restore has.
    pub fn with_secret(secret: Secret<32>) -> Self {
        Self {
            secret,
            ..Self::random()
        }
    }

    /// Writes the state of a host for a vault. Never overwrites another, never leaves half of one.
    pub fn settle(self, folder: &Path, vault: Hash) -> Result<Host, VaultError> {
        let made = !folder.exists();
        create_private_folder(folder)?;
        if let Some(name) = FILES.iter().find(|name| folder.join(name).exists()) {
            return Err(VaultError::Host(format!(
                "{} already holds the state of a host ({name}): name another folder with --host",
                folder.display()
            )));
        }
        let identity = Zeroizing::new(
            [
                self.kem.secret().expose().as_slice(),
                self.sign.secret().expose(),
            ]
            .concat(),
        );
        let files = [
            ("host-secret", hex(self.secret.expose())),
            ("identity", hex(&identity)),
            ("vault-id", vault.to_string()),
        ]
        .map(|(name, text)| (name, Zeroizing::new(text)));
        let host = Host {
            folder: folder.to_owned(),
            made,
            vault,
            secret: self.secret,
            kem: self.kem,
            sign: self.sign,
        };
        for (name, text) in files {
            if let Err(error) = write_private(&folder.join(name), text.as_bytes()) {
                host.unsettle();
                return Err(error);
            }
        }
        Ok(host)
    }
}

impl Host {
    /// Opens the state of a host.
    pub fn open(folder: &Path) -> Result<Self, VaultError> {
        if !folder.join("vault-id").exists() {
            return Err(VaultError::Host(format!(
                "no host state in {}: a copy of a vault without it cannot be opened; name the right folder with --host, \
                 or restore with the restore shares",
                folder.display()
            )));
        }
        check_private(folder, 0o700)?;
        let vault = read_private(folder, "vault-id", 32)?;
        let secret = read_private(folder, "host-secret", 32)?;
        let identity = read_private(folder, "identity", 64)?;
        let part = |bytes: &[u8]| {
            Secret::from_slice(bytes)
                .ok_or_else(|| VaultError::Host("the host's identity is damaged".into()))
        };
        Ok(Self {
            folder: folder.to_owned(),
            made: false,
            vault: Hash(vault.expose().try_into().expect("the length was checked")),
            secret: part(secret.expose())?,
            kem: KemSecret::from_secret(&part(&identity.expose()[..32])?),
            sign: SigningKey::from_secret(&part(&identity.expose()[32..])?),
        })
    }

    /// Takes back the state of a vault that did not come about.
    pub(crate) fn unsettle(self) {
        let locks = Self::turn_files().chain([HIGH_WATER_LOCK]);
        for name in FILES.into_iter().chain(locks) {
            let _ = fs::remove_file(self.folder.join(name));
        }
        if self.made {
            // Only if it is empty.
            let _ = fs::remove_dir(&self.folder);
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The vault it belongs to.
    pub fn vault(&self) -> Hash {
        self.vault
    }

    /// Goes into every Argon2 call.
    pub fn secret(&self) -> &Secret<32> {
        &self.secret
    }

    /// Receives.
    pub fn kem(&self) -> &KemSecret {
        &self.kem
    }

    /// Signs what has no user.
    pub fn sign(&self) -> &SigningKey {
        &self.sign
    }

    /// The last entry this host has seen.
    pub fn high_water(&self) -> Result<Option<Head>, VaultError> {
        let path = self.folder.join("high-water");
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_private(&self.folder, "high-water", 40)?;
        let (seq, link) = bytes.expose().split_at(8);
        Ok(Some(Head {
            seq: u64::from_be_bytes(seq.try_into().expect("the length was checked")),
            link: Hash(link.try_into().expect("the length was checked")),
        }))
    }

    /// Remembers how far this host has seen. It only ever goes up.
    pub fn raise_high_water(&self, head: Head) -> Result<(), VaultError> {
        let behind =
            || Ok::<_, VaultError>(self.high_water()?.is_none_or(|seen| seen.seq < head.seq));
        if !behind()? {
            return Ok(());
        }
        // Another process may have seen further meanwhile: look again under the lock.
        let lock = self.lock_file(HIGH_WATER_LOCK)?;
        lock.lock().map_err(self.lock_error(HIGH_WATER_LOCK))?;
        if !behind()? {
            return Ok(());
        }
        let bytes = [&head.seq.to_be_bytes()[..], &head.link.0].concat();
        replace_private(&self.folder.join("high-water"), hex(&bytes).as_bytes())
    }

    /// Marks the vault as a demonstration.
    pub fn mark_demonstration(&self) -> Result<(), VaultError> {
        let mark = self.folder.join(DEMONSTRATION);
        replace_private(&mark, self.vault.to_string().as_bytes())
    }

    /// Whether the vault is a demonstration, in which nothing is real. **What lies beside a vault never says so**, and a mark that was
    /// left behind by another vault does not count.
    pub fn is_demonstration(&self) -> bool {
        let mark = read_private(&self.folder, DEMONSTRATION, 32);
        mark.is_ok_and(|vault| vault.expose() == self.vault.0)
    }

    /// The keys that write backups, once there are any.
    pub fn backup_keys(&self) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let path = self.folder.join("backup-keys");
        if !path.exists() {
            return Ok(None);
        }
        check_private(&path, 0o600)?;
        let text = fs::read_to_string(&path).map_err(|source| VaultError::Io { path, source })?;
        let text = Zeroizing::new(text);
        Ok(unhex(text.trim()).map(Zeroizing::new))
    }

    /// Stores the keys that write backups.
    pub fn put_backup_keys(&self, keys: &[u8]) -> Result<(), VaultError> {
        let text = Zeroizing::new(hex(keys));
        replace_private(&self.folder.join("backup-keys"), text.as_bytes())
    }
}

fn read_private(folder: &Path, name: &str, length: usize) -> Result<SecretBytes, VaultError> {
    let path = folder.join(name);
    check_private(&path, 0o600).map_err(|error| match error {
        LedgerError::Io { path, source } => VaultError::Io { path, source },
        other => other.into(),
    })?;
    let text = fs::read_to_string(&path).map_err(|source| VaultError::Io {
        path: path.clone(),
        source,
    })?;
    let text = Zeroizing::new(text);
    unhex(text.trim())
        .map(SecretBytes::new)
        .filter(|bytes| bytes.len() == length)
        .ok_or_else(|| {
            VaultError::Host(format!(
                "{} is damaged: expected {} hexadecimal digits",
                path.display(),
                length * 2
            ))
        })
}

/// Writes a new file that only its owner can read, and waits for the disk.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    let io = |source| VaultError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    file.write_all(bytes)
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .inspect_err(|_| {
            // Half a secret is none.
            let _ = fs::remove_file(path);
        })
        .map_err(io)
}

/// Replaces a file in one step: readers see the old or the new, never half.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Two threads of one process may replace the same file.
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let fresh = path.with_extension(format!("new-{}-{number}", std::process::id()));
    let _ = fs::remove_file(&fresh);
    write_private(&fresh, bytes)?;
    fs::rename(&fresh, path).map_err(|source| VaultError::Io {
        path: path.to_owned(),
        source,
    })
}
