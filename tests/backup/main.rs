//! The backup repository, from a run to a restore, on every target, under faults and under attack.

#![allow(missing_docs)]

mod atlas;
mod book;
mod campaign;
mod commands;
mod credentials;
mod cuts;
mod faulty;
mod kill;
mod memory;
mod mongod;
mod proxy;
mod prune;
mod resume;
mod site;
mod tampering;
mod targets;
mod tls;
