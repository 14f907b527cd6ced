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

/// A score that lacks parameters: what is missing, and the points of the rest, below which the whole cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("NEWS2 at least {}; not recorded: {}", .known.total(), names(.missing))]
pub struct Incomplete {
    /// What was not recorded.
    pub missing: Vec<Parameter>,
    /// The points of what was, and none for the rest.
    pub known: News2,
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
                known: Self { points },
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
mod tests;
