//! `export`: a chart as FHIR, the ledger as lines that verify without keys.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Context, Exit, Failure};
use crate::jobs;

/// Export a chart as a FHIR R4 Bundle, or the ledger's headers as JSON lines
#[derive(Debug, Subcommand)]
pub enum Export {
    /// A chart, as far as your keys open it
    Fhir {
        /// The chart's number
        #[arg(long, value_name = "MRN")]
        chart: String,
        /// The file to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

impl Export {
    /// Writes it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        let Self::Fhir { chart, out } = self;
        let bytes = jobs::export::fhir(&session, chart)?;
        match out {
            None => context.output.bytes(&bytes).map(|()| Exit::Done),
            Some(path) => {
                // An export is plain text of a patient: only its owner may read it.
                crate::vault::host::write_private(path, &bytes)
                    .map_err(crate::desk::DeskError::from)?;
                let view = crate::desk::view::Exported {
                    file: path.display().to_string(),
                    entries: 1,
                    bytes: bytes.len() as u64,
                };
                context.output.result(&view)
            }
        }
    }
}
