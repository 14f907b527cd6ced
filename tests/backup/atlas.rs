//! The repository as another client finds it on a real MongoDB server: documents, indexes, commands, what an operator can do.

use std::sync::Arc;
use std::time::Duration;

use chartseal::backup::object::MAX_SEALED;
use chartseal::backup::target::{Name, Put, Shelf, Target, TargetError};
use chartseal::backup::tombstone::{self, Stone, Subject};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault as Kind, Location, OPERATIONS};
use chartseal::crypto::{Hash, hash, hex};
use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};

use crate::book::{Book, noise};
use crate::commands::Command;
use crate::mongod::{self, Mongod};
use crate::proxy::Proxy;
use crate::site::Site;

pub async fn open(uri: &str) -> Arc<dyn Target> {
    Location::parse(uri).unwrap().open(None).await.unwrap()
}

fn binary(bytes: Vec<u8>) -> Binary {
    let subtype = BinarySubtype::Generic;
    Binary { subtype, bytes }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_finds_the_documented_collections_documents_and_indexes() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let site = Site::new(Book::written(1, 60));
    for _ in 0..2 {
        site.book.write(2, 5);
        site.back_up(open(&mongod.uri("backup")).await)
            .await
            .unwrap();
    }
    let database = mongod.client().await.database("backup");
    let mut collections = database.list_collection_names().await.unwrap();
    collections.sort();
    assert_eq!(collections, ["keys", "manifests", "objects"]);
    let objects = database.collection::<Document>("objects");
    let mut indexes = objects.list_index_names().await.unwrap();
    indexes.sort();
    assert_eq!(indexes, ["_id_", "_id_1_len_1"]);
    for filter in [
        doc! { "_id": { "$gte": Bson::MinKey } },
        doc! { "_id": { "$in": objects.distinct("_id", doc! {}).await.unwrap() } },
    ] {
        let find = doc! { "find": "objects", "filter": filter, "projection": { "len": 1 } };
        let explain = doc! { "explain": find, "verbosity": "executionStats" };
        let explained = database.run_command(explain).await.unwrap();
        let stats = explained.get_document("executionStats").unwrap();
        assert!(stats.get_i32("nReturned").unwrap() > 3, "{stats}");
        let read = stats.get_i32("totalDocsExamined").unwrap();
        assert_eq!(read, 0, "asking for lengths reads no object: {explained}");
    }
    for shelf in ["objects", "manifests", "keys"] {
        let cursor = database
            .collection::<Document>(shelf)
            .find(doc! {})
            .await
            .unwrap();
        let documents: Vec<Document> = cursor.try_collect().await.unwrap();
        assert!(!documents.is_empty());
        for document in documents {
            let bytes = document.get_binary_generic("b").unwrap();
            assert_eq!(document.get_i64("len").unwrap(), bytes.len() as i64);
            assert_eq!(
                document.get_binary_generic("h").unwrap().as_slice(),
                hash::sha256(&[bytes]).0
            );
            match document.get("_id").unwrap() {
                Bson::Binary(id) => assert!(shelf == "objects" && id.bytes.len() == 32),
                Bson::String(id) => assert!(shelf != "objects" && Name::parse(id).is_some()),
                other => panic!("{other} names a document in {shelf}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_sees_more_commands_than_the_smallest_cluster_answers() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let name = |n: u64| Name::parse(&hex::hex(&hash::sha256(&[&n.to_be_bytes()]).0)).unwrap();
    let puts = stream::iter(0..200).map(|n| {
        let target = Arc::clone(&target);
        async move {
            let name = name(n);
            let put = target.put(Shelf::Objects, &name, Arc::new(noise(n, 50)));
            assert_eq!(put.await.unwrap(), Put::Stored);
            assert_eq!(
                target.get(Shelf::Objects, &name).await.unwrap(),
                Some(noise(n, 50))
            );
        }
    });
    puts.buffer_unordered(8).collect::<()>().await;
    for _ in 0..20 {
        assert_eq!(target.list(Shelf::Objects).await.unwrap().len(), 200);
    }
    let commands = proxy.commands();
    assert!(commands.len() > 420, "{} commands", commands.len());
    let busiest = busiest_second(&commands);
    assert!(busiest <= FREE, "{busiest} commands in a second");
    // It is the limit that held them back, not the machine.
    assert!(
        busiest * 2 > OPERATIONS as usize,
        "{busiest} commands in the busiest second"
    );
}

/// What the smallest clusters answer in a second.
const FREE: usize = 100;

fn busiest_second(commands: &[Command]) -> usize {
    let within = |first: usize| {
        let second = Duration::from_secs(1);
        let began = commands[first].at;
        let later = commands[first..].iter();
        later
            .take_while(|command| command.at.duration_since(began) < second)
            .count()
    };
    (0..commands.len()).map(within).max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_goes_to_one_cluster_shares_its_hundred_commands_a_second() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let ask = |target: Arc<dyn Target>| async move {
        for _ in 0..60 {
            assert_eq!(target.list(Shelf::Keys).await.unwrap(), []);
        }
    };
    // A run, a prune on another database, and one who comes to look again and again while they go on.
    let run = open(&mongod::uri(proxy.port, "backup")).await;
    let prune = open(&mongod::uri(proxy.port, "other")).await;
    let looks = async {
        for _ in 0..12 {
            let look = open(&mongod::uri(proxy.port, "backup")).await;
            stream::iter(0..5)
                .for_each_concurrent(None, async |_| {
                    assert_eq!(look.list(Shelf::Keys).await.unwrap(), []);
                })
                .await;
        }
    };
    let runs = (0..3).map(|_| ask(Arc::clone(&run)));
    let prunes = (0..3).map(|_| ask(Arc::clone(&prune)));
    tokio::join!(join_all(runs), join_all(prunes), looks);
    // Each of these comes with connections of its own, for which the driver says hello.
    let mut commands = proxy.commands();
    commands.retain(|command| !["hello", "isMaster", "ismaster"].contains(&command.name.as_str()));
    assert!(commands.len() > 430, "{} commands", commands.len());
    let busiest = busiest_second(&commands);
    assert!(busiest <= FREE, "{busiest} commands in a second");
    assert!(
        busiest * 2 > OPERATIONS as usize,
        "{busiest} commands in the busiest second"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn years_of_tombstones_and_manifests_are_read_in_few_commands() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let site = Site::new(Book::written(1, 20));
    site.back_up(open(&mongod.uri("backup")).await)
        .await
        .unwrap();
    for n in 0..30 {
        site.book.write(2 + n, 1);
        site.back_up(open(&mongod.uri("backup")).await)
            .await
            .unwrap();
    }
    let stones = (0..2_500_u64).map(|n| {
        let subject = Subject::Manifest(hash::sha256(&[&n.to_be_bytes()]));
        let (at, previous) = (site.now(), Some(Hash([3; 32])));
        let file = tombstone::seal(&site.keys, &subject, Stone { at, previous });
        doc! { "_id": subject.name().to_string(), "len": file.len() as i64, "b": binary(file) }
    });
    let database = mongod.client().await.database("backup");
    let tombstones = database.collection::<Document>("tombstones");
    tombstones.insert_many(stones).await.unwrap();

    let proxy = Proxy::before(mongod.port);
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let verified = site.verify(target, ReadData::None).await;
    assert!(verified.ok() && verified.snapshots == 31, "{verified:?}");
    let finds = proxy.commands();
    let finds = finds.iter().filter(|command| command.name != "hello");
    let finds = finds.count();
    assert!(finds <= 20, "{finds} commands");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_object_fits_a_document_and_a_longer_one_is_not_sent() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let target = open(&mongod.uri("backup")).await;
    let [fits, too_long] = [1_u8, 2].map(|n| Name::parse(&hex::hex(&[n; 32])).unwrap());
    let bytes = Arc::new(noise(1, MAX_SEALED));
    let put = target.put(Shelf::Objects, &fits, Arc::clone(&bytes)).await;
    assert_eq!(put.unwrap(), Put::Stored);
    assert!(target.get(Shelf::Objects, &fits).await.unwrap().as_deref() == Some(&bytes[..]));
    let longer = Arc::new(vec![0; MAX_SEALED + 1]);
    let refused = target
        .put(Shelf::Objects, &too_long, longer)
        .await
        .unwrap_err();
    assert!(matches!(refused, TargetError::TooLarge { .. }), "{refused}");
    assert_eq!(target.get(Shelf::Objects, &too_long).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_of_the_server_is_found_out() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let target = open(&mongod.uri("backup")).await;
    let site = Site::new(Book::written(1, 60));
    site.back_up(Arc::clone(&target)).await.unwrap();
    let objects = mongod
        .client()
        .await
        .database("backup")
        .collection::<Document>("objects");
    let victims: Vec<Document> = objects
        .find(doc! {})
        .limit(3)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let id = |n: usize| victims[n].get("_id").unwrap().clone();
    objects.delete_one(doc! { "_id": id(0) }).await.unwrap();
    let bytes = victims[2].get("b").unwrap().clone();
    let (len, h) = (
        victims[2].get("len").unwrap().clone(),
        victims[2].get("h").unwrap().clone(),
    );
    let swap = doc! { "$set": { "b": bytes, "len": len, "h": h } };
    objects
        .update_one(doc! { "_id": id(1) }, swap)
        .await
        .unwrap();
    objects
        .update_one(doc! { "_id": id(2) }, doc! { "$unset": { "b": 1 } })
        .await
        .unwrap();
    let label = |n: usize| match id(n) {
        Bson::Binary(id) => format!("objects/{}", hex::hex(&id.bytes)),
        other => panic!("{other}"),
    };
    let verified = site.verify(target, ReadData::All).await;
    assert_eq!(
        verified
            .missing
            .iter()
            .map(|f| f.name.clone())
            .collect::<Vec<_>>(),
        [label(0)]
    );
    let mut corrupt = vec![label(1), label(2)];
    corrupt.sort();
    assert_eq!(
        verified
            .corrupt
            .iter()
            .map(|f| f.name.clone())
            .collect::<Vec<_>>(),
        corrupt
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let uri = format!("mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=100");
    let refused = Location::parse(&uri).unwrap().open(None).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    assert_eq!(BackupError::from(refused).fault(), Kind::Outside);
}
