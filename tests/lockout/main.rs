//! Guessing passphrases: what is counted, what locks, what goes on record, and what an answer tells.

mod attempt;
mod counting;
mod record;
mod reset;
#[path = "../support/mod.rs"]
mod support;
mod turns;
