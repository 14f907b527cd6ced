//! Where and through whom a patient is reached.

use minicbor::{Decode, Encode};

use super::Name;

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Address {
    /// Street, house number and what else stands above the city.
    #[n(0)]
    pub lines: Vec<String>,
    /// The city.
    #[n(1)]
    pub city: String,
    /// The district or county.
    #[n(2)]
    pub district: String,
    /// The state or province.
    #[n(3)]
    pub state: String,
    /// The postal code.
    #[n(4)]
    pub postal_code: String,
    /// The country.
    #[n(5)]
    pub country: String,
}

/// Somebody to tell or to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NextOfKin {
    /// Who.
    #[n(0)]
    pub name: Name,
    /// What they are to the patient, such as `sister`.
    #[n(1)]
    pub relationship: String,
    /// A telephone number.
    #[n(2)]
    pub phone: String,
}

impl Address {
    /// The address on one line, empty parts left out.
    pub fn one_line(&self) -> String {
        let town = [self.postal_code.as_str(), &self.city]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let parts = self.lines.iter().map(String::as_str).chain([
            town.as_str(),
            &self.district,
            &self.state,
            &self.country,
        ]);
        parts
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}
