//! Prescriptions: one order for one medicine. Several can be signed by one act.

use std::fmt;

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Concept, Instant, Quantity, Source};

vocabulary! {
    /// What a prescription is for.
    #[derive(Default)]
    pub enum Intent {
        /// To be dispensed here.
        #[default]
        Order = 0 "order",
        /// Imported from elsewhere: history, in no queue, never dispensed.
        Recorded = 1 "recorded",
    }
}

vocabulary! {
    /// Whether a recorded medicine is still taken, as its source said.
    pub enum Course {
        /// Still taken.
        Active = 0 "active",
        /// Completed or stopped.
        Ended = 1 "ended",
    }
}

vocabulary! {
    /// The schedule of a controlled drug, by the United States Controlled Substances Act (21 U.S.C. 812).
    pub enum Schedule {
        /// Schedule II.
        Two = 2 "CII",
        /// Schedule III.
        Three = 3 "CIII",
        /// Schedule IV.
        Four = 4 "CIV",
        /// Schedule V.
        Five = 5 "CV",
    }
}

vocabulary! {
    /// Whether the pharmacist may hand over an equivalent product.
    #[derive(Default)]
    pub enum Substitution {
        /// They may.
        #[default]
        Allowed = 0 "allowed",
        /// They may not.
        Forbidden = 1 "forbidden",
    }
}

vocabulary! {
    /// A unit of time.
    pub enum SpanUnit {
        /// Minutes.
        Minute = 0 "min",
        /// Hours.
        Hour = 1 "h",
        /// Days.
        Day = 2 "d",
        /// Weeks.
        Week = 3 "wk",
        /// Months, taken as 30 days.
        Month = 4 "mo",
    }
}

/// A length of time, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Span {
    /// How many.
    #[n(0)]
    pub count: u16,
    /// Of what.
    #[n(1)]
    pub unit: SpanUnit,
}

/// How often: `times` in every `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Frequency {
    /// How many times.
    #[n(0)]
    pub times: u16,
    /// In which span.
    #[n(1)]
    pub every: Span,
}

/// An order for one medicine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Prescription {
    /// To be dispensed, or only recorded.
    #[n(0)]
    pub intent: Intent,
    /// The medicine: RxNorm, words.
    #[n(1)]
    pub medicine: Concept,
    /// The form, such as `capsule`.
    #[n(2)]
    pub form: Option<String>,
    /// The strength of one unit, such as `500 mg`.
    #[n(3)]
    pub strength: Option<Quantity>,
    /// One dose, such as `500 mg` or `1 capsule`.
    #[n(4)]
    pub dose: Option<Quantity>,
    /// The route, such as `by mouth`.
    #[n(5)]
    pub route: Option<String>,
    /// How often.
    #[n(6)]
    pub frequency: Option<Frequency>,
    /// When needed, and what for; absent for a regular medicine. May be empty: as needed, nothing said.
    #[n(7)]
    pub as_needed: Option<String>,
    /// For how long.
    #[n(8)]
    pub duration: Option<Span>,
    /// How much to hand over in each fill.
    #[n(9)]
    pub quantity: Option<Quantity>,
    /// How many more fills after the first.
    #[n(10)]
    pub refills: u16,
    /// Whether an equivalent product will do.
    #[n(11)]
    pub substitution: Substitution,
    /// What the patient is told, in plain words.
    #[n(12)]
    pub instructions: Option<String>,
    /// What it is for.
    #[n(13)]
    pub indication: Option<Concept>,
    /// The pharmacy unit it is addressed to; absent where any may dispense.
    #[cbor(n(14), with = "minicbor::bytes")]
    pub pharmacy: Option<[u8; 16]>,
    /// The schedule of a controlled drug.
    #[n(15)]
    pub schedule: Option<Schedule>,
    /// When it was written.
    #[n(16)]
    pub written: Option<Instant>,
    /// When it lapses; absent for the default of 28 days after it was written.
    #[n(17)]
    pub expires: Option<Instant>,
    /// Why a warning was overridden.
    #[n(18)]
    pub override_reason: Option<String>,
    /// Where it was imported from.
    #[n(19)]
    pub source: Option<Source>,
    /// Whether a recorded medicine is still taken; absent for orders, and where the source did not say.
    #[n(20)]
    pub course: Option<Course>,
}

impl Span {
    /// `count` of `unit`.
    pub const fn new(count: u16, unit: SpanUnit) -> Self {
        Self { count, unit }
    }

    /// The span in minutes.
    pub const fn minutes(self) -> u64 {
        let unit = match self.unit {
            SpanUnit::Minute => 1,
            SpanUnit::Hour => 60,
            SpanUnit::Day => 1_440,
            SpanUnit::Week => 10_080,
            SpanUnit::Month => 43_200,
        };
        self.count as u64 * unit
    }
}

impl Frequency {
    /// `times` a day.
    pub const fn daily(times: u16) -> Self {
        Self {
            times,
            every: Span::new(1, SpanUnit::Day),
        }
    }

    /// Once every `hours` hours.
    pub const fn every_hours(hours: u16) -> Self {
        Self {
            times: 1,
            every: Span::new(hours, SpanUnit::Hour),
        }
    }
}

impl fmt::Display for Span {
    /// `7 days`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            SpanUnit::Minute => "minute",
            SpanUnit::Hour => "hour",
            SpanUnit::Day => "day",
            SpanUnit::Week => "week",
            SpanUnit::Month => "month",
        };
        write!(
            f,
            "{} {unit}{}",
            self.count,
            if self.count == 1 { "" } else { "s" }
        )
    }
}

impl fmt::Display for Frequency {
    /// `three times a day`, `every 8 hours`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = match self.times {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            3 => "three times".to_owned(),
            4 => "four times".to_owned(),
            n => format!("{n} times"),
        };
        match (self.times, self.every) {
            (_, Span { count: 1, unit }) => {
                let unit = match unit {
                    SpanUnit::Minute => "a minute",
                    SpanUnit::Hour => "an hour",
                    SpanUnit::Day => "a day",
                    SpanUnit::Week => "a week",
                    SpanUnit::Month => "a month",
                };
                write!(f, "{times} {unit}")
            }
            (1, span) => write!(f, "every {span}"),
            (_, span) => write!(f, "{times} every {span}"),
        }
    }
}

impl Prescription {
    /// The medicine with its strength and form: `amoxicillin 500 mg capsule`. What the name already says is not said again.
    pub fn title(&self) -> String {
        let mut title = self.medicine.label().to_owned();
        let strength = self.strength.as_ref().map(ToString::to_string);
        for part in strength.iter().chain(&self.form) {
            if !title.to_lowercase().contains(&part.to_lowercase()) {
                title = format!("{title} {part}");
            }
        }
        title
    }

    /// How it is taken, in plain words: `500 mg by mouth three times a day for 7 days`.
    pub fn sig(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.dose.as_ref().map(ToString::to_string));
        parts.extend(self.route.clone());
        parts.extend(self.frequency.map(|f| f.to_string()));
        match self.as_needed.as_deref() {
            Some("") => parts.push("as needed".to_owned()),
            Some(what_for) => parts.push(format!("as needed for {what_for}")),
            None => {}
        }
        parts.extend(self.duration.map(|d| format!("for {d}")));
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prescription_reads_in_plain_words() {
        let rx = Prescription {
            medicine: Concept::text("Amoxicillin"),
            form: Some("capsule".into()),
            strength: Some(Quantity::new(500, "mg")),
            dose: Some(Quantity::new(1, "capsule")),
            route: Some("by mouth".into()),
            frequency: Some(Frequency::daily(3)),
            duration: Some(Span::new(7, SpanUnit::Day)),
            ..Prescription::default()
        };
        assert_eq!(rx.title(), "Amoxicillin 500 mg capsule");
        assert_eq!(rx.sig(), "1 capsule by mouth three times a day for 7 days");
        let named = Prescription {
            medicine: Concept::text("Amoxicillin 500 MG Capsule"),
            ..rx
        };
        assert_eq!(named.title(), "Amoxicillin 500 MG Capsule");
    }

    #[test]
    fn frequencies_read_as_they_are_spoken() {
        assert_eq!(Frequency::daily(1).to_string(), "once a day");
        assert_eq!(Frequency::every_hours(8).to_string(), "every 8 hours");
        assert_eq!(
            Frequency {
                times: 2,
                every: Span::new(3, SpanUnit::Day)
            }
            .to_string(),
            "twice every 3 days"
        );
        assert_eq!(
            Frequency {
                times: 5,
                every: Span::new(1, SpanUnit::Week)
            }
            .to_string(),
            "5 times a week"
        );
    }
}
