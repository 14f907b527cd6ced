//! `index`: tending the search index.

use clap::Subcommand;

use super::{Context, Exit, Failure};
use crate::desk::index;

/// Tend the search index of your units
#[derive(Debug, Subcommand)]
pub enum Index {
    /// Index what is due and merge what has piled up
    Merge,
    /// Build the index anew from the entries
    Rebuild,
    /// How large it is
    Stats,
}

impl Index {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let watch = context.watch();
        let report = |progress: &_| watch.report(progress);
        context.output.result(&match self {
            Self::Merge => index::merge(&session, &report)?,
            Self::Rebuild => index::rebuild(&session, &report)?,
            Self::Stats => index::stats(&session)?,
        })
    }
}
