//! Long work with progress and cancel.

pub mod ledger_export;
pub mod verify;
