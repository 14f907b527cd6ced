//! Several that prune one repository at once, and what one leaves that was cut off.

use std::sync::{Arc, Mutex};

use chartseal::backup::BackupError;
use chartseal::backup::prune::{Pruned, forget, prune};
use chartseal::backup::retention::Retention;
use chartseal::backup::source::TableId;
use chartseal::backup::target::{Name, Shelf, Target};
use chartseal::backup::verify::ReadData;

use tokio::sync::Notify;

use crate::book::{Book, noise};
use crate::faulty::{Fault, Faulty, Op};
use crate::memory::Memory;
use crate::prune::{with, with_wire};
use crate::site::{Site, wire};

/// Keeps nothing but the newest.
pub const NEWEST: Retention = Retention {
    daily: 0,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    all_days: 0,
};

/// A target on which others do something while the first such call is on the way.
fn meanwhile(
    target: &Arc<Memory>,
    call: (Op, Shelf),
    others: impl FnOnce() + Send + 'static,
) -> Arc<dyn Target> {
    let others = Mutex::new(Some(others));
    Faulty::new(target.clone(), move |op, shelf, _| {
        if (op, shelf) == call {
            let others = others.lock().unwrap().take();
            if let Some(others) = others {
                std::thread::spawn(others).join().unwrap();
            }
        }
        Fault::None
    })
}

/// A target that never answers once an object there is to be deleted, and says when that is.
fn hanging(target: &Arc<Memory>) -> (Arc<dyn Target>, Arc<Notify>) {
    let reached = Arc::new(Notify::new());
    let says = Arc::clone(&reached);
    let hanging = Faulty::new(target.clone(), move |op, shelf, _| {
        if op == Op::Delete && shelf == Shelf::Objects {
            says.notify_one();
            Fault::Hang
        } else {
            Fault::None
        }
    });
    (hanging, reached)
}

pub fn index(site: &Site, seed: u64) {
    let rows = (0..20).map(|n| noise(seed << 8 | n, 90)).collect();
    let mut book = site.book.0.lock().unwrap();
    book.tables.insert(TableId::INDEX_SEGMENT, rows);
}

async fn prune_on(site: &Site, target: Arc<dyn Target>) -> Pruned {
    with(site, target, async |keeper| prune(keeper).await.unwrap()).await
}

/// A repository with a snapshot that is to go and an index pack that nobody needs, both marked a week ago.
pub async fn ripe(target: &Arc<Memory>) -> Site {
    let site = Site::new(Book::written(1, 40));
    index(&site, 1);
    site.back_up(target.clone()).await.unwrap();
    site.days_pass(1);
    index(&site, 2);
    site.back_up(target.clone()).await.unwrap();
    let forgotten = with(&site, target.clone(), async |keeper| {
        forget(keeper, &NEWEST).await.unwrap()
    });
    assert_eq!(forgotten.await.forgotten.len(), 1);
    let marked = prune_on(&site, target.clone()).await;
    assert!(marked.alone && marked.marked > 0, "{marked:?}");
    site.days_pass(8);
    site.back_up(target.clone()).await.unwrap();
    site
}

/// Notes of keepers.
fn notes(target: &Memory) -> Vec<Name> {
    let mut names = target.names(Shelf::Tombstones);
    names.retain(|name| name.as_str().starts_with("keeper/"));
    names
}

#[tokio::test]
async fn of_two_that_prune_at_once_one_deletes_and_nothing_that_is_sent_meanwhile_is_lost() {
    let target = Memory::new();
    let site = Arc::new(ripe(&target).await);
    let (theirs, there) = (Arc::clone(&site), target.clone());
    // While the first is about to delete the old index, others prune twice, and a backup sends the same index anew.
    let slow = meanwhile(&target, (Op::Delete, Shelf::Objects), move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for _ in 0..2 {
                let second = prune_on(&theirs, there.clone()).await;
                assert!(!second.alone, "{second:?}");
                assert_eq!((second.objects, second.manifests), (0, 0));
                assert!(second.waiting > 0, "{second:?}");
            }
            index(&theirs, 1);
            theirs.back_up(there).await.unwrap();
        });
    });
    let first = prune_on(&site, slow).await;
    assert!(first.alone && first.objects > 0, "{first:?}");
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    let restored = site.restore(target.clone()).await.unwrap().1.book;
    assert_eq!(restored, site.book.read());
    assert!(notes(&target).is_empty());
}

#[tokio::test]
async fn a_manifest_that_goes_between_its_listing_and_its_reading_is_not_missed() {
    let target = Memory::new();
    let site = Arc::new(ripe(&target).await);
    let (theirs, there) = (Arc::clone(&site), target.clone());
    let slow = meanwhile(&target, (Op::Get, Shelf::Manifests), move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let pruned = runtime.block_on(prune_on(&theirs, there));
        assert_eq!(pruned.manifests, 1);
    });
    let verified = site.verify(slow, ReadData::All).await;
    assert!(verified.ok() && verified.snapshots == 2, "{verified:?}");
}

#[tokio::test]
async fn one_that_is_stopped_takes_its_note_back() {
    let target = Memory::new();
    let site = ripe(&target).await;
    let (hanging, reached) = hanging(&target);
    let wire = wire(hanging);
    let stop = async {
        reached.notified().await;
        wire.cancel.cancel();
    };
    let stopped = with_wire(&site, &wire, async |keeper| {
        tokio::join!(prune(keeper), stop).0
    })
    .await;
    assert!(
        matches!(stopped, Err(BackupError::Cancelled)),
        "{stopped:?}"
    );
    assert!(notes(&target).is_empty());
    let next = prune_on(&site, target.clone()).await;
    assert!(next.alone && next.objects > 0, "{next:?}");
}

#[tokio::test]
async fn one_that_is_killed_leaves_a_note_and_for_two_days_others_only_mark() {
    let target = Memory::new();
    let site = ripe(&target).await;
    let (hanging, reached) = hanging(&target);
    with(&site, hanging, async |keeper| {
        tokio::select! {
            done = prune(keeper) => panic!("{done:?}"),
            () = reached.notified() => {}
        }
    })
    .await;
    assert_eq!(notes(&target).len(), 1);
    let stray = Name::parse(&"9".repeat(64)).unwrap();
    target.write(Shelf::Objects, &stray, vec![1]);
    let next = prune_on(&site, target.clone()).await;
    assert!(!next.alone, "{next:?}");
    assert_eq!((next.marked, next.objects), (1, 0));
    site.days_pass(1);
    assert!(!prune_on(&site, target.clone()).await.alone);
    site.days_pass(1);
    let later = prune_on(&site, target.clone()).await;
    assert!(later.alone && later.objects > 0, "{later:?}");
    assert!(notes(&target).is_empty(), "the old note goes");
}
