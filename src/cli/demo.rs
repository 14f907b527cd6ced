//! `demo`: an invented hospital to look around in.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::{Context, Exit, Failure, interface};
use crate::config::{Paths, Surroundings};
use crate::jobs::demo::{self, Plan};

/// Make a vault with an invented hospital in it, and open it; nothing in it is real
#[derive(Debug, Args)]
pub struct Demo {
    /// Folder for the vault, the host's state, passphrases and shares [default: the configured folders, the last two in
    /// VAULT-demo beside the vault]
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// How many patients
    #[arg(long, default_value_t = 200)]
    pub patients: u32,
    /// The same seed makes the same people
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Do not open the interface afterwards
    #[arg(long)]
    pub no_tui: bool,
}

impl Demo {
    /// Makes it; on a terminal, opens it.
    pub fn run(&self, context: &Context, around: &Surroundings) -> Result<Exit, Failure> {
        // What is printed is used from other folders, too.
        let dir = self
            .dir
            .as_ref()
            .map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.clone()));
        let (paths, papers) = if let Some(dir) = dir {
            (Paths::new(&dir.join("vault"), &dir.join("host")), dir)
        } else {
            let paths = context.config.paths.clone();
            let papers = demo::papers_beside(&paths.vault);
            (paths, papers)
        };
        let plan = Plan {
            patients: self.patients as usize,
            seed: self.seed,
            cost: context.cost(),
            papers,
        };
        let watch = context.watch();
        let made = demo::make(&paths, &plan, &|progress| watch.report(progress))?;
        drop(watch);
        context.output.result(&made)?;
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if self.no_tui || !terminal {
            return Ok(Exit::Done);
        }
        interface::open_at(context, paths, around)
    }
}
