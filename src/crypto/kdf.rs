//! HKDF-SHA256, [RFC 5869](https://www.rfc-editor.org/rfc/rfc5869): keys from keys, without salt.
//!
//! ```text
//! info = length of label (1 byte) || label || context
//! ```
//!
//! **One label, one use: two uses of a key never share a label.** The length in front keeps a label's end from
//! being mistaken for a context's beginning.

use hkdf::Hkdf;
use sha2::Sha256;

use super::Secret;

/// Derives the key for one use (`label`) of one thing (`context`) from `key`.
///
/// Labels are constants of at most 255 bytes, such as `"chartseal/entry-key/v1"`.
pub fn derive(key: &Secret<32>, label: &str, context: &[u8]) -> Secret<32> {
    let length = [u8::try_from(label.len()).expect("a label is a short constant")];
    let info: [&[u8]; 3] = [&length, label.as_bytes(), context];
    Secret::fill_with(|derived| {
        Hkdf::<Sha256>::new(None, key.expose())
            .expand_multi_info(&info, derived)
            .expect("HKDF-SHA256 yields up to 8160 bytes");
    })
}
