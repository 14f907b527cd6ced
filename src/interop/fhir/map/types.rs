//! The data types of FHIR R4 that resources are made of, as far as they are used here.
//!
//! <https://hl7.org/fhir/R4/datatypes.html>. Read and written through the same structs, so that the two directions cannot drift
//! apart. What is not named here survives in the resource's original bytes.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::clinical::Decimal;

/// Defines structs whose absent members are neither asked for nor written.
macro_rules! r4 {
    ($( $(#[$meta:meta])* struct $name:ident { $( $(#[$fmeta:meta])* $field:ident : $type:ty, )+ } )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "camelCase", default)]
        #[allow(clippy::struct_field_names)] // FHIR names them
        pub(in crate::interop::fhir) struct $name {
            $(
                $(#[$fmeta])*
                #[serde(skip_serializing_if = "crate::interop::fhir::map::types::absent")]
                pub(in crate::interop::fhir) $field: $type,
            )+
        }
    )+ };
}

pub(in crate::interop::fhir) use r4;

/// Whether a member is left out when it is written.
pub(in crate::interop::fhir) trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

pub(in crate::interop::fhir) fn absent<T: Absent>(member: &T) -> bool {
    member.is_absent()
}

/// A number as it stands in the text, so that `7.00` stays `7.00`.
#[derive(Debug, Clone)]
pub(in crate::interop::fhir) struct Number(Box<RawValue>);

impl Number {
    pub(in crate::interop::fhir) fn as_str(&self) -> &str {
        self.0.get()
    }

    /// A number as JSON writes it.
    pub(in crate::interop::fhir) fn of(number: impl Into<Decimal>) -> Self {
        let digits = number.into().to_string();
        Self(RawValue::from_string(digits).expect("a decimal prints as JSON writes numbers"))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw
            .get()
            .starts_with(|c: char| c == '-' || c.is_ascii_digit())
        {
            return Ok(Self(raw));
        }
        let found: String = raw.get().chars().take(20).collect();
        Err(serde::de::Error::custom(format!("{found} is not a number")))
    }
}

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

r4! {
    struct Coding {
        system: Option<String>,
        code: Option<String>,
        display: Option<String>,
    }

    struct CodeableConcept {
        coding: Vec<Coding>,
        text: Option<String>,
    }

    struct Quantity {
        value: Option<Number>,
        comparator: Option<String>,
        unit: Option<String>,
        system: Option<String>,
        code: Option<String>,
    }

    struct Range {
        low: Option<Quantity>,
        high: Option<Quantity>,
    }

    struct Ratio {
        numerator: Option<Quantity>,
        denominator: Option<Quantity>,
    }

    struct Period {
        extension: Vec<Extension>,
        start: Option<String>,
        end: Option<String>,
    }

    struct Identifier {
        #[serde(rename = "type")]
        kind: Option<CodeableConcept>,
        system: Option<String>,
        value: Option<String>,
    }

    struct Reference {
        reference: Option<String>,
        #[serde(rename = "type")]
        kind: Option<String>,
        identifier: Option<Box<Identifier>>,
        display: Option<String>,
    }

    struct HumanName {
        #[serde(rename = "use")]
        usage: Option<String>,
        text: Option<String>,
        family: Option<String>,
        given: Vec<Option<String>>,
        prefix: Vec<Option<String>>,
        suffix: Vec<Option<String>>,
    }

    struct ContactPoint {
        system: Option<String>,
        value: Option<String>,
        #[serde(rename = "use")]
        usage: Option<String>,
    }

    struct Address {
        #[serde(rename = "use")]
        usage: Option<String>,
        text: Option<String>,
        line: Vec<Option<String>>,
        city: Option<String>,
        district: Option<String>,
        state: Option<String>,
        postal_code: Option<String>,
        country: Option<String>,
    }

    struct Annotation {
        text: Option<String>,
    }

    struct Attachment {
        content_type: Option<String>,
        data: Option<String>,
        url: Option<String>,
        title: Option<String>,
        creation: Option<String>,
    }

    struct Narrative {
        status: Option<String>,
        div: Option<String>,
    }

    struct Extension {
        url: Option<String>,
        value_string: Option<String>,
        value_code: Option<String>,
        value_integer: Option<Number>,
        value_boolean: Option<bool>,
        value_base64_binary: Option<String>,
        value_date: Option<String>,
    }

    struct Timing {
        repeat: Option<Repeat>,
        code: Option<CodeableConcept>,
    }

    struct Repeat {
        bounds_duration: Option<Quantity>,
        bounds_period: Option<Period>,
        frequency: Option<Number>,
        period: Option<Number>,
        period_unit: Option<String>,
        period_max: Option<Number>,
        frequency_max: Option<Number>,
    }

    struct Dosage {
        text: Option<String>,
        additional_instruction: Vec<CodeableConcept>,
        patient_instruction: Option<String>,
        timing: Option<Timing>,
        as_needed_boolean: Option<bool>,
        as_needed_codeable_concept: Option<CodeableConcept>,
        route: Option<CodeableConcept>,
        dose_and_rate: Vec<DoseAndRate>,
    }

    struct DoseAndRate {
        dose_quantity: Option<Quantity>,
        dose_range: Option<Range>,
    }
}
