//! What is promised against each adversary, one file each, named as in the README's table. Who only learns something learns it
//! here too: a promise that kept everything secret from a test that finds nothing would be no promise.

mod bag;
mod client;
mod cluster;
mod editor;
mod ended;
mod insider;
mod insider_keys;
mod life;
mod recipient;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod thief;
