//! Manifests that an operator changes, drops, forges or serves again: found, and named.

use chartseal::backup::manifest::ManifestName;
use chartseal::backup::restore::Damage;
use chartseal::backup::target::Shelf;
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, PrintedHead};
use chartseal::crypto::sign::SigningKey;

use super::{manifests, names, two_snapshots};
use crate::book::Book;
use crate::memory::Memory;
use crate::site::{Site, wire};

#[tokio::test]
async fn each_flipped_or_truncated_manifest_is_found() {
    let (site, target) = two_snapshots().await;
    for name in manifests(&target) {
        let file = target.read(Shelf::Manifests, &name);
        let mut flipped = file.clone();
        flipped[file.len() / 2] ^= 1;
        for bad in [flipped, file[..file.len() - 1].to_vec(), Vec::new()] {
            let evil = target.copy();
            evil.write(Shelf::Manifests, &name, bad);
            let verified = site.verify(evil.clone(), ReadData::None).await;
            assert_eq!(names(&verified.corrupt), [format!("manifests/{name}")]);
            let refused = site.restore(evil).await.unwrap_err();
            assert!(matches!(refused, BackupError::Damaged { .. }), "{refused}");
        }
    }
}

#[tokio::test]
async fn a_dropped_manifest_in_the_middle_is_found_and_named() {
    let (site, target) = two_snapshots().await;
    let first = manifests(&target).remove(0);
    target.remove(Shelf::Manifests, &first);
    let verified = site.verify(target.clone(), ReadData::None).await;
    assert_eq!(names(&verified.missing), [format!("manifests/{first}")]);
    assert!(site.restore(target.clone()).await.is_err());
    let (restored, outcome) = site.restore_as(target, None, Damage::Accept).await.unwrap();
    assert_eq!(names(&restored.findings), [format!("manifests/{first}")]);
    assert_eq!(outcome.book, site.book.read());
}

#[tokio::test]
async fn a_dropped_newest_snapshot_is_found_by_a_host_that_remembers_it() {
    let (site, target) = two_snapshots().await;
    let newest = manifests(&target).remove(1);
    target.remove(Shelf::Manifests, &newest);
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert_eq!(
        verified.rolled_back.as_ref().map(|f| f.name.clone()),
        Some(format!("manifests/{newest}"))
    );
    assert!(!verified.ok());
    let refused = site.back_up(target.clone()).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::RolledBack { .. }),
        "{refused}"
    );
    // Without any anchor this cannot be seen: the manual says so.
    assert!(site.verify_with(target, ReadData::All, None).await.ok());
}

#[tokio::test]
async fn an_old_chain_served_to_a_restorer_who_brings_a_printed_head_is_refused() {
    use chartseal::backup::restore::{Request, stage};
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let old = target.copy();
    site.book.write(2, 10);
    site.back_up(target).await.unwrap();
    let printed: PrintedHead = PrintedHead::from(&site.mark()).to_string().parse().unwrap();
    let into = site.folder.path().join("restored");
    let request = Request {
        secret: &site.secret,
        vault: crate::site::VAULT,
        snapshot: None,
        head: Some(&printed),
        damage: Damage::Accept,
        into: &into,
    };
    let refused = stage(&wire(old), request, |_| Err("nothing is written".into()))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, BackupError::Behind { number: 2, .. }),
        "{refused}"
    );
    assert!(!into.exists());
}

#[tokio::test]
async fn an_old_manifest_served_as_the_newest_is_found() {
    let (site, target) = two_snapshots().await;
    let names_ = manifests(&target);
    target.write(
        Shelf::Manifests,
        &names_[1],
        target.read(Shelf::Manifests, &names_[0]),
    );
    let verified = site.verify(target.clone(), ReadData::None).await;
    assert_eq!(
        names(&verified.corrupt),
        [format!("manifests/{}", names_[1])]
    );
    assert!(verified.rolled_back.is_some());
    assert!(site.back_up(target).await.is_err());
}

#[tokio::test]
async fn a_manifest_copied_to_a_further_number_is_found() {
    let (site, target) = two_snapshots().await;
    let newest = ManifestName::parse(&manifests(&target)[1]).unwrap();
    let further = ManifestName {
        number: 3,
        ..newest
    };
    target.write(
        Shelf::Manifests,
        &further.name(),
        target.read(Shelf::Manifests, &newest.name()),
    );
    let verified = site.verify(target.clone(), ReadData::None).await;
    assert_eq!(names(&verified.corrupt), [format!("manifests/{further}")]);
    assert!(site.back_up(target).await.is_err());
}

#[tokio::test]
async fn a_manifest_forged_by_somebody_with_all_keys_but_a_certified_host_identity_is_found() {
    let (site, target) = two_snapshots().await;
    let forger = SigningKey::random();
    let mut forged = chartseal::backup::manifest::SignedManifest::open(
        &target.read(Shelf::Manifests, &manifests(&target)[1]),
        ManifestName::parse(&manifests(&target)[1]).unwrap(),
        site.keys.repository,
        &site.keys.k_manifest,
    )
    .unwrap()
    .manifest;
    forged.name.host = chartseal::backup::manifest::HostId::of(&forger.public());
    let keys = site
        .secret
        .backup_keys(site.keys.repository, crate::site::VAULT, forger);
    target.write(Shelf::Manifests, &forged.name.name(), forged.seal(&keys));
    let verified = site.verify(target, ReadData::None).await;
    assert_eq!(
        names(&verified.corrupt),
        [format!("manifests/{}", forged.name)]
    );
    assert!(verified.corrupt[0].detail.contains("no certified host"));
}
