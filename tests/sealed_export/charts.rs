//! One chart.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::desk::view::{Proceed, unwatched};
use chartseal::desk::{Class, DeskError, Session, audit, charts, session};
use chartseal::interop::fhir::export::as_json;
use chartseal::jobs::demo::{PASSPHRASE, Plan, make};
use chartseal::jobs::import;
use chartseal::jobs::sealed_export::{self, What};
use chartseal::ledger::Section;

use crate::office::{Office, chart};
use crate::support::{self, Hospital, secret};
use crate::ward::erase;

/// The chart as a screen of the vault shows it: entry by id, with its body as JSON and its author.
fn shown(session: &Session, mrn: &str) -> BTreeMap<String, (serde_json::Value, String)> {
    let view = charts::show(session, mrn, None, &as_json).unwrap();
    let sections = ["identity", "clinical", "medication"];
    sections
        .iter()
        .filter_map(|section| view.sections.get(*section))
        .flatten()
        .map(|entry| {
            (
                entry.entry.clone(),
                (entry.body.clone(), entry.author.clone()),
            )
        })
        .collect()
}

/// Gives a chart out, opens it, and compares every entry with what the vault shows.
fn comes_through(office: &Office, doctor: &Session, mrn: &str, name: &str) -> u64 {
    let expected = shown(doctor, mrn);
    let vault = doctor.vault().host().vault();
    let made = office.given(doctor, chart(mrn), name).unwrap();
    assert_eq!((made.closed, made.entries), (0, expected.len() as u64));
    let (told, entries) = office.opened(name, Some(&vault)).unwrap();
    assert_eq!((told.export, told.pinned), (made.export, true));
    assert_eq!(told.exporter.login, doctor.vault().certificate().login);
    let opened: BTreeMap<_, _> = entries
        .iter()
        .map(|entry| {
            assert_eq!(entry["authorised"], true, "{entry}");
            let author = entry["author"].as_str().unwrap().to_owned();
            let id = entry["entry"].as_str().unwrap().to_owned();
            (id, (entry["body"].clone(), author))
        })
        .collect();
    assert_eq!(opened, expected);
    made.entries
}

#[test]
fn every_chart_of_a_demonstration_comes_through_whole() {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let plan = Plan {
        patients: 4,
        seed: 7,
        cost: Cost::FLOOR,
        papers: folder.path().into(),
    };
    let made = make(&paths, &plan, &unwatched).unwrap();
    let office = Office::new();
    let mut seen = 0;
    for login in made.logins.iter().filter(|login| login.role == "doctor") {
        let doctor = session::login(&paths, &login.login, &secret(PASSPHRASE)).unwrap();
        for line in charts::list(&doctor, None).unwrap() {
            let name = format!("{}-{}", login.login, line.mrn);
            seen += comes_through(&office, &doctor, &line.mrn, &name);
        }
    }
    assert!(seen > 200, "{seen} entries");
}

#[test]
fn charts_that_came_from_elsewhere_come_through_whole() {
    let Some(folder) = support::data("synthea-r4") else {
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort_by_key(|path| std::fs::metadata(path).unwrap().len());
    files.truncate(3);
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    import::fhir(&doctor, &files, "Ward A", &unwatched).unwrap();
    let office = Office::new();
    let all = charts::list(&doctor, None).unwrap();
    assert!(!all.is_empty());
    for line in all {
        comes_through(&office, &doctor, &line.mrn, &line.mrn);
    }
}

/// A patient on Ward A.
fn admitted(hospital: &Hospital) -> String {
    let registrar = hospital.desk("reyes");
    charts::admit(&registrar, "Ward A", &support::patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn
}

#[test]
fn keys_decide_who_gives_a_chart_out_and_which_sections_of_it() {
    let hospital = Hospital::staffed();
    let mrn = admitted(&hospital);
    let office = Office::new();
    let by = |login: &str, sections: Option<&[Section]>, name: &str| {
        let what = What::Chart {
            mrn: &mrn,
            sections,
        };
        office.given(&hospital.desk(login), what, name)
    };
    // Only in an emergency; no key of the locator; not at all.
    for login in ["okafor", "admin", "adeyemi"] {
        let refused = by(login, None, login).unwrap_err();
        assert_eq!(refused.class(), Class::Denied, "{login}: {refused}");
        assert!(!office.file(login).exists());
    }
    // Who the patient is: all that a registrar's keys open.
    by("reyes", None, "registrar").unwrap();
    let (told, _) = office.opened("registrar", None).unwrap();
    assert_eq!(told.sections, ["identity"]);
    let refused = by("reyes", Some(&[Section::Clinical]), "clinical").unwrap_err();
    assert_eq!(refused.class(), Class::Denied, "{refused}");
    // Who looked goes along only where it is named.
    by("hsmith", None, "doctor").unwrap();
    let (told, _) = office.opened("doctor", None).unwrap();
    assert_eq!(told.sections, ["identity", "clinical", "medication"]);
    assert_eq!(by("audit", None, "x").unwrap_err().class(), Class::Denied);
    by("audit", Some(&[Section::Access]), "auditor").unwrap();
    let (told, entries) = office.opened("auditor", None).unwrap();
    assert_eq!((told.sections, told.closed), (vec!["access".to_owned()], 0));
    assert!(entries.iter().any(|entry| entry["kind"] == "exported"));
}

#[test]
fn an_export_is_on_record_in_the_chart_before_anything_is_written() {
    let hospital = Hospital::staffed();
    let mrn = admitted(&hospital);
    let office = Office::new();
    let doctor = hospital.desk("hsmith");
    let made = office.given(&doctor, chart(&mrn), "mejia").unwrap();
    let lines = audit::list(&hospital.desk("audit"), Some(&mrn), None, None).unwrap();
    let line = lines.iter().find(|line| line.entry == made.export).unwrap();
    assert_eq!(
        (line.actor.as_str(), line.action.as_str()),
        ("hsmith", "exported")
    );
    for word in [&made.recipient, "Dr A. Jones", "second opinion", "clinical"] {
        assert!(line.detail.contains(word), "{word}: {}", line.detail);
    }
    // It is there although somebody stopped the writing, and no file is.
    let out = office.file("stopped");
    let order = office.order(chart(&mrn), &out);
    let stopped = sealed_export::export(&doctor, &order, &|_| Proceed::Stop).unwrap_err();
    assert!(matches!(stopped, DeskError::Stopped), "{stopped}");
    let again = audit::list(&hospital.desk("audit"), Some(&mrn), None, None).unwrap();
    let exports = again.iter().filter(|line| line.action == "exported");
    assert_eq!(exports.count(), 2);
    let left = std::fs::read_dir(office.folder.path()).unwrap().count();
    assert_eq!(left, 1, "only the first export is there");
}

#[test]
fn what_cannot_be_given_out_leaves_no_file_and_no_record() {
    let hospital = Hospital::staffed();
    let mrn = admitted(&hospital);
    let office = Office::new();
    let doctor = hospital.desk("hsmith");
    let head = || hospital.vault().ledger().head().unwrap().seq;
    let before = head();
    let out = office.file("taken");
    std::fs::write(&out, b"something else").unwrap();
    let refused = office.given(&doctor, chart(&mrn), "taken").unwrap_err();
    assert_eq!(refused.class(), Class::BadInput, "{refused}");
    assert_eq!(std::fs::read(&out).unwrap(), b"something else");
    let refused = office.given(&doctor, chart(&mrn), "no/folder").unwrap_err();
    assert_eq!(refused.class(), Class::Outside, "{refused}");
    let refused = office
        .given(&doctor, chart("9999-9"), "unknown")
        .unwrap_err();
    assert_eq!(refused.class(), Class::BadInput, "{refused}");
    for purpose in ["", "  ", &"x".repeat(501)] {
        let out = office.file("purpose");
        let order = sealed_export::Order {
            purpose,
            ..office.order(chart(&mrn), &out)
        };
        let refused = sealed_export::export(&doctor, &order, &unwatched).unwrap_err();
        assert_eq!(refused.class(), Class::BadInput, "{refused}");
    }
    assert_eq!(head(), before);
    assert_eq!(std::fs::read_dir(office.folder.path()).unwrap().count(), 1);
}

#[test]
fn of_an_erased_chart_nothing_is_given_out() {
    let hospital = Hospital::staffed();
    let mrn = admitted(&hospital);
    let doctor = hospital.desk("hsmith");
    let id = charts::list(&doctor, None).unwrap()[0]
        .chart
        .parse()
        .unwrap();
    erase(&hospital.desk("admin"), id);
    let office = Office::new();
    let refused = office.given(&doctor, chart(&mrn), "erased").unwrap_err();
    assert!(refused.to_string().contains("erased"), "{refused}");
    assert!(!office.file("erased").exists());
}
