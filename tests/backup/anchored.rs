//! A host that lost its memory of a target is told by its own ledger what must be there. Of several targets, of old copies and of
//! restored vaults nothing is said that is not so.

use std::sync::Arc;

use chartseal::backup::keys::BackupKeys;
use chartseal::backup::manifest::ManifestName;
use chartseal::backup::target::{Name, Shelf};
use chartseal::backup::tombstone::{self, Stone, Subject};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault};
use chartseal::desk::view::{BackupVerified, unwatched};
use chartseal::desk::{DeskError, charts};
use chartseal::jobs::backup::{self, Target};
use tokio::runtime::Runtime;

use crate::support::patient;
use crate::ward::{Place, Ward};

fn verify(place: &Place, target: &Target) -> BackupVerified {
    backup::verify(&place.paths(), target, ReadData::None, None, &unwatched).unwrap()
}

/// What the host remembers of its targets is gone.
fn lose_memory(place: &Place) {
    std::fs::remove_dir_all(place.host.join("backups")).unwrap();
}

/// A ward with three snapshots.
fn with_three_snapshots() -> Ward {
    let ward = Ward::new();
    let registrar = ward.here().login("reyes");
    for given in ["Gustavo", "Ana", "Jill"] {
        charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
        ward.back_up(&ward.here());
    }
    ward
}

/// Takes the newest manifest away, and gives what puts it back.
fn cut_newest(target: &Target) -> impl FnOnce() + use<> {
    let runtime = Runtime::new().unwrap();
    let operator = runtime.block_on(target.location.open(None)).unwrap();
    let stats = runtime.block_on(operator.list(Shelf::Manifests)).unwrap();
    let newest: Name = stats
        .into_iter()
        .map(|stat| stat.name)
        .max_by_key(|name| ManifestName::parse(name).unwrap().number)
        .unwrap();
    let file = runtime.block_on(operator.get(Shelf::Manifests, &newest));
    let file = Arc::new(file.unwrap().unwrap());
    runtime
        .block_on(operator.delete(Shelf::Manifests, &newest))
        .unwrap();
    move || {
        runtime
            .block_on(operator.put(Shelf::Manifests, &newest, file))
            .unwrap();
    }
}

#[test]
fn a_host_that_lost_its_memory_is_told_by_its_ledger_that_a_target_was_rolled_back() {
    let ward = with_three_snapshots();
    let (here, target) = (ward.here(), ward.target());
    lose_memory(&here);
    let put_back = cut_newest(&target);
    let said = verify(&here, &target);
    assert!(said.rolled_back && !said.ok, "{said:?}");
    let behind = said.behind.unwrap();
    assert!(
        behind.contains("snapshot number 3") && behind.contains("ledger"),
        "{behind}"
    );
    let Err(DeskError::Backup(refused)) = backup::run(&here.paths(), &target, &unwatched) else {
        panic!("a run built upon an old state");
    };
    assert!(
        matches!(refused, BackupError::Unanchored { number: 3, .. }),
        "{refused}"
    );
    assert_eq!(refused.fault(), Fault::Evidence);

    put_back();
    assert!(verify(&here, &target).ok);
    ward.back_up(&here);
    assert!(verify(&here, &target).ok);
}

#[test]
fn a_target_that_was_emptied_is_not_taken_for_a_new_one() {
    let ward = with_three_snapshots();
    let (here, target) = (ward.here(), ward.target());
    lose_memory(&here);
    std::fs::remove_dir_all(&ward.repository).unwrap();
    let refused = backup::run(&here.paths(), &target, &unwatched).unwrap_err();
    assert!(
        matches!(
            refused,
            DeskError::Backup(BackupError::Unanchored { number: 3, .. })
        ),
        "{refused}"
    );
    let said = verify(&here, &target);
    assert!(said.rolled_back, "{said:?}");
}

#[test]
fn of_several_targets_each_is_asked_for_its_own_snapshots_alone() {
    let ward = with_three_snapshots();
    let here = ward.here();
    let other = ward.hospital.folder.path().join("other");
    let other = Target::parse(other.to_str().unwrap()).unwrap();
    ward.back_up_to(&here, &other);
    lose_memory(&here);
    for target in [&ward.target(), &other] {
        let said = verify(&here, target);
        assert!(said.ok, "{said:?}");
    }
    for target in [&ward.target(), &other] {
        ward.back_up_to(&here, target);
        assert!(verify(&here, target).ok);
    }
    // A newer snapshot elsewhere makes up for none that is gone here.
    lose_memory(&here);
    let _put_back = cut_newest(&ward.target());
    assert!(verify(&here, &ward.target()).rolled_back);
    assert!(verify(&here, &other).ok);
}

#[test]
fn an_old_copy_at_another_address_is_what_it_is() {
    let ward = with_three_snapshots();
    let copy = ward.hospital.folder.path().join("copy");
    let put_back = cut_newest(&ward.target());
    copy_folder(&ward.repository, &copy);
    put_back();
    let copy = Target::parse(copy.to_str().unwrap()).unwrap();
    let said = verify(&ward.here(), &copy);
    assert!(said.ok, "{said:?}");
    assert_eq!(said.snapshots, 2);
    // From here on its history is on record.
    ward.back_up_to(&ward.here(), &copy);
    lose_memory(&ward.here());
    let _put_back = cut_newest(&copy);
    assert!(verify(&ward.here(), &copy).rolled_back);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &there);
        } else {
            std::fs::copy(&path, &there).unwrap();
        }
    }
}

#[test]
fn a_snapshot_that_was_forgotten_is_not_missed() {
    let ward = with_three_snapshots();
    let (here, target) = (ward.here(), ward.target());
    let vault = ward.hospital.vault();
    let (_, _, mark) = vault.directory().unwrap().last_backup.unwrap();
    let host = vault.host();
    let keys = host.backup_keys().unwrap().unwrap();
    let keys = BackupKeys::from_bytes(&keys, host.sign().duplicate()).unwrap();
    let subject = Subject::Manifest(mark.manifest);
    let stone = Stone {
        at: 1,
        previous: None,
    };
    let file = Arc::new(tombstone::seal(&keys, &subject, stone));
    let runtime = Runtime::new().unwrap();
    let keeper = runtime.block_on(target.location.open(None)).unwrap();
    let _put_back = cut_newest(&target);
    lose_memory(&here);
    assert!(verify(&here, &target).rolled_back);
    // What somebody without the keys of a keeper writes excuses nothing.
    let name = subject.name();
    let forged = keeper.put(Shelf::Tombstones, &name, Arc::new(vec![]));
    runtime.block_on(forged).unwrap();
    assert!(verify(&here, &target).rolled_back);
    assert!(backup::run(&here.paths(), &target, &unwatched).is_err());
    runtime
        .block_on(keeper.delete(Shelf::Tombstones, &name))
        .unwrap();
    runtime
        .block_on(keeper.put(Shelf::Tombstones, &name, file))
        .unwrap();
    assert!(verify(&here, &target).ok);
    ward.back_up(&here);
    assert!(verify(&here, &target).ok);
}

#[test]
fn a_restored_vault_asks_for_what_its_own_ledger_knows() {
    let ward = with_three_snapshots();
    let target = ward.target();
    let snapshots = backup::list(&ward.here().paths(), &target, &unwatched).unwrap();
    let (there, restored) = ward.restore("restored", Some(&snapshots[1].snapshot));
    assert_eq!(restored.snapshot, snapshots[1].snapshot);
    there.login("admin");
    assert!(verify(&there, &target).ok);
    ward.back_up(&there);
    lose_memory(&there);
    assert!(verify(&there, &target).ok);
    ward.back_up(&there);
    assert!(verify(&there, &target).ok);

    // The same path leads to another disk on another machine: what the lost host sent to its own is not asked for there.
    let (there, _) = ward.restore("elsewhere", None);
    there.login("admin");
    lose_memory(&there);
    std::fs::remove_dir_all(&ward.repository).unwrap();
    ward.back_up(&there);
    assert!(verify(&there, &target).ok);
}
