//! Clear bodies: ids and keys, so that anyone can check who was allowed what.
//!
//! Kinds 1 to 99. **Nothing about a patient, no reason and no purpose may stand in one.**

mod chart;
mod people;
mod unit;

use minicbor::{Decode, Encode};

use super::body::Body;
use super::canonical::{self, EncodingError};
use super::id::ChartId;
use crate::crypto::hash::{Hash, sha256};

pub use chart::{
    Acceptance, Attending, DropBox, Enrolment, Epoch, EpochLine, Erasure, Grant, GrantGround,
    GrantLine, OptOut, Revocation,
};
pub use people::{Certificate, Disable, Genesis, Invitation, fingerprint};
pub use unit::{Authorisation, DeliveredKey, Delivery, Leave, Unit, UnitKey, UnitKind};

/// The version of every clear body but those of [`BackupMark`]s that name a place, which are of version 2.
pub const VERSION: u8 = 1;

/// Of a [`BackupMark`] with a place.
const PLACED: u8 = 2;

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
    /// The target that holds it, by a keyed hash of its address: of several targets each has marks of its own. Version 1
    /// did not say.
    #[n(3)]
    pub place: Option<Hash>,
}

/// A restore was rehearsed: what it took, and what would have been lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DrillMark {
    /// The last entry that the restored snapshot covers.
    #[n(0)]
    pub covers: u64,
    /// When that snapshot was made, in milliseconds since 1970: the recovery point.
    #[n(1)]
    pub point: u64,
    /// From the first byte fetched until the charts were open, in milliseconds: the recovery time.
    #[n(2)]
    pub millis: u64,
    /// How many charts were opened.
    #[n(3)]
    pub charts: u64,
    /// Whether the restored vault verified and opened.
    #[n(4)]
    pub whole: bool,
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
    Acceptance(Acceptance),
    DrillMark(DrillMark),
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
                Body { kind: self.kind(), version: self.version(), bytes }
            }

            /// Decodes a body.
            pub fn decode(body: &Body) -> Result<Self, ClearError> {
                let Body { kind, version, .. } = *body;
                let unknown = ClearError::Unknown { kind, version };
                let clear = match (kind, version) {
                    $(($number, VERSION) => Self::$name(canonical::decode($what, &body.bytes)?),)*
                    (17, PLACED) => Self::BackupMark(canonical::decode("backup", &body.bytes)?),
                    _ => return Err(unknown),
                };
                if clear.version() == version { Ok(clear) } else { Err(unknown) }
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
    18 Acceptance "acceptance",
    19 DrillMark "drill",
}

impl Clear {
    const fn version(&self) -> u8 {
        match self {
            Self::BackupMark(BackupMark { place: Some(_), .. }) => PLACED,
            _ => VERSION,
        }
    }

    /// The chart it speaks of; zero when it speaks of the vault.
    pub fn chart(&self) -> ChartId {
        match self {
            Self::Enrolment(body) => body.chart,
            Self::Grant(body) => body.chart,
            Self::Revocation(body) => body.chart,
            Self::Epoch(body) => body.chart,
            Self::Attending(body) => body.chart,
            Self::Erasure(body) => body.chart,
            Self::Acceptance(body) => body.chart,
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
