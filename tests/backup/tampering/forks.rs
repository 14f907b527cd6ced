//! Two histories under one name, and those that are explained.

use std::sync::Arc;

use chartseal::backup::BackupError;
use chartseal::backup::target::{Answer, Name, Put, Shelf, Stat, Target};
use chartseal::backup::verify::ReadData;

use super::{names, two_snapshots};
use crate::book::Book;
use crate::memory::Memory;
use crate::site::{Site, wire};

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

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        self.inner.get_many(shelf, names)
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

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
