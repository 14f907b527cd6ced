//! What a server is asked for, by its own profiler: how durable a write is to be, what a read may see, and which indexes are made.

use std::sync::Arc;

use chartseal::backup::prune::{forget, prune};
use chartseal::backup::target::Target;
use chartseal::backup::verify::ReadData;
use futures::stream::TryStreamExt;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use crate::atlas::open;
use crate::book::Book;
use crate::clocked::Clocked;
use crate::keepers::NEWEST;
use crate::mongod::Mongod;
use crate::prune::with;
use crate::site::Site;

/// The commands that the program sent, as the server took note of them.
async fn profiled(database: &Database) -> Vec<Document> {
    let profile = database.collection::<Document>("system.profile");
    let ours = doc! { "appName": "chartseal" };
    let seen: Vec<Document> = profile
        .find(ours)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let command = |mut seen: Document| match seen.remove("command") {
        Some(Bson::Document(command)) => command,
        other => panic!("{other:?} in the profile"),
    };
    seen.into_iter().map(command).collect()
}

fn named<'a>(commands: &'a [Document], name: &str) -> Vec<&'a Document> {
    let of_the_name = commands.iter().filter(|c| c.contains_key(name));
    of_the_name.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_write_waits_for_a_majority_and_its_journal_and_each_read_sees_what_a_majority_has() {
    let counts = [
        "--setParameter",
        "reportOpWriteConcernCountersInServerStatus=1",
    ];
    let Some(mongod) = Mongod::start_with(&counts).await else {
        return;
    };
    let admin = mongod.client().await.database("admin");
    let counted = async || {
        let status = admin.run_command(doc! { "serverStatus": 1 }).await.unwrap();
        status
            .get_document("opWriteConcernCounters")
            .unwrap()
            .clone()
    };
    let before = counted().await;
    let database = mongod.client().await.database("backup");
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    let site = Site::new(Book::written(1, 60));
    let target = open(&mongod.uri("backup")).await;
    for _ in 0..2 {
        site.book.write(2, 5);
        site.days_pass(40);
        site.back_up(Arc::clone(&target)).await.unwrap();
    }
    let clocked: Arc<dyn Target> = Arc::new(Clocked(Arc::clone(&target), site.now()));
    with(&site, clocked, async |keeper| {
        let forgotten = forget(keeper, &NEWEST).await.unwrap();
        assert_eq!(forgotten.forgotten.len(), 1);
        prune(keeper).await.unwrap();
    })
    .await;
    assert!(site.verify(target, ReadData::All).await.ok());

    let commands = profiled(&database).await;
    let durable = doc! { "w": "majority", "j": true };
    let mut written = Vec::new();
    for name in ["insert", "createIndexes"] {
        for command in named(&commands, name) {
            assert_eq!(
                command.get("writeConcern"),
                Some(&durable.clone().into()),
                "{command}"
            );
            written.push((name, command.get_str(name).unwrap()));
        }
    }
    for expected in [
        ("insert", "objects"),
        ("insert", "manifests"),
        ("insert", "keys"),
        ("insert", "tombstones"),
        ("createIndexes", "objects"),
    ] {
        assert!(written.contains(&expected), "{expected:?}: {written:?}");
    }
    // Of what is deleted the profile keeps the question alone; the server counts how it was asked to.
    let after = counted().await;
    for (kind, least) in [("insert", 10), ("delete", 1)] {
        let grown = |field: &str| {
            let at = |counters: &Document| {
                let of_kind = counters.get_document(kind).unwrap();
                of_kind.get_i64(field).unwrap()
            };
            at(&after) - at(&before)
        };
        assert!(grown("wmajority") >= least, "{kind}: {after}");
        assert_eq!(grown("none"), 0, "{kind}: {after}");
    }
    let finds = named(&commands, "find");
    assert!(finds.len() > 10, "{finds:?}");
    for find in finds {
        let level = find.get_document("readConcern").unwrap();
        assert_eq!(level, &doc! { "level": "majority" }, "{find}");
    }
    for never in ["update", "findAndModify", "findandmodify", "aggregate"] {
        assert!(named(&commands, never).is_empty(), "{never}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_made_by_the_run_that_makes_the_repository_and_by_no_later_one() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let database = mongod.client().await.database("backup");
    let site = Site::new(Book::written(1, 60));
    let run = async || {
        site.book.write(2, 5);
        let target = open(&mongod.uri("backup")).await;
        site.back_up(target).await.unwrap();
    };
    let indexes = async || {
        let mut all = Vec::new();
        for shelf in ["objects", "manifests", "keys"] {
            let list = doc! { "listIndexes": shelf };
            let mut listed = database.run_command(list).await.unwrap();
            all.push((shelf, listed.remove("cursor").unwrap()));
        }
        all
    };
    run().await;
    let made = indexes().await;
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    run().await;
    assert_eq!(indexes().await, made);
    let commands = profiled(&database).await;
    assert!(!named(&commands, "insert").is_empty());
    assert!(named(&commands, "createIndexes").is_empty());
}
