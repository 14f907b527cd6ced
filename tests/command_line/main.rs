//! The real program, as scripts run it: what it prints where, and how it ends.

mod configuration;
mod host;
mod people;
mod program;
mod records;
#[path = "../support/mod.rs"]
mod support;
mod usage;
mod ward;
