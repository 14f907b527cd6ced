//! The National Early Warning Score 2.
//!
//! Source: Royal College of Physicians, "National Early Warning Score (NEWS) 2: Standardising the assessment of acute-illness
//! severity in the NHS", London 2017, chart 1 (the scoring system) and chart 2 (thresholds and triggers). It is for patients of
//! 16 years and more, and not for pregnancy; [`applies`] holds that rule.

use super::{Breathing, Consciousness, Decimal, SpO2Scale, Vitals};

/// One of the seven parameters that are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parameter {
    /// Respiration rate.
    Respiration,
    /// Oxygen saturation.
    SpO2,
    /// Air or oxygen.
    Breathing,
    /// Systolic blood pressure.
    Systolic,
    /// Pulse.
    Pulse,
    /// Consciousness.
    Consciousness,
    /// Temperature.
    Temperature,
}

/// The clinical risk that a score stands for, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// 0 to 4 in total: ward-based response.
    Low,
    /// 3 in any one parameter: urgent ward-based response.
    LowMedium,
    /// 5 or 6 in total: key threshold for urgent response.
    Medium,
    /// 7 or more in total: urgent or emergency response.
    High,
}

/// A complete score: the points of each parameter, in the order of [`Parameter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News2 {
    points: [u8; 7],
}

/// A score that lacks parameters: what is missing, and the points of the rest, which the whole cannot be below.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("NEWS2 at least {at_least}; not recorded: {}", names(.missing))]
pub struct Incomplete {
    /// What was not recorded.
    pub missing: Vec<Parameter>,
    /// The points of what was.
    pub at_least: u8,
}

/// Whether the score is meant for such a patient: 16 years or more, and not pregnant.
pub const fn applies(age_years: u16, pregnant: bool) -> bool {
    age_years >= 16 && !pregnant
}

impl Parameter {
    /// Every parameter, in the order of the chart.
    pub const ALL: [Self; 7] = [
        Self::Respiration,
        Self::SpO2,
        Self::Breathing,
        Self::Systolic,
        Self::Pulse,
        Self::Consciousness,
        Self::Temperature,
    ];

    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Respiration => "respiration",
            Self::SpO2 => "SpO2",
            Self::Breathing => "air or oxygen",
            Self::Systolic => "systolic BP",
            Self::Pulse => "pulse",
            Self::Consciousness => "consciousness",
            Self::Temperature => "temperature",
        }
    }

    /// The points of this parameter; `None` where it was not recorded.
    pub fn points(self, vitals: &Vitals) -> Option<u8> {
        match self {
            Self::Respiration => vitals.respiration.map(respiration),
            Self::SpO2 => match vitals.spo2_scale {
                SpO2Scale::One => vitals.spo2.map(spo2_scale_1),
                SpO2Scale::Two => Some(spo2_scale_2(vitals.spo2?, vitals.breathing?)),
            },
            Self::Breathing => vitals
                .breathing
                .map(|b| if b == Breathing::Oxygen { 2 } else { 0 }),
            Self::Systolic => vitals.systolic.map(systolic),
            Self::Pulse => vitals.pulse.map(pulse),
            Self::Consciousness => vitals
                .consciousness
                .map(|c| if c == Consciousness::Alert { 0 } else { 3 }),
            Self::Temperature => vitals.temperature.map(temperature),
        }
    }
}

impl News2 {
    /// The score of a set of vital signs.
    pub fn of(vitals: &Vitals) -> Result<Self, Incomplete> {
        let scored = Parameter::ALL.map(|p| p.points(vitals));
        let missing: Vec<_> = Parameter::ALL
            .into_iter()
            .zip(scored)
            .filter(|(_, s)| s.is_none())
            .map(|(p, _)| p)
            .collect();
        let points = scored.map(Option::unwrap_or_default);
        if missing.is_empty() {
            Ok(Self { points })
        } else {
            Err(Incomplete {
                missing,
                at_least: points.iter().sum(),
            })
        }
    }

    /// The total, 0 to 20.
    pub fn total(self) -> u8 {
        self.points.iter().sum()
    }

    /// The points of one parameter.
    pub const fn points(self, parameter: Parameter) -> u8 {
        self.points[parameter as usize]
    }

    /// The clinical risk.
    pub fn risk(self) -> Risk {
        match self.total() {
            7.. => Risk::High,
            5.. => Risk::Medium,
            _ if self.points.contains(&3) => Risk::LowMedium,
            _ => Risk::Low,
        }
    }
}

impl Risk {
    /// One or two words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::LowMedium => "low-medium",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

fn names(missing: &[Parameter]) -> String {
    missing
        .iter()
        .map(|p| p.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The chart's rows are whole numbers: a value between two rows counts as the nearer one.
fn whole(value: Decimal) -> i64 {
    value.round(0).normalized().mantissa()
}

fn respiration(value: Decimal) -> u8 {
    match whole(value) {
        ..=8 | 25.. => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
    }
}

fn spo2_scale_1(value: Decimal) -> u8 {
    match whole(value) {
        ..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    }
}

fn spo2_scale_2(value: Decimal, breathing: Breathing) -> u8 {
    match (whole(value), breathing) {
        (..=83, _) | (97.., Breathing::Oxygen) => 3,
        (84..=85, _) | (95..=96, Breathing::Oxygen) => 2,
        (86..=87, _) | (93..=94, Breathing::Oxygen) => 1,
        (88..=92, _) | (93.., Breathing::Air) => 0,
    }
}

fn systolic(value: Decimal) -> u8 {
    match whole(value) {
        ..=90 | 220.. => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
    }
}

fn pulse(value: Decimal) -> u8 {
    match whole(value) {
        ..=40 | 131.. => 3,
        41..=50 | 91..=110 => 1,
        51..=90 => 0,
        111..=130 => 2,
    }
}

fn temperature(value: Decimal) -> u8 {
    let tenths = value.times(Decimal::whole(10)).map_or(i64::MAX, whole);
    match tenths {
        ..=350 => 3,
        351..=360 | 381..=390 => 1,
        361..=380 => 0,
        391.. => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn well() -> Vitals {
        Vitals {
            respiration: Some(dec("16")),
            spo2: Some(dec("97")),
            breathing: Some(Breathing::Air),
            systolic: Some(dec("124")),
            pulse: Some(dec("72")),
            consciousness: Some(Consciousness::Alert),
            temperature: Some(dec("36.8")),
            ..Vitals::default()
        }
    }

    /// `table` lists values and their points, as `8=3 9=1`.
    fn rows(parameter: Parameter, table: &str, put: impl Fn(&mut Vitals, Option<Decimal>)) {
        for row in table.split(' ') {
            let (value, points) = row.split_once('=').unwrap();
            let mut vitals = well();
            put(&mut vitals, value.parse().ok());
            let scored = News2::of(&vitals).unwrap().points(parameter);
            assert_eq!(scored.to_string(), points, "{} {value}", parameter.as_str());
        }
    }

    #[test]
    fn respiration_scores_as_in_the_chart() {
        let table = "0=3 8=3 9=1 11=1 12=0 20=0 21=2 24=2 25=3 60=3";
        rows(Parameter::Respiration, table, |v, x| v.respiration = x);
    }

    #[test]
    fn saturation_on_scale_1_scores_as_in_the_chart() {
        let table = "80=3 91=3 92=2 93=2 94=1 95=1 96=0 100=0";
        rows(Parameter::SpO2, table, |v, x| v.spo2 = x);
    }

    #[test]
    fn saturation_on_scale_2_scores_as_in_the_chart_on_air() {
        let table = "83=3 84=2 85=2 86=1 87=1 88=0 92=0 93=0 100=0";
        rows(Parameter::SpO2, table, |v, x| {
            v.spo2 = x;
            v.spo2_scale = SpO2Scale::Two;
        });
    }

    #[test]
    fn saturation_on_scale_2_scores_as_in_the_chart_on_oxygen() {
        let table = "83=3 84=2 85=2 86=1 87=1 88=0 92=0 93=1 94=1 95=2 96=2 97=3 100=3";
        rows(Parameter::SpO2, table, |v, x| {
            v.spo2 = x;
            v.spo2_scale = SpO2Scale::Two;
            v.breathing = Some(Breathing::Oxygen);
        });
    }

    #[test]
    fn supplemental_oxygen_scores_two() {
        let on_oxygen = Vitals {
            breathing: Some(Breathing::Oxygen),
            ..well()
        };
        assert_eq!(
            News2::of(&on_oxygen).unwrap().points(Parameter::Breathing),
            2
        );
        assert_eq!(News2::of(&well()).unwrap().points(Parameter::Breathing), 0);
    }

    #[test]
    fn systolic_pressure_scores_as_in_the_chart() {
        let table = "60=3 90=3 91=2 100=2 101=1 110=1 111=0 219=0 220=3";
        rows(Parameter::Systolic, table, |v, x| v.systolic = x);
    }

    #[test]
    fn pulse_scores_as_in_the_chart() {
        let table = "40=3 41=1 50=1 51=0 90=0 91=1 110=1 111=2 130=2 131=3";
        rows(Parameter::Pulse, table, |v, x| v.pulse = x);
    }

    #[test]
    fn anything_but_alert_scores_three() {
        for level in Consciousness::ALL {
            let vitals = Vitals {
                consciousness: Some(*level),
                ..well()
            };
            let expected = if *level == Consciousness::Alert { 0 } else { 3 };
            assert_eq!(
                News2::of(&vitals).unwrap().points(Parameter::Consciousness),
                expected,
                "{level}"
            );
        }
    }

    #[test]
    fn temperature_scores_as_in_the_chart() {
        let table = "34=3 35.0=3 35.1=1 36.0=1 36.1=0 38.0=0 38.1=1 39.0=1 39.1=2 41=2";
        rows(Parameter::Temperature, table, |v, x| v.temperature = x);
    }

    #[test]
    fn a_value_between_two_rows_counts_as_the_nearer_one() {
        rows(Parameter::Temperature, "38.04=0 38.05=1", |v, x| {
            v.temperature = x;
        });
        rows(Parameter::Respiration, "20.4=0 20.5=2", |v, x| {
            v.respiration = x;
        });
    }

    #[test]
    fn the_total_decides_the_risk_and_a_single_three_is_never_low() {
        assert_eq!(
            (
                News2::of(&well()).unwrap().total(),
                News2::of(&well()).unwrap().risk()
            ),
            (0, Risk::Low)
        );
        let confused = Vitals {
            consciousness: Some(Consciousness::Confusion),
            ..well()
        };
        assert_eq!(News2::of(&confused).unwrap().risk(), Risk::LowMedium);
        let four = Vitals {
            respiration: Some(dec("22")),
            pulse: Some(dec("112")),
            ..well()
        };
        assert_eq!(
            (
                News2::of(&four).unwrap().total(),
                News2::of(&four).unwrap().risk()
            ),
            (4, Risk::Low)
        );
        let five = Vitals {
            temperature: Some(dec("38.5")),
            ..four.clone()
        };
        assert_eq!(
            (
                News2::of(&five).unwrap().total(),
                News2::of(&five).unwrap().risk()
            ),
            (5, Risk::Medium)
        );
        let seven = Vitals {
            breathing: Some(Breathing::Oxygen),
            ..five
        };
        assert_eq!(
            (
                News2::of(&seven).unwrap().total(),
                News2::of(&seven).unwrap().risk()
            ),
            (7, Risk::High)
        );
    }

    #[test]
    fn a_missing_parameter_is_named_and_the_rest_is_a_lower_bound() {
        let partial = Vitals {
            consciousness: None,
            breathing: None,
            pulse: Some(dec("131")),
            ..well()
        };
        let incomplete = News2::of(&partial).unwrap_err();
        assert_eq!(
            incomplete.missing,
            [Parameter::Breathing, Parameter::Consciousness]
        );
        assert_eq!(
            incomplete.to_string(),
            "NEWS2 at least 3; not recorded: air or oxygen, consciousness"
        );
    }

    #[test]
    fn children_and_pregnant_patients_are_not_scored() {
        assert!(applies(16, false));
        assert!(!applies(15, false));
        assert!(!applies(30, true));
    }
}
