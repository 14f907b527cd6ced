//! The desk behind the screen: each question is one call, each act one more.
//!
//! **The session is held here alone.** A question borrows it for as long as it lasts; locking wipes its keys at once,
//! whoever is still asking.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::backend::{Backend, Failure, Farewell, Reply, Report, VaultState};
use super::command::{JobKind, Query};
use super::desk_acts;
use super::draft::Keep;
use super::job;
use super::keeper::{Keeper, Pace};
use super::shell::workplaces;
use crate::config::{self, Paths, Tls};
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::desk::view::{DemoLogin, Reporter, unwatched};
use crate::desk::{
    DeskError, Session, access, audit, charts, drafts, inbox, index, queries, rx, search, session,
    setup, status, stock, units, users, verifications,
};
use crate::interop::fhir::export::as_json;
use crate::jobs::backup::HostFolder;
use crate::jobs::{backup, demo, verify};
use crate::vault::{Vault, VaultError, shares};

/// A demonstration made from the screen is always the same one.
const DEMO_SEED: u64 = 1;

/// The code of a failure that the form which asked for the passphrase tells itself.
pub(super) const WRONG_PASSPHRASE: &str = "wrong-passphrase";

/// What the desk must know of the configuration.
#[derive(Debug, Clone)]
pub struct Surround {
    /// Where vault and host lie.
    pub paths: Paths,
    /// What a new passphrase costs to guess.
    pub cost: Cost,
    /// After how long without a key the session locks.
    pub idle: Duration,
    /// Where snapshots go, and how.
    pub backup: config::Backup,
    /// Whether a target may be reached without TLS.
    pub tls: Tls,
}

/// The desk of this vault.
pub struct DeskBackend {
    around: Surround,
    seat: Mutex<Option<Seat>>,
    written: Arc<Written>,
}

/// Who sits at the desk, and what is done for them in quiet moments.
struct Seat {
    session: Arc<Session>,
    keeper: Arc<Keeper>,
}

/// The number of the last state of each draft that was written, by the name of its row.
type Written = Mutex<HashMap<String, u64>>;

/// Writes a state of a draft, unless a later one was written already.
fn write(
    written: &Written,
    session: &Session,
    turn: u64,
    row: &drafts::Row,
) -> Result<(), DeskError> {
    let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
    if written.get(&row.name).is_some_and(|last| *last >= turn) {
        return Ok(());
    }
    row.store(session)?;
    written.insert(row.name.clone(), turn);
    Ok(())
}

impl DeskBackend {
    /// A desk at which nobody sits.
    pub fn new(around: Surround) -> Self {
        Self {
            around,
            seat: Mutex::new(None),
            written: Arc::default(),
        }
    }

    fn seat(&self) -> std::sync::MutexGuard<'_, Option<Seat>> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> Result<(Arc<Session>, Arc<Keeper>), Failure> {
        let seat = self.seat();
        let held = seat
            .as_ref()
            .map(|seat| (Arc::clone(&seat.session), Arc::clone(&seat.keeper)));
        held.ok_or_else(|| Failure {
            code: "denied".to_owned(),
            message: "the session is locked".to_owned(),
            hint: None,
            causes: Vec::new(),
        })
    }

    fn vault(&self) -> Result<VaultState, DeskError> {
        let path = self.around.paths.vault.display().to_string();
        let opened = match session::open(&self.around.paths) {
            Ok(opened) => opened,
            Err(error) if error.code() == "no-vault" && !self.around.paths.vault.exists() => {
                return Ok(VaultState::Missing { path });
            }
            Err(error) => return Err(error),
        };
        let name = self.around.paths.vault.file_name();
        let name = name.map_or(path, |name| name.to_string_lossy().into_owned());
        let demo = opened.host().is_demonstration();
        let logins = if demo { logins(&opened)? } else { Vec::new() };
        Ok(VaultState::There { name, demo, logins })
    }

    /// Where snapshots go.
    fn target(&self) -> Result<backup::Target, Failure> {
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
            _ => unreachable!("`run` sends only work with the repository here"),
        })
    }

    fn unlock(
        &self,
        login: &str,
        passphrase: &crate::crypto::secret::SecretBytes,
    ) -> Result<Reply, DeskError> {
        let opened = session::login(&self.around.paths, login, passphrase)?;
        let who = session::who(&opened)?;
        let session = Arc::new(opened);
        let keeper = Keeper::begin(&session, Pace::default());
        let before = self.seat().replace(Seat { session, keeper });
        if let Some(Seat { session, keeper }) = before {
            keeper.end();
            session.lock();
        }
        Ok(Reply::Unlocked {
            who,
            idle: self.around.idle,
        })
    }
}

impl Backend for DeskBackend {
    fn ask(&self, query: Query) -> Result<Reply, Failure> {
        match query {
            Query::Vault => return Ok(Reply::Vault(self.vault()?)),
            Query::Unlock { login, passphrase } => return Ok(self.unlock(&login, &passphrase)?),
            Query::Activate {
                login,
                code,
                passphrase,
            } => {
                let (paths, cost) = (&self.around.paths, self.around.cost);
                let user = users::activate(paths, &login, &code, &passphrase, cost)?;
                return Ok(Reply::Activated(Box::new(user)));
            }
            Query::Status => return Ok(Reply::Status(Box::new(status::read(&self.around.paths)?))),
            _ => {}
        }
        let (session, keeper) = self.session()?;
        let _asked = keeper.ask();
        let reply = match query {
            Query::Charts => Reply::Charts(charts::list(&session, None)?),
            Query::Chart { mrn } => {
                Reply::Chart(Box::new(charts::show(&session, &mrn, None, &as_json)?))
            }
            Query::History { thread } => {
                let mut versions = charts::history(&session, desk_acts::id(&thread)?, &as_json)?;
                versions.reverse();
                Reply::History(versions)
            }
            Query::Rxs => Reply::Rxs(rx::list(&session, None, None)?),
            Query::Rx { rx } => {
                Reply::Rx(Box::new(rx::show(&session, desk_acts::id(&rx)?, &as_json)?))
            }
            Query::Preview { mrn, order } => {
                let preview = Box::new(rx::preview(&session, &mrn, &order)?);
                Reply::Preview {
                    mrn,
                    order,
                    preview,
                }
            }
            Query::Search { query, from, limit } => {
                let (answer, next) = search::page(&session, &query, from.as_ref(), limit)?;
                Reply::Search {
                    answer: Box::new(answer),
                    next,
                }
            }
            Query::Queries => Reply::Queries(queries::list(&session)?),
            Query::Inbox => Reply::Inbox(inbox::list(&session)?),
            Query::WhoLooked { mrn } => {
                Reply::WhoLooked(audit::list(&session, Some(&mrn), None, None)?)
            }
            Query::Trail => Reply::Trail(audit::list(&session, None, None, None)?),
            Query::Access => Reply::Access(access::list(&session, None, None)?),
            Query::Stock => Reply::Stock(stock::list(&session, None)?),
            Query::Users => Reply::Users(users::list(&session)?),
            Query::Units => Reply::Units(units::list(&session)?),
            Query::Drafts => Reply::Drafts(drafts::list(&session)?),
            Query::KeepDraft(keep) => {
                let row = drafts::seal(&session, &keep.draft)?;
                write(&self.written, &session, keep.turn, &row)?;
                Reply::Kept
            }
            Query::DropDraft(keep) => {
                let row = drafts::gone(&session, &keep.draft)?;
                write(&self.written, &session, keep.turn, &row)?;
                Reply::Kept
            }
            Query::Act { act, gone } => {
                // Named while there are keys: the session may lock before the act is done.
                let gone = gone
                    .map(|keep| drafts::gone(&session, &keep.draft).map(|row| (keep.turn, row)));
                let gone = gone.transpose()?;
                let done = desk_acts::act(&session, &self.around.paths, act)?;
                if let Some((turn, row)) = gone {
                    // The act stands; a draft that could not be removed is offered once more.
                    let _ = write(&self.written, &session, turn, &row);
                }
                done
            }
            Query::Verifications => Reply::Verifications(verifications::list(&self.around.paths)?),
            Query::Verification { at } => Reply::Verification {
                at,
                report: Box::new(verifications::show(&self.around.paths, Some(at))?),
            },
            Query::SaveVerification { at, report } => {
                let report = match report {
                    Some(report) => report,
                    None => Box::new(verifications::show(&self.around.paths, Some(at))?),
                };
                let text = job::plain(&Report::Verify(report));
                let path = verifications::save(&self.around.paths, at, &text)?;
                Reply::Done(format!("saved as {}", path.display()))
            }
            Query::Backups if self.around.backup.target.is_none() => Reply::Backups(Ok(Vec::new())),
            Query::Backups => {
                let listed = self.target().and_then(|target| {
                    let listed = backup::list(&self.around.paths, &target, &unwatched)?;
                    Ok(listed)
                });
                Reply::Backups(listed.map_err(|failure| failure.message))
            }
            Query::Vault | Query::Unlock { .. } | Query::Activate { .. } | Query::Status => {
                unreachable!("answered above, without a session")
            }
        };
        Ok(reply)
    }

    fn run(&self, kind: JobKind, report: Reporter<'_>) -> Result<Report, Failure> {
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

    fn lock(&self, keep: Vec<Keep>) -> Farewell {
        let Some(Seat { session, keeper }) = self.seat().take() else {
            return Box::new(|| {});
        };
        keeper.end();
        let written = Arc::clone(&self.written);
        Box::new(move || {
            let sealed: Vec<_> = keep
                .iter()
                .filter_map(|keep| Some((keep.turn, drafts::seal(&session, &keep.draft).ok()?)))
                .collect();
            drop(keep);
            session.lock();
            for (turn, row) in sealed {
                // Nobody is there to be told; what was kept at the last pause in typing stays.
                let _ = write(&written, &session, turn, &row);
            }
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

/// Who can log in to a demonstration, each role's first before the others.
fn logins(vault: &Vault) -> Result<Vec<DemoLogin>, DeskError> {
    let credentials = vault
        .ledger()
        .read(|tx| Ok::<_, DeskError>(tx.credentials()?))?;
    let directory = vault.directory()?;
    let mut seen = Vec::new();
    let mut logins: Vec<(usize, DemoLogin)> = Vec::new();
    for account in directory.accounts(&credentials) {
        let before = seen.iter().filter(|role| **role == account.role).count();
        seen.push(account.role);
        let units: Vec<String> = account.cert.map_or_else(Vec::new, |cert| {
            directory
                .units_of(&cert)
                .map(|state| state.unit.name.clone())
                .collect()
        });
        let unit = workplaces(&units).first().map(|unit| (*unit).to_owned());
        let role = account.role.as_str().to_owned();
        logins.push((
            before,
            DemoLogin {
                login: account.login,
                role,
                unit,
                passphrase_file: String::new(),
            },
        ));
    }
    logins.sort_by_key(|(before, login)| (*before, login.role.clone()));
    Ok(logins.into_iter().map(|(_, login)| login).collect())
}

/// Whether a refusal is about a chart, which may be asked for, and not about who is asking.
fn of_a_chart(error: &DeskError) -> bool {
    matches!(
        error,
        DeskError::NoSuchChart(_)
            | DeskError::Denied(_)
            | DeskError::Vault(VaultError::NoKey { .. })
    )
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        let code = match &error {
            DeskError::Vault(VaultError::WrongPassphrase) => WRONG_PASSPHRASE,
            _ => error.code(),
        };
        // The desk's hints name commands; on the screen there are keys.
        let hint = match code {
            "denied" | "no-such-chart" if of_a_chart(&error) => Some(
                "r asks for access to a chart; in an emergency B opens it, on record".to_owned(),
            ),
            "no-such-entry" => Some("what is shown may be old: read it again".to_owned()),
            "stopped-by-check" => {
                Some("change the order, or give a reason, which you sign".to_owned())
            }
            _ => error.hint(),
        };
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Self {
            code: code.to_owned(),
            message: error.to_string(),
            hint,
            causes,
        }
    }
}
