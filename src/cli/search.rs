//! `search`: the sealed index answers.

use clap::Args;

use super::{Context, Exit, Failure};
use crate::desk;

/// Search the charts that your keys open
#[derive(Debug, Args)]
pub struct Search {
    /// Words and fields that stand in one entry: name:mej* bp>160/100 since:t-3m
    #[arg(allow_hyphen_values = true)]
    pub query: String,
    /// How many results to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    /// How many results to pass over
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u32,
}

impl Search {
    /// Asks the index.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let answer = desk::search::run(&session, &self.query, self.limit, self.offset)?;
        context.output.result(&answer)
    }
}
