//! What an interrupted run left on the target is taken over only if it is what this host sent: the same pack sealed by another
//! host, or by this one at another time, has another hash.

use std::sync::Arc;

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
