//! Opening a vault and unlocking it: each step is a type, so that nothing is read before its time.
//!
//! `Vault` is the file and the host's state, keyless. [`Vault::unlock`] turns a passphrase into a [`Session`].

use std::path::Path;
use std::sync::Arc;

use crate::crypto::password::{Cost, stretch};
use crate::crypto::secret::SecretBytes;
use crate::ledger::canonical;
use crate::ledger::{Certificate, Credential, Head, Ledger};

use super::clock;
use super::directory::Directory;
use super::error::VaultError;
use super::host::Host;
use super::identity::Identity;
use super::record;
use super::session::Session;
use super::walk;

/// Free attempts before the first lock-out.
const ATTEMPTS: u32 = 5;
/// The first lock-out; each further failure doubles it.
const FIRST_LOCKOUT_MS: u64 = 30_000;
/// The longest lock-out.
const LONGEST_LOCKOUT_MS: u64 = clock::HOUR;
/// A walk of more entries than this leaves a checkpoint behind.
const CHECKPOINT_AFTER: u64 = 5_000;

const CHECKPOINT: &str = "chartseal/checkpoint/v1";

/// An open vault that nobody has unlocked.
#[derive(Debug)]
pub struct Vault {
    ledger: Ledger,
    host: Arc<Host>,
}

impl Vault {
    /// Opens the file and the host's state, and checks that they belong together.
    pub fn open(folder: &Path, host: &Path) -> Result<Self, VaultError> {
        let ledger = Ledger::open(folder)?;
        let host = Host::open(host)?;
        let genesis = ledger.read(|tx| tx.link_at(1))?;
        if genesis != Some(host.vault()) {
            return Err(VaultError::Host(format!(
                "the state in {} belongs to another vault: name the right folder with --host",
                host.folder().display()
            )));
        }
        Ok(Self {
            ledger,
            host: Arc::new(host),
        })
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The host's state.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// The directory up to the head, from the first entry on, against the host's high-water mark.
    pub fn directory(&self) -> Result<Directory, VaultError> {
        let seen = self.host.high_water()?;
        self.ledger.read(|tx| {
            walk::check_high_water(tx, seen)?;
            let mut directory = Directory::default();
            walk::catch_up(&mut directory, tx)?;
            Ok(directory)
        })
    }

    /// Unlocks the vault for a login.
    ///
    /// **Wrong login and wrong passphrase look the same and take the same time.** Five failures lock the account
    /// for 30 s, each further one for twice as long, up to an hour; a locked account is refused unheard.
    pub fn unlock(self, login: &str, passphrase: &SecretBytes) -> Result<Session, VaultError> {
        let credential = self
            .ledger
            .read(|tx| Ok::<_, VaultError>(tx.credential(login)?))?;
        let Some(credential) = credential else {
            // Spend what a real attempt would spend.
            let _ = stretch(
                passphrase.expose(),
                &[0; 16],
                self.host.secret(),
                Cost::LOGIN,
            );
            return Err(VaultError::WrongPassphrase);
        };
        let now = clock::now();
        if credential.locked_until > now {
            return Err(VaultError::LockedOut {
                seconds: (credential.locked_until - now).div_ceil(1000),
            });
        }
        let substituted = || VaultError::Substituted(format!("the credential of {login}"));
        let certificate: Certificate =
            canonical::decode("certificate", &credential.certificate).map_err(|_| substituted())?;
        if certificate.login != login {
            return Err(substituted());
        }
        let vault = self.host.vault();
        let identity = match Identity::unwrap(
            &credential,
            &certificate,
            passphrase.expose(),
            self.host.secret(),
            &vault,
        ) {
            Ok(identity) => identity,
            Err(VaultError::WrongPassphrase) => return Err(self.failed(credential)?),
            Err(other) => return Err(other),
        };
        let directory = self.directory_for(&identity, login)?;
        match directory.person(&identity.cert) {
            Some(person) if person.certificate != certificate => return Err(substituted()),
            Some(person) if person.until.is_some() => {
                return Err(VaultError::NotActive {
                    login: login.into(),
                    state: "disabled",
                    remedy: "ask an admin for a reset",
                });
            }
            Some(_) => {}
            None => {
                return Err(VaultError::NotActive {
                    login: login.into(),
                    state: "activated",
                    remedy: "an admin compares the fingerprint and approves (`chartseal user approve`)",
                });
            }
        }
        if credential.failed > 0 {
            self.ledger.write(|tx| {
                tx.put_credential(&Credential {
                    failed: 0,
                    locked_until: 0,
                    ..credential.clone()
                })?;
                Ok::<_, VaultError>(())
            })?;
        }
        Session::begin(self.ledger, self.host, identity, certificate, directory)
    }

    /// The directory, from this person's checkpoint on where there is one.
    fn directory_for(&self, identity: &Identity, login: &str) -> Result<Directory, VaultError> {
        let key = identity.personal_key(CHECKPOINT);
        let bound = self.host.vault();
        let seen = self.host.high_water()?;
        let (directory, walked) = self.ledger.read(|tx| {
            walk::check_high_water(tx, seen)?;
            let checkpoint = tx
                .checkpoint(login)?
                .and_then(|sealed| key.open(&bound.0, &sealed).ok())
                .and_then(|state| {
                    canonical::decode::<Directory>("checkpoint", state.expose()).ok()
                });
            let mut directory = checkpoint.unwrap_or_default();
            let walked = if let Ok(walked) = walk::catch_up(&mut directory, tx) {
                walked
            } else {
                // A checkpoint of another past proves nothing by itself: the walk from genesis decides.
                directory = Directory::default();
                walk::catch_up(&mut directory, tx)?
            };
            Ok::<_, VaultError>((directory, walked))
        })?;
        if walked > CHECKPOINT_AFTER {
            let state = key.seal(&bound.0, &canonical::encode(&directory));
            self.ledger
                .write(|tx| Ok::<_, VaultError>(tx.put_checkpoint(login, &state)?))?;
        }
        Ok(directory)
    }

    /// Counts a failure, records it, and says what the caller may know.
    fn failed(&self, credential: Credential) -> Result<VaultError, VaultError> {
        let now = clock::now();
        let failed = credential.failed.saturating_add(1);
        let over = failed.saturating_sub(ATTEMPTS);
        let locked_until = if failed < ATTEMPTS {
            0
        } else {
            now + (FIRST_LOCKOUT_MS << over.min(7)).min(LONGEST_LOCKOUT_MS)
        };
        let login = credential.login.clone();
        let directory = self.directory()?;
        self.ledger.write(|tx| {
            tx.put_credential(&Credential {
                failed,
                locked_until,
                ..credential
            })?;
            record::login_failed(tx, &directory, &self.host, &login, failed, now)
        })?;
        Ok(VaultError::WrongPassphrase)
    }

    /// Remembers how far this host has seen the ledger.
    pub fn remember_head(&self) -> Result<Head, VaultError> {
        let head = self.ledger.head()?;
        self.host.raise_high_water(head)?;
        Ok(head)
    }
}
