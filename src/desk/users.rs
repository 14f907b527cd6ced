//! Users: invited by a one-time code, activated by themselves, approved by an admin.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, absolute};

use crate::clinical::Role;
use crate::config::Paths;
use crate::crypto::password::Cost;
use crate::crypto::secret::SecretBytes;
use crate::vault::Directory;
use crate::vault::account::{Account, Standing};
use crate::vault::people::check_login;
use crate::vault::permit::{Administrate, ListPeople};

use super::error::DeskError;
use super::session::{self, Session};
use super::units::look;
use super::view::{Stamp, UserState, UserView};

/// Invites somebody: puts a one-time code into a new file that only this account can read. By an admin.
pub fn add(
    session: &Session,
    login: &str,
    name: &str,
    role: Role,
    units: &[String],
    code_out: &Path,
) -> Result<UserView, DeskError> {
    session.vault().authority::<Administrate>()?;
    check_login(login)?;
    let code_file = put_code(login, code_out, || {
        Ok(session.vault().invite(login, name, role, units)?)
    })?;
    Ok(UserView {
        code_file: Some(code_file),
        ..one(session, login)?
    })
}

/// Makes the keys of somebody who was invited, under their own passphrase. By that person, with their code.
pub fn activate(
    paths: &Paths,
    login: &str,
    code: &SecretBytes,
    passphrase: &SecretBytes,
    cost: Cost,
) -> Result<UserView, DeskError> {
    let vault = session::open(paths)?;
    vault.activate(login, code, passphrase, cost)?;
    let credentials = vault
        .ledger()
        .read(|tx| Ok::<_, DeskError>(tx.credentials()?))?;
    let directory = vault.directory()?;
    find(&directory, directory.accounts(&credentials), login)
}

/// What an admin compares with the person before approving. By an admin.
pub fn pending_fingerprint(session: &Session, login: &str) -> Result<UserView, DeskError> {
    session.vault().authority::<Administrate>()?;
    let user = one(session, login)?;
    if user.state == UserState::Activated {
        Ok(user)
    } else {
        Err(DeskError::NotNow(format!(
            "{login} is {}: nothing awaits approval",
            user.state
        )))
    }
}

/// Certifies somebody who activated, and authorises the units of their invitation. By an admin, **after comparing the
/// fingerprint face to face**: where it is given, other keys are refused.
pub fn approve(
    session: &Session,
    login: &str,
    fingerprint: Option<&str>,
) -> Result<UserView, DeskError> {
    session.vault().authority::<Administrate>()?;
    match fingerprint {
        Some(compared) => session.vault().approve_compared(login, compared)?,
        None => session.vault().approve(login)?,
    };
    one(session, login)
}

/// Everyone who has or had an account, by login. By everyone employed.
pub fn list(session: &Session) -> Result<Vec<UserView>, DeskError> {
    session.vault().authority::<ListPeople>()?;
    session.vault().read(|reader| {
        let credentials = reader.tx().credentials()?;
        let directory = reader.directory();
        Ok(directory
            .accounts(&credentials)
            .into_iter()
            .map(|account| view(directory, account))
            .collect())
    })
}

/// Ends an account, or withdraws an invitation. By an admin; the last admin stays.
pub fn disable(session: &Session, login: &str) -> Result<UserView, DeskError> {
    session.vault().authority::<Administrate>()?;
    let user = one(session, login)?;
    if user.state == UserState::Disabled {
        return Err(DeskError::NotNow(format!("{login} is disabled already")));
    }
    let orphaned = held_alone(session, login)?;
    session.vault().disable(login)?;
    // Not read again: whoever disables their own account reads nothing any more.
    Ok(UserView {
        state: UserState::Disabled,
        units: Vec::new(),
        locked_until: None,
        orphaned,
        ..user
    })
}

/// Ends somebody's keys and invites them anew, for a passphrase that was lost. By an admin.
pub fn reset(session: &Session, login: &str, code_out: &Path) -> Result<UserView, DeskError> {
    session.vault().authority::<Administrate>()?;
    let user = one(session, login)?;
    if user.state == UserState::Disabled {
        return Err(DeskError::NotNow(format!(
            "{login} is disabled: `chartseal user add {login}` invites them again"
        )));
    }
    let before = UserView {
        state: UserState::Invited,
        fingerprint: None,
        locked_until: None,
        orphaned: held_alone(session, login)?,
        ..user
    };
    let code_file = put_code(login, code_out, || Ok(session.vault().reset(login)?))?;
    Ok(UserView {
        code_file: Some(code_file),
        ..before
    })
}

/// Opens the file before the code is made, so that no invitation lands whose code cannot be kept.
fn put_code(
    login: &str,
    path: &Path,
    make: impl FnOnce() -> Result<SecretBytes, DeskError>,
) -> Result<String, DeskError> {
    let path = absolute(path).map_err(|source| DeskError::io(path, source))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => DeskError::BadInput(format!(
                "{} exists already: name another file for the code",
                path.display()
            )),
            _ => DeskError::io(&path, source),
        })?;
    let code = make().inspect_err(|_| {
        let _ = fs::remove_file(&path);
    })?;
    write_code(&mut file, &code).map_err(|source| {
        let _ = fs::remove_file(&path);
        DeskError::Outside(format!(
            "{}: {source}; {login} is invited, but the code is lost: `chartseal user reset {login}` makes another",
            path.display()
        ))
    })?;
    Ok(path.display().to_string())
}

fn write_code(file: &mut File, code: &SecretBytes) -> std::io::Result<()> {
    file.write_all(code.expose())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Units whose keys end with this account.
fn held_alone(session: &Session, login: &str) -> Result<Vec<String>, DeskError> {
    look(session, |directory| {
        let alone = directory
            .by_login(login)
            .map(|(person, _)| directory.held_alone_by(person));
        let names = alone.into_iter().flatten();
        names.map(|state| state.unit.name.clone()).collect()
    })
}

fn one(session: &Session, login: &str) -> Result<UserView, DeskError> {
    session.vault().read(|reader| {
        let credentials = reader.tx().credentials()?;
        let directory = reader.directory();
        find(directory, directory.accounts(&credentials), login)
    })
}

fn find(directory: &Directory, accounts: Vec<Account>, login: &str) -> Result<UserView, DeskError> {
    // Of several certificates under one login the one that counts comes first.
    accounts
        .into_iter()
        .filter(|account| account.login == login)
        .min_by_key(|account| account.standing == Standing::Disabled)
        .map(|account| view(directory, account))
        .ok_or_else(|| DeskError::NoSuchEntry {
            what: "user",
            id: login.into(),
        })
}

fn view(directory: &Directory, account: Account) -> UserView {
    let named = |unit| {
        directory
            .units
            .get(unit)
            .map(|state| state.unit.name.clone())
    };
    let units = match (account.standing, account.cert) {
        (Standing::Active, Some(cert)) => directory
            .units_of(&cert)
            .map(|state| state.unit.name.clone())
            .collect(),
        (Standing::Invited | Standing::Activated, _) => directory
            .invitations
            .get(&account.login)
            .map(|invitation| invitation.units.iter().filter_map(named).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    UserView {
        login: account.login,
        role: account.role.as_str().into(),
        state: match account.standing {
            Standing::Invited => UserState::Invited,
            Standing::Activated => UserState::Activated,
            Standing::Active => UserState::Active,
            Standing::Disabled => UserState::Disabled,
        },
        name: account.name,
        units,
        code_file: None,
        fingerprint: account.fingerprint,
        locked_until: (account.locked_until > crate::vault::clock::now())
            .then(|| Stamp::from_millis(account.locked_until as i64)),
        orphaned: Vec::new(),
    }
}
