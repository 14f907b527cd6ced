//! A run that is cut off anywhere is finished by the next, which sends at most again what was on its way.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use chartseal::backup::object::ObjectKind;
use chartseal::backup::snapshot::Options;
use chartseal::backup::target::{Name, Put, Shelf, Target};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Phase, Wire};

use crate::book::Book;
use crate::faulty::{Fault, Faulty, Op};
use crate::memory::Memory;
use crate::site::{OPTIONS, Site, wire};

/// The sealed size of the largest pack of the tests, with the head of the pack and what sealing adds.
const PACK: u64 = OPTIONS.pack_bytes as u64 + 4096;

/// Runs until the target stops answering, then drops the run where it stands, as a kill would.
async fn killed_after(site: &Site, target: &Arc<Memory>, objects: u64, fault: Fault) -> u64 {
    let puts = std::sync::atomic::AtomicU64::new(0);
    let (stuck, mut is_stuck) = tokio::sync::watch::channel(false);
    let faulty = Faulty::new(target.clone(), move |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Objects && puts.fetch_add(1, SeqCst) >= objects {
            stuck.send_replace(true);
            return fault;
        }
        Fault::None
    });
    tokio::select! {
        finished = site.back_up(faulty.clone()) => { finished.unwrap(); }
        _ = is_stuck.wait_for(|stuck| *stuck) => {
            // Let the others of the uploads in flight get as far as they can.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
    }
    faulty.sent.load(SeqCst)
}

/// Waits for the lock, which a dropped run's last blocking task may hold for a moment longer.
async fn back_up_when_free(
    site: &Site,
    target: Arc<dyn Target>,
) -> chartseal::backup::snapshot::Snapshot {
    loop {
        match site.back_up(Arc::clone(&target)).await {
            Err(BackupError::State(chartseal::backup::state::StateError::Busy)) => {
                tokio::task::yield_now().await;
            }
            done => return done.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_anywhere_is_finished_by_the_next_which_resends_only_what_was_in_flight() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        for objects in [0, 1, 2, 5, 9, 14] {
            let site = Site::new(Book::written(7, 150));
            let target = Memory::new();
            let before = killed_after(&site, &target, objects, fault).await;
            let counting = Faulty::counting(target.clone());
            let snapshot = back_up_when_free(&site, counting.clone()).await;
            let sent = before + counting.sent.load(SeqCst);
            let needed = target.bytes(Shelf::Objects);
            let again = sent - needed;
            assert!(
                again <= OPTIONS.uploads as u64 * PACK,
                "{again} bytes sent twice after {objects} objects"
            );
            assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
            assert!(site.verify(target.clone(), ReadData::All).await.ok());
            assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_grew_between_cut_and_resume_does_not_cost_a_second_sending() {
    let site = Site::new(Book::written(7, 150));
    let target = Memory::new();
    killed_after(&site, &target, 12, Fault::Hang).await;
    let there = target.names(Shelf::Objects);
    site.book.write(8, 30);
    let snapshot = back_up_when_free(&site, target.clone()).await;
    let listed = &snapshot.manifest.manifest.objects;
    let unused = there
        .iter()
        .filter(|name| !listed.iter().any(|o| o.address.name() == **name))
        .count();
    assert_eq!(unused, 0, "every object of the interrupted run is used");
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_cut_off_again_and_again_arrives() {
    let site = Site::new(Book::written(3, 150));
    let target = Memory::new();
    let mut sent = 0;
    let mut runs = 0;
    while target.names(Shelf::Manifests).is_empty() {
        sent += killed_after(&site, &target, 3, Fault::HangAfter).await;
        runs += 1;
        assert!(runs < 200, "no run gets ahead");
    }
    assert!(runs > 3);
    let needed = target.bytes(Shelf::Objects);
    assert!(
        sent - needed <= runs * OPTIONS.uploads as u64 * PACK,
        "{sent} of {needed} bytes in {runs} runs"
    );
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_stops_and_can_be_resumed() {
    let site = Site::new(Book::written(7, 150));
    let target = Memory::new();
    let wire = wire(target.clone());
    let cancel = wire.cancel.clone();
    let faulty = Faulty::new(target.clone(), move |op, shelf, call| {
        if op == Op::Put && shelf == Shelf::Objects && call > 10 {
            cancel.cancel();
        }
        Fault::None
    });
    let stopped = site
        .back_up_over(&Wire {
            target: faulty,
            ..wire
        })
        .await
        .unwrap_err();
    assert!(matches!(stopped, BackupError::Cancelled), "{stopped}");
    assert!(target.names(Shelf::Manifests).is_empty());
    let arrived = target.names(Shelf::Objects).len() as u64;
    let snapshot = back_up_when_free(&site, target.clone()).await;
    assert!(
        arrived > 0 && snapshot.reused >= arrived,
        "{} of {arrived} were taken over",
        snapshot.reused
    );
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_between_manifest_and_high_water_mark_is_healed() {
    let site = Site::new(Book::written(7, 40));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let mark = site.mark();
    site.book.write(8, 10);
    site.back_up(target.clone()).await.unwrap();
    // As if the second run had died before it raised the mark.
    let state =
        chartseal::backup::state::HostState::lock(&site.host, site.keys.repository).unwrap();
    mark.save(&state).unwrap();
    drop(state);
    let third = site.back_up(target.clone()).await.unwrap();
    assert_eq!(third.manifest.manifest.name.number, 3);
    assert!(site.verify(target, ReadData::All).await.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_to_the_manifest_itself_is_not_a_fork() {
    let site = Site::new(Book::written(7, 40));
    let target = Memory::new();
    let lost = std::sync::atomic::AtomicBool::new(false);
    let faulty = Faulty::new(target.clone(), move |op, shelf, _| {
        let first = op == Op::Put && shelf == Shelf::Manifests && !lost.swap(true, SeqCst);
        if first {
            Fault::LoseAnswer
        } else {
            Fault::None
        }
    });
    // The first call on the shelf is a listing, so the flag is raised by the put alone.
    site.back_up(faulty).await.unwrap();
    assert!(site.verify(target, ReadData::All).await.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_or_flipped_on_the_way_to_a_restore_is_found() {
    let site = Site::new(Book::written(7, 60));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    for fault in [Fault::Truncate, Fault::Flip] {
        let bad = Faulty::new(target.clone(), move |op, shelf, _| {
            if op == Op::Get && shelf == Shelf::Objects {
                fault
            } else {
                Fault::None
            }
        });
        let verified = site.verify(bad.clone(), ReadData::All).await;
        assert_eq!(verified.corrupt.len() as u64, verified.packs);
        assert!(matches!(
            site.restore(bad).await,
            Err(BackupError::ObjectCorrupt { .. })
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_with_nothing_new_sends_a_manifest_only() {
    let site = Site::new(Book::written(7, 150));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let counting = Faulty::counting(target.clone());
    let second = site.back_up(counting.clone()).await.unwrap();
    assert_eq!(counting.sent.load(SeqCst), 0);
    assert_eq!(
        (
            second.uploaded_in_all().packs,
            second.manifest.manifest.new_entries
        ),
        (0, 0)
    );
    assert_eq!(second.reused, second.manifest.manifest.objects.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_increment_sends_little_more_than_its_entries() {
    let site = Site::new(Book::written(7, 3000));
    let target = Memory::new();
    let options = Options {
        pack_bytes: 1 << 20,
        ..OPTIONS
    };
    let run = || {
        let wire = wire(target.clone());
        let source = site.book.source();
        let (keys, host) = (&site.keys, &site.host);
        async move {
            chartseal::backup::snapshot::run(&wire, keys, source, host, options, &|| {
                1_795_000_000_000
            })
            .await
        }
    };
    run().await.unwrap();
    let after = site.book.read().rows.len() as u64;
    site.book.write(8, 250);
    let second = run().await.unwrap();
    let entries: u64 = site.book.read().rows[after as usize..]
        .iter()
        .map(|row| (row.core.len() + row.body.as_ref().map_or(0, Vec::len) + 32 * 3 + 64) as u64)
        .sum();
    let ledger = second.uploaded[&ObjectKind::Ledger].bytes;
    assert!(
        ledger * 10 <= entries * 13,
        "{ledger} bytes for {entries} bytes of entries"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_packs_of_many_runs_are_made_into_large_ones() {
    let site = Site::new(Book::written(7, 100));
    let target = Memory::new();
    let (mut most, mut sent, mut new) = (0, 0, 0);
    for run in 0..200 {
        let before = site.book.read().rows.len() as u64;
        site.book.write(run, 1);
        new += site.book.read().body_bytes(before) + 320;
        let snapshot = site.back_up(target.clone()).await.unwrap();
        let ledger = |kind: &ObjectKind| *kind == ObjectKind::Ledger;
        most = most.max(
            snapshot
                .manifest
                .manifest
                .objects
                .iter()
                .filter(|o| ledger(&o.kind))
                .count(),
        );
        if run > 0 {
            sent += snapshot
                .uploaded
                .iter()
                .filter(|(kind, _)| ledger(kind))
                .map(|(_, count)| count.bytes)
                .sum::<u64>();
        }
    }
    // 64 small ones, and those that hold the rest: a pack for each run would be over 200.
    assert!(most <= 64 + 40, "{most} ledger packs in one manifest");
    assert!(sent < 3 * new, "{sent} bytes sent for {new} new ones");
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_ends_with_everything_done() {
    let site = Site::new(Book::written(7, 150));
    let (meter, watched) = chartseal::backup::Meter::new();
    let wire = Wire {
        meter,
        ..wire(Memory::new())
    };
    let snapshot = site.back_up_over(&wire).await.unwrap();
    let last = watched.borrow().clone();
    assert_eq!(
        (last.phase, last.entries_done, last.entries_total),
        (Phase::Done, 150, 150)
    );
    assert!(last.acknowledged >= snapshot.uploaded_in_all().bytes);
    assert_eq!((last.in_flight, last.retries), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thin_link_is_not_asked_for_more_than_its_rate() {
    const RATE: u64 = 300_000;
    let site = Site::new(Book::written(7, 50));
    let started = std::time::Instant::now();
    let options = Options {
        rate: std::num::NonZeroU64::new(RATE),
        ..OPTIONS
    };
    let (wire, source) = (wire(Memory::new()), site.book.source());
    let snapshot =
        chartseal::backup::snapshot::run(&wire, &site.keys, source, &site.host, options, &|| 1)
            .await
            .unwrap();
    // The last object may go out as soon as those before it have had their time. A slow machine only takes longer.
    let before_last = snapshot.uploaded_in_all().bytes - PACK;
    assert!(started.elapsed() >= Duration::from_secs_f64(before_last as f64 / RATE as f64));
}

/// Runs until its manifest has been sent off, as if it were killed then, and takes what has arrived of it.
async fn killed_at_its_manifest(site: &Site, target: &Arc<Memory>) -> (Name, Vec<u8>) {
    let (stuck, mut is_stuck) = tokio::sync::watch::channel(false);
    let faulty = Faulty::new(target.clone(), move |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Manifests {
            stuck.send_replace(true);
            return Fault::HangAfter;
        }
        Fault::None
    });
    tokio::select! {
        _ = site.back_up(faulty) => unreachable!("its manifest is never answered"),
        () = async {
            is_stuck.wait_for(|stuck| *stuck).await.unwrap();
            while target.names(Shelf::Manifests).is_empty() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let name = target.names(Shelf::Manifests).remove(0);
    let manifest = target.read(Shelf::Manifests, &name);
    target.remove(Shelf::Manifests, &name);
    (name, manifest)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_of_a_killed_run_that_arrives_after_the_next_makes_no_fork() {
    let site = Site::new(Book::written(7, 20));
    let target = Memory::new();
    let (name, late) = killed_at_its_manifest(&site, &target).await;
    back_up_when_free(&site, target.clone()).await;
    let put = target.put(Shelf::Manifests, &name, Arc::new(late)).await;
    assert_eq!(put.unwrap(), Put::AlreadyThere);
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_of_a_killed_run_that_arrives_during_the_next_is_built_upon() {
    let site = Site::new(Book::written(7, 20));
    let target = Memory::new();
    let (name, late) = killed_at_its_manifest(&site, &target).await;
    let memory = target.clone();
    let arriving = Faulty::new(target.clone(), move |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Manifests && memory.names(shelf).is_empty() {
            memory.write(shelf, &name, late.clone());
        }
        Fault::None
    });
    let snapshot = back_up_when_free(&site, arriving).await;
    assert_eq!(snapshot.manifest.manifest.name.number, 2);
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}
