//! Real FHIR from other people goes in whole, once, and is found.

mod support;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, mpsc};
use std::thread;

use chartseal::clinical::{Body, Note};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{self, list, no_json, show};
use chartseal::desk::view::{Proceed, Progress, unwatched};
use chartseal::desk::{Class, DeskError, index, search, write};
use chartseal::jobs::{export, import, verify};
use support::{Hospital, data};

#[test]
fn a_synthea_bundle_goes_in_once_and_is_found() {
    let Some(folder) = data("synthea-r4") else {
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort_by_key(|path| std::fs::metadata(path).unwrap().len());
    files.truncate(4);
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let done = import::fhir(&doctor, &files, "Ward A", &unwatched).unwrap();
    assert!(done.skipped.is_empty(), "{:?}", done.skipped);
    assert_eq!(done.charts_created, done.patients);
    assert_eq!(done.entries, done.entries_by_kind.values().sum::<u64>());
    let charts = list(&doctor, None).unwrap();
    assert_eq!(charts.len() as u64, done.charts_created);
    let answer = search::run(&doctor, "kind:vitals", 5, 0).unwrap();
    assert_eq!(answer.uncovered, 0);
    assert_eq!(answer.total, done.entries_by_kind["vitals"]);

    let again = import::fhir(&doctor, &files, "Ward A", &unwatched).unwrap();
    assert_eq!(
        (again.entries, again.charts_created, again.amended),
        (0, 0, 0),
        "{again:?}"
    );
    assert_eq!(again.charts_matched, done.patients);

    let nurse = hospital.desk("brandt");
    let chart = show(&nurse, &charts[0].mrn, None, &no_json).unwrap();
    assert!(
        chart.sections["clinical"]
            .iter()
            .all(|entry| entry.verified && !entry.flags.iter().any(|f| f.contains("unauthorised")))
    );
}

#[test]
fn a_registrar_imports_what_they_cannot_read_and_a_changed_resource_becomes_an_amendment() {
    let hospital = Hospital::staffed();
    let registrar = hospital.desk("reyes");
    let folder = hospital.folder.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    let bundle = |text: &str| {
        format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[
            {{"fullUrl":"urn:uuid:1","resource":{{"resourceType":"Patient","id":"p1","identifier":[{{"system":"urn:x","value":"77"}}],"name":[{{"family":"Mejía","given":["Gustavo"]}}]}}}},
            {{"fullUrl":"urn:uuid:2","resource":{{"resourceType":"Condition","id":"c1","subject":{{"reference":"urn:uuid:1"}},"code":{{"text":"{text}"}}}}}}]}}"#
        )
    };
    let file = folder.join("one.json");
    std::fs::write(&file, bundle("Asthma")).unwrap();
    let done = import::fhir(
        &registrar,
        std::slice::from_ref(&file),
        "Ward A",
        &unwatched,
    )
    .unwrap();
    assert_eq!((done.charts_created, done.entries), (1, 2));
    std::fs::write(&file, bundle("Severe asthma")).unwrap();
    let done = import::fhir(
        &registrar,
        std::slice::from_ref(&file),
        "Ward A",
        &unwatched,
    )
    .unwrap();
    assert_eq!(
        (
            done.charts_matched,
            done.entries,
            done.amended,
            done.unchanged
        ),
        (1, 1, 1, 1)
    );
    let doctor = hospital.desk("hsmith");
    catch_up_all(&doctor, &unwatched).unwrap();
    let found = search::run(&doctor, "asthma", 10, 0).unwrap();
    assert_eq!(found.total, 1);
    assert!(found.results[0].snippet.contains("Severe"));
}

#[test]
fn bad_input_is_named_and_the_rest_goes_on() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let file = hospital.folder.path().join("bad.ndjson");
    let lines = [
        r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Hyatt"}]}"#,
        r#"{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/p1"},"status":"final","code":{"text":"#,
        r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/nobody"},"code":{"text":"lost"}}"#,
        r#"{"resourceType":"Claim","id":"k1","patient":{"reference":"Patient/p1"}}"#,
        r#"{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/p1"},"code":{"text":"kept"}}"#,
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let done = import::fhir(&doctor, &[file], "Ward A", &unwatched).unwrap();
    assert_eq!(done.skipped.len(), 2, "{:?}", done.skipped);
    assert!(
        done.skipped
            .iter()
            .any(|skipped| skipped.resource.contains("line 2")),
        "{:?}",
        done.skipped
    );
    assert_eq!(done.unsupported["Claim"], 1);
    assert_eq!(search::run(&doctor, "kept", 10, 0).unwrap().total, 1);
    let refused = import::fhir(&doctor, &["/nowhere".into()], "Ward A", &unwatched).unwrap_err();
    assert_eq!(refused.class(), Class::BadInput);
    let outside = import::fhir(
        &doctor,
        &[hospital.folder.path().join("bad.ndjson")],
        "Ward B",
        &unwatched,
    )
    .unwrap_err();
    assert_eq!(outside.class(), Class::Denied);
}

/// The name of a practitioner as it stands in different bundles of one export.
fn practitioner(name: &str) -> String {
    format!(r#"{{"resourceType":"Practitioner","id":"d1","name":[{{"family":"{name}"}}]}}"#)
}

#[test]
fn versions_of_a_resource_in_several_files_are_each_written_once() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let folder = hospital.folder.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    let versions = ["Botello", "Botello-Kris", "Botello"];
    for (n, name) in versions.iter().enumerate() {
        std::fs::write(folder.join(format!("{n}.json")), practitioner(name)).unwrap();
    }
    let folder = [folder];
    let done = import::fhir(&doctor, &folder, "Ward A", &unwatched).unwrap();
    assert_eq!(
        (done.entries, done.amended, done.unchanged),
        (2, 1, 1),
        "{done:?}"
    );
    let again = import::fhir(&doctor, &folder, "Ward A", &unwatched).unwrap();
    assert_eq!(
        (again.entries, again.amended, again.unchanged),
        (0, 0, 3),
        "{again:?}"
    );
}

#[test]
fn what_its_source_took_back_is_written_withdrawn_and_not_found() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let file = hospital.folder.path().join("wrong.ndjson");
    let lines = [
        r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Hyatt"}]}"#,
        r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"code":{"text":"gout"},
            "verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"entered-in-error"}]}}"#,
        r#"{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/p1"},"code":{"text":"gout of the left foot"}}"#,
    ];
    let lines = lines.map(|line| line.replace('\n', " "));
    std::fs::write(&file, lines.join("\n")).unwrap();
    let file = [file];
    let done = import::fhir(&doctor, &file, "Ward A", &unwatched).unwrap();
    assert_eq!(done.entries_by_kind["condition"], 2);
    assert_eq!(done.entries_by_kind["retraction"], 1);
    let found = search::run(&doctor, "gout", 10, 0).unwrap();
    assert_eq!(found.total, 1, "{found:?}");
    let report = verify::full(&doctor, 2, &unwatched).unwrap();
    assert!(report.ok, "{report:?}");
    let again = import::fhir(&doctor, &file, "Ward A", &unwatched).unwrap();
    assert_eq!(again.entries, 0, "{again:?}");
}

#[test]
fn our_own_export_that_comes_back_writes_nothing_also_for_who_cannot_read_it() {
    let hospital = Hospital::staffed();
    let (doctor, registrar) = (hospital.desk("hsmith"), hospital.desk("reyes"));
    let line = charts::admit(&doctor, "Ward A", &support::patient("Gustavo", "Mejía")).unwrap();
    let note = |text: &str| {
        Body::Note(Note {
            text: text.into(),
            ..Note::default()
        })
    };
    write::entry(&doctor, &line.mrn, note("Fever since midnight")).unwrap();
    let first = write::entry(&doctor, &line.mrn, note("Suspected pneumonia")).unwrap();
    write::amend(
        &doctor,
        first.entry.parse().unwrap(),
        note("Pneumonia, left"),
    )
    .unwrap();
    let (exported, _) = export::fhir(&doctor, &line.mrn).unwrap();
    let file = hospital.folder.path().join("export.json");
    std::fs::write(&file, &exported).unwrap();
    let file = [file];
    for session in [&registrar, &doctor] {
        let done = import::fhir(session, &file, "Ward A", &unwatched).unwrap();
        assert_eq!(
            (done.entries, done.charts_created, done.charts_matched),
            (0, 0, 1),
            "{done:?}"
        );
        assert!(done.skipped.is_empty() && done.unchanged > 3, "{done:?}");
    }

    // What was changed outside is not taken for ours.
    let text = String::from_utf8(exported).unwrap();
    let notes = text.matches("UG5ldW1vbmlhLCBsZWZ0").count();
    assert_eq!(notes, 1, "the note travels as base64");
    let changed = text.replace("UG5ldW1vbmlhLCBsZWZ0", "UG5ldW1vbmlhLCByaWdodA==");
    std::fs::write(&file[0], changed).unwrap();
    let done = import::fhir(&registrar, &file, "Ward A", &unwatched).unwrap();
    assert_eq!(done.entries, 1, "{done:?}");
}

#[test]
fn an_import_does_not_cover_what_an_index_built_anew_meanwhile_forgot() {
    let hospital = Hospital::staffed();
    let (doctor, other) = (hospital.desk("hsmith"), hospital.desk("hsmith"));
    charts::admit(&doctor, "Ward A", &support::patient("Gustavo", "Mejía")).unwrap();
    let file = |name: &str, condition: &str| {
        let path = hospital.folder.path().join(name);
        let lines = [
            r#"{"resourceType":"Patient","id":"p1","name":[{"family":"Hyatt"}]}"#.to_owned(),
            format!(
                r#"{{"resourceType":"Condition","id":"{name}","subject":{{"reference":"Patient/p1"}},"code":{{"text":"{condition}"}}}}"#
            ),
        ];
        std::fs::write(&path, lines.join("\n")).unwrap();
        [path]
    };
    let (before, after) = (file("c1.ndjson", "gout"), file("c2.ndjson", "asthma"));
    let (listed, wait_for_listed) = mpsc::sync_channel(1);
    let (imported, wait_for_imported) = mpsc::sync_channel(1);
    let wait_for_imported = Mutex::new(wait_for_imported);
    thread::scope(|scope| {
        // Sections are built one after the other, and each has one chart when its charts are listed.
        let turn = AtomicUsize::new(0);
        let watch = move |_: &Progress| match turn.fetch_add(1, Relaxed) {
            0 => Proceed::Go,
            1 => {
                listed.send(()).unwrap();
                wait_for_imported.lock().unwrap().recv().unwrap();
                Proceed::Go
            }
            _ => Proceed::Stop,
        };
        let anew = scope.spawn(move || index::rebuild(&other, &watch));
        let anew = Mutex::new(Some(anew));
        wait_for_listed.recv().unwrap();
        import::fhir(&doctor, &before, "Ward A", &unwatched).unwrap();
        assert_eq!(search::run(&doctor, "gout", 1, 0).unwrap().total, 1);
        let watch = |_: &Progress| {
            // The second condition is written, and its words are not.
            if let Some(anew) = anew.lock().unwrap().take() {
                imported.send(()).unwrap();
                let ended = anew.join().unwrap();
                assert!(matches!(ended, Err(DeskError::Stopped)), "{ended:?}");
            }
            Proceed::Go
        };
        import::fhir(&doctor, &after, "Ward A", &watch).unwrap();
    });
    let found = |query: &str| {
        let answer = search::run(&doctor, query, 1, 0).unwrap();
        (answer.total, answer.uncovered)
    };
    let (total, uncovered) = found("gout");
    assert!(total + uncovered > 0, "neither found nor due");
    catch_up_all(&doctor, &unwatched).unwrap();
    assert_eq!((found("gout"), found("asthma")), ((1, 0), (1, 0)));
}

#[test]
fn what_a_registrar_imported_is_indexed_by_the_next_doctor_in_turns() {
    let hospital = Hospital::staffed();
    let file = hospital.folder.path().join("many.ndjson");
    let mut lines = Vec::new();
    for p in 0..4 {
        lines.push(format!(
            r#"{{"resourceType":"Patient","id":"p{p}","name":[{{"family":"Hyatt{p}"}}]}}"#
        ));
    }
    for n in 0..4_400 {
        lines.push(format!(
            r#"{{"resourceType":"Condition","id":"c{n}","subject":{{"reference":"Patient/p{}"}},"code":{{"text":"gout"}}}}"#,
            n % 4
        ));
    }
    std::fs::write(&file, lines.join("\n")).unwrap();
    let registrar = hospital.desk("reyes");
    let done = import::fhir(&registrar, &[file], "Ward A", &unwatched).unwrap();
    assert_eq!(done.entries, 4_404);
    let doctor = hospital.desk("hsmith");
    let before = search::run(&doctor, "gout", 1, 0).unwrap();
    assert!(before.uncovered > 0, "it is said to be due: {before:?}");
    let turns = std::sync::Mutex::new(Vec::new());
    let watch = |progress: &Progress| {
        turns.lock().unwrap().push(progress.done);
        Proceed::Go
    };
    catch_up_all(&doctor, &watch).unwrap();
    let turns = turns.into_inner().unwrap();
    assert!(turns.len() >= 2, "{turns:?}");
    assert!(
        turns.windows(2).all(|pair| pair[1] - pair[0] <= 3_100),
        "a turn is a few thousand entries, and the rest of a chart: {turns:?}"
    );
    let found = search::run(&doctor, "gout", 1, 0).unwrap();
    assert_eq!((found.total, found.uncovered), (4_400, 0));
}
