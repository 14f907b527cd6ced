//! A lot as other systems name it: `{medicine, code, lot, expiry, quantity, unit}`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clinical::stock::Lot;
use crate::clinical::{Concept, Decimal, PartialDate};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read<'a> {
    medicine: String,
    code: Option<String>,
    lot: String,
    expiry: String,
    // As it is written, so that `2.50` stays `2.50`.
    #[serde(borrow)]
    quantity: &'a RawValue,
    unit: String,
}

/// What is no lot.
#[derive(Debug, thiserror::Error)]
pub enum BadLot {
    /// Not the fields of a lot.
    #[error("this is no lot: {0}; it has medicine, code, lot, expiry, quantity and unit")]
    Fields(#[from] serde_json::Error),
    /// The expiry is no date.
    #[error("the expiry {0:?} is no month and no day: write 2027-03 or 2027-03-31")]
    Expiry(String),
    /// The quantity is no number.
    #[error("the quantity {0} is no decimal number")]
    Quantity(String),
}

/// Reads a lot and how much of it there is.
pub fn lot_from_json(bytes: &[u8]) -> Result<(Lot, Decimal), BadLot> {
    let read: Read<'_> = serde_json::from_slice(bytes)?;
    let expiry: PartialDate = read
        .expiry
        .parse()
        .ok()
        .filter(|date: &PartialDate| date.month().is_some())
        .ok_or(BadLot::Expiry(read.expiry))?;
    let written = read.quantity.get();
    let quantity: Decimal = written
        .trim_matches('"')
        .parse()
        .map_err(|_| BadLot::Quantity(written.into()))?;
    let lot = Lot {
        medicine: Concept::text(read.medicine.trim()),
        code: read.code.map(|code| code.trim().to_owned()),
        lot: read.lot.trim().to_owned(),
        expiry,
        unit: read.unit.trim().to_owned(),
    };
    Ok((lot, quantity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_read_with_its_digits() {
        let text = r#"{"medicine":"ibuprofen syrup","code":"IBU","lot":" M7 ","expiry":"2027-03","quantity":2.50,"unit":"ml"}"#;
        let (lot, quantity) = lot_from_json(text.as_bytes()).unwrap();
        assert_eq!(
            (lot.lot.as_str(), quantity.to_string().as_str()),
            ("M7", "2.50")
        );
        assert_eq!(lot.expiry.to_string(), "2027-03");
    }

    #[test]
    fn what_is_no_lot_says_which_field() {
        let with = |field: &str, value: &str| {
            let mut lot = serde_json::json!({"medicine":"a","code":"A","lot":"1","expiry":"2027-03","quantity":1,"unit":"x"});
            lot[field] = serde_json::from_str(value).unwrap();
            lot_from_json(lot.to_string().as_bytes())
                .unwrap_err()
                .to_string()
        };
        assert!(with("expiry", "\"soon\"").contains("soon"));
        assert!(
            with("expiry", "\"2027\"").contains("2027"),
            "a year is no expiry"
        );
        assert!(with("quantity", "\"many\"").contains("many"));
        assert!(with("price", "3").contains("price"));
        assert!(lot_from_json(b"[]").is_err());
    }
}
