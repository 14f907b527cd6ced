//! Where an imported body came from.

use minicbor::{Decode, Encode};

/// The resource that a body was read from, kept whole, so that unknown fields and written precision survive an export.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Source {
    /// The system that the resource's id belongs to, usually a URL.
    #[n(0)]
    pub system: String,
    /// The FHIR resource type, such as `Observation`.
    #[n(1)]
    pub resource_type: String,
    /// The resource's id within its system and type.
    #[n(2)]
    pub id: String,
    /// The resource's own bytes.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub original: Vec<u8>,
}

impl Source {
    /// Whether both are versions of one resource.
    pub fn is_of(&self, other: &Self) -> bool {
        (&self.system, &self.resource_type, &self.id)
            == (&other.system, &other.resource_type, &other.id)
    }
}
