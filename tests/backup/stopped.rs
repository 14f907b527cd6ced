//! A restore and a drill on a real vault that whoever watches stops, wherever they are.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use chartseal::backup::BackupError;
use chartseal::backup::restore::Damage;
use chartseal::desk::DeskError;
use chartseal::desk::view::{Proceed, Progress};
use chartseal::jobs::backup::{self, Drill, HostFolder, Order};

use crate::support::{PASSPHRASE, secret};
use crate::ward::{Place, Ward};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Lets the fetching pass and stops what comes after it.
fn at_the_last_check(seen: &AtomicBool) -> impl Fn(&Progress) -> Proceed + Sync {
    move |word| {
        if word.what == "restore" {
            return Proceed::Go;
        }
        seen.store(true, SeqCst);
        Proceed::Stop
    }
}

fn restore(ward: &Ward, into: &Place, watch: &(dyn Fn(&Progress) -> Proceed + Sync)) -> DeskError {
    let order = Order {
        into: &into.vault,
        host: &HostFolder::Rather(into.host.clone()),
        snapshot: None,
        shares: &ward.shares,
        head: None,
        damage: Damage::Refuse,
    };
    backup::restore(&ward.target(), &order, watch).unwrap_err()
}

#[test]
fn a_restore_stopped_while_it_fetches_leaves_nothing() {
    let ward = Ward::new();
    ward.back_up(&ward.here());
    let before = names(ward.hospital.folder.path());
    let stopped = restore(&ward, &ward.elsewhere("new"), &|_| Proceed::Stop);
    assert!(
        matches!(stopped, DeskError::Backup(BackupError::Cancelled)),
        "{stopped}"
    );
    assert_eq!(names(ward.hospital.folder.path()), before);
    ward.restore("new", None).0.login("hsmith");
}

#[test]
fn a_restore_stopped_while_it_verifies_leaves_nothing() {
    let ward = Ward::new();
    ward.back_up(&ward.here());
    let before = names(ward.hospital.folder.path());
    let (place, seen) = (ward.elsewhere("new"), AtomicBool::new(false));
    let stopped = restore(&ward, &place, &at_the_last_check(&seen));
    assert!(seen.load(SeqCst));
    assert!(
        matches!(stopped, DeskError::Backup(BackupError::Cancelled)),
        "{stopped}"
    );
    assert_eq!(names(ward.hospital.folder.path()), before);
    ward.restore("new", None).0.login("hsmith");
}

#[test]
fn a_drill_stopped_in_the_last_check_removes_what_it_restored_and_is_not_on_record() {
    let ward = Ward::new();
    ward.back_up(&ward.here());
    let before = names(ward.hospital.folder.path());
    let (passphrase, seen) = (secret(PASSPHRASE), AtomicBool::new(false));
    let drill = Drill {
        login: "hsmith",
        passphrase: &passphrase,
        shares: &ward.shares,
        head: None,
        scratch: None,
        charts: 1,
    };
    let paths = ward.here().paths();
    let watch = at_the_last_check(&seen);
    let stopped = backup::drill(&paths, &ward.target(), &drill, &watch).unwrap_err();
    assert!(seen.load(SeqCst));
    assert!(
        matches!(stopped, DeskError::Backup(BackupError::Cancelled)),
        "{stopped}"
    );
    assert_eq!(names(ward.hospital.folder.path()), before);
    let directory = ward.hospital.vault().directory().unwrap();
    assert!(directory.last_drill.is_none());
}
