//! What people do: admit, write, prescribe, dispense, request, decide.
//!
//! Every function takes a [`session::Session`] (or says why it needs none), asks the vault for a permit, and answers with a
//! [`view`]: plain values that the command line prints and the screen draws.
//!
//! - [`sheet`]: a section of a chart, verified, opened, decoded, judged by [`rights`]; [`locate`]: record numbers;
//!   [`looking`]: what is put on record when somebody looks; [`act`]: the bodies of what people do.
//! - [`reach`]: by which way a key is held; [`indexing`], [`catch_up`], [`index`]: keeping the search index up; [`charts`], [`summary`]: what a
//!   chart shows; [`mod@write`]: writing to it; [`search`]: finding in all of them, as far as the session's [`territory`] goes; [`queries`]:
//!   what a searcher keeps; [`drafts`]: what is being written and is not signed yet.
//! - [`rx`]: from the prescriber to the counter; [`stock`]: a pharmacy's shelf; [`access`]: asking, deciding, sharing.
//! - [`setup`]: a vault begins; [`users`], [`units`]: who works here and where; [`status`], [`keys`]: what the host may know without anybody's key;
//!   [`verifications`]: the reports that it keeps; [`incidents`]: what went wrong in backups; `kept`: the files of both.

pub mod access;
pub mod act;
pub mod audit;
pub mod catch_up;
pub mod charts;
pub mod drafts;
pub mod error;
pub mod inbox;
pub mod incidents;
pub mod index;
pub mod indexing;
mod kept;
pub mod keys;
pub mod locate;
pub mod looking;
pub mod order;
pub mod queries;
pub mod reach;
pub mod rights;
pub mod rx;
pub mod search;
pub mod session;
pub mod setup;
pub mod sheet;
pub mod status;
pub mod stock;
pub mod succession;
pub mod summary;
pub mod territory;
pub mod units;
pub mod users;
pub mod verifications;
pub mod view;
pub mod write;

pub use error::{Class, DeskError};
pub use session::Session;
