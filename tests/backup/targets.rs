//! One suite for every target: what a target must do, and a backup on it.

use std::sync::Arc;

use chartseal::backup::retry::Tried;
use chartseal::backup::target::{Name, Put, Shelf, Target};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{Folder, Wire};
use futures::FutureExt;
use futures::future::join_all;

use crate::atlas::open;
use crate::book::{Book, noise};
use crate::faulty::{Fault, Faulty, Op};
use crate::memory::Memory;
use crate::mongod::Mongod;
use crate::site::{Site, wire};

fn name(n: u32) -> Name {
    Name::parse(&format!("{n:08x}").repeat(8)).unwrap()
}

async fn put(wire: &Wire, shelf: Shelf, name: &Name, bytes: &[u8]) -> Tried<Put> {
    wire.put(shelf, name, Arc::new(bytes.to_vec()))
        .await
        .unwrap()
}

/// Everything that a target promises, called as a run calls it. The target is empty at the beginning.
pub async fn suite(target: Arc<dyn Target>) {
    let wire = wire(target);
    nothing_is_there_at_first(&wire).await;
    what_is_put_can_be_got(&wire).await;
    a_second_put_changes_nothing(&wire).await;
    of_many_puts_one_wins(&wire).await;
    names_are_asked_for_in_any_number(&wire).await;
    many_are_got_at_once(&wire).await;
    what_is_deleted_is_gone(&wire).await;
    a_put_that_nobody_waits_for_is_whole_or_not_there(&wire).await;
    many_are_listed_once_each(&wire).await;
    preparing_changes_nothing(&wire).await;
    the_clock_is_about_right(&wire).await;
}

async fn nothing_is_there_at_first(wire: &Wire) {
    for shelf in Shelf::ALL {
        assert_eq!(wire.list(shelf).await.unwrap(), []);
    }
    assert_eq!(wire.get(Shelf::Objects, &name(1)).await.unwrap(), None);
    assert_eq!(
        wire.exists(Shelf::Objects, &[name(1), name(2)])
            .await
            .unwrap(),
        []
    );
}

async fn what_is_put_can_be_got(wire: &Wire) {
    let manifest = Name::parse(&format!(
        "{}/{}/0000000001",
        "ab".repeat(16),
        "cd".repeat(8)
    ))
    .unwrap();
    let things = [
        (Shelf::Objects, name(1), noise(1, 9 << 20)),
        (
            Shelf::Objects,
            Name::parse(&format!("{}00000007", name(1))).unwrap(),
            noise(2, 100),
        ),
        (Shelf::Objects, name(3), Vec::new()),
        (Shelf::Manifests, manifest, noise(3, 70_000)),
        (
            Shelf::Keys,
            Name::parse("repository").unwrap(),
            noise(4, 200),
        ),
        (Shelf::Tombstones, name(5), noise(5, 10)),
    ];
    for (shelf, name, bytes) in &things {
        // After an answer that was lost, the same put finds its own bytes.
        let done = put(wire, *shelf, name, bytes).await;
        assert!(
            matches!(done, Tried::AtOnce(Put::Stored) | Tried::AfterDoubt(_)),
            "{done:?}"
        );
    }
    for (shelf, name, bytes) in &things {
        assert!(
            wire.get(*shelf, name).await.unwrap().as_ref() == Some(bytes),
            "{shelf} {name}"
        );
        let listed = wire.list(*shelf).await.unwrap();
        assert!(
            listed
                .iter()
                .any(|stat| stat.name == *name && stat.len == bytes.len() as u64),
            "{shelf} {name}"
        );
    }
    assert_eq!(wire.list(Shelf::Objects).await.unwrap().len(), 3);
    assert_eq!(wire.list(Shelf::Manifests).await.unwrap().len(), 1);
}

async fn a_second_put_changes_nothing(wire: &Wire) {
    put(wire, Shelf::Objects, &name(10), b"first").await;
    assert_eq!(
        put(wire, Shelf::Objects, &name(10), b"second")
            .await
            .into_inner(),
        Put::AlreadyThere
    );
    assert_eq!(
        put(wire, Shelf::Objects, &name(10), b"first")
            .await
            .into_inner(),
        Put::AlreadyThere
    );
    assert_eq!(
        wire.get(Shelf::Objects, &name(10))
            .await
            .unwrap()
            .as_deref(),
        Some(&b"first"[..])
    );
}

async fn of_many_puts_one_wins(wire: &Wire) {
    let values: Vec<Vec<u8>> = (0..8).map(|n| noise(n, 5000)).collect();
    let name = &name(20);
    let puts = join_all(
        values
            .iter()
            .map(|value| put(wire, Shelf::Objects, name, value)),
    )
    .await;
    let sure = puts
        .iter()
        .filter(|put| matches!(put, Tried::AtOnce(Put::Stored)))
        .count();
    let doubtful = puts
        .iter()
        .filter(|put| matches!(put, Tried::AfterDoubt(_)))
        .count();
    assert!(sure == 1 || (sure == 0 && doubtful > 0), "{puts:?}");
    let kept = wire.get(Shelf::Objects, name).await.unwrap().unwrap();
    assert!(values.contains(&kept), "what is kept is one of them whole");
}

async fn names_are_asked_for_in_any_number(wire: &Wire) {
    put(wire, Shelf::Objects, &name(30), b"thirty").await;
    put(wire, Shelf::Objects, &name(1500), b"fifteen hundred").await;
    let names: Vec<Name> = (25..2525).map(name).collect();
    let mut found = wire.exists(Shelf::Objects, &names).await.unwrap();
    found.sort_unstable();
    let found: Vec<(Name, u64)> = found
        .into_iter()
        .map(|stat| (stat.name, stat.len))
        .collect();
    assert_eq!(found, [(name(30), 6), (name(1500), 15)]);
}

async fn many_are_got_at_once(wire: &Wire) {
    let things: Vec<(Name, Vec<u8>)> = (3000..3040)
        .map(|n| (name(n), noise(u64::from(n), 20 * n as usize)))
        .collect();
    for (name, bytes) in things.iter().filter(|(n, _)| *n != name(3007)) {
        put(wire, Shelf::Tombstones, name, bytes).await;
    }
    let names: Vec<Name> = things.iter().map(|(name, _)| name.clone()).collect();
    let call = || wire.target.get_many(Shelf::Tombstones, &names);
    let got = wire.retry.run(&wire.cancel, || (), call).await.unwrap();
    let mut got = got.into_inner();
    got.sort();
    let there = things.into_iter().filter(|(n, _)| *n != name(3007));
    assert!(got == there.collect::<Vec<_>>(), "{} of 39", got.len());
    let none = wire.target.get_many(Shelf::Tombstones, &[]);
    if let Ok(none) = none.await {
        assert_eq!(none, []);
    }
    let manifests = wire.list(Shelf::Manifests).await.unwrap();
    let names = [manifests[0].name.clone(), Name::parse("nobody/1").unwrap()];
    let call = || wire.target.get_many(Shelf::Manifests, &names);
    let got = wire.retry.run(&wire.cancel, || (), call).await.unwrap();
    let one = wire
        .get(Shelf::Manifests, &names[0])
        .await
        .unwrap()
        .unwrap();
    assert!(got.into_inner() == [(names[0].clone(), one)]);
}

async fn what_is_deleted_is_gone(wire: &Wire) {
    let name = &name(40);
    put(wire, Shelf::Objects, name, b"x").await;
    for _ in 0..2 {
        let delete = || wire.target.delete(Shelf::Objects, name);
        wire.retry.run(&wire.cancel, || (), delete).await.unwrap();
        assert_eq!(wire.get(Shelf::Objects, name).await.unwrap(), None);
    }
}

async fn a_put_that_nobody_waits_for_is_whole_or_not_there(wire: &Wire) {
    let bytes = Arc::new(noise(9, 300_000));
    for n in 50..60 {
        let name = name(n);
        let mut call = wire.target.put(Shelf::Objects, &name, Arc::clone(&bytes));
        // Begun, and dropped where it stands.
        let _ = (&mut call).now_or_never();
        drop(call);
        let there = wire.get(Shelf::Objects, &name).await.unwrap();
        assert!(
            there.is_none_or(|there| there == *bytes),
            "a part of {name}"
        );
        // Whichever it was, a later put ends with the whole.
        put(wire, Shelf::Objects, &name, &bytes).await;
        let there = wire.get(Shelf::Objects, &name).await.unwrap();
        assert!(there.as_ref() == Some(&*bytes), "{name} is not whole");
    }
}

async fn many_are_listed_once_each(wire: &Wire) {
    let before = wire.list(Shelf::Tombstones).await.unwrap().len();
    let names: Vec<Name> = (100..160).map(name).collect();
    for name in &names {
        put(wire, Shelf::Tombstones, name, b"stone").await;
    }
    let listed = wire.list(Shelf::Tombstones).await.unwrap();
    assert_eq!(listed.len(), before + names.len());
    assert!(names.iter().all(|name| {
        listed
            .iter()
            .any(|stat| stat.name == *name && stat.len == 5)
    }));
}

async fn preparing_changes_nothing(wire: &Wire) {
    let before = wire.list(Shelf::Objects).await.unwrap();
    for _ in 0..2 {
        wire.prepare().await.unwrap();
    }
    assert_eq!(wire.list(Shelf::Objects).await.unwrap(), before);
}

async fn the_clock_is_about_right(wire: &Wire) {
    let here = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64;
    if let Some(there) = wire.clock().await.unwrap() {
        assert!((there - here).abs() < 5 * 60_000, "{there} and {here}");
    }
}

/// A first backup, a second of what came after, a verification and a restore.
pub async fn round_trip(target: Arc<dyn Target>) {
    let site = Site::new(Book::written(1, 200));
    let first = site.back_up(Arc::clone(&target)).await.unwrap();
    site.book.write(2, 50);
    let second = site.back_up(Arc::clone(&target)).await.unwrap();
    assert_eq!(second.parent, Some(first.manifest.id()));
    assert_eq!(
        (
            first.manifest.manifest.new_entries,
            second.manifest.manifest.new_entries
        ),
        (200, 50)
    );
    let verified = site.verify(Arc::clone(&target), ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    assert_eq!(verified.snapshots, 2);
    let (restored, outcome) = site.restore(target).await.unwrap();
    assert_eq!(restored.snapshot.hash, second.manifest.hash);
    assert_eq!(outcome.book, site.book.read());
    assert_eq!(outcome.host_secret, site.secret.host_secret.expose());
}

/// Every third call is dropped, every fifth answer lost.
fn unreliable(inner: Arc<dyn Target>) -> Arc<Faulty> {
    Faulty::new(inner, |_, _, call| match call {
        n if n % 3 == 1 => Fault::Drop,
        n if n % 5 == 2 => Fault::LoseAnswer,
        _ => Fault::None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_a_target() {
    let folder = tempfile::tempdir().unwrap();
    suite(Arc::new(
        Folder::open(&folder.path().join("suite")).unwrap(),
    ))
    .await;
    round_trip(Arc::new(
        Folder::open(&folder.path().join("backup")).unwrap(),
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_behind_an_unreliable_link_is_a_target() {
    let folder = tempfile::tempdir().unwrap();
    suite(unreliable(Arc::new(
        Folder::open(&folder.path().join("suite")).unwrap(),
    )))
    .await;
    round_trip(unreliable(Arc::new(
        Folder::open(&folder.path().join("backup")).unwrap(),
    )))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_a_target() {
    suite(Memory::new()).await;
    round_trip(Memory::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_is_a_target() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    suite(open(&mongod.uri("suite")).await).await;
    round_trip(open(&mongod.uri("backup")).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_behind_an_unreliable_link_is_a_target() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    suite(unreliable(open(&mongod.uri("suite")).await)).await;
    round_trip(unreliable(open(&mongod.uri("backup")).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_target_refuses_is_not_tried_again() {
    let calls = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let refusing = Faulty::new(Memory::new(), move |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Keys {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            return Fault::Refuse;
        }
        Fault::None
    });
    let site = Site::new(Book::written(1, 5));
    let refused = site.back_up(refusing).await.unwrap_err();
    assert!(
        refused.to_string().contains("check the credential"),
        "{refused}"
    );
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn a_folder_is_readable_by_its_owner_only_and_its_parents_are_not_made() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    assert!(Folder::open(&folder.path().join("not/mounted")).is_err());
    let root = folder.path().join("repository");
    let target = Folder::open(&root).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime
        .block_on(target.put(Shelf::Objects, &name(1), Arc::new(vec![1])))
        .unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = target.path(Shelf::Objects, &name(1));
    assert_eq!(
        (mode(&file), mode(file.parent().unwrap()), mode(&root)),
        (0o600, 0o700, 0o700)
    );
}
