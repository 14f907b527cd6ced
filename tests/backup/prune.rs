//! Old snapshots go: never at once, never unsaid, never what somebody still needs.

use std::sync::Arc;

use chartseal::backup::high_water::HighWater;
use chartseal::backup::manifest::Timeline;
use chartseal::backup::object::{Address, ObjectKind};
use chartseal::backup::prune::{Forgotten, Keeper, Pruned, forget, prune};
use chartseal::backup::restore::Damage;
use chartseal::backup::retention::Retention;
use chartseal::backup::source::TableId;
use chartseal::backup::state::HostState;
use chartseal::backup::target::{Shelf, Target};
use chartseal::backup::tombstone::{self, Stone, Subject};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault, Wire};

use crate::book::{Book, noise};
use crate::clocked::Clocked;
use crate::memory::Memory;
use crate::site::{Site, wire};

pub async fn with<T, F>(site: &Site, target: Arc<dyn Target>, act: F) -> T
where
    F: AsyncFnOnce(Keeper<'_>) -> T,
{
    with_wire(site, &wire(target), act).await
}

pub async fn with_wire<T, F>(site: &Site, wire: &Wire, act: F) -> T
where
    F: AsyncFnOnce(Keeper<'_>) -> T,
{
    let ours = site.keys.signing.public();
    let mark = HighWater::read(&site.host, site.keys.repository).unwrap();
    let trust = |key: &_| *key == ours;
    let now = || site.now();
    let keeper = Keeper {
        wire,
        keys: &site.keys,
        mark: mark.as_ref(),
        trust: &trust,
        now: &now,
    };
    act(keeper).await
}

async fn forget_now(site: &Site, target: &Arc<Memory>) -> Forgotten {
    with(site, target.clone(), async |keeper| {
        forget(keeper, &Retention::default()).await.unwrap()
    })
    .await
}

async fn prune_now(site: &Site, target: &Arc<Memory>) -> Pruned {
    with(site, target.clone(), async |keeper| {
        prune(keeper).await.unwrap()
    })
    .await
}

#[tokio::test]
async fn index_packs_are_kept_for_the_newest_snapshot_alone() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    let mut snapshots = Vec::new();
    for day in 0..10 {
        let rows = (0..20).map(|n| noise(1000 * day + n, 3000)).collect();
        let (slots, index) = (vec![noise(day, 90)], TableId::INDEX_SEGMENT);
        {
            let tables = &mut site.book.0.lock().unwrap().tables;
            tables.insert(index, rows);
            tables.insert(TableId::SLOT, slots);
        }
        site.days_pass(1);
        snapshots.push(site.back_up(target.clone()).await.unwrap());
        prune_now(&site, &target).await;
    }
    let there = target.names(Shelf::Objects);
    let kept = |day: usize, kind| {
        let objects = snapshots[day].manifest.manifest.objects.iter();
        let of_kind = objects.filter(|o| o.kind == ObjectKind::Table(kind));
        of_kind
            .map(|o| there.contains(&o.address.name()))
            .collect::<Vec<_>>()
    };
    for day in 0..10 {
        let index = kept(day, TableId::INDEX_SEGMENT);
        assert!(index.len() > 2, "{index:?}");
        // A day to be marked, and a week to wait.
        let expected = day >= 2;
        assert!(
            index.iter().all(|kept| *kept == expected),
            "day {day}: {index:?}"
        );
        assert!(
            kept(day, TableId::SLOT).iter().all(|kept| *kept),
            "day {day}"
        );
    }
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    let (_, newest) = site.restore(target.clone()).await.unwrap();
    assert_eq!(newest.book, site.book.read());
    let (_, oldest) = site
        .restore_as(target, Some(&snapshots[0].manifest.id()), Damage::Refuse)
        .await
        .unwrap();
    assert!(!oldest.book.tables.contains_key(&TableId::INDEX_SEGMENT));
}

#[tokio::test]
async fn a_line_that_nobody_went_on_with_keeps_its_entries_and_not_its_keys() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    let first = site.back_up(target.clone()).await.unwrap();
    let mark = site.mark();
    // After it the host writes a snapshot more, is lost, and another goes on from the one before.
    site.book.write(2, 5);
    site.book
        .0
        .lock()
        .unwrap()
        .tables
        .insert(TableId::SLOT, (0..40).map(|n| noise(n, 90)).collect());
    let aside = site.back_up(target.clone()).await.unwrap();
    site.book.0.lock().unwrap().rows.truncate(40);
    site.book
        .0
        .lock()
        .unwrap()
        .tables
        .insert(TableId::SLOT, (100..140).map(|n| noise(n, 90)).collect());
    let host = site.folder.path().join("new host");
    let began = HighWater {
        begins: Some(Timeline::random()),
        ..mark
    };
    began
        .save(&HostState::lock(&host, site.keys.repository).unwrap())
        .unwrap();
    for _ in 0..6 {
        site.days_pass(9);
        site.book.write(3, 5);
        site.back_up_as(&wire(target.clone()), &host).await.unwrap();
        with(&site, target.clone(), async |keeper| {
            let keeper = Keeper {
                mark: None,
                ..keeper
            };
            forget(keeper, &Retention::default()).await.unwrap();
            prune(keeper).await.unwrap();
        })
        .await;
    }
    let there = target.names(Shelf::Objects);
    for object in &aside.manifest.manifest.objects {
        let shared = first.manifest.manifest.objects.contains(object);
        let kept = there.contains(&object.address.name());
        let expected = object.kind == ObjectKind::Ledger;
        assert!(shared || kept == expected, "{}", object.describe());
    }
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    let refused = site
        .restore_as(target.clone(), Some(&aside.manifest.id()), Damage::Refuse)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, BackupError::ObjectPruned { .. }),
        "{refused}"
    );
    // The host that was believed lost comes back as it was: what was let go is made anew, and is no alarm.
    site.book.0.lock().unwrap().rows.truncate(40);
    site.book.write(2, 5);
    site.book
        .0
        .lock()
        .unwrap()
        .tables
        .insert(TableId::SLOT, (0..40).map(|n| noise(n, 90)).collect());
    let back = site.back_up(target.clone()).await.unwrap();
    assert!(back.alarms.is_empty(), "{:?}", back.alarms);
    site.restore(target).await.unwrap();
}

/// A backup a day, each after a few entries and with other slots.
async fn days(site: &Site, target: &Arc<Memory>, days: u64) {
    for day in 0..days {
        site.days_pass(1);
        site.book.write(day, 3);
        let seed = site.now() as u64;
        let slots = (0..40).map(|n| noise(seed ^ n, 90)).collect();
        site.book
            .0
            .lock()
            .unwrap()
            .tables
            .insert(TableId::SLOT, slots);
        site.back_up(target.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn old_snapshots_go_after_a_week_and_the_others_stay_whole() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    days(&site, &target, 75).await;
    let forgotten = forget_now(&site, &target).await;
    assert_eq!(forgotten.kept.len() + forgotten.forgotten.len(), 75);
    assert!(
        forgotten.forgotten.len() > 35,
        "{} forgotten",
        forgotten.forgotten.len()
    );
    let marked = prune_now(&site, &target).await;
    assert!(
        marked.marked > 0 && marked.objects == 0 && marked.manifests == 0,
        "{marked:?}"
    );
    assert!(site.verify(target.clone(), ReadData::All).await.ok());

    site.days_pass(6);
    site.back_up(target.clone()).await.unwrap();
    assert_eq!(
        prune_now(&site, &target).await.objects,
        0,
        "a week has not passed"
    );

    site.days_pass(2);
    site.back_up(target.clone()).await.unwrap();
    let pruned = prune_now(&site, &target).await;
    assert_eq!(pruned.manifests as usize, forgotten.forgotten.len());
    assert!(pruned.objects > 30 && pruned.bytes > 0, "{pruned:?}");
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    assert_eq!(verified.snapshots as usize, forgotten.kept.len() + 2);
    assert_eq!(
        site.restore(target.clone()).await.unwrap().1.book,
        site.book.read()
    );
    // The oldest that was kept has lost its own slots, and needs none of them.
    let (oldest, outcome) = site
        .restore_as(target, Some(&forgotten.kept[0]), Damage::Refuse)
        .await
        .unwrap();
    let seq = oldest.snapshot.manifest.head.seq;
    assert_eq!(outcome.book.rows, site.book.read().at(seq).rows);
    assert_eq!(
        outcome.book.tables[&TableId::SLOT],
        site.book.read().tables[&TableId::SLOT]
    );
}

#[tokio::test]
async fn who_was_restored_from_a_snapshot_that_was_let_go_meanwhile_goes_on_all_the_same() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    days(&site, &target, 1).await;
    let (restored, outcome) = site.restore(target.clone()).await.unwrap();
    days(&site, &target, 75).await;
    assert!(!forget_now(&site, &target).await.forgotten.is_empty());
    site.days_pass(8);
    site.back_up(target.clone()).await.unwrap();
    assert!(prune_now(&site, &target).await.manifests > 0);
    let first = restored.mark.manifest.name();
    assert!(!target.names(Shelf::Manifests).contains(&first));
    // Only now the restored host backs up what it wrote.
    let newer = std::mem::replace(&mut *site.book.0.lock().unwrap(), outcome.book);
    site.book.write(7, 5);
    let host = site.folder.path().join("new host");
    restored
        .mark
        .save(&HostState::lock(&host, site.keys.repository).unwrap())
        .unwrap();
    let (over, state) = (wire(target.clone()), &host);
    let snapshot = site.back_up_as(&over, state).await.unwrap();
    let verified = site.verify_with(target.clone(), ReadData::All, None).await;
    assert!(verified.ok(), "{verified:?}");
    let id = snapshot.manifest.id();
    let back = site.restore_as(target.clone(), Some(&id), Damage::Refuse);
    assert_eq!(back.await.unwrap().1.book, site.book.read());
    // Where no tombstone says so, the same is a target that was rolled back.
    std::fs::remove_dir_all(state).unwrap();
    restored
        .mark
        .save(&HostState::lock(state, site.keys.repository).unwrap())
        .unwrap();
    *site.book.0.lock().unwrap() = newer;
    target.remove(
        Shelf::Tombstones,
        &Subject::Manifest(restored.mark.hash).name(),
    );
    let refused = site.back_up_as(&over, state).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::RolledBack { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn nothing_is_deleted_until_every_host_in_use_has_finished_a_later_run() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let stray = Address {
        id: chartseal::backup::object::ObjectId([9; 32]),
        generation: 0,
    }
    .name();
    target.write(Shelf::Objects, &stray, vec![1, 2, 3]);
    assert_eq!(prune_now(&site, &target).await.marked, 1);
    site.days_pass(20);
    let waits = prune_now(&site, &target).await;
    assert_eq!(
        (waits.waiting, waits.objects),
        (1, 0),
        "the host's last run began before the tombstone"
    );
    site.back_up(target.clone()).await.unwrap();
    let pruned = prune_now(&site, &target).await;
    assert_eq!((pruned.objects, pruned.bytes), (1, 3));
    assert!(!target.names(Shelf::Objects).contains(&stray));
    prune_now(&site, &target).await;
    assert!(
        target.names(Shelf::Tombstones).is_empty(),
        "the tombstone of what nobody lists goes too"
    );
}

#[tokio::test]
async fn what_a_manifest_has_come_to_need_loses_its_tombstone() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    // As a run leaves them that began before the tombstones were set.
    let objects = target.names(Shelf::Objects);
    for name in &objects {
        let subject = Subject::Object(Address::parse(name).unwrap());
        target.write(
            Shelf::Tombstones,
            name,
            tombstone::seal(
                &site.keys,
                &subject,
                Stone {
                    at: site.now() - 1,
                    previous: None,
                },
            ),
        );
    }
    let revived = prune_now(&site, &target).await;
    assert_eq!(
        (revived.revived as usize, revived.objects),
        (objects.len(), 0)
    );
    assert!(target.names(Shelf::Tombstones).is_empty());
}

#[tokio::test]
async fn an_operator_cannot_excuse_a_loss_with_a_tombstone() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    site.back_up(target.clone()).await.unwrap();
    let operator = Site::new(Book::default());
    for name in target.names(Shelf::Objects) {
        let evil = target.copy();
        let subject = Subject::Object(Address::parse(&name).unwrap());
        evil.remove(Shelf::Objects, &name);
        let signed = [&operator.keys, &site.keys].map(|keys| {
            tombstone::seal(
                keys,
                &subject,
                Stone {
                    at: 1,
                    previous: None,
                },
            )
        });
        // Neither his own tombstone nor, for a pack that the newest snapshot needs, one of the house.
        for tombstone in signed {
            evil.write(Shelf::Tombstones, &name, tombstone);
            let verified = site.verify(evil.clone(), ReadData::None).await;
            assert_eq!(verified.missing.len(), 1, "{name} is missed");
        }
    }
}

#[tokio::test]
async fn a_target_on_which_something_is_wrong_is_left_as_it_is() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    days(&site, &target, 3).await;
    let middle = target.names(Shelf::Manifests).remove(1);
    target.remove(Shelf::Manifests, &middle);
    let refused = with(&site, target.clone(), async |keeper| prune(keeper).await)
        .await
        .unwrap_err();
    assert_eq!(refused.fault(), Fault::Evidence, "{refused}");
    let refused = with(&site, target.clone(), async |keeper| {
        forget(keeper, &Retention::default()).await
    })
    .await
    .unwrap_err();
    assert_eq!(refused.fault(), Fault::Evidence, "{refused}");
    assert!(target.names(Shelf::Tombstones).is_empty());
}

#[tokio::test]
async fn ledger_packs_are_kept_as_long_as_a_snapshot_lists_them() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    days(&site, &target, 45).await;
    forget_now(&site, &target).await;
    prune_now(&site, &target).await;
    site.days_pass(8);
    let newest = site.back_up(target.clone()).await.unwrap();
    prune_now(&site, &target).await;
    let there = target.names(Shelf::Objects);
    for object in newest
        .manifest
        .manifest
        .objects
        .iter()
        .filter(|o| o.kind == ObjectKind::Ledger)
    {
        assert!(
            there.contains(&object.address.name()),
            "{}",
            object.describe()
        );
    }
}

#[tokio::test]
async fn an_old_snapshot_that_lost_its_tables_and_is_then_forgotten_is_not_missed_until_it_goes() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    days(&site, &target, 45).await;
    // Their tables go first, after a month and a week.
    prune_now(&site, &target).await;
    site.days_pass(8);
    site.back_up(target.clone()).await.unwrap();
    assert!(prune_now(&site, &target).await.objects > 0);
    forget_now(&site, &target).await;
    let mut gone = 0;
    for _ in 0..3 {
        gone += prune_now(&site, &target).await.manifests;
        let verified = site.verify(target.clone(), ReadData::All).await;
        assert!(verified.ok(), "{verified:?}");
        site.days_pass(4);
        site.back_up(target.clone()).await.unwrap();
    }
    assert!(gone > 0);
}

#[tokio::test]
async fn clocks_that_disagree_delete_nothing() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    for (ahead, taken) in [
        (0, true),
        (299_000, true),
        (-299_000, true),
        (301_000, false),
        (-301_000, false),
    ] {
        let clocked = Arc::new(Clocked(target.clone(), site.now() + ahead));
        let done = with(&site, clocked, async |keeper| prune(keeper).await).await;
        match done {
            Ok(_) => assert!(taken, "{ahead} ms"),
            Err(e) => assert!(matches!(e, BackupError::Clock { .. }) && !taken, "{e}"),
        }
    }
}
