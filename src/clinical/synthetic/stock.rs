//! What the invented pharmacy has: most of it in plenty, some near its expiry, some used up.

use super::chance::Chance;
use super::orders::concept;
use super::tables::{MEDICINES, Medicine};
use crate::clinical::rx_state::DAY_MILLIS;
use crate::clinical::stock::Lot;
use crate::clinical::{Concept, Decimal, Instant, PartialDate};

/// A lot, and how much of it is on the invented shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnShelf {
    /// The lot.
    pub lot: Lot,
    /// How much there is.
    pub quantity: Decimal,
}

/// Marks the stock's branch of chance, apart from every patient's.
const BRANCH: usize = usize::MAX;

pub(super) fn generate(seed: u64, now: &Instant) -> Vec<OnShelf> {
    let mut chance = Chance::branch(seed, BRANCH);
    let mut lots = Vec::new();
    for (n, medicine) in MEDICINES.iter().enumerate() {
        let days = chance.between(200, 800);
        lots.push(lot(&mut chance, (n * 2, medicine), days, 600, now));
        let (days, most) = match n % 6 {
            0 => (chance.between(5, 25), 80),
            1 => (-chance.between(3, 40), 30),
            _ => (chance.between(60, 400), 200),
        };
        let mut second = lot(&mut chance, (n * 2 + 1, medicine), days, most, now);
        if n % 11 == 10 {
            second.quantity = Decimal::whole(0);
        }
        lots.push(second);
    }
    lots
}

fn lot(
    chance: &mut Chance,
    (number, medicine): (usize, &Medicine),
    days: i64,
    most: i64,
    now: &Instant,
) -> OnShelf {
    let expiry = PartialDate::from(now.plus_millis(days * DAY_MILLIS).local_date());
    let letters: String = medicine
        .name
        .chars()
        .filter(char::is_ascii_alphabetic)
        .take(5)
        .collect();
    let (strength, unit) = medicine.strength;
    // A medicine's lots have numbers of their own: what is left of one is not what is left of another.
    let batch = chance.pick(&["K", "M", "R", "T"]);
    let lot = Lot {
        medicine: Concept {
            text: format!("{} {strength} {unit} {}", medicine.name, medicine.form),
            ..concept(medicine)
        },
        code: Some(format!("{}{strength}", letters.to_uppercase())),
        lot: format!("{batch}{:03}", 100 + number),
        expiry,
        unit: medicine.form.to_owned(),
    };
    OnShelf {
        lot,
        quantity: Decimal::whole(chance.between(most / 2, most)),
    }
}
