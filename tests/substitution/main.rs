//! Someone with the file and without keys puts one thing in the place of another. **Each is refused at opening, unlocking or
//! reading, or found by verification, which names the entry.**

mod bodies;
mod chain;
mod columns;
mod keys;
#[path = "../support/mod.rs"]
mod support;
