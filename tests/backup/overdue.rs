//! Backups that are due, overdue, under way, or cannot be made for days.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use chartseal::desk::{charts, status};
use chartseal::jobs::backup::{Turn, turn};

use crate::program::Program;
use crate::support::patient;
use crate::ward::Ward;

const HOUR: u64 = 3_600_000;

/// Every file below a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_backup_is_overdue_after_26_hours_and_a_vault_that_never_had_one_26_hours_after_its_founding() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let founded = {
        let vault = ward.hospital.vault();
        let first = vault.ledger().read(|tx| tx.entry(1)).unwrap();
        first.unwrap().core.created
    };
    let overdue_at = |at: u64| {
        let status = status::read_at(&paths, at).unwrap();
        // What a monitor reads.
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!(json["backup_overdue"], status.backup_overdue);
        assert_eq!(
            json["last_backup"].is_string(),
            status.last_backup.is_some()
        );
        status.backup_overdue
    };
    assert!(!overdue_at(founded + 26 * HOUR) && overdue_at(founded + 26 * HOUR + 1));
    ward.back_up(&ward.here());
    let last = status::read(&paths).unwrap().last_backup.unwrap().millis() as u64;
    assert!(!overdue_at(last) && !overdue_at(last + 26 * HOUR));
    assert!(overdue_at(last + 26 * HOUR + 1));
    let json = Program::at(&ward.here()).json(&[&["status"]]).done();
    assert_eq!(json["backup_overdue"], false);
}

#[test]
fn a_schedule_backs_up_when_it_is_due_not_before_and_not_beside_another_run() {
    let ward = Ward::new();
    let paths = ward.here().paths();
    let every = Duration::from_hours(6);
    let stop = AtomicBool::new(false);
    let at = |now: u64| turn(&paths, &ward.target(), every, &stop, now).unwrap();
    assert!(matches!(at(1), Turn::Made(_)), "there was none");
    let last = status::read(&paths).unwrap().last_backup.unwrap().millis() as u64;
    assert!(matches!(at(last), Turn::NotDue(left) if left == every));
    let nearly = at(last + 6 * HOUR - 1);
    assert!(matches!(nearly, Turn::NotDue(left) if left == Duration::from_millis(1)));
    // Somebody else is at it, in another process as far as the lock knows.
    let lock = files(&ward.here().host)
        .into_iter()
        .find(|file| {
            file.extension().is_some_and(|end| end == "lock")
                && file.to_string_lossy().contains("backup-")
        })
        .unwrap();
    let held = std::fs::File::open(lock).unwrap();
    held.lock().unwrap();
    assert!(matches!(at(last + 6 * HOUR), Turn::Busy));
    drop(held);
    assert!(matches!(at(last + 6 * HOUR), Turn::Made(_)));
    // Whoever made it: the other terminals of the host find it made.
    let last = status::read(&paths).unwrap().last_backup.unwrap().millis() as u64;
    assert!(matches!(at(last + HOUR), Turn::NotDue(_)));
}

#[test]
fn a_target_that_is_away_for_days_is_made_up_for_by_one_run_from_the_ledger() {
    let ward = Ward::new();
    let here = Program::at(&ward.here());
    let mount = ward.hospital.folder.path().join("mount");
    let away = ward.hospital.folder.path().join("away");
    std::fs::create_dir(&mount).unwrap();
    let address = mount.join("repository");
    let to = address.to_str().unwrap();
    let run = ["backup", "run", "--to", to];
    let first = here.json(&[&run]).done();
    std::fs::rename(&mount, &away).unwrap();
    let registrar = ward.here().login("reyes");
    for given in ["Gustavo", "Ana", "Jill", "Hans", "Pia"] {
        charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
        let failed = here.json(&[&run]);
        assert_eq!(failed.code, 5, "safe to run again: {failed:?}");
        assert!(!mount.exists(), "what is not mounted is not made up");
    }
    let paths = ward.here().paths();
    let last = status::read(&paths).unwrap().last_backup.unwrap().millis() as u64;
    let days_later = status::read_at(&paths, last + 120 * HOUR).unwrap();
    assert!(days_later.backup_overdue, "a run that failed is no backup");

    std::fs::rename(&away, &mount).unwrap();
    let caught_up = here.json(&[&run]).done();
    assert_eq!(caught_up["parent"], first["snapshot"]);
    let entries = |run: &serde_json::Value, field: &str| run[field].as_u64().unwrap();
    assert_eq!(
        entries(&caught_up, "new_entries"),
        entries(&caught_up, "entries") - entries(&first, "entries")
    );
    let ward = Ward {
        repository: address,
        ..ward
    };
    let (there, restored) = ward.restore("there", None);
    assert!(restored.verify.ok);
    assert_eq!(charts::list(&there.login("hsmith"), None).unwrap().len(), 5);
}
