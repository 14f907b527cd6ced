//! Medicines on the shelf.

use serde::Serialize;

use super::Amount;

/// One lot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StockLine {
    /// Medicine, strength and form.
    pub medicine: String,
    /// The maker's lot number.
    pub lot: String,
    /// `2027-03` or `2027-03-31`.
    pub expiry: String,
    /// What is left of it.
    pub quantity: Amount,
    /// The medicine's code.
    pub code: Option<String>,
    /// The unit of the quantity.
    pub unit: Option<String>,
    /// Whether it has expired.
    pub expired: bool,
    /// Name of the pharmacy.
    pub pharmacy: String,
}

/// Stock was received or adjusted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StockChanged {
    /// The lot.
    pub lot: String,
    /// What is there now.
    pub quantity: Amount,
    /// The entry that says so.
    pub entry: String,
}
