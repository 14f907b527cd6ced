//! A real server that asks for credentials, with the roles that README.md spells out: one user for each.

use std::path::Path;
use std::sync::Arc;

use chartseal::backup::target::{Shelf, Target};
use chartseal::backup::{Location, Login};
use chartseal::crypto::SecretBytes;
use futures::stream::TryStreamExt;
use mongodb::bson::{Bson, Document, doc, serialize_to_document};
use mongodb::{Client, Database};

use crate::mongod::Mongod;

/// The database that README.md speaks of.
pub const DATABASE: &str = "chartseal";

/// The argument of `createRole` in README.md for this role, as the server takes it.
pub fn role_of_the_manual(role: &str) -> Document {
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
pub fn scripts_of_the_manual() -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let blocks = readme.split("```js\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// A server that asks for credentials. Each user has a role of README.md, or the server's own that only reads.
pub struct Guarded {
    pub mongod: Mongod,
    /// The administrator's client.
    pub root: Client,
    _keyfile: tempfile::NamedTempFile,
}

/// With the role `chartsealHost`.
pub const HOST: &str = "ward";
/// With the role `chartsealPruner`.
pub const PRUNER: &str = "keeper";
/// With the server's role `read`.
pub const READER: &str = "reader";
/// Everybody's.
pub const PASSWORD: &str = "hunter2hunter2";

impl Guarded {
    pub async fn start() -> Option<Self> {
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
        let guarded = Self {
            root: as_user(&mongod, "root:rootpassword@").await,
            mongod,
            _keyfile: keyfile,
        };
        let admin = guarded.root.database("admin");
        for role in ["chartsealHost", "chartsealPruner"] {
            let mut of_the_manual = role_of_the_manual(role);
            let mut create = doc! { "createRole": of_the_manual.remove("role").unwrap() };
            create.extend(of_the_manual);
            admin.run_command(create).await.unwrap();
        }
        let read = doc! { "role": "read", "db": DATABASE };
        for (user, role) in [
            (HOST, "chartsealHost".into()),
            (PRUNER, "chartsealPruner".into()),
            (READER, Bson::Document(read)),
        ] {
            let create = doc! { "createUser": user, "pwd": PASSWORD, "roles": [role] };
            admin.run_command(create).await.unwrap();
        }
        Some(guarded)
    }

    /// A user's own client.
    pub async fn client(&self, user: &str) -> Client {
        as_user(&self.mongod, &format!("{user}:{PASSWORD}@")).await
    }

    /// The repository's database, as the administrator sees it.
    pub fn database(&self) -> Database {
        self.root.database(DATABASE)
    }

    /// The address of the repository, without a user.
    pub fn location(&self) -> Location {
        Location::parse(&self.address("")).unwrap()
    }

    /// The address of the repository for a user, as it stands in a configuration.
    pub fn address_of(&self, user: &str) -> String {
        self.address(&format!("{user}:{PASSWORD}@"))
    }

    fn address(&self, login: &str) -> String {
        let with_source = self.mongod.uri(DATABASE).replace('?', "?authSource=admin&");
        with_source.replace("mongodb://", &format!("mongodb://{login}"))
    }

    /// The repository as a user reaches it.
    pub async fn target(&self, user: &str) -> Arc<dyn Target> {
        let login = login(user, PASSWORD);
        self.location().open(Some(login)).await.unwrap()
    }
}

async fn as_user(mongod: &Mongod, login: &str) -> Client {
    let uri = mongod
        .uri("admin")
        .replace("mongodb://", &format!("mongodb://{login}"));
    Client::with_uri_str(uri).await.unwrap()
}

pub fn login(user: &str, password: &str) -> Login {
    Login {
        user: user.into(),
        password: SecretBytes::from_slice(password.as_bytes()),
    }
}

/// Every document of the shelves, and every index.
pub async fn everything(database: &Database) -> Vec<(String, Vec<Document>)> {
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

/// The server refused, for want of a right.
pub fn is_unauthorised(done: Result<Document, mongodb::error::Error>, command: &Document) {
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
