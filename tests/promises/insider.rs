//! An insider with the file and their own credentials.

use chartseal::clinical::{
    Administration, Allergy, Body, Concept, Condition, Criticality, Decimal, Prescription,
    Quantity, Retraction, RxEvent, RxEventKind, Source,
};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::{encode, no_json, show};
use chartseal::desk::view::unwatched;
use chartseal::desk::{rx, search, write};
use chartseal::interop::sealed::RecipientKey;
use chartseal::jobs::sealed_export::{Order, What, export, open};
use chartseal::jobs::verify;
use chartseal::ledger::{self, EntryId, Section};
use chartseal::vault::Draft;

use crate::bag::Bag;
use crate::life::{Life, lived, note};
use crate::support::STAFF;

/// Sections in full, in the order identity, clinical, medication, access.
const OPENS: [(&str, [bool; 4]); 8] = [
    ("hsmith", [true, true, true, true]),
    ("brandt", [true, true, true, true]),
    // Through the emergency unit, which never has `access`: technically, and the interface shows nothing before the glass broke.
    ("okafor", [true, true, true, false]),
    // The prescription granted them.
    ("adeyemi", [true, false, true, false]),
    ("reyes", [true, false, false, false]),
    ("audit", [false, false, false, true]),
    ("mejia", [false, false, false, false]),
    ("admin", [false, false, false, false]),
];

#[test]
fn an_insider_opens_no_chart_or_section_outside_their_keys_whatever_they_try() {
    let life = lived();
    assert_eq!(OPENS.len(), STAFF.len() + 1, "everyone tries");
    for (login, expected) in OPENS {
        let bag = Bag::of(&life.hospital, login);
        let found = bag.sections(&life.hospital, life.chart);
        assert_eq!(
            found,
            expected.map(|opens| opens.then_some(true)),
            "{login} with every key they can come by"
        );
    }
}

#[test]
fn what_an_insider_forges_below_the_interface_is_shown_as_unauthorised_and_feeds_nothing() {
    let life = lived();
    let order = Body::Prescription(Prescription {
        medicine: Concept::text("oxycodone"),
        quantity: Some(Quantity::new(Decimal::whole(500), "tablet")),
        ..Default::default()
    });
    let diagnosis = Body::Condition(Condition {
        concept: Concept::text("addiction"),
        ..Default::default()
    });
    let mut forged = Vec::new();
    for (login, section, body) in [
        ("brandt", Section::Medication, &order),
        ("reyes", Section::Medication, &order),
        ("audit", Section::Medication, &order),
        ("adeyemi", Section::Clinical, &diagnosis),
        ("reyes", Section::Clinical, &diagnosis),
        ("brandt", Section::Clinical, &diagnosis),
    ] {
        let session = life.hospital.login(login);
        let draft = Draft::new(life.chart, section);
        let stored = session
            .write(|writer| writer.put(draft, &encode(body)))
            .unwrap();
        forged.push(stored);
    }
    let doctor = life.hospital.desk("hsmith");
    let view = show(&doctor, &life.mrn, None, &no_json).unwrap();
    for stored in &forged {
        let id = stored.id.to_string();
        let mut entries = view.sections.values().flatten();
        let shown = entries.find(|entry| entry.entry == id).unwrap();
        assert!(
            shown
                .flags
                .iter()
                .any(|flag| flag.starts_with("unauthorised")),
            "{shown:?}"
        );
    }
    let summary = &view.summary;
    let feeds = |lines: &[String], word: &str| lines.iter().any(|line| line.contains(word));
    assert!(!feeds(&summary.medicines, "oxycodone") && !feeds(&summary.problems, "addiction"));
    let pharmacist = life.hospital.desk("adeyemi");
    assert_eq!(
        rx::list(&pharmacist, None, None).unwrap().len(),
        1,
        "the doctor's own"
    );
    let report = verify::full(&doctor, 2, &chartseal::desk::view::unwatched).unwrap();
    for stored in forged {
        assert!(
            report
                .findings
                .iter()
                .any(|found| found.seq == Some(stored.seq)),
            "entry {} is not named",
            stored.seq
        );
    }
}

#[test]
fn an_insider_takes_nothing_out_of_a_chart_that_they_may_not_write() {
    let life = lived();
    let allergy = Body::Allergy(Allergy {
        substance: Concept::text("penicillin"),
        ..Default::default()
    });
    let doctor = life.hospital.login("hsmith");
    let draft = Draft::new(life.chart, Section::Medication);
    let written = doctor
        .write(|writer| writer.put(draft, &encode(&allergy)))
        .unwrap();
    let withdrawn = Body::Retraction(Retraction {
        reason: "it stood in the way".into(),
        source: None,
    });
    let refused = Body::RxEvent(RxEvent {
        kind: RxEventKind::Refused,
        text: "not this".into(),
        prescription: None,
        at: None,
        verified: None,
        source: None,
    });
    // Each within the role of its author, in the thread of what is not theirs.
    let mut before = written.id;
    let pretended = Source {
        system: "https://elsewhere.example".into(),
        resource_type: "AllergyIntolerance".into(),
        id: "1".into(),
        original: b"{}".to_vec(),
    };
    let mut forged = Vec::new();
    for (login, body) in [
        ("brandt", &withdrawn),
        ("brandt", &Body::Administration(Administration::default())),
        (
            "brandt",
            &Body::Administration(Administration {
                source: Some(pretended),
                ..Default::default()
            }),
        ),
        ("adeyemi", &refused),
    ] {
        let session = life.hospital.login(login);
        let draft = Draft::new(life.chart, Section::Medication).after(written.id.into(), before);
        before = session
            .write(|writer| writer.put(draft, &encode(body)))
            .unwrap()
            .id;
        forged.push(before);
        let desk = life.hospital.desk("hsmith");
        let view = show(&desk, &life.mrn, None, &no_json).unwrap();
        let mut allergies = view.summary.allergies.iter();
        assert!(
            allergies.any(|line| line.contains("penicillin")),
            "{login} hid it: {:?}",
            view.summary
        );
    }
    // What decodes to nothing stands last.
    let nurse = life.hospital.login("brandt");
    let draft = Draft::new(life.chart, Section::Medication).after(written.id.into(), before);
    let garbage = ledger::Body {
        bytes: vec![0xff],
        ..encode(&allergy)
    };
    let garbage = nurse.write(|writer| writer.put(draft, &garbage)).unwrap();
    forged.push(garbage.id);
    // Whoever is given the chart is told so, too.
    let chart = What::Chart {
        mrn: &life.mrn,
        sections: None,
    };
    let given = given_out(&life, "hsmith", chart);
    assert_eq!(judged(&given, written.id), Some(true));
    for id in &forged {
        assert_eq!(judged(&given, *id), Some(false));
    }
    // Of what one person signed the rest of the thread is not there: nobody can say what they took the place of.
    let given = given_out(&life, "brandt", What::SignedBy("brandt"));
    for id in &forged[..3] {
        assert_eq!(judged(&given, *id), None);
    }
    let given = given_out(&life, "hsmith", What::SignedBy("hsmith"));
    assert_eq!(judged(&given, written.id), Some(true));
    // The doctor may amend and withdraw it, after all of these.
    let desk = life.hospital.desk("hsmith");
    let surer = Body::Allergy(Allergy {
        substance: Concept::text("penicillin"),
        criticality: Some(Criticality::High),
        ..Default::default()
    });
    let amended = write::amend(&desk, written.id, surer).unwrap();
    assert!(write::retract(&desk, written.id, "an older version").is_err());
    let withdrawn = write::retract(&desk, amended.entry.parse().unwrap(), "it was a rash").unwrap();
    let given = given_out(&life, "hsmith", chart);
    for entry in [&amended.entry, &withdrawn.entry] {
        assert_eq!(judged(&given, entry.parse().unwrap()), Some(true));
    }
    let desk = life.hospital.desk("hsmith");
    let view = show(&desk, &life.mrn, None, &no_json).unwrap();
    assert!(
        !view
            .summary
            .allergies
            .iter()
            .any(|line| line.contains("penicillin"))
    );
}

/// The lines that a recipient reads of what somebody gave out.
fn given_out(life: &Life, login: &str, what: What<'_>) -> Vec<serde_json::Value> {
    let folder = tempfile::tempdir().unwrap();
    let key = RecipientKey::random("Dr A. Jones").unwrap();
    let [out, lines] = ["given", "lines"].map(|name| folder.path().join(name));
    let order = Order {
        what,
        to: &key.recipient(),
        purpose: "a second opinion",
        out: &out,
    };
    export(&life.hospital.desk(login), &order, &unwatched).unwrap();
    open(&out, key.key(), None, Some(&lines), &unwatched).unwrap();
    let text = std::fs::read_to_string(&lines).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// What a recipient is told of an entry: whether it was its author's to write, as far as that can be said.
#[track_caller]
fn judged(lines: &[serde_json::Value], id: EntryId) -> Option<bool> {
    let id = id.to_string();
    let line = lines.iter().find(|line| line["entry"] == id).unwrap();
    assert_eq!(line["closed"], false);
    line["authorised"].as_bool()
}

#[test]
fn an_insider_puts_nothing_into_a_search_and_takes_nothing_out_of_it_that_they_may_not_write() {
    let life = lived();
    let allergy = Body::Allergy(Allergy {
        substance: Concept::text("latex"),
        ..Default::default()
    });
    let given = Body::Administration(Administration {
        medicine: Concept::text("aspirin"),
        ..Default::default()
    });
    let doctor = life.hospital.login("hsmith");
    let written = doctor
        .write(|writer| {
            writer.put(
                Draft::new(life.chart, Section::Medication),
                &encode(&allergy),
            )
        })
        .unwrap();
    let desk = life.hospital.desk("hsmith");
    catch_up_all(&desk, &unwatched).unwrap();
    // Within the role of a nurse, in the thread of what is a doctor's.
    let nurse = life.hospital.login("brandt");
    let draft = Draft::new(life.chart, Section::Medication).after(written.id.into(), written.id);
    let forged = nurse
        .write(|writer| writer.put(draft, &encode(&given)))
        .unwrap();
    let finds = |query: &str, expected: &[EntryId]| {
        for session in [&desk, &life.hospital.desk("hsmith")] {
            let answer = search::run(session, query, 9, 0).unwrap();
            let found: Vec<_> = answer.results.iter().map(|hit| hit.entry.clone()).collect();
            let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{query}");
            assert_eq!(answer.total, expected.len() as u64, "{query}");
        }
    };
    for step in ["before", "after"] {
        finds("latex", &[written.id]);
        finds("kind:administration", &[]);
        finds("history: aspirin", &[]);
        if step == "before" {
            assert_eq!(catch_up_all(&desk, &unwatched).unwrap(), 1);
        }
    }
    // What the doctor writes after it takes the place of the allergy.
    let withdrawn = Body::Retraction(Retraction {
        reason: "it was the adhesive".into(),
        source: None,
    });
    let draft = Draft::new(life.chart, Section::Medication).after(written.id.into(), forged.id);
    doctor
        .write(|writer| writer.put(draft, &encode(&withdrawn)))
        .unwrap();
    for _ in 0..2 {
        finds("latex", &[]);
        finds("history: latex", &[written.id]);
        finds("history: aspirin", &[]);
        catch_up_all(&desk, &unwatched).unwrap();
    }
    let report = verify::full(&desk, 2, &unwatched).unwrap();
    let index = report
        .findings
        .iter()
        .find(|found| found.text.starts_with("index of"));
    assert!(index.is_none(), "{index:?}");
}

#[test]
fn an_insider_who_signs_with_a_key_of_their_own_making_is_nobody() {
    let life = lived();
    let nurse = life.hospital.login("brandt");
    let other = chartseal::crypto::sign::SigningKey::random();
    let entry = nurse
        .write(|writer| {
            let place = chartseal::ledger::Place {
                chart: life.chart,
                section: Section::Clinical,
                epoch: 1,
                id: None,
                follows: None,
                to: Vec::new(),
                author: writer
                    .reader()
                    .directory()
                    .by_login("hsmith")
                    .map(|(cert, _)| *cert)
                    .unwrap(),
                created: writer.now(),
            };
            let key = writer
                .reader()
                .chart_key(life.chart, Section::Clinical, 1)?;
            let sealed = chartseal::ledger::Prepared::sealed(place, &encode(&note("forged")), &key);
            let seq = writer.tx().append(&sealed, &other)?;
            Ok::<_, chartseal::vault::VaultError>(seq)
        })
        .unwrap();
    let doctor = life.hospital.desk("hsmith");
    let view = show(&doctor, &life.mrn, None, &no_json).unwrap();
    let mut shown = view.sections["clinical"].iter();
    assert!(!shown.any(|entry| entry.headline.contains("forged")));
    let report = verify::full(&doctor, 2, &chartseal::desk::view::unwatched).unwrap();
    assert!(report.signatures.bad.contains(&entry));
}
