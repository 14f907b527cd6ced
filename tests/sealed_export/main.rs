//! Charts and what people signed, sealed to a recipient and opened again: from the vault and from a snapshot, with the keys and without.

mod charts;
mod office;
mod signed;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
#[path = "../backup/ward.rs"]
#[allow(dead_code, reason = "the tests of backups use the rest")]
mod ward;
