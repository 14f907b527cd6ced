//! Vaccines given.

use minicbor::{Decode, Encode};

use super::{Concept, Instant, PartialDate, Quantity, Source};

/// A vaccine given, or refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Immunisation {
    /// The vaccine: CVX, words.
    #[n(0)]
    pub vaccine: Concept,
    /// When it was given.
    #[n(1)]
    pub at: Option<Instant>,
    /// Why it was not given; absent where it was.
    #[n(2)]
    pub not_given: Option<String>,
    /// The lot number.
    #[n(3)]
    pub lot: Option<String>,
    /// When the lot expires.
    #[n(4)]
    pub expiry: Option<PartialDate>,
    /// Where on the body.
    #[n(5)]
    pub site: Option<String>,
    /// By which route.
    #[n(6)]
    pub route: Option<String>,
    /// How much.
    #[n(7)]
    pub dose: Option<Quantity>,
    /// Which of the series this is, counted from 1.
    #[n(8)]
    pub dose_number: Option<u16>,
    /// Where it was imported from.
    #[n(9)]
    pub source: Option<Source>,
}
