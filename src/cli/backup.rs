//! `backup`: sealed snapshots on a folder or a cluster.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, input};
use crate::config::Tls;
use crate::jobs::backup::{self, HostFolder};

/// Sealed snapshots: make, list, verify, restore
#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Make a snapshot of what is new; the first one makes the repository
    Run(Target),
    /// List the snapshots
    List(Target),
    /// Check that every object is there and the history has not been cut
    Verify {
        /// Where
        #[command(flatten)]
        target: Target,
        /// Read every object, too
        #[arg(long)]
        read_data: bool,
    },
    /// Bring a vault back with the restore shares
    Restore {
        /// The repository: a folder or the address of a cluster
        #[arg(long, value_name = "URI")]
        from: String,
        /// Folder for the vault, which must not exist or be empty
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// Which snapshot [default: the newest]
        #[arg(long, value_name = "ID")]
        snapshot: Option<String>,
        /// A share file; as many as the threshold asks for
        #[arg(long = "share", value_name = "FILE", required = true)]
        shares: Vec<PathBuf>,
    },
}

/// Where snapshots are.
#[derive(Debug, Args)]
pub struct Target {
    /// A folder or the address of a cluster [default: backup.target of the configuration]
    #[arg(long, value_name = "URI")]
    pub to: Option<String>,
}

impl Target {
    fn open(&self, context: &Context) -> Result<backup::Target, Failure> {
        let address = self
            .to
            .as_deref()
            .or(context.config.backup.target.as_deref())
            .ok_or_else(|| {
                Failure::new(Exit::Usage, "no-target", "there is no backup target")
                    .hint("name it with --to URI, or set backup.target in the configuration")
            })?;
        target(context, address)
    }
}

impl Backup {
    /// Does what was asked.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let paths = &context.config.paths;
        let watch = context.watch();
        match self {
            Self::Run(target) => {
                let run = backup::run(paths, &target.open(context)?, &|p| watch.report(p))?;
                drop(watch);
                context.output.result(&run)
            }
            Self::List(target) => context
                .output
                .result(&backup::list(paths, &target.open(context)?)?),
            Self::Verify { target, read_data } => {
                let verified = backup::verify(paths, &target.open(context)?, *read_data, &|p| {
                    watch.report(p)
                })?;
                drop(watch);
                context.output.result(&verified)
            }
            Self::Restore {
                from,
                into,
                snapshot,
                shares,
            } => {
                let texts = shares
                    .iter()
                    .map(|file| input::read_secret(file))
                    .collect::<Result<Vec<_>, _>>()?;
                let from = target(context, from)?;
                let restored = backup::restore(
                    &from,
                    into,
                    &host_folder(context)?,
                    snapshot.as_deref(),
                    &texts,
                    &|p| watch.report(p),
                )?;
                drop(watch);
                context.output.result(&restored)
            }
        }
    }
}

/// Opens an address under the rule of the configuration: where TLS is required everywhere, this very host is no exception.
fn target(context: &Context, address: &str) -> Result<backup::Target, Failure> {
    let plain = address.starts_with("mongodb://")
        && !["tls=true", "ssl=true"]
            .iter()
            .any(|on| address.contains(on));
    if context.config.security.tls == Tls::Required && plain {
        return Err(Failure::new(
            Exit::Usage,
            "tls-required",
            "the backup target is to be reached without TLS, which is required here",
        )
        .hint("add tls=true to the address, or see security.tls in the configuration"));
    }
    let mut target = backup::Target::parse(address)?;
    target.options.uploads = context.config.backup.in_flight;
    Ok(target)
}

/// The folder that is named, which on the host of the lost vault may still be the old one's.
fn host_folder(context: &Context) -> Result<HostFolder, Failure> {
    let paths = &context.config.paths;
    Ok(match &paths.host {
        Some(folder) => HostFolder::Rather(folder.clone()),
        None => HostFolder::Below(paths.host_of("")?),
    })
}
