//! One sealed object: a pack, under an id that only key holders can compute, readable only with the restore key.
//!
//! ```text
//! id      = HMAC-SHA256(K_id, kind || plain text)
//! object  = HPKE(restore public key, info = "chartseal/backup/object/v1",
//!                aad = repository(16) || format(1) || kind(1) || generation(4, big endian) || id(32), plain text)
//! address = id                                    generation 0
//!         = id || generation(4, big endian)       later generations
//! kind    = 0 for ledger packs, else the number of the table
//! ```
//!
//! The id finds equal packs and tells the operator nothing. Sealing draws a fresh key each time, so the same pack
//! sealed twice gives two different objects: **the hash of the cipher text that was really stored is what manifests
//! list**. When an address is taken by something that cannot be vouched for, the pack goes up under the next generation.

use std::fmt;

use super::keys::RepositoryId;
use super::source::TableId;
use super::target::Name;
use crate::crypto::hpke::{self, HpkeError, KemPublic, KemSecret};
use crate::crypto::mac::MacKey;
use crate::crypto::{Hash, SecretBytes, hex};

/// The format of objects.
pub const FORMAT: u8 = 1;
const INFO: &[u8] = b"chartseal/backup/object/v1";

/// The largest sealed object. MongoDB takes documents of 16 MiB, with names and lengths in them.
pub const MAX_SEALED: usize = 15 << 20;

/// What sealing adds: the encapsulated key and the tag.
pub const OVERHEAD: usize = hpke::ENCAPSULATED + crate::crypto::aead::TAG;

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// Consecutive entries.
    Ledger,
    /// Rows of a table.
    Table(TableId),
}

impl ObjectKind {
    /// Its byte in ids, seals and lists.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ledger => 0,
            Self::Table(TableId(n)) => n,
        }
    }

    /// The kind of a byte. Every byte has one; a restorer refuses tables that it does not know.
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Ledger,
            n => Self::Table(TableId(n)),
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger => f.write_str("ledger"),
            Self::Table(table) => fmt::Display::fmt(table, f),
        }
    }
}

/// HMAC of kind and plain text under K_id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub [u8; 32]);

impl ObjectId {
    /// The id of a plain text.
    pub fn of(k_id: &MacKey, kind: ObjectKind, plain: &[u8]) -> Self {
        Self(k_id.tag(&[&[kind.byte()], plain]))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::hex(&self.0[..4]))
    }
}

/// Where an object is kept: its id and the generation of its sealing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Its id.
    pub id: ObjectId,
    /// 0, or more when earlier generations could not be vouched for.
    pub generation: u32,
}

impl Address {
    /// The bytes that name it on a target.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.id.0.to_vec();
        if self.generation > 0 {
            bytes.extend(self.generation.to_be_bytes());
        }
        bytes
    }

    /// Its name on a target.
    pub fn name(&self) -> Name {
        Name::parse(&hex::hex(&self.bytes())).expect("hex digits are a name")
    }

    /// The address that a name stands for.
    pub fn parse(name: &Name) -> Option<Self> {
        let bytes = hex::unhex(name.as_str())?;
        let (id, rest) = bytes.split_first_chunk::<32>()?;
        let generation = match rest {
            [] => 0,
            _ => u32::from_be_bytes(rest.try_into().ok()?),
        };
        let address = Self {
            id: ObjectId(*id),
            generation,
        };
        (address.bytes() == bytes).then_some(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::hex(&self.bytes()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{}", self.id, self.generation)
    }
}

/// An object as a manifest lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// What it holds.
    pub kind: ObjectKind,
    /// The number of its first entry, or of its first row counted over the table's packs from 0.
    pub first: u64,
    /// Which part of a pack it holds, from 0.
    pub part: u32,
    /// Of how many. Only a pack with a single long row has more than one.
    pub parts: u32,
    /// How many entries or rows.
    pub count: u64,
    /// Where it is.
    pub address: Address,
    /// Its sealed length.
    pub len: u64,
    /// SHA-256 of its sealed bytes.
    pub hash: Hash,
}

impl Listed {
    /// The number of the last entry or row.
    pub const fn last(&self) -> u64 {
        self.first.saturating_add(self.count).saturating_sub(1)
    }

    /// What it is, for people.
    pub fn describe(&self) -> String {
        let part = match self.parts {
            1 => String::new(),
            parts => format!(", part {} of {parts}", self.part + 1),
        };
        match self.kind {
            ObjectKind::Ledger => format!("entries {} to {}{part}", self.first, self.last()),
            ObjectKind::Table(table) => {
                format!("{table} rows {} to {}{part}", self.first, self.last())
            }
        }
    }
}

/// Why an object could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The seal does not open: changed, or sealed for something else.
    #[error("the seal does not open")]
    Seal(#[source] HpkeError),
    /// The seal opens and the plain text is not what the id names.
    #[error("the plain text has another id")]
    Id,
}

/// Seals a pack.
pub fn seal(
    to: &KemPublic,
    repository: RepositoryId,
    kind: ObjectKind,
    address: &Address,
    plain: &[u8],
) -> Result<Vec<u8>, HpkeError> {
    hpke::seal(to, INFO, &aad(repository, kind, address), plain)
}

/// Opens an object and checks that its plain text has the id it is kept under.
pub fn open(
    key: &KemSecret,
    k_id: &MacKey,
    repository: RepositoryId,
    kind: ObjectKind,
    address: &Address,
    sealed: &[u8],
) -> Result<SecretBytes, ObjectError> {
    let plain = hpke::open(key, INFO, &aad(repository, kind, address), sealed)
        .map_err(ObjectError::Seal)?;
    if ObjectId::of(k_id, kind, plain.expose()) == address.id {
        Ok(plain)
    } else {
        Err(ObjectError::Id)
    }
}

fn aad(repository: RepositoryId, kind: ObjectKind, address: &Address) -> [u8; 54] {
    let mut aad = [0; 54];
    aad[..16].copy_from_slice(&repository.0);
    aad[16] = FORMAT;
    aad[17] = kind.byte();
    aad[18..22].copy_from_slice(&address.generation.to_be_bytes());
    aad[22..].copy_from_slice(&address.id.0);
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Secret;

    const REPOSITORY: RepositoryId = RepositoryId([1; 16]);

    fn k_id() -> MacKey {
        MacKey::new(&Secret::new([2; 32]))
    }

    fn address(plain: &[u8]) -> Address {
        Address {
            id: ObjectId::of(&k_id(), ObjectKind::Ledger, plain),
            generation: 0,
        }
    }

    #[test]
    fn an_object_opens_only_as_what_it_was_sealed_as() {
        let key = KemSecret::random();
        let at = address(b"pack");
        let sealed = seal(&key.public(), REPOSITORY, ObjectKind::Ledger, &at, b"pack").unwrap();
        assert_eq!(sealed.len(), 4 + OVERHEAD);
        let open_as =
            |repository, kind, at: &Address| open(&key, &k_id(), repository, kind, at, &sealed);
        assert_eq!(
            open_as(REPOSITORY, ObjectKind::Ledger, &at)
                .unwrap()
                .expose(),
            b"pack"
        );
        assert!(open_as(RepositoryId([9; 16]), ObjectKind::Ledger, &at).is_err());
        assert!(open_as(REPOSITORY, ObjectKind::Table(TableId::SLOT), &at).is_err());
        assert!(
            open_as(
                REPOSITORY,
                ObjectKind::Ledger,
                &Address {
                    generation: 1,
                    ..at
                }
            )
            .is_err()
        );
        assert!(open_as(REPOSITORY, ObjectKind::Ledger, &address(b"other")).is_err());
    }

    #[test]
    fn a_plain_text_sealed_by_somebody_without_the_id_key_is_refused() {
        let key = KemSecret::random();
        let at = address(b"pack");
        let forged = seal(&key.public(), REPOSITORY, ObjectKind::Ledger, &at, b"evil").unwrap();
        let refused = open(&key, &k_id(), REPOSITORY, ObjectKind::Ledger, &at, &forged);
        assert!(matches!(refused, Err(ObjectError::Id)));
    }

    #[test]
    fn each_flipped_byte_of_an_object_is_noticed() {
        let key = KemSecret::random();
        let at = address(b"pack");
        let sealed = seal(&key.public(), REPOSITORY, ObjectKind::Ledger, &at, b"pack").unwrap();
        for at_byte in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at_byte] ^= 1;
            assert!(
                open(&key, &k_id(), REPOSITORY, ObjectKind::Ledger, &at, &bad).is_err(),
                "byte {at_byte}"
            );
        }
    }

    #[test]
    fn an_address_and_its_name_are_one_to_one() {
        for generation in [0, 1, u32::MAX] {
            let address = Address {
                id: ObjectId([0xab; 32]),
                generation,
            };
            assert_eq!(Address::parse(&address.name()), Some(address));
        }
        let spelled_out = Name::parse(&format!("{}00000000", "ab".repeat(32))).unwrap();
        assert!(
            Address::parse(&spelled_out).is_none(),
            "generation 0 has one name"
        );
        assert!(Address::parse(&Name::parse("abcd").unwrap()).is_none());
    }

    #[test]
    fn the_id_is_the_documented_mac() {
        // HMAC-SHA256 with the key 02 × 32 over 00 || "pack", computed with Python's hmac module.
        let id = ObjectId::of(&k_id(), ObjectKind::Ledger, b"pack");
        assert_eq!(
            hex::hex(&id.0),
            "e318513c63a9f5ebd1c6beadcef2e65aaa15f50690020f190263885ceae14863"
        );
    }
}
