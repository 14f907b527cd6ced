//! Patients of several sources: who is the same, who is not, and of whom nobody can say.

use std::path::PathBuf;

use chartseal::desk::charts::list;
use chartseal::desk::view::unwatched;
use chartseal::jobs::import;

use crate::source::{ASTHMA, GOUT, chart_of, file, take, take_from, unchanged};
use crate::support::Hospital;

#[test]
fn hospitals_that_number_their_patients_alike_are_not_mixed() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let a = r#"{"resourceType":"Patient","id":"1","identifier":[{"system":"urn:a","value":"100"}],"name":[{"family":"Aalto"}]}"#;
    let b = r#"{"resourceType":"Patient","id":"1","identifier":[{"system":"urn:b","value":"200"}],"name":[{"family":"Bruun"}]}"#;
    let a = file(&hospital, "a", &[a, GOUT]);
    let b = file(&hospital, "b", &[b, ASTHMA]);
    for path in [&a, &b] {
        let done = take(&doctor, path);
        assert_eq!((done.charts_created, done.amended), (1, 0), "{done:?}");
    }
    assert_eq!(chart_of(&doctor, "Aalto"), "gout");
    assert_eq!(chart_of(&doctor, "Bruun"), "asthma");
    unchanged(&take(&doctor, &a));
    unchanged(&take(&doctor, &b));
    // What changes at either goes to its own.
    let changed = std::fs::read_to_string(&b).unwrap();
    std::fs::write(&b, changed.replace("asthma", "severe asthma")).unwrap();
    let done = take(&doctor, &b);
    assert_eq!((done.entries, done.amended), (1, 1), "{done:?}");
    assert_eq!(chart_of(&doctor, "Aalto"), "gout");
}

#[test]
fn one_patient_of_two_hospitals_keeps_what_both_number_alike() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let patient = |id: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:nation","value":"7"}}],"name":[{{"family":"Aalto"}}]}}"#
        )
    };
    let b = file(
        &hospital,
        "b",
        &[&patient("9"), &ASTHMA.replace("Patient/1", "Patient/9")],
    );
    for path in [file(&hospital, "a", &[&patient("1"), GOUT]), b.clone()] {
        take(&doctor, &path);
        unchanged(&take(&doctor, &path));
    }
    assert_eq!(chart_of(&doctor, "Aalto"), "asthma, gout");
    assert_eq!(take(&doctor, &b).charts_matched, 1);
}

#[test]
fn without_identifiers_only_the_same_resource_is_the_same_patient() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let aalto = r#"{"resourceType":"Patient","id":"1","name":[{"family":"Aalto"}]}"#;
    let bruun = r#"{"resourceType":"Patient","id":"1","name":[{"family":"Bruun"}],"identifier":[{"value":"1"}]}"#;
    let a = file(&hospital, "a", &[aalto, GOUT]);
    let b = file(&hospital, "b", &[bruun, ASTHMA]);
    assert_eq!(take(&doctor, &a).charts_created, 1);
    unchanged(&take(&doctor, &a));
    // Another of whom nothing says that they are somebody else: neither taken for the first, nor opened anew with every import.
    let done = take(&doctor, &b);
    assert_eq!((done.entries, done.skipped.len()), (0, 2), "{done:?}");
    assert!(done.skipped[0].reason.contains("--system"), "{done:?}");
    assert!(done.skipped[0].resource.contains("line 1"), "{done:?}");
    // Their source is named, and they are known again.
    let done = take_from(&doctor, &b, "https://b.example/fhir");
    assert_eq!((done.charts_created, done.entries), (1, 2), "{done:?}");
    assert_eq!(chart_of(&doctor, "Bruun"), "asthma");
    unchanged(&take_from(&doctor, &b, "https://b.example/fhir/"));
    let changed = std::fs::read_to_string(&b).unwrap();
    std::fs::write(&b, changed.replace(r#""value":"1""#, r#""value":"2""#)).unwrap();
    let done = take_from(&doctor, &b, "https://b.example/fhir");
    assert_eq!((done.charts_matched, done.amended), (1, 1), "{done:?}");
    // The first is not written again because its source has a name from now on.
    unchanged(&take_from(&doctor, &a, "https://a.example/fhir"));
    assert_eq!(chart_of(&doctor, "Aalto"), "gout");
    assert_eq!(list(&doctor, None).unwrap().len(), 2);
}

#[test]
fn a_patient_of_whom_nothing_is_said_is_nobody() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let path = file(
        &hospital,
        "a",
        &[r#"{"resourceType":"Patient","id":"1"}"#, GOUT],
    );
    let done = take(&doctor, &path);
    assert_eq!((done.entries, done.skipped.len()), (0, 2), "{done:?}");
    assert!(done.skipped[0].reason.contains("--system"), "{done:?}");
    let done = take_from(&doctor, &path, "urn:a");
    assert_eq!((done.charts_created, done.entries), (1, 2), "{done:?}");
}

#[test]
fn identifiers_that_disagree_are_no_match() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let patient = |id: &str, mrn: &str, insured: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:mrn","value":"{mrn}"}},{{"system":"urn:insurer","value":"{insured}"}}],"name":[{{"family":"Aalto"}}]}}"#
        )
    };
    take(
        &doctor,
        &file(&hospital, "a", &[&patient("1", "100", "F9"), GOUT]),
    );
    // Insured with the family: the same number, and somebody else.
    let done = take(
        &doctor,
        &file(&hospital, "b", &[&patient("2", "200", "F9")]),
    );
    assert_eq!((done.entries, done.skipped.len()), (0, 1), "{done:?}");
    assert!(done.skipped[0].reason.contains("urn:mrn"), "{done:?}");
    // The same source calls the same patient the same, who has changed the insurer.
    let done = take(
        &doctor,
        &file(&hospital, "c", &[&patient("1", "100", "F8")]),
    );
    assert_eq!((done.charts_matched, done.amended), (1, 1), "{done:?}");
    // A source may give an id again, as servers do that are set up anew.
    let by_server = |mrn: &str| {
        let resource = patient("5", mrn, mrn);
        let entry =
            format!(r#"{{"fullUrl":"https://x.example/fhir/Patient/5","resource":{resource}}}"#);
        let path = hospital.folder.path().join(format!("{mrn}.json"));
        let bundle =
            format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entry}]}}"#);
        std::fs::write(&path, bundle).unwrap();
        take(&doctor, &path)
    };
    assert_eq!(by_server("300").charts_created, 1);
    assert_eq!(by_server("400").charts_created, 1);
    for mrn in ["300", "400"] {
        unchanged(&by_server(mrn));
    }
}

#[test]
fn a_url_names_a_source_unless_every_machine_calls_itself_so() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let path = hospital.folder.path().join("bundle.json");
    let from = |server: &str, patient: &str| {
        let entry = |resource: &str, url: &str| {
            format!(r#"{{"fullUrl":"{server}/{url}","resource":{resource}}}"#)
        };
        let (patient, gout) = (entry(patient, "Patient/1"), entry(GOUT, "Condition/1"));
        let bundle = format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{patient},{gout}]}}"#
        );
        std::fs::write(&path, bundle).unwrap();
        take(&doctor, &path)
    };
    let patient = |meta: &str, family: &str| {
        format!(r#"{{"resourceType":"Patient","id":"1"{meta},"name":[{{"family":"{family}"}}]}}"#)
    };
    let done = from("https://a.example/fhir", &patient("", "Aalto"));
    assert_eq!((done.charts_created, done.entries), (1, 2), "{done:?}");
    let done = from("https://a.example/fhir", &patient("", "Ahonen"));
    assert_eq!((done.charts_matched, done.amended), (1, 1), "{done:?}");
    // Two machines, each its own "localhost", and two systems that call themselves by a bare word.
    for (own, meta) in [
        ("http://localhost:8080/fhir", ""),
        ("urn:x", r#","meta":{"source":"EHR"}"#),
    ] {
        let first = from(own, &patient(meta, "Bruun"));
        assert_eq!((first.charts_created, first.entries), (1, 2), "{first:?}");
        let other = from(own, &patient(meta, "Aalto"));
        assert_eq!((other.entries, other.skipped.len()), (0, 2), "{other:?}");
        unchanged(&from(own, &patient(meta, "Bruun")));
    }
}

#[test]
fn what_one_source_calls_a_patient_means_nobody_to_another_in_the_same_import() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let patient = r#"{"resourceType":"Patient","id":"1","identifier":[{"system":"urn:a","value":"100"}],"name":[{"family":"Aalto"}]}"#;
    let nobody = r#"{"resourceType":"Patient","id":"1"}"#;
    let a = file(&hospital, "a", &[patient, GOUT]);
    let take = |paths: &[PathBuf]| import::fhir(&doctor, paths, "Ward A", &unwatched).unwrap();
    // Without its patients.
    let done = take(&[a.clone(), file(&hospital, "b", &[ASTHMA])]);
    assert_eq!((done.entries, done.skipped.len()), (2, 1), "{done:?}");
    // With a patient who is skipped.
    let done = take(&[a.clone(), file(&hospital, "c", &[nobody, ASTHMA])]);
    assert_eq!((done.entries, done.skipped.len()), (0, 2), "{done:?}");
    // In one folder, from two servers.
    let folder = hospital.folder.path().join("servers");
    std::fs::create_dir(&folder).unwrap();
    let bundle = |name: &str, server: &str, resource: &str, url: &str| {
        let entry = format!(r#"{{"fullUrl":"https://{server}/fhir/{url}","resource":{resource}}}"#);
        let text = format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{entry}]}}"#);
        std::fs::write(folder.join(name), text).unwrap();
    };
    bundle("1.json", "a.example", patient, "Patient/1");
    bundle("2.json", "b.example", ASTHMA, "Condition/1");
    bundle(
        "3.json",
        "a.example",
        &ASTHMA.replace("asthma", "cough"),
        "Condition/1",
    );
    let done = take(std::slice::from_ref(&folder));
    assert_eq!((done.entries, done.skipped.len()), (2, 1), "{done:?}");
    assert!(done.skipped[0].file.ends_with("2.json"), "{done:?}");
    assert_eq!(chart_of(&doctor, "Aalto"), "cough, gout");
}
