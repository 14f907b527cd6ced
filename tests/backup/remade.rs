//! Packs that a target lost are made anew as they were, so that the older snapshots are whole again.

use chartseal::backup::object::{Listed, ObjectKind};
use chartseal::backup::snapshot::{self, Options};
use chartseal::backup::target::Shelf;
use chartseal::backup::verify::ReadData;

use crate::book::Book;
use crate::memory::Memory;
use crate::site::{OPTIONS, Site, wire};

fn ledger_packs(objects: &[Listed]) -> Vec<Listed> {
    objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Ledger)
        .copied()
        .collect()
}

#[tokio::test]
async fn neighbouring_packs_that_are_lost_at_once_come_back_as_they_were() {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    let first = site.back_up(target.clone()).await.unwrap();
    // Small increments, each in a pack of its own: two of them would fit into one.
    for seed in 2..6 {
        site.book.write(seed, 1);
        site.back_up(target.clone()).await.unwrap();
    }
    let before = site.back_up(target.clone()).await.unwrap();
    let packs = ledger_packs(&before.manifest.manifest.objects);
    let old = ledger_packs(&first.manifest.manifest.objects).len();
    assert!(packs.len() >= old + 4, "{packs:?}");
    for lost in [0..2, old - 1..old + 1, old..old + 4, 0..packs.len()] {
        for pack in &packs[lost.clone()] {
            target.remove(Shelf::Objects, &pack.address.name());
        }
        assert!(!site.verify(target.clone(), ReadData::None).await.ok());
        // A link that is thinner than before makes packs of another size, but not of these.
        let options = Options {
            pack_bytes: 4 << 10,
            ..OPTIONS
        };
        let wire = wire(target.clone());
        let now = || site.now();
        let run = snapshot::run(
            &wire,
            &site.keys,
            site.book.source(),
            &site.host,
            options,
            &now,
        );
        run.await.unwrap();
        let verified = site.verify(target.clone(), ReadData::All).await;
        assert!(verified.ok(), "{lost:?}: {:?}", verified.missing);
    }
    let (_, outcome) = site.restore(target).await.unwrap();
    assert_eq!(outcome.book, site.book.read());
}
