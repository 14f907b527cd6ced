//! Visits and stays.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Concept, Instant, Source};

vocabulary! {
    /// The setting of an encounter.
    #[derive(Default)]
    pub enum EncounterClass {
        /// The patient came and left.
        #[default]
        Ambulatory = 0 "ambulatory",
        /// The patient stayed in a ward.
        Inpatient = 1 "inpatient",
        /// In the emergency department.
        Emergency = 2 "emergency",
        /// By telephone or video.
        Virtual = 3 "virtual",
        /// At the patient's home.
        Home = 4 "home",
        /// Any other setting.
        Other = 5 "other",
    }
}

vocabulary! {
    /// How far an encounter has come.
    #[derive(Default)]
    pub enum EncounterStatus {
        /// Arranged.
        Planned = 0 "planned",
        /// The patient is here.
        InProgress = 1 "in progress",
        /// Over.
        #[default]
        Finished = 2 "finished",
        /// It did not take place.
        Cancelled = 3 "cancelled",
    }
}

/// A visit or a stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Encounter {
    /// The setting.
    #[n(0)]
    pub class: EncounterClass,
    /// How far it has come.
    #[n(1)]
    pub status: EncounterStatus,
    /// What sort of visit.
    #[n(2)]
    pub kind: Concept,
    /// Why the patient came.
    #[n(3)]
    pub reasons: Vec<Concept>,
    /// When it began.
    #[n(4)]
    pub start: Option<Instant>,
    /// When it ended.
    #[n(5)]
    pub end: Option<Instant>,
    /// Where.
    #[n(6)]
    pub place: Option<String>,
    /// Who was responsible, as text.
    #[n(7)]
    pub practitioner: Option<String>,
    /// Where it was imported from.
    #[n(8)]
    pub source: Option<Source>,
}
