//! Decimal numbers that keep the precision they were written with. No floats: `7.0` and `7` are told apart, `0.1` is exact.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};

/// A decimal number: `mantissa` divided by ten to the power of `scale`.
///
/// Equality is of what was written (`1.0` differs from `1`); [`Decimal::compare`] is of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

/// Why a text is no decimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a decimal number of at most 18 digits")]
pub struct BadDecimal(pub String);

impl Decimal {
    /// The greatest number of digits after the point.
    pub const MAX_SCALE: u8 = 18;

    /// `mantissa` divided by ten to the power of `scale`; `None` where `scale` is above [`Self::MAX_SCALE`].
    pub const fn new(mantissa: i64, scale: u8) -> Option<Self> {
        if scale > Self::MAX_SCALE {
            None
        } else {
            Some(Self { mantissa, scale })
        }
    }

    /// A whole number.
    pub const fn whole(n: i64) -> Self {
        Self {
            mantissa: n,
            scale: 0,
        }
    }

    /// The digits as one whole number.
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Order of the numbers, whatever their precision.
    pub fn compare(self, other: Self) -> Ordering {
        self.aligned(other).cmp(&other.aligned(self))
    }

    /// Whether this is the number zero.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether this is below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The sum with the greater precision of the two; `None` where it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        Self::fit(
            self.aligned(other).checked_add(other.aligned(self))?,
            self.scale.max(other.scale),
        )
    }

    /// The difference with the greater precision of the two; `None` where it does not fit.
    pub fn minus(self, other: Self) -> Option<Self> {
        Self::fit(
            self.aligned(other).checked_sub(other.aligned(self))?,
            self.scale.max(other.scale),
        )
    }

    /// The product; `None` where it does not fit.
    pub fn times(self, other: Self) -> Option<Self> {
        let mut mantissa = i128::from(self.mantissa) * i128::from(other.mantissa);
        let mut scale = self.scale + other.scale;
        while scale > 0
            && mantissa % 10 == 0
            && (scale > Self::MAX_SCALE || i64::try_from(mantissa).is_err())
        {
            mantissa /= 10;
            scale -= 1;
        }
        Self::fit(mantissa, scale)
    }

    /// The quotient, rounded half away from zero to `scale` digits; `None` for a zero divisor or where it does not fit.
    pub fn divide(self, by: Self, scale: u8) -> Option<Self> {
        let up = 10_i128.checked_pow(u32::from(scale) + u32::from(by.scale))?;
        let num = i128::from(self.mantissa).checked_mul(up)?;
        let den =
            i128::from(by.mantissa).checked_mul(10_i128.checked_pow(u32::from(self.scale))?)?;
        Self::fit(round_div(num, den)?, scale)
    }

    /// The number rounded half away from zero to at most `scale` digits after the point.
    #[must_use]
    pub fn round(self, scale: u8) -> Self {
        if scale >= self.scale {
            return self;
        }
        let den = 10_i128.pow(u32::from(self.scale - scale));
        round_div(i128::from(self.mantissa), den)
            .and_then(|m| Self::fit(m, scale))
            .unwrap_or(self)
    }

    /// The number without its trailing zeros after the point: for comparing and grouping, not for showing.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The nearest float, for drawing only.
    pub fn approx(self) -> f64 {
        self.mantissa as f64 / 10_f64.powi(i32::from(self.scale))
    }

    fn fit(mantissa: i128, scale: u8) -> Option<Self> {
        Self::new(i64::try_from(mantissa).ok()?, scale)
    }

    /// The mantissa at the greater scale of the two: at most 2^63 × 10^18, which an `i128` holds.
    fn aligned(self, other: Self) -> i128 {
        i128::from(self.mantissa) * 10_i128.pow(u32::from(other.scale.saturating_sub(self.scale)))
    }
}

fn round_div(num: i128, den: i128) -> Option<i128> {
    let quotient = num.checked_div(den)?;
    let rest = num % den;
    let away = if (num < 0) == (den < 0) { 1 } else { -1 };
    Some(if rest.unsigned_abs() * 2 >= den.unsigned_abs() {
        quotient + away
    } else {
        quotient
    })
}

impl From<i64> for Decimal {
    fn from(n: i64) -> Self {
        Self::whole(n)
    }
}

impl From<i32> for Decimal {
    fn from(n: i32) -> Self {
        Self::whole(i64::from(n))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        let text = if scale == 0 {
            digits
        } else {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, part) = digits.split_at(digits.len() - scale);
            format!("{whole}.{part}")
        };
        f.pad_integral(self.mantissa >= 0, "", &text)
    }
}

impl FromStr for Decimal {
    type Err = BadDecimal;

    /// Reads `-12.50` and, as JSON allows, `1.2e3`. A leading `+`, a bare point and spaces are refused.
    fn from_str(text: &str) -> Result<Self, BadDecimal> {
        parse(text).ok_or_else(|| BadDecimal(text.chars().take(40).collect()))
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (
            number,
            exponent
                .strip_prefix('+')
                .unwrap_or(exponent)
                .parse::<i32>()
                .ok()?,
        ),
        None => (text, 0),
    };
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, part)) => (whole, part),
        None => (digits, ""),
    };
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(part.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut mantissa: i64 = 0;
    for byte in whole.bytes().chain(part.bytes()) {
        mantissa = mantissa
            .checked_mul(10)?
            .checked_add(i64::from(byte - b'0'))?;
    }
    let mut scale = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
    if scale < -18 {
        return None;
    }
    while scale < 0 {
        mantissa = mantissa.checked_mul(10)?;
        scale += 1;
    }
    Decimal::new(
        if negative { -mantissa } else { mantissa },
        u8::try_from(scale).ok()?,
    )
}

impl<C> Encode<C> for Decimal {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?.i64(self.mantissa)?.u8(self.scale)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Decimal {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let at = d.position();
        if d.array()? != Some(2) {
            return Err(
                minicbor::decode::Error::message("a decimal has a mantissa and a scale").at(at),
            );
        }
        let (mantissa, scale) = (d.i64()?, d.u8()?);
        Self::new(mantissa, scale)
            .ok_or_else(|| minicbor::decode::Error::message("scale above 18").at(at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn written_precision_is_kept() {
        for text in [
            "0",
            "7",
            "7.0",
            "7.00",
            "-0.5",
            "36.80",
            "0.000000000000000001",
            "-12",
            "9223372036854775807",
        ] {
            assert_eq!(dec(text).to_string(), text);
        }
        assert_eq!(dec("1.5e3").to_string(), "1500");
        assert_eq!(dec("1.25e-1").to_string(), "0.125");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "+5",
            " 5",
            "5 ",
            "1,5",
            "NaN",
            "1e",
            "1e99",
            "1e-30",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?} was read");
        }
    }

    #[test]
    fn numbers_compare_whatever_their_precision() {
        assert_eq!(dec("7.0").compare(dec("7")), Ordering::Equal);
        assert_ne!(dec("7.0"), dec("7"));
        assert_eq!(dec("-1.5").compare(dec("-1.49")), Ordering::Less);
        assert_eq!(
            dec("9223372036854775807").compare(dec("0.000000000000000001")),
            Ordering::Greater
        );
    }

    #[test]
    fn sums_products_and_quotients_are_exact_or_absent() {
        assert_eq!(dec("0.1").plus(dec("0.20")), Some(dec("0.30")));
        assert_eq!(dec("5").minus(dec("5.5")), Some(dec("-0.5")));
        assert_eq!(dec("1.5").times(dec("3")), Some(dec("4.5")));
        assert_eq!(dec("70").divide(dec("3.0625"), 1), Some(dec("22.9")));
        assert_eq!(dec("-1").divide(dec("8"), 2), Some(dec("-0.13")));
        assert_eq!(dec("1").divide(dec("0"), 2), None);
        assert_eq!(dec("2.345").round(2), dec("2.35"));
        assert_eq!(Decimal::whole(i64::MAX).plus(Decimal::whole(1)), None);
    }

    proptest! {
        #[test]
        fn any_decimal_reads_back_as_it_was_written(mantissa in any::<i64>(), scale in 0u8..=18) {
            let decimal = Decimal::new(mantissa, scale).unwrap();
            if mantissa != i64::MIN {
                prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
            }
        }

        #[test]
        fn arithmetic_never_panics(a in any::<i64>(), s in 0u8..=18, b in any::<i64>(), t in 0u8..=18) {
            let (x, y) = (Decimal::new(a, s).unwrap(), Decimal::new(b, t).unwrap());
            let _ = (x.plus(y), x.minus(y), x.times(y), x.divide(y, 4), x.round(2), x.normalized(), x.compare(y));
        }
    }
}
