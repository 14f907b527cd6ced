//! A record as a clinician reads it: fields with names and values, from the FHIR R4 resource in which the desk shows an entry.
//!
//! It knows the datatypes and not the resources, so that what was imported reads as well as what was written here. What only machines
//! need (identifiers of systems, profiles, narrative markup) is left out; the page offers the whole of it on request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::super::when;
use crate::desk::view::Stamp;

/// What is not for reading.
const HIDDEN: [&str; 9] = [
    "resourceType",
    "id",
    "meta",
    "contained",
    "subject",
    "patient",
    "implicitRules",
    "language",
    "authorizingPrescription",
];

/// What is read first, in this order; the rest follows by name.
const FIRST: [&str; 16] = [
    "code",
    "vaccineCode",
    "medicationReference",
    "medicationCodeableConcept",
    "name",
    "description",
    "type",
    "status",
    "clinicalStatus",
    "verificationStatus",
    "component",
    "dosageInstruction",
    "dosage",
    "quantity",
    "reaction",
    "content",
];

/// Words of the standard that a chosen type adds to a field's name: `onsetDateTime` is the onset.
const TYPES: [&str; 14] = [
    "CodeableConcept",
    "DateTime",
    "Quantity",
    "Reference",
    "String",
    "Boolean",
    "Integer",
    "Period",
    "Range",
    "Ratio",
    "Duration",
    "Date",
    "Code",
    "Decimal",
];

/// Our own extensions that say something to a reader.
const TELLING: [&str; 2] = [
    "urn:chartseal:fhir:override-reason",
    "urn:chartseal:fhir:title",
];

/// The fields of a record with their values, the most telling first. A value may have several lines.
pub fn fields(record: &Value) -> Vec<(String, String)> {
    let Some(object) = record.as_object() else {
        return Vec::new();
    };
    let mut names: Vec<&String> = object.keys().collect();
    let place = |name: &str| FIRST.iter().position(|first| *first == name);
    names.sort_by_key(|name| (place(name).unwrap_or(FIRST.len()), name.as_str().to_owned()));
    let mut lines = Vec::new();
    for name in names {
        field(name, &object[name], object, &mut lines);
    }
    lines.retain(|(_, value)| !value.trim().is_empty());
    lines
}

fn field(name: &str, value: &Value, root: &Map<String, Value>, lines: &mut Vec<(String, String)>) {
    match (name, value) {
        _ if HIDDEN.contains(&name) => {}
        // The narrative repeats the fields, but for records that have none.
        ("text", Value::Object(narrative)) if narrative.contains_key("div") => {
            if root.get("resourceType").is_some_and(|kind| kind == "Basic") {
                let div = narrative["div"].as_str().unwrap_or_default();
                lines.push(("text".to_owned(), without_markup(div)));
            }
        }
        ("component", Value::Array(parts)) => {
            for part in parts.iter().filter_map(Value::as_object) {
                let label = part.get("code").map(|code| say(code, root));
                let mut value = String::new();
                for (name, inner) in part.iter().filter(|(name, _)| name.as_str() != "code") {
                    let said = say(inner, root);
                    let of_value = name.starts_with("value");
                    value = match (value.is_empty(), of_value) {
                        (true, true) => said,
                        (true, false) => format!("{} {said}", label_of(name)),
                        (false, true) => format!("{said} · {value}"),
                        (false, false) => format!("{value} · {} {said}", label_of(name)),
                    };
                }
                lines.push((label.unwrap_or_default(), value));
            }
        }
        ("extension" | "modifierExtension", Value::Array(extensions)) => {
            for extension in extensions.iter().filter_map(Value::as_object) {
                let url = extension
                    .get("url")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let value = extension.iter().find(|(name, _)| name.starts_with("value"));
                if let Some((_, value)) = value.filter(|_| TELLING.contains(&url)) {
                    let label = url.rsplit(':').next().unwrap_or_default();
                    lines.push((label.replace('-', " "), say(value, root)));
                }
            }
        }
        (_, Value::Array(values)) if values.iter().all(|value| !value.is_object()) => {
            lines.push((label_of(name), said_all(values, root, ", ")));
        }
        (_, Value::Array(values)) => {
            for value in values {
                lines.push((label_of(name), say(value, root)));
            }
        }
        _ => lines.push((label_of(name), say(value, root))),
    }
}

/// `onsetDateTime` as `onset`, `dosageInstruction` as `dosage instruction`.
fn label_of(name: &str) -> String {
    let stem = TYPES
        .iter()
        .find_map(|word| name.strip_suffix(word))
        .filter(|stem| !stem.is_empty())
        .unwrap_or(name);
    let mut label = String::with_capacity(stem.len() + 4);
    for c in stem.chars() {
        if c.is_uppercase() && !label.is_empty() {
            label.push(' ');
        }
        label.extend(c.to_lowercase());
    }
    label
}

/// A value in words.
fn say(value: &Value, root: &Map<String, Value>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(instant) => when::full(Stamp(instant)),
            Err(_) => text.clone(),
        },
        Value::Array(values) => said_all(values, root, "; "),
        Value::Object(object) => say_object(object, root),
    }
}

fn said_all(values: &[Value], root: &Map<String, Value>, between: &str) -> String {
    let said = values.iter().map(|value| say(value, root));
    let said: Vec<String> = said.filter(|said| !said.is_empty()).collect();
    said.join(between)
}

fn say_object(object: &Map<String, Value>, root: &Map<String, Value>) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    if object.contains_key("coding") || (object.len() == 1 && object.contains_key("text")) {
        return concept(object);
    }
    if object.contains_key("system") && text("code").is_some() && !object.contains_key("value") {
        return text("display")
            .or_else(|| text("code"))
            .unwrap_or_default()
            .to_owned();
    }
    if let Some(attachment) = object.get("attachment").and_then(Value::as_object) {
        return attached(attachment);
    }
    if let Some(value) = object.get("value").filter(|value| !value.is_object()) {
        let unit = text("unit").or_else(|| text("code")).unwrap_or_default();
        let than = text("comparator").unwrap_or_default();
        return format!("{than}{} {unit}", say(value, root))
            .trim()
            .to_owned();
    }
    if let (Some(numerator), denominator) = (object.get("numerator"), object.get("denominator")) {
        let of = denominator.filter(|of| of["value"] != 1 || of.get("unit").is_some());
        let of = of
            .map(|of| format!(" / {}", say(of, root)))
            .unwrap_or_default();
        return format!("{}{of}", say(numerator, root));
    }
    if object.contains_key("start") || object.contains_key("end") {
        let end = |name| object.get(name).map(|at| say(at, root));
        return match (end("start"), end("end")) {
            (Some(start), Some(end)) => format!("{start} to {end}"),
            (Some(start), None) => format!("since {start}"),
            (None, end) => format!("until {}", end.unwrap_or_default()),
        };
    }
    if object.contains_key("reference") || object.contains_key("display") {
        return referred(object, root);
    }
    if object.contains_key("family") || object.contains_key("given") {
        let given = object
            .get("given")
            .map(|given| say(given, root).replace("; ", " "));
        let parts = [text("family").map(str::to_owned), given];
        return parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    }
    // The dosage in words says all that its parts say.
    if let Some(words) = text("text") {
        let more = text("patientInstruction").map(|more| format!("\n{more}"));
        return format!("{words}{}", more.unwrap_or_default());
    }
    let parts = object.iter().filter_map(|(name, value)| {
        let said = say(value, root);
        (!said.is_empty() && !HIDDEN.contains(&name.as_str()) && name != "extension")
            .then(|| format!("{} {said}", label_of(name)))
    });
    parts.collect::<Vec<_>>().join(" · ")
}

/// A concept: its words, and the code where it says more.
fn concept(object: &Map<String, Value>) -> String {
    let coding = object.get("coding").and_then(|codings| codings.get(0));
    let of = |name: &str| coding.and_then(|coding| coding[name].as_str());
    let words = object
        .get("text")
        .and_then(Value::as_str)
        .or_else(|| of("display"));
    match (words, of("code")) {
        (Some(words), Some(code)) if code != words => format!("{words} ({code})"),
        (Some(words), _) => words.to_owned(),
        (None, code) => code.unwrap_or_default().to_owned(),
    }
}

/// What a reference names; what is contained in the record is said in its place.
fn referred(object: &Map<String, Value>, root: &Map<String, Value>) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    if let Some(display) = text("display") {
        return display.to_owned();
    }
    let reference = text("reference").unwrap_or_default();
    let contained = reference.strip_prefix('#').and_then(|id| {
        let all = root.get("contained")?.as_array()?;
        all.iter().find(|one| one["id"] == id)
    });
    match contained.and_then(Value::as_object) {
        Some(contained) => {
            let parts = contained
                .iter()
                .filter(|(name, _)| !HIDDEN.contains(&name.as_str()));
            let said = parts.map(|(name, value)| match name.as_str() {
                "code" => say(value, root),
                _ => format!("{} {}", label_of(name), say(value, root)),
            });
            said.collect::<Vec<_>>().join(" · ")
        }
        None => reference.to_owned(),
    }
}

/// A text as it is; of anything else, what it is.
fn attached(attachment: &Map<String, Value>) -> String {
    let text = |name: &str| attachment.get(name).and_then(Value::as_str);
    let kind = text("contentType").unwrap_or("a file of unknown kind");
    let plain = kind.starts_with("text/plain") || kind.starts_with("text/markdown");
    let data = text("data").filter(|_| plain).and_then(decoded);
    data.unwrap_or_else(|| {
        let title = text("title")
            .map(|title| format!("{title}, "))
            .unwrap_or_default();
        format!("{title}{kind}")
    })
}

/// The text of an attachment.
fn decoded(base64: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(base64).ok()?).ok()
}

fn without_markup(div: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in div.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(record: &Value) -> Vec<String> {
        let fields = fields(record).into_iter();
        fields
            .map(|(label, value)| format!("{label}: {value}"))
            .collect()
    }

    #[test]
    fn vital_signs_read_as_measures_with_their_units() {
        let record = json!({
            "resourceType": "Observation", "status": "final",
            "effectiveDateTime": "2026-06-25T13:15:00Z",
            "code": {"coding": [{"code": "85353-1", "system": "http://loinc.org"}]},
            "component": [
                {"code": {"text": "systolic", "coding": [{"code": "8480-6"}]},
                 "valueQuantity": {"code": "mm[Hg]", "unit": "mmHg", "value": 140}},
                {"code": {"text": "diastolic"}, "valueQuantity": {"unit": "mmHg", "value": 86}},
            ],
        });
        assert_eq!(
            said(&record),
            [
                "code: 85353-1",
                "status: final",
                "systolic (8480-6): 140 mmHg",
                "diastolic: 86 mmHg",
                "effective: 2026-06-25 13:15",
            ]
        );
    }

    #[test]
    fn a_note_reads_as_its_text_and_a_dispense_names_the_medicine_that_it_contains() {
        let record = json!({
            "resourceType": "DocumentReference", "description": "Clinic note",
            "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": "Qmxvb2QgcHJlc3N1cmUgY2hlY2suCk5vIGNvbXBsYWludHMu"}}],
            "extension": [{"url": "urn:chartseal:fhir:kind", "valueCode": "note"}],
        });
        assert_eq!(
            said(&record),
            [
                "description: Clinic note",
                "content: Blood pressure check.\nNo complaints."
            ]
        );
        let record = json!({
            "resourceType": "MedicationDispense",
            "contained": [{"resourceType": "Medication", "id": "medicine", "code": {"text": "paracetamol"}, "batch": {"lotNumber": "M114"}}],
            "medicationReference": {"reference": "#medicine"},
            "quantity": {"unit": "tablet", "value": 28},
        });
        let said = said(&record);
        assert!(
            said[0].contains("paracetamol") && said[0].contains("M114"),
            "{said:?}"
        );
        assert_eq!(said[1], "quantity: 28 tablet");
    }

    #[test]
    fn whatever_a_record_holds_nothing_panics_and_markup_does_not_show() {
        for odd in [
            json!(null),
            json!([]),
            json!("text"),
            json!({"code": [], "component": [7, {"code": null}], "value": {"value": {"value": 1}}}),
            json!({"text": {"div": "<div>5 &lt; 7</div>"}, "resourceType": "Basic", "content": [{"attachment": {"contentType": "text/plain", "data": "!"}}]}),
            json!({"extension": [1, {"url": 3}], "contained": 4, "medicationReference": {"reference": "#x"}}),
        ] {
            let lines = fields(&odd);
            assert!(
                lines.iter().all(|(_, value)| !value.contains("div")),
                "{lines:?}"
            );
        }
        assert_eq!(label_of("onsetDateTime"), "onset");
        assert_eq!(label_of("valueQuantity"), "value");
        assert_eq!(label_of("dosageInstruction"), "dosage instruction");
    }
}
