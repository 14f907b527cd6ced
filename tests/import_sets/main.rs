//! Every set of health data that others made: the reader loses nothing of it and says what it means, and an import takes it whole and
//! once.

mod counted;
mod imported;
mod read;
#[path = "../support/mod.rs"]
mod support;
