//! Laboratory and other measured results.

use minicbor::{Decode, Encode};

use super::vocabulary::vocabulary;
use super::{Concept, Decimal, Instant, Quantity, Source};

vocabulary! {
    /// How final a result is.
    #[derive(Default)]
    pub enum ResultStatus {
        /// Ordered, not yet there.
        Registered = 0 "registered",
        /// May still change.
        Preliminary = 1 "preliminary",
        /// Complete.
        #[default]
        Final = 2 "final",
        /// Changed after it was final.
        Corrected = 3 "corrected",
        /// It did not take place.
        Cancelled = 4 "cancelled",
    }
}

vocabulary! {
    /// What the laboratory says of a value.
    pub enum Interpretation {
        /// Within its range.
        Normal = 0 "normal",
        /// Below its range.
        Low = 1 "low",
        /// Above its range.
        High = 2 "high",
        /// Dangerously low.
        CriticalLow = 3 "critically low",
        /// Dangerously high.
        CriticalHigh = 4 "critically high",
        /// Not as it should be.
        Abnormal = 5 "abnormal",
        /// Found.
        Positive = 6 "positive",
        /// Not found.
        Negative = 7 "negative",
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ResultValue {
    /// A number with its unit.
    #[n(0)]
    Quantity(#[n(0)] Quantity),
    /// A number that only bounds the value, such as `<0.5 mg/L`.
    #[n(1)]
    Bound(#[n(0)] Bound, #[n(1)] Quantity),
    /// Words.
    #[n(2)]
    Text(#[n(0)] String),
    /// A coded finding.
    #[n(3)]
    Coded(#[n(0)] Concept),
}

vocabulary! {
    /// On which side of the number the value lies.
    pub enum Bound {
        /// Below.
        Below = 0 "<",
        /// At most.
        AtMost = 1 "<=",
        /// At least.
        AtLeast = 2 ">=",
        /// Above.
        Above = 3 ">",
    }
}

/// What is usual in people like this patient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReferenceRange {
    /// The lowest usual value.
    #[n(0)]
    pub low: Option<Decimal>,
    /// The highest usual value.
    #[n(1)]
    pub high: Option<Decimal>,
    /// The range in words.
    #[n(2)]
    pub text: Option<String>,
}

/// One line of a panel.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Component {
    /// What was measured.
    #[n(0)]
    pub code: Concept,
    /// What was found.
    #[n(1)]
    pub value: Option<ResultValue>,
    /// What the laboratory says of it.
    #[n(2)]
    pub interpretation: Option<Interpretation>,
}

/// A laboratory or other measured result: one value, or a panel of components.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LabResult {
    /// What was measured: LOINC, words.
    #[n(0)]
    pub code: Concept,
    /// What was found.
    #[n(1)]
    pub value: Option<ResultValue>,
    /// The lines of a panel.
    #[n(2)]
    pub components: Vec<Component>,
    /// What is usual.
    #[n(3)]
    pub range: Option<ReferenceRange>,
    /// What the laboratory says of it.
    #[n(4)]
    pub interpretation: Option<Interpretation>,
    /// How final it is.
    #[n(5)]
    pub status: ResultStatus,
    /// When the specimen was taken or the measure made.
    #[n(6)]
    pub taken: Option<Instant>,
    /// When it was reported.
    #[n(7)]
    pub issued: Option<Instant>,
    /// Remarks, or a report's conclusion.
    #[n(8)]
    pub note: Option<String>,
    /// Where it was imported from.
    #[n(9)]
    pub source: Option<Source>,
}

impl std::fmt::Display for ResultValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Quantity(quantity) => write!(f, "{quantity}"),
            Self::Bound(bound, quantity) => write!(f, "{bound}{quantity}"),
            Self::Text(text) => f.write_str(text),
            Self::Coded(concept) => f.write_str(concept.label()),
        }
    }
}
