//! Runs that are held up for longer than what they read of the target holds: a machine that slept in the middle, a link that
//! crawled for days.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};

use chartseal::backup::object::Address;
use chartseal::backup::prune::{Keeper, prune};
use chartseal::backup::snapshot::{self, Snapshot};
use chartseal::backup::target::{Name, Shelf};
use chartseal::backup::tombstone::{self, Stone, Subject};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault as Kind};
use chartseal::crypto::sign::SigningKey;

use crate::book::Book;
use crate::faulty::{Fault, Faulty, Op};
use crate::interleavings::promises::{DAY, HOUR};
use crate::memory::Memory;
use crate::site::{Site, VAULT, wire};

#[tokio::test]
async fn a_backup_that_slept_for_too_long_writes_no_manifest_and_the_next_takes_over_what_it_sent()
{
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
    let there = target.names(Shelf::Objects);
    let next = site.back_up(target.clone()).await.unwrap();
    is_taken_over(&target, &there, &next, 0);
    assert!(site.verify(target, ReadData::All).await.ok());
}

/// Whatever was `there` is listed, but for so many, and nothing of it was sent twice.
fn is_taken_over(target: &Memory, there: &[Name], next: &Snapshot, but: usize) {
    assert!(next.alarms.is_empty(), "{:?}", next.alarms);
    let sent = next.uploaded_in_all().packs as usize;
    assert_eq!(target.names(Shelf::Objects).len(), there.len() + sent);
    let listed = |name: &&Name| {
        let objects = &next.manifest.manifest.objects;
        objects.iter().any(|o| o.address.name() == **name)
    };
    assert_eq!(there.iter().filter(listed).count(), there.len() - but);
}

/// Backs up while half a day passes with each object that is sent, one after the other, and `then` says what becomes of it.
async fn crawl(
    site: &mut Site,
    target: &Arc<Memory>,
    then: impl Fn(u64) -> Fault + Send + Sync + 'static,
) -> (Result<Snapshot, BackupError>, i64) {
    site.options.uploads = 1;
    let began = site.now();
    let clock = Arc::new(AtomicI64::new(began));
    let (passing, sent) = (Arc::clone(&clock), AtomicU64::new(0));
    let slow = Faulty::new(target.clone(), move |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Objects {
            passing.fetch_add(DAY / 2, SeqCst);
            return then(sent.fetch_add(1, SeqCst));
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
    let days = (now() - began) / DAY;
    site.days_pass(days);
    (run, days)
}

#[tokio::test]
async fn a_backup_over_a_link_that_crawls_for_days_arrives() {
    let mut site = Site::new(Book::written(1, 150));
    let target = Memory::new();
    let began = site.now();
    let (run, days) = crawl(&mut site, &target, |_| Fault::None).await;
    assert!(days > 8, "{days} days");
    assert_eq!(run.unwrap().manifest.manifest.created, began);
    let next = site.back_up(target.clone()).await.unwrap();
    assert_eq!((next.uploaded_in_all().packs, next.alarms), (0, vec![]));
    assert!(site.verify(target, ReadData::All).await.ok());
}

#[tokio::test]
async fn what_it_sent_before_it_was_cut_off_is_taken_over_unread() {
    let mut site = Site::new(Book::written(1, 150));
    let target = Memory::new();
    let cut = |sent| {
        if sent < 18 {
            Fault::None
        } else {
            Fault::Refuse
        }
    };
    let (run, days) = crawl(&mut site, &target, cut).await;
    assert!(run.is_err() && days > 8, "{days} days");
    let there = target.names(Shelf::Objects);
    let unread = Faulty::new(target.clone(), |op, shelf, _| {
        assert!((op, shelf) != (Op::Get, Shelf::Objects), "one was read");
        Fault::None
    });
    let next = site.back_up(unread).await.unwrap();
    is_taken_over(&target, &there, &next, 0);
    assert!(site.verify(target, ReadData::All).await.ok());
}

#[tokio::test]
async fn one_of_which_something_was_marked_has_what_is_left_of_five_days() {
    for (marked_after, ends) in [(5, true), (26, false)] {
        let mut site = Site::new(Book::written(1, 150));
        let target = Memory::new();
        let pruner = site
            .secret
            .backup_keys(site.keys.repository, VAULT, SigningKey::random());
        let (there, at) = (target.clone(), site.now());
        // Prune finds that no manifest lists one of the objects that were sent.
        let (run, days) = crawl(&mut site, &target, move |sent| {
            if sent == marked_after {
                let name = there.names(Shelf::Objects).remove(0);
                let subject = Subject::Object(Address::parse(&name).unwrap());
                let stone = Stone { at, previous: None };
                let tombstone = tombstone::seal(&pruner, &subject, stone);
                there.write(Shelf::Tombstones, &name, tombstone);
            }
            Fault::None
        })
        .await;
        assert_eq!(target.names(Shelf::Tombstones).len(), 1);
        assert_eq!(run.is_err(), ends, "{run:?}");
        if let Err(ended) = run {
            assert!(matches!(ended, BackupError::Outlived { .. }), "{ended}");
            assert!(days < 9, "it goes on for {days} days");
            assert!(target.names(Shelf::Manifests).is_empty());
            let sent = target.names(Shelf::Objects);
            let next = site.back_up(target.clone()).await.unwrap();
            is_taken_over(&target, &sent, &next, 1);
        }
        assert!(site.verify(target, ReadData::All).await.ok());
    }
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
