//! Units as the directory knows them: members and keys.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::crypto::hash::Hash;
use crate::ledger::clear::{Unit, UnitKey};
use crate::ledger::{CertId, EntryId, Section};

/// A person's standing in a unit.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Member {
    /// The entry that authorised them.
    #[n(0)]
    pub authorised: u64,
    /// The entry by which they left.
    #[n(1)]
    pub left: Option<u64>,
    /// The unit's keys delivered to them.
    #[n(2)]
    pub holds: BTreeMap<(u8, u32), Hash>,
    /// The delivery that justifies each key's slot.
    #[n(3)]
    pub deliveries: BTreeMap<(u8, u32), EntryId>,
}

/// A unit's key for one section and epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UnitKeyState {
    /// The public half and the key's id.
    #[n(0)]
    pub key: UnitKey,
    /// The entry that made it.
    #[n(1)]
    pub since: u64,
    /// Who made it: nobody else holds it before it is delivered to them.
    #[n(2)]
    pub by: CertId,
}

/// A unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UnitState {
    /// Its name and kind.
    #[n(0)]
    pub unit: Unit,
    /// Its keys by section and epoch.
    #[n(1)]
    pub keys: BTreeMap<(u8, u32), UnitKeyState>,
    /// Its members, those who left included.
    #[n(2)]
    pub members: BTreeMap<CertId, Member>,
    /// Deliveries to the recovery unit.
    #[n(3)]
    pub recoverable: BTreeMap<(u8, u32), EntryId>,
}

impl UnitState {
    /// The newest key of a section.
    pub fn current_key(&self, section: Section) -> Option<&UnitKeyState> {
        self.keys
            .range((section as u8, 0)..=(section as u8, u32::MAX))
            .next_back()
            .map(|(_, key)| key)
    }

    /// Members who have not left.
    pub fn present(&self) -> impl Iterator<Item = (&CertId, &Member)> {
        self.members
            .iter()
            .filter(|(_, member)| member.left.is_none())
    }

    /// Whether someone who held the section's newest key has left since it was made.
    pub fn key_is_stale(&self, section: Section) -> bool {
        self.current_key(section).is_some_and(|current| {
            let place = (section as u8, current.key.epoch);
            self.members.values().any(|member| {
                member.left.is_some_and(|left| left > current.since)
                    && member.holds.contains_key(&place)
            })
        })
    }
}
