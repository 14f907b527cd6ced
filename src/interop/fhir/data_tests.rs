//! The reader and the mapping on health data that others made; see [`data`] for where it is looked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::clinical::{Body, Kind};

/// The folder of test data: `CHARTSEAL_TEST_DATA`, which then has to be there, else `../shared/data`. `None`, with a word, where there
/// is neither.
pub(super) fn data(set: &str) -> Option<PathBuf> {
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

pub(super) fn reader(path: &Path) -> Reader {
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

/// The resources in parameters and their parts.
fn parts(parameters: &Value) -> Vec<&Value> {
    let parameters = parameters.as_array().into_iter().flatten();
    parameters
        .flat_map(|p| std::iter::once(&p["resource"]).chain(parts(&p["part"])))
        .collect()
}

/// Resources by type, counted by a parser that knows nothing of ours.
fn counted(path: &Path) -> BTreeMap<String, usize> {
    fn count(value: &Value, into: &mut BTreeMap<String, usize>) {
        let name = value["resourceType"].as_str().unwrap_or("?");
        let inner: Vec<&Value> = match name {
            "Bundle" => value["entry"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|e| &e["resource"])
                .collect(),
            "Parameters" => parts(&value["parameter"]),
            _ => Vec::new(),
        };
        let inner: Vec<&Value> = inner
            .into_iter()
            .filter(|resource| resource.is_object())
            .collect();
        if inner.is_empty() && name != "Bundle" {
            *into.entry(name.to_owned()).or_default() += 1;
        }
        for resource in inner {
            count(resource, into);
        }
    }
    let mut counts = BTreeMap::new();
    for file in Files::find(&[path]).unwrap().as_slice() {
        let text = std::fs::read_to_string(&file.path).unwrap();
        if file.path.extension().is_some_and(|e| e == "ndjson") {
            for line in text.lines() {
                count(&serde_json::from_str(line).unwrap(), &mut counts);
            }
        } else {
            count(&serde_json::from_str(&text).unwrap(), &mut counts);
        }
    }
    counts
}

fn by_type<'a>(items: impl IntoIterator<Item = &'a Item>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
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
                    assert_eq!(
                        resolver.resolve(&item),
                        Resolution::Patient(known.min(patients)).or(&resolver, &item),
                        "{set}"
                    );
                }
            }
        }
        assert_eq!(known, patients, "{set}");
    }
}

impl Resolution<usize> {
    /// In bulk data all patients are known before the rest, so any of them may be meant.
    fn or(self, resolver: &Resolver<usize>, item: &Item) -> Self {
        match resolver.resolve(item) {
            Self::Patient(patient) if item.file.extension().is_some_and(|e| e == "ndjson") => {
                Self::Patient(patient)
            }
            _ => self,
        }
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
