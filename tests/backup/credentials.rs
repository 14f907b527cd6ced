//! What a host's credential may and may not do on a real server, with the role that README.md spells out.

use chartseal::backup::Location;
use chartseal::backup::target::Shelf;
use chartseal::backup::verify::ReadData;
use mongodb::bson::{Document, doc};

use crate::book::Book;
use crate::guarded::{
    DATABASE, Guarded, HOST, everything, is_unauthorised, login, role_of_the_manual,
    scripts_of_the_manual,
};
use crate::mongod::Mongod;
use crate::site::Site;
use crate::targets::round_trip;

#[tokio::test(flavor = "multi_thread")]
async fn the_scripts_of_the_manual_run_in_the_servers_own_shell_which_sees_the_collections() {
    let Some(shell) = std::env::var_os("CHARTSEAL_TEST_MONGOSH") else {
        eprintln!(
            "skipped, for want of MongoDB's own shell: CHARTSEAL_TEST_MONGOSH names none; .ci/run installs one where there is npm"
        );
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
    for name in ["chartsealHost", "chartsealPruner"] {
        let role = run(&format!(
            "EJSON.stringify(db.getSiblingDB('admin').getRole('{name}', {{ showPrivileges: true }}).privileges)",
        ));
        let role: serde_json::Value = serde_json::from_str(&role).unwrap();
        let read = serde_json::to_value(role_of_the_manual(name).get("privileges")).unwrap();
        assert_eq!(role, read, "the shell and the tests read the same role");
    }

    let site = Site::new(Book::written(1, 40));
    let location = Location::parse(&mongod.uri(DATABASE)).unwrap();
    let target = location.open(None).await.unwrap();
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

#[test]
fn the_roles_that_the_manual_makes_in_atlas_are_those_that_it_makes_in_a_shell() {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for name in ["chartsealHost", "chartsealPruner"] {
        let command = format!("atlas customDbRoles create {name} --privilege ");
        let (_, privileges) = readme.split_once(&command).unwrap();
        let privileges = privileges.split(|c: char| c.is_whitespace() || c == '`');
        let mut in_atlas: Vec<&str> = privileges.take(1).flat_map(|all| all.split(',')).collect();
        in_atlas.sort_unstable();
        let role = role_of_the_manual(name);
        let mut in_a_shell = Vec::new();
        for privilege in role.get_array("privileges").unwrap() {
            let privilege = privilege.as_document().unwrap();
            let resource = privilege.get_document("resource").unwrap();
            let part = |part| resource.get_str(part).unwrap();
            let place = format!("{}.{}", part("db"), part("collection"));
            for action in privilege.get_array("actions").unwrap() {
                let action = action.as_str().unwrap().to_uppercase();
                in_a_shell.push(format!("{action}@{place}"));
            }
        }
        in_a_shell.sort_unstable();
        assert_eq!(in_atlas, in_a_shell, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_role_of_the_manual_a_host_backs_up_and_the_server_refuses_it_everything_else() {
    let Some(guarded) = Guarded::start().await else {
        return;
    };
    let target = guarded.target(HOST).await;
    assert!(!format!("{target:?}").contains("hunter2"), "{target:?}");
    let site = Site::new(Book::written(1, 60));
    site.back_up(target.clone()).await.unwrap();
    site.book.write(2, 10);
    site.back_up(target.clone()).await.unwrap();
    assert!(site.verify(target.clone(), ReadData::All).await.ok());

    let database = guarded.database();
    let before = everything(&database).await;
    let ward = guarded.client(HOST).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_shown_nowhere() {
    let Some(guarded) = Guarded::start().await else {
        return;
    };
    let location = guarded.location();
    let wrong = login(HOST, "wrongwrong");
    let refused = location.open(Some(wrong)).await.unwrap_err();
    assert!(
        refused.to_string().contains("check the credential"),
        "{refused}"
    );
    assert!(!format!("{refused} {refused:?}").contains("wrongwrong"));
    round_trip(guarded.target(HOST).await).await;
}
