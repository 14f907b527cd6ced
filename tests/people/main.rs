//! The life of an account and of a unit, through the desk.

mod accounts;
mod desk;
#[path = "../support/mod.rs"]
mod support;
mod units;
