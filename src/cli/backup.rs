//! `backup`: sealed snapshots on a folder or a cluster.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Exit, Failure, Watch, input};
use crate::backup::PrintedHead;
use crate::backup::restore::Damage;
use crate::backup::retention::Retention;
use crate::backup::verify::ReadData;
use crate::crypto::secret::SecretBytes;
use crate::desk::incidents;
use crate::desk::view::{Proceed, Progress};
use crate::jobs::backup::{self, HostFolder, Keeping};

/// Sealed snapshots: make, list, verify, restore, rehearse, let go
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
        /// Read every object, too, or one part of so many: 2/7
        #[arg(long, value_name = "N/M", num_args = 0..=1, default_missing_value = "1/1", value_parser = part)]
        read_data: Option<ReadData>,
        /// The head that the last backup printed: finds an older state and a fork
        #[arg(long, value_name = "TEXT")]
        head: Option<PrintedHead>,
    },
    /// Bring a vault back with the restore shares
    Restore {
        /// The repository: a folder or the address of a cluster [default: backup.target of the configuration]
        #[arg(long, value_name = "URI")]
        from: Option<String>,
        /// Folder for the vault, which must not exist or be empty
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// Which snapshot [default: the newest]
        #[arg(long, value_name = "ID")]
        snapshot: Option<String>,
        /// The head that the last backup printed: refuses an older state and a fork
        #[arg(long, value_name = "TEXT")]
        head: Option<PrintedHead>,
        /// A share file; as many as the threshold asks for
        #[arg(long = "share", value_name = "FILE", required = true)]
        shares: Vec<PathBuf>,
        /// Restore the newest snapshot that is whole although the repository is damaged, and name all that is wrong; no older one
        /// than the head, unless --snapshot names it
        #[arg(long)]
        accept_damage: bool,
    },
    /// Rehearse a restore: into a scratch folder, open charts there, remove it, put time and point on record
    Drill {
        /// Where
        #[command(flatten)]
        target: Target,
        /// The head that the last backup printed
        #[arg(long, value_name = "TEXT")]
        head: Option<PrintedHead>,
        /// A share file; as many as the threshold asks for
        #[arg(long = "share", value_name = "FILE", required = true)]
        shares: Vec<PathBuf>,
        /// How many charts to open
        #[arg(long, value_name = "N", default_value_t = 5)]
        charts: usize,
        /// Folder below which the scratch folder is made [default: that of the vault]
        #[arg(long, value_name = "DIR")]
        scratch: Option<PathBuf>,
    },
    /// Say which snapshots are to go; `prune` deletes them
    Forget {
        /// How to get in
        #[command(flatten)]
        pruner: Pruner,
        /// How much to keep
        #[command(flatten)]
        keep: Keep,
        /// Only say which
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete what no snapshot needs any more: marked first, deleted a week later
    Prune {
        /// How to get in
        #[command(flatten)]
        pruner: Pruner,
    },
    /// Say what went wrong in backups, and nobody has seen yet
    Incidents {
        /// Mark what is shown as seen
        #[arg(long)]
        seen: bool,
    },
    /// Write the keys that somebody needs to forget and prune on another machine
    Pruner {
        /// The file, which must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Where snapshots are.
#[derive(Debug, Args)]
pub struct Target {
    /// A folder or the address of a cluster [default: backup.target of the configuration]
    #[arg(long, value_name = "URI")]
    pub to: Option<String>,
}

/// Where snapshots are, under a credential that may delete.
#[derive(Debug, Args)]
pub struct Pruner {
    /// A folder or the address of a cluster [default: backup.prune_target, or backup.target]
    #[arg(long, value_name = "URI")]
    pub to: Option<String>,
    /// The file that `backup pruner` made [default: backup.pruner, or this host's own keys]
    #[arg(long, value_name = "FILE")]
    pub pruner: Option<PathBuf>,
}

/// How much is kept.
#[derive(Debug, Args)]
pub struct Keep {
    /// Keep the last snapshot of so many days
    #[arg(long = "keep-daily", value_name = "N", default_value_t = Retention::default().daily)]
    daily: usize,
    /// Keep the last snapshot of so many weeks
    #[arg(long = "keep-weekly", value_name = "N", default_value_t = Retention::default().weekly)]
    weekly: usize,
    /// Keep the last snapshot of so many months
    #[arg(long = "keep-monthly", value_name = "N", default_value_t = Retention::default().monthly)]
    monthly: usize,
    /// Keep the last snapshot of so many years
    #[arg(long = "keep-yearly", value_name = "N", default_value_t = Retention::default().yearly)]
    yearly: usize,
    /// Keep everything of so many days
    #[arg(long = "keep-all-days", value_name = "N", default_value_t = Retention::default().all_days)]
    all_days: u32,
}

impl Keep {
    fn retention(&self) -> Retention {
        Retention {
            daily: self.daily,
            weekly: self.weekly,
            monthly: self.monthly,
            yearly: self.yearly,
            all_days: self.all_days,
        }
    }
}

impl Target {
    fn open(&self, context: &Context) -> Result<backup::Target, Failure> {
        let address = self
            .to
            .as_deref()
            .or(configured(context))
            .ok_or_else(no_target)?;
        target(context, address)
    }
}

impl Pruner {
    fn open(&self, context: &Context) -> Result<backup::Target, Failure> {
        let configured = &context.config.backup;
        let address = self
            .to
            .as_deref()
            .or(configured.prune_target.as_deref())
            .or(configured.target.as_deref())
            .ok_or_else(no_target)?;
        target(context, address)
    }

    fn file(&self, context: &Context) -> Option<PathBuf> {
        self.pruner
            .clone()
            .or_else(|| context.config.backup.pruner.clone())
    }
}

/// The address that the configuration or `CHARTSEAL_BACKUP_TARGET` names: an argument shows a password to other accounts.
fn configured(context: &Context) -> Option<&str> {
    context.config.backup.target.as_deref()
}

pub(super) fn no_target() -> Failure {
    no_repository("--to")
}

fn no_repository(option: &str) -> Failure {
    let hint = format!("name it with {option} URI, or set backup.target in the configuration");
    Failure::new(Exit::Usage, "no-target", "there is no backup target").hint(hint)
}

/// `2/7`: the second of seven parts.
fn part(text: &str) -> Result<ReadData, String> {
    let parse = || {
        let (nth, of) = text.split_once('/')?;
        let (nth, of) = (nth.parse().ok()?, of.parse().ok()?);
        (1..=of)
            .contains(&nth)
            .then_some(ReadData::Part { nth, of })
    };
    parse().ok_or_else(|| format!("`{text}` is no part: write 2/7 for the second of seven"))
}

impl Backup {
    /// Does what was asked. An interrupt stops it where nothing is lost.
    pub fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let watch = context.watch().interruptible();
        let done = self.with(context, &watch);
        drop(watch);
        done.and_then(|done| done(context))
    }

    /// The work, and then the printing, for which the bar must be gone.
    fn with(&self, context: &Context, watch: &Watch) -> Result<Print, Failure> {
        let paths = &context.config.paths;
        let report = &|p: &Progress| -> Proceed { watch.report(p) };
        Ok(match self {
            Self::Run(target) => print(backup::run(paths, &target.open(context)?, report)?),
            Self::List(target) => print(backup::list(paths, &target.open(context)?, report)?),
            Self::Verify {
                target,
                read_data,
                head,
            } => print(backup::verify(
                paths,
                &target.open(context)?,
                read_data.unwrap_or_default(),
                head.as_ref(),
                report,
            )?),
            Self::Restore {
                from,
                into,
                snapshot,
                head,
                shares,
                accept_damage,
            } => {
                let order = backup::Order {
                    into,
                    host: &HostFolder::of(paths)?,
                    snapshot: snapshot.as_deref(),
                    shares: &texts(shares)?,
                    head: head.as_ref(),
                    damage: if *accept_damage {
                        Damage::Accept
                    } else {
                        Damage::Refuse
                    },
                };
                let from = from.as_deref().or(configured(context));
                let from = from.ok_or_else(|| no_repository("--from"))?;
                print(backup::restore(&target(context, from)?, &order, report)?)
            }
            Self::Drill {
                target,
                head,
                shares,
                charts,
                scratch,
            } => {
                let drill = backup::Drill {
                    login: context.login()?,
                    passphrase: &context.passphrase()?,
                    shares: &texts(shares)?,
                    head: head.as_ref(),
                    scratch: scratch.as_deref(),
                    charts: *charts,
                };
                print(backup::drill(
                    paths,
                    &target.open(context)?,
                    &drill,
                    report,
                )?)
            }
            Self::Forget {
                pruner,
                keep,
                dry_run,
            } => print(backup::forget(
                paths,
                &pruner.open(context)?,
                pruner.file(context).as_deref(),
                &keep.retention(),
                if *dry_run {
                    Keeping::Rehearsed
                } else {
                    Keeping::Real
                },
                report,
            )?),
            Self::Prune { pruner } => print(backup::prune(
                paths,
                &pruner.open(context)?,
                pruner.file(context).as_deref(),
                report,
            )?),
            Self::Incidents { seen: false } => print(incidents::show(paths)?),
            Self::Incidents { seen: true } => print(incidents::seen(paths, None)?),
            Self::Pruner { out } => print(backup::make_pruner(paths, out)?),
        })
    }
}

type Print = Box<dyn FnOnce(&Context) -> Result<Exit, Failure>>;

fn print<R: super::Report + 'static>(result: R) -> Print {
    Box::new(move |context| context.output.result(&result))
}

pub(super) fn texts(shares: &[PathBuf]) -> Result<Vec<SecretBytes>, Failure> {
    shares.iter().map(|file| input::read_secret(file)).collect()
}

/// Reads an address under the rules of the configuration.
pub(super) fn target(context: &Context, address: &str) -> Result<backup::Target, Failure> {
    let config = &context.config;
    Ok(backup::Target::configured(
        address,
        &config.backup,
        config.security.tls,
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_written_as_one_of_so_many() {
        assert_eq!(part("2/7"), Ok(ReadData::Part { nth: 2, of: 7 }));
        for bad in ["", "0/7", "8/7", "2", "a/b", "1/0", "-1/2"] {
            assert!(part(bad).is_err(), "{bad}");
        }
    }
}
