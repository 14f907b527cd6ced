//! A repository on MongoDB, such as Atlas. **The only file that knows the driver.**
//!
//! Four collections, named like the shelves, in the database of the connection string (or `chartseal`). One form of
//! document everywhere:
//!
//! ```text
//! { _id: name, len: length, h: SHA-256 of b (32 bytes), b: bytes }
//! ```
//!
//! `_id` is the object's address as 32 bytes (36 for later generations) in `objects` and `tombstones`, and text in
//! `manifests` and `keys`. `len` and `h` let an operator check disks; chartseal believes neither.
//!
//! - Writes are single inserts with `w: majority, j: true`, never an upsert or an update, so a role with `find` and
//!   `insert` is all that a host needs. Reads are from the primary, of what a majority has.
//! - Every call has a time limit. What timed out may have been carried out; the next try finds out.
//! - A connection that is not encrypted is taken only to a loopback address, and then goes to that address alone: a
//!   replica set's other members are not followed in the open.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::TryStreamExt;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use mongodb::options::{
    Acknowledgment, ClientOptions, CollectionOptions, Credential, ReadConcern, ReadPreference,
    SelectionCriteria, ServerAddress, Tls, WriteConcern,
};
use mongodb::{Client, Collection};

use super::location::{Login, MongoUri, Redaction};
use super::target::{Answer, Name, Put, Shelf, Stat, Target, TargetError};
use crate::crypto::hash::sha256;
use crate::crypto::hex;

/// The database, if the connection string names none.
const DATABASE: &str = "chartseal";
/// The longest wait for a server and for a connection, unless the connection string says otherwise.
const CONNECT: Duration = Duration::from_secs(10);
/// The time limit of a call that moves few bytes.
const CALL: Duration = Duration::from_mins(1);
/// The slowest link on which a transfer is waited for, in bytes a second.
const SLOWEST: u64 = 8 << 10;
/// How long the longest object takes on it: the limit where the length is not known before.
const LONGEST: Duration = Duration::from_secs((super::object::MAX_SEALED as u64) / SLOWEST);
/// A document is at most 16 MiB long, and the largest object leaves room for the rest of it.
const LIMIT: u64 = super::object::MAX_SEALED as u64;
/// How many names and lengths a listing takes at a time.
const BATCH: u32 = 10_000;

/// A MongoDB as a target.
#[derive(Debug)]
pub struct Mongo {
    client: Client,
    database: String,
    place: String,
    redaction: Redaction,
}

impl Mongo {
    /// Connects, and asks the server for a sign of life. `login` takes the place of what the connection string holds.
    pub async fn open(uri: &MongoUri, login: Option<Login>) -> Result<Self, TargetError> {
        let place = uri.to_string();
        let redaction = uri.redaction(login.as_ref());
        let unusable = |cause: String| TargetError::Address {
            uri: place.clone(),
            cause,
        };
        let mut options = match limited(&place, CALL, async {
            Ok(ClientOptions::parse(uri.expose()).await)
        })
        .await?
        {
            Ok(options) => options,
            Err(e) => return Err(unusable(redaction.clean(&e.kind.to_string()))),
        };
        if let Some(Login { user, password }) = login {
            let password = String::from_utf8(password.expose().to_vec())
                .map_err(|_| unusable("the password is not UTF-8 text".into()))?;
            let credential = options.credential.get_or_insert_with(Credential::default);
            credential.username = Some(user);
            credential.password = Some(password);
        }
        protect(&mut options).map_err(unusable)?;
        options.app_name = Some("chartseal".into());
        options.connect_timeout.get_or_insert(CONNECT);
        options.server_selection_timeout.get_or_insert(CONNECT);
        let database = options
            .default_database
            .clone()
            .unwrap_or_else(|| DATABASE.to_owned());
        let client = Client::with_options(options)
            .map_err(|e| unusable(redaction.clean(&e.kind.to_string())))?;
        let mongo = Self {
            client,
            database,
            place,
            redaction,
        };
        mongo.alive().await?;
        Ok(mongo)
    }

    async fn alive(&self) -> Result<(), TargetError> {
        let ping = async {
            self.client
                .database(&self.database)
                .run_command(doc! { "ping": 1 })
                .await
        };
        self.call(CALL, ping).await.map(|_| ())
    }

    fn shelf(&self, shelf: Shelf) -> Collection<Document> {
        let durable = WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .build();
        let options = CollectionOptions::builder()
            .write_concern(durable)
            .read_concern(ReadConcern::majority())
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .build();
        self.client
            .database(&self.database)
            .collection_with_options(shelf.as_str(), options)
    }

    async fn call<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, TargetError> {
        limited(&self.place, limit, async {
            call.await.map_err(|e| self.explain(&e))
        })
        .await
    }

    /// Insert, unless the name is taken.
    async fn insert(&self, shelf: Shelf, name: &Name, bytes: &[u8]) -> Result<Put, TargetError> {
        let len = bytes.len() as u64;
        if len > LIMIT {
            return Err(TargetError::TooLarge {
                place: self.place.clone(),
                name: name.clone(),
                len,
                limit: LIMIT,
            });
        }
        let document = doc! {
            "_id": id(shelf, name),
            "len": len as i64,
            "h": binary(sha256(&[bytes]).0.to_vec()),
            "b": binary(bytes.to_vec()),
        };
        let collection = self.shelf(shelf);
        let limit = CALL + Duration::from_secs(len / SLOWEST);
        let insert = async {
            match collection.insert_one(document).await {
                Ok(_) => Ok(Put::Stored),
                Err(e) if is_duplicate(&e) => Ok(Put::AlreadyThere),
                Err(e) => Err(e),
            }
        };
        self.call(limit, insert).await
    }

    async fn find(&self, shelf: Shelf, filter: Document) -> Result<Vec<Stat>, TargetError> {
        let collection = self.shelf(shelf);
        let found = async {
            let cursor = collection
                .find(filter)
                .projection(doc! { "len": 1 })
                .batch_size(BATCH)
                .await?;
            cursor.try_collect::<Vec<Document>>().await
        };
        let found = self.call(LONGEST, found).await?;
        // What is not named like ours is not ours.
        Ok(found
            .iter()
            .filter_map(|document| stat(shelf, document))
            .collect())
    }

    fn explain(&self, e: &Error) -> TargetError {
        let (place, cause) = (
            self.place.clone(),
            self.redaction.clean(&e.kind.to_string()),
        );
        match verdict(e) {
            Verdict::Unreachable => TargetError::Unreachable { place, cause },
            Verdict::Denied => TargetError::Denied { place, cause },
            Verdict::Full => TargetError::Full { place },
            Verdict::Failed => TargetError::Failed { place, cause },
        }
    }
}

impl Target for Mongo {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn exists<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<Stat>> {
        let ids: Vec<Bson> = names.iter().map(|name| id(shelf, name)).collect();
        Box::pin(self.find(shelf, doc! { "_id": { "$in": ids } }))
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        Box::pin(async move { self.insert(shelf, name, &bytes).await })
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let collection = self.shelf(shelf);
            let find = async {
                collection
                    .find_one(doc! { "_id": id(shelf, name) })
                    .projection(doc! { "b": 1 })
                    .await
            };
            let found = self.call(LONGEST, find).await?;
            // A document without its bytes is there and is not what was put: the reader's hash says so.
            Ok(found.map(|mut document| match document.remove("b") {
                Some(Bson::Binary(b)) => b.bytes,
                _ => Vec::new(),
            }))
        })
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        Box::pin(self.find(shelf, doc! {}))
    }

    fn clock(&self) -> Answer<'_, Option<i64>> {
        Box::pin(async move {
            let hello = async {
                self.client
                    .database(&self.database)
                    .run_command(doc! { "hello": 1 })
                    .await
            };
            let hello = self.call(CALL, hello).await?;
            Ok(hello
                .get_datetime("localTime")
                .ok()
                .map(|time| time.timestamp_millis()))
        })
    }

    fn delete<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, ()> {
        Box::pin(async move {
            let collection = self.shelf(shelf);
            let delete = async { collection.delete_one(doc! { "_id": id(shelf, name) }).await };
            self.call(CALL, delete).await.map(|_| ())
        })
    }
}

async fn limited<T>(
    place: &str,
    limit: Duration,
    call: impl Future<Output = Result<T, TargetError>>,
) -> Result<T, TargetError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer,
        Err(_) => Err(TargetError::TimedOut {
            place: place.to_owned(),
            seconds: limit.as_secs(),
        }),
    }
}

/// Refuses connections that others on the network could read or play the server in.
fn protect(options: &mut ClientOptions) -> Result<(), String> {
    match &options.tls {
        Some(Tls::Enabled(tls))
            if tls.allow_invalid_certificates == Some(true) && !all_loopback(options) =>
        {
            Err(
                "certificates must be checked: remove tlsInsecure and tlsAllowInvalidCertificates"
                    .into(),
            )
        }
        Some(Tls::Enabled(_)) => Ok(()),
        _ if !all_loopback(options) => {
            Err("TLS is required for a server that is not on this machine: add tls=true".into())
        }
        _ if options.hosts.len() > 1 => {
            Err("without TLS one address on this machine is taken".into())
        }
        _ => {
            options.direct_connection = Some(true);
            Ok(())
        }
    }
}

fn all_loopback(options: &ClientOptions) -> bool {
    options.hosts.iter().all(|host| match host {
        ServerAddress::Tcp { host, .. } => {
            let address = host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<std::net::IpAddr>();
            address.map_or(host.eq_ignore_ascii_case("localhost"), |address| {
                address.is_loopback()
            })
        }
        // A socket in this machine's file system.
        _ => true,
    })
}

fn id(shelf: Shelf, name: &Name) -> Bson {
    let bytes = match shelf {
        Shelf::Objects | Shelf::Tombstones => hex::unhex(name.as_str()),
        Shelf::Manifests | Shelf::Keys => None,
    };
    bytes.map_or_else(
        || Bson::String(name.to_string()),
        |bytes| Bson::Binary(binary(bytes)),
    )
}

fn stat(shelf: Shelf, document: &Document) -> Option<Stat> {
    let name = match (shelf, document.get("_id")?) {
        (Shelf::Objects | Shelf::Tombstones, Bson::Binary(id)) => {
            Name::parse(&hex::hex(&id.bytes))?
        }
        (Shelf::Manifests | Shelf::Keys | Shelf::Tombstones, Bson::String(id)) => Name::parse(id)?,
        _ => return None,
    };
    let len = document
        .get_i64("len")
        .ok()
        .and_then(|len| u64::try_from(len).ok())
        .unwrap_or(0);
    Some(Stat { name, len })
}

const fn binary(bytes: Vec<u8>) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes,
    }
}

fn is_duplicate(e: &Error) -> bool {
    matches!(&*e.kind, ErrorKind::Write(WriteFailure::WriteError(e)) if e.code == 11_000)
}

enum Verdict {
    Unreachable,
    Denied,
    Full,
    Failed,
}

fn verdict(e: &Error) -> Verdict {
    let full = |message: &str| message.contains("quota") || message.contains("disk space");
    match &*e.kind {
        ErrorKind::Authentication { .. } => Verdict::Denied,
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        // It is written and not yet on a majority; the next try waits for that again.
        | ErrorKind::Write(WriteFailure::WriteConcernError(_)) => Verdict::Unreachable,
        ErrorKind::Write(WriteFailure::WriteError(e)) => code(e.code, full(&e.message)),
        ErrorKind::Command(e) => code(e.code, full(&e.message)),
        _ if e.contains_label("RetryableWriteError") => Verdict::Unreachable,
        _ => Verdict::Failed,
    }
}

/// Numbers of the server's error codes, as its documentation lists them.
fn code(code: i32, full: bool) -> Verdict {
    match code {
        // AtlasError that speaks of a quota, OutOfDiskSpace.
        8000 if full => Verdict::Full,
        14_031 => Verdict::Full,
        // Unauthorized, AuthenticationFailed, any other AtlasError.
        13 | 18 | 8000 => Verdict::Denied,
        // HostUnreachable, HostNotFound, MaxTimeMSExpired, WriteConcernFailed, NetworkTimeout, ShutdownInProgress,
        // PrimarySteppedDown, ExceededTimeLimit, SocketException, NotWritablePrimary, InterruptedAtShutdown,
        // InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
        6 | 7 | 50 | 64 | 89 | 91 | 189 | 262 | 9001 | 10_107 | 11_600 | 11_602 | 13_435
        | 13_436 => Verdict::Unreachable,
        _ => Verdict::Failed,
    }
}

#[cfg(test)]
#[path = "mongo_tests.rs"]
mod tests;
