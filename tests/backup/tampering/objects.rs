//! Objects that an operator changes: found, and named.

use std::sync::Arc;

use chartseal::backup::chain::Finding;
use chartseal::backup::object::{Address, ObjectKind};
use chartseal::backup::target::{Name, Shelf};
use chartseal::backup::verify::{ReadData, Verified};
use chartseal::backup::{BackupError, Fault};

use super::{names, objects, two_snapshots};
use crate::book::Book;
use crate::memory::Memory;
use crate::site::Site;

/// Verification names exactly this object; a restore, if it needs the object, refuses and names it too.
async fn is_found(
    site: &Site,
    target: Arc<Memory>,
    label: &str,
    found: impl Fn(&Verified) -> &Vec<Finding>,
) {
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(!verified.ok());
    assert_eq!(names(found(&verified)), [label], "{verified:?}");
    assert_eq!(verified.missing.len() + verified.corrupt.len(), 1);
    match site.restore(target).await {
        // Slots and index packs of the older snapshot are not needed for the newest, and nobody needs an index pack.
        Ok((restored, outcome)) => {
            let mut expected = site.book.read();
            if let Some(finding) = restored.findings.first() {
                assert_eq!(names(&restored.findings), [label], "{finding}");
                expected.tables.retain(|table, _| !table.is_index());
            }
            assert_eq!(outcome.book, expected);
        }
        Err(refused) => {
            assert_eq!(refused.fault(), Fault::Evidence);
            assert!(
                refused
                    .to_string()
                    .contains(label.trim_start_matches("objects/")),
                "{refused}"
            );
        }
    }
}

#[tokio::test]
async fn each_flipped_object_is_found() {
    let (site, target) = two_snapshots().await;
    for (name, label) in objects(&target) {
        let evil = target.copy();
        let mut bytes = evil.read(Shelf::Objects, &name);
        let at = bytes.len() * 2 / 3;
        bytes[at] ^= 1;
        evil.write(Shelf::Objects, &name, bytes);
        is_found(&site, evil, &label, |v| &v.corrupt).await;
    }
}

#[tokio::test]
async fn each_truncated_object_is_found_even_without_reading() {
    let (site, target) = two_snapshots().await;
    for (name, label) in objects(&target) {
        let evil = target.copy();
        let mut bytes = evil.read(Shelf::Objects, &name);
        bytes.pop();
        evil.write(Shelf::Objects, &name, bytes);
        assert_eq!(
            names(&site.verify(evil.clone(), ReadData::None).await.corrupt),
            [label.as_str()]
        );
        is_found(&site, evil, &label, |v| &v.corrupt).await;
    }
}

#[tokio::test]
async fn each_dropped_object_is_found_even_without_reading() {
    let (site, target) = two_snapshots().await;
    for (name, label) in objects(&target) {
        let evil = target.copy();
        evil.remove(Shelf::Objects, &name);
        assert_eq!(
            names(&site.verify(evil.clone(), ReadData::None).await.missing),
            [label.as_str()]
        );
        is_found(&site, evil, &label, |v| &v.missing).await;
    }
}

#[tokio::test]
async fn swapped_objects_are_found() {
    let (site, target) = two_snapshots().await;
    let all = objects(&target);
    for pair in all.windows(2) {
        let evil = target.copy();
        evil.write(
            Shelf::Objects,
            &pair[0].0,
            target.read(Shelf::Objects, &pair[1].0),
        );
        evil.write(
            Shelf::Objects,
            &pair[1].0,
            target.read(Shelf::Objects, &pair[0].0),
        );
        let verified = site.verify(evil.clone(), ReadData::All).await;
        assert_eq!(
            names(&verified.corrupt),
            [pair[0].1.as_str(), pair[1].1.as_str()]
        );
        if let Err(refused) = site.restore(evil).await {
            assert_eq!(refused.fault(), Fault::Evidence);
        }
    }
}

#[tokio::test]
async fn an_object_put_in_the_place_of_another_is_found() {
    let (site, target) = two_snapshots().await;
    for pair in objects(&target).windows(2) {
        let evil = target.copy();
        evil.write(
            Shelf::Objects,
            &pair[0].0,
            target.read(Shelf::Objects, &pair[1].0),
        );
        is_found(&site, evil, &pair[0].1, |v| &v.corrupt).await;
    }
}

#[tokio::test]
async fn objects_added_under_new_names_do_no_harm() {
    let (site, target) = two_snapshots().await;
    for (n, (name, _)) in objects(&target).into_iter().enumerate() {
        let stray = Name::parse(&format!("{n:064x}")).unwrap();
        target.write(Shelf::Objects, &stray, target.read(Shelf::Objects, &name));
    }
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test]
async fn an_object_sealed_anew_by_somebody_with_the_public_key_is_found() {
    use chartseal::backup::object;
    let (site, target) = two_snapshots().await;
    let (name, label) = objects(&target).remove(0);
    let address = Address::parse(&name).unwrap();
    let to = &site.keys.restore_public;
    let len = target.read(Shelf::Objects, &name).len() - object::OVERHEAD;
    let forged = object::seal(
        to,
        site.keys.repository,
        ObjectKind::Ledger,
        &address,
        &vec![0; len],
    )
    .unwrap();
    target.write(Shelf::Objects, &name, forged);
    is_found(&site, target, &label, |v| &v.corrupt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_longer_than_an_object_is_kept_in_parts_and_each_of_them_is_missed() {
    let site = Site::new(Book::written(1, 5));
    site.book.0.lock().unwrap().write_long(9 << 20);
    site.book.write(2, 3);
    let target = Memory::new();
    let first = site.back_up(target.clone()).await.unwrap();
    let parts: Vec<_> = first
        .manifest
        .manifest
        .objects
        .iter()
        .filter(|o| o.parts > 1)
        .copied()
        .collect();
    assert_eq!(
        parts
            .iter()
            .map(|o| (o.first, o.part, o.parts))
            .collect::<Vec<_>>(),
        [(6, 0, 2), (6, 1, 2)]
    );
    assert!(site.restore(target.clone()).await.unwrap().1.book == site.book.read());
    for part in &parts {
        let evil = target.copy();
        evil.remove(Shelf::Objects, &part.address.name());
        let verified = site.verify(evil.clone(), ReadData::None).await;
        assert_eq!(
            names(&verified.missing),
            [format!("objects/{}", part.address)]
        );
        assert!(matches!(
            site.restore(evil).await,
            Err(BackupError::ObjectMissing { .. })
        ));
    }
    // The next run takes the parts over, or makes one that is gone anew and the others not.
    target.remove(Shelf::Objects, &parts[1].address.name());
    site.book.write(3, 3);
    let second = site.back_up(target.clone()).await.unwrap();
    assert!(
        second.uploaded[&ObjectKind::Ledger].bytes < 3 << 20,
        "{:?}",
        second.uploaded
    );
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert!(site.restore(target).await.unwrap().1.book == site.book.read());
}
