//! `import`: charts from other systems.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Context, Exit, Failure};
use crate::interop::fhir::System;
use crate::jobs;

/// Take charts in from other systems
#[derive(Debug, Subcommand)]
pub enum Import {
    /// FHIR R4: bundles and resources (.json), bulk data (.ndjson), folders of them
    Fhir {
        /// Files and folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Unit in which new charts are enrolled
        #[arg(long)]
        unit: String,
        /// Whose the ids are that are no UUIDs and of which the files do not say it: the URL of the server or the hospital
        #[arg(long, value_name = "URL")]
        system: Option<System>,
    },
}

impl Import {
    /// Imports; 1 where something had to be skipped.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let Self::Fhir {
            paths,
            unit,
            system,
        } = self;
        let session = context.session()?;
        let watch = context.watch();
        let imported =
            jobs::import::fhir_from(&session, paths, unit, system.as_ref(), &|p| watch.report(p))?;
        drop(watch);
        context.output.result(&imported)
    }
}
