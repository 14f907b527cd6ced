//! The keys of a repository: what a host holds to write backups, and what the restore shares carry to read them.
//!
//! ```text
//! restore key   X25519, random                                    only on the shares
//! host secret   32 random bytes of the host                       on the host and on the shares
//! K_id        = HKDF(restore key, "chartseal/backup/id/v1")       on the host
//! K_manifest  = HKDF(restore key, "chartseal/backup/manifest/v1") on the host
//! K_cut       = HKDF(K_id, "chartseal/backup/cut/v1")             where table packs end
//! K_place     = HKDF(K_manifest, "chartseal/backup/place/v1")     names targets in the ledger
//! ```
//!
//! A pruner, who deletes and cannot write, has K_manifest and a signing key of its own: see [`super::pruner`].
//!
//! HKDF runs one way: **the host holds K_id, K_manifest, the public key and its own signing key, and so can write
//! backups and cannot read old ones**. Because the shares need to carry only what cannot be derived, a share stays
//! short enough to type.

use std::fmt;

use super::location::Location;
use super::manifest::HostId;
use crate::crypto::hpke::{KemPublic, KemSecret};
use crate::crypto::mac::MacKey;
use crate::crypto::sign::SigningKey;
use crate::crypto::{Hash, Secret, SecretBytes, hex, kdf, random};

const ID_LABEL: &str = "chartseal/backup/id/v1";
const MANIFEST_LABEL: &str = "chartseal/backup/manifest/v1";
const CUT_LABEL: &str = "chartseal/backup/cut/v1";
const PLACE_LABEL: &str = "chartseal/backup/place/v1";

/// A repository's own random name: sealed into every object and signed into every manifest, so that nothing can be
/// carried from one repository to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId(pub [u8; 16]);

impl RepositoryId {
    /// A new one.
    pub fn random() -> Self {
        Self(random::bytes())
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::hex(&self.0))
    }
}

impl fmt::Debug for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a host holds to write backups.
#[derive(Debug)]
pub struct BackupKeys {
    /// The repository.
    pub repository: RepositoryId,
    /// The vault: the hash of its genesis entry.
    pub vault: Hash,
    /// Makes object ids.
    pub k_id: Secret<32>,
    /// Seals manifests.
    pub k_manifest: Secret<32>,
    /// What objects are sealed to.
    pub restore_public: KemPublic,
    /// The host identity, which signs manifests.
    pub signing: SigningKey,
}

impl BackupKeys {
    /// The key for object ids, prepared.
    pub(super) fn id_key(&self) -> MacKey {
        MacKey::new(&self.k_id)
    }

    /// The key that decides where table packs end.
    pub(super) fn cut_key(&self) -> MacKey {
        MacKey::new(&kdf::derive(&self.k_id, CUT_LABEL, b""))
    }

    /// How marks in the ledger name a target: `HMAC-SHA256(K_place, host(16) || address)`, with zeros for the host where the
    /// address leads to the same place from any other. It tells nothing to whoever reads the ledger alone, and **the
    /// target has no say in it**: an operator cannot serve an old state as one that was never marked.
    pub fn place(&self, location: &Location) -> Hash {
        let host = if location.is_local() {
            HostId::of(&self.signing.public()).0
        } else {
            [0; 16]
        };
        let key = MacKey::new(&kdf::derive(&self.k_manifest, PLACE_LABEL, b""));
        Hash(key.tag(&[&host, location.place().as_bytes()]))
    }

    /// What the host's folder keeps beside the host identity: 16 + 32 + 32 + 32 + 32 bytes, **to be kept as a secret**.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut bytes = SecretBytes::new(Vec::with_capacity(144));
        for part in [
            &self.repository.0[..],
            &self.vault.0,
            self.k_id.expose(),
            self.k_manifest.expose(),
            &self.restore_public.0,
        ] {
            bytes.extend(part);
        }
        bytes
    }

    /// Reads what [`BackupKeys::to_bytes`] wrote; `None` if the length is wrong.
    pub fn from_bytes(bytes: &[u8], signing: SigningKey) -> Option<Self> {
        let (repository, rest) = bytes.split_first_chunk::<16>()?;
        let (vault, rest) = rest.split_first_chunk::<32>()?;
        let (k_id, rest) = rest.split_first_chunk::<32>()?;
        let (k_manifest, rest) = rest.split_first_chunk::<32>()?;
        Some(Self {
            repository: RepositoryId(*repository),
            vault: Hash(*vault),
            k_id: Secret::new(*k_id),
            k_manifest: Secret::new(*k_manifest),
            restore_public: KemPublic::from_slice(rest)?,
            signing,
        })
    }
}

/// What is needed to forget and prune: to read manifests and to set tombstones.
pub trait KeeperKeys: Send + Sync {
    /// The repository.
    fn repository(&self) -> RepositoryId;
    /// Opens manifests and vouches for tombstones.
    fn k_manifest(&self) -> &Secret<32>;
    /// Signs tombstones.
    fn signing(&self) -> &SigningKey;
}

impl KeeperKeys for BackupKeys {
    fn repository(&self) -> RepositoryId {
        self.repository
    }

    fn k_manifest(&self) -> &Secret<32> {
        &self.k_manifest
    }

    fn signing(&self) -> &SigningKey {
        &self.signing
    }
}

/// What the restore shares carry.
#[derive(Debug)]
pub struct RestoreSecret {
    /// Opens objects.
    pub restore: KemSecret,
    /// The host secret that the vault's passphrases are stretched with.
    pub host_secret: Secret<32>,
}

impl RestoreSecret {
    /// A new restore key beside the host's secret.
    pub fn random(host_secret: Secret<32>) -> Self {
        Self {
            restore: KemSecret::random(),
            host_secret,
        }
    }

    /// Makes object ids.
    pub fn k_id(&self) -> Secret<32> {
        kdf::derive(&self.restore.secret(), ID_LABEL, b"")
    }

    /// Opens manifests.
    pub fn k_manifest(&self) -> Secret<32> {
        kdf::derive(&self.restore.secret(), MANIFEST_LABEL, b"")
    }

    /// What the host keeps of it.
    pub fn backup_keys(
        &self,
        repository: RepositoryId,
        vault: Hash,
        signing: SigningKey,
    ) -> BackupKeys {
        BackupKeys {
            repository,
            vault,
            k_id: self.k_id(),
            k_manifest: self.k_manifest(),
            restore_public: self.restore.public(),
            signing,
        }
    }

    /// The 64 bytes that are split into shares.
    pub fn to_bytes(&self) -> SecretBytes {
        let mut bytes = SecretBytes::new(Vec::with_capacity(64));
        bytes.extend(self.restore.secret().expose());
        bytes.extend(self.host_secret.expose());
        bytes
    }

    /// Reads what [`RestoreSecret::to_bytes`] wrote; `None` if the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (restore, host_secret) = bytes.split_first_chunk::<32>()?;
        Some(Self {
            restore: KemSecret::from_secret(&Secret::new(*restore)),
            host_secret: Secret::from_slice(host_secret)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_host_survive_their_file() {
        let secret = RestoreSecret::random(Secret::random());
        let keys = secret.backup_keys(RepositoryId::random(), Hash([7; 32]), SigningKey::random());
        let again =
            BackupKeys::from_bytes(keys.to_bytes().expose(), keys.signing.duplicate()).unwrap();
        assert_eq!(again.to_bytes().expose(), keys.to_bytes().expose());
        assert_eq!(again.restore_public, secret.restore.public());
        assert!(
            BackupKeys::from_bytes(&keys.to_bytes().expose()[1..], SigningKey::random()).is_none()
        );
    }

    #[test]
    fn the_restore_secret_gives_the_same_keys_again() {
        let secret = RestoreSecret::random(Secret::random());
        let again = RestoreSecret::from_bytes(secret.to_bytes().expose()).unwrap();
        assert_eq!(again.k_id().expose(), secret.k_id().expose());
        assert_eq!(again.k_manifest().expose(), secret.k_manifest().expose());
        assert_ne!(again.k_id().expose(), again.k_manifest().expose());
        assert_eq!(again.host_secret.expose(), secret.host_secret.expose());
    }

    #[test]
    fn keys_do_not_print() {
        let secret = RestoreSecret::random(Secret::random());
        let printed = format!("{secret:?}");
        assert!(!printed.contains(&hex::hex(secret.host_secret.expose())));
        assert!(!printed.contains(&hex::hex(secret.restore.secret().expose())));
    }
}
