//! Vital signs over a stay: an illness rises, falls or stays, and the measures follow it.

use super::chance::Chance;
use crate::clinical::{Breathing, Consciousness, Decimal, Instant, SpO2Scale, Vitals};

/// How a stay goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// From bad to good.
    Recovering,
    /// Neither.
    Steady,
    /// From good to bad.
    Deteriorating,
}

/// What a patient's measures are like when well, and what the illness does to them.
pub(super) struct Body {
    systolic: i64,
    pulse: i64,
    weight: i64,
    height: i64,
    /// Breathing is impaired for good: the lower saturation target counts.
    hypercapnic: bool,
    feverish: bool,
}

/// Illnesses with fever.
const FEVER: [&str; 4] = ["J18.9", "N39.0", "A41.9", "K35.8"];

impl Course {
    /// How ill the patient is, in thousandths, when `done` thousandths of the stay are over.
    pub(super) const fn illness(self, done: i64) -> i64 {
        match self {
            Self::Recovering => 820 - done * 7 / 10,
            Self::Steady => 380,
            Self::Deteriorating => 120 + done * done / 1_000 * 7 / 10,
        }
    }
}

impl Body {
    pub(super) fn draw(chance: &mut Chance, age: i64, illness: &str, hypertensive: bool) -> Self {
        Self {
            systolic: chance.between(112, 128)
                + age / 8
                + if hypertensive {
                    chance.between(12, 30)
                } else {
                    0
                },
            pulse: chance.between(62, 80),
            weight: chance.between(48, 104),
            height: chance.between(150, 192),
            hypercapnic: illness == "J44.1",
            feverish: FEVER.contains(&illness),
        }
    }

    pub(super) const fn weight(&self) -> i64 {
        self.weight
    }

    /// One full set of a patient who is so many thousandths ill.
    pub(super) fn measure(&self, chance: &mut Chance, at: Instant, ill: i64) -> Vitals {
        let rise = |by: i64| by * ill / 1_000;
        let mut jitter = |by: i64| chance.between(-by, by);
        let systolic = self.systolic - rise(40) + jitter(4);
        let spo2 = (if self.hypercapnic { 91 } else { 97 }) - rise(7) + jitter(1);
        let low = if self.hypercapnic { 87 } else { 92 };
        let oxygen = spo2 < low;
        let temperature = 368 + if self.feverish { rise(26) } else { rise(4) } + jitter(2);
        Vitals {
            at: Some(at),
            systolic: whole(systolic),
            diastolic: whole(systolic * 3 / 5 + jitter(4)),
            pulse: whole(self.pulse + rise(48) + jitter(3)),
            temperature: Decimal::new(temperature, 1),
            respiration: whole(14 + rise(14) + jitter(1)),
            spo2: whole(if oxygen { low + 1 } else { spo2 }),
            breathing: Some(if oxygen {
                Breathing::Oxygen
            } else {
                Breathing::Air
            }),
            oxygen_flow: if oxygen { whole(2) } else { None },
            consciousness: Some(if ill > 800 {
                Consciousness::Confusion
            } else {
                Consciousness::Alert
            }),
            pain: whole((rise(6) + jitter(1)).clamp(0, 10)),
            spo2_scale: if self.hypercapnic {
                SpO2Scale::Two
            } else {
                SpO2Scale::One
            },
            ..Vitals::default()
        }
    }

    /// What is measured at a visit: pressure, pulse, weight, height.
    pub(super) fn visit(&self, chance: &mut Chance, at: Instant) -> Vitals {
        let systolic = self.systolic + chance.between(-6, 8);
        Vitals {
            at: Some(at),
            systolic: whole(systolic),
            diastolic: whole(systolic * 3 / 5 + chance.between(-4, 6)),
            pulse: whole(self.pulse + chance.between(-4, 6)),
            weight: Decimal::new(self.weight * 10 + chance.between(-15, 15), 1),
            height: whole(self.height),
            ..Vitals::default()
        }
    }
}

#[allow(clippy::unnecessary_wraps, reason = "every measure is optional")]
fn whole(n: i64) -> Option<Decimal> {
    Some(Decimal::whole(n))
}
