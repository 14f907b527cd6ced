//! Files, and resources that have no typed view.

use minicbor::{Decode, Encode};

use super::{Concept, Instant, Source};

/// A file in the chart, or an imported resource that has no typed view (its bytes are then in `source`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Document {
    /// What to call it in a list.
    #[n(0)]
    pub title: String,
    /// What sort of document: LOINC, words.
    #[n(1)]
    pub kind: Concept,
    /// The content's media type, such as `text/plain`.
    #[n(2)]
    pub media_type: String,
    /// The content; empty where `source` holds it.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub content: Vec<u8>,
    /// When it was made.
    #[n(4)]
    pub at: Option<Instant>,
    /// Where it was imported from.
    #[n(5)]
    pub source: Option<Source>,
}
