//! `verify`: the walk over the ledger.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit, Failure};
use crate::desk::verifications;
use crate::jobs::verify;

/// Verify chain, signatures and grants without keys; with --full also bodies and index
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command"
)]
pub struct Verify {
    /// Open bodies and compare the index, with your keys
    #[arg(long, conflicts_with = "ledger")]
    pub full: bool,
    /// How many threads [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Verify a ledger that `export ledger` wrote
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// First make the views anew, which only repeat what entries say; nobody can write meanwhile
    #[arg(long, conflicts_with = "ledger")]
    pub rebuild_views: bool,
    /// Show the last report that this host keeps, and verify nothing
    #[arg(long, conflicts_with_all = ["full", "threads", "ledger", "rebuild_views"])]
    pub last: bool,
    /// List the reports that this host keeps, and verify nothing
    #[arg(long, conflicts_with_all = ["full", "threads", "ledger", "rebuild_views", "last"])]
    pub kept: bool,
}

impl Verify {
    /// Walks; 1 where something is wrong.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let paths = &context.config.paths;
        if self.kept {
            return context.output.result(&verifications::list(paths)?);
        }
        if self.last {
            return context.output.result(&verifications::show(paths, None)?);
        }
        if self.rebuild_views {
            verify::rebuild_views(paths)?;
        }
        let threads = self
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, usize::from);
        let session = if self.full {
            Some(context.session()?)
        } else {
            None
        };
        let watch = context.watch();
        let report = match (&session, &self.ledger) {
            (Some(session), _) => verify::full(session, threads, &|p| watch.report(p))?,
            (None, Some(file)) => {
                let open = File::open(file).map_err(|error| {
                    Failure::new(
                        Exit::BadInput,
                        "unreadable",
                        format!("cannot read {}", file.display()),
                    )
                    .hint("check the path and that this account may read it")
                    .because(&error)
                })?;
                verify::exported(&mut BufReader::new(open), threads, &|p| watch.report(p))?
            }
            (None, None) => verify::ledger(paths, threads, &|p| watch.report(p))?,
        };
        drop(watch);
        context.output.result(&report)
    }
}
