//! Backups of several hosts, forgetting and pruning, their calls interleaved at random, while the clock moves by hours and by
//! days, runs are cancelled and killed, the link fails, hosts are restored from old snapshots and lose their state: **no object
//! is lost that a listed manifest needs**, as a witness of every change judges; at the end the repository verifies and every
//! host's ledger comes back from it.
//!
//! Up to three forget and prune at a time. By default 60 interleavings, `CHARTSEAL_CAMPAIGN=full` takes 1 000; a few more, by
//! default one, go to a real MongoDB server with the roles of README.md.

mod gate;
mod happenings;
pub mod promises;
mod world;

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use chartseal::backup::high_water::HighWater;
use chartseal::backup::verify::{self, ReadData};

use gate::Pass;
use promises::{HOUR, Tally};
use world::{Doors, Events, Work, World};

use crate::guarded::{Guarded, HOST, PRUNER};
use crate::memory::Memory;
use crate::site::wire;
use crate::support::campaign;

impl World<'_> {
    /// Everybody comes to an end, and all that is listed must be there.
    async fn ends(mut self) -> Tally {
        while !self.running.is_empty() {
            self.settle().await;
            while self.gate.waiting() > 0 {
                self.gate.let_through(0, Pass::Through);
            }
        }
        for host in 0..self.hosts.len() {
            self.now.fetch_add(HOUR, SeqCst);
            self.begin(Work::Backup(host));
            while self.is_at_work(host) {
                self.settle().await;
                while self.gate.waiting() > 0 {
                    self.gate.let_through(0, Pass::Through);
                }
            }
        }
        let certified = self.certified.lock().unwrap().clone();
        let verified = verify::verify(
            &wire(Arc::clone(&self.doors.pruner)),
            &self.hosts[0].keys,
            None::<&HighWater>,
            ReadData::All,
            &move |key| certified.contains(key),
        )
        .await
        .unwrap();
        assert!(verified.ok(), "{verified:?}");
        let mut listed = self.promises.listed();
        listed.sort_by_key(|m| m.manifest.created);
        let mut whole = 0;
        for snapshot in &listed {
            let name = snapshot.manifest.name;
            let host = self.hosts.iter().find(|host| host.id() == name.host);
            let book = host.expect("the host of a manifest").book.read();
            let last = listed.iter().rfind(|m| m.manifest.name.host == name.host);
            let is_last = last.is_some_and(|last| last.hash == snapshot.hash);
            if is_last || self.chance.below(4) == 0 {
                let (_, restored) = self.restore(&snapshot.id()).await.unwrap();
                let seq = snapshot.manifest.head.seq;
                assert!(
                    restored.rows == book.at(seq).rows,
                    "{name}: other entries came back"
                );
                assert!(
                    !is_last || restored == book,
                    "{name}: other tables came back"
                );
                whole += u64::from(is_last);
            }
        }
        assert_eq!(whole, self.hosts.len() as u64);
        self.promises.tally()
    }
}

fn one(seed: u64, steps: u64, doors: Doors, events: &Events) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::new(seed, doors, events);
        for _ in 0..steps {
            world.step().await;
        }
        world.ends().await
    })
}

fn sum(tallies: impl IntoIterator<Item = Tally>) -> Tally {
    tallies.into_iter().fold(Tally::default(), |a, b| Tally {
        manifests: a.manifests + b.manifests,
        next_generation: a.next_generation + b.next_generation,
        objects_deleted: a.objects_deleted + b.objects_deleted,
        manifests_deleted: a.manifests_deleted + b.manifests_deleted,
        revived: a.revived + b.revived,
    })
}

/// Interleavings, each to the end, with the seed of the one that fails.
fn all(
    seeds: &[u64],
    workers: usize,
    steps: u64,
    doors: impl Fn() -> Doors + Sync,
    events: &Events,
) -> Tally {
    let next = Mutex::new(seeds.iter().copied());
    let take = || next.lock().unwrap().next();
    let work = || {
        let mut tallies = Vec::new();
        while let Some(seed) = take() {
            let doors = doors();
            let one = std::panic::AssertUnwindSafe(|| one(seed, steps, doors, events));
            let tally = std::panic::catch_unwind(one);
            tallies.push(tally.unwrap_or_else(|_| panic!("interleaving {seed}")));
        }
        sum(tallies)
    };
    let tally = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        sum(workers.into_iter().map(|worker| worker.join().unwrap()))
    });
    eprintln!("{} interleavings: {tally:?}, {events:?}", seeds.len());
    tally
}

#[test]
fn no_interleaving_of_backups_and_prune_loses_an_object_that_a_listed_manifest_needs() {
    let events = Events::default();
    let doors = || {
        let target = Memory::new();
        Doors {
            host: target.clone(),
            pruner: target,
        }
    };
    let steps = if campaign::full() { 2_000 } else { 1_000 };
    let tally = all(&campaign::sample(1_000, 60), 2, steps, doors, &events);
    // Nothing is missing of what is to be survived.
    let besides = [
        &events.killed,
        &events.cancelled,
        &events.restored,
        &events.lost_state,
        &events.not_alone,
    ];
    let counts = [
        tally.manifests,
        tally.next_generation,
        tally.objects_deleted,
        tally.manifests_deleted,
        tally.revived,
    ];
    let besides = besides.map(|event| event.load(SeqCst));
    let happened = counts.iter().chain(&besides).all(|count| *count > 0);
    assert!(happened, "{tally:?}, {events:?}");
}

#[test]
fn nor_does_one_on_a_server_that_holds_hosts_and_pruner_to_their_roles() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(guarded) = runtime.block_on(Guarded::start()) else {
        return;
    };
    let events = Events::default();
    let doors = || {
        runtime.block_on(async {
            guarded.database().drop().await.unwrap();
            Doors {
                host: guarded.target(HOST).await,
                pruner: guarded.target(PRUNER).await,
            }
        })
    };
    let some = if campaign::full() { 20 } else { 1 };
    let seeds: Vec<u64> = (2_000..2_000 + some).collect();
    let tally = all(&seeds, 1, 600, doors, &events);
    assert!(tally.manifests > 0, "{tally:?}");
    assert!(tally.objects_deleted > 0 || some == 1, "{tally:?}");
}
