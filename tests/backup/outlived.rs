//! Runs that are held up for longer than what they read of the target holds: a machine that slept in the middle, a link that
//! crawled for days.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use chartseal::backup::prune::{Keeper, prune};
use chartseal::backup::snapshot;
use chartseal::backup::target::{Name, Shelf};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault as Kind};

use crate::book::Book;
use crate::faulty::{Fault, Faulty, Op};
use crate::interleavings::promises::{DAY, HOUR};
use crate::memory::Memory;
use crate::site::{Site, wire};

#[tokio::test]
async fn a_backup_that_slept_for_days_writes_no_manifest_and_the_next_takes_over_what_it_sent() {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    for (days, ends) in [(4, false), (6, true)] {
        site.book.write(days as u64, 5);
        let manifests = target.names(Shelf::Manifests).len();
        let began = site.now() + HOUR;
        let clock = Arc::new(AtomicI64::new(began));
        let sleeper = Arc::clone(&clock);
        // After it looked which of its objects are about to be pruned.
        let slow = Faulty::new(target.clone(), move |op, shelf, _| {
            if op == Op::Put && shelf == Shelf::Objects {
                sleeper.store(began + days * DAY, SeqCst);
            }
            Fault::None
        });
        let now = || clock.load(SeqCst);
        let run = snapshot::run(
            &wire(slow),
            &site.keys,
            site.book.source(),
            &site.host,
            site.options,
            &now,
        )
        .await;
        match run {
            Ok(_) => assert!(!ends),
            Err(error) => {
                assert!(
                    ends && matches!(error, BackupError::Outlived { .. }),
                    "{error}"
                );
                assert_eq!(error.fault(), Kind::Outside);
                assert_eq!(target.names(Shelf::Manifests).len(), manifests);
            }
        }
    }
    let there = target.names(Shelf::Objects).len() as u64;
    let next = site.back_up(target.clone()).await.unwrap();
    assert_eq!(next.uploaded_in_all().packs, 0, "everything is taken over");
    assert!(next.alarms.is_empty() && next.reused <= there);
    assert!(site.verify(target, ReadData::All).await.ok());
}

#[tokio::test]
async fn prune_that_slept_for_days_deletes_nothing_more() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let strays: Vec<Name> = (0..3)
        .map(|n| Name::parse(&format!("{n:064x}")).unwrap())
        .collect();
    for stray in &strays {
        target.write(Shelf::Objects, stray, vec![1]);
    }
    let clock = Arc::new(AtomicI64::new(site.now()));
    let ours = site.keys.signing.public();
    let trust = |key: &_| *key == ours;
    let now = || clock.load(SeqCst);
    let quick = wire(target.clone());
    let keeper = |wire| Keeper {
        wire,
        keys: &site.keys,
        mark: None,
        trust: &trust,
        now: &now,
    };
    assert_eq!(prune(keeper(&quick)).await.unwrap().marked, 3);
    site.days_pass(8);
    site.back_up(target.clone()).await.unwrap();
    clock.store(site.now(), SeqCst);
    // It sleeps with its first deletion on the way.
    let sleeper = Arc::clone(&clock);
    let slow = wire(Faulty::new(target.clone(), move |op, _, _| {
        if op == Op::Delete {
            sleeper.fetch_add(2 * DAY, SeqCst);
        }
        Fault::None
    }));
    let stopped = prune(keeper(&slow)).await.unwrap_err();
    assert!(
        matches!(stopped, BackupError::Outlived { hours: 48 }),
        "{stopped}"
    );
    let left = |target: &Memory| {
        let there = target.names(Shelf::Objects);
        strays.iter().filter(|stray| there.contains(stray)).count()
    };
    assert_eq!(left(&target), 2);
    assert_eq!(prune(keeper(&quick)).await.unwrap().objects, 2);
    assert_eq!(left(&target), 0);
}
