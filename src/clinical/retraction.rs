//! The withdrawal of an earlier entry.

use minicbor::{Decode, Encode};

use super::Source;

/// That the entry before this one in its thread no longer holds. It stays readable in the history.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Retraction {
    /// Why; never empty when a person writes it.
    #[n(0)]
    pub reason: String,
    /// The resource whose source took it back, without its bytes: those stand in the entry that is withdrawn.
    #[n(1)]
    pub source: Option<Source>,
}
