//! Tombstones: signed notes of what prune will delete, and why it is then gone.
//!
//! ```text
//! under ADDRESS            tombstone of an object
//! under manifest/HASH      tombstone of a manifest, by the hash of its file
//! under keeper/NUMBER      note of a keeper that is at work
//! file = [1, subject, at (Unix ms), key(32), signature, mac(32), previous hash(32)]   the last for manifests but the first
//! mac  = HMAC-SHA256(HKDF(K_manifest, "chartseal/backup/tombstone-mac/v1"), message)
//! signature = Ed25519(key, message)
//! message = "chartseal/backup/tombstone/v1" || repository(16) || at(8, big endian)
//!           || previous hash, or 32 zero bytes || subject
//! subject = the name as text
//! ```
//!
//! A backup that meets the tombstone of a pack that it needs sends the pack under the next generation. A verification, and a
//! backup that misses a pack, take a tombstone as the reason why something is gone; **an operator cannot write one**: only hosts, pruners and
//! restorers have the key of the mac. Whatever else stands under such a name counts for nothing, and prune takes it away. The signature says which of them it was; a pruner's key stands in no ledger, and
//! a restorer has none to look into yet. The tombstone of a manifest stays for good and says which manifest it
//! followed, so that the chain still holds together across the gap.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::stream::TryStreamExt;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::cbor;
use super::error::BackupError;
use super::keys::{KeeperKeys, RepositoryId};
use super::object::Address;
use super::target::{Name, Put, Shelf};
use super::wire::Wire;
use crate::crypto::mac::MacKey;
use crate::crypto::sign::{Signature, VerifyKey};
use crate::crypto::{Hash, Secret, hex, kdf};

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"chartseal/backup/tombstone/v1";
const MAC_LABEL: &str = "chartseal/backup/tombstone-mac/v1";

/// What a tombstone stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An object.
    Object(Address),
    /// The manifest with this hash.
    Manifest(Hash),
    /// A keeper that is at work, by a number that it drew: see `turn.rs`.
    Keeper([u8; 8]),
}

impl Subject {
    /// The name of its tombstone.
    pub fn name(&self) -> Name {
        match self {
            Self::Object(address) => address.name(),
            Self::Manifest(hash) => {
                Name::parse(&format!("manifest/{hash}")).expect("hex digits are a name")
            }
            Self::Keeper(number) => {
                Name::parse(&format!("keeper/{}", hex::hex(number))).expect("hex digits are a name")
            }
        }
    }

    /// What a tombstone of this name stands for.
    pub fn parse(name: &Name) -> Option<Self> {
        match name.as_str().split_once('/') {
            Some(("manifest", hash)) => Some(Self::Manifest(hash.parse().ok()?)),
            Some(("keeper", number)) => Some(Self::Keeper(hex::unhex(number)?.try_into().ok()?)),
            _ => Address::parse(name).map(Self::Object),
        }
    }
}

#[derive(Encode, Decode)]
struct File {
    #[n(0)]
    format: u8,
    #[n(1)]
    subject: String,
    #[n(2)]
    at: i64,
    #[cbor(n(3), with = "minicbor::bytes")]
    key: [u8; 32],
    #[cbor(n(4), with = "minicbor::bytes")]
    signature: [u8; 64],
    #[cbor(n(5), with = "minicbor::bytes")]
    mac: [u8; 32],
    #[n(6)]
    previous: Option<ByteArray<32>>,
}

/// What a tombstone says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stone {
    /// When it was set, in milliseconds since 1970.
    pub at: i64,
    /// The manifest that this one followed.
    pub previous: Option<Hash>,
}

/// The tombstones whose macs and signatures hold, and when they were set.
#[derive(Clone, Debug, Default)]
pub struct Tombstones {
    stones: BTreeMap<Subject, Stone>,
    /// What else is on the shelf.
    forged: Vec<Name>,
}

impl Tombstones {
    /// Reads those that somebody with the key of manifests made. Others count for nothing and are told apart.
    pub async fn load(
        wire: &Wire,
        repository: RepositoryId,
        k_manifest: &Secret<32>,
    ) -> Result<Self, BackupError> {
        let mac = mac_key(k_manifest);
        let stats = wire.list(Shelf::Tombstones).await?;
        let mut fetched = pin!(wire.get_each(Shelf::Tombstones, stats));
        let mut found = Self::default();
        let mut unserved = Vec::new();
        while let Some((name, file)) = fetched.try_next().await? {
            match file.map(|file| open(&file, &name, repository, &mac)) {
                Some(Some((subject, stone))) => _ = found.stones.insert(subject, stone),
                Some(None) => found.forged.push(name),
                None => unserved.push(name),
            }
        }
        let withheld = wire.still_listed(Shelf::Tombstones, unserved).await?;
        found.forged.extend(withheld);
        Ok(found)
    }

    /// When the subject's tombstone was set, in milliseconds since 1970.
    pub fn at(&self, subject: &Subject) -> Option<i64> {
        self.stones.get(subject).map(|stone| stone.at)
    }

    /// Whether the subject has one.
    pub fn has(&self, subject: &Subject) -> bool {
        self.stones.contains_key(subject)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, &Stone)> {
        self.stones.iter()
    }

    /// What stands on the shelf of tombstones and is none.
    pub fn forged(&self) -> &[Name] {
        &self.forged
    }
}

/// Whether what stands under the name of the subject's tombstone is one: `None` where nothing does.
pub(super) async fn holds(
    wire: &Wire,
    keys: &dyn KeeperKeys,
    subject: &Subject,
) -> Result<Option<bool>, BackupError> {
    let name = subject.name();
    let file = wire.get(Shelf::Tombstones, &name).await?;
    let mac = mac_key(keys.k_manifest());
    Ok(file.map(|file| open(&file, &name, keys.repository(), &mac).is_some()))
}

/// Whether the subject has its tombstone after a put with that answer: **what was there before may be anything.**
pub(super) async fn stands(
    wire: &Wire,
    keys: &dyn KeeperKeys,
    subject: &Subject,
    put: Put,
) -> Result<bool, BackupError> {
    Ok(put == Put::Stored || holds(wire, keys, subject).await? == Some(true))
}

/// The file of a tombstone.
pub fn seal(keys: &dyn KeeperKeys, subject: &Subject, stone: Stone) -> Vec<u8> {
    let subject = subject.name().to_string();
    let message = message(keys.repository(), stone, &subject);
    cbor::to_vec(&File {
        format: FORMAT,
        subject,
        at: stone.at,
        key: keys.signing().public().to_bytes(),
        signature: keys.signing().sign(&message).0,
        mac: mac_key(keys.k_manifest()).tag(&[&message]),
        previous: stone.previous.map(|hash| hash.0.into()),
    })
}

fn open(
    file: &[u8],
    name: &Name,
    repository: RepositoryId,
    mac: &MacKey,
) -> Option<(Subject, Stone)> {
    let file: File = cbor::from_slice(file).ok()?;
    let key = VerifyKey::from_bytes(file.key).ok()?;
    let stone = Stone {
        at: file.at,
        previous: file.previous.map(|hash| Hash(hash.into())),
    };
    let message = message(repository, stone, &file.subject);
    key.verify(&message, &Signature(file.signature)).ok()?;
    let fits = file.format == FORMAT && file.subject == name.as_str();
    (fits && mac.verify(&[&message], &file.mac)).then_some((Subject::parse(name)?, stone))
}

fn mac_key(k_manifest: &Secret<32>) -> MacKey {
    MacKey::new(&kdf::derive(k_manifest, MAC_LABEL, b""))
}

fn message(repository: RepositoryId, stone: Stone, subject: &str) -> Vec<u8> {
    let previous = stone.previous.unwrap_or(Hash::ZERO);
    [
        LABEL,
        &repository.0,
        &stone.at.to_be_bytes(),
        &previous.0,
        subject.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::keys::{BackupKeys, RestoreSecret};
    use crate::backup::object::ObjectId;
    use crate::crypto::sign::SigningKey;

    fn keys() -> BackupKeys {
        let secret = RestoreSecret::random(Secret::random());
        secret.backup_keys(RepositoryId([1; 16]), Hash([2; 32]), SigningKey::random())
    }

    #[test]
    fn a_tombstone_holds_for_its_subject_only() {
        let keys = keys();
        let mac = mac_key(&keys.k_manifest);
        let object = Subject::Object(Address {
            id: ObjectId([3; 32]),
            generation: 1,
        });
        let manifest = Subject::Manifest(Hash([4; 32]));
        let keeper = Subject::Keeper([6; 8]);
        for (subject, other) in [(object, manifest), (manifest, keeper), (keeper, object)] {
            let stone = Stone {
                at: 77,
                previous: Some(Hash([5; 32])),
            };
            let file = seal(&keys, &subject, stone);
            let read = |name: &Name, repository| open(&file, name, repository, &mac);
            assert_eq!(
                read(&subject.name(), keys.repository),
                Some((subject, stone))
            );
            assert_eq!(read(&other.name(), keys.repository), None);
            assert_eq!(read(&subject.name(), RepositoryId([9; 16])), None);
            for at in 0..file.len() {
                let mut bad = file.clone();
                bad[at] ^= 1;
                assert_eq!(
                    open(&bad, &subject.name(), keys.repository, &mac),
                    None,
                    "byte {at}"
                );
            }
        }
    }

    #[test]
    fn a_tombstone_by_somebody_without_the_manifest_key_counts_for_nothing() {
        let keys = keys();
        let operator = BackupKeys {
            k_manifest: Secret::random(),
            signing: SigningKey::random(),
            ..self::keys()
        };
        let subject = Subject::Manifest(Hash([4; 32]));
        let file = seal(
            &operator,
            &subject,
            Stone {
                at: 1,
                previous: None,
            },
        );
        let mac = mac_key(&keys.k_manifest);
        assert_eq!(open(&file, &subject.name(), keys.repository, &mac), None);
    }
}
