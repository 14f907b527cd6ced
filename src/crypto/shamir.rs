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

/// Puts the secret together again. All shares given are used.
pub fn combine(threshold: u8, shares: &[&[u8]]) -> Result<SecretBytes, ShamirError> {
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
    if shares.len() < usize::from(threshold.max(1)) {
        return Err(ShamirError::TooFew {
            given: shares.len(),
            needed: threshold.max(1),
        });
    }
    let shares: Vec<Share> = shares
        .iter()
        .map(|share| Share::try_from(*share).expect("checked above: two bytes or more"))
        .collect();
    Ok(SecretBytes::new(
        Sharks(threshold)
            .recover(&shares)
            .expect("checked above: enough, and of one length"),
    ))
}
