//! A number with its unit.

use std::fmt;

use minicbor::{Decode, Encode};

use super::Decimal;

/// A number with its unit, as written: `500 mg`, `21 capsule`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Quantity {
    /// How much.
    #[n(0)]
    pub value: Decimal,
    /// Of what: a UCUM code or a plain word; empty for a bare number.
    #[n(1)]
    pub unit: String,
}

impl Quantity {
    /// `value` of `unit`.
    pub fn new(value: impl Into<Decimal>, unit: &str) -> Self {
        Self {
            value: value.into(),
            unit: unit.to_owned(),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unit.is_empty() {
            write!(f, "{}", self.value)
        } else {
            write!(f, "{} {}", self.value, self.unit)
        }
    }
}
