//! The facts that medication checks need, signed, in the section that pharmacists read.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Decimal, Instant, PartialDate, Source};

vocabulary! {
    /// Whether the patient is pregnant.
    pub enum Pregnancy {
        /// Asked or tested: no.
        NotPregnant = 0 "not pregnant",
        /// Yes.
        Pregnant = 1 "pregnant",
        /// It cannot be.
        NotPossible = 2 "not possible",
    }
}

/// The facts that medication checks need. An absent fact is unknown, and the checks that need it say so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MedicationSummary {
    /// When this was written.
    #[n(0)]
    pub at: Option<Instant>,
    /// Whether the patient is pregnant.
    #[n(1)]
    pub pregnancy: Option<Pregnancy>,
    /// When the child is due.
    #[n(2)]
    pub due: Option<PartialDate>,
    /// Whether the patient breastfeeds.
    #[n(3)]
    pub breastfeeding: Option<bool>,
    /// Body weight, kg.
    #[n(4)]
    pub weight: Option<Decimal>,
    /// Estimated glomerular filtration rate, mL/min/1.73 m².
    #[n(5)]
    pub egfr: Option<Decimal>,
    /// When the filtration rate was measured.
    #[n(6)]
    pub egfr_at: Option<Instant>,
    /// Whether the liver is known to be impaired.
    #[n(7)]
    pub hepatic_impairment: Option<bool>,
    /// Where it was imported from.
    #[n(8)]
    pub source: Option<Source>,
}
