//! Long work with progress and cancel.

pub mod import;
pub mod ledger_export;
pub mod verify;
