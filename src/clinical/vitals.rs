//! One set of vital signs.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Decimal, Instant, Source};

vocabulary! {
    /// What the patient breathes.
    pub enum Breathing {
        /// Room air.
        Air = 0 "air",
        /// Supplemental oxygen.
        Oxygen = 1 "oxygen",
    }
}

vocabulary! {
    /// Level of consciousness, ACVPU.
    pub enum Consciousness {
        /// Alert.
        Alert = 0 "alert",
        /// New confusion.
        Confusion = 1 "confusion",
        /// Responds to voice.
        Voice = 2 "voice",
        /// Responds to pain.
        Pain = 3 "pain",
        /// Unresponsive.
        Unresponsive = 4 "unresponsive",
    }
}

vocabulary! {
    /// Which of NEWS2's two oxygen saturation scales applies.
    #[derive(Default)]
    pub enum SpO2Scale {
        /// For most patients.
        #[default]
        One = 1 "scale 1",
        /// For patients with hypercapnic respiratory failure, where a clinician has said so.
        Two = 2 "scale 2",
    }
}

/// One set of vital signs. What was not measured is absent. Each number is in its measure's one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vitals {
    /// When they were taken.
    #[n(0)]
    pub at: Option<Instant>,
    /// Systolic blood pressure, mmHg.
    #[n(1)]
    pub systolic: Option<Decimal>,
    /// Diastolic blood pressure, mmHg.
    #[n(2)]
    pub diastolic: Option<Decimal>,
    /// Pulse, beats a minute.
    #[n(3)]
    pub pulse: Option<Decimal>,
    /// Body temperature, °C.
    #[n(4)]
    pub temperature: Option<Decimal>,
    /// Respiration, breaths a minute.
    #[n(5)]
    pub respiration: Option<Decimal>,
    /// Oxygen saturation by pulse oximetry, %.
    #[n(6)]
    pub spo2: Option<Decimal>,
    /// Air or oxygen.
    #[n(7)]
    pub breathing: Option<Breathing>,
    /// Flow of supplemental oxygen, L/min.
    #[n(8)]
    pub oxygen_flow: Option<Decimal>,
    /// Level of consciousness.
    #[n(9)]
    pub consciousness: Option<Consciousness>,
    /// Body weight, kg.
    #[n(10)]
    pub weight: Option<Decimal>,
    /// Body height, cm.
    #[n(11)]
    pub height: Option<Decimal>,
    /// Pain on a scale from 0 to 10.
    #[n(12)]
    pub pain: Option<Decimal>,
    /// Blood glucose, mmol/L.
    #[n(13)]
    pub glucose: Option<Decimal>,
    /// Which of NEWS2's oxygen saturation scales applies.
    #[n(14)]
    pub spo2_scale: SpO2Scale,
    /// The patient measured and wrote this, nobody of the staff.
    #[n(15)]
    pub self_reported: bool,
    /// Where it was imported from.
    #[n(16)]
    pub source: Option<Source>,
}
