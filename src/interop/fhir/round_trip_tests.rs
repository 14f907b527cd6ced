//! What we export, we import as equal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::export::{Author, Chart, Exported, bundle};
use super::*;
use crate::clinical::rx_state::State;
use crate::clinical::sample::{Dice, Sample};
use crate::clinical::synthetic::Hospital;
use crate::clinical::{
    Allergy, Body, Concept, Condition, Course, Identity, Instant, Intent, Prescription, Reaction,
    Role, Source,
};
use crate::crypto::sign::Signature;

/// The folder of test data: `CHARTSEAL_TEST_DATA`, which then has to be there, else `../shared/data`. `None`, with a word, where there
/// is neither.
fn data(set: &str) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHARTSEAL_TEST_DATA") {
        let folder = Path::new(&named).join(set);
        assert!(
            folder.is_dir(),
            "CHARTSEAL_TEST_DATA names no folder with {set} in it: {}",
            folder.display()
        );
        return Some(folder);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()?
        .join("shared/data")
        .join(set);
    if beside.is_dir() {
        return Some(beside);
    }
    eprintln!("skipped: no {set} in ../shared/data, and CHARTSEAL_TEST_DATA is not set");
    None
}

fn exported(entry: u8, number: u16, body: Body) -> Exported {
    let mut id = [entry; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    Exported {
        entry: id,
        body,
        author: Author {
            certificate: [7; 32],
            name: "Dr. \"Ada\" Byron".to_owned(),
            role: Role::Doctor,
        },
        created: "2026-11-22T08:00:00Z".parse().unwrap(),
        signature: Signature([9; 64]),
        order: None,
    }
}

fn export(patient: &Identity, bodies: impl IntoIterator<Item = Body>, to: &Path) {
    let now: Instant = "2026-11-22T09:00:00Z".parse().unwrap();
    let chart = Chart {
        chart: [3; 16],
        patient,
        now: &now,
    };
    let entries = bodies
        .into_iter()
        .enumerate()
        .map(|(number, body)| exported(4, number as u16, body));
    bundle(
        &chart,
        entries,
        &|_, _| None,
        std::fs::File::create(to).unwrap(),
    )
    .unwrap();
}

fn import(from: &Path) -> Vec<Item> {
    Reader::new(Files::find(&[from]).unwrap(), Limits::default())
        .map(|found| match found {
            Found::Item(item) => *item,
            Found::Skipped(skipped) => panic!("{skipped}"),
        })
        .collect()
}

fn body_of(item: &Item) -> Option<Body> {
    match &item.mapped {
        Mapped::Patient(identity) => Some(Body::Identity(identity.clone())),
        Mapped::Entry(body) => Some(body.clone()),
        Mapped::Register(_) | Mapped::Unsupported(_) => None,
    }
}

/// An import gives its source to what it writes, and only records orders.
fn as_imported(body: Body) -> Body {
    match map::sourced(body, None) {
        Body::Prescription(rx) if rx.intent == Intent::Order => Body::Prescription(Prescription {
            intent: Intent::Recorded,
            course: None,
            ..rx
        }),
        body => body,
    }
}

#[test]
fn any_body_of_ours_comes_back_equal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let patient = Identity {
            source: None,
            ..Identity::sample(&mut dice)
        };
        let bodies: Vec<Body> = (0..100)
            .map(|_| map::sourced(Body::sample(&mut dice), None))
            .filter(|body| !matches!(body, Body::Identity(_)))
            .collect();
        export(&patient, bodies.clone(), &path);
        let items = import(&path);
        assert_eq!(
            map::sourced(body_of(&items[0]).unwrap(), None),
            Body::Identity(patient)
        );
        let back: Vec<Body> = items[1..]
            .iter()
            .filter_map(body_of)
            .map(|body| map::sourced(body, None))
            .collect();
        assert_eq!(back.len(), bodies.len(), "seed {seed}");
        for (back, body) in back.into_iter().zip(bodies) {
            assert_eq!(back, as_imported(body), "seed {seed}");
        }
        let provenances = items
            .iter()
            .filter(|item| item.resource_type == "Provenance")
            .count();
        assert_eq!(provenances, items.len() - 1 - provenances, "seed {seed}");
    }
}

#[test]
fn what_a_hospital_writes_needs_no_copy_of_itself_inside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let now = "2026-11-22T09:00:00Z".parse().unwrap();
    let hospital = Hospital::generate(7, 12, &now);
    let mut written = 0;
    for patient in &hospital.patients {
        let orders = patient
            .prescriptions
            .iter()
            .map(|planned| Body::Prescription(planned.rx.clone()));
        export(
            &patient.identity,
            patient.bodies.iter().cloned().chain(orders),
            &path,
        );
        for item in import(&path)
            .iter()
            .filter(|item| item.resource_type != "Basic")
        {
            let text = String::from_utf8_lossy(item.original());
            assert!(!text.contains("urn:chartseal:fhir:body"), "{text}");
            written += 1;
        }
    }
    assert!(written > 200, "{written}");
}

#[test]
fn everything_exported_is_the_exported_patients() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let mut dice = Dice(5);
    let patient = Identity {
        source: None,
        ..Identity::sample(&mut dice)
    };
    let bodies = (0..60)
        .map(|_| map::sourced(Body::sample(&mut dice), None))
        .filter(|b| !matches!(b, Body::Identity(_)));
    export(&patient, bodies, &path);
    let mut resolver = Resolver::new();
    for item in import(&path) {
        if matches!(item.mapped, Mapped::Patient(_)) {
            resolver.learn(&item, &"the patient");
        } else if matches!(item.mapped, Mapped::Entry(_)) {
            assert_eq!(
                resolver.resolve(&item),
                Resolution::Patient("the patient"),
                "{}",
                item.resource_type
            );
        }
    }
}

#[test]
fn imported_charts_are_exported_byte_for_byte_and_come_back_equal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    for set in [
        "synthea-r4",
        "synthea-bulk",
        "au-core-r4",
        "hl7-r4-examples",
    ] {
        let Some(from) = data(set) else { continue };
        let mut resolver = Resolver::new();
        let mut charts: Vec<(Identity, Vec<Item>)> = Vec::new();
        for item in import(&from) {
            if let Mapped::Patient(identity) = &item.mapped {
                resolver.learn(&item, &charts.len());
                charts.push((identity.clone(), Vec::new()));
            } else if let Resolution::Patient(chart) = resolver.resolve(&item) {
                charts[chart].1.push(item);
            }
        }
        for (patient, items) in charts.iter().filter(|(_, items)| !items.is_empty()).take(4) {
            export(patient, items.iter().filter_map(body_of), &path);
            let text = std::fs::read(&path).unwrap();
            serde_json::from_slice::<serde_json::Value>(&text).unwrap();
            let mut back: BTreeMap<(String, String), Item> = import(&path)
                .into_iter()
                .map(|item| ((item.resource_type.clone(), item.id.clone()), item))
                .collect();
            for item in items.iter().filter(|item| body_of(item).is_some()) {
                let again = back
                    .remove(&(item.resource_type.clone(), item.id.clone()))
                    .unwrap();
                assert_eq!(
                    again.original(),
                    item.original(),
                    "{set}: {}/{}",
                    item.resource_type,
                    item.id
                );
                assert_eq!(
                    again.source(),
                    item.source(),
                    "{set}: {}/{}",
                    item.resource_type,
                    item.id
                );
            }
        }
    }
}

#[test]
fn an_amended_import_is_written_from_its_fields_under_its_own_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let original = r#"{"resourceType":"Condition","id":"c1","code":{"text":"asthma"},"subject":{"reference":"Patient/p"},"extra":1}"#;
    let source = Source {
        system: "https://x.example/fhir".to_owned(),
        resource_type: "Condition".to_owned(),
        id: "c1".to_owned(),
        original: original.as_bytes().to_vec(),
    };
    let imported = Condition {
        concept: Concept::text("asthma"),
        source: Some(source.clone()),
        ..Condition::default()
    };
    let amended = Condition {
        note: Some("since childhood".to_owned()),
        ..imported.clone()
    };
    for (condition, kept) in [(imported, true), (amended, false)] {
        export(
            &Identity::default(),
            [Body::Condition(condition.clone())],
            &path,
        );
        let item = import(&path)
            .into_iter()
            .find(|item| item.resource_type == "Condition")
            .unwrap();
        let back = item.source().unwrap();
        assert_eq!((&back.system, &back.id), (&source.system, &source.id));
        assert_eq!(item.original() == original.as_bytes(), kept);
        let unsourced = |body| map::sourced(body, None);
        assert_eq!(
            unsourced(body_of(&item).unwrap()),
            unsourced(Body::Condition(condition))
        );
    }
}

#[test]
fn an_order_of_ours_is_exported_as_it_stands_and_comes_back_as_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let now: Instant = "2026-11-22T09:00:00Z".parse().unwrap();
    let patient = Identity::default();
    let chart = Chart {
        chart: [3; 16],
        patient: &patient,
        now: &now,
    };
    let rx = Prescription {
        medicine: Concept::text("amoxicillin"),
        ..Prescription::default()
    };
    for (state, status, course) in [
        (State::Signed, "active", Some(Course::Active)),
        (State::Held, "on-hold", Some(Course::Active)),
        (State::InFull, "completed", None),
        (State::Cancelled, "cancelled", Some(Course::Ended)),
    ] {
        let order = Exported {
            order: Some(state),
            ..exported(1, 1, Body::Prescription(rx.clone()))
        };
        bundle(
            &chart,
            [order],
            &|_, _| None,
            std::fs::File::create(&path).unwrap(),
        )
        .unwrap();
        let items = import(&path);
        let item = items
            .iter()
            .find(|item| item.resource_type == "MedicationRequest")
            .unwrap();
        let text = String::from_utf8(item.original().to_vec()).unwrap();
        assert!(text.contains(&format!("\"status\":\"{status}\"")), "{text}");
        let Some(Body::Prescription(back)) = body_of(item) else {
            panic!("no prescription")
        };
        assert_eq!((back.intent, back.course), (Intent::Recorded, course));
    }
}

#[test]
fn a_carried_body_that_says_something_else_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    // An empty reason is one of the things that FHIR cannot say, so this body travels whole.
    let allergy = Allergy {
        substance: Concept::text("penicillin"),
        note: Some(String::new()),
        reactions: vec![Reaction {
            manifestation: Concept::default(),
            severity: None,
        }],
        ..Default::default()
    };
    export(
        &Identity::default(),
        [Body::Allergy(allergy.clone())],
        &path,
    );
    let read = |path: &Path| {
        let item = import(path)
            .into_iter()
            .find(|item| item.resource_type == "AllergyIntolerance")
            .unwrap();
        let Some(Body::Allergy(allergy)) = body_of(&item) else {
            panic!("no allergy")
        };
        Allergy {
            source: None,
            ..allergy
        }
    };
    assert_eq!(read(&path), allergy);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("urn:chartseal:fhir:body"));
    std::fs::write(
        &path,
        text.replace("\"text\":\"penicillin\"", "\"text\":\"dust\""),
    )
    .unwrap();
    assert_eq!(read(&path).substance.label(), "dust");
}
