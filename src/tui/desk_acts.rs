//! Acts: what a form released becomes one call of the desk, and one line that says what was done.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::str::FromStr;

use super::backend::{Failure, Reply};
use super::command::Act;
use super::when;
use crate::config::Paths;
use crate::desk::view::{self, Severity};
use crate::desk::{
    DeskError, Session, access, charts, incidents, queries, rx, session as desk, stock, units,
    users, write,
};
use crate::ledger::Section;
use crate::ledger::clear::UnitKind;

/// An id that the desk gave and the screen gives back.
pub fn id<T: FromStr>(text: &str) -> Result<T, DeskError> {
    text.parse().map_err(|_| DeskError::NoSuchEntry {
        what: "entry",
        id: text.to_owned(),
    })
}

/// Does the act. Acts that cannot be taken back ask for the passphrase first.
pub fn act(session: &Session, paths: &Paths, act: Act) -> Result<Reply, Failure> {
    let done = match act {
        Act::Admit { unit, identity } => {
            let line = charts::admit(session, &unit, &identity)?;
            let attending = match line.attending {
                Some(_) => "",
                None => "; no attending doctor",
            };
            format!("admitted: {}  {}{attending}", line.name, line.mrn)
        }
        Act::Attend { mrn, doctor } => {
            let named = charts::attend(session, &mrn, &doctor)?;
            format!("{} attends {mrn}", named.attending.name)
        }
        Act::Write { mrn, body } => written(&write::entry(session, &mrn, *body)?),
        Act::Amend { entry, body } => written(&write::amend(session, id(&entry)?, *body)?),
        Act::Retract { entry, reason } => {
            write::retract(session, id(&entry)?, &reason)?;
            "withdrawn; it stays readable in the history".to_owned()
        }
        Act::Sign {
            mrn,
            order,
            past,
            passphrase,
        } => {
            desk::confirm(session, &passphrase)?;
            let signed = rx::write(session, &mrn, *order, past.as_deref())?;
            format!("signed; the prescription is {}", signed.state)
        }
        Act::Dispense {
            rx,
            dispense,
            past,
            passphrase,
        } => {
            desk::confirm(session, &passphrase)?;
            let done = rx::dispense(session, id(&rx)?, *dispense, past.as_deref())?;
            let rest = done
                .remaining
                .map(|rest| format!(", {rest} left"))
                .unwrap_or_default();
            format!("handed over {}; it is {}{rest}", done.dispensed, done.state)
        }
        Act::Receive { lot, quantity } => {
            let changed = stock::receive(session, None, &lot, quantity)?;
            format!(
                "on the shelf: lot {}, {} of it",
                changed.lot, changed.quantity
            )
        }
        Act::Adjust {
            lot,
            code,
            pharmacy,
            correction,
            reason,
        } => {
            let (unit, code) = (Some(pharmacy.as_str()), code.as_deref());
            let changed = stock::adjust(session, unit, &lot, code, correction, &reason)?;
            format!("lot {}: {} on hand", changed.lot, changed.quantity)
        }
        Act::Hold { rx, reason } => moved(&rx::hold(session, id(&rx)?, &reason)?),
        Act::RefuseRx { rx, reason } => moved(&rx::refuse(session, id(&rx)?, &reason)?),
        Act::CancelRx { rx, reason } => moved(&rx::cancel(session, id(&rx)?, &reason)?),
        Act::AnswerRx { rx, reason } => moved(&rx::answer(session, id(&rx)?, &reason)?),
        Act::Share {
            mrn,
            to,
            sections,
            until,
        } => {
            access::share(session, &mrn, &to, &named(&sections)?, until)?;
            format!("shared; {to} has to accept it")
        }
        Act::AcceptShare { id } => decided(&access::accept(session, &id)?),
        Act::Request {
            mrn,
            sections,
            purpose,
            until,
        } => {
            let sections = named(&sections)?;
            let asked = access::request(session, &mrn, &sections, &purpose, until)?;
            format!("asked; the request is {}", asked.state)
        }
        Act::Grant { id, until } => decided(&access::grant(session, &id, until)?),
        Act::RefuseAccess { id, reason } => decided(&access::refuse(session, &id, &reason)?),
        Act::Revoke { id, reason } => decided(&access::revoke(session, &id, &reason)?),
        Act::BreakGlass {
            mrn,
            reason,
            passphrase,
        } => {
            let open = access::break_glass(session, &mrn, &reason, &passphrase)?;
            let until = open
                .until
                .map(|until| format!(" until {}", when::full(until)))
                .unwrap_or_default();
            format!("the glass is broken; chart {mrn} is open to you{until}")
        }
        Act::Review {
            id,
            finding,
            justified,
        } => {
            access::review(session, &id, &finding, justified)?;
            "reviewed and closed".to_owned()
        }
        Act::Deliver { shown } => {
            let mut to = units::waiting(session)?;
            to.retain(|newcomer| shown.contains(&newcomer.id()));
            let delivered = units::deliver(session, &to)?;
            let names: Vec<String> = delivered
                .iter()
                .map(|one| format!("{} in {}", one.user, one.unit))
                .collect();
            if names.is_empty() {
                "nobody waits for keys that you hold".to_owned()
            } else {
                format!("keys delivered: {}", names.join(", "))
            }
        }
        Act::SeeIncidents { through } => {
            let seen = incidents::seen(paths, Some(through))?.incidents.len();
            format!("{seen} marked as seen")
        }
        Act::AddUser {
            login,
            name,
            role,
            units,
        } => {
            let file = code_file(paths, &login)?;
            let user = users::add(session, &login, &name, role, &units, &file)?;
            return Ok(Reply::Invited(Box::new(user)));
        }
        Act::Approve { login, fingerprint } => {
            let user = users::approve(session, &login, Some(&fingerprint))?;
            format!("{} is {}", user.login, user.state)
        }
        Act::Disable { login } => {
            let user = users::disable(session, &login)?;
            format!("{} is {}", user.login, user.state)
        }
        Act::Reset { login } => {
            let user = users::reset(session, &login, &code_file(paths, &login)?)?;
            return Ok(Reply::Invited(Box::new(user)));
        }
        Act::AddUnit { name, kind } => {
            let kind = match kind.as_str() {
                "pharmacy" => UnitKind::Pharmacy,
                "clinic" => UnitKind::Clinic,
                _ => UnitKind::Ward,
            };
            format!("there is a unit {}", units::add(session, &name, kind)?.unit)
        }
        Act::Join { unit, login } => {
            let joined = units::join(session, &unit, &login)?;
            format!("{} in {}: {}", joined.user, joined.unit, joined.state)
        }
        Act::KeepQuery { name, query } => {
            queries::save(session, &name, &query)?;
            format!("kept as {name}; ^R lists it")
        }
        Act::ForgetQuery { name } => {
            queries::forget(session, &name)?;
            format!("{name} is forgotten")
        }
    };
    Ok(Reply::Done(done))
}

fn written(written: &view::Written) -> String {
    let worst = written
        .alerts
        .iter()
        .filter(|alert| alert.severity > Severity::Info)
        .max_by_key(|alert| alert.severity);
    match worst {
        Some(alert) => format!("written and signed. ! {}", alert.text),
        None => "written and signed".to_owned(),
    }
}

fn decided(access: &view::AccessState) -> String {
    format!("the access is {}", access.state)
}

fn named(sections: &[String]) -> Result<Vec<Section>, DeskError> {
    sections.iter().map(|word| section(word)).collect()
}

fn section(word: &str) -> Result<Section, DeskError> {
    word.parse()
        .map_err(|_| DeskError::BadInput(format!("`{word}` is no section of a chart")))
}

fn moved(moved: &view::RxMoved) -> String {
    format!("the prescription is {}", moved.state)
}

/// A new file for a one-time code, in a folder of the host that only this account reads: a code never replaces another.
fn code_file(paths: &Paths, login: &str) -> Result<PathBuf, DeskError> {
    let (_, host) = desk::folders(paths)?;
    let folder = host.join("codes");
    if !folder.is_dir() {
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|error| DeskError::io(&folder, error))?;
    }
    let names = std::iter::once(format!("{login}.code"))
        .chain((2..).map(|n: u32| format!("{login}-{n}.code")));
    let mut free = names
        .map(|name| folder.join(name))
        .filter(|file| !file.exists());
    Ok(free.next().expect("the numbers do not end"))
}
