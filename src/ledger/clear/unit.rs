//! Units, who is in them, and their keys.

use minicbor::{Decode, Encode};

use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::ledger::id::{CertId, Holder, Section, UnitId};

/// What a unit is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum UnitKind {
    /// A ward.
    #[n(1)]
    Ward,
    /// A clinic.
    #[n(2)]
    Clinic,
    /// A pharmacy.
    #[n(3)]
    Pharmacy,
    /// Everyone employed: holds the locator key.
    #[n(10)]
    Staff,
    /// Reads all `access` sections.
    #[n(11)]
    Auditors,
    /// Break-glass.
    #[n(12)]
    Emergency,
    /// Custodians; its private key is split.
    #[n(13)]
    Recovery,
}

impl UnitKind {
    /// Whether there may be many of the kind, made by an admin; the others are made with the vault, one of each.
    pub fn is_ordinary(self) -> bool {
        matches!(self, Self::Ward | Self::Clinic | Self::Pharmacy)
    }

    /// As users type it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ward => "ward",
            Self::Clinic => "clinic",
            Self::Pharmacy => "pharmacy",
            Self::Staff => "staff",
            Self::Auditors => "auditors",
            Self::Emergency => "emergency",
            Self::Recovery => "recovery",
        }
    }
}

/// A new unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Unit {
    /// Its id.
    #[n(0)]
    pub unit: UnitId,
    /// Its name, unique in the vault.
    #[n(1)]
    pub name: String,
    /// What it is.
    #[n(2)]
    pub kind: UnitKind,
}

/// An admin authorises a person to join a unit; keys follow with [`Delivery`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Authorisation {
    /// The unit.
    #[n(0)]
    pub unit: UnitId,
    /// The person.
    #[n(1)]
    pub person: CertId,
}

/// A person leaves a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Leave {
    /// The unit.
    #[n(0)]
    pub unit: UnitId,
    /// The person.
    #[n(1)]
    pub person: CertId,
}

/// A member makes a new key for one section of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UnitKey {
    /// The unit.
    #[n(0)]
    pub unit: UnitId,
    /// The section.
    #[n(1)]
    pub section: Section,
    /// Counted from 1.
    #[n(2)]
    pub epoch: u32,
    /// Receives chart keys.
    #[n(3)]
    pub public: KemPublic,
    /// Binds the secret half: see [`key_id`](super::key_id).
    #[n(4)]
    pub key_id: Hash,
}

/// One unit key that a [`Delivery`] hands over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DeliveredKey {
    /// The section.
    #[n(0)]
    pub section: Section,
    /// The epoch.
    #[n(1)]
    pub epoch: u32,
    /// The key's id.
    #[n(2)]
    pub key_id: Hash,
}

/// A member hands a unit's keys to an authorised person, in slots.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Delivery {
    /// The unit.
    #[n(0)]
    pub unit: UnitId,
    /// To whom.
    #[n(1)]
    pub to: Holder,
    /// Which keys.
    #[n(2)]
    pub keys: Vec<DeliveredKey>,
}
