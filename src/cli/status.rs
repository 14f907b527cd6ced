//! `status` and `keys check`: what anyone on the host may know.

use clap::Subcommand;

use super::{Context, Exit, Failure};
use crate::desk;

/// Prints what the vault is and how it fares, without a user.
pub fn run(context: &Context) -> Result<Exit, Failure> {
    context
        .output
        .result(&desk::status::read(&context.config.paths)?)
}

/// Look at the host's keys
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Files, permissions, the pinned vault, the host's certificate, the high-water mark; opens nothing
    Check,
}

impl Keys {
    /// Looks; 1 where something is wrong.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let Self::Check = self;
        context
            .output
            .result(&desk::keys::check(&context.config.paths)?)
    }
}
