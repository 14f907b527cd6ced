//! Long work: each job of the screen becomes one call of the desk or of [`jobs`](crate::jobs).

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use super::super::backend::{Failure, Report};
use super::super::command::JobKind;
use super::DeskBackend;
use crate::crypto::secret::SecretBytes;
use crate::desk::view::Reporter;
use crate::desk::{DeskError, index, setup};
use crate::jobs::backup::HostFolder;
use crate::jobs::{backup, demo, verify};
use crate::vault::shares;

/// A demonstration made from the screen is always the same one.
const DEMO_SEED: u64 = 1;

impl DeskBackend {
    /// Does it, in the thread that calls.
    pub(super) fn work(&self, kind: JobKind, report: Reporter<'_>) -> Result<Report, Failure> {
        match kind {
            JobKind::Verify => {
                let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
                let found = verify::ledger(&self.around.paths, threads, report)?;
                Ok(Report::Verify(Box::new(found)))
            }
            JobKind::Init {
                admin,
                passphrase,
                shares_out,
            } => {
                let rule = setup::ShareRule {
                    shares: 5,
                    threshold: 3,
                    out: shares_out.map(PathBuf::from),
                };
                let made = setup::init(
                    &self.around.paths,
                    &admin,
                    &passphrase,
                    &rule,
                    self.around.cost,
                )?;
                Ok(Report::Init(Box::new(made)))
            }
            JobKind::Demo { patients } => {
                let plan = demo::Plan {
                    patients,
                    seed: DEMO_SEED,
                    cost: self.around.cost,
                    papers: demo::papers_beside(&self.around.paths.vault),
                };
                Ok(Report::Demo(Box::new(demo::make(
                    &self.around.paths,
                    &plan,
                    report,
                )?)))
            }
            JobKind::Index => {
                let (session, keeper) = self.session()?;
                let _asked = keeper.ask();
                Ok(Report::Indexed(index::merge(&session, report)?))
            }
            JobKind::BackUp
            | JobKind::VerifyBackup { .. }
            | JobKind::Restore { .. }
            | JobKind::Drill { .. }
            | JobKind::Prune => self.repository(kind, report),
        }
    }

    /// Where snapshots go.
    pub(super) fn target(&self) -> Result<backup::Target, Failure> {
        self.open(self.around.backup.target.as_ref())
    }

    /// The same under a credential that may delete.
    fn prune_target(&self) -> Result<backup::Target, Failure> {
        let backup = &self.around.backup;
        self.open(backup.prune_target.as_ref().or(backup.target.as_ref()))
    }

    fn open(&self, address: Option<&String>) -> Result<backup::Target, Failure> {
        let Some(address) = address else {
            return Err(Failure {
                code: "no-target".to_owned(),
                message: "no backup target is configured".to_owned(),
                hint: Some(
                    "set [backup] target in config.toml: a folder, or the address of a cluster"
                        .to_owned(),
                ),
                causes: Vec::new(),
            });
        };
        let (link, tls) = (&self.around.backup, self.around.tls);
        Ok(backup::Target::configured(address, link, tls)?)
    }

    /// What is done with the repository.
    fn repository(&self, kind: JobKind, watch: Reporter<'_>) -> Result<Report, Failure> {
        let paths = &self.around.paths;
        Ok(match kind {
            JobKind::BackUp => Report::BackedUp(backup::run(paths, &self.target()?, watch)?),
            JobKind::VerifyBackup { read, head } => Report::VerifiedBackup(backup::verify(
                paths,
                &self.target()?,
                read,
                head.as_ref(),
                watch,
            )?),
            JobKind::Restore {
                into,
                snapshot,
                head,
                shares,
                damage,
            } => {
                let order = backup::Order {
                    into: &into,
                    host: &HostFolder::of(paths)?,
                    snapshot: snapshot.as_deref(),
                    shares: &texts(shares)?,
                    head: head.as_ref(),
                    damage,
                };
                let restored = backup::restore(&self.target()?, &order, watch)?;
                Report::Restored(Box::new(restored))
            }
            JobKind::Drill {
                login,
                passphrase,
                charts,
                shares,
            } => {
                let drill = backup::Drill {
                    login: &login,
                    passphrase: &passphrase,
                    shares: &texts(shares)?,
                    head: None,
                    scratch: None,
                    charts,
                };
                let drilled = backup::drill(paths, &self.target()?, &drill, watch)?;
                Report::Drilled(Box::new(drilled))
            }
            JobKind::Prune => Report::Pruned(backup::prune(
                paths,
                &self.prune_target()?,
                self.around.backup.pruner.as_deref(),
                watch,
            )?),
            _ => unreachable!("`work` sends only work with the repository here"),
        })
    }
}

/// The texts of shares, each of which was given as its text or as the name of its file.
fn texts(shares: Vec<SecretBytes>) -> Result<Vec<SecretBytes>, DeskError> {
    let text = |share: SecretBytes| {
        if shares::is_share(share.expose()) {
            return Ok(share);
        }
        let file = PathBuf::from(String::from_utf8_lossy(share.expose()).into_owned());
        match std::fs::read(&file) {
            Ok(text) => Ok(SecretBytes::new(text)),
            Err(error) => Err(DeskError::io(&file, error)),
        }
    };
    shares.into_iter().map(text).collect()
}
