//! The backup repository, from a run to a restore, on every target, under faults and under attack.

#![allow(missing_docs)]

mod accepted;
mod anchored;
mod asked;
mod atlas;
mod book;
mod clocked;
mod commands;
mod credentials;
mod cuts;
mod disaster;
mod erased;
mod faulty;
mod forged_tombstones;
mod guarded;
mod interleavings;
mod keepers;
mod kill;
mod kill_program;
mod large;
mod memory;
mod mongod;
mod older;
mod older_keys;
mod outlived;
mod overdue;
mod program;
mod proxy;
mod prune;
mod pruner_role;
mod remade;
mod rescued;
mod resume;
mod scheduled;
mod site;
mod srv;
mod stalled;
mod stopped;
#[path = "../support/mod.rs"]
mod support;
mod tamper_command;
mod tampering;
mod targets;
mod tls;
mod verdicts;
mod vouching;
mod ward;
