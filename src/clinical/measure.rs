//! The numbers of a set of vital signs: their names, units, codes and the values that a person can have.

use super::vocabulary::vocabulary;
use super::{Breathing, Decimal, Vitals};

vocabulary! {
    /// One of the numbers of a set of vital signs.
    pub enum Measure {
        /// Systolic blood pressure.
        Systolic = 0 "systolic",
        /// Diastolic blood pressure.
        Diastolic = 1 "diastolic",
        /// Pulse.
        Pulse = 2 "pulse",
        /// Body temperature.
        Temperature = 3 "temp",
        /// Respiration.
        Respiration = 4 "resp",
        /// Oxygen saturation.
        SpO2 = 5 "SpO2",
        /// Flow of supplemental oxygen.
        OxygenFlow = 6 "oxygen",
        /// Body weight.
        Weight = 7 "weight",
        /// Body height.
        Height = 8 "height",
        /// Pain.
        Pain = 9 "pain",
        /// Blood glucose.
        Glucose = 10 "glucose",
    }
}

/// The widest pulse pressure that is accepted, mmHg. Our own choice as [`Measure::plausible`] is, above what the stiffest arteries and a
/// leaking aortic valve make.
const WIDEST: i64 = 200;

/// Why a set of vital signs cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Implausible {
    /// A value that nobody can have.
    #[error("{measure} {value} {unit} is outside {low} to {high}; check the value and its unit", unit = measure.unit())]
    OutOfLimits {
        /// What was measured.
        measure: Measure,
        /// The value.
        value: Decimal,
        /// The lowest value that is accepted.
        low: Decimal,
        /// The highest value that is accepted.
        high: Decimal,
    },
    /// The two blood pressures are swapped or mistyped.
    #[error("BP {systolic}/{diastolic} mmHg: the diastolic pressure must be below the systolic")]
    DiastolicNotBelowSystolic {
        /// The systolic pressure.
        systolic: Decimal,
        /// The diastolic pressure.
        diastolic: Decimal,
    },
    /// The two blood pressures are further apart than a living patient's are.
    #[error(
        "BP {systolic}/{diastolic} mmHg: pressures more than {WIDEST} mmHg apart are a slip; check both values"
    )]
    TooFarApart {
        /// The systolic pressure.
        systolic: Decimal,
        /// The diastolic pressure.
        diastolic: Decimal,
    },
    /// A flow of oxygen and "on air" contradict each other.
    #[error(
        "oxygen {0} L/min: a patient on air has no oxygen flow; record oxygen, or leave the flow out"
    )]
    OxygenFlowOnAir(Decimal),
    /// A set without any measure.
    #[error("nothing was measured; record at least one value")]
    Nothing,
}

impl Measure {
    /// The one unit in which the measure is kept and shown; empty for a bare number.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Systolic | Self::Diastolic => "mmHg",
            Self::Pulse | Self::Respiration => "/min",
            Self::Temperature => "°C",
            Self::SpO2 => "%",
            Self::OxygenFlow => "L/min",
            Self::Weight => "kg",
            Self::Height => "cm",
            Self::Pain => "",
            Self::Glucose => "mmol/L",
        }
    }

    /// The UCUM code of [`Self::unit`].
    pub const fn ucum(self) -> &'static str {
        match self {
            Self::Systolic | Self::Diastolic => "mm[Hg]",
            Self::Pulse | Self::Respiration => "/min",
            Self::Temperature => "Cel",
            Self::SpO2 => "%",
            Self::OxygenFlow => "L/min",
            Self::Weight => "kg",
            Self::Height => "cm",
            Self::Pain => "{score}",
            Self::Glucose => "mmol/L",
        }
    }

    /// The LOINC code under which the measure is sent.
    pub const fn loinc(self) -> &'static str {
        match self {
            Self::Systolic => "8480-6",
            Self::Diastolic => "8462-4",
            Self::Pulse => "8867-4",
            Self::Temperature => "8310-5",
            Self::Respiration => "9279-1",
            Self::SpO2 => "59408-5",
            Self::OxygenFlow => "3151-8",
            Self::Weight => "29463-7",
            Self::Height => "8302-2",
            Self::Pain => "72514-3",
            Self::Glucose => "15074-8",
        }
    }

    /// The measure that a LOINC code stands for, older and kindred codes included.
    pub fn from_loinc(code: &str) -> Option<Self> {
        Some(match code {
            "8480-6" => Self::Systolic,
            "8462-4" => Self::Diastolic,
            "8867-4" => Self::Pulse,
            "8310-5" | "8331-1" | "8332-9" => Self::Temperature,
            "9279-1" => Self::Respiration,
            "59408-5" | "2708-6" => Self::SpO2,
            "3151-8" => Self::OxygenFlow,
            "29463-7" | "3141-9" => Self::Weight,
            "8302-2" | "8306-3" | "8308-9" => Self::Height,
            "72514-3" | "38208-5" => Self::Pain,
            "15074-8" | "2339-0" | "41653-7" => Self::Glucose,
            _ => return None,
        })
    }

    /// The lowest and the highest value that is accepted: generous enough for any living patient, tight enough for slips of
    /// the finger and wrong units. Our own choice, not a clinical norm.
    pub fn plausible(self) -> (Decimal, Decimal) {
        let whole = |low, high| (Decimal::whole(low), Decimal::whole(high));
        match self {
            Self::Systolic => whole(30, 300),
            Self::Diastolic => whole(10, 200),
            Self::Pulse => whole(10, 300),
            Self::Temperature => whole(20, 45),
            Self::Respiration => whole(0, 120),
            Self::SpO2 => whole(20, 100),
            Self::OxygenFlow => whole(0, 80),
            Self::Weight => (tenths(2), Decimal::whole(650)),
            Self::Height => whole(20, 260),
            Self::Pain => whole(0, 10),
            Self::Glucose => (tenths(1), Decimal::whole(90)),
        }
    }

    /// `value` in this measure's unit, from any unit (UCUM or as written) in which it is commonly sent; `None` for others.
    pub fn convert(self, value: Decimal, unit: &str) -> Option<Decimal> {
        if unit == self.unit() || unit == self.ucum() {
            return Some(value);
        }
        let by = |factor: &str, digits| {
            value
                .times(factor.parse().ok()?)
                .map(|v: Decimal| v.round(digits))
        };
        match (self, unit) {
            (Self::Systolic | Self::Diastolic, "mm Hg" | "mm[HG]")
            | (Self::Pulse, "{beats}/min" | "beats/min" | "bpm" | "1/min")
            | (Self::Respiration, "{breaths}/min" | "breaths/min" | "1/min")
            | (Self::Temperature, "C" | "degC")
            | (Self::OxygenFlow, "l/min")
            | (Self::Pain, "1" | "{pain score}" | "/10")
            | (Self::Glucose, "mmol/l") => Some(value),
            (Self::Temperature, "[degF]" | "degF" | "F" | "°F") => {
                let above = value.minus(Decimal::whole(32))?.times(Decimal::whole(5))?;
                above.divide(Decimal::whole(9), 1)
            }
            (Self::Weight, "g") => by("0.001", 3),
            (Self::Weight, "[lb_av]" | "lb" | "lbs") => by("0.45359237", 1),
            (Self::Height, "m") => value.times(Decimal::whole(100)).map(Decimal::normalized),
            (Self::Height, "[in_i]" | "in") => by("2.54", 1),
            (Self::Glucose, "mg/dL" | "mg/dl") => value.divide("18.016".parse().ok()?, 1),
            _ => None,
        }
    }
}

fn tenths(n: i64) -> Decimal {
    Decimal::new(n, 1).expect("one digit after the point is allowed")
}

impl Vitals {
    /// The value of a measure, where it was taken.
    pub const fn value(&self, measure: Measure) -> Option<Decimal> {
        match measure {
            Measure::Systolic => self.systolic,
            Measure::Diastolic => self.diastolic,
            Measure::Pulse => self.pulse,
            Measure::Temperature => self.temperature,
            Measure::Respiration => self.respiration,
            Measure::SpO2 => self.spo2,
            Measure::OxygenFlow => self.oxygen_flow,
            Measure::Weight => self.weight,
            Measure::Height => self.height,
            Measure::Pain => self.pain,
            Measure::Glucose => self.glucose,
        }
    }

    /// Sets or removes the value of a measure, unchecked; see [`Self::checked`].
    pub fn set(&mut self, measure: Measure, value: Option<Decimal>) {
        *match measure {
            Measure::Systolic => &mut self.systolic,
            Measure::Diastolic => &mut self.diastolic,
            Measure::Pulse => &mut self.pulse,
            Measure::Temperature => &mut self.temperature,
            Measure::Respiration => &mut self.respiration,
            Measure::SpO2 => &mut self.spo2,
            Measure::OxygenFlow => &mut self.oxygen_flow,
            Measure::Weight => &mut self.weight,
            Measure::Height => &mut self.height,
            Measure::Pain => &mut self.pain,
            Measure::Glucose => &mut self.glucose,
        } = value;
    }

    /// What was measured, in the order of [`Measure::ALL`].
    pub fn measured(&self) -> impl Iterator<Item = (Measure, Decimal)> + '_ {
        Measure::ALL
            .iter()
            .filter_map(|m| Some((*m, self.value(*m)?)))
    }

    /// The set, if a living patient can have it. Every set that a person types goes through here; imports keep what was sent.
    pub fn checked(self) -> Result<Self, Implausible> {
        if self.measured().next().is_none() && self.consciousness.is_none() {
            return Err(Implausible::Nothing);
        }
        for (measure, value) in self.measured() {
            let (low, high) = measure.plausible();
            if value.compare(low).is_lt() || value.compare(high).is_gt() {
                return Err(Implausible::OutOfLimits {
                    measure,
                    value,
                    low,
                    high,
                });
            }
        }
        if let (Some(systolic), Some(diastolic)) = (self.systolic, self.diastolic)
            && diastolic.compare(systolic).is_ge()
        {
            return Err(Implausible::DiastolicNotBelowSystolic {
                systolic,
                diastolic,
            });
        }
        if let (Some(systolic), Some(diastolic)) = (self.systolic, self.diastolic)
            && systolic
                .minus(diastolic)
                .is_some_and(|apart| apart.compare(Decimal::whole(WIDEST)).is_gt())
        {
            return Err(Implausible::TooFarApart {
                systolic,
                diastolic,
            });
        }
        if let (Some(Breathing::Air), Some(flow)) = (self.breathing, self.oxygen_flow)
            && !flow.is_zero()
        {
            return Err(Implausible::OxygenFlowOnAir(flow));
        }
        Ok(self)
    }

    /// Body mass index, kg/m², with one digit after the point, where weight and height were taken together.
    pub fn bmi(&self) -> Option<Decimal> {
        let square = self.height?.times(self.height?)?;
        self.weight?
            .times(Decimal::whole(10_000))?
            .divide(square, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn an_implausible_value_is_refused_with_measure_value_and_limits() {
        let vitals = Vitals {
            temperature: Some(dec("98.6")),
            ..Vitals::default()
        };
        let error = vitals.checked().unwrap_err().to_string();
        assert_eq!(
            error,
            "temp 98.6 °C is outside 20 to 45; check the value and its unit"
        );
    }

    #[test]
    fn the_limits_themselves_are_accepted_and_what_lies_beyond_is_not() {
        for measure in Measure::ALL.iter().copied() {
            let (low, high) = measure.plausible();
            let tiny = dec("0.01");
            for (value, accepted) in [
                (low, true),
                (high, true),
                (low.minus(tiny).unwrap(), false),
                (high.plus(tiny).unwrap(), false),
            ] {
                let mut vitals = Vitals::default();
                vitals.set(measure, Some(value));
                assert_eq!(vitals.checked().is_ok(), accepted, "{measure} {value}");
            }
        }
    }

    #[test]
    fn swapped_blood_pressures_are_noticed() {
        let vitals = Vitals {
            systolic: Some(dec("80")),
            diastolic: Some(dec("120")),
            ..Vitals::default()
        };
        assert!(matches!(
            vitals.checked(),
            Err(Implausible::DiastolicNotBelowSystolic { .. })
        ));
    }

    #[test]
    fn blood_pressures_too_far_apart_are_noticed() {
        let pressure = |systolic, diastolic| Vitals {
            systolic: Some(dec(systolic)),
            diastolic: Some(dec(diastolic)),
            ..Vitals::default()
        };
        assert_eq!(
            pressure("300", "20").checked().unwrap_err().to_string(),
            "BP 300/20 mmHg: pressures more than 200 mmHg apart are a slip; check both values"
        );
        assert!(pressure("260", "60").checked().is_ok());
    }

    #[test]
    fn a_flow_of_oxygen_on_air_is_noticed() {
        let on = |breathing, flow| Vitals {
            breathing: Some(breathing),
            oxygen_flow: Some(dec(flow)),
            ..Vitals::default()
        };
        assert!(matches!(
            on(Breathing::Air, "2").checked(),
            Err(Implausible::OxygenFlowOnAir(_))
        ));
        assert!(on(Breathing::Air, "0").checked().is_ok());
        assert!(on(Breathing::Oxygen, "2").checked().is_ok());
        assert_eq!(Vitals::default().checked(), Err(Implausible::Nothing));
    }

    #[test]
    fn values_in_other_units_are_converted() {
        assert_eq!(
            Measure::Temperature.convert(dec("98.6"), "[degF]"),
            Some(dec("37.0"))
        );
        assert_eq!(
            Measure::Glucose.convert(dec("99"), "mg/dL"),
            Some(dec("5.5"))
        );
        assert_eq!(Measure::Height.convert(dec("1.75"), "m"), Some(dec("175")));
        assert_eq!(
            Measure::Weight.convert(dec("3500"), "g"),
            Some(dec("3.500"))
        );
        assert_eq!(
            Measure::Weight.convert(dec("150"), "[lb_av]"),
            Some(dec("68.0"))
        );
        assert_eq!(Measure::Weight.convert(dec("150"), "stone"), None);
        assert_eq!(
            Measure::Pulse.convert(dec("72.50"), "/min"),
            Some(dec("72.50"))
        );
    }

    #[test]
    fn bmi_needs_both_weight_and_height() {
        let vitals = Vitals {
            weight: Some(dec("70")),
            height: Some(dec("175")),
            ..Vitals::default()
        };
        assert_eq!(vitals.bmi(), Some(dec("22.9")));
        assert_eq!(
            Vitals {
                height: None,
                ..vitals
            }
            .bmi(),
            None
        );
    }

    #[test]
    fn every_measure_is_found_by_its_own_loinc_code() {
        for measure in Measure::ALL {
            assert_eq!(Measure::from_loinc(measure.loinc()), Some(*measure));
        }
    }
}
