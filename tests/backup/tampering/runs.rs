//! What a run does where it finds something lost, foreign or not its own.

use chartseal::backup::object::Address;
use chartseal::backup::restore::Damage;
use chartseal::backup::source::TableId;
use chartseal::backup::target::{Name, Shelf};
use chartseal::backup::tombstone::{self, Stone, Subject};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{Alarm, BackupError, Fault};

use super::{manifests, objects, two_snapshots};
use crate::book::Book;
use crate::memory::Memory;
use crate::site::{Site, wire};

#[tokio::test]
async fn an_object_lost_by_the_target_is_made_anew_and_told() {
    let (site, target) = two_snapshots().await;
    let old = site.verify(target.clone(), ReadData::None).await;
    assert!(old.ok());
    // One at a time, until one is missed: what only an older snapshot lists is missed by nobody who goes on.
    let mut told = None;
    for (name, _) in objects(&target) {
        target.remove(Shelf::Objects, &name);
        let run = site.back_up(target.clone()).await.unwrap();
        if run
            .alarms
            .iter()
            .any(|alarm| matches!(alarm, Alarm::Lost(..)))
        {
            told = Some(run);
            break;
        }
    }
    let healed = told.expect("some object is needed by the snapshots to come");
    // What only the older snapshots list cannot be made anew: the slots of their time.
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.corrupt.is_empty(), "{verified:?}");
    assert!(
        verified
            .missing
            .iter()
            .all(|f| !f.detail.contains("entries")),
        "{verified:?}"
    );
    let parent = healed.parent.unwrap();
    for snapshot in [None, Some(parent.as_str())] {
        let (restored, outcome) = site
            .restore_as(target.clone(), snapshot, Damage::Refuse)
            .await
            .unwrap();
        assert_eq!(
            outcome.book.rows,
            site.book
                .read()
                .at(restored.snapshot.manifest.head.seq)
                .rows
        );
    }
}

#[tokio::test]
async fn something_foreign_in_the_place_of_an_object_is_not_taken_over() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    // The first run, whose journal and mark are lost, leaves its objects behind.
    site.back_up(target.clone()).await.unwrap();
    let manifest = manifests(&target).remove(0);
    target.remove(Shelf::Manifests, &manifest);
    std::fs::remove_dir_all(&site.host).unwrap();
    for name in target.names(Shelf::Objects) {
        target.write(Shelf::Objects, &name, b"foreign".to_vec());
    }
    let snapshot = site.back_up(target.clone()).await.unwrap();
    assert!(!snapshot.alarms.is_empty());
    assert!(
        snapshot
            .alarms
            .iter()
            .all(|alarm| matches!(alarm, Alarm::Unvouched(_))),
        "{:?}",
        snapshot.alarms
    );
    assert!(
        snapshot
            .manifest
            .manifest
            .objects
            .iter()
            .all(|object| object.address.generation == 1)
    );
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test]
async fn a_pack_about_to_be_pruned_goes_up_under_the_next_generation() {
    let (site, target) = two_snapshots().await;
    for (name, _) in objects(&target).into_iter().step_by(2) {
        let tombstone = tombstone_by(&site, &name);
        target.write(Shelf::Tombstones, &name, tombstone);
    }
    let snapshot = site.back_up(target.clone()).await.unwrap();
    for (name, _) in objects(&target) {
        if target.names(Shelf::Tombstones).contains(&name) {
            target.remove(Shelf::Objects, &name);
        }
    }
    assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
    let (_, outcome) = site.restore(target).await.unwrap();
    assert_eq!(outcome.book, site.book.read());
}

/// A tombstone of an object, as somebody with the keys of this site makes it.
fn tombstone_by(site: &Site, object: &Name) -> Vec<u8> {
    let subject = Subject::Object(Address::parse(object).unwrap());
    let stone = Stone {
        at: site.now(),
        previous: None,
    };
    tombstone::seal(&site.keys, &subject, stone)
}

#[tokio::test]
async fn a_tombstone_by_the_operator_excuses_no_loss_and_is_told() {
    let (site, target) = two_snapshots().await;
    let operator = Site::new(Book::default());
    let parent = site.back_up(target.clone()).await.unwrap().manifest;
    let listed = &parent.manifest.objects;
    for (n, object) in listed.iter().enumerate() {
        let evil = target.copy();
        let name = object.address.name();
        let host = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(&site.host).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), host.path().join(file.file_name())).unwrap();
        }
        let tombstone = vec![vec![], tombstone_by(&operator, &name)].swap_remove(n % 2);
        evil.write(Shelf::Tombstones, &name, tombstone);
        let gone = n % 3 > 0;
        if gone {
            evil.remove(Shelf::Objects, &name);
        }
        let run = site
            .back_up_as(&wire(evil.clone()), host.path())
            .await
            .unwrap();
        let mut told = vec![Alarm::Forged(object.address)];
        if gone {
            told.push(Alarm::Lost(object.address, object.describe()));
        }
        assert_eq!(run.alarms, told);
        let objects = &run.manifest.manifest.objects;
        assert!(objects.iter().all(|o| o.address != object.address));
        assert_eq!(site.restore(evil).await.unwrap().1.book, site.book.read());
    }
}

#[tokio::test]
async fn a_ledger_that_does_not_continue_the_last_backup_is_not_backed_up() {
    let (site, target) = two_snapshots().await;
    let book = site.book.read();
    site.book.0.lock().unwrap().rows.truncate(70);
    let refused = site.back_up(target.clone()).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::LedgerDiverged { seq: 80, .. }),
        "{refused}"
    );
    let mut other = book.at(79);
    other.write(99, 5);
    *site.book.0.lock().unwrap() = other;
    let refused = site.back_up(target).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::LedgerDiverged { seq: 80, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_repository_of_another_vault_is_refused_by_runs_and_restores() {
    let (_, target) = two_snapshots().await;
    let stranger = Site::new(Book::written(5, 10));
    let refused = stranger.back_up(target.clone()).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Request);
    let refused = stranger.restore(target).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::WrongShares { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn an_old_snapshot_revives_nobody() {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    let old = site.back_up(target.clone()).await.unwrap();
    site.book.write(2, 20);
    let slots = site.book.read().tables[&TableId::SLOT][..250].to_vec();
    site.book
        .0
        .lock()
        .unwrap()
        .tables
        .insert(TableId::SLOT, slots.clone());
    site.back_up(target.clone()).await.unwrap();
    let id = old.manifest.id();
    let (restored, outcome) = site
        .restore_as(target, Some(&id), Damage::Refuse)
        .await
        .unwrap();
    assert_eq!(restored.snapshot.hash, old.manifest.hash);
    assert_eq!(outcome.book.rows, site.book.read().at(60).rows);
    assert_eq!(
        outcome.book.tables[&TableId::SLOT],
        slots,
        "shredded keys stay shredded"
    );
    assert!(
        !outcome.book.tables.contains_key(&TableId::INDEX_SEGMENT),
        "the index of later entries is rebuilt"
    );
    assert_eq!(
        outcome.later,
        site.book.read().rows[60..],
        "later revocations and erasures are there to be applied"
    );
}
