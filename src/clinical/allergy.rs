//! Allergies and intolerances.

use minicbor::{Decode, Encode};

use super::coding::system;
use super::vocabulary::vocabulary;
use super::{ClinicalStatus, Concept, Instant, PartialDate, Source};

vocabulary! {
    /// How sure a finding is.
    #[derive(Default)]
    pub enum Verification {
        /// Somebody said so.
        #[default]
        Unconfirmed = 0 "unconfirmed",
        /// Established.
        Confirmed = 1 "confirmed",
        /// Looked into and found not to be so.
        Refuted = 2 "refuted",
        /// It should never have been written.
        EnteredInError = 3 "entered in error",
        /// Assumed while the cause is looked for.
        Provisional = 4 "provisional",
        /// One of several possible causes.
        Differential = 5 "differential",
    }
}

vocabulary! {
    /// How bad a reaction or a problem is.
    pub enum Severity {
        /// Mild.
        Mild = 0 "mild",
        /// Moderate.
        Moderate = 1 "moderate",
        /// Severe.
        Severe = 2 "severe",
    }
}

vocabulary! {
    /// How dangerous the next exposure may be.
    pub enum Criticality {
        /// Hardly to life.
        Low = 0 "low",
        /// To life or to an organ.
        High = 1 "high",
        /// Not known.
        Unknown = 2 "unknown",
    }
}

vocabulary! {
    /// What sort of substance it is.
    pub enum AllergyCategory {
        /// Food.
        Food = 0 "food",
        /// A medicine.
        Medication = 1 "medication",
        /// Pollen, latex, animals.
        Environment = 2 "environment",
        /// Blood products and vaccines.
        Biologic = 3 "biologic",
    }
}

/// What the substance did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reaction {
    /// The sign, such as anaphylaxis or rash.
    #[n(0)]
    pub manifestation: Concept,
    /// How bad it was.
    #[n(1)]
    pub severity: Option<Severity>,
}

/// An allergy or intolerance, or the statement that none is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Allergy {
    /// To what.
    #[n(0)]
    pub substance: Concept,
    /// What sort of substance.
    #[n(1)]
    pub category: Option<AllergyCategory>,
    /// How dangerous the next exposure may be.
    #[n(2)]
    pub criticality: Option<Criticality>,
    /// Whether it still counts.
    #[n(3)]
    pub status: ClinicalStatus,
    /// How sure it is.
    #[n(4)]
    pub verification: Verification,
    /// What the substance did.
    #[n(5)]
    pub reactions: Vec<Reaction>,
    /// Since when.
    #[n(6)]
    pub onset: Option<PartialDate>,
    /// When it was written down.
    #[n(7)]
    pub recorded: Option<Instant>,
    /// Remarks.
    #[n(8)]
    pub note: Option<String>,
    /// Where it was imported from.
    #[n(9)]
    pub source: Option<Source>,
}

/// SNOMED CT codes that state that no allergy is known: no known allergy, and no known drug allergy.
const NONE_KNOWN: [&str; 2] = ["716186003", "409137002"];
/// The same in words, for sources that send no code.
const NONE_KNOWN_WORDS: [&str; 6] = [
    "no known allergy",
    "no known allergies",
    "no known drug allergy",
    "no known drug allergies",
    "nka",
    "nkda",
];
/// SNOMED CT codes that state that no allergy of another sort is known: to food, in the environment. They say nothing of medicines.
const NONE_OF_A_SORT: [&str; 2] = ["429625007", "428607008"];

impl Verification {
    /// Whether the finding has to be acted on: neither refuted nor entered in error.
    pub const fn stands(self) -> bool {
        !matches!(self, Self::Refuted | Self::EnteredInError)
    }
}

impl Allergy {
    /// The statement that somebody asked and no allergy is known.
    pub fn none_known() -> Self {
        Self {
            substance: Concept::coded(system::SNOMED, NONE_KNOWN[0], "No known allergy"),
            verification: Verification::Confirmed,
            ..Self::default()
        }
    }

    /// Whether this is the statement that none is known, or none to a medicine, and it stands.
    pub fn is_none_known(&self) -> bool {
        let coded = self
            .substance
            .code_in(system::SNOMED)
            .is_some_and(|code| NONE_KNOWN.contains(&code));
        let words = self.substance.label().trim().to_lowercase();
        (coded || NONE_KNOWN_WORDS.contains(&words.as_str())) && self.is_current()
    }

    /// Whether this names no substance at all, but states that there is none of some sort.
    pub fn states_absence(&self) -> bool {
        let sort = self
            .substance
            .code_in(system::SNOMED)
            .is_some_and(|code| NONE_OF_A_SORT.contains(&code));
        sort || self.is_none_known()
    }

    /// Whether it has to be heeded: active, and neither refuted nor entered in error.
    pub fn is_current(&self) -> bool {
        self.status.is_active() && self.verification.stands()
    }

    /// The worst severity among the reactions.
    pub fn worst(&self) -> Option<Severity> {
        self.reactions.iter().filter_map(|r| r.severity).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refuted_or_mistaken_allergy_is_not_heeded() {
        for (verification, heeded) in [
            (Verification::Unconfirmed, true),
            (Verification::Confirmed, true),
            (Verification::Refuted, false),
            (Verification::EnteredInError, false),
        ] {
            let allergy = Allergy {
                substance: Concept::text("penicillin"),
                verification,
                ..Allergy::default()
            };
            assert_eq!(allergy.is_current(), heeded, "{verification}");
        }
    }

    #[test]
    fn that_none_is_known_is_a_statement_of_its_own() {
        assert!(Allergy::none_known().is_none_known());
        assert!(
            Allergy {
                substance: Concept::text("NKDA"),
                ..Allergy::default()
            }
            .is_none_known()
        );
        let food = Allergy {
            substance: Concept::coded(system::SNOMED, "429625007", "No known food allergy"),
            ..Allergy::default()
        };
        assert!(
            food.states_absence() && !food.is_none_known(),
            "it says nothing of medicines"
        );
        assert!(
            !Allergy {
                substance: Concept::text("penicillin"),
                ..Allergy::default()
            }
            .is_none_known()
        );
    }
}
