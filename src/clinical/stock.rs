//! Medicines on a pharmacy's shelf, lot by lot. **What is left of a lot is never below zero, and an expired lot is never handed out.**

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use super::safety::ingredient::{Recognised, recognise};
use super::vocabulary::vocabulary;
use super::{Concept, Decimal, PartialDate, Prescription, Quantity};

vocabulary! {
    /// What changed the quantity of a lot.
    pub enum Movement {
        /// It came in.
        Received = 0 "received",
        /// Somebody counted or corrected it, with a reason.
        Adjusted = 1 "adjusted",
        /// It was handed over against a prescription.
        Dispensed = 2 "dispensed",
    }
}

/// What makes a lot the lot that it is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lot {
    /// Medicine, strength and form.
    #[n(0)]
    pub medicine: Concept,
    /// The pharmacy's own code for the product, such as `AMOXI500`.
    #[n(1)]
    pub code: Option<String>,
    /// The maker's lot number.
    #[n(2)]
    pub lot: String,
    /// When it expires; a month counts to its last day.
    #[n(3)]
    pub expiry: PartialDate,
    /// Counted in what: `capsule`, `ml`.
    #[n(4)]
    pub unit: String,
}

/// A lot after a movement: one version of its thread.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Stock {
    /// The lot.
    #[n(0)]
    pub lot: Lot,
    /// What happened.
    #[n(1)]
    pub movement: Movement,
    /// By how much the quantity changed: below zero where something was taken.
    #[n(2)]
    pub change: Decimal,
    /// What is left.
    #[n(3)]
    pub left: Decimal,
    /// Why it was adjusted.
    #[n(4)]
    pub reason: Option<String>,
    /// The prescription against which it was handed over.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub prescription: Option<[u8; 16]>,
}

/// How a count is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// So much was counted.
    Counted(Decimal),
    /// So much more than was known, or less.
    Changed(Decimal),
}

/// What cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// Nothing, or less than nothing.
    #[error("the quantity must be more than nothing")]
    Nothing,
    /// More would be taken than there is.
    #[error("lot {lot} has {left} left: {taken} cannot be taken")]
    BelowZero {
        /// The lot.
        lot: String,
        /// What is left of it.
        left: Quantity,
        /// What was to be taken.
        taken: Decimal,
    },
    /// It must not be handed out any more.
    #[error("lot {lot} expired {expiry}")]
    Expired {
        /// The lot.
        lot: String,
        /// When.
        expiry: PartialDate,
    },
    /// What came in under a known number is something else.
    #[error("lot {lot} is on the shelf as {known}: look at the box again")]
    AnotherLot {
        /// The lot.
        lot: String,
        /// What is known of it.
        known: String,
    },
    /// The prescription counts in another unit.
    #[error("lot {lot} is counted in {unit}, the prescription in {ordered}")]
    Unit {
        /// The lot.
        lot: String,
        /// In what the lot is counted.
        unit: String,
        /// In what the prescription counts.
        ordered: String,
    },
    /// A number beyond what is counted.
    #[error("the quantity is too large to count")]
    TooLarge,
}

/// From where a quantity is taken when nobody names a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supply {
    /// From the lot at this place of the shelf.
    Lot(usize),
    /// The shelf has never held the medicine in this unit.
    NotKept,
    /// No single lot has enough; the most that one has, and how much there is in all.
    Short {
        /// What the fullest lot has.
        most: Decimal,
        /// What all of them have.
        in_all: Decimal,
    },
    /// All that is left has expired.
    Expired,
}

impl Lot {
    /// Whether its last day has passed.
    pub fn is_expired(&self, today: Date) -> bool {
        self.expiry.last_day() < today
    }

    /// Whether it holds what a prescription orders: the same ingredients and, where both name one, the same strength.
    pub fn serves(&self, order: &Prescription) -> bool {
        let label = self.medicine.label();
        same_medicine(&self.medicine, &order.medicine, &order.title())
            && same_strength(label, order)
    }

    /// Whether quantities in `unit` count in what the lot is counted in. A bare number counts in anything.
    pub fn counts_in(&self, unit: &str) -> bool {
        let (own, other) = (plain_unit(&self.unit), plain_unit(unit));
        own.is_empty() || other.is_empty() || own == other
    }

    fn describe(&self) -> String {
        format!("{}, expiry {}", self.medicine.label(), self.expiry)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.expiry == other.expiry
            && plain_unit(&self.unit) == plain_unit(&other.unit)
            && folded(self.medicine.label()) == folded(other.medicine.label())
    }
}

impl Stock {
    /// A lot that was not on the shelf before.
    pub fn first(lot: Lot, quantity: Decimal) -> Result<Self, Breach> {
        more_than_nothing(quantity)?;
        Ok(Self {
            lot,
            movement: Movement::Received,
            change: quantity,
            left: quantity,
            reason: None,
            prescription: None,
        })
    }

    /// More of the same lot.
    pub fn received(&self, lot: &Lot, quantity: Decimal) -> Result<Self, Breach> {
        more_than_nothing(quantity)?;
        if !self.lot.is_same(lot) {
            return Err(Breach::AnotherLot {
                lot: lot.lot.clone(),
                known: self.lot.describe(),
            });
        }
        self.moved(Movement::Received, quantity)
    }

    /// A corrected count.
    pub fn adjusted(&self, correction: Correction, reason: &str) -> Result<Self, Breach> {
        let change = match correction {
            Correction::Changed(change) => change,
            Correction::Counted(count) => count.minus(self.left).ok_or(Breach::TooLarge)?,
        };
        Ok(Self {
            reason: Some(reason.to_owned()),
            ..self.moved(Movement::Adjusted, change)?
        })
    }

    /// What a prescription takes from it.
    pub fn dispensed(
        &self,
        quantity: &Quantity,
        prescription: [u8; 16],
        today: Date,
    ) -> Result<Self, Breach> {
        more_than_nothing(quantity.value)?;
        if self.lot.is_expired(today) {
            return Err(Breach::Expired {
                lot: self.lot.lot.clone(),
                expiry: self.lot.expiry,
            });
        }
        if !self.lot.counts_in(&quantity.unit) {
            return Err(Breach::Unit {
                lot: self.lot.lot.clone(),
                unit: self.lot.unit.clone(),
                ordered: quantity.unit.clone(),
            });
        }
        let taken = Decimal::whole(0)
            .minus(quantity.value)
            .ok_or(Breach::TooLarge)?;
        Ok(Self {
            prescription: Some(prescription),
            ..self.moved(Movement::Dispensed, taken)?
        })
    }

    /// Whether it can be what it says: nothing below zero.
    pub fn is_sound(&self) -> bool {
        self.left.compare(Decimal::whole(0)).is_ge()
    }

    fn moved(&self, movement: Movement, change: Decimal) -> Result<Self, Breach> {
        let left = self.left.plus(change).ok_or(Breach::TooLarge)?;
        if left.compare(Decimal::whole(0)).is_lt() {
            return Err(Breach::BelowZero {
                lot: self.lot.lot.clone(),
                left: Quantity::new(self.left, &self.lot.unit),
                taken: Decimal::whole(0).minus(change).ok_or(Breach::TooLarge)?,
            });
        }
        Ok(Self {
            lot: self.lot.clone(),
            movement,
            change,
            left,
            reason: None,
            prescription: None,
        })
    }
}

/// First expiring, first out: the lot that expires first of those that serve the order, are good today and have enough.
pub fn supply(shelf: &[Stock], order: &Prescription, quantity: &Quantity, today: Date) -> Supply {
    let nothing = Decimal::whole(0);
    let mut kept: Vec<usize> = (0..shelf.len())
        .filter(|at| shelf[*at].lot.serves(order) && shelf[*at].lot.counts_in(&quantity.unit))
        .collect();
    kept.sort_by_key(|at| {
        (
            shelf[*at].lot.expiry.last_day(),
            shelf[*at].lot.lot.as_str(),
        )
    });
    if kept.is_empty() {
        return Supply::NotKept;
    }
    let (good, expired): (Vec<usize>, Vec<usize>) = kept
        .into_iter()
        .filter(|at| shelf[*at].left.compare(nothing).is_gt())
        .partition(|at| !shelf[*at].lot.is_expired(today));
    if let Some(at) = good
        .iter()
        .find(|at| shelf[**at].left.compare(quantity.value).is_ge())
    {
        return Supply::Lot(*at);
    }
    if good.is_empty() && !expired.is_empty() {
        return Supply::Expired;
    }
    let most = good
        .iter()
        .map(|at| shelf[*at].left)
        .max_by(|a, b| a.compare(*b));
    let in_all = good
        .iter()
        .try_fold(nothing, |sum, at| sum.plus(shelf[*at].left));
    Supply::Short {
        most: most.unwrap_or(nothing),
        in_all: in_all.unwrap_or(nothing),
    }
}

fn more_than_nothing(quantity: Decimal) -> Result<(), Breach> {
    if quantity.compare(Decimal::whole(0)).is_gt() {
        Ok(())
    } else {
        Err(Breach::Nothing)
    }
}

/// By ingredient where both are recognised, else by their words.
fn same_medicine(lot: &Concept, ordered: &Concept, title: &str) -> bool {
    let (a, b) = (recognise(lot), recognise(ordered));
    if !a.ingredients.is_empty() && !b.ingredients.is_empty() {
        return names(&a) == names(&b);
    }
    let label = folded(lot.label());
    label == folded(ordered.label()) || label == folded(title)
}

fn names(recognised: &Recognised) -> Vec<&str> {
    let mut names: Vec<&str> = recognised
        .ingredients
        .iter()
        .map(|ingredient| ingredient.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

/// A lot whose label names strengths, but not the one that was ordered, is another product.
fn same_strength(label: &str, order: &Prescription) -> bool {
    let Some(strength) = &order.strength else {
        return true;
    };
    let mut named = strengths(label)
        .filter(|(_, unit)| plain_unit(unit) == plain_unit(&strength.unit))
        .peekable();
    named.peek().is_none() || named.any(|(value, _)| value.compare(strength.value).is_eq())
}

/// The strengths in a label: `500 mg`, `500mg`.
fn strengths(label: &str) -> impl Iterator<Item = (Decimal, String)> {
    let words: Vec<&str> = label.split_whitespace().collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let digits = word
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(word.len());
        let (number, rest) = word.split_at(digits);
        let Ok(value) = number.parse::<Decimal>() else {
            continue;
        };
        let unit = if rest.is_empty() {
            words.get(at + 1).copied().unwrap_or_default()
        } else {
            rest
        };
        found.push((value, unit.to_owned()));
    }
    found.into_iter()
}

/// A unit as it is compared: `Capsules`, `{capsule}` and `capsule` are one.
fn plain_unit(unit: &str) -> String {
    let plain: String = unit
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '%' | '/'))
        .flat_map(char::to_lowercase)
        .collect();
    match plain.strip_suffix('s') {
        Some(one) if one.len() > 2 => one.to_owned(),
        _ => plain,
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace()
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
