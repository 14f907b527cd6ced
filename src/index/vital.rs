//! The vital signs that queries call by name, and their LOINC codes (loinc.org), under which they are indexed like results.

/// Systolic blood pressure.
pub(super) const SYSTOLIC: &str = "8480-6";
/// Diastolic blood pressure.
pub(super) const DIASTOLIC: &str = "8462-4";
/// Heart rate.
pub(super) const PULSE: &str = "8867-4";
/// Body temperature.
pub(super) const TEMPERATURE: &str = "8310-5";
/// Respiratory rate.
pub(super) const RESPIRATION: &str = "9279-1";
/// Oxygen saturation by pulse oximetry.
pub(super) const SPO2: &str = "59408-5";
/// Body weight.
pub(super) const WEIGHT: &str = "29463-7";
/// Body height.
pub(super) const HEIGHT: &str = "8302-2";
/// Pain severity, 0 to 10 verbal numeric rating.
pub(super) const PAIN: &str = "72514-3";
/// Glucose in blood.
pub(super) const GLUCOSE: &str = "2339-0";
/// Estimated glomerular filtration rate (CKD-EPI 2021).
pub(super) const EGFR: &str = "98979-8";
/// ABO and Rh group; ABO group.
pub(super) const BLOOD_GROUP: [&str; 2] = ["882-1", "883-9"];

/// The names in queries, and the codes that each looks under. Saturation and pulse were imported under an older code too.
pub(super) const NAMES: [(&str, &[&str]); 10] = [
    ("bp", &[SYSTOLIC]),
    ("pulse", &[PULSE]),
    ("temp", &[TEMPERATURE]),
    ("resp", &[RESPIRATION]),
    ("spo2", &[SPO2, "2708-6"]),
    ("weight", &[WEIGHT]),
    ("height", &[HEIGHT]),
    ("pain", &[PAIN]),
    ("glucose", &[GLUCOSE]),
    ("egfr", &[EGFR]),
];
