//! The repository of sealed snapshots, on a folder or on MongoDB.
//!
//! The ledger only grows, so a backup is "what came after entry N", and a snapshot is a signed list of sealed packs.
//! A target is never trusted with more than keeping bytes: what it serves is judged by hash, signature and seal.
//!
//! From the bottom up, each file with its format at the top:
//!
//! - [`target`]: where things are kept: [`Folder`], [`Mongo`], found by a [`Location`]; [`retry`], [`Cancel`], [`Meter`] and [`Wire`] stand
//!   between a run and its target.
//! - [`source`]: what is read and what a restore writes to, so that nothing here knows the store or the vault.
//! - [`keys`]: what a host holds (it can write and cannot read) and what the restore shares carry.
//! - [`pack`], [`object`], [`manifest`], [`record`]: the bytes on the target.
//! - [`Now`]: how long a run may act on what it has read; `footing`: what a backup counts on meanwhile.
//! - [`state`], [`journal`], [`high_water`]: the bytes on the host, outside the vault, and the spool, which a run sets aside;
//!   [`PrintedHead`]: those on paper.
//! - [`anchor`]: what the ledger says of a target; [`snapshot`]: a run; [`chain`]: the manifests, judged; [`verify`]; [`restore`];
//!   [`retention`], [`tombstone`], [`prune`], `turn`, [`pruner`]: letting old snapshots go.

pub mod anchor;
mod beginning;
mod cancel;
mod cbor;
pub mod chain;
mod error;
mod folder;
mod footing;
pub mod high_water;
pub mod journal;
pub mod keys;
mod lifetime;
mod location;
pub mod manifest;
mod mongo;
pub mod object;
mod pace;
pub mod pack;
mod parent;
mod printed;
mod produce;
mod progress;
pub mod prune;
pub mod pruner;
pub mod record;
pub mod restore;
pub mod retention;
pub mod retry;
pub mod snapshot;
pub mod source;
mod spool;
mod staging;
pub mod state;
pub mod target;
mod throttle;
pub mod tombstone;
mod turn;
mod upload;
pub mod verify;
mod wire;

pub use cancel::Cancel;
pub use error::{BackupError, Fault};
pub use folder::Folder;
pub use lifetime::Now;
pub use location::{Location, Login, MongoUri};
pub use mongo::{Mongo, OPERATIONS, TimeLimits};
pub use printed::{NotAHead, PrintedHead};
pub use progress::{Meter, Phase, Progress};
pub use upload::Alarm;
pub use wire::Wire;
