//! From a snapshot: what it holds, and no more than the vault itself would give now.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use chartseal::clinical::{Body, Note};
use chartseal::desk::view::{Proceed, Reporter, SealedMade, unwatched};
use chartseal::desk::{Class, DeskError, audit, charts, search, units, write};
use chartseal::jobs::sealed_export::{self, Source, What};
use chartseal::ledger::clear::UnitKind;

use crate::office::{Office, chart};
use crate::support::{self, PASSPHRASE, secret};
use crate::ward::{Ward, erase};

/// A patient with one note, backed up; then a second note.
fn backed_up() -> (Ward, String, String) {
    let ward = Ward::new();
    let doctor = ward.here().login("hsmith");
    let who = support::patient("Gustavo", "Mejía");
    let mrn = charts::admit(&doctor, "Ward A", &who).unwrap().mrn;
    let note = |text: &str| {
        Body::Note(Note {
            text: text.into(),
            ..Default::default()
        })
    };
    write::entry(&doctor, &mrn, note("before")).unwrap();
    let snapshot = ward.back_up(&ward.here()).snapshot;
    write::entry(&doctor, &mrn, note("after")).unwrap();
    (ward, mrn, snapshot)
}

fn given(
    ward: &Ward,
    office: &Office,
    login: &str,
    what: What<'_>,
    snapshot: Option<&str>,
    name: &str,
) -> Result<SealedMade, DeskError> {
    given_watched(ward, office, login, what, snapshot, name, &unwatched)
}

fn given_watched(
    ward: &Ward,
    office: &Office,
    login: &str,
    what: What<'_>,
    snapshot: Option<&str>,
    name: &str,
    watch: Reporter<'_>,
) -> Result<SealedMade, DeskError> {
    let out: PathBuf = office.file(name);
    let scratch = office.file("scratch");
    std::fs::create_dir_all(&scratch).unwrap();
    let source = Source {
        target: &ward.target(),
        snapshot,
        shares: &ward.shares,
        head: None,
        scratch: Some(&scratch),
        login,
        passphrase: &secret(PASSPHRASE),
    };
    let order = office.order(what, &out);
    let made = sealed_export::export_from_snapshot(&ward.here().paths(), &source, &order, watch);
    let left = std::fs::read_dir(&scratch).unwrap().count();
    assert_eq!(left, 0, "the scratch folder is empty again");
    assert_eq!(made.is_ok(), out.exists());
    made
}

#[test]
fn a_chart_comes_out_of_a_snapshot_as_it_stood_and_goes_on_record_in_the_vault() {
    let (ward, mrn, snapshot) = backed_up();
    let office = Office::new();
    let newest = ward.back_up(&ward.here()).snapshot;
    let vault = ward.hospital.vault().host().vault();
    let says = |name: &str, text: &str| {
        let (told, entries) = office.opened(name, Some(&vault)).unwrap();
        let found = entries.iter().any(|entry| {
            entry["headline"]
                .as_str()
                .is_some_and(|line| line.contains(text))
        });
        (told.snapshot.unwrap(), found)
    };
    let made = given(
        &ward,
        &office,
        "hsmith",
        chart(&mrn),
        Some(&snapshot),
        "old",
    )
    .unwrap();
    assert_eq!(says("old", "before"), (snapshot.clone(), true));
    assert_eq!(says("old", "after"), (snapshot.clone(), false));
    given(&ward, &office, "hsmith", chart(&mrn), None, "new").unwrap();
    assert_eq!(says("new", "after"), (newest, true));
    let auditor = ward.here().login("audit");
    let lines = audit::list(&auditor, Some(&mrn), None, None).unwrap();
    assert!(lines.iter().any(|line| line.entry == made.export));
    // The same by author.
    given(
        &ward,
        &office,
        "hsmith",
        What::SignedBy("hsmith"),
        Some(&snapshot),
        "own",
    )
    .unwrap();
    assert_eq!(says("own", "before"), (snapshot.clone(), true));
    assert_eq!(says("own", "after"), (snapshot, false));
}

#[test]
fn an_old_snapshot_gives_nothing_to_somebody_whose_access_ended_since() {
    let (ward, mrn, snapshot) = backed_up();
    let office = Office::new();
    given(
        &ward,
        &office,
        "brandt",
        chart(&mrn),
        Some(&snapshot),
        "then",
    )
    .unwrap();
    // No backup has been made since: only the vault itself knows.
    let admin = ward.here().login("admin");
    units::leave(&admin, "Ward A", "brandt").unwrap();
    let refused = given(
        &ward,
        &office,
        "brandt",
        chart(&mrn),
        Some(&snapshot),
        "now",
    )
    .unwrap_err();
    assert_eq!(refused.class(), Class::Denied, "{refused}");
    // What they signed leaves as headers.
    let made = given(
        &ward,
        &office,
        "brandt",
        What::SignedBy("brandt"),
        Some(&snapshot),
        "own",
    );
    assert!(made.is_ok_and(|made| made.opened < made.entries || made.entries == 0));
    chartseal::desk::users::disable(&admin, "brandt").unwrap();
    let refused = given(
        &ward,
        &office,
        "brandt",
        chart(&mrn),
        Some(&snapshot),
        "ended",
    )
    .unwrap_err();
    assert_eq!(refused.class(), Class::Denied, "{refused}");
}

#[test]
fn an_old_snapshot_gives_no_units_own_work_to_somebody_who_left_the_unit_since() {
    let (ward, office) = (Ward::new(), Office::new());
    let doctor = ward.here().login("hsmith");
    search::run(&doctor, "anything", 9, 0).unwrap();
    let snapshot = ward.back_up(&ward.here()).snapshot;
    let signed = |name: &str| {
        let what = What::SignedBy("hsmith");
        given(&ward, &office, "audit", what, Some(&snapshot), name).unwrap();
        let (_, entries) = office.opened(name, None).unwrap();
        let entries = entries.into_iter();
        let access: Vec<_> = entries
            .filter(|entry| entry["section"] == "access")
            .collect();
        assert!(!access.is_empty());
        access
    };
    let then = signed("then");
    assert!(then.iter().any(|entry| entry["kind"] == "searched"));
    let admin = ward.here().login("admin");
    let directory = ward.hospital.vault().directory().unwrap();
    let auditors = directory.special(UnitKind::Auditors).unwrap();
    units::leave(&admin, &auditors.unit.name, "audit").unwrap();
    for entry in signed("now") {
        assert_eq!(entry["closed"], true, "{entry}");
    }
}

#[test]
fn stopped_while_the_snapshot_is_checked_it_leaves_nothing_and_points_at_nothing() {
    let (ward, mrn, _) = backed_up();
    let office = Office::new();
    let seen = AtomicBool::new(false);
    let stopped = given_watched(
        &ward,
        &office,
        "hsmith",
        chart(&mrn),
        None,
        "out",
        &|word| {
            if word.what == "restore" {
                return Proceed::Go;
            }
            seen.store(true, SeqCst);
            Proceed::Stop
        },
    )
    .unwrap_err();
    assert!(seen.load(SeqCst));
    assert!(stopped.to_string().starts_with("stopped"), "{stopped}");
}

#[test]
fn an_old_snapshot_brings_no_erased_chart_out() {
    let (ward, mrn, snapshot) = backed_up();
    let office = Office::new();
    let doctor = ward.here().login("hsmith");
    let id = charts::list(&doctor, None).unwrap()[0]
        .chart
        .parse()
        .unwrap();
    erase(&ward.here().login("admin"), id);
    let refused = given(
        &ward,
        &office,
        "hsmith",
        chart(&mrn),
        Some(&snapshot),
        "erased",
    )
    .unwrap_err();
    assert!(refused.to_string().contains("erased"), "{refused}");
}

#[test]
fn too_few_shares_give_nothing() {
    let (mut ward, mrn, _) = backed_up();
    let office = Office::new();
    ward.shares.truncate(2);
    let refused = given(&ward, &office, "hsmith", chart(&mrn), None, "few").unwrap_err();
    assert_eq!(refused.class(), Class::Denied, "{refused}");
}
