//! Whose data it is: an import takes nobody for somebody else, and shows nothing as valid that its source took back.

mod support;

use std::path::{Path, PathBuf};

use chartseal::clinical::{Body, Concept, Condition, Mrn, Note, Procedure, Retraction, Source};
use chartseal::crypto::mac::MacKey;
use chartseal::desk::charts::{self, encode, list, no_json, show};
use chartseal::desk::view::{Imported, unwatched};
use chartseal::desk::{Class, Session, locate, write};
use chartseal::jobs::{import, verify};
use chartseal::ledger::clear::Enrolment;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Clear, EntryId, Section, ThreadId};
use chartseal::vault::{Draft, VaultError};
use rusqlite::Connection;
use support::Hospital;

/// A file of these lines in a folder of its own, as every source has one.
fn file(hospital: &Hospital, name: &str, lines: &[&str]) -> PathBuf {
    let folder = hospital.folder.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("data.ndjson");
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

fn take(session: &Session, path: &Path) -> Imported {
    import::fhir(session, &[path.to_owned()], "Ward A", &unwatched).unwrap()
}

fn take_from(session: &Session, path: &Path, system: &str) -> Imported {
    let (paths, system) = ([path.to_owned()], system.parse().unwrap());
    import::fhir_from(session, &paths, "Ward A", Some(&system), &unwatched).unwrap()
}

/// What is said in the clinical section of the only chart of somebody by this family name.
fn chart_of(session: &Session, family: &str) -> String {
    let lines = list(session, None).unwrap();
    let mut found = lines.iter().filter(|line| line.name.contains(family));
    let line = found
        .next()
        .unwrap_or_else(|| panic!("no {family}: {lines:?}"));
    assert!(found.next().is_none(), "one chart: {lines:?}");
    let view = show(session, &line.mrn, None, &no_json).unwrap();
    let mut said: Vec<String> = view.sections["clinical"]
        .iter()
        .filter(|entry| entry.retracted.is_none() && entry.kind != "retraction")
        .map(|entry| entry.headline.replace(", active, unconfirmed", ""))
        .collect();
    said.sort();
    said.join(", ")
}

fn unchanged(done: &Imported) {
    assert!(
        (done.entries, done.amended, done.charts_created) == (0, 0, 0) && done.skipped.is_empty(),
        "{done:?}"
    );
}

const GOUT: &str = r#"{"resourceType":"Condition","id":"1","subject":{"reference":"Patient/1"},"code":{"text":"gout"}}"#;
const ASTHMA: &str = r#"{"resourceType":"Condition","id":"1","subject":{"reference":"Patient/1"},"code":{"text":"asthma"}}"#;

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

/// The name that a thread had before names were given within charts, and of its first version.
fn name_before(key: &MacKey, kind: &str, id: &str, bytes: &str) -> (ThreadId, EntryId) {
    let half = |tag: [u8; 32]| <[u8; 16]>::try_from(&tag[..16]).unwrap();
    let system = "unnamed";
    let thread = half(key.tag(&[
        b"chartseal/import/v1",
        &(system.len() as u32).to_be_bytes(),
        system.as_bytes(),
        &[kind.len() as u8],
        kind.as_bytes(),
        id.as_bytes(),
    ]));
    let first = half(key.tag(&[
        b"chartseal/import-version/v1",
        &thread,
        &[0; 16],
        bytes.as_bytes(),
    ]));
    (ThreadId(thread), EntryId(first))
}

#[test]
fn what_an_earlier_version_imported_is_known_again_and_what_it_left_standing_in_error_is_withdrawn()
{
    let hospital = Hospital::staffed();
    let (registrar, doctor) = (hospital.desk("reyes"), hospital.desk("hsmith"));
    let patient = r#"{"resourceType":"Patient","id":"1","identifier":[{"system":"urn:a","value":"100"}],"name":[{"family":"Aalto"}]}"#;
    let wrong = r#"{"resourceType":"Procedure","id":"2","status":"entered-in-error","subject":{"reference":"Patient/1"},"code":{"text":"amputation"}}"#;
    take(&registrar, &file(&hospital, "a", &[patient]));
    registrar
        .vault()
        .write(|writer| {
            let key = writer.reader().locator_key()?;
            let tag = writer.reader().locator_tag("urn:a", "100")?;
            let chart = writer.tx().locate(&tag)?.unwrap();
            for (kind, id, bytes) in [("Condition", "1", GOUT), ("Procedure", "2", wrong)] {
                let source = Some(Source {
                    system: "unnamed".into(),
                    resource_type: kind.into(),
                    id: id.into(),
                    original: bytes.as_bytes().to_vec(),
                });
                let body = match kind {
                    "Condition" => Body::Condition(Condition {
                        concept: Concept::text("gout"),
                        source,
                        ..Condition::default()
                    }),
                    _ => Body::Procedure(Procedure {
                        concept: Concept::text("amputation"),
                        source,
                        ..Procedure::default()
                    }),
                };
                let (thread, first) = name_before(&key, kind, id, bytes);
                let draft = Draft::new(chart, Section::Clinical)
                    .named(first)
                    .after(thread, EntryId::ZERO);
                writer.put(draft, &encode(&body))?;
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
    assert_eq!(chart_of(&doctor, "Aalto"), "amputation, gout");
    let path = file(&hospital, "a", &[patient, GOUT, wrong]);
    let done = take(&registrar, &path);
    assert_eq!((done.unchanged, done.entries), (3, 1), "{done:?}");
    assert_eq!(done.entries_by_kind["retraction"], 1);
    assert_eq!(chart_of(&doctor, "Aalto"), "gout");
    unchanged(&take(&doctor, &path));
    // It goes on in the thread that it began in.
    let changed = GOUT.replace("gout", "severe gout");
    let done = take(&doctor, &file(&hospital, "a", &[patient, &changed]));
    assert_eq!((done.amended, done.entries), (1, 1), "{done:?}");
}

#[test]
fn a_withdrawal_at_the_source_takes_nothing_away_that_was_written_here() {
    let hospital = Hospital::staffed();
    let (registrar, doctor) = (hospital.desk("reyes"), hospital.desk("hsmith"));
    let line = charts::admit(&doctor, "Ward A", &support::patient("Gustavo", "Mejía")).unwrap();
    let note = Body::Note(Note {
        text: "Pneumonia".into(),
        ..Note::default()
    });
    let written = write::entry(&doctor, &line.mrn, note).unwrap();
    registrar
        .vault()
        .write(|writer| {
            let of = writer.tx().by_id(&written.entry.parse().unwrap())?.unwrap();
            let withdrawn = Body::Retraction(Retraction {
                reason: "entered in error at its source".into(),
                source: Some(Source {
                    system: "urn:a".into(),
                    resource_type: "DocumentReference".into(),
                    id: "1".into(),
                    original: Vec::new(),
                }),
            });
            let draft =
                Draft::new(of.core.chart, Section::Clinical).after(of.core.thread, of.core.id);
            writer.put(draft, &encode(&withdrawn))
        })
        .unwrap();
    let view = show(&doctor, &line.mrn, None, &no_json).unwrap();
    let note = view.sections["clinical"]
        .iter()
        .find(|entry| entry.kind == "note");
    assert!(note.unwrap().retracted.is_none());
}

#[test]
fn what_its_source_took_back_is_valid_for_nobody_whoever_imports_it() {
    let hospital = Hospital::staffed();
    let (registrar, doctor) = (hospital.desk("reyes"), hospital.desk("hsmith"));
    let patient = r#"{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:a","value":"1"}],"name":[{"family":"Hyatt"}]}"#;
    let wrong = [
        r#"{"resourceType":"Observation","id":"v","status":"entered-in-error","subject":{"reference":"Patient/p1"},"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"effectiveDateTime":"2026-11-01T10:00:00Z","valueQuantity":{"value":188,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}"#,
        r#"{"resourceType":"Observation","id":"r","status":"entered-in-error","subject":{"reference":"Patient/p1"},"code":{"text":"potassium"},"effectiveDateTime":"2026-11-01","valueString":"9.9"}"#,
        r#"{"resourceType":"Procedure","id":"p","status":"entered-in-error","subject":{"reference":"Patient/p1"},"code":{"text":"amputation"}}"#,
        r#"{"resourceType":"Immunization","id":"i","status":"entered-in-error","patient":{"reference":"Patient/p1"},"vaccineCode":{"text":"measles"},"occurrenceDateTime":"2026-11-01"}"#,
        r#"{"resourceType":"MedicationRequest","id":"m","status":"entered-in-error","intent":"order","subject":{"reference":"Patient/p1"},"medicationCodeableConcept":{"text":"warfarin"}}"#,
    ];
    let right: Vec<String> = wrong
        .iter()
        .map(|line| line.replace("entered-in-error", "completed"))
        .collect();
    let lines: Vec<&str> = [patient].into_iter().chain(wrong).collect();
    let path = file(&hospital, "a", &lines);
    let done = take(&registrar, &path);
    assert_eq!(done.entries_by_kind["retraction"], 5, "{done:?}");
    assert!(done.skipped.is_empty(), "{done:?}");
    let stands = |session: &Session| {
        let line = list(session, None).unwrap().remove(0);
        let view = show(session, &line.mrn, None, &no_json).unwrap();
        let entries = ["clinical", "medication"].map(|section| view.sections[section].clone());
        let mut stands: Vec<String> = entries
            .into_iter()
            .flatten()
            .filter(|entry| entry.retracted.is_none() && entry.kind != "retraction")
            .map(|entry| entry.headline)
            .collect();
        stands.sort();
        (stands, view.summary)
    };
    let (standing, summary) = stands(&doctor);
    assert!(standing.is_empty(), "{standing:?}");
    assert!(summary.vitals.is_empty() && summary.medicines.is_empty());
    unchanged(&take(&registrar, &path));
    unchanged(&take(&doctor, &path));
    let report = verify::full(&doctor, 2, &unwatched).unwrap();
    assert!(report.ok, "{report:?}");

    // A source that stands by it after all is believed again.
    let lines: Vec<&str> = [patient]
        .into_iter()
        .chain(right.iter().map(String::as_str))
        .collect();
    let again = file(&hospital, "b", &lines);
    let done = take(&registrar, &again);
    assert_eq!((done.amended, done.entries), (5, 5), "{done:?}");
    let (standing, summary) = stands(&doctor);
    assert_eq!(standing.len(), 5, "{standing:?}");
    assert_eq!(summary.vitals.len(), 1);
}

#[test]
fn a_locator_that_was_edited_sends_nobodys_data_to_another_chart() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let patient = |id: &str, family: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:a","value":"{id}"}}],"name":[{{"family":"{family}"}}]}}"#
        )
    };
    let (one, two) = (patient("1", "Aalto"), patient("2", "Bruun"));
    take(&doctor, &file(&hospital, "a", &[&one, &two]));
    let sql = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    let charts: Vec<Vec<u8>> = sql
        .prepare("SELECT DISTINCT chart FROM locator")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(charts.len(), 2);
    let swap = || {
        let swapped = sql.execute(
            "UPDATE locator SET chart = CASE chart WHEN ?1 THEN ?2 ELSE ?1 END",
            [&charts[0], &charts[1]],
        );
        assert_eq!(swapped.unwrap(), 4, "record number and identifier of both");
    };
    swap();
    let path = file(&hospital, "b", &[&one, GOUT]);
    let refused = import::fhir(&doctor, &[path], "Ward A", &unwatched).unwrap_err();
    assert_eq!(refused.class(), Class::Found, "{refused}");
    swap();
    for family in ["Aalto", "Bruun"] {
        assert_eq!(chart_of(&doctor, family), "");
    }
}

#[test]
fn an_enrolment_that_does_not_count_names_no_chart() {
    let hospital = Hospital::staffed();
    let (doctor, stranger) = (hospital.desk("hsmith"), hospital.login("okafor"));
    let mrn = Mrn::issue(700).to_string();
    stranger
        .write(|writer| {
            let tag = writer.reader().locator_tag(locate::MRN, &mrn)?;
            let unit = writer.directory().unit_by_name("Ward A").unwrap().unit.unit;
            // A doctor of another ward opens no chart here; the interface refuses, whoever goes around it writes it all the same.
            let refused = writer.clear(&Clear::Enrolment(Enrolment {
                chart: ChartId::random(),
                unit,
                attending: None,
                patient: None,
                tags: vec![tag],
                drop_boxes: Vec::new(),
                lines: Vec::new(),
                opt_out: None,
            }));
            assert!(refused.is_err());
            Ok::<_, VaultError>(())
        })
        .unwrap();
    let found = doctor
        .vault()
        .read(|reader| locate::chart(&doctor, reader, &mrn));
    assert_eq!(found.unwrap_err().class(), Class::Found);
}
