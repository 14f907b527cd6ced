//! Everything that one person signed.

use chartseal::clinical::{Body, Note};
use chartseal::desk::{Class, Session, audit, charts, write};
use chartseal::jobs::sealed_export::What;

use crate::office::Office;
use crate::support::{self, Hospital};

fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.into(),
        ..Default::default()
    })
}

/// A chart in which a doctor and a nurse wrote.
fn written() -> (Hospital, String) {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let who = support::patient("Gustavo", "Mejía");
    let mrn = charts::admit(&doctor, "Ward A", &who).unwrap().mrn;
    write::entry(&doctor, &mrn, note("by the doctor")).unwrap();
    write::entry(&hospital.desk("brandt"), &mrn, note("by the nurse")).unwrap();
    (hospital, mrn)
}

/// How many entries of the ledger bear the signature of a login.
fn signed_in_all(session: &Session, login: &str) -> u64 {
    session
        .vault()
        .read(|reader| {
            let (cert, _) = reader.directory().by_login(login).unwrap();
            Ok::<_, chartseal::vault::VaultError>(reader.tx().by_author(cert, 0)?.len() as u64)
        })
        .unwrap()
}

#[test]
fn a_clinician_gives_out_everything_that_they_signed_and_nothing_else() {
    let (hospital, _) = written();
    let nurse = hospital.desk("brandt");
    let office = Office::new();
    let all = signed_in_all(&nurse, "brandt");
    let made = office
        .given(&nurse, What::SignedBy("brandt"), "brandt")
        .unwrap();
    assert_eq!(made.entries, all);
    let vault = nurse.vault().host().vault();
    let (told, entries) = office.opened("brandt", Some(&vault)).unwrap();
    assert_eq!(told.signed_by.as_deref(), Some("brandt"));
    assert!(entries.iter().all(|entry| entry["login"] == "brandt"));
    assert!(has_headline(&entries, "by the nurse"));
    assert!(!has_headline(&entries, "by the doctor"));
}

fn has_headline(entries: &[serde_json::Value], text: &str) -> bool {
    let mut headlines = entries
        .iter()
        .filter_map(|entry| entry["headline"].as_str());
    headlines.any(|headline| headline.contains(text))
}

#[test]
fn an_auditor_and_an_admin_give_out_headers_and_only_the_bodies_that_their_keys_open() {
    let (hospital, _) = written();
    let office = Office::new();
    for (login, opens) in [("audit", &["access"][..]), ("admin", &[])] {
        let session = hospital.desk(login);
        let made = office
            .given(&session, What::SignedBy("hsmith"), login)
            .unwrap();
        assert!(made.closed > 0, "{made:?}");
        let (told, entries) = office.opened(login, None).unwrap();
        assert_eq!(
            (told.exporter.login.as_str(), told.entries),
            (login, made.entries)
        );
        for entry in &entries {
            let section = entry["section"].as_str().unwrap();
            let closed = section != "system" && !opens.contains(&section);
            assert_eq!(entry["closed"], closed, "{login}: {entry}");
            assert!(!closed || (entry["body"].is_null() && entry["kind"].is_null()));
        }
        assert!(!has_headline(&entries, "by the doctor"));
    }
}

#[test]
fn what_a_colleague_signed_is_not_ones_own_to_give_out_and_the_attempt_is_on_record() {
    let (hospital, mrn) = written();
    let office = Office::new();
    for login in ["brandt", "okafor", "reyes", "mejia"] {
        let session = hospital.desk(login);
        let refused = office
            .given(&session, What::SignedBy("hsmith"), login)
            .unwrap_err();
        assert_eq!(refused.class(), Class::Denied, "{login}: {refused}");
        assert!(!office.file(login).exists());
    }
    let auditor = hospital.desk("audit");
    let lines = audit::list(&auditor, None, Some("brandt"), None).unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line.action == "refused" && line.detail.contains("give out")),
        "{lines:?}"
    );
    let refused = office
        .given(&auditor, What::SignedBy("nobody"), "nobody")
        .unwrap_err();
    assert_eq!(refused.class(), Class::BadInput, "{refused}");
    let of_the_chart = audit::list(&auditor, Some(&mrn), None, None).unwrap();
    assert!(of_the_chart.iter().all(|line| line.action != "exported"));
}

#[test]
fn it_is_on_record_for_the_auditors_and_in_every_chart_whose_bodies_went_along() {
    let (hospital, mrn) = written();
    let office = Office::new();
    let doctor = hospital.desk("hsmith");
    let made = office
        .given(&doctor, What::SignedBy("hsmith"), "hsmith")
        .unwrap();
    let auditor = hospital.desk("audit");
    let all = audit::list(&auditor, None, Some("hsmith"), None).unwrap();
    assert!(
        all.iter()
            .any(|line| line.entry == made.export && line.action == "exported")
    );
    let of_the_chart = audit::list(&auditor, Some(&mrn), None, None).unwrap();
    let line = of_the_chart.iter().find(|line| line.action == "exported");
    assert!(line.is_some_and(|line| line.detail.contains("what hsmith signed")));
    // An admin's keys open no body: the chart hears nothing, the auditors do.
    let other = charts::admit(&doctor, "Ward A", &support::patient("Ana", "Gerhold")).unwrap();
    let made = office
        .given(&hospital.desk("admin"), What::SignedBy("hsmith"), "admin")
        .unwrap();
    let of_the_other = audit::list(&auditor, Some(&other.mrn), None, None).unwrap();
    assert!(of_the_other.iter().all(|line| line.action != "exported"));
    let all = audit::list(&auditor, None, Some("admin"), None).unwrap();
    assert!(all.iter().any(|line| line.entry == made.export));
}
