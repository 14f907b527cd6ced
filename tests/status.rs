//! What anyone on the host may know, and whether the host's keys are sound.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use chartseal::config::Paths;
use chartseal::desk::view::{CheckOutcome, KeysCheck};
use chartseal::desk::{keys, status};
use support::{Hospital, secret};

fn paths(hospital: &Hospital) -> Paths {
    Paths::new(
        &hospital.folder.path().join("vault"),
        &hospital.folder.path().join("host"),
    )
}

fn outcome(checked: &KeysCheck, name: &str) -> CheckOutcome {
    checked
        .checks
        .iter()
        .find(|check| check.check == name)
        .unwrap()
        .outcome
}

#[test]
fn the_status_counts_people_units_and_entries() {
    let hospital = Hospital::staffed();
    let status = status::read(&paths(&hospital)).unwrap();
    assert_eq!(
        status.users,
        1 + support::STAFF.len() as u64,
        "the host is no user"
    );
    assert_eq!(
        status.units, 7,
        "three wards and pharmacies, four special ones"
    );
    assert_eq!(
        status.entries,
        hospital.vault().ledger().head().unwrap().seq
    );
    assert_eq!(
        (status.charts, status.locked_accounts, status.last_backup),
        (0, 0, None)
    );
}

#[test]
fn an_account_that_is_locked_out_is_counted() {
    let hospital = Hospital::bare();
    for _ in 0..5 {
        hospital
            .vault()
            .unlock("admin", &secret("not the passphrase"))
            .unwrap_err();
    }
    assert_eq!(status::read(&paths(&hospital)).unwrap().locked_accounts, 1);
}

#[test]
fn a_verification_that_found_nothing_wrong_is_remembered() {
    let hospital = Hospital::bare();
    assert_eq!(status::read(&paths(&hospital)).unwrap().last_verify, None);
    status::mark_verified(hospital.vault().host()).unwrap();
    assert!(
        status::read(&paths(&hospital))
            .unwrap()
            .last_verify
            .is_some()
    );
}

#[test]
fn the_keys_of_a_fresh_host_are_sound() {
    let hospital = Hospital::bare();
    let checked = keys::check(&paths(&hospital)).unwrap();
    assert!(checked.ok, "{checked:?}");
    assert_eq!(outcome(&checked, "certificate"), CheckOutcome::Ok);
}

#[test]
fn a_host_secret_that_others_can_read_is_found() {
    let hospital = Hospital::bare();
    let file = hospital.folder.path().join("host/host-secret");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let checked = keys::check(&paths(&hospital)).unwrap();
    assert!(!checked.ok);
    assert_eq!(outcome(&checked, "host-secret"), CheckOutcome::Stop);
    assert_eq!(outcome(&checked, "identity"), CheckOutcome::Ok);
}

#[test]
fn the_state_of_another_host_is_found() {
    let (mine, other) = (Hospital::bare(), Hospital::bare());
    let paths = Paths::new(
        &mine.folder.path().join("vault"),
        &other.folder.path().join("host"),
    );
    let checked = keys::check(&paths).unwrap();
    assert_eq!(
        (checked.ok, outcome(&checked, "vault")),
        (false, CheckOutcome::Stop)
    );
}

#[test]
fn a_ledger_that_is_shorter_than_the_host_remembers_is_found() {
    let hospital = Hospital::bare();
    let head = hospital.vault().ledger().head().unwrap();
    let ahead = chartseal::ledger::Head {
        seq: head.seq + 1,
        link: head.link,
    };
    hospital.vault().host().raise_high_water(ahead).unwrap();
    let checked = keys::check(&paths(&hospital)).unwrap();
    assert_eq!(
        (checked.ok, outcome(&checked, "high-water")),
        (false, CheckOutcome::Stop)
    );
}
