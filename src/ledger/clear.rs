//! Clear bodies: ids and keys, so that anyone can check who was allowed what.
//!
//! Kinds 1 to 99. **Nothing about a patient, no reason and no purpose may stand in one.**

use minicbor::{Decode, Encode};

use super::canonical::{self, EncodingError};
use super::entry::Body;
use super::id::{CertId, ChartId, EntryId, Holder, Section, UnitId};
use super::wire::Office;
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::{Signature, SigningKey, VerifyKey};

/// The version of every clear body.
pub const VERSION: u8 = 1;

const CERTIFICATE: &[u8] = b"chartseal/certificate/v1";
const CERTIFICATE_SELF: &[u8] = b"chartseal/certificate-self/v1";

/// Binds a login to a name, an office and two public keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Certificate {
    /// What the person types to log in; unique among active certificates.
    #[n(0)]
    pub login: String,
    /// The name shown to others.
    #[n(1)]
    pub name: String,
    /// The role, or the host's office.
    #[n(2)]
    pub office: Office,
    /// Receives keys.
    #[n(3)]
    pub kem: KemPublic,
    /// Verifies signatures.
    #[n(4)]
    pub verify: VerifyKey,
    /// By the new signing key over all of the above: its holder asked for this.
    #[n(5)]
    pub self_signature: Signature,
}

impl Certificate {
    /// Makes and self-signs a certificate.
    pub fn issue(
        login: &str,
        name: &str,
        office: Office,
        kem: KemPublic,
        key: &SigningKey,
    ) -> Self {
        let mut certificate = Self {
            login: login.to_owned(),
            name: name.to_owned(),
            office,
            kem,
            verify: key.public(),
            self_signature: Signature([0; 64]),
        };
        certificate.self_signature = key.sign(&certificate.self_message());
        certificate
    }

    fn self_message(&self) -> Vec<u8> {
        let blank = Self {
            self_signature: Signature([0; 64]),
            ..self.clone()
        };
        [CERTIFICATE_SELF, &canonical::encode(&blank)].concat()
    }

    /// Whether the holder of the signing key asked for exactly this certificate.
    pub fn self_signature_holds(&self) -> bool {
        self.verify
            .verify(&self.self_message(), &self.self_signature)
            .is_ok()
    }

    /// The certificate's id: SHA-256 over its encoding.
    pub fn id(&self) -> CertId {
        CertId(sha256(&[CERTIFICATE, &canonical::encode(self)]).0)
    }

    /// Sixteen hexadecimal digits in groups of four, for two people to compare.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.id())
    }
}

/// Sixteen hexadecimal digits in groups of four.
pub fn fingerprint(id: &CertId) -> String {
    let digits = crate::crypto::hex::hex(&id.0[..8]);
    [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join(" ")
}

/// The first entry. Its link is the vault's id.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// The first admin. Genesis is signed with this certificate's key.
    #[n(0)]
    pub admin: Certificate,
    /// The recovery unit's key: opens every unit's keys; its secret is split among custodians.
    #[n(1)]
    pub recovery: KemPublic,
    /// Backups are sealed to this key; its secret is split among custodians.
    #[n(2)]
    pub restore: KemPublic,
    /// How many shares of each set there are.
    #[n(3)]
    pub shares: u8,
    /// How many of them rebuild a secret.
    #[n(4)]
    pub threshold: u8,
}

/// An admin invites a person, who then makes their own keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Invitation {
    /// The login.
    #[n(0)]
    pub login: String,
    /// The name.
    #[n(1)]
    pub name: String,
    /// The office.
    #[n(2)]
    pub office: Office,
    /// The units that the person is authorised to join once approved.
    #[n(3)]
    pub units: Vec<UnitId>,
    /// SHA-256 of the one-time code, which has 128 random bits.
    #[n(4)]
    pub code: Hash,
    /// Milliseconds since 1970 after which the code is refused.
    #[n(5)]
    pub expires: u64,
}

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
    /// Binds the secret half: see [`key_id`].
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
    /// The epoch of the unit's key it is sealed to; 0 for a person.
    #[n(3)]
    pub holder_epoch: u32,
    /// Binds the key: see [`key_id`].
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

/// A certificate ends; nothing signed with it afterwards counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Disable {
    /// The certificate.
    #[n(0)]
    pub person: CertId,
}

/// A patient's chart was erased: its slots and bodies are gone on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Erasure {
    /// The chart.
    #[n(0)]
    pub chart: ChartId,
}

/// A snapshot was committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct BackupMark {
    /// Its number.
    #[n(0)]
    pub snapshot: u64,
    /// SHA-256 of its signed manifest.
    #[n(1)]
    pub manifest: Hash,
    /// The last entry it covers.
    #[n(2)]
    pub covers: u64,
}

/// Every clear body.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is its struct")]
pub enum Clear {
    Genesis(Genesis),
    Certificate(Certificate),
    Invitation(Invitation),
    Disable(Disable),
    Unit(Unit),
    Authorisation(Authorisation),
    UnitKey(UnitKey),
    Delivery(Delivery),
    Leave(Leave),
    Enrolment(Enrolment),
    Grant(Grant),
    Revocation(Revocation),
    Epoch(Epoch),
    Attending(Attending),
    Erasure(Erasure),
    BackupMark(BackupMark),
}

/// A clear entry that this version does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClearError {
    /// The kind or version is not known: the file may be newer than this program.
    #[error(
        "clear entry of kind {kind}, version {version} is not known to this version of chartseal"
    )]
    Unknown {
        /// The kind.
        kind: u16,
        /// The version.
        version: u8,
    },
    /// Not the canonical encoding of its kind.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

macro_rules! kinds {
    ($($number:literal $name:ident $what:literal,)*) => {
        impl Clear {
            /// The kind's number.
            pub fn kind(&self) -> u16 {
                match self { $(Self::$name(_) => $number,)* }
            }

            /// The kind's name, as audit listings show it.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $what,)* }
            }

            /// Encodes the body.
            pub fn encode(&self) -> Body {
                let bytes = match self { $(Self::$name(body) => canonical::encode(body),)* };
                Body { kind: self.kind(), version: VERSION, bytes }
            }

            /// Decodes a body.
            pub fn decode(body: &Body) -> Result<Self, ClearError> {
                match (body.kind, body.version) {
                    $(($number, VERSION) => Ok(Self::$name(canonical::decode($what, &body.bytes)?)),)*
                    (kind, version) => Err(ClearError::Unknown { kind, version }),
                }
            }
        }
    };
}

kinds! {
    1 Genesis "genesis",
    2 Certificate "certificate",
    4 Invitation "invitation",
    5 Disable "disable",
    6 Unit "unit",
    7 Authorisation "authorisation",
    8 UnitKey "unit key",
    9 Delivery "delivery",
    10 Leave "leave",
    11 Enrolment "enrolment",
    12 Grant "grant",
    13 Revocation "revocation",
    14 Epoch "epoch",
    15 Attending "attending",
    16 Erasure "erasure",
    17 BackupMark "backup",
}

impl Clear {
    /// The chart it speaks of; zero when it speaks of the vault.
    pub fn chart(&self) -> ChartId {
        match self {
            Self::Enrolment(body) => body.chart,
            Self::Grant(body) => body.chart,
            Self::Revocation(body) => body.chart,
            Self::Epoch(body) => body.chart,
            Self::Attending(body) => body.chart,
            Self::Erasure(body) => body.chart,
            _ => ChartId::ZERO,
        }
    }
}

/// `SHA-256("chartseal/key-id/v1" || label || key)`: stands in the signed entry, so that a slot which
/// opens to another key is refused. HPKE's base mode does not authenticate its sender; this does.
pub fn key_id(label: &str, key: &[u8]) -> Hash {
    sha256(&[
        b"chartseal/key-id/v1",
        &[label.len() as u8],
        label.as_bytes(),
        key,
    ])
}
