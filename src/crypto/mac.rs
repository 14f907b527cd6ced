//! HMAC-SHA256, [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104): tags that only holders of the key can make.
//!
//! **A tag is compared with [`verify`](MacKey::verify), in constant time, never with `==`.**
//! Parts are joined without any mark between them: a part of variable length carries its length, or stands last.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Secret;

/// A key with both its padded blocks already hashed: a tag clones that state instead of preparing it again.
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Prepares the key.
    pub fn new(key: &Secret<32>) -> Self {
        Self::from_slice(key.expose())
    }

    /// HMAC takes keys of any length. Only the published vectors need that.
    fn from_slice(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// The tag of the parts, one after the other.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether `tag` is the whole tag of the parts. A shortened tag is refused.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.over(parts).verify_slice(tag).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}
