//! Charts: in whose hands their keys are.

use minicbor::{Decode, Encode};

use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::ledger::id::{CertId, ChartId, EntryId, Holder, Section, UnitId};

/// One key handed to one holder. The slot with the same coordinates carries the key itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct GrantLine {
    /// The section.
    #[n(0)]
    pub section: Section,
    /// The epoch of the section's key.
    #[n(1)]
    pub epoch: u32,
    /// Who can open the slot.
    #[n(2)]
    pub holder: Holder,
    /// The epoch of the unit's key it is sealed to; 0 for a person, and for a unit that has it one by one: each member who holds the
    /// unit's newest key when this is written, and recovery, because somebody who left knows that key.
    #[n(3)]
    pub holder_epoch: u32,
    /// Binds the key: see [`key_id`](super::key_id).
    #[n(4)]
    pub key_id: Hash,
}

/// A section's drop box: whoever has this can write to the section and read nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DropBox {
    /// The section.
    #[n(0)]
    pub section: Section,
    /// The epoch of the section's key.
    #[n(1)]
    pub epoch: u32,
    /// The public half of a pair derived from the section's key.
    #[n(2)]
    pub public: KemPublic,
}

/// A chart is opened in a unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Enrolment {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
    /// The unit that looks after it.
    #[n(1)]
    pub unit: UnitId,
    /// The doctor who decides requests, if named.
    #[n(2)]
    pub attending: Option<CertId>,
    /// The patient's own certificate, if they have a login.
    #[n(3)]
    pub patient: Option<CertId>,
    /// `HMAC(K_locator, field || value)` of the MRN and other unique identifiers.
    #[n(4)]
    pub tags: Vec<Hash>,
    /// The sections' drop boxes, when the chart is new.
    #[n(5)]
    pub drop_boxes: Vec<DropBox>,
    /// Who gets which key.
    #[n(6)]
    pub lines: Vec<GrantLine>,
    /// What the chart keeps out of.
    #[n(7)]
    pub opt_out: Option<OptOut>,
}

/// What a chart can keep out of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum OptOut {
    /// Break-glass: the emergency unit never receives a key.
    #[n(1)]
    Emergency,
}

/// Why a grant was given. No purpose: that is sealed in the `access` section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum GrantGround {
    /// An access request was decided.
    #[n(1)]
    Request,
    /// A prescription was addressed to a pharmacy.
    #[n(2)]
    Prescription,
    /// A holder shared what they hold.
    #[n(3)]
    Share,
    /// Another unit or the patient joined the care team.
    #[n(4)]
    CareTeam,
    /// A unit that looks after every chart got its first keys when the chart was open already: the auditors, break-glass.
    #[n(5)]
    Standing,
}

/// Keys of a chart are handed to someone.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Grant {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
    /// Why.
    #[n(1)]
    pub ground: GrantGround,
    /// The entry that asked for it: a request, a prescription.
    #[n(2)]
    pub because: Option<EntryId>,
    /// Milliseconds since 1970 after which it is no longer in force.
    #[n(3)]
    pub until: Option<u64>,
    /// Who gets which key.
    #[n(4)]
    pub lines: Vec<GrantLine>,
}

/// A grant ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Revocation {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
    /// The entry that gave the grant.
    #[n(1)]
    pub grant: EntryId,
}

/// A person takes up what was shared with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Acceptance {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
    /// The entry that shared it.
    #[n(1)]
    pub grant: EntryId,
}

/// A section of a chart gets a fresh key, sealed to those who still hold it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Epoch {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
    /// The section, its new epoch, and the new key's drop box.
    #[n(1)]
    pub drop_box: DropBox,
    /// Who gets the new key, each under the grant that justifies it.
    #[n(2)]
    pub lines: Vec<EpochLine>,
}

/// A holder carried over into a new epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct EpochLine {
    /// The grant or enrolment that justifies it.
    #[n(0)]
    pub grant: EntryId,
    /// The key handed over.
    #[n(1)]
    pub line: GrantLine,
}

/// Names the doctor who decides requests for a chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Attending {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
    /// The doctor.
    #[n(1)]
    pub doctor: CertId,
}

/// A patient's chart was erased: its slots and bodies are gone on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Erasure {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
}
