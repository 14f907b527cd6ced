//! Observation, <https://hl7.org/fhir/R4/observation.html>: vital signs, and results of every other sort.

use super::convert::{self, concept, first_code, label, some, to_concept};
use super::problem::Problem;
use super::types::{self, r4};
use super::vitals;
use super::word::{Words, value, word};
use crate::clinical::result::Bound;
use crate::clinical::{
    Body, Component, Interpretation, LabResult, Quantity, ReferenceRange, ResultStatus, ResultValue,
};

r4! {
    struct Observation {
        status: Option<String>,
        category: Vec<types::CodeableConcept>,
        code: Option<types::CodeableConcept>,
        subject: Option<types::Reference>,
        effective_date_time: Option<String>,
        effective_period: Option<types::Period>,
        effective_instant: Option<String>,
        issued: Option<String>,
        performer: Vec<types::Reference>,
        value_quantity: Option<types::Quantity>,
        value_codeable_concept: Option<types::CodeableConcept>,
        value_string: Option<String>,
        value_boolean: Option<bool>,
        value_integer: Option<types::Number>,
        value_range: Option<types::Range>,
        value_ratio: Option<types::Ratio>,
        value_time: Option<String>,
        value_date_time: Option<String>,
        value_period: Option<types::Period>,
        data_absent_reason: Option<types::CodeableConcept>,
        interpretation: Vec<types::CodeableConcept>,
        note: Vec<types::Annotation>,
        reference_range: Vec<Range>,
        component: Vec<Part>,
    }

    struct Part {
        code: Option<types::CodeableConcept>,
        value_quantity: Option<types::Quantity>,
        value_codeable_concept: Option<types::CodeableConcept>,
        value_string: Option<String>,
        value_boolean: Option<bool>,
        value_integer: Option<types::Number>,
        value_range: Option<types::Range>,
        value_ratio: Option<types::Ratio>,
        value_time: Option<String>,
        value_date_time: Option<String>,
        value_period: Option<types::Period>,
        data_absent_reason: Option<types::CodeableConcept>,
        interpretation: Vec<types::CodeableConcept>,
    }

    struct Range {
        low: Option<types::Quantity>,
        high: Option<types::Quantity>,
        text: Option<String>,
    }
}

const STATES: &Words<ResultStatus> = &[
    (ResultStatus::Registered, "registered"),
    (ResultStatus::Preliminary, "preliminary"),
    (ResultStatus::Final, "final"),
    (ResultStatus::Corrected, "corrected"),
    (ResultStatus::Cancelled, "cancelled"),
    (ResultStatus::Corrected, "amended"),
    (ResultStatus::Corrected, "appended"),
    (ResultStatus::Preliminary, "partial"),
];

const INTERPRETATIONS: &Words<Interpretation> = &[
    (Interpretation::Normal, "N"),
    (Interpretation::Low, "L"),
    (Interpretation::High, "H"),
    (Interpretation::CriticalLow, "LL"),
    (Interpretation::CriticalHigh, "HH"),
    (Interpretation::Abnormal, "A"),
    (Interpretation::Positive, "POS"),
    (Interpretation::Negative, "NEG"),
    (Interpretation::Abnormal, "AA"),
    (Interpretation::High, "HU"),
    (Interpretation::Low, "LU"),
    (Interpretation::Positive, "DET"),
    (Interpretation::Negative, "ND"),
];
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

const BOUNDS: &Words<Bound> = &[
    (Bound::Below, "<"),
    (Bound::AtMost, "<="),
    (Bound::AtLeast, ">="),
    (Bound::Above, ">"),
];

/// What stands where FHIR asks for words and there are none.
const UNKNOWN: &str = "unknown";

const CATEGORIES: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

impl Observation {
    /// Whether it is of this category.
    pub(super) fn is_of(&self, category: &str) -> bool {
        self.category
            .iter()
            .flat_map(|c| &c.coding)
            .any(|coding| coding.code.as_deref() == Some(category))
    }

    /// The category as it is written.
    pub(super) fn category(code: &str) -> Vec<types::CodeableConcept> {
        vec![convert::coded(CATEGORIES, code)]
    }

    /// When it was taken.
    pub(super) fn effective(&self) -> Option<&str> {
        let period = self.effective_period.as_ref();
        let start = period.and_then(|period| period.start.as_deref().or(period.end.as_deref()));
        self.effective_date_time
            .as_deref()
            .or(self.effective_instant.as_deref())
            .or(start)
    }

    /// Code and value in the shape of a component.
    pub(super) fn whole(&self) -> Part {
        Part {
            code: self.code.clone(),
            value_quantity: self.value_quantity.clone(),
            value_codeable_concept: self.value_codeable_concept.clone(),
            value_string: self.value_string.clone(),
            value_boolean: self.value_boolean,
            value_integer: self.value_integer.clone(),
            value_range: self.value_range.clone(),
            value_ratio: self.value_ratio.clone(),
            value_time: self.value_time.clone(),
            value_date_time: self.value_date_time.clone(),
            value_period: self.value_period.clone(),
            data_absent_reason: self.data_absent_reason.clone(),
            interpretation: self.interpretation.clone(),
        }
    }
}

/// Vital signs that can be read as such become [`Body::Vitals`], everything else becomes a result.
pub(super) fn read(from: &Observation) -> Result<Body, Problem> {
    if let Some(vitals) = vitals::read(from)? {
        return Ok(Body::Vitals(vitals));
    }
    read_result(from).map(Body::Result)
}

fn read_result(from: &Observation) -> Result<LabResult, Problem> {
    let whole = from.whole();
    Ok(LabResult {
        code: convert::concept_or_default(from.code.as_ref()),
        value: found(&whole),
        components: from.component.iter().map(component).collect(),
        range: from.reference_range.first().map(range),
        interpretation: interpretation(&from.interpretation),
        status: state(from.status.as_deref()),
        taken: convert::instant(from.effective(), "effectiveDateTime")?,
        issued: convert::instant(from.issued.as_deref(), "issued")?,
        note: convert::note(&from.note),
        source: None,
    })
}

/// How final a result or a report is.
pub(super) fn state(word: Option<&str>) -> ResultStatus {
    value(STATES, word).unwrap_or(if word == Some("unknown") {
        ResultStatus::Preliminary
    } else {
        ResultStatus::Final
    })
}

fn component(from: &Part) -> Component {
    Component {
        code: convert::concept_or_default(from.code.as_ref()),
        value: found(from),
        interpretation: interpretation(&from.interpretation),
    }
}

fn interpretation(from: &[types::CodeableConcept]) -> Option<Interpretation> {
    from.iter()
        .flat_map(|c| &c.coding)
        .find_map(|coding| value(INTERPRETATIONS, coding.code.as_deref()))
}

/// The value, whichever of FHIR's shapes it has. One that the domain has no shape for is kept in words.
fn found(from: &Part) -> Option<ResultValue> {
    let text = |text: String| Some(ResultValue::Text(text));
    if let Some(quantity) = &from.value_quantity {
        return measured(quantity);
    }
    if let Some(coded) = &from.value_codeable_concept {
        return Some(ResultValue::Coded(concept(coded)));
    }
    if let Some(number) = &from.value_integer {
        return convert::decimal(number)
            .map(|value| {
                ResultValue::Quantity(Quantity {
                    value,
                    unit: String::new(),
                })
            })
            .or_else(|| text(number.as_str().to_owned()));
    }
    if let Some(yes) = from.value_boolean {
        return text(if yes { "yes" } else { "no" }.to_owned());
    }
    if let Some(range) = &from.value_range {
        return text(format!(
            "{} to {}",
            said(range.low.as_ref()),
            said(range.high.as_ref())
        ));
    }
    if let Some(ratio) = &from.value_ratio {
        return text(format!(
            "{}:{}",
            said(ratio.numerator.as_ref()),
            said(ratio.denominator.as_ref())
        ));
    }
    if let Some(period) = &from.value_period {
        let end = |end: &Option<String>| end.clone().unwrap_or_else(|| "?".to_owned());
        return text(format!("{} to {}", end(&period.start), end(&period.end)));
    }
    let words = from
        .value_string
        .clone()
        .or_else(|| from.value_time.clone())
        .or_else(|| from.value_date_time.clone());
    let absent = || {
        Some(format!(
            "not available: {}",
            label(from.data_absent_reason.as_ref()?)
        ))
    };
    words.or_else(absent).map(ResultValue::Text)
}

fn measured(from: &types::Quantity) -> Option<ResultValue> {
    let Some(quantity) = convert::quantity(from) else {
        let digits = from.value.as_ref()?.as_str();
        return Some(ResultValue::Text(
            format!("{digits} {}", convert::unit(from))
                .trim_end()
                .to_owned(),
        ));
    };
    Some(match value(BOUNDS, from.comparator.as_deref()) {
        Some(bound) => ResultValue::Bound(bound, quantity),
        None => ResultValue::Quantity(quantity),
    })
}

/// A quantity in words.
fn said(from: Option<&types::Quantity>) -> String {
    let value = from
        .and_then(|quantity| quantity.value.as_ref())
        .map_or("?", types::Number::as_str);
    let unit = from.map(convert::unit).unwrap_or_default();
    if unit.is_empty() {
        value.to_owned()
    } else {
        format!("{value} {unit}")
    }
}

fn range(from: &Range) -> ReferenceRange {
    let number =
        |quantity: &Option<types::Quantity>| convert::decimal(quantity.as_ref()?.value.as_ref()?);
    ReferenceRange {
        low: number(&from.low),
        high: number(&from.high),
        text: from.text.clone(),
    }
}

pub(super) fn write(from: &LabResult, subject: types::Reference) -> Observation {
    let whole = part(from.value.as_ref());
    Observation {
        status: word(STATES, from.status),
        category: Observation::category("laboratory"),
        code: to_concept(&from.code).or_else(|| Some(convert::words(UNKNOWN))),
        subject: Some(subject),
        effective_date_time: from.taken.as_ref().map(ToString::to_string),
        issued: from.issued.as_ref().map(ToString::to_string),
        value_quantity: whole.value_quantity,
        value_codeable_concept: whole.value_codeable_concept,
        value_string: whole.value_string,
        interpretation: to_interpretation(from.interpretation),
        note: convert::to_note(from.note.as_deref()),
        reference_range: from
            .range
            .iter()
            .map(|range| to_range(range, from.value.as_ref()))
            .collect(),
        component: from.components.iter().map(to_component).collect(),
        ..Observation::default()
    }
}

fn to_component(from: &Component) -> Part {
    Part {
        code: to_concept(&from.code).or_else(|| Some(convert::words(UNKNOWN))),
        interpretation: to_interpretation(from.interpretation),
        ..part(from.value.as_ref())
    }
}

fn part(value: Option<&ResultValue>) -> Part {
    let mut part = Part::default();
    match value {
        Some(ResultValue::Quantity(quantity)) => {
            part.value_quantity = Some(convert::to_quantity(quantity));
        }
        Some(ResultValue::Bound(bound, quantity)) => {
            let comparator = word(BOUNDS, *bound);
            part.value_quantity = Some(types::Quantity {
                comparator,
                ..convert::to_quantity(quantity)
            });
        }
        Some(ResultValue::Text(text)) => part.value_string = Some(text.clone()),
        Some(ResultValue::Coded(concept)) => part.value_codeable_concept = to_concept(concept),
        None => {}
    }
    part
}

fn to_interpretation(from: Option<Interpretation>) -> Vec<types::CodeableConcept> {
    let code = from.and_then(|interpretation| word(INTERPRETATIONS, interpretation));
    code.iter()
        .map(|code| convert::coded(INTERPRETATION, code))
        .collect()
}

/// A range in the unit of the value that it belongs to.
fn to_range(from: &ReferenceRange, value: Option<&ResultValue>) -> Range {
    let unit = match value {
        Some(ResultValue::Quantity(quantity) | ResultValue::Bound(_, quantity)) => {
            quantity.unit.as_str()
        }
        _ => "",
    };
    let quantity = |value| {
        convert::to_quantity(&Quantity {
            value,
            unit: unit.to_owned(),
        })
    };
    Range {
        low: from.low.map(quantity),
        high: from.high.map(quantity),
        text: from.text.as_deref().and_then(some),
    }
}

/// The first LOINC code of an observation or component, else the first code of a system that is not named.
pub(super) fn loinc(code: Option<&types::CodeableConcept>) -> Option<&str> {
    use crate::clinical::coding::system::LOINC;
    let codings = &code?.coding;
    let named = codings.iter().find(|c| c.system.as_deref() == Some(LOINC));
    named.and_then(|c| c.code.as_deref()).or_else(|| {
        let unnamed = codings.iter().all(|c| c.system.is_none());
        unnamed.then(|| first_code(code)).flatten()
    })
}
