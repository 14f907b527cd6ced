//! Shamir's secret sharing ([How to share a secret, 1979](https://doi.org/10.1145/359168.359176)) over GF(2⁸), byte by byte.
//!
//! A share is `x || y₁ || … || yₙ` with x from 1 to 255.
//!
//! **Shares are not authenticated: a wrong one yields a wrong secret, so what comes out is checked against something
//! signed (here, the public key that the secret belongs to).**

use blahaj::{Share, Sharks};
use getrandom::{SysRng, rand_core::UnwrapErr};

use super::SecretBytes;

/// Why shares were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShamirError {
    /// More shares are needed.
    #[error("{given} of {needed} shares: bring more")]
    TooFew {
        /// How many different shares were given.
        given: usize,
        /// The threshold.
        needed: u8,
    },
    /// Two shares have the same number: the same one was entered twice.
    #[error("share {0} was given twice")]
    Twice(u8),
    /// A share is empty, has number 0, or differs in length from the first.
    #[error("the {nth}. share is malformed: typed wrongly, or of another set")]
    Malformed {
        /// Which one, counting from 1.
        nth: usize,
    },
    /// More shares than needed were given, and they do not all lie on one polynomial.
    #[error("the shares contradict each other: one is typed wrongly, or of another set")]
    Inconsistent,
}

/// Splits a secret so that any `threshold` of the `shares` give it back and fewer say nothing.
///
/// `1 <= threshold <= shares` and a secret of at least one byte are the caller's to ensure.
pub fn split(secret: &[u8], threshold: u8, shares: u8) -> Vec<SecretBytes> {
    assert!(
        1 <= threshold && threshold <= shares && !secret.is_empty(),
        "the ceremony asks for k of n with 1 <= k <= n"
    );
    Sharks(threshold)
        .dealer_rng(secret, &mut UnwrapErr(SysRng))
        .take(usize::from(shares))
        .map(|share| SecretBytes::new(Vec::from(&share)))
        .collect()
}

/// Puts the secret together again. Shares above the threshold are used to check the others.
pub fn combine(threshold: u8, shares: &[&[u8]]) -> Result<SecretBytes, ShamirError> {
    let needed = threshold.max(1);
    let mut seen = [false; 256];
    for (share, nth) in shares.iter().zip(1..) {
        let number = match share {
            [number, _, ..] if *number > 0 && share.len() == shares[0].len() => *number,
            _ => return Err(ShamirError::Malformed { nth }),
        };
        if std::mem::replace(&mut seen[usize::from(number)], true) {
            return Err(ShamirError::Twice(number));
        }
    }
    if shares.len() < usize::from(needed) {
        return Err(ShamirError::TooFew {
            given: shares.len(),
            needed,
        });
    }
    let shares: Vec<Share> = shares
        .iter()
        .map(|share| Share::try_from(*share).expect("checked above: two bytes or more"))
        .collect();
    let interpolate = |shares: &[Share]| {
        SecretBytes::new(
            Sharks(needed)
                .recover(shares)
                .expect("checked above: enough, different, of one length"),
        )
    };
    let secret = interpolate(&shares[..usize::from(needed)]);
    if interpolate(&shares) == secret {
        Ok(secret)
    } else {
        Err(ShamirError::Inconsistent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::subsequence};

    use super::*;

    fn exposed(shares: &[SecretBytes]) -> Vec<&[u8]> {
        shares.iter().map(SecretBytes::expose).collect()
    }

    /// f(x) = 2a + 03 x over GF(2⁸) with the polynomial of AES, worked by hand: f(1) = 29, f(2) = 2c, f(3) = 2f.
    #[test]
    fn shares_stay_what_they_are() {
        for pair in [
            [&[1, 0x29], &[2, 0x2c]],
            [&[3, 0x2f], &[1, 0x29]],
            [&[2, 0x2c], &[3, 0x2f]],
        ] {
            assert_eq!(combine(2, &[pair[0], pair[1]]).unwrap().expose(), [0x2a]);
        }
    }

    #[test]
    fn a_share_is_its_number_and_one_byte_for_each_of_the_secret() {
        let shares = split(&[0; 32], 3, 5);
        for (share, number) in shares.iter().zip(1..) {
            assert_eq!((share.len(), share.expose()[0]), (33, number));
        }
        assert_eq!(shares.len(), 5);
    }

    #[test]
    fn the_greatest_number_of_shares_works() {
        let shares = split(b"secret", 255, 255);
        assert_eq!(shares.len(), 255);
        assert_eq!(combine(255, &exposed(&shares)).unwrap().expose(), b"secret");
    }

    #[test]
    fn a_share_given_twice_counts_once_and_is_named() {
        let shares = split(b"secret", 3, 5);
        let [one, two, ..] = exposed(&shares)[..] else {
            unreachable!()
        };
        assert_eq!(combine(3, &[one, two, one]), Err(ShamirError::Twice(1)));
    }

    #[test]
    fn shares_that_cannot_be_of_one_set_are_named() {
        let shares = split(b"secret", 2, 3);
        let [one, two, ..] = exposed(&shares)[..] else {
            unreachable!()
        };
        assert_eq!(
            combine(2, &[one, &two[..4]]),
            Err(ShamirError::Malformed { nth: 2 })
        );
        assert_eq!(
            combine(2, &[&[0, 1, 2], one]),
            Err(ShamirError::Malformed { nth: 1 })
        );
        assert_eq!(
            combine(2, &[one, &[]]),
            Err(ShamirError::Malformed { nth: 2 })
        );
        assert_eq!(
            combine(2, &[&[7], &[8]]),
            Err(ShamirError::Malformed { nth: 1 })
        );
        assert_eq!(
            combine(2, &[]),
            Err(ShamirError::TooFew {
                given: 0,
                needed: 2
            })
        );
    }

    #[test]
    fn a_wrong_share_among_more_than_needed_is_noticed() {
        let shares = split(b"secret", 2, 3);
        let mut wrong = shares[2].expose().to_vec();
        wrong[4] ^= 1;
        assert_eq!(
            combine(2, &[shares[0].expose(), shares[1].expose(), &wrong]),
            Err(ShamirError::Inconsistent)
        );
    }

    /// Threshold, number of shares, and which of them come together, in any order: exactly as many as needed.
    fn ceremony() -> impl Strategy<Value = (u8, u8, Vec<usize>)> {
        (1_u8..=12)
            .prop_flat_map(|n| (1..=n, Just(n)))
            .prop_flat_map(|(k, n)| {
                let all: Vec<usize> = (0..usize::from(n)).collect();
                (
                    Just(k),
                    Just(n),
                    subsequence(all, usize::from(k)).prop_shuffle(),
                )
            })
    }

    proptest! {
        #[test]
        fn any_k_of_n_give_the_secret(secret: [u8; 32], (k, n, chosen) in ceremony()) {
            let shares = split(&secret, k, n);
            let given: Vec<&[u8]> = chosen.iter().map(|&which| shares[which].expose()).collect();
            let combined = combine(k, &given).unwrap();
            prop_assert_eq!(combined.expose(), &secret);
        }

        #[test]
        fn all_n_give_the_secret(secret: [u8; 32], (k, n, _) in ceremony()) {
            let shares = split(&secret, k, n);
            let combined = combine(k, &exposed(&shares)).unwrap();
            prop_assert_eq!(combined.expose(), &secret);
        }

        /// Asked honestly it refuses; asked with a false threshold it gives something else.
        #[test]
        fn one_fewer_than_k_never_give_the_secret(secret: [u8; 32], (k, n, chosen) in ceremony()) {
            let shares = split(&secret, k, n);
            let given: Vec<&[u8]> = chosen[1..].iter().map(|&which| shares[which].expose()).collect();
            prop_assert_eq!(combine(k, &given), Err(ShamirError::TooFew { given: given.len(), needed: k }));
            if k > 1 {
                let guessed = combine(k - 1, &given).unwrap();
                prop_assert_ne!(guessed.expose(), &secret);
            }
        }
    }
}
