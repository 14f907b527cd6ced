//! The real program, as scripts run it: what it prints where, and how it ends.

mod acts;
mod auditing;
mod backup;
mod configuration;
mod heads;
mod host;
mod hostile;
mod new_host;
mod people;
mod pharmacy;
mod program;
mod records;
mod repository;
mod sealed;
#[path = "../support/mod.rs"]
mod support;
mod usage;
mod ward;
