//! The kinds of bodies that charts hold, and their numbers in the ledger.

use std::fmt;

/// The kind of a body. Its number is part of the entry's commitment and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Kind {
    /// Who the patient is.
    Identity = 100,
    /// A visit or a stay.
    Encounter = 101,
    /// One set of vital signs.
    Vitals = 102,
    /// A problem or diagnosis.
    Condition = 103,
    /// An allergy or intolerance, or the statement that none is known.
    Allergy = 104,
    /// Clinical text.
    Note = 105,
    /// A laboratory or other measured result.
    Result = 106,
    /// Something done to or for the patient.
    Procedure = 107,
    /// A vaccine given.
    Immunisation = 108,
    /// A file, or a resource that has no typed view.
    Document = 109,
    /// An order for one medicine.
    Prescription = 110,
    /// A medicine handed over.
    Dispense = 111,
    /// A medicine given.
    Administration = 112,
    /// The facts that medication checks need.
    MedicationSummary = 113,
    /// Held, answered, refused or cancelled: what happened to a prescription besides dispensing.
    RxEvent = 114,
    /// The withdrawal of an earlier entry, with its reason.
    Retraction = 199,
}

impl Kind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 16] = [
        Self::Identity,
        Self::Encounter,
        Self::Vitals,
        Self::Condition,
        Self::Allergy,
        Self::Note,
        Self::Result,
        Self::Procedure,
        Self::Immunisation,
        Self::Document,
        Self::Prescription,
        Self::Dispense,
        Self::Administration,
        Self::MedicationSummary,
        Self::RxEvent,
        Self::Retraction,
    ];

    /// The number in the ledger.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The kind with this number, if it is one of a chart's.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// One lower-case word, as it is shown in lists and typed in queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Encounter => "encounter",
            Self::Vitals => "vitals",
            Self::Condition => "condition",
            Self::Allergy => "allergy",
            Self::Note => "note",
            Self::Result => "result",
            Self::Procedure => "procedure",
            Self::Immunisation => "immunisation",
            Self::Document => "document",
            Self::Prescription => "prescription",
            Self::Dispense => "dispense",
            Self::Administration => "administration",
            Self::MedicationSummary => "medication-summary",
            Self::RxEvent => "rx-event",
            Self::Retraction => "retraction",
        }
    }

    /// The section of the chart that a body of this kind belongs to: `identity`, `clinical` or `medication`.
    ///
    /// A retraction belongs to the section of what it withdraws; `clinical` is only its default.
    pub const fn section_hint(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Allergy
            | Self::Prescription
            | Self::Dispense
            | Self::Administration
            | Self::MedicationSummary
            | Self::RxEvent => "medication",
            _ => "clinical",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = super::UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| super::UnknownWord {
                vocabulary: "Kind",
                word: word.to_owned(),
                known: Self::ALL.map(Self::as_str).join(", "),
            })
    }
}
