//! The measured numbers that queries call by name.
//!
//! A name asks in one unit, whoever measured: `glucose>11` is mmol/L, `temp>38.5` is °C. So vital signs and those results that measure the
//! same are indexed under the name, converted; what cannot be converted is not found by it. Under their own LOINC codes (loinc.org)
//! numbers stand as they were written: `value:2339-0>198` asks for the laboratory's mg/dL.

use crate::clinical::coding::system;
use crate::clinical::{Concept, Decimal, Measure, Quantity};

/// ABO and Rh group; ABO group.
pub(super) const BLOOD_GROUP: [&str; 2] = ["882-1", "883-9"];

/// A number with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vital {
    /// One of a set of vital signs.
    Of(Measure),
    /// Estimated glomerular filtration rate, mL/min or mL/min/1.73 m².
    Egfr,
}

/// The names in queries. A pressure with one number is the systolic.
pub(super) const NAMES: [(&str, Vital); 11] = [
    ("bp", Vital::Of(Measure::Systolic)),
    ("pulse", Vital::Of(Measure::Pulse)),
    ("temp", Vital::Of(Measure::Temperature)),
    ("resp", Vital::Of(Measure::Respiration)),
    ("spo2", Vital::Of(Measure::SpO2)),
    ("oxygen", Vital::Of(Measure::OxygenFlow)),
    ("weight", Vital::Of(Measure::Weight)),
    ("height", Vital::Of(Measure::Height)),
    ("pain", Vital::Of(Measure::Pain)),
    ("glucose", Vital::Of(Measure::Glucose)),
    ("egfr", Vital::Egfr),
];

/// What LOINC calls a glomerular filtration rate that was predicted from creatinine or cystatin C: CKD-EPI 2021, 2012 and 2009, MDRD, and
/// where the formula is not said.
const EGFR: [&str; 10] = [
    "98979-8", "98980-6", "94677-2", "62238-1", "88293-6", "88294-4", "77147-7", "48642-3",
    "33914-3", "69405-9",
];

impl Vital {
    /// What its numbers are indexed under. No code has a slash.
    pub(super) fn key(self) -> String {
        match self {
            Self::Of(measure) => format!("vital/{measure}"),
            Self::Egfr => "vital/egfr".to_owned(),
        }
    }

    /// The number in a result that has a name, in the name's unit.
    pub(super) fn of_result(code: &Concept, quantity: &Quantity) -> Option<(Self, Decimal)> {
        let mut loinc = code
            .codings
            .iter()
            .filter(|coding| coding.system == system::LOINC);
        loinc.find_map(|coding| {
            if EGFR.contains(&coding.code.as_str()) {
                let rate = quantity.unit.to_lowercase().starts_with("ml/min");
                return rate.then_some((Self::Egfr, quantity.value));
            }
            let measure = Measure::from_loinc(&coding.code)?;
            let value = measure.convert(quantity.value, &quantity.unit)?;
            Some((Self::Of(measure), value))
        })
    }
}
