//! What is not as it should be: values outside what is usual for the patient's age.
//!
//! Adults (16 years and more): respiration, saturation, temperature and the critical limits follow the rows of NEWS2 (Royal
//! College of Physicians 2017) that score; saturation targets are those of the British Thoracic Society (2017: 94 to 98 %, or 88 to
//! 92 % in hypercapnic failure); hypertension begins at 140/90 and is severe from 180/120 (ESC/ESH 2018). Low glucose is that of the
//! American Diabetes Association (below 3.9, serious below 3.0 mmol/L), high glucose its random value of 11.1 mmol/L.
//! Children: the usual ranges by age of the American Heart Association's Pediatric Advanced Life Support (2020).

use super::vocabulary::vocabulary;
use super::{
    Body, Breathing, Consciousness, Decimal, Interpretation, LabResult, ResultValue, SpO2Scale,
    Vitals, measure::Measure,
};

vocabulary! {
    /// How far from usual.
    pub enum FlagLevel {
        /// Below what is usual.
        Low = 0 "low",
        /// Above what is usual.
        High = 1 "high",
        /// Dangerously low.
        CriticalLow = 2 "critically low",
        /// Dangerously high.
        CriticalHigh = 3 "critically high",
        /// Not as it should be.
        Abnormal = 4 "abnormal",
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// What: a measure's name, or what was tested.
    pub what: String,
    /// How far from usual.
    pub level: FlagLevel,
    /// The value with its unit.
    pub value: String,
}

impl FlagLevel {
    /// Whether somebody should look at once.
    pub const fn is_critical(self) -> bool {
        matches!(self, Self::CriticalLow | Self::CriticalHigh)
    }
}

impl std::fmt::Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.what, self.value, self.level)
    }
}

/// What is usual, in tenths of the measure's unit: below `low` is low, above `high` is high, at or beyond the outer pair is
/// critical.
#[derive(Debug, Clone, Copy)]
struct Limits {
    critical_low: i64,
    low: i64,
    high: i64,
    critical_high: i64,
}

/// No value is below this.
const BOTTOM: i64 = i64::MIN;
/// No value is above this.
const TOP: i64 = i64::MAX;

/// Limits from whole numbers.
const fn limits(critical_low: i64, low: i64, high: i64, critical_high: i64) -> Limits {
    Limits {
        critical_low: critical_low.saturating_mul(10),
        low: low.saturating_mul(10),
        high: high.saturating_mul(10),
        critical_high: critical_high.saturating_mul(10),
    }
}

/// Age in completed months up to which a row counts (exclusive), and the usual pulse, respiration, systolic and diastolic pressure.
/// The critical limit of the systolic pressure is hypotension; the other critical limits stand a third outside the range.
const CHILDREN: [(u32, Limits, Limits, Limits, Limits); 6] = [
    (
        1,
        limits(80, 100, 205, 220),
        limits(20, 30, 53, 70),
        limits(59, 60, 84, TOP),
        limits(BOTTOM, 35, 53, TOP),
    ),
    (
        12,
        limits(80, 100, 180, 220),
        limits(20, 30, 53, 70),
        limits(69, 72, 104, TOP),
        limits(BOTTOM, 37, 56, TOP),
    ),
    (
        36,
        limits(70, 98, 140, 180),
        limits(15, 22, 37, 50),
        limits(73, 86, 106, TOP),
        limits(BOTTOM, 42, 63, TOP),
    ),
    (
        72,
        limits(60, 80, 120, 160),
        limits(14, 20, 28, 40),
        limits(77, 89, 112, TOP),
        limits(BOTTOM, 46, 72, TOP),
    ),
    (
        144,
        limits(50, 75, 118, 150),
        limits(12, 18, 25, 35),
        limits(85, 97, 115, TOP),
        limits(BOTTOM, 57, 76, TOP),
    ),
    (
        192,
        limits(45, 60, 100, 140),
        limits(9, 12, 20, 30),
        limits(89, 102, 131, TOP),
        limits(BOTTOM, 61, 83, TOP),
    ),
];

fn limits_of(measure: Measure, vitals: &Vitals, age_months: Option<u32>) -> Option<Limits> {
    let child = age_months.and_then(|months| CHILDREN.iter().find(|row| months < row.0));
    Some(match (measure, child) {
        (Measure::Pulse, Some(row)) => row.1,
        (Measure::Respiration, Some(row)) => row.2,
        (Measure::Systolic, Some(row)) => row.3,
        (Measure::Diastolic, Some(row)) => row.4,
        (Measure::Pulse, None) => limits(40, 51, 100, 131),
        (Measure::Respiration, None) => limits(8, 12, 20, 25),
        (Measure::Systolic, None) => limits(90, 101, 139, 180),
        (Measure::Diastolic, None) => limits(BOTTOM, 50, 89, 120),
        (Measure::Temperature, _) => Limits {
            critical_low: 350,
            low: 361,
            high: 380,
            critical_high: 400,
        },
        (Measure::SpO2, _) => match (vitals.spo2_scale, vitals.breathing) {
            (SpO2Scale::One, _) => limits(91, 94, 100, TOP),
            (SpO2Scale::Two, Some(Breathing::Oxygen)) => limits(83, 88, 92, 97),
            (SpO2Scale::Two, _) => limits(83, 88, 100, TOP),
        },
        (Measure::Glucose, _) => Limits {
            critical_low: 29,
            low: 39,
            high: 110,
            critical_high: 200,
        },
        (Measure::Pain, _) => limits(BOTTOM, 0, 6, TOP),
        (Measure::OxygenFlow | Measure::Weight | Measure::Height, _) => return None,
    })
}

impl Limits {
    fn level(self, value: Decimal) -> Option<FlagLevel> {
        let tenths = value
            .times(Decimal::whole(10))
            .map_or(TOP, |v| v.round(0).normalized().mantissa());
        match tenths {
            t if t <= self.critical_low => Some(FlagLevel::CriticalLow),
            t if t < self.low => Some(FlagLevel::Low),
            t if t >= self.critical_high => Some(FlagLevel::CriticalHigh),
            t if t > self.high => Some(FlagLevel::High),
            _ => None,
        }
    }
}

impl Vitals {
    /// How far a measure is from what is usual at this age; `None` where it is usual, was not taken, or has no usual range.
    /// Without an age an adult's limits count.
    pub fn level(&self, measure: Measure, age_months: Option<u32>) -> Option<FlagLevel> {
        limits_of(measure, self, age_months)?.level(self.value(measure)?)
    }

    /// Everything that is not usual at this age; see [`Self::level`].
    pub fn flags(&self, age_months: Option<u32>) -> Vec<Flag> {
        let measured = self.measured().filter_map(|(measure, value)| {
            let level = self.level(measure, age_months)?;
            let value = format!("{value} {}", measure.unit()).trim_end().to_owned();
            Some(Flag {
                what: measure.as_str().to_owned(),
                level,
                value,
            })
        });
        let not_alert = self
            .consciousness
            .filter(|c| *c != Consciousness::Alert)
            .map(|c| Flag {
                what: "consciousness".to_owned(),
                level: FlagLevel::CriticalLow,
                value: c.to_string(),
            });
        measured.chain(not_alert).collect()
    }
}

impl Interpretation {
    /// The flag that the laboratory's word stands for.
    pub const fn level(self) -> Option<FlagLevel> {
        match self {
            Self::Low => Some(FlagLevel::Low),
            Self::High => Some(FlagLevel::High),
            Self::CriticalLow => Some(FlagLevel::CriticalLow),
            Self::CriticalHigh => Some(FlagLevel::CriticalHigh),
            Self::Abnormal | Self::Positive => Some(FlagLevel::Abnormal),
            Self::Normal | Self::Negative => None,
        }
    }
}

impl LabResult {
    /// How far the value is from usual: the laboratory's own word, else by the reference range that came with it.
    pub fn level(&self) -> Option<FlagLevel> {
        if let Some(word) = self.interpretation {
            return word.level();
        }
        let (Some(ResultValue::Quantity(quantity)), Some(range)) = (&self.value, &self.range)
        else {
            return None;
        };
        if range
            .low
            .is_some_and(|low| quantity.value.compare(low).is_lt())
        {
            return Some(FlagLevel::Low);
        }
        range
            .high
            .filter(|high| quantity.value.compare(*high).is_gt())
            .map(|_| FlagLevel::High)
    }

    /// Everything in the result or its panel that is not usual.
    pub fn flags(&self) -> Vec<Flag> {
        let flag = |what: &str, level, value: Option<&ResultValue>| Flag {
            what: what.to_owned(),
            level,
            value: value.map(ToString::to_string).unwrap_or_default(),
        };
        let whole = self
            .level()
            .map(|level| flag(self.code.label(), level, self.value.as_ref()));
        let lines = self.components.iter().filter_map(|c| {
            c.interpretation
                .and_then(Interpretation::level)
                .map(|level| flag(c.code.label(), level, c.value.as_ref()))
        });
        whole.into_iter().chain(lines).collect()
    }
}

impl Body {
    /// Everything in it that is not usual, by an adult's limits; where the age is known, ask [`Vitals::flags`].
    pub fn flags(&self) -> Vec<Flag> {
        match self {
            Self::Vitals(vitals) => vitals.flags(None),
            Self::Result(result) => result.flags(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::{Concept, Quantity, ReferenceRange};

    fn level(measure: Measure, value: &str, age_months: Option<u32>) -> Option<FlagLevel> {
        let mut vitals = Vitals::default();
        vitals.set(measure, value.parse().ok());
        vitals.level(measure, age_months)
    }

    #[test]
    fn an_adults_values_are_flagged_from_the_published_limits() {
        use FlagLevel::{CriticalHigh, CriticalLow, High, Low};
        for (measure, value, expected) in [
            (Measure::Systolic, "139", None),
            (Measure::Systolic, "140", Some(High)),
            (Measure::Systolic, "180", Some(CriticalHigh)),
            (Measure::Systolic, "100", Some(Low)),
            (Measure::Systolic, "90", Some(CriticalLow)),
            (Measure::Diastolic, "89", None),
            (Measure::Diastolic, "90", Some(High)),
            (Measure::Temperature, "38.0", None),
            (Measure::Temperature, "38.1", Some(High)),
            (Measure::Temperature, "35.0", Some(CriticalLow)),
            (Measure::SpO2, "94", None),
            (Measure::SpO2, "93", Some(Low)),
            (Measure::SpO2, "91", Some(CriticalLow)),
            (Measure::Respiration, "20", None),
            (Measure::Respiration, "25", Some(CriticalHigh)),
            (Measure::Glucose, "3.8", Some(Low)),
            (Measure::Glucose, "2.9", Some(CriticalLow)),
            (Measure::Pain, "0", None),
            (Measure::Pain, "7", Some(High)),
            (Measure::Weight, "300", None),
        ] {
            assert_eq!(level(measure, value, None), expected, "{measure} {value}");
        }
    }

    #[test]
    fn a_childs_values_are_judged_by_age() {
        assert_eq!(level(Measure::Pulse, "150", Some(6)), None);
        assert_eq!(
            level(Measure::Pulse, "150", Some(80)),
            Some(FlagLevel::CriticalHigh)
        );
        assert_eq!(level(Measure::Respiration, "35", Some(6)), None);
        assert_eq!(
            level(Measure::Respiration, "35", Some(300)),
            Some(FlagLevel::CriticalHigh)
        );
        assert_eq!(level(Measure::Systolic, "90", Some(30)), None);
        assert_eq!(
            level(Measure::Systolic, "73", Some(30)),
            Some(FlagLevel::CriticalLow)
        );
    }

    #[test]
    fn a_patient_on_scale_2_is_judged_by_the_lower_saturation_target() {
        let mut vitals = Vitals {
            spo2: "90".parse().ok(),
            spo2_scale: SpO2Scale::Two,
            ..Vitals::default()
        };
        assert_eq!(vitals.level(Measure::SpO2, None), None);
        vitals.spo2 = "97".parse().ok();
        assert_eq!(vitals.level(Measure::SpO2, None), None);
        vitals.breathing = Some(Breathing::Oxygen);
        assert_eq!(
            vitals.level(Measure::SpO2, None),
            Some(FlagLevel::CriticalHigh)
        );
    }

    #[test]
    fn a_result_is_flagged_by_the_laboratory_or_by_its_range() {
        let range = ReferenceRange {
            low: "3.5".parse().ok(),
            high: "5.1".parse().ok(),
            text: None,
        };
        let mut result = LabResult {
            code: Concept::text("Potassium"),
            value: Some(ResultValue::Quantity(Quantity::new(
                "5.10".parse::<Decimal>().unwrap(),
                "mmol/L",
            ))),
            range: Some(range),
            ..LabResult::default()
        };
        assert_eq!(result.level(), None);
        result.value = Some(ResultValue::Quantity(Quantity::new(
            "5.2".parse::<Decimal>().unwrap(),
            "mmol/L",
        )));
        assert_eq!(result.flags()[0].to_string(), "Potassium 5.2 mmol/L high");
        result.interpretation = Some(Interpretation::Normal);
        assert!(result.flags().is_empty());
    }

    #[test]
    fn a_patient_who_is_not_alert_is_flagged() {
        let vitals = Vitals {
            consciousness: Some(Consciousness::Voice),
            ..Vitals::default()
        };
        assert_eq!(
            vitals.flags(None)[0].to_string(),
            "consciousness voice critically low"
        );
    }
}
