//! Medical record numbers with a check digit.
//!
//! The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", dissertation, Marburg 2004). It catches every
//! single wrong digit and every swap of two neighbours, and leading zeros do not change it.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};

/// A medical record number: a running number of at least four digits, a hyphen, and its check digit, such as `0012-5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mrn(u32);

/// Why a text is no medical record number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMrn {
    /// The text has another shape.
    #[error("\"{0}\" is not a record number; it looks like 0012-5")]
    Shape(String),
    /// The check digit does not fit: a digit is wrong or two are swapped.
    #[error("{0}: the check digit does not fit; look at the digits again")]
    CheckDigit(String),
}

/// Damm's totally anti-symmetric quasigroup of order ten.
const QUASIGROUP: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

fn damm(digits: &str) -> u8 {
    digits.bytes().fold(0, |interim, b| {
        QUASIGROUP[usize::from(interim)][usize::from(b - b'0')]
    })
}

impl Mrn {
    /// The record number with running number `n`.
    pub const fn issue(n: u32) -> Self {
        Self(n)
    }

    /// The running number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mrn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:04}", self.0);
        f.pad(&format!("{digits}-{}", damm(&digits)))
    }
}

impl FromStr for Mrn {
    type Err = BadMrn;

    /// Reads `0012-5`; the hyphen and leading zeros may be left out.
    fn from_str(text: &str) -> Result<Self, BadMrn> {
        let shape = || BadMrn::Shape(text.chars().take(40).collect());
        let digits: String = match text.split_once('-') {
            Some((number, check)) if check.len() == 1 => [number, check].concat(),
            Some(_) => return Err(shape()),
            None => text.to_owned(),
        };
        if digits.len() < 2 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(shape());
        }
        let number = digits[..digits.len() - 1].parse().map_err(|_| shape())?;
        if damm(&digits) == 0 {
            Ok(Self(number))
        } else {
            Err(BadMrn::CheckDigit(text.to_owned()))
        }
    }
}

impl<C> Encode<C> for Mrn {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Mrn {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.u32().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_check_digit_is_damms() {
        // 572 has the check digit 4 in Damm's own example.
        assert_eq!(Mrn::issue(572).to_string(), "0572-4");
        assert_eq!(Mrn::issue(12).to_string(), "0012-5");
        assert_eq!("0012-5".parse(), Ok(Mrn::issue(12)));
        assert_eq!("125".parse(), Ok(Mrn::issue(12)));
    }

    #[test]
    fn a_wrong_shape_and_a_wrong_digit_are_told_apart() {
        assert_eq!(
            "0012-6".parse::<Mrn>(),
            Err(BadMrn::CheckDigit("0012-6".into()))
        );
        for text in [
            "",
            "1",
            "abc",
            "0012-",
            "0012-55",
            "00é2-5",
            "99999999999-1",
        ] {
            assert!(
                matches!(text.parse::<Mrn>(), Err(BadMrn::Shape(_))),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_or_one_swap_of_neighbours_is_always_caught(n in any::<u32>(), at in 0usize..12, to in 0u8..10) {
            let good = Mrn::issue(n).to_string().replace('-', "");
            prop_assert_eq!(good.parse(), Ok(Mrn::issue(n)));
            let at = at % good.len();
            let mut wrong = good.clone().into_bytes();
            wrong[at] = b'0' + to;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(wrong.parse::<Mrn>().is_ok(), wrong == good);
            let mut swapped = good.clone().into_bytes();
            swapped.swap(at, (at + 1).min(good.len() - 1));
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(swapped.parse::<Mrn>().is_ok(), swapped == good);
        }
    }
}
