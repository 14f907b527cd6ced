//! What people do: admit, write, prescribe, dispense, request, decide.
//!
//! Every function takes a [`session::Session`] (or says why it needs none), asks the vault for a permit, and answers with a
//! [`view`]: plain values that the command line prints and the screen draws.

pub mod error;
pub mod session;
pub mod view;

pub use error::{Class, DeskError};
pub use session::Session;
