//! Long work with progress and cancel.

pub mod import;
