//! Clinical text.

use minicbor::{Decode, Encode};

use super::{Instant, Role, Source};

/// Something that a clinician wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Note {
    /// What it is, such as `Admission note`.
    #[n(0)]
    pub title: String,
    /// The text, with line breaks.
    #[n(1)]
    pub text: String,
    /// When it speaks of.
    #[n(2)]
    pub at: Option<Instant>,
    /// The role in which it was written.
    #[n(3)]
    pub author_role: Option<Role>,
    /// Where it was imported from.
    #[n(4)]
    pub source: Option<Source>,
}
