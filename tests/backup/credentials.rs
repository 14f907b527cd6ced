//! What a host's credential may and may not do on a real server, with the role that README.md spells out.

use std::path::Path;

use chartseal::backup::target::Shelf;
use chartseal::backup::verify::ReadData;
use chartseal::backup::{Location, Login};
use chartseal::crypto::SecretBytes;
use futures::stream::TryStreamExt;
use mongodb::bson::{Document, doc, serialize_to_document};
use mongodb::{Client, Database};

use crate::book::Book;
use crate::mongod::Mongod;
use crate::site::Site;
use crate::targets::round_trip;

const ROOT: &str = "root:rootpassword@";
/// The database that README.md speaks of.
const DATABASE: &str = "chartseal";

/// The argument of `createRole` in README.md for this role, as the server takes it.
fn role_of_the_manual(role: &str) -> Document {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, block) = readme
        .split("createRole(")
        .skip(1)
        .filter_map(|call| {
            call.split_once("})")
                .map(|(body, _)| (call, format!("{body}}}")))
        })
        .find(|(_, body)| body.contains(&format!("\"{role}\"")))
        .unwrap_or_else(|| panic!("README.md makes no role {role}"));
    let object: serde_json::Value =
        serde_json::from_str(&strict(&block)).unwrap_or_else(|error| panic!("{error} in {block}"));
    serialize_to_document(&object).unwrap()
}

/// An object of JavaScript as JSON: names in quotes, no comma before an end.
fn strict(script: &str) -> String {
    let mut json = String::new();
    for (n, part) in script.split('"').enumerate() {
        if n % 2 == 1 {
            json.extend(["\"", part, "\""]);
            continue;
        }
        let mut word = String::new();
        for letter in part.chars() {
            match letter {
                'a'..='z' | 'A'..='Z' => word.push(letter),
                ':' => json.extend(["\"", &std::mem::take(&mut word), "\":"]),
                ']' | '}' => {
                    json.truncate(json.trim_end().trim_end_matches(',').len());
                    json.push(letter);
                }
                _ => json.push(letter),
            }
        }
        assert!(word.is_empty(), "{word} in {part}");
    }
    json
}

#[test]
fn a_script_of_the_manual_is_read_as_it_stands() {
    assert_eq!(
        strict("{ role: \"a:b\", roles: [], of: [\n  { x: { y: \"z\" }, },\n ],\n}"),
        "{ \"role\": \"a:b\", \"roles\": [], \"of\": [\n  { \"x\": { \"y\": \"z\"}}]}"
    );
}

/// The scripts of README.md for the server's shell.
fn scripts_of_the_manual() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let blocks = readme.split("```js\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scripts_of_the_manual_run_in_the_servers_own_shell_which_sees_the_collections() {
    let Some(shell) = std::env::var_os("CHARTSEAL_TEST_MONGOSH") else {
        eprintln!("skipped, for want of CHARTSEAL_TEST_MONGOSH");
        return;
    };
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let run = |script: &str| {
        let output = std::process::Command::new(&shell)
            .args([&mongod.uri(DATABASE), "--quiet", "--norc", "--eval", script])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{script}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    };
    for script in scripts_of_the_manual() {
        run(&script);
    }
    let role = run(
        "EJSON.stringify(db.getSiblingDB('admin').getRole('chartsealHost', { showPrivileges: true }).privileges)",
    );
    let role: serde_json::Value = serde_json::from_str(&role).unwrap();
    let read = serde_json::to_value(role_of_the_manual("chartsealHost").get("privileges")).unwrap();
    assert_eq!(role, read, "the shell and the tests read the same role");

    let site = Site::new(Book::written(1, 40));
    let target = location(&mongod).open(None).await.unwrap();
    site.back_up(target).await.unwrap();
    let seen = run(
        "EJSON.stringify({ names: db.getCollectionNames().sort(), keys: Object.keys(db.objects.findOne()).sort(), \
         indexes: db.objects.getIndexes().map(index => index.name).sort(), \
         lengths: db.objects.find().toArray().every(o => o.b.length() == o.len) })",
    );
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(
        seen,
        serde_json::json!({
            "names": ["keys", "manifests", "objects"],
            "keys": ["_id", "b", "h", "len"],
            "indexes": ["_id_", "_id_1_len_1"],
            "lengths": true,
        })
    );
}

/// A server that asks for credentials, its administrator's client, and a user `ward` with the host's role of the manual.
async fn guarded() -> Option<(Mongod, Client, tempfile::NamedTempFile)> {
    let keyfile = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        keyfile.path(),
        "a key between the members of a replica set of one",
    )
    .unwrap();
    let mongod = Mongod::start_with(&["--keyFile", keyfile.path().to_str().unwrap()]).await?;
    // The localhost exception lets the first user be made.
    let admin = mongod.client().await.database("admin");
    let root = doc! { "createUser": "root", "pwd": "rootpassword", "roles": ["root"] };
    admin.run_command(root).await.unwrap();
    let client = as_user(&mongod, ROOT).await;
    let admin = client.database("admin");
    let mut role = role_of_the_manual("chartsealHost");
    let name = role.remove("role").unwrap();
    let mut create = doc! { "createRole": name };
    create.extend(role);
    admin.run_command(create).await.unwrap();
    admin
        .run_command(
            doc! { "createUser": "ward", "pwd": "hunter2hunter2", "roles": ["chartsealHost"] },
        )
        .await
        .unwrap();
    Some((mongod, client, keyfile))
}

async fn as_user(mongod: &Mongod, login: &str) -> Client {
    let uri = mongod
        .uri("admin")
        .replace("mongodb://", &format!("mongodb://{login}"));
    Client::with_uri_str(uri).await.unwrap()
}

fn location(mongod: &Mongod) -> Location {
    Location::parse(&mongod.uri(DATABASE).replace('?', "?authSource=admin&")).unwrap()
}

fn login(password: &str) -> Login {
    Login {
        user: "ward".into(),
        password: SecretBytes::from_slice(password.as_bytes()),
    }
}

/// Every document of the shelves, and every index.
async fn everything(database: &Database) -> Vec<(String, Vec<Document>)> {
    let mut all = Vec::new();
    for shelf in Shelf::ALL {
        let collection = database.collection::<Document>(shelf.as_str());
        let found = collection
            .find(doc! {})
            .sort(doc! { "_id": 1 })
            .await
            .unwrap();
        all.push((shelf.to_string(), found.try_collect().await.unwrap()));
        let mut indexes = collection.list_index_names().await.unwrap_or_default();
        indexes.sort();
        all.push((format!("{shelf}: {indexes:?}"), Vec::new()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_role_of_the_manual_a_host_backs_up_and_the_server_refuses_it_everything_else() {
    let Some((mongod, root, _keyfile)) = guarded().await else {
        return;
    };
    let target = location(&mongod)
        .open(Some(login("hunter2hunter2")))
        .await
        .unwrap();
    assert!(!format!("{target:?}").contains("hunter2"), "{target:?}");
    let site = Site::new(Book::written(1, 60));
    site.back_up(target.clone()).await.unwrap();
    site.book.write(2, 10);
    site.back_up(target.clone()).await.unwrap();
    assert!(site.verify(target.clone(), ReadData::All).await.ok());

    let database = root.database(DATABASE);
    let before = everything(&database).await;
    let ward = as_user(&mongod, "ward:hunter2hunter2@").await;
    let id = database
        .collection::<Document>("objects")
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap()
        .remove("_id")
        .unwrap();
    let one = doc! { "_id": id.clone() };
    let overwrite = doc! { "$set": { "b": "x" } };
    for shelf in ["objects", "manifests", "keys", "tombstones"] {
        let update = |multi: bool, upsert: bool, change: Document| {
            let update = doc! { "q": one.clone(), "u": change, "multi": multi, "upsert": upsert };
            doc! { "update": shelf, "updates": [update] }
        };
        let whole = doc! { "_id": id.clone(), "b": "x" };
        for command in [
            update(false, false, overwrite.clone()),
            update(true, false, overwrite.clone()),
            update(false, true, overwrite.clone()),
            update(false, false, whole.clone()),
            doc! { "findAndModify": shelf, "query": one.clone(), "update": overwrite.clone() },
            doc! { "findAndModify": shelf, "query": one.clone(), "remove": true },
            doc! { "delete": shelf, "deletes": [{ "q": one.clone(), "limit": 1 }] },
            doc! { "delete": shelf, "deletes": [{ "q": {}, "limit": 0 }] },
            doc! { "drop": shelf },
            doc! { "dropDatabase": 1 },
            doc! { "collMod": shelf, "validator": { "x": 1 } },
            doc! { "createIndexes": shelf, "indexes": [{ "key": { "at": 1 }, "name": "at", "expireAfterSeconds": 1 }] },
            doc! { "dropIndexes": shelf, "index": "*" },
            doc! { "convertToCapped": shelf, "size": 4096 },
            doc! { "aggregate": "objects", "pipeline": [{ "$out": shelf }], "cursor": {} },
            doc! { "aggregate": "objects", "pipeline": [{ "$merge": { "into": shelf } }], "cursor": {} },
        ] {
            let refused = ward.database(DATABASE).run_command(command.clone()).await;
            is_unauthorised(refused, &command);
        }
        let rename =
            doc! { "renameCollection": format!("{DATABASE}.{shelf}"), "to": "chartseal.x" };
        is_unauthorised(
            ward.database("admin").run_command(rename.clone()).await,
            &rename,
        );
    }
    for command in [
        doc! { "insert": "tombstones", "documents": [{ "_id": id.clone() }] },
        doc! { "insert": "elsewhere", "documents": [{ "_id": 1 }] },
        doc! { "create": "elsewhere" },
        doc! { "createUser": "two", "pwd": "twotwotwo", "roles": [] },
    ] {
        let refused = ward.database(DATABASE).run_command(command.clone()).await;
        is_unauthorised(refused, &command);
    }
    let find = doc! { "find": "system.users" };
    is_unauthorised(
        ward.database("admin").run_command(find.clone()).await,
        &find,
    );

    let name = target.list(Shelf::Objects).await.unwrap().remove(0).name;
    let refused = target.delete(Shelf::Objects, &name).await.unwrap_err();
    assert!(
        !refused.is_transient() && refused.to_string().contains("refuses"),
        "{refused}"
    );
    assert_eq!(everything(&database).await, before, "nothing was changed");
}

fn is_unauthorised(done: Result<Document, mongodb::error::Error>, command: &Document) {
    match done {
        Ok(answer) => panic!("{command} was carried out: {answer}"),
        Err(error) => match *error.kind {
            mongodb::error::ErrorKind::Command(refused) => {
                assert_eq!(refused.code, 13, "{command}: {refused:?}");
            }
            other => panic!("{command}: {other:?}"),
        },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_shown_nowhere() {
    let Some((mongod, _root, _keyfile)) = guarded().await else {
        return;
    };
    let location = location(&mongod);
    let refused = location.open(Some(login("wrongwrong"))).await.unwrap_err();
    assert!(
        refused.to_string().contains("check the credential"),
        "{refused}"
    );
    assert!(!format!("{refused} {refused:?}").contains("wrongwrong"));
    round_trip(location.open(Some(login("hunter2hunter2"))).await.unwrap()).await;
}
