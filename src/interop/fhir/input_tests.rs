//! What a person or a script sends, and what they are told when it cannot be meant.

use super::*;
use crate::clinical::{Body, Intent, Role, SpanUnit};

fn entry(json: &str) -> Result<Body, String> {
    entry_from_json(json.as_bytes()).map_err(|error| error.to_string())
}

fn observation(rest: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","effectiveDateTime":"2026-11-22T08:00:00Z",{rest}}}"#
    )
}

const SET: &str = r#""code":{"coding":[{"system":"http://loinc.org","code":"85353-1"}]},"component":[
    {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":172,"unit":"mmHg"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":104,"unit":"mmHg"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8310-5"}]},"valueQuantity":{"value":98.6,"code":"[degF]"}},
    {"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"valueQuantity":{"value":88.0,"unit":"/min"}}]"#;

#[test]
fn a_set_of_vital_signs_is_one_entry_in_our_units() {
    let Body::Vitals(vitals) = entry(&observation(SET)).unwrap() else {
        panic!("no vitals")
    };
    assert_eq!(vitals.systolic.unwrap().to_string(), "172");
    assert_eq!(vitals.temperature.unwrap().to_string(), "37.0");
    assert_eq!(vitals.pulse.unwrap().to_string(), "88.0");
    assert_eq!(vitals.source, None);
}

#[test]
fn one_measure_may_come_alone() {
    let weight = r#""code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"valueQuantity":{"value":70500,"code":"g"}"#;
    let Body::Vitals(vitals) = entry(&observation(weight)).unwrap() else {
        panic!("no vitals")
    };
    assert_eq!(vitals.weight.unwrap().to_string(), "70.500");
}

#[test]
fn implausible_vital_signs_are_refused_with_their_limits() {
    let error = entry(&observation(&SET.replace("172", "1720"))).unwrap_err();
    assert!(
        error.contains("1720") && error.contains("outside 30 to 300"),
        "{error}"
    );
}

#[test]
fn a_result_needs_a_code_and_a_value() {
    let error = entry(&observation(r#""valueString":"x""#)).unwrap_err();
    assert!(error.contains("Observation.code is missing"), "{error}");
    let error = entry(&observation(r#""code":{"text":"potassium"}"#)).unwrap_err();
    assert!(error.contains("Observation.value[x] is missing"), "{error}");
    let potassium = r#""code":{"text":"potassium"},"valueQuantity":{"value":4.10,"unit":"mmol/L"}"#;
    let Body::Result(result) = entry(&observation(potassium)).unwrap() else {
        panic!("no result")
    };
    assert_eq!(result.value.unwrap().to_string(), "4.10 mmol/L");
}

#[test]
fn a_condition_and_an_allergy_are_read() {
    let condition = r#"{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"I10"}]}}"#;
    assert!(matches!(entry(condition), Ok(Body::Condition(c)) if c.concept.label() == "I10"));
    let allergy = r#"{"resourceType":"AllergyIntolerance","code":{"text":"penicillin"},"criticality":"high",
        "reaction":[{"manifestation":[{"text":"anaphylaxis"}],"severity":"severe"}]}"#;
    assert!(
        matches!(entry(allergy), Ok(Body::Allergy(a)) if a.is_current() && a.reactions.len() == 1)
    );
    let error = entry(r#"{"resourceType":"AllergyIntolerance"}"#).unwrap_err();
    assert!(
        error.contains("AllergyIntolerance.code is missing; name the substance"),
        "{error}"
    );
}

#[test]
fn a_note_comes_as_document_composition_or_communication() {
    let document = r#"{"resourceType":"DocumentReference","description":"Ward round","content":[{"attachment":{"contentType":"text/plain",
        "data":"U2xlcHQgd2VsbC4="}}],"extension":[{"url":"urn:chartseal:fhir:author-role","valueCode":"nurse"}]}"#;
    let Body::Note(note) = entry(document).unwrap() else {
        panic!("no note")
    };
    assert_eq!(
        (note.title.as_str(), note.text.as_str(), note.author_role),
        ("Ward round", "Slept well.", Some(Role::Nurse))
    );
    let composition = r#"{"resourceType":"Composition","title":"Discharge","section":[{"title":"Plan","text":{"status":"generated",
        "div":"<div>Home &amp; rest</div>"}}]}"#;
    assert!(matches!(entry(composition), Ok(Body::Note(n)) if n.text == "Plan\nHome & rest"));
    let communication =
        r#"{"resourceType":"Communication","payload":[{"contentString":"Called the family."}]}"#;
    assert!(matches!(entry(communication), Ok(Body::Note(n)) if n.text == "Called the family."));
    let error = entry(r#"{"resourceType":"Communication"}"#).unwrap_err();
    assert!(error.contains("write the note's text"), "{error}");
}

#[test]
fn another_media_type_is_a_document() {
    let json = r#"{"resourceType":"DocumentReference","description":"ECG","content":[{"attachment":{"contentType":"application/pdf","data":"JVBERg=="}}]}"#;
    assert!(
        matches!(entry(json), Ok(Body::Document(d)) if d.content == b"%PDF" && d.title == "ECG")
    );
}

#[test]
fn what_is_not_taken_says_what_is() {
    for (json, expected) in [
        ("", "not valid JSON"),
        ("[]", "resource"),
        (
            r#"{"resourceType":"Practitioner","id":"x"}"#,
            "a Practitioner is not taken here; send an Observation",
        ),
        (
            r#"{"resourceType":"MedicationRequest"}"#,
            "a MedicationRequest is not taken here",
        ),
        (
            r#"{"resourceType":"Basic","id":"x"}"#,
            "a Basic is not taken here",
        ),
        (
            r#"{"resourceType":"Condition","code":{"text":5}}"#,
            "Condition.code.text: invalid type",
        ),
        (
            r#"{"resourceType":"Condition","code":{"text":"x"},"onsetDateTime":"soon"}"#,
            "Condition.onsetDateTime: \"soon\" is not a date",
        ),
        (
            r#"{"resourceType":"Condition","code":{"text":"x"},"verificationStatus":{"coding":[{"code":"entered-in-error"}]}}"#,
            "nothing to write",
        ),
    ] {
        let error = entry(json).unwrap_err();
        assert!(error.contains(expected), "{json}: {error}");
    }
}

const ORDER: &str = r##"{"resourceType":"MedicationRequest","status":"active","intent":"order",
    "contained":[{"resourceType":"Medication","id":"m","code":{"text":"Amoxicillin"},"form":{"text":"capsule"},
      "ingredient":[{"itemCodeableConcept":{"text":"Amoxicillin"},"strength":{"numerator":{"value":500,"unit":"mg"},"denominator":{"value":1}}}]}],
    "medicationReference":{"reference":"#m"},
    "dosageInstruction":[{"text":"1 capsule by mouth three times a day for 7 days","patientInstruction":"Finish the course.",
      "timing":{"repeat":{"frequency":3,"period":1,"periodUnit":"d","boundsDuration":{"value":7,"code":"d"}}},
      "route":{"text":"by mouth"},"doseAndRate":[{"doseQuantity":{"value":1,"unit":"capsule"}}]}],
    "dispenseRequest":{"numberOfRepeatsAllowed":1,"quantity":{"value":21,"unit":"capsule"}},
    "substitution":{"allowedBoolean":false},"reasonCode":[{"text":"otitis media"}]}"##;

#[test]
fn an_order_is_read_whole_and_is_to_be_dispensed_here() {
    let orders = rx_from_json(ORDER.as_bytes()).unwrap();
    let [order] = &orders[..] else {
        panic!("{orders:?}")
    };
    assert_eq!(order.intent, Intent::Order);
    assert_eq!(order.course, None);
    assert_eq!(order.title(), "Amoxicillin 500 mg capsule");
    assert_eq!(
        order.sig(),
        "1 capsule by mouth three times a day for 7 days"
    );
    assert_eq!(order.instructions.as_deref(), Some("Finish the course."));
    assert_eq!(order.duration.unwrap().unit, SpanUnit::Day);
    assert_eq!(
        (order.quantity.as_ref().unwrap().to_string(), order.refills),
        ("21 capsule".to_owned(), 1)
    );
    assert_eq!(order.substitution.as_str(), "forbidden");
    assert_eq!(order.indication.as_ref().unwrap().label(), "otitis media");
}

#[test]
fn several_orders_come_as_an_array_or_a_bundle() {
    let array = format!("[{ORDER},{ORDER}]");
    assert_eq!(rx_from_json(array.as_bytes()).unwrap().len(), 2);
    let bundle = r#"{"resourceType":"Bundle","entry":[
        {"fullUrl":"urn:uuid:m","resource":{"resourceType":"Medication","code":{"text":"Ibuprofen"}}},
        {"resource":{"resourceType":"MedicationRequest","medicationReference":{"reference":"urn:uuid:m"}}}]}"#;
    assert_eq!(
        rx_from_json(bundle.as_bytes()).unwrap()[0].medicine.label(),
        "Ibuprofen"
    );
    let controlled = r#"{"resourceType":"MedicationRequest","medicationCodeableConcept":{"text":"Oxycodone"},
        "extension":[{"url":"urn:chartseal:fhir:schedule","valueCode":"CII"}]}"#;
    assert_eq!(
        rx_from_json(controlled.as_bytes()).unwrap()[0]
            .schedule
            .unwrap()
            .as_str(),
        "CII"
    );
}

#[test]
fn an_order_that_cannot_be_meant_is_refused_with_its_path() {
    for (json, expected) in [
        (
            r#"{"resourceType":"MedicationRequest"}"#.to_owned(),
            "MedicationRequest.medicationCodeableConcept is missing",
        ),
        (
            format!("[{ORDER},{{\"resourceType\":\"MedicationRequest\"}}]"),
            "[1].MedicationRequest.medicationCodeableConcept is missing",
        ),
        (
            ORDER.replace("\"value\":21", "\"value\":0"),
            "dispenseRequest.quantity.value: a quantity is more than zero",
        ),
        (
            ORDER.replace("\"value\":21", "\"value\":\"21\""),
            "MedicationRequest.dispenseRequest.quantity.value",
        ),
        ("[]".to_owned(), "at least one order"),
        (
            r#"{"resourceType":"Observation"}"#.to_owned(),
            "a Observation is not taken here; send a MedicationRequest",
        ),
    ] {
        let error = rx_from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{json}: {error}");
    }
}

#[test]
fn a_dispense_has_its_lot_wherever_it_stands() {
    let quantity =
        r#""quantity":{"value":21,"unit":"capsule"},"note":[{"text":"Take with food."}]"#;
    let start = r#"{"resourceType":"MedicationDispense","#;
    for lot in [
        r#""batch":{"lotNumber":"A17","expirationDate":"2027-03"}"#,
        r##""contained":[{"resourceType":"Medication","id":"m","batch":{"lotNumber":"A17","expirationDate":"2027-03"}}],"medicationReference":{"reference":"#m"}"##,
        r#""extension":[{"url":"urn:chartseal:fhir:lot","valueString":"A17"},{"url":"urn:chartseal:fhir:expiry","valueString":"2027-03"}]"#,
    ] {
        let dispense = dispense_from_json(format!("{start}{lot},{quantity}}}").as_bytes()).unwrap();
        assert_eq!(dispense.lot.as_deref(), Some("A17"), "{lot}");
        assert_eq!(dispense.expiry.unwrap().to_string(), "2027-03", "{lot}");
        assert_eq!(dispense.counselling.as_deref(), Some("Take with food."));
    }
    let error = dispense_from_json(format!("{start}\"id\":\"x\"}}").as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("MedicationDispense.quantity.value is missing"),
        "{error}"
    );
}
