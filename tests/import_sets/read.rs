//! The reader and the mapping: every resource comes out, with a typed view where it has one, and as its source meant it.

use std::path::Path;

use chartseal::clinical::{Body, Kind};
use chartseal::interop::fhir::{
    Files, Found, Item, Limits, Mapped, Reader, Resolution, Resolver, Skipped, Standing,
};
use serde_json::Value;

use crate::counted::{Counts, counted};
use crate::support::data;

fn reader(path: &Path) -> Reader {
    Reader::new(Files::find(&[path]).unwrap(), Limits::default())
}

fn read_all(path: &Path) -> (Vec<Item>, Vec<Skipped>) {
    let (mut items, mut skipped) = (Vec::new(), Vec::new());
    for found in reader(path) {
        match found {
            Found::Item(item) => items.push(*item),
            Found::Skipped(one) => skipped.push(one),
        }
    }
    (items, skipped)
}

fn by_type<'a>(items: impl IntoIterator<Item = &'a Item>) -> Counts {
    let mut counts = Counts::new();
    for item in items {
        *counts.entry(item.resource_type.clone()).or_default() += 1;
    }
    counts
}

fn is_typed(item: &Item) -> bool {
    matches!(item.mapped, Mapped::Patient(_) | Mapped::Entry(_))
}

/// The types of which every resource of a plain hospital's data has a typed view.
const TYPED: [&str; 9] = [
    "Patient",
    "Observation",
    "Condition",
    "MedicationRequest",
    "AllergyIntolerance",
    "Encounter",
    "Procedure",
    "Immunization",
    "DiagnosticReport",
];

#[test]
fn every_set_goes_through_and_no_resource_is_lost() {
    for set in [
        "synthea-r4",
        "synthea-bulk",
        "au-core-r4",
        "hl7-r4-examples",
        "nhs-eps-r4",
    ] {
        let Some(folder) = data(set) else { continue };
        let (items, skipped) = read_all(&folder);
        let mut seen = by_type(&items);
        for one in &skipped {
            *seen
                .entry(one.resource.split('/').next().unwrap().to_owned())
                .or_default() += 1;
        }
        assert_eq!(seen, counted(&folder), "{set}");
        assert!(skipped.is_empty(), "{set}: {skipped:?}");
        assert!(
            items.iter().all(|item| !item.original().is_empty()),
            "{set}: an original is gone"
        );
    }
}

#[test]
fn every_resource_of_a_known_type_has_a_typed_view() {
    for set in ["synthea-r4", "synthea-bulk"] {
        let Some(folder) = data(set) else { continue };
        let (items, _) = read_all(&folder);
        let typed = by_type(items.iter().filter(|item| is_typed(item)));
        let all = counted(&folder);
        for kind in TYPED {
            assert_eq!(typed.get(kind), all.get(kind), "{set}: {kind}");
        }
        for item in &items {
            let Mapped::Entry(body) = &item.mapped else {
                continue;
            };
            assert!(
                !body.headline().trim().is_empty(),
                "{set}: {}/{} says nothing",
                item.resource_type,
                item.id
            );
            assert!(
                body.at().is_some() || body.kind() == Kind::Document,
                "{set}: {}/{} has no time",
                item.resource_type,
                item.id
            );
        }
    }
}

#[test]
fn every_item_finds_its_patient_and_patients_come_first() {
    for (set, patients) in [("synthea-r4", 13), ("synthea-bulk", 13)] {
        let Some(folder) = data(set) else { continue };
        let mut resolver = Resolver::new();
        let mut known = 0;
        for found in reader(&folder) {
            let Found::Item(item) = found else {
                panic!("{found:?}")
            };
            match &item.mapped {
                Mapped::Patient(_) => {
                    known += 1;
                    resolver.learn(&item, &known);
                }
                Mapped::Register(_) => assert_eq!(resolver.resolve(&item), Resolution::NoSubject),
                Mapped::Unsupported(_) if item.subject.is_none() => {}
                Mapped::Entry(_) | Mapped::Unsupported(_) => {
                    let bulk = item.file.extension().is_some_and(|end| end == "ndjson");
                    match resolver.resolve(&item) {
                        // In bulk data all patients are known before the rest, so any of them may be meant.
                        Resolution::Patient(_) if bulk => {}
                        found => assert_eq!(found, Resolution::Patient(known), "{set}"),
                    }
                }
            }
        }
        assert_eq!(known, patients, "{set}");
    }
}

/// The code that a resource's `code` has in LOINC, read without our mapping.
fn loinc(item: &Item) -> String {
    let value: Value = serde_json::from_slice(item.original()).unwrap();
    let codings = value["code"]["coding"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    codings
        .iter()
        .find_map(|c| c["code"].as_str())
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn vital_signs_and_nothing_else_become_vitals() {
    let Some(folder) = data("synthea-r4") else {
        return;
    };
    let vital = [
        "55284-4", "85354-9", "8867-4", "8310-5", "8331-1", "9279-1", "2708-6", "59408-5",
        "29463-7", "8302-2", "72514-3",
    ];
    for item in read_all(&folder)
        .0
        .iter()
        .filter(|item| item.resource_type == "Observation")
    {
        let Mapped::Entry(body) = &item.mapped else {
            panic!("{item:?}")
        };
        let code = loinc(item);
        assert_eq!(
            body.kind() == Kind::Vitals,
            vital.contains(&code.as_str()),
            "{code}: {}",
            body.headline()
        );
        if code == "55284-4" {
            let Body::Vitals(vitals) = body else {
                panic!("{body:?}")
            };
            assert!(vitals.systolic.is_some() && vitals.diastolic.is_some());
        }
    }
}

#[test]
fn what_is_entered_in_error_or_refuted_is_said_to_be() {
    let Some(folder) = data("au-core-r4") else {
        return;
    };
    let read = |name: &str| read_all(&folder.join(name)).0.remove(0);
    assert_eq!(
        read("AllergyIntolerance-egg-entered-in-error.json").standing,
        Standing::EnteredInError
    );
    let refuted = read("AllergyIntolerance-ibuprofen-refuted.json");
    assert_eq!(refuted.standing, Standing::Stands);
    let Mapped::Entry(Body::Allergy(allergy)) = refuted.mapped else {
        panic!("no allergy")
    };
    assert!(!allergy.is_current());
    assert_eq!(
        read("AllergyIntolerance-egg-suppressed-subject.json").subject,
        None
    );
}

#[test]
fn a_medicine_is_found_in_the_order_in_the_resource_or_in_another_file() {
    let Some(folder) = data("hl7-r4-examples") else {
        return;
    };
    let medicine = |path: &Path| {
        let found = read_all(path)
            .0
            .into_iter()
            .find(|item| item.resource_type == "MedicationRequest")
            .unwrap();
        let Mapped::Entry(Body::Prescription(rx)) = found.mapped else {
            panic!("no prescription")
        };
        (
            rx.medicine.label().to_owned(),
            rx.indication.map(|i| i.label().to_owned()),
        )
    };
    let (contained, why) = medicine(&folder.join("MedicationRequest-medrx0301.json"));
    assert_eq!(contained, "Oral Form Oxycodone (product)");
    assert_eq!(why.as_deref(), Some("Rib Pain (finding)"));
    let Some(bulk) = data("synthea-bulk") else {
        return;
    };
    let (_, why) = medicine(&bulk);
    assert_eq!(why.as_deref(), Some("Essential hypertension (disorder)"));
}

#[test]
fn notes_of_bulk_data_are_readable() {
    let Some(folder) = data("synthea-bulk") else {
        return;
    };
    let notes = read_all(&folder.join("10-patients/DocumentReference.000.ndjson")).0;
    for item in &notes {
        let Mapped::Entry(Body::Document(document)) = &item.mapped else {
            panic!("{item:?}")
        };
        assert!(document.media_type.starts_with("text/plain"));
        assert!(
            std::str::from_utf8(&document.content)
                .unwrap()
                .contains("Chief Complaint"),
            "{}",
            item.id
        );
    }
}

#[test]
fn nested_bundles_and_parameters_are_unpacked() {
    let Some(folder) = data("nhs-eps-r4") else {
        return;
    };
    let (items, _) = read_all(&folder.join("spec/dispensing/release"));
    let counts = by_type(&items);
    assert!(
        counts.contains_key("MedicationRequest") && !counts.contains_key("Bundle"),
        "{counts:?}"
    );
}
