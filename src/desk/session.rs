//! A person at the desk: the vault's session, and what the desk remembers while they work.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::clinical::Role;
use crate::config::Paths;
use crate::crypto::secret::SecretBytes;
use crate::ledger::clear::Disable;
use crate::ledger::{CertId, ChartId, Clear};
use crate::vault::{self, Vault, VaultError};

use super::error::DeskError;
use super::reach::Glass;
use super::view;

/// An unlocked session. Dropping it wipes its keys.
pub struct Session {
    vault: vault::Session,
    folders: (PathBuf, PathBuf),
    /// Which charts were put on record as looked at, and in which hour.
    pub(super) looked: Mutex<HashSet<(ChartId, u64)>>,
    /// Charts whose glass was broken.
    pub(super) glass: Mutex<HashMap<ChartId, Glass>>,
    /// Lines of the chart list, with the end of the identity section they were read at.
    pub(super) book: Mutex<HashMap<ChartId, (u64, view::ChartLine)>>,
    /// What the search index keeps between searches on this session's connection.
    pub(super) index: Mutex<crate::index::Cache>,
    /// What the session can search.
    pub(super) territory: Mutex<super::territory::Territory>,
}

/// Opens the vault that the configuration names, keyless.
pub fn open(paths: &Paths) -> Result<Vault, DeskError> {
    let (vault, host) = folders(paths)?;
    Ok(Vault::open(&vault, &host)?)
}

/// The vault's and the host's folders. Where no host folder is named, the vault's id names it.
pub fn folders(paths: &Paths) -> Result<(PathBuf, PathBuf), DeskError> {
    let ledger = crate::ledger::Ledger::open(&paths.vault)?;
    let genesis = ledger.read(|tx| tx.link_at(1))?;
    let id = genesis.ok_or_else(|| {
        DeskError::Vault(VaultError::Host(
            "the vault is empty: it was never initialised".into(),
        ))
    })?;
    let host = paths
        .host_of(&id.to_string())
        .map_err(|error| DeskError::BadInput(error.to_string()))?;
    Ok((paths.vault.clone(), host))
}

/// Unlocks the vault.
pub fn login(paths: &Paths, login: &str, passphrase: &SecretBytes) -> Result<Session, DeskError> {
    let folders = folders(paths)?;
    let vault = Vault::open(&folders.0, &folders.1)?.unlock(login, passphrase)?;
    if vault.role() == Role::Admin {
        certify_host(&vault)?;
    }
    let session = Session {
        vault,
        folders,
        looked: Mutex::default(),
        glass: Mutex::default(),
        book: Mutex::default(),
        index: Mutex::default(),
        territory: Mutex::default(),
    };
    super::access::glass::remember(&session)?;
    Ok(session)
}

/// After a restore the host is a stranger to the vault: the first admin who logs in there certifies it, so that it may sign
/// backups, and ends the certificate of the host that is gone.
fn certify_host(vault: &vault::Session) -> Result<(), VaultError> {
    let key = vault.host().sign().public();
    let known = |directory: &vault::Directory| {
        directory
            .people
            .values()
            .any(|person| person.certificate.verify == key)
    };
    if vault.read(|reader| Ok::<_, VaultError>(known(reader.directory())))? {
        return Ok(());
    }
    let certificate = vault::init::host_certificate(vault.host());
    vault.write(|writer| {
        // Another admin may have been faster.
        if known(writer.directory()) {
            return Ok(());
        }
        let gone: Vec<CertId> = writer
            .directory()
            .people
            .iter()
            .filter(|(_, person)| person.role().is_none() && person.until.is_none())
            .map(|(cert, _)| *cert)
            .collect();
        for cert in gone {
            writer.clear(&Clear::Disable(Disable { person: cert }))?;
        }
        writer.clear(&Clear::Certificate(certificate.clone()))?;
        Ok(())
    })
}

/// Asks for the passphrase again, before something is signed that cannot be taken back.
pub fn confirm(session: &Session, passphrase: &SecretBytes) -> Result<(), DeskError> {
    let (vault, host) = &session.folders;
    // A full unlock: a wrong passphrase counts towards the lock-out like any other.
    Vault::open(vault, host)?.unlock(&session.vault.certificate().login, passphrase)?;
    Ok(())
}

/// Who is at the terminal.
pub fn who(session: &Session) -> Result<view::Who, DeskError> {
    let me = session.vault.cert();
    let units = session.vault.read(|reader| {
        let mut units: Vec<_> = reader.directory().units_of(&me).collect();
        // Where somebody works comes before what everyone is in.
        units.sort_by_key(|state| !state.unit.kind.is_ordinary());
        Ok::<_, DeskError>(units.iter().map(|state| state.unit.name.clone()).collect())
    })?;
    let certificate = session.vault.certificate();
    Ok(view::Who {
        login: certificate.login.clone(),
        name: certificate.name.clone(),
        role: session.role().as_str().into(),
        units,
        fingerprint: certificate.fingerprint(),
    })
}

impl Session {
    /// The vault's session: keys and permits.
    pub fn vault(&self) -> &vault::Session {
        &self.vault
    }

    /// The person's role.
    pub fn role(&self) -> Role {
        self.vault.role()
    }

    /// Wipes the keys and whatever was decrypted, at once.
    pub fn lock(&self) {
        self.vault.lock();
        self.glass
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.book
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = crate::index::Cache::default();
        *self
            .territory
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = super::territory::Territory::default();
    }
}
