//! What stands under a tombstone's name and is none: it is named, keeps nothing from going, and the next prune takes it away.

use std::sync::Arc;

use chartseal::backup::object::{Address, Listed, ObjectKind};
use chartseal::backup::prune::{Pruned, forget, prune};
use chartseal::backup::source::TableId;
use chartseal::backup::target::{Name, Shelf, Target};
use chartseal::backup::tombstone::{self, Stone, Subject};
use chartseal::backup::verify::{ReadData, Verified};
use chartseal::backup::{BackupError, Fault as Kind};
use chartseal::crypto::Hash;

use crate::book::{Book, noise};
use crate::faulty::{Fault, Faulty, Op};
use crate::keepers::{NEWEST, index, ripe};
use crate::memory::Memory;
use crate::prune::with;
use crate::site::Site;

async fn prune_on(site: &Site, target: Arc<dyn Target>) -> Result<Pruned, BackupError> {
    with(site, target, async |keeper| prune(keeper).await).await
}

const FORGERIES: usize = 5;

/// What somebody without the keys may put under a name: bytes, a tombstone of another repository, one of another subject.
fn forgeries(site: &Site, subject: &Subject) -> Vec<Vec<u8>> {
    let stone = Stone {
        at: site.now(),
        previous: None,
    };
    let stranger = Site::new(Book::default());
    let mut flipped = tombstone::seal(&site.keys, subject, stone);
    flipped[40] ^= 1;
    vec![
        b"junk".to_vec(),
        Vec::new(),
        flipped,
        tombstone::seal(&stranger.keys, subject, stone),
        tombstone::seal(&site.keys, &Subject::Manifest(Hash([9; 32])), stone),
    ]
}

fn named(verified: &Verified) -> Vec<&str> {
    verified.corrupt.iter().map(|f| f.name.as_str()).collect()
}

/// A site whose last snapshot has not the slots of the first, a month old, and the name of the pack that has them.
async fn shredded(target: &Arc<Memory>) -> (Site, Name) {
    let site = Site::new(Book::written(1, 10));
    let slots = |rows| {
        let mut book = site.book.0.lock().unwrap();
        book.tables.insert(TableId::SLOT, rows);
    };
    slots(vec![noise(1, 90)]);
    let first = site.back_up(target.clone()).await.unwrap();
    slots(vec![noise(2, 90)]);
    site.days_pass(31);
    site.back_up(target.clone()).await.unwrap();
    let of_slots = |o: &&Listed| o.kind == ObjectKind::Table(TableId::SLOT);
    let mut packs = first.manifest.manifest.objects.iter().filter(of_slots);
    let doomed = packs.next().unwrap().address.name();
    assert_eq!(packs.next(), None);
    (site, doomed)
}

#[tokio::test]
async fn a_shredded_key_goes_although_junk_stands_under_the_name_of_its_tombstone() {
    for forgery in 0..FORGERIES {
        let target = Memory::new();
        let (site, doomed) = shredded(&target).await;
        let subject = Subject::Object(Address::parse(&doomed).unwrap());
        let forged = forgeries(&site, &subject).remove(forgery);
        target.write(Shelf::Tombstones, &doomed, forged);
        let verified = site.verify(target.clone(), ReadData::None).await;
        assert_eq!(named(&verified), [format!("tombstones/{doomed}")]);
        let marked = prune_on(&site, target.clone()).await.unwrap();
        assert_eq!((marked.marked, marked.objects), (1, 0), "{marked:?}");
        assert!(site.verify(target.clone(), ReadData::All).await.ok());
        let waiting = prune_on(&site, target.clone()).await.unwrap();
        assert_eq!((waiting.marked, waiting.waiting), (0, 1), "{waiting:?}");
        site.days_pass(8);
        site.back_up(target.clone()).await.unwrap();
        let gone = prune_on(&site, target.clone()).await.unwrap();
        assert_eq!(gone.objects, 1, "{gone:?}");
        assert!(!target.names(Shelf::Objects).contains(&doomed));
        assert!(site.verify(target, ReadData::All).await.ok());
    }
}

#[tokio::test]
async fn a_snapshot_is_forgotten_although_junk_stands_under_the_name_of_its_tombstone() {
    let site = Site::new(Book::written(1, 40));
    let target = Memory::new();
    let first = site.back_up(target.clone()).await.unwrap();
    site.days_pass(1);
    site.back_up(target.clone()).await.unwrap();
    let subject = Subject::Manifest(first.manifest.hash);
    for forged in forgeries(&site, &subject) {
        let target = target.copy();
        target.write(Shelf::Tombstones, &subject.name(), forged.clone());
        let verified = site.verify(target.clone(), ReadData::None).await;
        assert_eq!(named(&verified), [format!("tombstones/{}", subject.name())]);
        let forgotten = with(&site, target.clone(), async |keeper| {
            forget(keeper, &NEWEST).await.unwrap()
        });
        assert_eq!(forgotten.await.forgotten, [first.manifest.id()]);
        assert_ne!(target.read(Shelf::Tombstones, &subject.name()), forged);
        let again = with(&site, target.clone(), async |keeper| {
            forget(keeper, &NEWEST).await.unwrap()
        });
        assert!(again.await.forgotten.is_empty(), "it is forgotten now");
        assert!(site.verify(target, ReadData::All).await.ok());
    }
}

#[tokio::test]
async fn the_answer_to_why_an_old_pack_is_gone_is_given_again_where_it_was_damaged() {
    let target = Memory::new();
    let site = ripe(&target).await;
    // The index of a snapshot that stays goes, and its tombstone says so.
    let old = site.back_up(target.clone()).await.unwrap();
    index(&site, 3);
    site.back_up(target.clone()).await.unwrap();
    prune_on(&site, target.clone()).await.unwrap();
    site.days_pass(8);
    site.back_up(target.clone()).await.unwrap();
    assert!(prune_on(&site, target.clone()).await.unwrap().objects > 0);
    let there = target.names(Shelf::Objects);
    let of_the_old = old
        .manifest
        .manifest
        .objects
        .iter()
        .map(|o| o.address.name());
    let gone: Vec<_> = of_the_old.filter(|name| !there.contains(name)).collect();
    assert!(!gone.is_empty());
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    for name in &gone {
        let mut damaged = target.read(Shelf::Tombstones, name);
        damaged[30] ^= 4;
        target.write(Shelf::Tombstones, name, damaged);
    }
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert_eq!(named(&verified).len(), gone.len(), "{verified:?}");
    assert_eq!(verified.missing.len(), gone.len(), "{verified:?}");
    prune_on(&site, target.clone()).await.unwrap();
    let verified = site.verify(target, ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
}

#[tokio::test]
async fn a_pack_that_is_needed_keeps_no_forged_tombstone_and_a_strange_name_is_left_and_named() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let needed = target.names(Shelf::Objects).remove(0);
    let strange = Name::parse("keeper/nobody").unwrap();
    for name in [&needed, &strange] {
        target.write(Shelf::Tombstones, name, b"junk".to_vec());
    }
    let verified = site.verify(target.clone(), ReadData::None).await;
    let mut expected = vec![
        format!("tombstones/{needed}"),
        format!("tombstones/{strange}"),
    ];
    expected.sort();
    assert_eq!(named(&verified), expected);
    let pruned = prune_on(&site, target.clone()).await.unwrap();
    assert_eq!((pruned.marked, pruned.objects), (0, 0), "{pruned:?}");
    assert_eq!(
        target.names(Shelf::Tombstones),
        std::slice::from_ref(&strange),
        "what is not named like a tombstone is not a pruner's to delete"
    );
    let verified = site.verify(target, ReadData::All).await;
    assert_eq!(named(&verified), [format!("tombstones/{strange}")]);
}

#[tokio::test]
async fn a_tombstone_that_is_listed_and_not_served_is_named() {
    let target = Memory::new();
    let site = ripe(&target).await;
    let stone = target.names(Shelf::Tombstones).remove(0);
    let hiding = Faulty::new(target.clone(), |op, shelf, _| {
        if (op, shelf) == (Op::Get, Shelf::Tombstones) {
            Fault::Pretend
        } else {
            Fault::None
        }
    });
    let verified = site.verify(hiding, ReadData::None).await;
    assert!(
        named(&verified).contains(&format!("tombstones/{stone}").as_str()),
        "{verified:?}"
    );
}

#[tokio::test]
async fn a_target_that_keeps_no_tombstone_is_not_said_to_have_marked_anything() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let stray = Name::parse(&"9".repeat(64)).unwrap();
    target.write(Shelf::Objects, &stray, vec![1]);
    target.write(Shelf::Tombstones, &stray, b"junk".to_vec());
    let stubborn = Faulty::new(target.clone(), |op, shelf, _| {
        if (op, shelf) == (Op::Delete, Shelf::Tombstones) {
            Fault::Pretend
        } else {
            Fault::None
        }
    });
    let refused = prune_on(&site, stubborn).await.unwrap_err();
    assert_eq!(refused.fault(), Kind::Evidence, "{refused}");
    assert!(refused.to_string().contains(stray.as_str()), "{refused}");
    // One that is not alone leaves it to the other, and does not count it as marked.
    let other = Subject::Keeper([7; 8]);
    let note = Stone {
        at: site.now(),
        previous: None,
    };
    let note = tombstone::seal(&site.keys, &other, note);
    target.write(Shelf::Tombstones, &other.name(), note);
    let beside = prune_on(&site, target.clone()).await.unwrap();
    assert!(!beside.alone, "{beside:?}");
    assert_eq!((beside.marked, beside.waiting), (0, 1), "{beside:?}");
    assert_eq!(target.read(Shelf::Tombstones, &stray), b"junk");
}

#[tokio::test]
async fn a_tombstone_whose_first_answer_was_lost_counts_as_set() {
    let site = Site::new(Book::written(1, 10));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let stray = Name::parse(&"9".repeat(64)).unwrap();
    target.write(Shelf::Objects, &stray, vec![1]);
    let lossy = Faulty::new(target.clone(), |op, shelf, call| {
        if op == Op::Put && shelf == Shelf::Tombstones && call % 2 == 0 {
            Fault::LoseAnswer
        } else {
            Fault::None
        }
    });
    let pruned = prune_on(&site, lossy).await.unwrap();
    assert_eq!((pruned.marked, pruned.alone), (1, true), "{pruned:?}");
}
