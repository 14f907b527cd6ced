//! Every set goes into one vault through the real importer, whole and once.

use std::path::Path;

use chartseal::desk::Session;
use chartseal::desk::search;
use chartseal::desk::sheet::Sheet;
use chartseal::desk::view::{Imported, unwatched};
use chartseal::jobs::{import, verify};
use chartseal::ledger::Section;

use crate::counted::{Counts, counted};
use crate::support::{Hospital, data};

/// The types of which a chart holds every resource as an entry of its own kind.
const TYPED: [&str; 8] = [
    "Patient",
    "Observation",
    "Condition",
    "MedicationRequest",
    "AllergyIntolerance",
    "Encounter",
    "Procedure",
    "Immunization",
];

/// Of patients made by a generator, whole hospitals of them.
const WHOLE: [&str; 2] = ["synthea-r4", "synthea-bulk"];
/// Examples: of the standard, of one country's profile, of another's prescriptions.
const EXAMPLES: [&str; 3] = ["au-core-r4", "hl7-r4-examples", "nhs-eps-r4"];

/// The resources that every chart holds as it counts now, by type.
fn held(session: &Session) -> Counts {
    session
        .vault()
        .read(|reader| {
            let mut held = Counts::new();
            let charts: Vec<_> = reader.directory().charts.keys().copied().collect();
            for chart in charts {
                for section in [Section::Identity, Section::Clinical, Section::Medication] {
                    let sheet = Sheet::read(reader, chart, section)?;
                    assert!(sheet.damaged.is_empty() && sheet.unreadable == 0);
                    for (_, body) in sheet.current() {
                        let source = body.source().unwrap();
                        *held.entry(source.resource_type.clone()).or_default() += 1;
                    }
                }
            }
            Ok::<_, chartseal::desk::DeskError>(held)
        })
        .unwrap()
}

fn take(session: &Session, path: &Path) -> Imported {
    import::fhir(session, &[path.to_owned()], "Ward A", &unwatched).unwrap()
}

#[test]
fn every_set_goes_in_whole_and_once() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mut expected = Counts::new();
    let mut folders = Vec::new();
    for set in WHOLE {
        let Some(folder) = data(set) else { return };
        let here = counted(&folder);
        let done = take(&doctor, &folder);
        assert!(done.skipped.is_empty(), "{set}: {:?}", done.skipped);
        assert_eq!(done.patients, here["Patient"], "{set}");
        assert_eq!(done.charts_created, here["Patient"], "{set}");
        for (kind, count) in here {
            *expected.entry(kind).or_default() += count;
        }
        folders.push((folder, done));
    }
    let held = held(&doctor);
    for kind in TYPED {
        assert!(expected[kind] > 0, "{kind}");
        assert_eq!(held.get(kind), expected.get(kind), "{kind}");
    }
    for set in EXAMPLES {
        let Some(folder) = data(set) else { return };
        let here = counted(&folder);
        let done = take(&doctor, &folder);
        // Nothing is dropped in silence: every resource was written, known or named.
        let withdrawals = done.entries_by_kind.get("retraction").copied();
        let written = done.entries - withdrawals.unwrap_or_default();
        assert_eq!(
            written + done.unchanged + done.skipped.len() as u64,
            here.values().sum::<u64>(),
            "{set}: {done:?}"
        );
        folders.push((folder, done));
    }
    for (folder, first) in &folders {
        let again = take(&doctor, folder);
        let folder = folder.display();
        assert_eq!(
            (again.entries, again.amended, again.charts_created),
            (0, 0, 0),
            "{folder}: {again:?}"
        );
        assert_eq!(again.skipped, first.skipped, "{folder}");
    }
    let report = verify::full(&doctor, 2, &unwatched).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(
        search::run(&doctor, "kind:vitals", 1, 0).unwrap().uncovered,
        0
    );
}
