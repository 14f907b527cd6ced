//! Damage to a repository that the restorer accepts: whatever was put there or taken away, what is whole comes back, and what is
//! not is named.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use chartseal::backup::high_water::HighWater;
use chartseal::backup::manifest::{Manifest, ManifestName, SignedManifest, Timeline};
use chartseal::backup::object::{Listed, ObjectKind};
use chartseal::backup::restore::{Damage, Request, stage};
use chartseal::backup::snapshot::Snapshot;
use chartseal::backup::source::{Cause, MachineFailed, Provenance, Restorer, Row, TableId};
use chartseal::backup::state::HostState;
use chartseal::backup::target::{Name, Shelf};
use chartseal::backup::{BackupError, Fault, PrintedHead};
use chartseal::crypto::SecretBytes;

use crate::book::Book;
use crate::memory::Memory;
use crate::site::{Site, VAULT, wire};

/// A site with some snapshots.
async fn backed_up(snapshots: u64) -> (Site, Arc<Memory>, Vec<Snapshot>) {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    let mut made = Vec::new();
    for n in 0..snapshots {
        if n > 0 {
            site.book.write(n, 20);
        }
        made.push(site.back_up(target.clone()).await.unwrap());
    }
    (site, target, made)
}

fn of_kind(snapshot: &Snapshot, kind: ObjectKind) -> Vec<Listed> {
    let objects = snapshot.manifest.manifest.objects.iter();
    objects.filter(|o| o.kind == kind).copied().collect()
}

/// The pack that holds the last entries.
fn last_pack(snapshot: &Snapshot) -> Listed {
    *of_kind(snapshot, ObjectKind::Ledger).last().unwrap()
}

fn head(snapshot: &Snapshot, site: &Site) -> PrintedHead {
    PrintedHead::of(site.keys.repository, &snapshot.manifest)
}

fn flip(target: &Memory, name: &Name) {
    let mut bytes = target.read(Shelf::Objects, name);
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    target.write(Shelf::Objects, name, bytes);
}

/// Puts a manifest in its place, signed by this site's host.
fn put(site: &Site, target: &Memory, manifest: &Manifest) {
    target.write(
        Shelf::Manifests,
        &manifest.name.name(),
        manifest.seal(&site.keys),
    );
}

#[tokio::test]
async fn whatever_somebody_inserted_among_the_manifests_the_newest_snapshot_comes_back() {
    let (site, target, made) = backed_up(2).await;
    let there = made[1].manifest.manifest.name;
    let next = ManifestName { number: 3, ..there };
    let elsewhere = ManifestName {
        timeline: Timeline::random(),
        number: 9_999_999_999,
        ..there
    };
    let stray = Name::parse("x").unwrap();
    for name in [stray, next.name(), elsewhere.name()] {
        let evil = target.copy();
        evil.write(Shelf::Manifests, &name, b"anything".to_vec());
        let refused = site.restore(evil.clone()).await.unwrap_err();
        assert_eq!(refused.fault(), Fault::Evidence);
        assert!(
            refused.to_string().contains(&format!("manifests/{name}")),
            "{refused}"
        );
        let (restored, outcome) = site.restore_as(evil, None, Damage::Accept).await.unwrap();
        assert_eq!(restored.snapshot.hash, made[1].manifest.hash);
        assert_eq!(outcome.book, site.book.read());
        let [finding] = &restored.findings[..] else {
            panic!("{:?}", restored.findings)
        };
        assert_eq!(finding.name, format!("manifests/{name}"));
    }
}

#[tokio::test]
async fn where_nothing_is_wrong_damage_that_would_be_accepted_changes_nothing() {
    let (site, target, made) = backed_up(3).await;
    for wanted in [None, Some(made[1].manifest.id())] {
        let wanted = wanted.as_deref();
        let (strict, one) = site
            .restore_as(target.clone(), wanted, Damage::Refuse)
            .await
            .unwrap();
        let (lax, other) = site
            .restore_as(target.clone(), wanted, Damage::Accept)
            .await
            .unwrap();
        assert_eq!(
            (strict.snapshot, strict.newest, one.book, one.later),
            (lax.snapshot, lax.newest, other.book, other.later)
        );
        assert!(lax.findings.is_empty(), "{:?}", lax.findings);
    }
}

#[tokio::test]
async fn of_snapshots_that_lost_objects_the_newest_whole_one_comes_back_and_says_what_is_lost() {
    for gone in [true, false] {
        let (site, target, made) = backed_up(3).await;
        for snapshot in &made[1..] {
            let pack = last_pack(snapshot).address.name();
            if gone {
                target.remove(Shelf::Objects, &pack);
            } else {
                flip(&target, &pack);
            }
        }
        let refused = site.restore(target.clone()).await.unwrap_err();
        assert!(refused.is_of_object(), "{refused}");
        let (restored, outcome) = site
            .restore_as(target.clone(), None, Damage::Accept)
            .await
            .unwrap();
        assert_eq!(restored.snapshot.hash, made[0].manifest.hash);
        assert_eq!(outcome.book.rows, site.book.read().at(60).rows);
        let told: Vec<String> = restored.findings.iter().map(ToString::to_string).collect();
        for snapshot in &made[1..] {
            // The third lists the last pack of the second, too.
            let lost = last_pack(&made[1]).address;
            let named = format!("snapshot {}: object {lost} (", snapshot.manifest.id());
            assert!(told.iter().any(|line| line.starts_with(&named)), "{told:?}");
        }
        let older = format!("snapshot {}: taken in place of", made[0].manifest.id());
        assert!(told.iter().any(|line| line.starts_with(&older)), "{told:?}");
        let unknown = "what was taken away after it is not known";
        assert!(told.iter().any(|line| line.contains(unknown)), "{told:?}");
    }
}

#[tokio::test]
async fn a_head_is_no_less_binding_where_damage_is_accepted() {
    let (site, target, made) = backed_up(3).await;
    target.remove(Shelf::Objects, &last_pack(&made[2]).address.name());
    let brought = head(&made[2], &site);
    let refused = site
        .restore_with(target.clone(), None, Some(&brought), Damage::Accept)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, BackupError::NoneWhole { .. }),
        "{refused}"
    );
    let lost = last_pack(&made[2]).address.to_string();
    assert!(refused.to_string().contains(&lost), "{refused}");
    // An older one is taken when it is asked for by its id, and where the head is older.
    let id = made[1].manifest.id();
    let older = head(&made[1], &site);
    for (wanted, brought) in [(Some(id.as_str()), &brought), (None, &older)] {
        let (restored, _) = site
            .restore_with(target.clone(), wanted, Some(brought), Damage::Accept)
            .await
            .unwrap();
        assert_eq!(restored.snapshot.hash, made[1].manifest.hash);
        assert!(!restored.findings.is_empty());
    }
}

#[tokio::test]
async fn a_head_still_proves_the_newest_state_where_manifests_after_it_are_gone() {
    let (site, target, made) = backed_up(4).await;
    let gone = made[2].manifest.manifest.name.name();
    target.remove(Shelf::Manifests, &gone);
    // Named by the head itself, and by one before it.
    for brought in [&made[0], &made[1], &made[2]] {
        let brought = head(brought, &site);
        let (restored, outcome) = site
            .restore_with(target.clone(), None, Some(&brought), Damage::Accept)
            .await
            .unwrap();
        assert_eq!(restored.snapshot.hash, made[3].manifest.hash);
        assert_eq!(outcome.book, site.book.read());
    }
}

#[tokio::test]
async fn a_history_that_left_before_the_head_is_not_taken_for_one_after_it() {
    let (site, target, made) = backed_up(2).await;
    // Another host goes on from the first snapshot with other entries, and twice, and the first of these manifests is dropped.
    let (began, other) = (made[0].manifest.clone(), site.folder.path().join("other"));
    let mark = HighWater {
        begins: Some(Timeline::random()),
        ..HighWater::of(site.keys.repository, &began)
    };
    mark.save(&HostState::lock(&other, site.keys.repository).unwrap())
        .unwrap();
    let ours = site.book.read();
    site.book.0.lock().unwrap().rows.truncate(60);
    let mut aside = Vec::new();
    for n in 0..2 {
        site.book.write(77 + n, 25);
        let wire = wire(target.clone());
        aside.push(site.back_up_as(&wire, &other).await.unwrap());
    }
    let dropped = aside[0].manifest.manifest.name.name();
    target.remove(Shelf::Manifests, &dropped);
    let brought = head(&made[1], &site);
    let (restored, outcome) = site
        .restore_with(target.clone(), None, Some(&brought), Damage::Accept)
        .await
        .unwrap();
    assert_eq!(restored.snapshot.hash, made[1].manifest.hash);
    assert_eq!(outcome.book.rows, ours.rows);
    let other = aside[1].manifest.id();
    let told = restored.findings.iter().map(ToString::to_string);
    assert!(
        told.clone()
            .any(|line| line.contains(&other) && line.contains("is not the one at its head")),
        "{:?}",
        told.collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_manifest_that_does_not_follow_as_it_should_is_taken_only_by_its_id() {
    let (site, target, made) = backed_up(2).await;
    // Somebody with the host's keys puts the state of the first snapshot after the second.
    let last = &made[1].manifest;
    let mut shorter = made[0].manifest.manifest.clone();
    shorter.start = chartseal::backup::manifest::Start::Next;
    shorter.previous = Some(last.hash);
    shorter.created = last.manifest.created + 1;
    shorter.name.number = 3;
    put(&site, &target, &shorter);
    let (restored, outcome) = site
        .restore_as(target.clone(), None, Damage::Accept)
        .await
        .unwrap();
    assert_eq!(restored.snapshot.hash, last.hash);
    assert_eq!(outcome.book, site.book.read());
    let signed = SignedManifest::open(
        &target.read(Shelf::Manifests, &shorter.name.name()),
        shorter.name,
        site.keys.repository,
        &site.keys.k_manifest,
    );
    let id = signed.unwrap().id();
    let (restored, _) = site
        .restore_as(target, Some(&id), Damage::Accept)
        .await
        .unwrap();
    assert_eq!(restored.snapshot.manifest, shorter);
    assert!(!restored.findings.is_empty());
}

#[tokio::test]
async fn a_manifest_that_claims_another_length_of_an_object_does_not_take_the_object_from_others() {
    let (site, target, made) = backed_up(2).await;
    let last = &made[1].manifest;
    let mut claims = last.manifest.clone();
    claims.previous = Some(last.hash);
    claims.name.number = 3;
    claims.created += 1;
    for object in &mut claims.objects {
        object.len += 1;
    }
    put(&site, &target, &claims);
    let (restored, outcome) = site.restore_as(target, None, Damage::Accept).await.unwrap();
    assert_eq!(restored.snapshot.hash, last.hash);
    assert_eq!(outcome.book, site.book.read());
}

#[tokio::test]
async fn each_lost_pack_of_the_index_leaves_it_out_and_nothing_else() {
    let (site, target, made) = backed_up(2).await;
    let packs = of_kind(&made[1], ObjectKind::Table(TableId::INDEX_SEGMENT));
    assert!(packs.len() > 2, "{packs:?}");
    for (n, pack) in packs.iter().enumerate() {
        let evil = target.copy();
        if n % 2 == 0 {
            evil.remove(Shelf::Objects, &pack.address.name());
        } else {
            flip(&evil, &pack.address.name());
        }
        let (restored, outcome) = site.restore(evil).await.unwrap();
        let mut expected = site.book.read();
        expected.tables.remove(&TableId::INDEX_SEGMENT);
        assert_eq!(outcome.book, expected);
        let [finding] = &restored.findings[..] else {
            panic!("{:?}", restored.findings)
        };
        assert_eq!(finding.name, format!("objects/{}", pack.address));
        assert!(finding.detail.contains("index is left out"), "{finding}");
    }
}

/// A restorer on a machine that fails.
#[derive(Debug)]
struct FullDisk;

impl Restorer for FullDisk {
    fn rows(&mut self, _: Vec<Row>) -> Result<(), Cause> {
        Err(Box::new(MachineFailed("the disk is full".into())))
    }

    fn later(&mut self, _: Vec<Row>) -> Result<(), Cause> {
        unreachable!("no entry was taken")
    }

    fn table(&mut self, _: TableId, _: Vec<Vec<u8>>) -> Result<(), Cause> {
        unreachable!("no entry was taken")
    }

    fn without_index(&mut self) -> Result<(), Cause> {
        unreachable!("no entry was taken")
    }

    fn finish(&mut self, _: &Provenance, _: &SecretBytes) -> Result<(), Cause> {
        unreachable!("no entry was taken")
    }
}

#[tokio::test]
async fn a_full_disk_is_no_reason_to_take_an_older_snapshot() {
    let (site, target, _) = backed_up(3).await;
    let tries = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&tries);
    let into = site.folder.path().join("restored");
    let request = Request {
        secret: &site.secret,
        vault: VAULT,
        snapshot: None,
        head: None,
        damage: Damage::Accept,
        into: &into,
    };
    let failed = stage(&wire(target), request, move |_: &Path| {
        counted.fetch_add(1, SeqCst);
        Ok(Box::new(FullDisk) as _)
    })
    .await
    .unwrap_err();
    assert_eq!(failed.fault(), Fault::Outside, "{failed}");
    assert_eq!(tries.load(SeqCst), 1);
}

#[tokio::test]
async fn a_snapshot_asked_for_by_its_id_is_the_only_one_that_is_taken() {
    let (site, target, made) = backed_up(3).await;
    target.remove(Shelf::Objects, &last_pack(&made[1]).address.name());
    let id = made[1].manifest.id();
    let refused = site
        .restore_as(target, Some(&id), Damage::Accept)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, BackupError::NoneWhole { tried, .. } if tried.iter().any(|f| f.name.contains(&id))),
        "{refused}"
    );
}

#[tokio::test]
async fn an_old_snapshot_revives_nobody_where_the_manifests_after_it_are_gone() {
    let (site, target, made) = backed_up(1).await;
    site.book.write(2, 20);
    let slots = site.book.read().tables[&TableId::SLOT][..250].to_vec();
    let taken = |book: &mut Book| book.tables.insert(TableId::SLOT, slots.clone());
    taken(&mut site.book.0.lock().unwrap());
    let second = site.back_up(target.clone()).await.unwrap();
    site.book.write(3, 20);
    site.back_up(target.clone()).await.unwrap();
    target.remove(Shelf::Manifests, &second.manifest.manifest.name.name());
    let id = made[0].manifest.id();
    let (restored, outcome) = site
        .restore_as(target, Some(&id), Damage::Accept)
        .await
        .unwrap();
    assert_eq!(restored.snapshot.hash, made[0].manifest.hash);
    assert_eq!(outcome.book.tables[&TableId::SLOT], slots);
    assert_eq!(outcome.later, site.book.read().rows[60..]);
}
