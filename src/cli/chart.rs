//! `chart`: the charts that a user's keys open.

use clap::Subcommand;

use super::{Context, Exit, Failure};
use crate::desk::charts;
use crate::interop::fhir::export::as_json;
use crate::ledger::Section;

/// Look at charts, and name who attends them
#[derive(Debug, Subcommand)]
pub enum Chart {
    /// List the charts that your keys open
    List {
        /// Only those of this unit
        #[arg(long)]
        unit: Option<String>,
    },
    /// Show one chart
    Show {
        /// The chart's number
        mrn: String,
        /// identity, clinical, medication or access [default: what your keys open]
        #[arg(long)]
        section: Option<Section>,
    },
    /// Name the doctor who decides requests (by a registrar or a doctor of its unit)
    Attending {
        /// The chart's number
        mrn: String,
        /// Login of a doctor of a unit that looks after the chart
        #[arg(value_name = "LOGIN")]
        login: String,
    },
}

impl Chart {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let session = context.session()?;
        match self {
            Self::List { unit } => context
                .output
                .result(&charts::list(&session, unit.as_deref())?),
            Self::Show { mrn, section } => context
                .output
                .result(&charts::show(&session, mrn, *section, &as_json)?),
            Self::Attending { mrn, login } => context
                .output
                .result(&charts::attend(&session, mrn, login)?),
        }
    }
}
