//! What its source took back, here or in an earlier version of the program.

use chartseal::clinical::{Body, Concept, Condition, Note, Procedure, Retraction, Source};
use chartseal::crypto::mac::MacKey;
use chartseal::desk::charts::{admit, encode, list, no_json, show};
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, write};
use chartseal::jobs::verify;
use chartseal::ledger::{EntryId, Section, ThreadId};
use chartseal::vault::{Draft, VaultError};

use crate::source::{GOUT, chart_of, file, take, unchanged};
use crate::support::{Hospital, patient};

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
    let line = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía")).unwrap();
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
