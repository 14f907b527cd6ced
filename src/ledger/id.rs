//! Names of things: random, opaque, and the same on every site.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::crypto::hex::{hex, unhex};
use crate::crypto::random;

/// What is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: expected {digits} hexadecimal digits")]
pub struct BadId {
    text: String,
    what: &'static str,
    digits: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// A fresh random id.
            pub fn random() -> Self {
                Self(random::bytes())
            }

            /// The id with all bytes zero: "none" where a column may not be NULL.
            pub const ZERO: Self = Self([0; $bytes]);

            /// Reads an id from exactly as many bytes as it has.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), hex(&self.0[..4]))
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                unhex(text).and_then(|bytes| Self::from_slice(&bytes)).ok_or_else(|| BadId {
                    text: text.chars().take(80).collect(),
                    what: $what,
                    digits: $bytes * 2,
                })
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                Self::from_slice(d.bytes()?).ok_or_else(|| decode::Error::message(concat!("not ", $what)))
            }
        }
    };
}

id!(
    /// One entry of the ledger.
    EntryId, 16, "an entry id"
);
id!(
    /// A thread: an entry and the versions that followed it. The id is that of its first entry.
    ThreadId, 16, "a thread id"
);
id!(
    /// A chart. Opaque: only the identity section, for those who hold its key, says whose it is.
    ChartId, 16, "a chart id"
);
id!(
    /// A unit: a set of people who share work.
    UnitId, 16, "a unit id"
);
id!(
    /// A certificate, named by the hash of its body. The `author` of every entry is one of these.
    CertId, 32, "a certificate id"
);

impl From<EntryId> for ThreadId {
    fn from(id: EntryId) -> Self {
        Self(id.0)
    }
}

impl UnitId {
    /// The unit's own chart, for what belongs to no patient, has the unit's own bytes as its id.
    pub fn chart(self) -> ChartId {
        ChartId(self.0)
    }
}

/// A part of a chart, split by need to know. Each has a key of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Section {
    /// Clear entries: certificates, grants and the like. Has no key.
    System = 0,
    /// Who the patient is.
    Identity = 1,
    /// Notes, vitals, conditions, results.
    Clinical = 2,
    /// Prescriptions, dispenses, allergies.
    Medication = 3,
    /// Purposes, reasons, who looked.
    Access = 4,
    /// A unit's own work: what belongs to no patient.
    Work = 5,
}

impl Section {
    /// The four sections of a patient's chart.
    pub const OF_A_CHART: [Self; 4] = [
        Self::Identity,
        Self::Clinical,
        Self::Medication,
        Self::Access,
    ];

    /// The section's name as users type it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Identity => "identity",
            Self::Clinical => "clinical",
            Self::Medication => "medication",
            Self::Access => "access",
            Self::Work => "work",
        }
    }

    /// Reads the number that stands in an entry.
    pub fn from_u8(number: u8) -> Option<Self> {
        [
            Self::System,
            Self::Identity,
            Self::Clinical,
            Self::Medication,
            Self::Access,
            Self::Work,
        ]
        .into_iter()
        .find(|section| *section as u8 == number)
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is not a section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a section: use identity, clinical, medication, access or work")]
pub struct BadSection(String);

impl FromStr for Section {
    type Err = BadSection;

    fn from_str(text: &str) -> Result<Self, BadSection> {
        Self::OF_A_CHART
            .into_iter()
            .chain([Self::Work])
            .find(|section| section.as_str() == text)
            .ok_or_else(|| BadSection(text.chars().take(80).collect()))
    }
}

impl<C> Encode<C> for Section {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u8(*self as u8)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Section {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_u8(d.u8()?).ok_or_else(|| decode::Error::message("not a section"))
    }
}

/// Who holds a key, or from whom something is awaited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Holder {
    /// Everyone who holds the unit's key.
    Unit(UnitId),
    /// One person, by certificate.
    Person(CertId),
}

impl Holder {
    /// The holder as a database key: a tag byte and the id.
    pub fn to_key(self) -> Vec<u8> {
        match self {
            Self::Unit(unit) => [&[1], unit.as_bytes()].concat(),
            Self::Person(cert) => [&[2], cert.as_bytes()].concat(),
        }
    }

    /// Reads what [`to_key`](Self::to_key) wrote.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        match key.split_first()? {
            (1, unit) => UnitId::from_slice(unit).map(Self::Unit),
            (2, cert) => CertId::from_slice(cert).map(Self::Person),
            _ => None,
        }
    }
}

impl<C> Encode<C> for Holder {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.to_key())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Holder {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_key(d.bytes()?).ok_or_else(|| decode::Error::message("not a holder"))
    }
}
