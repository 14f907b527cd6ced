//! The application against a desk of fixed values: what it asks, what it shows, how many bytes that takes.

mod acts;
mod amending;
pub mod bench;
mod budget;
mod charts;
mod drafts;
mod fixture;
mod identity;
mod jobs;
mod keys;
mod looking;
mod people;
mod prescriptions;
mod reading;
mod refusals;
mod screens;
mod search;
mod selection;
mod sessions;
mod sizes;
mod vital_signs;
mod ward;
mod whole;
