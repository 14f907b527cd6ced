//! `write`: one entry into a chart.

use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit, Failure, input};
use crate::desk;
use crate::interop::fhir::entry_from_json;

/// Write one entry: vitals, condition, allergy, note and so on, as a FHIR R4 resource
#[derive(Debug, Args)]
pub struct Write {
    /// The chart's number
    #[arg(long, value_name = "MRN")]
    pub chart: String,
    /// File with the resource, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
}

impl Write {
    /// Reads, signs, seals, writes.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let body = entry_from_json(&input::read(&self.file)?)?;
        context
            .output
            .result(&desk::write::entry(&session, &self.chart, body)?)
    }
}
