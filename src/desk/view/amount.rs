//! Quantities: tablets, millilitres, packs.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A quantity as it was written. JSON prints it as a number, text as the digits that were given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Amount(String);

/// What is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity: write a decimal number such as 21 or 2.5")]
pub struct BadAmount(String);

impl From<i64> for Amount {
    fn from(whole: i64) -> Self {
        Self(whole.to_string())
    }
}

impl FromStr for Amount {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Self, BadAmount> {
        let plain = text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
        match text.parse::<f64>() {
            Ok(value) if plain && value.is_finite() => Ok(Self(text.to_owned())),
            _ => Err(BadAmount(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(whole) = self.0.parse::<i64>() {
            return serializer.serialize_i64(whole);
        }
        let value: f64 = self
            .0
            .parse()
            .expect("an Amount was parsed as a finite number when it was made");
        serializer.serialize_f64(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn an_amount_is_a_number_in_json_and_keeps_its_digits_in_text() {
        let half: Amount = "2.50".parse().unwrap();
        assert_eq!(half.to_string(), "2.50");
        assert_eq!(serde_json::to_string(&half).unwrap(), "2.5");
        assert_eq!(serde_json::to_string(&Amount::from(21)).unwrap(), "21");
    }

    #[test]
    fn words_and_infinities_are_no_amounts() {
        for text in ["many", "inf", "NaN", "1e999", ""] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
