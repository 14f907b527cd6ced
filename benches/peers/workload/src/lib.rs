//! What every peer is measured with: one corpus, one set of questions, one clock, one way to say what came out.
//!
//! - [`random`] numbers that are the same in every run; [`corpus`] entries of about 39 words; [`questions`] what is looked for.
//! - [`peer`] what a peer can be asked to do; [`stage`] asking it, a stage at a time, and checking every answer.
//! - [`clock`] percentiles and processor time.
//! - [`leak`] the adversary of the leak test: its world, what it knows, how well it did.
//!
//! Figures go to standard output, one a line: name, tab, value. The table is made of these lines.

pub mod clock;
pub mod corpus;
pub mod leak;
pub mod peer;
pub mod questions;
pub mod random;
pub mod stage;

/// Prints a figure for the table.
pub fn figure(name: &str, value: impl std::fmt::Display) {
    println!("{name}\t{value}");
}
