//! Medicines given.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Concept, Instant, Quantity, Source};

vocabulary! {
    /// What became of a due dose.
    #[derive(Default)]
    pub enum Outcome {
        /// Given.
        #[default]
        Given = 0 "given",
        /// The patient said no.
        Refused = 1 "refused",
        /// Left out for a reason.
        Omitted = 2 "omitted",
    }
}

/// A medicine given, or why it was not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Administration {
    /// The medicine.
    #[n(0)]
    pub medicine: Concept,
    /// How much.
    #[n(1)]
    pub dose: Option<Quantity>,
    /// By which route.
    #[n(2)]
    pub route: Option<String>,
    /// When.
    #[n(3)]
    pub at: Option<Instant>,
    /// What became of the dose.
    #[n(4)]
    pub outcome: Outcome,
    /// Why it was not given.
    #[n(5)]
    pub reason: Option<String>,
    /// The prescription entry that ordered it.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub prescription: Option<[u8; 16]>,
    /// Where it was imported from.
    #[n(7)]
    pub source: Option<Source>,
}
