//! Problems and diagnoses.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Concept, Instant, PartialDate, Severity, Source, Verification};

vocabulary! {
    /// How a problem stands now.
    #[derive(Default)]
    pub enum ClinicalStatus {
        /// There.
        #[default]
        Active = 0 "active",
        /// Back after it was gone.
        Recurrence = 1 "recurrence",
        /// Worse again after it was better.
        Relapse = 2 "relapse",
        /// No longer there.
        Inactive = 3 "inactive",
        /// Better, and may return.
        Remission = 4 "remission",
        /// Gone for good.
        Resolved = 5 "resolved",
    }
}

/// A problem or diagnosis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Condition {
    /// What it is: ICD-10, SNOMED CT, words.
    #[n(0)]
    pub concept: Concept,
    /// How it stands now.
    #[n(1)]
    pub status: ClinicalStatus,
    /// How sure it is.
    #[n(2)]
    pub verification: Verification,
    /// How bad it is.
    #[n(3)]
    pub severity: Option<Severity>,
    /// When it began.
    #[n(4)]
    pub onset: Option<PartialDate>,
    /// When it ended.
    #[n(5)]
    pub abatement: Option<PartialDate>,
    /// When it was written down.
    #[n(6)]
    pub recorded: Option<Instant>,
    /// Remarks.
    #[n(7)]
    pub note: Option<String>,
    /// Where it was imported from.
    #[n(8)]
    pub source: Option<Source>,
}

impl ClinicalStatus {
    /// Whether the problem counts today.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active | Self::Recurrence | Self::Relapse)
    }
}

impl Condition {
    /// Whether it belongs on the list of current problems: active, and neither refuted nor entered in error.
    pub fn is_current(&self) -> bool {
        self.status.is_active() && self.verification.stands()
    }
}
