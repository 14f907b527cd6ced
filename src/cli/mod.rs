//! The command line: a contract with scripts and operators.
//!
//! One file a command or family of commands. A command reads its arguments, calls one function of the desk or of a job, and
//! prints what that answers: there is no logic here. What is printed is a value of [`crate::desk::view`], as text or, with
//! `--json`, as it stands.
//!
//! Standard output carries the result and nothing else; progress, remarks and errors go to standard error. The exit codes are in
//! [`Exit`].

mod access;
mod arguments;
mod audit;
mod backup;
mod chart;
mod completions;
mod config_check;
mod confirm;
mod context;
mod date;
mod demo;
mod exit;
mod export;
mod failure;
mod import;
mod index;
mod init;
mod input;
mod interface;
mod interrupt;
mod man;
mod output;
mod page;
mod passphrase;
mod plain;
mod progress;
mod run;
mod rx;
mod sealed;
mod search;
mod status;
mod stock;
mod text;
mod unit;
mod user;
mod verify;
mod write;

pub use arguments::{Arguments, Command, Globals};
pub use context::Context;
pub use exit::Exit;
pub use failure::Failure;
pub use output::{Format, Output, Report, Voice};
pub use page::Page;
pub use plain::plain;
pub use progress::Watch;
pub use run::run;
