//! A chart that was shredded: its wrapped keys are in no snapshot made after, whatever is asked for, and gone from the target
//! once retention has passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use chartseal::backup::Folder;
use chartseal::backup::object::{self, Address, Listed, ObjectKind};
use chartseal::backup::prune::{forget, prune};
use chartseal::backup::restore::Damage;
use chartseal::backup::retention::Retention;
use chartseal::backup::snapshot::Snapshot;
use chartseal::backup::source::TableId;
use chartseal::backup::target::{Shelf, Target};
use chartseal::backup::verify::ReadData;
use chartseal::crypto::mac::MacKey;

use crate::atlas::open;
use crate::book::{Book, noise};
use crate::clocked::Clocked;
use crate::memory::Memory;
use crate::mongod::Mongod;
use crate::prune::with;
use crate::site::Site;

/// The wrapped keys of the chart, and its bodies' places.
const KEYS: std::ops::Range<u64> = 9_000..9_005;
const BODIES: std::ops::Range<usize> = 10..13;

/// Every snapshot is kept, so that keys go for their age and not with what lists them.
const ALL: Retention = Retention {
    daily: 100,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    all_days: 30,
};

struct Shredding {
    site: Site,
    target: Arc<dyn Target>,
    /// What each object that was ever listed holds.
    listed: BTreeMap<Address, Listed>,
}

impl Shredding {
    fn new(target: Arc<dyn Target>) -> Self {
        let site = Site::new(Book::written(1, 40));
        let mut book = site.book.0.lock().unwrap();
        let slots = book.tables.get_mut(&TableId::SLOT).unwrap();
        slots.extend(KEYS.map(|n| noise(n, 90)));
        slots.sort();
        drop(book);
        Self {
            site,
            target,
            listed: BTreeMap::new(),
        }
    }

    async fn back_up(&mut self) -> Snapshot {
        let snapshot = self.site.back_up(Arc::clone(&self.target)).await.unwrap();
        let objects = &snapshot.manifest.manifest.objects;
        self.listed.extend(objects.iter().map(|o| (o.address, *o)));
        snapshot
    }

    /// Deletes the chart's keys and bodies.
    fn shred(&self) {
        let mut book = self.site.book.0.lock().unwrap();
        let keys: Vec<Vec<u8>> = KEYS.map(|n| noise(n, 90)).collect();
        let slots = book.tables.get_mut(&TableId::SLOT).unwrap();
        slots.retain(|slot| !keys.contains(slot));
        book.rows[BODIES].iter_mut().for_each(|row| row.body = None);
    }

    /// Everything that is needed for opening an object is there: what the custodians have.
    async fn plain(&self, object: &Listed) -> Vec<u8> {
        let sealed = self
            .target
            .get(Shelf::Objects, &object.address.name())
            .await;
        let secret = &self.site.secret;
        let opened = object::open(
            &secret.restore,
            &MacKey::new(&secret.k_id()),
            self.site.keys.repository,
            object.kind,
            &object.address,
            &sealed.unwrap().unwrap(),
        );
        opened.unwrap().expose().to_vec()
    }

    /// How many of the chart's keys are in `objects`.
    async fn keys_in(&self, objects: impl IntoIterator<Item = &Listed>) -> usize {
        let keys: Vec<Vec<u8>> = KEYS.map(|n| noise(n, 16)).collect();
        let mut found = 0;
        for object in objects {
            let plain = self.plain(object).await;
            found += keys.iter().filter(|key| holds(&plain, key)).count();
        }
        found
    }

    /// The objects that are on the target, listed by a snapshot or not.
    async fn there(&self) -> Vec<&Listed> {
        let stats = self.target.list(Shelf::Objects).await.unwrap();
        let known = |address: Address| self.listed.get(&address).expect("a run made it");
        stats
            .iter()
            .map(|stat| known(Address::parse(&stat.name).unwrap()))
            .collect()
    }

    async fn let_go(&self) {
        let now = self.site.now();
        // A server's own clock does not pass by the month.
        let target = Arc::new(Clocked(Arc::clone(&self.target), now));
        with(&self.site, target, async |keeper| {
            forget(keeper, &ALL).await.unwrap();
            prune(keeper).await.unwrap();
        })
        .await;
    }

    async fn restored(&self, snapshot: &Snapshot) -> Book {
        let target = Arc::clone(&self.target);
        let id = snapshot.manifest.id();
        let restored = self.site.restore_as(target, Some(&id), Damage::Refuse);
        restored.await.unwrap().1.book
    }
}

fn holds(plain: &[u8], piece: &[u8]) -> bool {
    plain.windows(piece.len()).any(|there| there == piece)
}

fn keys_of(book: &Book) -> usize {
    let slots = &book.tables[&TableId::SLOT];
    KEYS.filter(|n| slots.contains(&noise(*n, 90))).count()
}

async fn shredded_keys_go(target: Arc<dyn Target>) {
    let mut shredding = Shredding::new(target);
    let before = shredding.back_up().await;
    assert_eq!(
        shredding.keys_in(&before.manifest.manifest.objects).await,
        5
    );
    // Another day's: of each day the last snapshot is kept.
    shredding.site.days_pass(1);
    shredding.shred();
    let after = shredding.back_up().await;
    let objects = &after.manifest.manifest.objects;
    assert_eq!(shredding.keys_in(objects).await, 0, "a snapshot made after");
    // Whichever snapshot is asked for, the keys come from the newest.
    for snapshot in [&before, &after] {
        assert_eq!(keys_of(&shredding.restored(snapshot).await), 0);
    }

    // Until the last snapshot that has them is a month old, the keys are there, for somebody with the restore shares.
    let mut last_seen = 0;
    for day in (6..=48).step_by(6) {
        shredding.site.days_pass(6);
        shredding.site.book.write(day, 2);
        shredding.back_up().await;
        shredding.let_go().await;
        let there = shredding.there().await;
        if shredding.keys_in(there).await > 0 {
            last_seen = day;
        }
    }
    assert!(
        (30..=42).contains(&last_seen),
        "last seen on day {last_seen}"
    );
    let there = shredding.there().await;
    assert_eq!(shredding.keys_in(there.iter().copied()).await, 0);
    // The sealed bodies are still in a pack that every snapshot lists; nobody has a key to them.
    // Its end: headers are made from the same numbers, and are shorter.
    let body = noise(31 ^ BODIES.start as u64, 200).split_off(150);
    let mut bodies = 0;
    for object in there.iter().filter(|o| o.kind == ObjectKind::Ledger) {
        let plain = shredding.plain(object).await;
        bodies += usize::from(holds(&plain, &body));
    }
    assert_eq!(bodies, 1);
    let verified = shredding
        .site
        .verify(Arc::clone(&shredding.target), ReadData::All);
    let verified = verified.await;
    assert!(verified.ok(), "{verified:?}");
    assert_eq!(keys_of(&shredding.restored(&before).await), 0);
}

#[tokio::test]
async fn shredded_keys_are_in_no_later_snapshot_and_leave_memory() {
    shredded_keys_go(Memory::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shredded_keys_are_in_no_later_snapshot_and_leave_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let target = Folder::open(&folder.path().join("repository")).unwrap();
    shredded_keys_go(Arc::new(target)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shredded_keys_are_in_no_later_snapshot_and_leave_mongodb() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    shredded_keys_go(open(&mongod.uri("backup")).await).await;
}
