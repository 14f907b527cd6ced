//! Medicines handed over.

use minicbor::{Decode, Encode};

use super::{Concept, Instant, PartialDate, Quantity, Source};

/// The signature of a second person, for controlled drugs, over the dispense entry's body without it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SecondSignature {
    /// The second person's certificate.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub certificate: [u8; 32],
    /// Their signature.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

/// A medicine handed over against a prescription, in full or in part.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dispense {
    /// What was handed over; with substitution it may differ from what was prescribed.
    #[n(0)]
    pub medicine: Concept,
    /// How much, in the unit of the prescription's quantity.
    #[n(1)]
    pub quantity: Quantity,
    /// The prescription entry; absent in imports that name none.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub prescription: Option<[u8; 16]>,
    /// The SHA-256 of the signed prescription as the pharmacist verified it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub verified: Option<[u8; 32]>,
    /// Which fill this belongs to: 0 is the first, 1 the first repeat.
    #[n(4)]
    pub refill: u16,
    /// The lot number.
    #[n(5)]
    pub lot: Option<String>,
    /// When the lot expires.
    #[n(6)]
    pub expiry: Option<PartialDate>,
    /// When it was handed over.
    #[n(7)]
    pub at: Option<Instant>,
    /// Who handed it over, as printed on the label.
    #[n(8)]
    pub pharmacist: Option<String>,
    /// What the patient was told.
    #[n(9)]
    pub counselling: Option<String>,
    /// Why a warning was overridden.
    #[n(10)]
    pub override_reason: Option<String>,
    /// The second person's signature, for controlled drugs.
    #[n(11)]
    pub second: Option<SecondSignature>,
    /// Where it was imported from.
    #[n(12)]
    pub source: Option<Source>,
}
