//! chartseal keeps health records sealed, signed and shared by keys.
//!
//! **One idea: a ledger of signed, chained entries, sealed where they speak of people, is the only truth.
//! Everything else is a view of it.**
//!
//! The modules from the ground up. Each may use only those before it in this list; `tests/boundaries.rs`
//! holds the rule.
//!
//! - [`config`]: what can be set, where a value came from, where files lie, and how one comes to lie there whole.
//! - [`crypto`]: the primitives, one a file, each with its specification linked; secrets that zeroise and do not print.
//! - [`clinical`]: what charts hold: typed bodies, vitals and scores, prescriptions and their states, safety checks. Pure.
//! - [`ledger`]: entries, their one canonical encoding, the chain, append and walk; the SQLite store and its keyless views.
//! - [`vault`]: who may open what: certificates, units, slots, sessions, permits.
//! - [`backup`]: the repository of sealed snapshots, on a folder or on MongoDB.
//! - [`index`]: searchable symmetric encryption over the ledger, and the query language.
//! - [`desk`]: what people do: admit, write, prescribe, dispense, request, decide.
//! - [`interop`]: what others read and write: FHIR R4 in and out, lots, and sealed exports that open without a vault.
//! - [`jobs`]: long work with progress and cancel: import, verify, backup, restore.
//! - [`tui`]: the terminal interface.
//! - [`cli`]: the command line.

pub mod backup;
pub mod cli;
pub mod clinical;
pub mod config;
pub mod crypto;
pub mod desk;
pub mod index;
pub mod interop;
pub mod jobs;
pub mod ledger;
pub mod tui;
pub mod vault;
