//! The desk behind the screen: each question is one call, each act one more.
//!
//! **The session is held here alone.** A question borrows it for as long as it lasts; locking wipes its keys at once,
//! whoever is still asking.

mod failure;
mod jobs;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::backend::{Backend, Failure, Farewell, Reply, Report, VaultState};
use super::command::{JobKind, Query};
use super::desk_acts;
use super::draft::Keep;
use super::keeper::{Keeper, Pace};
use super::report;
use super::shell::workplaces;
use crate::config::{self, Paths, Tls};
use crate::crypto::password::Cost;
use crate::desk::view::{DemoLogin, Reporter, unwatched};
use crate::desk::{
    DeskError, Session, access, audit, charts, drafts, inbox, queries, rx, search, session, status,
    stock, units, users, verifications,
};
use crate::interop::fhir::export::as_json;
use crate::jobs::backup;
use crate::vault::Vault;

pub(super) use failure::WRONG_PASSPHRASE;

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
            Query::Namesakes { unit, identity } => {
                let known = charts::namesakes(&session, &identity)?;
                Reply::Namesakes {
                    unit,
                    identity,
                    known,
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
                let text = report::plain(&Report::Verify(report));
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
        self.work(kind, report)
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
