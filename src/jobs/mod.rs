//! Long work with progress and cancel.

pub mod backup;
pub mod control;
pub mod demo;
pub mod export;
pub mod import;
pub mod ledger_export;
pub mod sealed_export;
pub mod speed;
pub mod verify;
