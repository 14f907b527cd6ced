//! Links that drop, stall, delay, throttle, half-close and stay down, before a real server: a run gets through or is finished
//! by the next one, at most what was in flight is sent again, and what is restored is equal.
//!
//! What is sent is counted on the wire, so that what the driver sends again by itself counts as well. By default each way is
//! tried at a few places; `CHARTSEAL_CAMPAIGN=full` drops connections after 31 different lengths, stalls the link in each 4 KiB of
//! a backup, and half-closes it after every KiB, both ways.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use chartseal::backup::snapshot::Options;
use chartseal::backup::target::{Shelf, Target};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault as Kind, Meter, Mongo, MongoUri, TimeLimits, Wire};

use crate::atlas::open;
use crate::book::Book;
use crate::faulty::{Fault, Faulty, Op};
use crate::mongod::{self, Mongod};
use crate::proxy::{Proxy, Way};
use crate::site::{OPTIONS, Site, wire};
use crate::support::campaign;

/// A site whose backup has twenty objects and a few.
fn twenty_objects() -> Site {
    let mut site = Site::new(Book::written(1, 25));
    site.options = Options {
        pack_bytes: 8 << 10,
        ..OPTIONS
    };
    site
}

/// Objects that were begun to be sent through `proxy`, since it was started.
fn sendings(proxy: &Proxy) -> u64 {
    let commands = proxy.commands();
    let objects = commands
        .iter()
        .filter(|command| command.name == "insert" && command.on == "objects");
    objects.count() as u64
}

/// What is on the server is whole, is what the manifest says, and gives back what the site holds.
async fn is_whole(site: &Site, direct: Arc<dyn Target>) -> u64 {
    let verified = site.verify(Arc::clone(&direct), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    let objects = direct.list(Shelf::Objects).await.unwrap().len() as u64;
    assert!((20..=30).contains(&objects), "{objects} objects");
    assert_eq!(site.restore(direct).await.unwrap().1.book, site.book.read());
    objects
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_drops_every_connection_costs_tries_and_no_data() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    // Long enough for a greeting and the largest object, so that something gets through; too short for a third of the whole. With the
    // longest the connections may share the whole so that none is cut.
    let mut cuts = 0;
    for step in campaign::sample(31, 1) {
        let name = format!("life{step}");
        let proxy = Proxy::before(mongod.port);
        let target = open(&mongod::uri(proxy.port, &name)).await;
        let site = twenty_objects();
        proxy.drop_after(12_000 + step * 300);
        let snapshot = site.back_up(target).await.unwrap();
        cuts += proxy.cuts();
        assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
        let sent = sendings(&proxy);
        let objects = is_whole(&site, open(&mongod.uri(&name)).await).await;
        // A connection carries one object at a time.
        assert!(
            sent <= objects + proxy.cuts(),
            "{name}: {sent} sendings of {objects} objects"
        );
    }
    assert!(cuts > 0, "nothing was cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_stalls_is_given_up_in_time_and_the_run_goes_on_when_it_moves_again() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    // Each 4 KiB of what such a backup sends, or the middle of it.
    let places = if campaign::full() {
        (1..=18).collect()
    } else {
        vec![10]
    };
    for at in places {
        stalls_at(&mongod, at * 4_096).await;
    }
}

async fn stalls_at(mongod: &Mongod, at: u64) {
    let name = format!("stall{at}");
    let proxy = Proxy::before(mongod.port);
    let limits = TimeLimits {
        call: Duration::from_millis(500),
        slowest: 1 << 20,
    };
    let uri = MongoUri::parse(&mongod::uri(proxy.port, &name)).unwrap();
    let target: Arc<dyn Target> = Arc::new(Mongo::open_within(&uri, None, limits).await.unwrap());
    let site = twenty_objects();
    let (meter, mut watched) = Meter::new();
    let patient = Wire {
        meter,
        ..wire(target)
    };
    proxy.stall_after(at);
    let (done, ()) = tokio::join!(site.back_up_over(&patient), async {
        // The stall shows as a try that failed: without a time limit nobody would ever hear of it.
        watched
            .wait_for(|progress| progress.retries > 0)
            .await
            .unwrap();
        proxy.until_stalled();
        proxy.go_on();
    });
    let snapshot = done.unwrap();
    assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
    let sent = sendings(&proxy);
    let objects = is_whole(&site, open(&mongod.uri(&name)).await).await;
    let retries = patient.meter.now().retries;
    let most = objects + retries.min(20 * OPTIONS.uploads as u64);
    assert!(
        sent <= most,
        "{name}: {sent} sendings of {objects} objects in {retries} more tries"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_a_long_delay_carries_a_backup_and_nothing_twice() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let site = twenty_objects();
    proxy.delay(Duration::from_millis(60));
    site.back_up(target).await.unwrap();
    let sent = sendings(&proxy);
    let objects = is_whole(&site, open(&mongod.uri("backup")).await).await;
    assert_eq!(sent, objects);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_16_kib_a_second_carries_a_backup_and_nothing_twice() {
    const RATE: u64 = 16 << 10;
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let site = twenty_objects();
    let (up, down, started) = (
        proxy.carried(Way::Up),
        proxy.carried(Way::Down),
        Instant::now(),
    );
    proxy.throttle(RATE);
    site.back_up(target).await.unwrap();
    // The link is as slow as it says: a slow machine only makes it slower.
    let carried = proxy.carried(Way::Up) - up + proxy.carried(Way::Down) - down;
    assert!(carried > 80 << 10, "{carried} bytes");
    let least = Duration::from_secs_f64((carried - 2048) as f64 / RATE as f64);
    assert!(started.elapsed() >= least);
    let sent = sendings(&proxy);
    let objects = is_whole(&site, open(&mongod.uri("backup")).await).await;
    assert_eq!(sent, objects);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_half_closed_after_every_kib_of_a_20_object_backup_costs_what_was_in_flight() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let site = twenty_objects();
    let whole = Proxy::before(mongod.port);
    site.back_up(open(&mongod::uri(whole.port, "whole")).await)
        .await
        .unwrap();
    let sent = [whole.carried(Way::Up), whole.carried(Way::Down)];
    let (mut closed, mut resumed) = (0, 0);
    for way in [Way::Up, Way::Down] {
        let kib = sent[way as usize].div_ceil(1024);
        assert!(way == Way::Down || kib > 80, "{kib} KiB");
        for at in campaign::sample(kib, 10) {
            let name = format!("{way:?}{at}").to_lowercase();
            let proxy = Proxy::before(mongod.port);
            proxy.half_close_after(way, (at + 1) << 10);
            // Every other time neither the driver nor the run tries again: the run ends, and the next one resumes.
            let once = if at % 2 == 0 {
                ""
            } else {
                "&retryWrites=false&retryReads=false"
            };
            let site = twenty_objects();
            for run in 0.. {
                let ended = match target_through(&proxy, &name, once).await {
                    Ok(target) => {
                        let mut over = wire(target);
                        over.retry.tries = 1;
                        site.back_up_over(&over).await.map(|_| ())
                    }
                    Err(e) => Err(e),
                };
                match ended {
                    Ok(()) => break,
                    Err(e) => assert!(run == 0 && e.fault() == Kind::Outside, "{name}: {e}"),
                }
                resumed += 1;
            }
            closed += proxy.cuts();
            let objects = is_whole(&site, open(&mongod.uri(&name)).await).await;
            let sent = sendings(&proxy);
            let most = objects + proxy.cuts() * site.options.uploads as u64;
            assert!(sent <= most, "{name}: {sent} sendings of {objects} objects");
        }
    }
    eprintln!("{closed} half-closed, {resumed} resumed by the next run");
    assert!(
        closed > 10 && resumed > 5,
        "{closed} half-closed, {resumed} resumed"
    );
}

async fn target_through(
    proxy: &Proxy,
    name: &str,
    options: &str,
) -> Result<Arc<dyn Target>, BackupError> {
    let uri = MongoUri::parse(&(mongod::uri(proxy.port, name) + options)).unwrap();
    Ok(Arc::new(Mongo::open(&uri, None).await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_goes_down_ends_the_run_and_the_next_one_sends_the_rest() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Arc::new(Proxy::before(mongod.port));
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let site = twenty_objects();
    let (cutting, puts) = (Arc::clone(&proxy), AtomicU64::new(0));
    let failing = Faulty::new(Arc::clone(&target), move |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Objects && puts.fetch_add(1, SeqCst) == 12 {
            cutting.go_down();
        }
        Fault::None
    });
    let mut impatient = wire(failing);
    impatient.retry.tries = 2;
    let stopped = site.back_up_over(&impatient).await.unwrap_err();
    assert_eq!(stopped.fault(), Kind::Outside, "{stopped}");
    assert!(
        stopped.to_string().contains("cannot be reached"),
        "{stopped}"
    );

    proxy.come_up();
    let snapshot = site.back_up(target).await.unwrap();
    assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
    assert!(snapshot.reused >= 9, "{} of 12 taken over", snapshot.reused);
    let sent = sendings(&proxy);
    let objects = is_whole(&site, open(&mongod.uri("backup")).await).await;
    assert!(
        sent <= objects + site.options.uploads as u64,
        "{sent} sendings of {objects} objects"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_down_for_days_is_made_up_for_by_one_run() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let site = Site::new(Book::written(1, 100));
    let first = site.back_up(Arc::clone(&target)).await.unwrap();
    proxy.go_down();
    let mut impatient = wire(Arc::clone(&target));
    impatient.retry.tries = 1;
    for day in 0..5 {
        site.days_pass(1);
        site.book.write(day, 20);
        let stopped = site.back_up_over(&impatient).await.unwrap_err();
        assert_eq!(stopped.fault(), Kind::Outside, "{stopped}");
    }
    assert_eq!(
        site.mark().manifest.number,
        first.manifest.manifest.name.number,
        "what did not arrive is not remembered as if it had"
    );
    proxy.come_up();
    let caught_up = site.back_up(target).await.unwrap();
    assert_eq!(caught_up.parent, Some(first.manifest.id()));
    assert_eq!(caught_up.manifest.manifest.new_entries, 100);
    assert!(caught_up.alarms.is_empty(), "{:?}", caught_up.alarms);
    let direct = open(&mongod.uri("backup")).await;
    let verified = site.verify(Arc::clone(&direct), ReadData::All).await;
    assert!(verified.ok() && verified.snapshots == 2, "{verified:?}");
    assert_eq!(site.restore(direct).await.unwrap().1.book, site.book.read());
}
