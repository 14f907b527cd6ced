//! Searching a real vault: what everyone finds is what their keys open and the query means, whatever was written, shared, taken back,
//! merged and rotated before.

mod everyone;
mod fixture;
mod keys;
mod orders;
mod random;
mod record;
#[path = "../support/mod.rs"]
mod support;
mod today;
mod upkeep;
mod versions;
