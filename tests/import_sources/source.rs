//! Sources as an import finds them, and what a chart says of them afterwards.

use std::path::{Path, PathBuf};

use chartseal::desk::Session;
use chartseal::desk::charts::{list, no_json, show};
use chartseal::desk::view::{Imported, unwatched};
use chartseal::jobs::import;

use crate::support::Hospital;

/// A file of these lines in a folder of its own, as every source has one.
pub fn file(hospital: &Hospital, name: &str, lines: &[&str]) -> PathBuf {
    let folder = hospital.folder.path().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("data.ndjson");
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

pub fn take(session: &Session, path: &Path) -> Imported {
    import::fhir(session, &[path.to_owned()], "Ward A", &unwatched).unwrap()
}

pub fn take_from(session: &Session, path: &Path, system: &str) -> Imported {
    let (paths, system) = ([path.to_owned()], system.parse().unwrap());
    import::fhir_from(session, &paths, "Ward A", Some(&system), &unwatched).unwrap()
}

/// What is said in the clinical section of the only chart of somebody by this family name.
pub fn chart_of(session: &Session, family: &str) -> String {
    let lines = list(session, None).unwrap();
    let mut found = lines.iter().filter(|line| line.name.contains(family));
    let line = found
        .next()
        .unwrap_or_else(|| panic!("no {family}: {lines:?}"));
    assert!(found.next().is_none(), "one chart: {lines:?}");
    let view = show(session, &line.mrn, None, &no_json).unwrap();
    let mut said: Vec<String> = view.sections["clinical"]
        .iter()
        .filter(|entry| entry.retracted.is_none() && entry.kind != "retraction")
        .map(|entry| entry.headline.replace(", active, unconfirmed", ""))
        .collect();
    said.sort();
    said.join(", ")
}

pub fn unchanged(done: &Imported) {
    assert!(
        (done.entries, done.amended, done.charts_created) == (0, 0, 0) && done.skipped.is_empty(),
        "{done:?}"
    );
}

pub const GOUT: &str = r#"{"resourceType":"Condition","id":"1","subject":{"reference":"Patient/1"},"code":{"text":"gout"}}"#;

pub const ASTHMA: &str = r#"{"resourceType":"Condition","id":"1","subject":{"reference":"Patient/1"},"code":{"text":"asthma"}}"#;
