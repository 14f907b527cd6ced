//! The backup repository, from a run to a restore, on every target, under faults and under attack.

#![allow(missing_docs)]

mod atlas;
mod book;
mod campaign;
mod commands;
mod credentials;
mod cuts;
mod erased;
mod faulty;
mod kill;
mod kill_program;
mod large;
mod memory;
mod mongod;
mod older;
mod proxy;
mod prune;
mod remade;
mod resume;
mod site;
mod stalled;
#[path = "../support/mod.rs"]
mod support;
mod tampering;
mod targets;
mod tls;
mod ward;
