//! From FHIR's data types to the clinical domain's, and back.

use std::str::FromStr;

use super::problem::{At, Problem};
use super::types;
use crate::clinical::{Coding, Concept, Decimal, Instant, PartialDate, Quantity, coding::system};

/// A date, of which the time is left away if there is one.
pub(super) fn date(text: Option<&str>, at: impl Into<At>) -> Result<Option<PartialDate>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let day = text.split('T').next().unwrap_or(text);
    day.parse()
        .map(Some)
        .map_err(|error: crate::clinical::partial_date::BadDate| {
            Problem::new(at, error.to_string())
        })
}

/// A moment. A date without a time is its first midnight; the original keeps what was written.
pub(super) fn instant(text: Option<&str>, at: impl Into<At>) -> Result<Option<Instant>, Problem> {
    let Some(text) = text else { return Ok(None) };
    if text.contains('T') {
        return text
            .parse()
            .map(Some)
            .map_err(|error: crate::clinical::instant::BadInstant| {
                Problem::new(at, error.to_string())
            });
    }
    Ok(date(Some(text), at)?.map(Instant::start_of))
}

/// A decimal; digits behind the point that do not fit are cut off (the original keeps them). `None` where it is too great or too small.
pub(super) fn decimal(number: &types::Number) -> Option<Decimal> {
    let text = number.as_str();
    if let Ok(decimal) = Decimal::from_str(text) {
        return Some(decimal);
    }
    if text.contains(['e', 'E']) {
        return None;
    }
    let (whole, part) = text.split_once('.')?;
    (0..part.len()).rev().find_map(|keep| match keep {
        0 => Decimal::from_str(whole).ok(),
        _ => Decimal::from_str(&text[..whole.len() + 1 + keep]).ok(),
    })
}

/// A whole number that fits.
pub(super) fn whole<T: FromStr>(number: Option<&types::Number>) -> Option<T> {
    let text = number?.as_str();
    let text = text.split_once('.').map_or(text, |(whole, part)| {
        if part.bytes().all(|b| b == b'0') {
            whole
        } else {
            text
        }
    });
    text.parse().ok()
}

/// A quantity without comparator; `None` where it has no value that fits.
pub(super) fn quantity(from: &types::Quantity) -> Option<Quantity> {
    Some(Quantity {
        value: decimal(from.value.as_ref()?)?,
        unit: unit(from),
    })
}

/// The unit of a quantity in words, else its code.
pub(super) fn unit(from: &types::Quantity) -> String {
    from.unit
        .clone()
        .or_else(|| from.code.clone())
        .unwrap_or_default()
}

/// Units whose word is also their UCUM code.
const UCUM_WORDS: [&str; 24] = [
    "%",
    "/min",
    "Cel",
    "L",
    "L/min",
    "U",
    "cm",
    "d",
    "dL",
    "g",
    "g/dL",
    "g/L",
    "h",
    "kg",
    "mL",
    "mL/min/{1.73_m2}",
    "mg",
    "mg/L",
    "mg/dL",
    "mm[Hg]",
    "mmol/L",
    "ng/mL",
    "ug",
    "umol/L",
];

/// A quantity as FHIR writes it; the UCUM code stands beside the unit where it is the same word.
pub(super) fn to_quantity(from: &Quantity) -> types::Quantity {
    let coded = UCUM_WORDS.contains(&from.unit.as_str());
    types::Quantity {
        value: Some(types::Number::of(from.value)),
        comparator: None,
        unit: some(&from.unit),
        system: coded.then(|| system::UCUM.to_owned()),
        code: coded.then(|| from.unit.clone()),
    }
}

/// A coding; one without a code keeps its words.
fn coding(from: &types::Coding) -> Option<Coding> {
    if from.code.is_none() && from.display.is_none() {
        return None;
    }
    Some(Coding {
        system: from.system.clone().unwrap_or_default(),
        code: from.code.clone().unwrap_or_default(),
        display: from.display.clone(),
    })
}

/// A concept with all its codings.
pub(super) fn concept(from: &types::CodeableConcept) -> Concept {
    Concept {
        text: from.text.clone().unwrap_or_default(),
        codings: from.coding.iter().filter_map(coding).collect(),
    }
}

/// A concept that may be absent.
pub(super) fn concept_or_default(from: Option<&types::CodeableConcept>) -> Concept {
    from.map(concept).unwrap_or_default()
}

/// A concept in words.
pub(super) fn label(from: &types::CodeableConcept) -> String {
    concept(from).label().to_owned()
}

/// A concept as FHIR writes it; `None` for an empty one.
pub(super) fn to_concept(from: &Concept) -> Option<types::CodeableConcept> {
    if from.text.is_empty() && from.codings.is_empty() {
        return None;
    }
    let codings = from.codings.iter().map(|c| types::Coding {
        system: some(&c.system),
        code: some(&c.code),
        display: c.display.clone(),
    });
    Some(types::CodeableConcept {
        coding: codings.collect(),
        text: some(&from.text),
    })
}

/// Words as a concept without a code.
pub(super) fn words(text: &str) -> types::CodeableConcept {
    types::CodeableConcept {
        coding: Vec::new(),
        text: Some(text.to_owned()),
    }
}

/// A code as a concept without words.
pub(super) fn coded(system: &str, code: &str) -> types::CodeableConcept {
    let coding = types::Coding {
        system: Some(system.to_owned()),
        code: Some(code.to_owned()),
        display: None,
    };
    types::CodeableConcept {
        coding: vec![coding],
        text: None,
    }
}

/// The first code of a concept that has one, whatever its system.
pub(super) fn first_code(from: Option<&types::CodeableConcept>) -> Option<&str> {
    from?
        .coding
        .iter()
        .find_map(|coding| coding.code.as_deref())
}

/// The annotations' texts with line breaks between them.
pub(super) fn note(from: &[types::Annotation]) -> Option<String> {
    let texts: Vec<&str> = from
        .iter()
        .filter_map(|note| note.text.as_deref())
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// A remark as FHIR writes it.
pub(super) fn to_note(from: Option<&str>) -> Vec<types::Annotation> {
    from.map(|text| types::Annotation {
        text: Some(text.to_owned()),
    })
    .into_iter()
    .collect()
}

/// A text unless it is empty.
pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The texts of a list of which FHIR lets single members be null.
pub(super) fn texts(from: &[Option<String>]) -> Vec<String> {
    from.iter().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(digits: &str) -> types::Number {
        serde_json::from_str(digits).unwrap()
    }

    #[test]
    fn a_decimal_keeps_what_fits_of_its_digits() {
        assert_eq!(
            decimal(&number("46.617568000721235")).unwrap().to_string(),
            "46.617568000721235"
        );
        assert_eq!(decimal(&number("1.00")).unwrap().to_string(), "1.00");
        assert_eq!(
            decimal(&number("7.1234567890123456789012345"))
                .unwrap()
                .to_string(),
            "7.123456789012345678"
        );
        assert_eq!(decimal(&number("1E-24")), None);
        assert_eq!(decimal(&number("99999999999999999999")), None);
        assert_eq!(whole::<u16>(Some(&number("2.0"))), Some(2));
        assert_eq!(whole::<u16>(Some(&number("2.5"))), None);
    }

    #[test]
    fn a_moment_without_a_time_begins_at_midnight_and_a_wrong_one_names_its_field() {
        assert_eq!(
            instant(Some("2015-01"), "x").unwrap().unwrap().as_str(),
            "2015-01-01T00:00:00Z"
        );
        let problem = instant(Some("2015-01-01T10:00"), "recordedDate").unwrap_err();
        assert_eq!(problem.path, "recordedDate");
        assert_eq!(
            date(Some("2011-02-03T04:05:06+07:00"), "x")
                .unwrap()
                .unwrap()
                .to_string(),
            "2011-02-03"
        );
    }
}
