//! `init`: a new vault.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit, Failure};
use crate::desk::setup::{self, ShareRule};

/// Make a vault, its first admin, and two sets of shares: one for backups, one for keys that were lost
#[derive(Debug, Args)]
pub struct Init {
    /// Login of the first admin, whose passphrase is asked for or read from --passphrase-file
    #[arg(long, value_name = "NAME")]
    pub admin: String,
    /// How many shares each secret is split into
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub shares: u8,
    /// How many shares rebuild a secret
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub threshold: u8,
    /// Folder for the share files, outside the vault [default: `shares` in the host's folder]
    #[arg(long, value_name = "DIR")]
    pub shares_out: Option<PathBuf>,
}

impl Init {
    /// Makes the vault. Needs no user: there is none yet.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let rule = ShareRule {
            shares: self.shares,
            threshold: self.threshold,
            out: self.shares_out.clone(),
        };
        let made = setup::init(
            &context.config.paths,
            &self.admin,
            &context.new_passphrase(&self.admin)?,
            &rule,
            context.cost(),
        )?;
        context.output.result(&made)
    }
}
