//! What an interrupted run left on the target is taken over only if it is what this host sent: the same pack sealed by another
//! host, or by this one at another time, has another hash.

use std::sync::Arc;

use chartseal::backup::source::TableId;
use chartseal::backup::target::Shelf;
use chartseal::backup::verify::ReadData;
use chartseal::backup::{Alarm, BackupError};

use crate::book::Book;
use crate::faulty::{Fault, Faulty, Op};
use crate::memory::Memory;
use crate::site::{Site, wire};

/// Sends everything but the manifest.
async fn interrupted(site: &Site, target: &Arc<Memory>) {
    let refusing = Faulty::new(target.clone(), |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Manifests {
            Fault::Refuse
        } else {
            Fault::None
        }
    });
    let stopped = site.back_up(refusing).await.unwrap_err();
    assert!(matches!(stopped, BackupError::Target(_)), "{stopped}");
}

async fn is_whole(site: &Site, target: &Arc<Memory>) {
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    let restored = site.restore(target.clone()).await.unwrap().1.book;
    assert_eq!(restored, site.book.read());
}

#[tokio::test]
async fn what_was_found_there_before_the_journal_began_is_not_taken_over_by_the_run_after() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    interrupted(&site, &target).await;
    let orphans = target.names(Shelf::Objects).len();
    std::fs::remove_dir_all(&site.host).unwrap();
    // This one finds all of it there, did not send it, and sends its own under the next generation; then it is cut off, too.
    interrupted(&site, &target).await;
    assert_eq!(target.names(Shelf::Objects).len(), 2 * orphans);
    let third = site.back_up(target.clone()).await.unwrap();
    assert_eq!(third.uploaded_in_all().packs, 0, "its own are taken over");
    let listed = &third.manifest.manifest.objects;
    assert!(listed.iter().all(|object| object.address.generation == 1));
    is_whole(&site, &target).await;
}

#[tokio::test]
async fn what_was_acknowledged_long_ago_is_looked_at_before_it_is_taken_over() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    interrupted(&site, &target).await;
    // Nobody listed it, so it was pruned; then another host sent the same packs.
    let elsewhere = Memory::new();
    let another = site.folder.path().join("another");
    site.back_up_as(&wire(elsewhere.clone()), &another)
        .await
        .unwrap();
    for name in target.names(Shelf::Objects) {
        target.write(Shelf::Objects, &name, elsewhere.read(Shelf::Objects, &name));
    }
    site.days_pass(20);
    let run = site.back_up(target.clone()).await.unwrap();
    let mismatched = |alarm: &Alarm| matches!(alarm, Alarm::Mismatch(_));
    assert!(!run.alarms.is_empty() && run.alarms.iter().all(mismatched));
    is_whole(&site, &target).await;
}

#[tokio::test]
async fn what_was_acknowledged_lately_is_taken_over_without_reading_it() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    interrupted(&site, &target).await;
    site.days_pass(3);
    let unread = Faulty::new(target.clone(), |op, shelf, _| {
        assert!(
            op != Op::Get || shelf != Shelf::Objects,
            "an object was read"
        );
        Fault::None
    });
    let run = site.back_up(unread).await.unwrap();
    assert_eq!(run.uploaded_in_all().packs, 0);
    assert!(run.alarms.is_empty(), "{:?}", run.alarms);
    is_whole(&site, &target).await;
}

/// Backs up with these rows in the table, and says how many packs went up and what a person is to look at.
async fn run_with(site: &Site, target: &Arc<Memory>, rows: &[&[u8]]) -> (u64, Vec<Alarm>) {
    let rows = rows.iter().map(|row| row.to_vec()).collect();
    site.book
        .0
        .lock()
        .unwrap()
        .tables
        .insert(TableId::CREDENTIAL, rows);
    let run = site.back_up(target.clone()).await.unwrap();
    (run.uploaded_in_all().packs, run.alarms)
}

#[tokio::test]
async fn a_table_that_returns_to_an_earlier_state_returns_to_its_pack() {
    // How long the first state stands, and how long the second: a failed login is counted and soon forgotten, a draft lies for
    // weeks.
    for (first, second) in [(0, 0), (0, 12), (40, 0), (40, 12)] {
        let site = Site::new(Book::written(1, 30));
        let target = Memory::new();
        run_with(&site, &target, &[b"a"]).await;
        site.days_pass(first);
        assert_eq!(run_with(&site, &target, &[b"a"]).await, (0, vec![]));
        assert_eq!(run_with(&site, &target, &[b"a", b"b"]).await, (1, vec![]));
        for _ in 0..3 {
            site.days_pass(second);
            for rows in [&[&b"a"[..]][..], &[b"a", b"b"]] {
                assert_eq!(
                    run_with(&site, &target, rows).await,
                    (0, vec![]),
                    "after {first} and {second} days"
                );
            }
        }
        let listed = site.back_up(target.clone()).await.unwrap().manifest;
        let generations = listed.manifest.objects.iter().map(|o| o.address.generation);
        assert_eq!(generations.max(), Some(0));
        is_whole(&site, &target).await;
    }
}

#[tokio::test]
async fn so_does_one_whose_pack_a_host_found_that_had_lost_its_state() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    run_with(&site, &target, &[b"a"]).await;
    std::fs::remove_dir_all(&site.host).unwrap();
    assert_eq!(run_with(&site, &target, &[b"a", b"b"]).await, (1, vec![]));
    assert_eq!(run_with(&site, &target, &[b"a"]).await, (0, vec![]));
    is_whole(&site, &target).await;
}

#[tokio::test]
async fn a_pack_that_was_replaced_since_is_not_returned_to() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    run_with(&site, &target, &[b"a"]).await;
    let first = target.names(Shelf::Objects);
    run_with(&site, &target, &[b"b"]).await;
    let listed = site.back_up(target.clone()).await.unwrap().manifest;
    let left: Vec<_> = first
        .into_iter()
        .filter(|name| {
            let objects = &listed.manifest.objects;
            !objects.iter().any(|o| o.address.name() == *name)
        })
        .collect();
    assert_eq!(left.len(), 1, "the first state of the table");
    // Deleted, then sent by another host: of the same length, and another sealing.
    let mut bytes = target.read(Shelf::Objects, &left[0]);
    bytes[40] ^= 1;
    target.write(Shelf::Objects, &left[0], bytes);
    site.days_pass(8);
    let (sent, alarms) = run_with(&site, &target, &[b"a"]).await;
    assert_eq!(sent, 1);
    assert!(matches!(alarms[..], [Alarm::Mismatch(_)]), "{alarms:?}");
    assert_eq!(
        site.restore(target).await.unwrap().1.book,
        site.book.read(),
        "under the next generation"
    );
}
