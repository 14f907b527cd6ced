//! What the invented pharmacy has: most of it in plenty, some near its expiry, some used up.

use super::chance::Chance;
use super::orders::concept;
use super::tables::{MEDICINES, Medicine};
use crate::clinical::rx_state::DAY_MILLIS;
use crate::clinical::{Concept, Decimal, Instant, PartialDate};

/// A lot of a medicine in the pharmacy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// The medicine.
    pub medicine: Concept,
    /// The pharmacy's own code for the product, such as `AMOXI500`.
    pub code: String,
    /// The maker's lot number.
    pub lot: String,
    /// When it expires.
    pub expiry: PartialDate,
    /// How much there is.
    pub quantity: Decimal,
    /// Counted in what.
    pub unit: String,
}

/// Marks the stock's branch of chance, apart from every patient's.
const BRANCH: usize = usize::MAX;

pub(super) fn generate(seed: u64, now: &Instant) -> Vec<Lot> {
    let mut chance = Chance::branch(seed, BRANCH);
    let mut lots = Vec::new();
    for (n, medicine) in MEDICINES.iter().enumerate() {
        let days = chance.between(200, 800);
        lots.push(lot(&mut chance, medicine, days, 600, now));
        let (days, most) = match n % 6 {
            0 => (chance.between(5, 25), 80),
            1 => (-chance.between(3, 40), 30),
            _ => (chance.between(60, 400), 200),
        };
        let mut second = lot(&mut chance, medicine, days, most, now);
        if n % 11 == 10 {
            second.quantity = Decimal::whole(0);
        }
        lots.push(second);
    }
    lots
}

fn lot(chance: &mut Chance, medicine: &Medicine, days: i64, most: i64, now: &Instant) -> Lot {
    let expiry = PartialDate::from(now.plus_millis(days * DAY_MILLIS).local_date());
    let letters: String = medicine
        .name
        .chars()
        .filter(char::is_ascii_alphabetic)
        .take(5)
        .collect();
    Lot {
        medicine: concept(medicine),
        code: format!("{}{}", letters.to_uppercase(), medicine.strength.0),
        lot: format!(
            "{}{:03}",
            chance.pick(&["K", "M", "R", "T"]),
            chance.between(1, 999)
        ),
        expiry,
        quantity: Decimal::whole(chance.between(most / 2, most)),
        unit: medicine.form.to_owned(),
    }
}
