//! Asking, deciding, taking back, and breaking the glass, with real keys.

mod support;

use chartseal::clinical::{Body, Concept, Decimal, Note, Prescription, Quantity};
use chartseal::desk::access::{
    accept, break_glass, grant, list, refuse, request, review, revoke, share,
};
use chartseal::desk::charts::{admit, no_json, show};
use chartseal::desk::view::{AccessKind, GrantState, Stamp};
use chartseal::desk::{Class, DeskError, Session, audit, inbox, rx, write};
use chartseal::ledger::Section;
use chartseal::vault::VaultError;
use support::{Hospital, PASSPHRASE, patient, secret};

fn note(text: &str) -> Body {
    Body::Note(Note {
        title: String::new(),
        text: text.into(),
        at: None,
        author_role: None,
        source: None,
    })
}

fn admitted(hospital: &Hospital) -> (Session, String) {
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn;
    write::entry(&doctor, &mrn, note("before")).unwrap();
    (doctor, mrn)
}

fn reads(session: &Session, mrn: &str) -> usize {
    show(session, mrn, Some(Section::Clinical), &no_json)
        .map_or(0, |chart| chart.sections["clinical"].len())
}

#[test]
fn a_request_is_decided_by_the_attending_doctor_and_ends_when_it_is_revoked() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let other = hospital.desk("okafor");
    assert_eq!(reads(&other, &mrn), 0);
    let asked = request(&other, &mrn, &[Section::Clinical], "second opinion", None).unwrap();
    assert_eq!(asked.state, GrantState::Pending);
    assert_eq!(
        list(&other, None, None).unwrap()[0].state,
        GrantState::Pending
    );

    let waiting = inbox::list(&doctor).unwrap();
    assert!(waiting.iter().any(|notice| notice.id == asked.id
        && notice.waits
        && notice.text.contains("second opinion")));
    let nurse = hospital.desk("brandt");
    assert_eq!(
        grant(&nurse, &asked.id, None).unwrap_err().class(),
        Class::Denied
    );
    assert_eq!(
        grant(&other, &asked.id, None).unwrap_err().class(),
        Class::Denied
    );

    grant(&doctor, &asked.id, None).unwrap();
    assert!(matches!(
        grant(&doctor, &asked.id, None),
        Err(DeskError::NotNow(_))
    ));
    assert_eq!(reads(&other, &mrn), 1);
    assert_eq!(
        list(&other, None, None).unwrap()[0].state,
        GrantState::Granted
    );
    assert!(
        show(&other, &mrn, Some(Section::Medication), &no_json).is_err(),
        "only what was asked for"
    );

    revoke(&doctor, &asked.id, "no longer needed").unwrap();
    write::entry(&doctor, &mrn, note("after")).unwrap();
    assert_eq!(reads(&other, &mrn), 0);
    assert_eq!(
        list(&other, None, None).unwrap()[0].state,
        GrantState::Revoked
    );
    assert_eq!(reads(&doctor, &mrn), 2);
}

#[test]
fn a_refusal_is_final_and_its_reason_stays_with_those_who_read_the_record() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let other = hospital.desk("okafor");
    let asked = request(&other, &mrn, &[Section::Clinical], "curious", None).unwrap();
    assert!(matches!(
        refuse(&doctor, &asked.id, " "),
        Err(DeskError::BadInput(_))
    ));
    refuse(&doctor, &asked.id, "not in your care").unwrap();
    assert_eq!(
        list(&other, None, None).unwrap()[0].state,
        GrantState::Refused
    );
    assert!(matches!(
        grant(&doctor, &asked.id, None),
        Err(DeskError::NotNow(_))
    ));
    assert_eq!(reads(&other, &mrn), 0);
}

#[test]
fn a_pharmacist_cannot_request_and_the_refusal_is_on_record() {
    let hospital = Hospital::staffed();
    let (_, mrn) = admitted(&hospital);
    let refused = request(
        &hospital.desk("adeyemi"),
        &mrn,
        &[Section::Clinical],
        "stock",
        None,
    )
    .unwrap_err();
    assert_eq!(refused.class(), Class::Denied);
    let trail = audit::list(&hospital.desk("audit"), None, Some("adeyemi"), None).unwrap();
    assert!(
        trail
            .iter()
            .any(|line| line.action == "refused" && line.detail.contains("request access"))
    );
}

#[test]
fn breaking_the_glass_opens_the_chart_is_seen_by_the_auditors_and_stays_unreviewed_until_another_person_closes_it()
 {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let other = hospital.desk("okafor");
    assert_eq!(
        show(&other, &mrn, None, &no_json).unwrap_err().class(),
        Class::Denied
    );
    assert!(matches!(
        break_glass(&other, &mrn, "now", &secret(PASSPHRASE)),
        Err(DeskError::BadInput(_))
    ));
    assert!(
        break_glass(
            &other,
            &mrn,
            "unconscious in the emergency room",
            &secret("wrong wrong")
        )
        .is_err()
    );
    let glass = break_glass(
        &other,
        &mrn,
        "unconscious in the emergency room",
        &secret(PASSPHRASE),
    )
    .unwrap();
    assert_eq!(reads(&other, &mrn), 1);
    assert!(
        show(&other, &mrn, Some(Section::Access), &no_json).is_err(),
        "the emergency unit never reads access"
    );
    // Whoever reads is told that they read in an emergency, before all else.
    let seen = show(&other, &mrn, None, &no_json).unwrap();
    assert_eq!(seen.alerts[0].check, "break-glass");
    assert_eq!(seen.alerts[0].at, glass.until);
    // The next process of the same person goes on where this one ended.
    assert_eq!(reads(&hospital.desk("okafor"), &mrn), 1);

    let auditor = hospital.desk("audit");
    assert!(
        inbox::list(&auditor)
            .unwrap()
            .iter()
            .any(|notice| notice.kind == "break-glass")
    );
    let broken = |session: &Session| {
        list(session, None, None)
            .unwrap()
            .into_iter()
            .find(|line| line.kind == AccessKind::BreakGlass)
            .unwrap()
    };
    assert_eq!(broken(&doctor).reviewed, Some(false));
    assert!(review(&other, &glass.id, "my own", true).is_err());
    review(&auditor, &glass.id, "admitted at 03:10, justified", true).unwrap();
    assert_eq!(broken(&doctor).reviewed, Some(true));
}

#[test]
fn looking_is_recorded_once_a_session_chart_and_hour() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let nurse = hospital.desk("brandt");
    for _ in 0..3 {
        show(&nurse, &mrn, None, &no_json).unwrap();
    }
    let views = |session: &Session| {
        let trail = audit::list(session, Some(&mrn), Some("brandt"), None).unwrap();
        trail.iter().filter(|line| line.action == "viewed").count()
    };
    assert_eq!(views(&doctor), 1);
    assert!(audit::list(&hospital.desk("reyes"), Some(&mrn), None, None).is_err());
}

/// A chart of Ward A, and a nurse who has left the ward.
fn with_a_nurse_from_elsewhere(hospital: &Hospital) -> (Session, String, Session) {
    let (doctor, mrn) = admitted(hospital);
    let admin = hospital.login("admin");
    admin.leave_unit("Ward A", "brandt").unwrap();
    (doctor, mrn, hospital.desk("brandt"))
}

#[test]
fn what_is_shared_opens_when_it_is_accepted_and_nothing_more_does() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let other = hospital.desk("okafor");
    let shared = share(&doctor, &mrn, "okafor", &[Section::Clinical], None).unwrap();
    assert_eq!(shared.state, GrantState::Pending);
    assert_eq!(reads(&other, &mrn), 0, "not accepted yet");
    let notice = |session: &Session| {
        let all = inbox::list(session).unwrap();
        all.into_iter().find(|notice| notice.kind == "share")
    };
    let waiting = notice(&other).unwrap();
    assert!(waiting.waits && waiting.id == shared.id && waiting.from == "HSMITH");
    assert_eq!(
        list(&other, None, None).unwrap()[0].state,
        GrantState::Pending
    );
    assert!(matches!(
        accept(&hospital.desk("brandt"), &shared.id),
        Err(DeskError::NoSuchEntry { .. })
    ));

    assert_eq!(
        accept(&other, &shared.id).unwrap().state,
        GrantState::Granted
    );
    assert_eq!(reads(&other, &mrn), 1);
    assert!(show(&other, &mrn, Some(Section::Medication), &no_json).is_err());
    assert!(notice(&other).is_none());
    assert!(matches!(
        accept(&other, &shared.id),
        Err(DeskError::NotNow(_))
    ));
    let line = list(&doctor, Some(&mrn), None).unwrap().remove(0);
    assert_eq!(
        (
            line.kind,
            line.state,
            line.who.as_str(),
            line.decided_by.as_deref()
        ),
        (
            AccessKind::Share,
            GrantState::Granted,
            "okafor",
            Some("hsmith")
        )
    );

    revoke(&doctor, &shared.id, "no longer needed").unwrap();
    write::entry(&doctor, &mrn, note("after")).unwrap();
    assert_eq!(reads(&other, &mrn), 0);
}

#[test]
fn a_sharer_passes_on_no_more_and_no_longer_than_they_hold() {
    let hospital = Hospital::staffed();
    let (doctor, mrn, nurse) = with_a_nurse_from_elsewhere(&hospital);
    let other = hospital.desk("okafor");
    assert_eq!(
        share(&other, &mrn, "brandt", &[Section::Clinical], None)
            .unwrap_err()
            .class(),
        Class::Denied,
        "through the emergency unit one holds nothing to share"
    );
    let now = chartseal::vault::clock::now() as i64;
    let day = 86_400_000;
    let week = Stamp::from_millis(now + 7 * day);
    let asked = request(
        &other,
        &mrn,
        &[Section::Clinical],
        "second opinion",
        Some(week),
    )
    .unwrap();
    grant(&doctor, &asked.id, None).unwrap();
    let pass = |sections: &[Section], until| share(&other, &mrn, "brandt", sections, until);
    assert_eq!(
        pass(&[Section::Clinical, Section::Medication], None)
            .unwrap_err()
            .class(),
        Class::Denied
    );
    let longer = Stamp::from_millis(now + 8 * day);
    assert_eq!(
        pass(&[Section::Clinical], Some(longer))
            .unwrap_err()
            .class(),
        Class::Denied
    );
    let passed = pass(&[Section::Clinical], None).unwrap();
    assert_eq!(passed.until.unwrap().millis(), week.millis());
    accept(&nurse, &passed.id).unwrap();
    assert_eq!(reads(&nurse, &mrn), 1);

    for (to, sections) in [
        ("adeyemi", vec![Section::Clinical]),
        ("reyes", vec![Section::Medication]),
        ("mejia", vec![Section::Identity]),
        ("hsmith", vec![Section::Clinical]),
        ("nobody", vec![Section::Clinical]),
        ("okafor", vec![]),
    ] {
        let refused = share(&doctor, &mrn, to, &sections, None).unwrap_err();
        assert_eq!(refused.class(), Class::BadInput, "{to}: {refused}");
    }
    assert_eq!(
        share(&nurse, &mrn, "okafor", &[Section::Clinical], None)
            .unwrap_err()
            .class(),
        Class::Denied,
        "a nurse shares nothing"
    );
}

#[test]
fn a_share_that_is_declined_leaves_no_key_behind() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let other = hospital.desk("okafor");
    let shared = share(&doctor, &mrn, "okafor", &[Section::Clinical], None).unwrap();
    assert_eq!(
        refuse(&other, &shared.id, "not my field").unwrap().state,
        GrantState::Refused
    );
    assert!(matches!(
        accept(&other, &shared.id),
        Err(DeskError::NotNow(_))
    ));
    let vault = hospital.vault();
    let witness = chartseal::vault::sweep::Witness::of(vault.host()).unwrap();
    let unwatched = &chartseal::desk::view::unwatched;
    let report = chartseal::jobs::verify::keyless(vault.ledger(), witness, 2, unwatched).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

#[test]
fn nobody_accepts_what_was_shared_with_another() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let shared = share(&doctor, &mrn, "okafor", &[Section::Clinical], None).unwrap();
    let chart = chartseal::desk::charts::list(&doctor, None).unwrap()[0]
        .chart
        .parse()
        .unwrap();
    let grant = shared.id.parse().unwrap();
    for login in ["hsmith", "brandt", "mejia"] {
        let accepted = hospital
            .login(login)
            .write(|writer| writer.accept(chart, grant));
        assert!(matches!(accepted, Err(VaultError::Invalid(_))), "{login}");
    }
}

/// A chart whose glass somebody from elsewhere has broken: its attending doctor, its number, the breaker, the glass.
fn with_broken_glass(hospital: &Hospital) -> (Session, String, Session, String) {
    let (doctor, mrn) = admitted(hospital);
    let other = hospital.desk("okafor");
    let reason = "unconscious in the emergency room";
    let glass = break_glass(&other, &mrn, reason, &secret(PASSPHRASE)).unwrap();
    assert_eq!(reads(&other, &mrn), 1);
    (doctor, mrn, other, glass.id)
}

fn glass(session: &Session) -> Option<(String, GrantState, Option<bool>)> {
    let lines = list(session, None, None).unwrap().into_iter();
    let mut broken = lines.filter(|line| line.kind == AccessKind::BreakGlass);
    broken
        .next()
        .map(|line| (line.id, line.state, line.reviewed))
}

#[test]
fn a_broken_glass_is_ended_by_who_decides_and_opens_nothing_from_then_on() {
    let hospital = Hospital::staffed();
    let (doctor, mrn, other, id) = with_broken_glass(&hospital);
    let bystander = hospital.desk("brandt");
    assert_eq!(
        revoke(&bystander, &id, "not mine").unwrap_err().class(),
        Class::Denied
    );
    assert!(matches!(
        revoke(&doctor, &id, " "),
        Err(DeskError::BadInput(_))
    ));
    let ended = revoke(&doctor, &id, "the relatives came").unwrap();
    assert_eq!(ended.state, GrantState::Revoked);
    // In the session that broke it, and in the next one of the same person.
    for session in [&other, &hospital.desk("okafor")] {
        assert_eq!(reads(session, &mrn), 0);
        assert_eq!(
            show(session, &mrn, None, &no_json).unwrap_err().class(),
            Class::Denied
        );
        assert_eq!(
            write::entry(session, &mrn, note("after"))
                .unwrap_err()
                .class(),
            Class::Denied
        );
    }
    assert_eq!(
        glass(&doctor),
        Some((id.clone(), GrantState::Revoked, Some(false)))
    );
    assert!(matches!(
        revoke(&doctor, &id, "again"),
        Err(DeskError::NotNow(_))
    ));
    // It is on record, and still waits for its review.
    let auditor = hospital.desk("audit");
    let trail = audit::list(&auditor, Some(&mrn), Some("hsmith"), None).unwrap();
    assert!(trail.iter().any(|line| line.action == "access decided"));
    let waiting = inbox::list(&auditor).unwrap();
    let waiting = waiting.iter().find(|notice| notice.id == id).unwrap();
    assert!(
        waiting.kind == "break-glass" && waiting.waits && waiting.from == "OKAFOR",
        "{waiting:?}"
    );
    assert!(waiting.text.contains("unconscious"), "{}", waiting.text);
    review(&auditor, &id, "justified", true).unwrap();
    assert!(matches!(
        review(&auditor, &id, "twice", true),
        Err(DeskError::NotNow(_))
    ));
    assert_eq!(glass(&doctor), Some((id, GrantState::Revoked, Some(true))));
    // The emergency is not over for good: another reason breaks it anew.
    let again = break_glass(&other, &mrn, "unconscious once more", &secret(PASSPHRASE)).unwrap();
    assert_eq!(reads(&other, &mrn), 1);
    assert_eq!(glass(&other).unwrap().0, again.id);
}

#[test]
fn a_broken_glass_is_ended_by_who_broke_it_and_a_review_ends_nothing() {
    let hospital = Hospital::staffed();
    let (doctor, mrn, other, id) = with_broken_glass(&hospital);
    review(&hospital.desk("audit"), &id, "justified", true).unwrap();
    assert_eq!(
        reads(&other, &mrn),
        1,
        "it was reviewed while it is in force"
    );
    assert_eq!(
        glass(&other),
        Some((id.clone(), GrantState::Granted, None)),
        "whoever broke it finds it among their own"
    );
    revoke(&other, &id, "handed over to the ward").unwrap();
    assert_eq!(reads(&other, &mrn), 0);
    assert_eq!(glass(&doctor), Some((id, GrantState::Revoked, Some(true))));
}

#[test]
fn a_nurse_ends_the_glass_that_they_broke() {
    let hospital = Hospital::staffed();
    let (doctor, mrn, nurse) = with_a_nurse_from_elsewhere(&hospital);
    let broken = break_glass(&nurse, &mrn, "found on the stairs", &secret(PASSPHRASE)).unwrap();
    assert_eq!(reads(&nurse, &mrn), 1);
    revoke(&nurse, &broken.id, "taken over").unwrap();
    assert_eq!(reads(&nurse, &mrn), 0);
    assert_eq!(glass(&doctor).unwrap().1, GrantState::Revoked);
}

#[test]
fn who_reads_the_record_alone_is_told_the_charts_number() {
    let hospital = Hospital::staffed();
    let (_, mrn, _, id) = with_broken_glass(&hospital);
    let auditor = hospital.desk("audit");
    let lines = list(&auditor, None, None).unwrap();
    let line = lines.iter().find(|line| line.id == id).unwrap();
    assert_eq!((line.chart.as_str(), &line.name), (mrn.as_str(), &None));
    let trail = audit::list(&auditor, None, None, None).unwrap();
    for action in ["glass broken", "enrolment", "wrote"] {
        let line = trail.iter().find(|line| line.action == action).unwrap();
        assert_eq!(line.chart.as_ref(), Some(&mrn), "{action}");
    }
}

#[test]
fn prescriptions_of_one_patient_are_told_apart_by_what_was_ordered() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    for medicine in ["amoxicillin", "paracetamol"] {
        let order = Prescription {
            medicine: Concept::text(medicine),
            quantity: Some(Quantity::new(Decimal::whole(21), "capsule")),
            ..Prescription::default()
        };
        rx::write(&doctor, &mrn, order, None).unwrap();
    }
    let lines = list(&doctor, None, None).unwrap().into_iter();
    let granted = lines.filter(|line| line.kind == AccessKind::Prescription);
    let mut ordered: Vec<String> = granted.filter_map(|line| line.purpose).collect();
    ordered.sort();
    assert_eq!(ordered, ["amoxicillin", "paracetamol"]);
    // Who reads no medication is not told of any.
    let lines = list(&hospital.desk("audit"), None, None).unwrap();
    let mut granted = lines
        .iter()
        .filter(|line| line.kind == AccessKind::Prescription);
    assert!(granted.all(|line| line.purpose.is_none()));
}
