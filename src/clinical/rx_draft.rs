//! What a draft lacks before it can be signed.

use super::{Decimal, Prescription, Schedule};

/// Something that keeps a draft from being signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// No medicine is named.
    #[error("name the medicine")]
    Medicine,
    /// Neither a dose nor instructions say how to take it.
    #[error("say how much is taken at once, or write instructions")]
    Dose,
    /// Neither a frequency, nor "as needed", nor instructions say when to take it.
    #[error("say how often it is taken, or that it is taken as needed")]
    Frequency,
    /// Nothing says how much to hand over.
    #[error("say how much to hand over, or for how long it is taken")]
    Quantity,
    /// Nothing or less would be handed over.
    #[error("{0} is no quantity to hand over")]
    NoQuantity(Decimal),
    /// A controlled drug needs its quantity in so many words.
    #[error("{0}: a controlled drug needs its quantity written")]
    ControlledQuantity(Schedule),
    /// More repeats than the schedule allows: none for schedule II (21 CFR 1306.12), five for III and IV (21 CFR 1306.22).
    #[error("{schedule}: {written} repeats are written, {allowed} are allowed")]
    Repeats {
        /// The schedule.
        schedule: Schedule,
        /// How many are written.
        written: u16,
        /// How many are allowed.
        allowed: u16,
    },
    /// It lapses before it is written.
    #[error("it lapses before it is written; correct the date")]
    LapsesAtOnce,
}

impl Prescription {
    /// Everything that keeps this draft from being signed; empty where it can be.
    pub fn lacks(&self) -> Vec<Lack> {
        let told = self
            .instructions
            .as_deref()
            .is_some_and(|text| !text.trim().is_empty());
        let mut lacks = Vec::new();
        let mut need = |held: bool, lack| {
            if !held {
                lacks.push(lack);
            }
        };
        need(!self.medicine.label().trim().is_empty(), Lack::Medicine);
        need(self.dose.is_some() || told, Lack::Dose);
        need(
            self.frequency.is_some() || self.as_needed.is_some() || told,
            Lack::Frequency,
        );
        match (&self.quantity, self.schedule) {
            (Some(quantity), _) => {
                let some = !quantity.value.is_negative() && !quantity.value.is_zero();
                need(some, Lack::NoQuantity(quantity.value));
            }
            (None, Some(schedule)) => need(false, Lack::ControlledQuantity(schedule)),
            (None, None) => need(self.fill_quantity().is_some(), Lack::Quantity),
        }
        if let Some((schedule, allowed)) =
            self.schedule.and_then(|s| Some((s, repeats_allowed(s)?)))
        {
            need(
                self.refills <= allowed,
                Lack::Repeats {
                    schedule,
                    written: self.refills,
                    allowed,
                },
            );
        }
        if let (Some(written), Some(expires)) = (&self.written, &self.expires) {
            need(expires > written, Lack::LapsesAtOnce);
        }
        lacks
    }
}

const fn repeats_allowed(schedule: Schedule) -> Option<u16> {
    match schedule {
        Schedule::Two => Some(0),
        Schedule::Three | Schedule::Four => Some(5),
        Schedule::Five => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{Concept, Frequency, Quantity, Span, SpanUnit};

    fn complete() -> Prescription {
        Prescription {
            medicine: Concept::text("oxycodone"),
            dose: Some(Quantity::new(1, "tablet")),
            frequency: Some(Frequency::daily(2)),
            quantity: Some(Quantity::new(10, "tablet")),
            ..Prescription::default()
        }
    }

    #[test]
    fn a_complete_draft_lacks_nothing_and_an_empty_one_is_told_what() {
        assert_eq!(complete().lacks(), []);
        let empty = Prescription::default().lacks();
        assert_eq!(
            empty,
            [Lack::Medicine, Lack::Dose, Lack::Frequency, Lack::Quantity]
        );
    }

    #[test]
    fn a_duration_will_do_for_a_quantity_but_not_for_a_controlled_drug() {
        let week = Some(Span::new(7, SpanUnit::Day));
        let counted = Prescription {
            quantity: None,
            duration: week,
            ..complete()
        };
        assert_eq!(counted.lacks(), []);
        let controlled = Prescription {
            schedule: Some(Schedule::Two),
            ..counted
        };
        assert_eq!(
            controlled.lacks(),
            [Lack::ControlledQuantity(Schedule::Two)]
        );
    }

    #[test]
    fn schedule_two_has_no_repeats_and_three_and_four_have_five() {
        let with = |schedule, refills| {
            Prescription {
                schedule: Some(schedule),
                refills,
                ..complete()
            }
            .lacks()
        };
        assert_eq!(with(Schedule::Two, 0), []);
        assert_eq!(with(Schedule::Two, 1).len(), 1);
        assert_eq!(with(Schedule::Four, 5), []);
        assert_eq!(
            with(Schedule::Four, 6)[0].to_string(),
            "CIV: 6 repeats are written, 5 are allowed"
        );
        assert_eq!(with(Schedule::Five, 6), []);
    }

    #[test]
    fn a_quantity_of_nothing_and_a_date_in_the_past_are_noticed() {
        let none = Prescription {
            quantity: Some(Quantity::new(0, "tablet")),
            ..complete()
        };
        assert_eq!(none.lacks(), [Lack::NoQuantity(Decimal::whole(0))]);
        let day = |text: &str| text.parse().ok();
        let late = Prescription {
            written: day("2026-11-22T08:00:00Z"),
            expires: day("2026-11-21T08:00:00Z"),
            ..complete()
        };
        assert_eq!(late.lacks(), [Lack::LapsesAtOnce]);
    }
}
