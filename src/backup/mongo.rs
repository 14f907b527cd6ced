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
//! - Every call has a time limit ([`TimeLimits`]), a transfer one that fits its length and the link. What timed out may have been carried out; the next try finds out.
//! - At most [`OPERATIONS`] commands are sent in any second by everything in this process that goes to one cluster: the smallest
//!   answer 100. Manifests and tombstones are fetched many at a time.
//! - One index besides that of `_id`, on `objects`: `{ _id: 1, len: 1 }`. It answers "is it there, and how long is it"
//!   without reading the object. The run that makes the repository creates it, or the operator does where the host may
//!   not; without it everything works and costs the server more.
//! - A connection that is not encrypted is taken only to a loopback address, and then goes to that address alone: a
//!   replica set's other members are not followed in the open.

mod document;
mod patience;
mod protection;
mod verdict;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error;
use mongodb::options::{
    Acknowledgment, ClientOptions, CollectionOptions, Credential, ReadConcern, ReadPreference,
    SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Collection, IndexModel};

use document::{bytes, document, id, name, stat};
use patience::Patience;
pub use patience::TimeLimits;
use protection::protect;
use verdict::{Verdict, is_duplicate, verdict};

use super::location::{Login, MongoUri, Redaction};
use super::pace::Pace;
use super::target::{Answer, Name, Put, Shelf, Stat, Target, TargetError};

/// The database, if the connection string names none.
const DATABASE: &str = "chartseal";
/// The longest wait for a server and for a connection, unless the connection string says otherwise.
const CONNECT: Duration = Duration::from_secs(10);
/// Commands in any second, with room for what the driver sends by itself: Atlas's free clusters allow 100.
pub const OPERATIONS: u32 = 85;
/// Of those, how many may follow each other at once.
const BURST: u32 = 10;
/// A document is at most 16 MiB long, and the largest object leaves room for the rest of it.
const LIMIT: u64 = super::object::MAX_SEALED as u64;
/// How many names and lengths a listing takes at a time.
const BATCH: u32 = 10_000;
/// The most bytes that one of them takes.
const STAT: u64 = 256;
/// What a manifest, a record or a tombstone is waited for as if it were as long as.
const NOTE: u64 = 1 << 20;

/// A MongoDB as a target.
#[derive(Debug)]
pub struct Mongo {
    client: Client,
    database: String,
    place: String,
    redaction: Redaction,
    patience: Patience,
    pace: Arc<Pace>,
}

impl Mongo {
    /// Connects, and asks the server for a sign of life. `login` takes the place of what the connection string holds.
    pub async fn open(uri: &MongoUri, login: Option<Login>) -> Result<Self, TargetError> {
        Self::open_within(uri, login, TimeLimits::default()).await
    }

    /// The same with other time limits.
    pub async fn open_within(
        uri: &MongoUri,
        login: Option<Login>,
        limits: TimeLimits,
    ) -> Result<Self, TargetError> {
        let place = uri.to_string();
        let redaction = uri.redaction(login.as_ref());
        let unusable = |cause: String| TargetError::Address {
            uri: place.clone(),
            cause,
        };
        let mut options = match limited(&place, limits.call, async {
            Ok(ClientOptions::parse(uri.expose()).await)
        })
        .await?
        {
            Ok(options) => options,
            Err(e) => {
                let cause = redaction.clean(&e.kind.to_string());
                return Err(match verdict(&e) {
                    // Where the link is down, no name is looked up: the address may be right.
                    Verdict::Unreachable => TargetError::Unreachable { place, cause },
                    _ => unusable(cause),
                });
            }
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
        let servers = options.hosts.iter().map(ToString::to_string);
        let pace = Pace::towards(servers.collect(), OPERATIONS - BURST, BURST);
        let client = Client::with_options(options)
            .map_err(|e| unusable(redaction.clean(&e.kind.to_string())))?;
        let mongo = Self {
            client,
            database,
            place,
            redaction,
            patience: Patience::new(limits),
            pace,
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
        self.call(self.patience.call(), ping).await.map(|_| ())
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
        self.pace.turn().await;
        limited(&self.place, limit, async {
            call.await.map_err(|e| self.explain(&e))
        })
        .await
    }

    /// A call that moves `most` bytes, or those that `moved` counts in its answer. **Only what really moved tells of the link.**
    async fn transfer<T>(
        &self,
        most: u64,
        moved: impl FnOnce(&T) -> u64,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, TargetError> {
        let mut began = Instant::now();
        let timed = async {
            began = Instant::now();
            call.await
        };
        let done = self.call(self.patience.of(most), timed).await;
        match &done {
            Ok(answer) => self.patience.moved(moved(answer), began.elapsed()),
            Err(TargetError::TimedOut { .. }) => self.patience.gave_up(),
            Err(_) => {}
        }
        done
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
        let document = document(shelf, name, bytes);
        let collection = self.shelf(shelf);
        let insert = async {
            match collection.insert_one(document).await {
                Ok(_) => Ok(Put::Stored),
                Err(e) if is_duplicate(&e) => Ok(Put::AlreadyThere),
                Err(e) => Err(e),
            }
        };
        self.transfer(len, |_| len, insert).await
    }

    /// Names and lengths of what `filter` finds, `most` in one answer.
    async fn find(
        &self,
        shelf: Shelf,
        filter: Document,
        most: u64,
    ) -> Result<Vec<Stat>, TargetError> {
        let collection = self.shelf(shelf);
        let limit = self.patience.of(most * STAT);
        let found = collection
            .find(filter)
            .projection(doc! { "len": 1 })
            .batch_size(BATCH);
        let mut cursor = self.call(limit, found.into_future()).await?;
        let mut stats = Vec::new();
        for seen in 0_u64.. {
            // A full batch is used up: the next step is a command of its own.
            if seen > 0 && seen.is_multiple_of(u64::from(BATCH)) {
                self.pace.turn().await;
            }
            let next = async { cursor.try_next().await.map_err(|e| self.explain(&e)) };
            let Some(document) = limited(&self.place, limit, next).await? else {
                break;
            };
            stats.extend(stat(shelf, &document));
        }
        Ok(stats)
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
        let most = ids.len() as u64;
        Box::pin(self.find(shelf, doc! { "_id": { "$in": ids } }, most))
    }

    fn put<'a>(&'a self, shelf: Shelf, name: &'a Name, bytes: Arc<Vec<u8>>) -> Answer<'a, Put> {
        Box::pin(async move { self.insert(shelf, name, &bytes).await })
    }

    fn get<'a>(&'a self, shelf: Shelf, name: &'a Name) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let collection = self.shelf(shelf);
            let filter = doc! { "_id": id(shelf, name) };
            // How long an answer is waited for depends on its length: an object's is asked for first.
            let most = if shelf == Shelf::Objects {
                match self.find(shelf, filter.clone(), 1).await?.first() {
                    Some(stat) => stat.len.min(LIMIT),
                    None => return Ok(None),
                }
            } else {
                NOTE
            };
            let find = async {
                let found = collection
                    .find_one(filter)
                    .projection(doc! { "b": 1 })
                    .await?;
                Ok(found.map(bytes))
            };
            self.transfer(most, |found| read(found.as_deref()), find)
                .await
        })
    }

    fn get_many<'a>(&'a self, shelf: Shelf, names: &'a [Name]) -> Answer<'a, Vec<(Name, Vec<u8>)>> {
        Box::pin(async move {
            let collection = self.shelf(shelf);
            let ids: Vec<Bson> = names.iter().map(|name| id(shelf, name)).collect();
            let find = async {
                let mut found = Vec::with_capacity(ids.len());
                // One answer holds them all, unless they are longer than their listing says.
                let mut cursor = collection
                    .find(doc! { "_id": { "$in": ids } })
                    .projection(doc! { "b": 1 })
                    .batch_size(BATCH)
                    .await?;
                while length(&found) <= LIMIT
                    && let Some(document) = cursor.try_next().await?
                {
                    let name = name(shelf, &document);
                    found.extend(name.map(|name| (name, bytes(document))));
                }
                Ok(found)
            };
            self.transfer(NOTE, |found| length(found), find).await
        })
    }

    fn list(&self, shelf: Shelf) -> Answer<'_, Vec<Stat>> {
        // Not an empty filter, which would read every document: this one is answered from an index.
        let all = doc! { "_id": { "$gte": Bson::MinKey } };
        Box::pin(self.find(shelf, all, u64::from(BATCH)))
    }

    fn prepare(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let index = IndexModel::builder()
                .keys(doc! { "_id": 1, "len": 1 })
                .build();
            let collection = self.shelf(Shelf::Objects);
            let create = async { collection.create_index(index).await.map(|_| ()) };
            match self.call(self.patience.call(), create).await {
                // An insert-only host may not; who made its role was asked to.
                Err(TargetError::Denied { .. }) => Ok(()),
                done => done,
            }
        })
    }

    fn clock(&self) -> Answer<'_, Option<i64>> {
        Box::pin(async move {
            let hello = async {
                self.client
                    .database(&self.database)
                    .run_command(doc! { "hello": 1 })
                    .await
            };
            let hello = self.call(self.patience.call(), hello).await?;
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
            self.call(self.patience.call(), delete).await.map(|_| ())
        })
    }
}

/// The bytes of many.
fn length(found: &[(Name, Vec<u8>)]) -> u64 {
    found.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

/// The bytes of an answer.
fn read(found: Option<&[u8]>) -> u64 {
    found.map_or(0, |bytes| bytes.len() as u64)
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

#[cfg(test)]
#[path = "mongo_tests.rs"]
mod tests;
