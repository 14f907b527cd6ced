//! What happens to a prescription besides dispensing.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Instant, Source};

vocabulary! {
    /// What happened.
    pub enum RxEventKind {
        /// The pharmacist asks the prescriber and waits.
        Held = 0 "held",
        /// The prescriber answers; the prescription's text is unaltered.
        Answered = 1 "answered",
        /// The pharmacist will not dispense it, or not the rest of it.
        Refused = 2 "refused",
        /// The prescriber takes it back, or the rest of it.
        Cancelled = 3 "cancelled",
    }
}

/// Something that happened to a prescription besides dispensing.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RxEvent {
    /// What happened.
    #[n(0)]
    pub kind: RxEventKind,
    /// The question, the answer or the reason.
    #[n(1)]
    pub text: String,
    /// The prescription entry.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub prescription: Option<[u8; 16]>,
    /// When.
    #[n(3)]
    pub at: Option<Instant>,
    /// The SHA-256 of the signed prescription as the pharmacist verified it, where this was the first act.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub verified: Option<[u8; 32]>,
    /// Where it was imported from.
    #[n(5)]
    pub source: Option<Source>,
}
