//! Things done to or for the patient.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Concept, Instant, Source};

vocabulary! {
    /// How far a procedure has come.
    #[derive(Default)]
    pub enum ProcedureStatus {
        /// Done.
        #[default]
        Completed = 0 "completed",
        /// Going on.
        InProgress = 1 "in progress",
        /// Begun and stopped.
        Stopped = 2 "stopped",
        /// It did not take place.
        NotDone = 3 "not done",
    }
}

/// Something done to or for the patient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Procedure {
    /// What was done.
    #[n(0)]
    pub concept: Concept,
    /// How far it has come.
    #[n(1)]
    pub status: ProcedureStatus,
    /// When it began.
    #[n(2)]
    pub start: Option<Instant>,
    /// When it ended.
    #[n(3)]
    pub end: Option<Instant>,
    /// Why it was done.
    #[n(4)]
    pub reasons: Vec<Concept>,
    /// Remarks and outcome.
    #[n(5)]
    pub note: Option<String>,
    /// Where it was imported from.
    #[n(6)]
    pub source: Option<Source>,
}
