//! Whatever the operator of the target does to it is found, and what it was done to is named.

use std::sync::Arc;

use chartseal::backup::chain::Finding;
use chartseal::backup::manifest::ManifestName;
use chartseal::backup::object::{Address, ObjectKind};
use chartseal::backup::restore::Damage;
use chartseal::backup::source::TableId;
use chartseal::backup::target::{Answer, Name, Put, Shelf, Stat, Target};
use chartseal::backup::verify::{ReadData, Verified};
use chartseal::backup::{Alarm, BackupError, Fault, PrintedHead};
use chartseal::crypto::sign::SigningKey;

use crate::book::Book;
use crate::memory::Memory;
use crate::site::{Site, wire};

/// A site with two snapshots.
async fn two_snapshots() -> (Site, Arc<Memory>) {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    site.book.write(2, 20);
    site.back_up(target.clone()).await.unwrap();
    (site, target)
}

fn names(findings: &[Finding]) -> Vec<&str> {
    findings
        .iter()
        .map(|finding| finding.name.as_str())
        .collect()
}

fn objects(target: &Memory) -> Vec<(Name, String)> {
    target
        .names(Shelf::Objects)
        .into_iter()
        .map(|name| (name.clone(), format!("objects/{name}")))
        .collect()
}

fn manifests(target: &Memory) -> Vec<Name> {
    let mut names = target.names(Shelf::Manifests);
    names.sort_by_key(|name| ManifestName::parse(name).unwrap().number);
    names
}

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
        // Slots and index packs of the older snapshot are not needed for the newest.
        Ok((_, outcome)) => assert_eq!(outcome.book, site.book.read()),
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
            assert!(matches!(refused, BackupError::Manifest { .. }), "{refused}");
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
    use chartseal::backup::restore::{Request, restore};
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
    let refused = restore(&wire(old), request, |_| Err("nothing is written".into()))
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

#[tokio::test]
async fn a_fork_shown_to_two_copies_of_a_host_is_found_by_either() {
    let site = Site::new(Book::written(1, 30));
    let one = Memory::new();
    site.back_up(one.clone()).await.unwrap();
    let clone = site.folder.path().join("clone");
    copy_folder(&site.host, &clone);
    let two = one.copy();
    site.book.write(2, 10);
    site.back_up(one.clone()).await.unwrap();
    site.back_up_as(&wire(two.clone()), &clone).await.unwrap();

    let verified = site.verify(two.clone(), ReadData::None).await;
    assert_eq!(
        verified.rolled_back.map(|f| f.name),
        Some(format!("manifests/{}", site.mark().manifest))
    );
    assert!(matches!(
        site.back_up(two).await,
        Err(BackupError::RolledBack { .. })
    ));
    assert!(matches!(
        site.back_up_as(&wire(one), &clone).await,
        Err(BackupError::RolledBack { .. })
    ));
}

#[tokio::test]
async fn two_copies_of_a_host_that_meet_at_one_number_are_a_fork() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    site.back_up(target.clone()).await.unwrap();
    let clone = site.folder.path().join("clone");
    copy_folder(&site.host, &clone);
    // The second manifest of the other copy arrives between this run's look at the chain and its own manifest.
    let elsewhere = target.copy();
    let other = site
        .back_up_as(&wire(elsewhere.clone()), &clone)
        .await
        .unwrap();
    let name = other.manifest.manifest.name.name();
    let file = elsewhere.read(Shelf::Manifests, &name);
    let late = Late {
        inner: target,
        name,
        file,
    };
    let stopped = site.back_up(Arc::new(late)).await.unwrap_err();
    assert!(matches!(stopped, BackupError::Forked { .. }), "{stopped}");
}

/// A target on which a manifest appears just before another is put under its name.
#[derive(Debug)]
struct Late {
    inner: Arc<Memory>,
    name: Name,
    file: Vec<u8>,
}

impl Target for Late {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        self.inner.exists(shelf, names)
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        if *name == self.name {
            self.inner.write(Shelf::Manifests, name, self.file.clone());
        }
        self.inner.put(shelf, name, bytes)
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        self.inner.get(shelf, name)
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        self.inner.list(shelf)
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        self.inner.delete(shelf, name)
    }
}

#[tokio::test]
async fn two_first_manifests_of_one_repository_are_a_fork() {
    let (site, target) = two_snapshots().await;
    let elsewhere = Memory::new();
    let stranger = site.folder.path().join("stranger");
    let other = site
        .back_up_as(&wire(elsewhere.clone()), &stranger)
        .await
        .unwrap();
    let name = other.manifest.manifest.name.name();
    target.write(
        Shelf::Manifests,
        &name,
        elsewhere.read(Shelf::Manifests, &name),
    );
    for object in elsewhere.names(Shelf::Objects) {
        if !target.names(Shelf::Objects).contains(&object) {
            target.write(
                Shelf::Objects,
                &object,
                elsewhere.read(Shelf::Objects, &object),
            );
        }
    }
    let verified = site.verify(target, ReadData::None).await;
    assert!(
        names(&verified.forks).contains(&format!("manifests/{name}").as_str()),
        "{verified:?}"
    );
    assert_eq!(verified.forks.len(), 2);
    assert!(!verified.ok());
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn an_object_lost_by_the_target_is_made_anew_and_told() {
    let (site, target) = two_snapshots().await;
    let old = site.verify(target.clone(), ReadData::None).await;
    assert!(old.ok());
    // One at a time, until one is missed: what only an older snapshot lists is missed by nobody who goes on.
    let mut told = None;
    for (name, _) in objects(&target) {
        target.remove(Shelf::Objects, &name);
        let run = site.back_up(target.clone()).await.unwrap();
        if run
            .alarms
            .iter()
            .any(|alarm| matches!(alarm, Alarm::Lost(..)))
        {
            told = Some(run);
            break;
        }
    }
    let healed = told.expect("some object is needed by the snapshots to come");
    // What only the older snapshots list cannot be made anew: the slots of their time.
    let verified = site.verify(target.clone(), ReadData::All).await;
    assert!(verified.corrupt.is_empty(), "{verified:?}");
    assert!(
        verified
            .missing
            .iter()
            .all(|f| !f.detail.contains("entries")),
        "{verified:?}"
    );
    let parent = healed.parent.unwrap();
    for snapshot in [None, Some(parent.as_str())] {
        let (restored, outcome) = site
            .restore_as(target.clone(), snapshot, Damage::Refuse)
            .await
            .unwrap();
        assert_eq!(
            outcome.book.rows,
            site.book
                .read()
                .at(restored.snapshot.manifest.head.seq)
                .rows
        );
    }
}

#[tokio::test]
async fn something_foreign_in_the_place_of_an_object_is_not_taken_over() {
    let site = Site::new(Book::written(1, 30));
    let target = Memory::new();
    // The first run, whose journal and mark are lost, leaves its objects behind.
    site.back_up(target.clone()).await.unwrap();
    let manifest = manifests(&target).remove(0);
    target.remove(Shelf::Manifests, &manifest);
    std::fs::remove_dir_all(&site.host).unwrap();
    for name in target.names(Shelf::Objects) {
        target.write(Shelf::Objects, &name, b"foreign".to_vec());
    }
    let snapshot = site.back_up(target.clone()).await.unwrap();
    assert!(!snapshot.alarms.is_empty());
    assert!(
        snapshot
            .alarms
            .iter()
            .all(|alarm| matches!(alarm, Alarm::Unvouched(_))),
        "{:?}",
        snapshot.alarms
    );
    assert!(
        snapshot
            .manifest
            .manifest
            .objects
            .iter()
            .all(|object| object.address.generation == 1)
    );
    assert!(site.verify(target.clone(), ReadData::All).await.ok());
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

#[tokio::test]
async fn a_pack_about_to_be_pruned_goes_up_under_the_next_generation() {
    let (site, target) = two_snapshots().await;
    for (name, _) in objects(&target).into_iter().step_by(2) {
        target.write(Shelf::Tombstones, &name, vec![]);
    }
    let snapshot = site.back_up(target.clone()).await.unwrap();
    for (name, _) in objects(&target) {
        if target.names(Shelf::Tombstones).contains(&name) {
            target.remove(Shelf::Objects, &name);
        }
    }
    assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
    let (_, outcome) = site.restore(target).await.unwrap();
    assert_eq!(outcome.book, site.book.read());
}

#[tokio::test]
async fn a_ledger_that_does_not_continue_the_last_backup_is_not_backed_up() {
    let (site, target) = two_snapshots().await;
    let book = site.book.read();
    site.book.0.lock().unwrap().rows.truncate(70);
    let refused = site.back_up(target.clone()).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::LedgerDiverged { seq: 80, .. }),
        "{refused}"
    );
    let mut other = book.at(79);
    other.write(99, 5);
    *site.book.0.lock().unwrap() = other;
    let refused = site.back_up(target).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::LedgerDiverged { seq: 80, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_repository_of_another_vault_is_refused_by_runs_and_restores() {
    let (_, target) = two_snapshots().await;
    let stranger = Site::new(Book::written(5, 10));
    let refused = stranger.back_up(target.clone()).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Request);
    let refused = stranger.restore(target).await.unwrap_err();
    assert!(
        matches!(refused, BackupError::WrongShares { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn an_old_snapshot_revives_nobody() {
    let site = Site::new(Book::written(1, 60));
    let target = Memory::new();
    let old = site.back_up(target.clone()).await.unwrap();
    site.book.write(2, 20);
    let slots = site.book.read().tables[&TableId::SLOT][..250].to_vec();
    site.book
        .0
        .lock()
        .unwrap()
        .tables
        .insert(TableId::SLOT, slots.clone());
    site.back_up(target.clone()).await.unwrap();
    let id = old.manifest.id();
    let (restored, outcome) = site
        .restore_as(target, Some(&id), Damage::Refuse)
        .await
        .unwrap();
    assert_eq!(restored.snapshot.hash, old.manifest.hash);
    assert_eq!(outcome.book.rows, site.book.read().at(60).rows);
    assert_eq!(
        outcome.book.tables[&TableId::SLOT],
        slots,
        "shredded keys stay shredded"
    );
    assert!(
        !outcome.book.tables.contains_key(&TableId::INDEX_SEGMENT),
        "the index of later entries is rebuilt"
    );
    assert_eq!(
        outcome.later,
        site.book.read().rows[60..],
        "later revocations and erasures are there to be applied"
    );
}

#[tokio::test]
async fn a_restored_host_begins_a_timeline_of_its_own() {
    use chartseal::backup::state::HostState;
    let (site, target) = two_snapshots().await;
    let first = site.verify(target.clone(), ReadData::None).await;
    assert_eq!(first.snapshots, 2);
    let (restored, _) = site.restore(target.clone()).await.unwrap();
    let host = site.folder.path().join("new host");
    restored
        .mark
        .save(&HostState::lock(&host, site.keys.repository).unwrap())
        .unwrap();
    site.book.write(3, 5);
    let after = site.back_up_as(&wire(target.clone()), &host).await.unwrap();
    assert_eq!(after.manifest.manifest.name.number, 3);
    assert_ne!(
        after.manifest.manifest.name.timeline,
        restored.snapshot.manifest.name.timeline
    );
    assert_eq!(
        after.manifest.manifest.new_entries, 5,
        "the first run after a restore is an increment"
    );
    let again = site.back_up_as(&wire(target.clone()), &host).await.unwrap();
    assert_eq!(
        again.manifest.manifest.name.timeline,
        after.manifest.manifest.name.timeline
    );
    // The old host goes on as well: the branches show, and they are explained.
    site.back_up(target.clone()).await.unwrap();
    let verified = site.verify(target, ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    assert_eq!(verified.snapshots, 5);
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
