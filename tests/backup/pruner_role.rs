//! What a pruner's credential may and may not do on a real server, with the role that README.md spells out.

use std::sync::Arc;

use chartseal::backup::chain::Trust;
use chartseal::backup::prune::{Forgotten, Keeper, Pruned, forget, prune};
use chartseal::backup::pruner::PrunerKeys;
use chartseal::backup::retention::Retention;
use chartseal::backup::target::Target;
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Now, Wire};
use chartseal::desk::charts;
use mongodb::bson::{Document, doc};

use crate::book::Book;
use crate::clocked::Clocked;
use crate::guarded::{DATABASE, Guarded, HOST, PRUNER, everything, is_unauthorised};
use crate::program::Program;
use crate::site::{Site, wire};
use crate::support::patient;
use crate::ward::Ward;

/// Keeps nothing but the newest.
const NEWEST: Retention = Retention {
    daily: 0,
    weekly: 0,
    monthly: 0,
    yearly: 0,
    all_days: 0,
};

#[tokio::test(flavor = "multi_thread")]
async fn with_the_role_of_the_manual_a_pruner_marks_and_deletes_and_the_server_refuses_it_everything_else()
 {
    let Some(guarded) = Guarded::start().await else {
        return;
    };
    let (host, pruner) = (guarded.target(HOST).await, guarded.target(PRUNER).await);
    let site = Site::new(Book::written(1, 40));
    let keys = PrunerKeys::beside(&site.keys, vec![site.keys.signing.public()]);
    for seed in 2..5 {
        site.back_up(Arc::clone(&host)).await.unwrap();
        site.days_pass(1);
        site.book.write(seed, 5);
        let another = Book::written(seed, 0).tables;
        site.book.0.lock().unwrap().tables = another;
    }
    site.back_up(Arc::clone(&host)).await.unwrap();
    // The host's own credential may not even mark.
    let refused = forget_as(&site, &keys, &host).await.unwrap_err();
    assert!(refused.to_string().contains("refuses"), "{refused}");

    let forgotten = forget_as(&site, &keys, &pruner).await.unwrap();
    assert_eq!((forgotten.kept.len(), forgotten.forgotten.len()), (1, 3));
    let marked = prune_as(&site, &keys, &pruner).await.unwrap();
    assert!(marked.marked > 0 && marked.objects == 0, "{marked:?}");
    site.days_pass(8);
    let run = site.back_up(Arc::clone(&host)).await.unwrap();
    assert!(run.alarms.is_empty(), "{:?}", run.alarms);
    let refused = prune_as(&site, &keys, &host).await.unwrap_err();
    assert!(refused.to_string().contains("refuses"), "{refused}");
    let pruned = prune_as(&site, &keys, &pruner).await.unwrap();
    assert_eq!((pruned.objects, pruned.manifests), (marked.marked, 3));
    assert!(pruned.bytes > 0);
    let verified = site.verify(Arc::clone(&host), ReadData::All).await;
    assert!(verified.ok() && verified.snapshots == 2, "{verified:?}");
    assert_eq!(
        site.restore(Arc::clone(&host)).await.unwrap().1.book,
        site.book.read()
    );
    is_held_to_its_role(&guarded).await;
}

async fn forget_as(
    site: &Site,
    keys: &PrunerKeys,
    target: &Arc<dyn Target>,
) -> Result<Forgotten, BackupError> {
    let wire = on_the_sites_clock(site, target);
    let (now, trust) = (|| site.now(), |key: &_| keys.hosts.contains(key));
    forget(keeper(&wire, keys, &trust, &now), &NEWEST).await
}

async fn prune_as(
    site: &Site,
    keys: &PrunerKeys,
    target: &Arc<dyn Target>,
) -> Result<Pruned, BackupError> {
    let wire = on_the_sites_clock(site, target);
    let (now, trust) = (|| site.now(), |key: &_| keys.hosts.contains(key));
    prune(keeper(&wire, keys, &trust, &now)).await
}

fn on_the_sites_clock(site: &Site, target: &Arc<dyn Target>) -> Wire {
    wire(Arc::new(Clocked(Arc::clone(target), site.now())))
}

fn keeper<'a>(wire: &'a Wire, keys: &'a PrunerKeys, trust: Trust<'a>, now: Now<'a>) -> Keeper<'a> {
    Keeper {
        wire,
        keys,
        mark: None,
        trust,
        now,
    }
}

/// Everything else that somebody with the pruner's password could try.
async fn is_held_to_its_role(guarded: &Guarded) {
    let database = guarded.database();
    let before = everything(&database).await;
    let keeper = guarded.client(PRUNER).await;
    let id = database
        .collection::<Document>("objects")
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap()
        .remove("_id")
        .unwrap();
    let one = doc! { "_id": id.clone() };
    let change = doc! { "$set": { "b": "x" } };
    let mut commands = Vec::new();
    for shelf in ["objects", "manifests", "keys", "tombstones"] {
        let update = |multi: bool, upsert: bool, change: Document| {
            let update = doc! { "q": one.clone(), "u": change, "multi": multi, "upsert": upsert };
            doc! { "update": shelf, "updates": [update] }
        };
        commands.extend([
            update(false, false, change.clone()),
            update(true, false, change.clone()),
            update(false, true, change.clone()),
            update(false, false, doc! { "_id": id.clone(), "b": "x" }),
            doc! { "findAndModify": shelf, "query": one.clone(), "update": change.clone() },
            doc! { "drop": shelf },
            doc! { "collMod": shelf, "validator": { "x": 1 } },
            doc! { "createIndexes": shelf, "indexes": [{ "key": { "at": 1 }, "name": "at", "expireAfterSeconds": 1 }] },
            doc! { "dropIndexes": shelf, "index": "*" },
            doc! { "convertToCapped": shelf, "size": 4096 },
            doc! { "aggregate": "objects", "pipeline": [{ "$merge": { "into": shelf } }], "cursor": {} },
        ]);
        // It writes no snapshot, and takes away nothing that says whose the repository is.
        if shelf != "tombstones" {
            commands.push(doc! { "insert": shelf, "documents": [{ "_id": "new" }] });
            // To the server, `$out` is to remove and to insert.
            commands.push(
                doc! { "aggregate": "objects", "pipeline": [{ "$out": shelf }], "cursor": {} },
            );
        }
    }
    commands.extend([
        doc! { "delete": "keys", "deletes": [{ "q": {}, "limit": 0 }] },
        doc! { "findAndModify": "keys", "query": {}, "remove": true },
        doc! { "dropDatabase": 1 },
        doc! { "insert": "elsewhere", "documents": [{ "_id": 1 }] },
        doc! { "create": "elsewhere" },
        doc! { "createUser": "two", "pwd": "twotwotwo", "roles": [] },
    ]);
    for command in commands {
        let refused = keeper.database(DATABASE).run_command(command.clone()).await;
        is_unauthorised(refused, &command);
    }
    let rename = doc! { "renameCollection": "chartseal.objects", "to": "chartseal.x" };
    is_unauthorised(
        keeper.database("admin").run_command(rename.clone()).await,
        &rename,
    );
    assert_eq!(everything(&database).await, before, "nothing was changed");
}

#[test]
fn the_commands_of_the_manual_forget_and_prune_on_a_server_under_the_pruners_credential_alone() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(guarded) = runtime.block_on(Guarded::start()) else {
        return;
    };
    let ward = Ward::new();
    let here = Program::at(&ward.here());
    let to_host = guarded.address_of(HOST);
    for given in ["Gustavo", "Ana"] {
        let registrar = ward.here().login("reyes");
        charts::admit(&registrar, "Ward A", &patient(given, "Mejía")).unwrap();
        here.json(&[&["backup", "run", "--to", &to_host]]).done();
    }
    let file = ward.hospital.folder.path().join("pruner.keys");
    let file = file.to_str().unwrap();
    here.json(&[&["backup", "pruner", "--out", file]]).done();

    // Another machine, with nothing but the file and an address.
    let elsewhere = tempfile::tempdir().unwrap();
    let elsewhere = Program::in_home(elsewhere.path());
    let pruner = |command: &[&str], to: &str| {
        elsewhere.json(&[&["backup"], command, &["--pruner", file, "--to", to]])
    };
    let keep = "--keep-daily 0 --keep-weekly 0 --keep-monthly 0 --keep-yearly 0 --keep-all-days 0";
    let forget = [&["forget"][..], &keep.split(' ').collect::<Vec<_>>()].concat();
    let refused = pruner(&forget, &to_host);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(
        refused.error()["message"]
            .as_str()
            .unwrap()
            .contains("refuses")
    );

    let to = guarded.address_of(PRUNER);
    let forgotten = pruner(&forget, &to).done();
    assert_eq!(forgotten["forgotten"].as_array().unwrap().len(), 1);
    let pruned = pruner(&["prune"], &to).done();
    assert!(pruned["marked"].as_u64() > Some(0), "{pruned}");
    assert_eq!(pruned["objects"], 0, "not before a week has passed");
    let verified = here.json(&[&["backup", "verify", "--read-data", "--to", &to_host]]);
    assert_eq!(verified.done()["ok"], true);
    // A pruner's keys make no snapshot: the server would refuse it, and nobody would believe it.
    let refused = here.json(&[&["backup", "run", "--to", &to]]);
    assert_eq!(refused.code, 5, "{refused:?}");
}
