//! Codes and the words beside them.

use minicbor::{Decode, Encode};

/// The URLs of the code systems that this program knows by name.
pub mod system {
    /// SNOMED CT.
    pub const SNOMED: &str = "http://snomed.info/sct";
    /// LOINC, for observations and documents.
    pub const LOINC: &str = "http://loinc.org";
    /// ICD-10 of the World Health Organization.
    pub const ICD10: &str = "http://hl7.org/fhir/sid/icd-10";
    /// ICD-10-CM, the clinical modification used in the United States.
    pub const ICD10_CM: &str = "http://hl7.org/fhir/sid/icd-10-cm";
    /// RxNorm, for medicines.
    pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
    /// ATC, for medicines and their classes.
    pub const ATC: &str = "http://www.whocc.no/atc";
    /// CVX, for vaccines.
    pub const CVX: &str = "http://hl7.org/fhir/sid/cvx";
    /// UCUM, for units.
    pub const UCUM: &str = "http://unitsofmeasure.org";
}

/// A code in a code system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Coding {
    /// The code system's URL; empty where the source named none.
    #[n(0)]
    pub system: String,
    /// The code.
    #[n(1)]
    pub code: String,
    /// The code system's own words for the code.
    #[n(2)]
    pub display: Option<String>,
}

/// A meaning: words as a clinician wrote them, and any number of codes for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Concept {
    /// The words.
    #[n(0)]
    pub text: String,
    /// The codes that say the same.
    #[n(1)]
    pub codings: Vec<Coding>,
}

impl Coding {
    /// A code with its words.
    pub fn new(system: &str, code: &str, display: &str) -> Self {
        Self {
            system: system.to_owned(),
            code: code.to_owned(),
            display: Some(display.to_owned()),
        }
    }
}

impl Concept {
    /// Words without a code.
    pub fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            codings: Vec::new(),
        }
    }

    /// Words with one code.
    pub fn coded(system: &str, code: &str, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            codings: vec![Coding::new(system, code, text)],
        }
    }

    /// The first code in `system`.
    pub fn code_in(&self, system: &str) -> Option<&str> {
        self.codings
            .iter()
            .find(|c| c.system == system)
            .map(|c| c.code.as_str())
    }

    /// What to show: the words, else the words of the first code that has any, else the first code.
    pub fn label(&self) -> &str {
        if !self.text.is_empty() {
            return &self.text;
        }
        let display = self.codings.iter().find_map(|c| c.display.as_deref());
        display
            .or_else(|| self.codings.first().map(|c| c.code.as_str()))
            .unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concept_without_words_shows_its_code() {
        let bare = Coding {
            system: system::ICD10.into(),
            code: "I10".into(),
            display: None,
        };
        let concept = Concept {
            text: String::new(),
            codings: vec![bare],
        };
        assert_eq!(concept.label(), "I10");
        assert_eq!(concept.code_in(system::ICD10), Some("I10"));
        assert_eq!(concept.code_in(system::LOINC), None);
    }
}
