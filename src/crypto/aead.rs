//! AES-256-GCM, [NIST SP 800-38D](https://csrc.nist.gov/pubs/sp/800/38/d/final): every sealed body, slot and backup object.
//!
//! **A nonce is never used twice under one key.** Nonces are random; with 96 bits a key may seal 2³² times
//! (section 8.3), which is why bodies, slots and objects each have a derived key of their own.

use std::fmt;

use aes_gcm::{
    Aes256Gcm,
    aead::{AeadInOut, KeyInit},
};

use super::{Secret, SecretBytes, random};

/// Length of a nonce in bytes.
pub const NONCE: usize = 12;
/// Length of a tag in bytes.
pub const TAG: usize = 16;

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
