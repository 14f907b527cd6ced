//! Opening a vault and unlocking it: each step is a type, so that nothing is read before its time.
//!
//! `Vault` is the file and the host's state, keyless. [`Vault::unlock`] turns a passphrase into a [`Session`].

use std::path::Path;
use std::sync::Arc;

use crate::crypto::aead::SealKey;
use crate::crypto::kdf;
use crate::crypto::password::stretch;
use crate::crypto::secret::SecretBytes;
use crate::ledger::canonical;
use crate::ledger::{Certificate, Head, Ledger};

use super::attempt::Attempt;
use super::directory::Directory;
use super::error::VaultError;
use super::host::Host;
use super::identity::Identity;
use super::init::HOST_LOGIN;
use super::people::certificate_of;
use super::session::Session;
use super::walk;

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
    /// **Login and passphrase are refused alike, whichever is wrong**: the same answer after the same work, the same lock-out, the
    /// same record. Five failures lock a login for 30 s, each further one for twice as long, up to an hour; a locked login is
    /// refused unheard.
    pub fn unlock(self, login: &str, passphrase: &SecretBytes) -> Result<Session, VaultError> {
        self.refuse_locked(login)?;
        let turn = self.host.turn()?;
        let attempt = self.count_attempt(login)?;
        let opened = self.hear(login, &attempt, passphrase);
        drop(turn);
        if let Err(VaultError::WrongPassphrase) = opened {
            self.record_failure(&attempt)?;
        }
        let (identity, certificate) = opened?;
        if let Some(credential) = &attempt.credential {
            self.ledger
                .write(|tx| tx.forgive_attempts(login, &credential.sealed))?;
        }
        let substituted = || VaultError::Substituted(format!("the credential of {login}"));
        let directory = self.directory_from(login, &identity.personal_key(CHECKPOINT))?;
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
        Session::begin(self.ledger, self.host, identity, certificate, directory)
    }

    /// What the passphrase opens of the credential.
    fn hear(
        &self,
        login: &str,
        attempt: &Attempt,
        passphrase: &SecretBytes,
    ) -> Result<(Identity, Certificate), VaultError> {
        let Some(credential) = &attempt.credential else {
            // Spend what a real attempt would spend.
            let _ = stretch(
                passphrase.expose(),
                &[0; 16],
                self.host.secret(),
                attempt.cost,
            );
            return Err(VaultError::WrongPassphrase);
        };
        let certificate = certificate_of(credential)
            .filter(|certificate| certificate.login == login)
            .ok_or_else(|| VaultError::Substituted(format!("the credential of {login}")))?;
        let identity = Identity::unwrap(
            credential,
            &certificate,
            passphrase.expose(),
            self.host.secret(),
            &self.host.vault(),
        )?;
        Ok((identity, certificate))
    }

    /// The directory, from the host's own checkpoint on where there is one.
    pub(super) fn directory_of_host(&self) -> Result<Directory, VaultError> {
        let key = kdf::derive(self.host.secret(), CHECKPOINT, &[]);
        self.directory_from(HOST_LOGIN, &SealKey::new(&key))
    }

    /// The directory, from the checkpoint of this name on where there is one that this key opens.
    fn directory_from(&self, name: &str, key: &SealKey) -> Result<Directory, VaultError> {
        let bound = self.host.vault();
        let seen = self.host.high_water()?;
        let (directory, walked) = self.ledger.read(|tx| {
            walk::check_high_water(tx, seen)?;
            let checkpoint = tx
                .checkpoint(name)?
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
                .write(|tx| Ok::<_, VaultError>(tx.put_checkpoint(name, &state)?))?;
        }
        Ok(directory)
    }

    /// Remembers how far this host has seen the ledger.
    pub fn remember_head(&self) -> Result<Head, VaultError> {
        let head = self.ledger.head()?;
        self.host.raise_high_water(head)?;
        Ok(head)
    }
}
