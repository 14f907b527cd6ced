//! HPKE, [RFC 9180](https://www.rfc-editor.org/rfc/rfc9180), base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! AES-256-GCM. Keys sealed to people and units, bodies dropped into boxes that the writer cannot open.
//!
//! **Base mode does not say who sealed: whoever opens checks what came out against something signed.**
//!
//! Each sealing has its own ephemeral key, and each context seals exactly once.

use std::fmt;

use hpke::{
    Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::AesGcm256, kdf::HkdfSha256,
    kem::X25519HkdfSha256, single_shot_open, single_shot_seal,
};

use super::{Secret, SecretBytes, hex::hex};

/// Length in bytes of the encapsulated key, which stands before the cipher text.
pub const ENCAPSULATED: usize = 32;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Why nothing was sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HpkeError {
    /// The exchange gives zero whatever the other key is, so anyone could open: RFC 9180, section 7.1.4.
    #[error("the public key is of small order: nothing may be sealed to it")]
    NotContributory,
    /// Fewer bytes than an encapsulated key and a tag.
    #[error("too short to be sealed by HPKE")]
    Truncated,
    /// Another key, another `info`, another `aad`, or a changed byte. It does not say which.
    #[error("the seal does not hold: not sealed to this key, or not for this purpose, or changed")]
    Refused,
}

/// The key that opens: an X25519 scalar. [`duplicate`](KemSecret::duplicate) instead of `Clone`, so that copies are seen.
pub struct KemSecret {
    scalar: Secret<32>,
    public: KemPublic,
}

impl KemSecret {
    /// Draws a fresh key.
    pub fn random() -> Self {
        Self::from_secret(&Secret::random())
    }

    /// The key of 32 scalar bytes. Any will do: they are clamped where they are used (RFC 7748, section 5).
    pub fn from_secret(scalar: &Secret<32>) -> Self {
        let public = X25519HkdfSha256::sk_to_pk(&private(scalar));
        Self {
            scalar: scalar.clone(),
            public: KemPublic(public.to_bytes().into()),
        }
    }

    /// The scalar bytes as they were given, to be sealed.
    pub fn secret(&self) -> Secret<32> {
        self.scalar.clone()
    }

    /// The key to seal to.
    pub fn public(&self) -> KemPublic {
        self.public
    }

    /// A second copy of the key, for another thread.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            scalar: self.scalar.clone(),
            public: self.public,
        }
    }
}

impl fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KemSecret(…)")
    }
}

/// The key to seal to: an X25519 point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KemPublic(pub [u8; 32]);

impl KemPublic {
    /// A slice of exactly 32 bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for KemPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemPublic({}…)", hex(&self.0[..4]))
    }
}

/// Seals to a key: `encapsulated key || cipher text || tag`. `info` says what for, `aad` is authenticated; neither is stored.
pub fn seal(to: &KemPublic, info: &[u8], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, HpkeError> {
    let to = PublicKey::from_bytes(&to.0).expect("an X25519 public key is any 32 bytes");
    let (encapsulated, text) = single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &to,
        info,
        plain,
        aad,
    )
    .map_err(|_| HpkeError::NotContributory)?;
    Ok([encapsulated.to_bytes().as_slice(), &text].concat())
}

/// Opens what was sealed to this key, for the same `info` and `aad`.
pub fn open(
    key: &KemSecret,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, HpkeError> {
    let (encapsulated, text) = sealed
        .split_first_chunk::<ENCAPSULATED>()
        .ok_or(HpkeError::Truncated)?;
    if text.len() < super::aead::TAG {
        return Err(HpkeError::Truncated);
    }
    let encapsulated =
        EncappedKey::from_bytes(encapsulated).expect("an X25519 public key is any 32 bytes");
    single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private(&key.scalar),
        &encapsulated,
        info,
        text,
        aad,
    )
    .map(SecretBytes::new)
    .map_err(|error| match error {
        hpke::HpkeError::DecapError => HpkeError::NotContributory,
        _ => HpkeError::Refused,
    })
}

fn private(scalar: &Secret<32>) -> PrivateKey {
    PrivateKey::from_bytes(scalar.expose()).expect("an X25519 scalar is any 32 bytes, clamped")
}
