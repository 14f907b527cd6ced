//! Tags: what the index calls a word.
//!
//! ```text
//! tag(w) = HMAC-SHA256(K_tag, len8(field) || field || len16(value) || value), first 12 bytes
//! ```
//!
//! Lengths are big-endian. HMAC is RFC 2104; 96 bits keep the chance that two of 2^32 words share a tag below 2^-32, and
//! a shared tag only costs a re-check.

use crate::crypto::mac::MacKey;

/// How long a tag is, in bytes.
pub const TAG_LEN: usize = 12;

/// The name of a word under a compartment's key. Without the key it says nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub [u8; TAG_LEN]);

impl Tag {
    /// The tag of `value` in `field`. Values are at most 65 535 bytes; [`Term`](super::Term) cuts them before.
    pub(super) fn of(key: &MacKey, field: &str, value: &[u8]) -> Self {
        let field_len = [u8::try_from(field.len()).expect("field labels are our own and short")];
        let value_len = u16::try_from(value.len())
            .expect("a term cuts its value")
            .to_be_bytes();
        let mac = key.tag(&[&field_len, field.as_bytes(), &value_len, value]);
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&mac[..TAG_LEN]);
        Self(tag)
    }
}

impl std::fmt::Debug for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tag({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}
