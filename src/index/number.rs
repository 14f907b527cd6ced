//! Measured numbers, so that a comparison is a few words.
//!
//! A number is cut to thousandths and mapped to 32 bits that keep its order: magnitudes below 2^24 thousandths (16 777.215) as
//! they are, greater ones by their highest 24 bits and their length, negative ones mirrored. So numbers are told apart to
//! three decimals and seven digits, and **the index and the predicate compare the same 32 bits**. Nodes have radix 16 and eight
//! levels. `value = code || 0x00 || level(1) || be32(node)`.

use crate::clinical::Decimal;

use super::dyadic::Tree;
use super::term::{Field, Term};

const TREE: Tree = Tree { bits: 4, levels: 8 };
const ZERO: u32 = 1 << 31;
const PLAIN_BITS: u32 = 24;

/// A number as the index compares it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Number(u32);

impl Number {
    /// Below every number.
    pub const MIN: Self = Self(0);
    /// Above every number.
    pub const MAX: Self = Self(u32::MAX);

    /// The form of a decimal.
    pub fn of(decimal: Decimal) -> Self {
        let scaled = i128::from(decimal.mantissa()) * 1_000;
        let thousandths = scaled.div_euclid(10i128.pow(u32::from(decimal.scale())));
        let magnitude = compress(u64::try_from(thousandths.unsigned_abs()).unwrap_or(u64::MAX));
        Self(if thousandths < 0 {
            ZERO - magnitude
        } else {
            ZERO + magnitude
        })
    }

    /// The next greater form.
    #[must_use]
    pub fn above(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The next smaller form.
    #[must_use]
    pub fn below(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The words that an entry with this result is indexed under.
    pub(super) fn terms(self, code: &str) -> impl Iterator<Item = Term> {
        TREE.path(self.0)
            .map(move |(level, node)| term(code, level, node))
    }
}

/// Keeps order; exact below 2^24.
fn compress(n: u64) -> u32 {
    let length = u64::BITS - n.leading_zeros();
    let Some(cut) = length.checked_sub(PLAIN_BITS).filter(|&cut| cut > 0) else {
        return n as u32;
    };
    let half = 1u32 << (PLAIN_BITS - 1);
    // The highest bit is always set, so what remains continues where the magnitudes that are one bit shorter ended.
    (1 << PLAIN_BITS) + (cut - 1) * half + ((n >> cut) as u32 - half)
}

/// The words of which an entry with a result from `from` to `to` has one.
pub(super) fn range_terms(code: &str, from: Number, to: Number) -> Vec<Term> {
    TREE.cover(from.0, to.0)
        .into_iter()
        .map(|(level, node)| term(code, level, node))
        .collect()
}

fn term(code: &str, level: u8, node: u32) -> Term {
    let mut value = Vec::with_capacity(code.len() + 6);
    value.extend_from_slice(code.as_bytes());
    value.extend_from_slice(&[0, level]);
    value.extend_from_slice(&node.to_be_bytes());
    Term::new(Field::Number, value)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_is_kept(a: i64, b: i64, scale_a in 0u8..=18, scale_b in 0u8..=18) {
            let (a, b) = (Decimal::new(a, scale_a).expect("in range"), Decimal::new(b, scale_b).expect("in range"));
            match a.compare(b) {
                Ordering::Less => prop_assert!(Number::of(a) <= Number::of(b)),
                Ordering::Equal => prop_assert!(Number::of(a) == Number::of(b)),
                Ordering::Greater => prop_assert!(Number::of(a) >= Number::of(b)),
            }
        }

        #[test]
        fn thousandths_of_everyday_numbers_are_told_apart(n in -16_000_000i64..16_000_000) {
            let number = |n| Number::of(Decimal::new(n, 3).expect("in range"));
            prop_assert!(number(n) < number(n + 1));
        }
    }

    #[test]
    fn a_million_copies_are_still_compared() {
        assert!(Number::of(Decimal::whole(5_000_000)) < Number::of(Decimal::whole(5_000_001)));
        assert!(Number::of(Decimal::whole(i64::MAX)) < Number::MAX);
        assert!(Number::of(Decimal::whole(i64::MIN)) > Number::MIN);
    }
}
