//! Whose data it is: an import takes nobody for somebody else, and shows nothing as valid that its source took back.

mod edited;
mod patients;
mod source;
#[path = "../support/mod.rs"]
mod support;
mod withdrawn;
