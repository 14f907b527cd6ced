//! The repository record: what makes a target a repository, under `keys/repository`.
//!
//! ```text
//! record = [1, repository(16), vault(32), restore public key(32), host key(32), signature]
//! signature = Ed25519(host key, "chartseal/backup/repository/v1" || repository || vault || restore public key)
//! ```
//!
//! It holds nothing secret. A restorer learns from it which repository the objects are sealed for and whether the
//! shares at hand belong to it, **and trusts none of it until the seals open and the restored ledger agrees**.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use super::cbor;
use super::keys::{BackupKeys, RepositoryId};
use super::retry::Stopped;
use super::target::{Name, Shelf};
use super::wire::Wire;
use crate::crypto::Hash;
use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::{Signature, VerifyKey};

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"chartseal/backup/repository/v1";

/// What a target says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepositoryRecord {
    /// The repository.
    pub repository: RepositoryId,
    /// The vault in it: the hash of its genesis entry.
    pub vault: Hash,
    /// The key that objects are sealed to.
    pub restore_public: KemPublic,
    /// The host that created it.
    pub host: VerifyKey,
}

/// Why a target is not the repository that was expected.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The target failed, or somebody cancelled.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// There is no repository.
    #[error("{place} holds no chartseal repository; check the address")]
    Absent {
        /// Where.
        place: String,
    },
    /// The record is damaged or forged.
    #[error(
        "the repository record at {place} is damaged or forged; restore keys/repository from another copy"
    )]
    Bad {
        /// Where.
        place: String,
    },
    /// Another vault's repository.
    #[error("{place} is the repository of another vault; choose another target for this one")]
    OtherVault {
        /// Where.
        place: String,
    },
}

#[derive(Encode, Decode)]
struct File {
    #[n(0)]
    format: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    repository: [u8; 16],
    #[cbor(n(2), with = "minicbor::bytes")]
    vault: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    restore_public: [u8; 32],
    #[cbor(n(4), with = "minicbor::bytes")]
    host: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl RepositoryRecord {
    /// Reads the record of a target.
    pub async fn read(wire: &Wire) -> Result<Self, RecordError> {
        let place = wire.place();
        match wire.get(Shelf::Keys, &name()).await? {
            Some(bytes) => Self::open(&bytes).ok_or(RecordError::Bad { place }),
            None => Err(RecordError::Absent { place }),
        }
    }

    /// Makes sure that the target is the repository of `keys`: creates it if the target is empty.
    pub async fn ensure(wire: &Wire, keys: &BackupKeys) -> Result<Self, RecordError> {
        let place = wire.place();
        let there = match Self::read(wire).await {
            Err(RecordError::Absent { .. }) => {
                // Somebody else may be first, or an earlier answer may be lost: what counts is what is there then.
                wire.prepare().await?;
                wire.put(Shelf::Keys, &name(), Arc::new(Self::seal(keys)))
                    .await?;
                Self::read(wire).await?
            }
            other => other?,
        };
        if there.is_of(keys) {
            Ok(there)
        } else {
            Err(RecordError::OtherVault { place })
        }
    }

    /// Whether it says of the repository what a host of it knows.
    pub(super) fn is_of(&self, keys: &BackupKeys) -> bool {
        self.repository == keys.repository
            && self.vault == keys.vault
            && self.restore_public == keys.restore_public
    }

    /// Its name with its shelf, for findings.
    pub(super) fn label() -> String {
        format!("{}/{}", Shelf::Keys, name())
    }

    fn seal(keys: &BackupKeys) -> Vec<u8> {
        let message = message(&keys.repository.0, &keys.vault.0, &keys.restore_public.0);
        cbor::to_vec(&File {
            format: FORMAT,
            repository: keys.repository.0,
            vault: keys.vault.0,
            restore_public: keys.restore_public.0,
            host: keys.signing.public().to_bytes(),
            signature: keys.signing.sign(&message).0,
        })
    }

    fn open(bytes: &[u8]) -> Option<Self> {
        let file: File = cbor::from_slice(bytes).ok()?;
        let host = VerifyKey::from_bytes(file.host).ok()?;
        let message = message(&file.repository, &file.vault, &file.restore_public);
        host.verify(&message, &Signature(file.signature)).ok()?;
        (file.format == FORMAT).then_some(Self {
            repository: RepositoryId(file.repository),
            vault: Hash(file.vault),
            restore_public: KemPublic(file.restore_public),
            host,
        })
    }
}

fn message(repository: &[u8; 16], vault: &[u8; 32], restore_public: &[u8; 32]) -> Vec<u8> {
    [LABEL, repository, vault, restore_public].concat()
}

fn name() -> Name {
    Name::parse("repository").expect("letters are a name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::keys::RestoreSecret;
    use crate::crypto::Secret;
    use crate::crypto::sign::SigningKey;

    #[test]
    fn each_flipped_byte_of_the_record_is_noticed() {
        let secret = RestoreSecret::random(Secret::random());
        let keys = secret.backup_keys(RepositoryId::random(), Hash([7; 32]), SigningKey::random());
        let bytes = RepositoryRecord::seal(&keys);
        assert_eq!(RepositoryRecord::open(&bytes).unwrap().vault, keys.vault);
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(RepositoryRecord::open(&bad).is_none(), "byte {at}");
        }
    }
}
