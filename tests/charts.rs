//! Admitting, writing, amending, retracting, showing and searching, as people do it at the desk.

mod support;

use chartseal::clinical::{Body, Concept, Condition, Note, Source, Vitals};
use chartseal::desk::charts::{admit, history, list, no_json, show};
use chartseal::desk::view::{Amends, Draft, DraftKind, Queries};
use chartseal::desk::{Class, DeskError, drafts, queries, search, write};
use chartseal::ledger::Section;
use chartseal::vault::VaultError;
use support::{Hospital, patient};

fn note(text: &str) -> Body {
    Body::Note(Note {
        title: "Round".into(),
        text: text.into(),
        at: None,
        author_role: None,
        source: None,
    })
}

fn vitals(systolic: i64) -> Body {
    Body::Vitals(Vitals {
        systolic: Some(chartseal::clinical::Decimal::whole(systolic)),
        diastolic: Some(chartseal::clinical::Decimal::whole(80)),
        ..Default::default()
    })
}

fn hits(session: &chartseal::desk::Session, query: &str) -> Vec<String> {
    search::run(session, query, 20, 0)
        .unwrap()
        .results
        .into_iter()
        .map(|hit| hit.snippet)
        .collect()
}

#[test]
fn a_nurse_reads_what_a_doctor_wrote_and_the_other_ward_does_not() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn;
    write::entry(
        &doctor,
        &mrn,
        note("Fever since midnight, productive cough."),
    )
    .unwrap();
    write::entry(&doctor, &mrn, vitals(172)).unwrap();

    let nurse = hospital.desk("brandt");
    let names: Vec<String> = list(&nurse, None)
        .unwrap()
        .into_iter()
        .map(|line| line.name)
        .collect();
    assert_eq!(names.len(), 1);
    let chart = show(&nurse, &mrn, None, &no_json).unwrap();
    assert_eq!(chart.sections["clinical"].len(), 2);
    assert_eq!(chart.summary.vitals[0].latest, "172/80");
    assert!(chart.summary.notes[0].text.contains("productive"));

    let other = hospital.desk("okafor");
    assert!(list(&other, None).unwrap().is_empty());
    let refused = show(&other, &mrn, None, &no_json).unwrap_err();
    assert_eq!(refused.class(), Class::Denied);
    assert!(hits(&other, "fever").is_empty());
}

#[test]
fn an_amended_entry_is_found_by_its_current_text_only_and_a_retracted_one_not_at_all() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Ana", "Gerhold"))
        .unwrap()
        .mrn;
    let first = write::entry(&doctor, &mrn, note("suspected pneumonia")).unwrap();
    assert_eq!(hits(&doctor, "pneumonia").len(), 1);
    let amended = write::amend(
        &doctor,
        first.entry.parse().unwrap(),
        note("bronchitis after all"),
    )
    .unwrap();
    assert!(hits(&doctor, "pneumonia").is_empty());
    assert_eq!(hits(&doctor, "bronchitis").len(), 1);
    let twice = write::amend(&doctor, first.entry.parse().unwrap(), note("again"));
    assert!(matches!(twice, Err(DeskError::NotNow(_))));
    write::retract(&doctor, amended.entry.parse().unwrap(), "wrong patient").unwrap();
    assert!(hits(&doctor, "bronchitis").is_empty());
    let versions = history(&doctor, first.thread.parse().unwrap(), &no_json).unwrap();
    assert_eq!(versions.len(), 3);
    assert!(versions[0].retracted.is_some());
}

#[test]
fn an_amendment_begins_with_all_that_the_entry_says_also_when_it_goes_on_another_day() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let line = admit(&doctor, "Ward A", &patient("Ana", "Gerhold")).unwrap();
    let imported = Condition {
        concept: Concept::coded(
            chartseal::clinical::coding::system::SNOMED,
            "90560007",
            "Gout",
        ),
        onset: "2019-04".parse().ok(),
        source: Some(Source {
            system: "http://elsewhere.example".into(),
            resource_type: "Condition".into(),
            id: "c1".into(),
            original: br#"{"resourceType":"Condition","id":"c1"}"#.to_vec(),
        }),
        ..Condition::default()
    };
    write::entry(&doctor, &line.mrn, Body::Condition(imported.clone())).unwrap();
    let view = show(&doctor, &line.mrn, None, &no_json).unwrap();
    let entry = &view.sections["clinical"][0];
    let body = entry.typed.clone().unwrap();
    assert_eq!(*body, Body::Condition(imported));
    assert!(
        serde_json::to_value(entry).unwrap().get("typed").is_none(),
        "the JSON says it once"
    );

    let mut draft = begun(&[("remark", "in the left foot")]);
    draft.kind = DraftKind::Problem;
    draft.amends = Some(Amends {
        entry: entry.entry.clone(),
        body: body.clone(),
    });
    let row = drafts::seal(&doctor, &draft).unwrap();
    row.store(&doctor).unwrap();
    let again = drafts::list(&hospital.desk("hsmith")).unwrap();
    assert_eq!(again, [draft]);
    write::amend(&doctor, entry.entry.parse().unwrap(), *body).unwrap();
}

#[test]
fn a_registrar_admits_and_reads_nothing_clinical() {
    let hospital = Hospital::staffed();
    let registrar = hospital.desk("reyes");
    let mrn = admit(&registrar, "Ward A", &patient("Max", "Kris"))
        .unwrap()
        .mrn;
    let doctor = hospital.desk("hsmith");
    write::entry(&doctor, &mrn, note("sealed from the front desk")).unwrap();
    assert_eq!(
        show(&registrar, &mrn, Some(Section::Clinical), &no_json)
            .unwrap_err()
            .class(),
        Class::Denied
    );
    let chart = show(&registrar, &mrn, None, &no_json).unwrap();
    assert_eq!(chart.sections.keys().collect::<Vec<_>>(), ["identity"]);
    assert!(write::entry(&registrar, &mrn, note("not mine to write")).is_err());
    assert!(hits(&registrar, "sealed").is_empty());
    assert_eq!(hits(&registrar, "name:kris").len(), 1);
}

#[test]
fn a_nurse_writes_vitals_and_notes_and_no_diagnosis() {
    let hospital = Hospital::staffed();
    let mrn = admit(
        &hospital.desk("hsmith"),
        "Ward A",
        &patient("Jill", "Tillman"),
    )
    .unwrap()
    .mrn;
    let nurse = hospital.desk("brandt");
    write::entry(&nurse, &mrn, vitals(120)).unwrap();
    write::entry(&nurse, &mrn, note("slept well")).unwrap();
    let refused = write::entry(
        &nurse,
        &mrn,
        Body::Condition(chartseal::clinical::Condition::default()),
    );
    assert_eq!(refused.unwrap_err().class(), Class::Denied);
    let implausible = write::entry(&nurse, &mrn, vitals(1200)).unwrap_err();
    assert_eq!(implausible.class(), Class::BadInput);
}

#[test]
fn what_an_import_did_not_index_is_counted_and_found_after_one_catch_up() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Chris", "Abshire"))
        .unwrap()
        .mrn;
    // Someone who holds no key of the index writes through the drop box; nobody has indexed it yet.
    let chart = list(&doctor, None).unwrap()[0].chart.parse().unwrap();
    let body = chartseal::desk::charts::encode(&note("never indexed"));
    doctor
        .vault()
        .write(|writer| {
            writer.put(
                chartseal::vault::Draft::new(chart, Section::Clinical),
                &body,
            )
        })
        .unwrap();
    let answer = search::run(&doctor, "never", 20, 0).unwrap();
    assert_eq!((answer.total, answer.uncovered), (0, 1));
    chartseal::desk::catch_up::catch_up_all(&doctor, &chartseal::desk::view::unwatched).unwrap();
    let answer = search::run(&doctor, "never", 20, 0).unwrap();
    assert_eq!((answer.total, answer.uncovered), (1, 0));
    assert_eq!(answer.results[0].mrn, mrn);
}

#[test]
fn a_closed_section_is_called_closed_and_not_empty() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn;
    let warned = |login: &str, section| {
        let chart = show(&hospital.desk(login), &mrn, section, &no_json).unwrap();
        chart.alerts.iter().any(|alert| alert.check == "allergy")
    };
    assert!(warned("hsmith", None), "nobody wrote of allergies");
    assert!(warned("hsmith", Some(Section::Medication)));
    assert!(!warned("audit", None), "who cannot read it cannot say so");
    assert!(!warned("reyes", None));
    assert!(
        !warned("hsmith", Some(Section::Clinical)),
        "it was not looked at"
    );
}

#[test]
fn the_pages_of_a_search_are_together_what_it_finds_at_once() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    for n in 0..3 {
        let name = format!("Patient {n}");
        let mrn = admit(&doctor, "Ward A", &patient("Ana", &name))
            .unwrap()
            .mrn;
        for round in 0..7 {
            write::entry(&doctor, &mrn, note(&format!("fever, round {round}"))).unwrap();
        }
    }
    let whole = search::run(&doctor, "fever", 100, 0).unwrap();
    assert_eq!(
        (whole.total, whole.charts, whole.results.len()),
        (21, 3, 21)
    );
    let (mut joined, mut place, mut pages) = (Vec::new(), None, 0);
    loop {
        let (page, next) = search::page(&doctor, "fever", place.as_ref(), 8).unwrap();
        assert_eq!(page.total, 21);
        // The first page hurries; from the second on the charts of all matches are counted.
        assert_eq!(page.all_charts, pages > 0);
        assert!(pages == 0 || page.charts == 3);
        joined.extend(page.results);
        pages += 1;
        place = next;
        if place.is_none() {
            break;
        }
    }
    assert_eq!((joined, pages), (whole.results, 3));
}

#[test]
fn a_match_says_in_which_field_and_which_words() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn;
    let long = "Seen on the round. ".repeat(40);
    write::entry(&doctor, &mrn, note(&format!("{long}Then a FEVER began."))).unwrap();
    let answer = search::run(&doctor, "fever kind:note", 5, 0).unwrap();
    let hit = &answer.results[0];
    assert_eq!(hit.matched, ["text", "kind"]);
    let marked: Vec<&str> = hit
        .marks
        .iter()
        .map(|mark| &hit.snippet[mark.clone()])
        .collect();
    assert_eq!(marked, ["FEVER"]);
    assert!(hit.snippet.starts_with('…') && hit.preview.text.len() > hit.snippet.len());
}

#[test]
fn a_searchers_queries_are_kept_sealed_and_only_for_the_searcher() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    search::page(&doctor, "quinquereme", None, 5).unwrap();
    search::page(&doctor, "kind:note", None, 5).unwrap();
    queries::save(&doctor, "rowing", "quinquereme OR trireme").unwrap();
    drop(doctor);

    let kept = queries::list(&hospital.desk("hsmith")).unwrap();
    assert_eq!(kept.recent, ["kind:note", "quinquereme"]);
    assert_eq!(kept.saved[0].name, "rowing");
    assert_eq!(kept.saved[0].query, "quinquereme OR trireme");
    let nurse = hospital.desk("brandt");
    assert_eq!(queries::list(&nurse).unwrap(), Queries::default());
    for file in std::fs::read_dir(hospital.vault_folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for word in [&b"quinquereme"[..], b"trireme", b"rowing"] {
            assert!(!bytes.windows(word.len()).any(|found| found == word));
        }
    }

    // Somebody who moves the sealed row to another person's name moves nothing that opens.
    let doctor = hospital.desk("hsmith");
    let (from, to) = (doctor.vault().cert(), nurse.vault().cert());
    let moved: Result<(), VaultError> = nurse.vault().write(|writer| {
        let sealed = writer.tx().draft(&from, "queries")?.unwrap();
        Ok(writer.tx().put_draft(&to, "queries", &sealed)?)
    });
    moved.unwrap();
    assert_eq!(queries::list(&nurse).unwrap(), Queries::default());

    queries::forget(&doctor, "rowing").unwrap();
    assert!(queries::list(&doctor).unwrap().saved.is_empty());
}

fn begun(fields: &[(&str, &str)]) -> Draft {
    Draft {
        kind: DraftKind::Note,
        mrn: Some("0012-7".to_owned()),
        amends: None,
        begun: 1_795_336_265_000,
        changed: 1_795_336_265_000,
        fields: fields
            .iter()
            .map(|(label, text)| ((*label).to_owned(), (*text).to_owned()))
            .collect(),
    }
}

#[test]
fn what_is_being_written_is_kept_sealed_for_its_writer_alone_until_it_is_gone() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let keep = |draft: &Draft| {
        let row = drafts::seal(&doctor, draft).unwrap();
        row.store(&doctor).unwrap();
        row.name
    };
    let mut note = begun(&[("text", "Quinquereme at the")]);
    let name = keep(&note);
    // A later state takes the place of the earlier one; another chart's draft stands beside it.
    note.fields[0].1 = "Quinquereme at the bedside".to_owned();
    note.changed += 1_000;
    assert_eq!(keep(&note), name);
    let mut other = begun(&[("pulse", "104")]);
    (other.kind, other.mrn) = (DraftKind::Vitals, Some("0044-1".to_owned()));
    assert_ne!(keep(&other), name);
    assert!(
        !name.contains("0012"),
        "the name of the row tells nothing: {name}"
    );

    let again = drafts::list(&hospital.desk("hsmith")).unwrap();
    assert_eq!(again, [note.clone(), other]);
    let nurse = hospital.desk("brandt");
    assert_eq!(drafts::list(&nurse).unwrap(), []);
    for file in std::fs::read_dir(hospital.vault_folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for word in [&b"Quinquereme"[..], b"bedside", b"0044-1"] {
            assert!(!bytes.windows(word.len()).any(|found| found == word));
        }
    }

    // Moved to another person's name, or to another row of one's own, it opens for nobody.
    let (from, to) = (doctor.vault().cert(), nurse.vault().cert());
    let moved: Result<(), VaultError> = nurse.vault().write(|writer| {
        let sealed = writer.tx().draft(&from, &name)?.unwrap();
        writer.tx().put_draft(&to, &name, &sealed)?;
        Ok(writer.tx().put_draft(&from, "text/elsewhere", &sealed)?)
    });
    moved.unwrap();
    assert_eq!(drafts::list(&nurse).unwrap(), []);
    assert_eq!(drafts::list(&doctor).unwrap().len(), 2);

    // What was sealed before the lock is written after it, without a key; after it nothing is sealed any more.
    note.fields[0].1.push_str(", asks for soup");
    let row = drafts::seal(&doctor, &note).unwrap();
    doctor.lock();
    row.store(&doctor).unwrap();
    assert!(drafts::seal(&doctor, &note).is_err() && drafts::list(&doctor).is_err());
    let doctor = hospital.desk("hsmith");
    assert!(drafts::list(&doctor).unwrap().contains(&note));
    drafts::gone(&doctor, &note)
        .unwrap()
        .store(&doctor)
        .unwrap();
    assert_eq!(drafts::list(&doctor).unwrap().len(), 1);

    let endless = begun(&[("text", &"x".repeat(2 << 20))]);
    assert!(drafts::seal(&doctor, &endless).is_err());
}
