//! The fields of the language: the one list behind the parser's errors, the help and the completion.

/// A field that can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldHelp {
    /// How it begins, with its colon or its comparison.
    pub name: &'static str,
    /// What one would type.
    pub example: &'static str,
    /// What it finds.
    pub finds: &'static str,
}

const fn field(name: &'static str, example: &'static str, finds: &'static str) -> FieldHelp {
    FieldHelp {
        name,
        example,
        finds,
    }
}

/// Every field, in the order of the help.
pub const FIELDS: [FieldHelp; 28] = [
    field("dx:", "dx:I10", "diagnoses by code, category or words"),
    field(
        "rx:",
        "rx:simvastatin",
        "prescriptions, dispenses, administrations by medicine",
    ),
    field(
        "lab:",
        "lab:8480-6",
        "results and vital signs by code or name",
    ),
    field("allergy:", "allergy:penicillin", "allergies by substance"),
    field(
        "name:",
        "name:gar*",
        "patients by a word of their name, its beginning, or the name as lists write it",
    ),
    field(
        "mrn:",
        "mrn:0012",
        "patients by record number or another identifier",
    ),
    field(
        "dob:",
        "dob:1961-04-03",
        "patients by birth date, month or year",
    ),
    field("phone:", "phone:5550199", "patients by phone number"),
    field("blood:", "blood:A+", "blood groups"),
    field("author:", "author:hsmith", "what somebody wrote, by login"),
    field("kind:", "kind:note", "entries of a kind"),
    field("since:", "since:2026-01", "on or after a date"),
    field("until:", "until:2026-03", "on or before a date"),
    field("on:", "on:2026-02-11", "on a day, in a month or a year"),
    field(
        "last:",
        "last:30d",
        "in the last days, weeks, months or years",
    ),
    field(
        "value:",
        "value:8480-6>140",
        "results by code and number, in the unit that was sent",
    ),
    field(
        "bp",
        "bp>140/90",
        "blood pressure, mmHg; one of the two numbers suffices for < and >",
    ),
    field("pulse", "pulse<50", "pulse, per minute"),
    field("temp", "temp>38.5", "temperature, °C"),
    field("resp", "resp>=25", "respirations per minute"),
    field("spo2", "spo2<92", "oxygen saturation, %"),
    field("oxygen", "oxygen>=2", "flow of oxygen, L/min"),
    field("weight", "weight:50..60", "weight, kg"),
    field("height", "height<150", "height, cm"),
    field("pain", "pain>=7", "pain, 0 to 10"),
    field("glucose", "glucose>11", "glucose in blood, mmol/L"),
    field(
        "egfr",
        "egfr<30",
        "estimated glomerular filtration rate, mL/min",
    ),
    field(
        "history:",
        "history: pneumonia",
        "also versions that were amended or retracted",
    ),
];

/// The names for an error message.
pub(super) fn names() -> String {
    let names: Vec<&str> = FIELDS
        .iter()
        .map(|field| field.name.trim_end_matches(':'))
        .collect();
    names.join(", ")
}
