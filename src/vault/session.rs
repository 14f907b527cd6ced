//! A session: a person who unlocked the vault, the keys they hold, and what they have read of the ledger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clinical::Role;
use crate::crypto::aead::SealKey;
use crate::crypto::hash::Hash;
use crate::crypto::sign::Signature;
use crate::ledger::{CertId, Certificate, Ledger, ReadTx, SlotPlace};

use super::clock;
use super::directory::Directory;
use super::error::VaultError;
use super::host::Host;
use super::identity::Identity;
use super::reader::Reader;
use super::ring::Ring;
use super::standing;
use super::walk;
use super::writer::Writer;

/// An unlocked session. Dropping it wipes its keys; so does [`lock`](Session::lock), at once, for every holder.
#[derive(Debug)]
pub struct Session {
    ledger: Ledger,
    host: Arc<Host>,
    cert: CertId,
    certificate: Certificate,
    role: Role,
    state: Mutex<State>,
}

/// What changes while a session lives.
#[derive(Debug)]
pub struct State {
    /// Who is who, as far as this session has read.
    pub directory: Directory,
    /// The keys; `None` once locked.
    pub ring: Option<Ring>,
    /// When this session last swept the slots of grants that had run out, and handed over what standing units lacked.
    pub(super) swept: u64,
    /// Fast copies of slots that were opened the slow way, until the next write stores them.
    pub(super) fast: Vec<(SlotPlace, Vec<u8>)>,
}

impl Session {
    pub(super) fn begin(
        ledger: Ledger,
        host: Arc<Host>,
        identity: Identity,
        certificate: Certificate,
        directory: Directory,
    ) -> Result<Self, VaultError> {
        let role = certificate
            .office
            .role()
            .ok_or_else(|| VaultError::Invalid("a host's identity does not log in".into()))?;
        let session = Self {
            ledger,
            host,
            cert: identity.cert,
            certificate,
            role,
            state: Mutex::new(State {
                directory,
                ring: Some(Ring::new(identity)),
                swept: 0,
                fast: Vec::new(),
            }),
        };
        session.host.raise_high_water(session.ledger.head()?)?;
        session.read(|reader| reader.open_unit_keys())?;
        session.make_unit_keys()?;
        Ok(session)
    }

    /// Whose session it is.
    pub fn cert(&self) -> CertId {
        self.cert
    }

    /// Their certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Their role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// A key of the person's own, for drafts. Unlike [`read`](Session::read) it looks at no file: a session that locks seals with it.
    pub fn personal_key(&self, label: &str) -> Result<SealKey, VaultError> {
        let state = self.state();
        let ring = state.ring.as_ref().ok_or(VaultError::Locked)?;
        Ok(ring.me.personal_key(label))
    }

    /// A tag of the person's own, which tells nobody else anything of `bytes`.
    pub fn personal_tag(&self, label: &str, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
        let state = self.state();
        let ring = state.ring.as_ref().ok_or(VaultError::Locked)?;
        Ok(ring.me.personal_tag(label, bytes))
    }

    /// The ledger, for jobs that need no keys.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The host's state.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Wipes every key. Whatever is tried with this session afterwards is refused.
    pub fn lock(&self) {
        self.state().ring = None;
    }

    /// Whether the keys are gone.
    pub fn is_locked(&self) -> bool {
        self.state().ring.is_none()
    }

    /// Signs, as this person, the digest of something that leaves the vault. **`label` says what it is, and no two kinds of thing
    /// share one**: a signature never passes for one over something else.
    pub fn attest(&self, label: &'static [u8], digest: &Hash) -> Result<Signature, VaultError> {
        let state = self.state();
        let ring = state.ring.as_ref().ok_or(VaultError::Locked)?;
        Ok(ring.me.sign.sign(&[label, &digest.0].concat()))
    }

    /// Reads in one snapshot.
    pub fn read<T, E: From<VaultError>>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.state();
        let outcome = self.ledger.read(|tx| {
            if state.ring.is_none() {
                return Err(Failure::Vault(VaultError::Locked));
            }
            self.catch_up(&mut state, tx).map_err(Failure::Vault)?;
            let mut reader =
                Reader::new(tx, &mut state, self.cert, self.host.vault(), clock::now());
            work(&mut reader).map_err(Failure::Work)
        });
        outcome.map_err(Failure::into_error)
    }

    /// Writes in one transaction: entries, slots, views and index rows land together or not at all.
    pub fn write<T, E: From<VaultError>>(
        &self,
        work: impl FnOnce(&mut Writer<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut state = self.state();
        let mut touched = false;
        let outcome = self.ledger.write(|tx| {
            if state.ring.is_none() {
                return Err(Failure::Vault(VaultError::Locked));
            }
            self.catch_up(&mut state, tx).map_err(Failure::Vault)?;
            let now = clock::now();
            let due = now.saturating_sub(state.swept) >= clock::HOUR;
            let mut writer = Writer::new(tx, &mut state, self, now, &mut touched);
            writer.make_unit_keys().map_err(Failure::Vault)?;
            let mut more = false;
            if due {
                writer.sweep_all_expired().map_err(Failure::Vault)?;
                let made = writer.hand_to_standing_units().map_err(Failure::Vault)?;
                more = made >= standing::AT_ONCE;
            }
            let value = work(&mut writer).map_err(Failure::Work)?;
            for (place, fast) in &state.fast {
                tx.put_fast(place, fast)?;
            }
            if due && !more {
                state.swept = now;
            }
            let (end, anchor, created) = (tx.end(), tx.anchor(), tx.last_created());
            // Clear entries were judged as they were written: what follows them changes nothing in the directory, and this
            // session need not read back what it wrote.
            let read = tx.last_clear() <= state.directory.seq && end.seq > state.directory.seq;
            Ok((value, read.then_some((end, anchor, created))))
        });
        if outcome.is_ok() {
            state.fast.clear();
        }
        if outcome.is_err() && touched {
            self.forget_what_did_not_land(&mut state)?;
        }
        let (value, end) = outcome.map_err(Failure::into_error)?;
        if let Some((end, anchor, created)) = end {
            state.directory.seq = end.seq;
            state.directory.link = end.link;
            state.directory.anchor = anchor;
            state.directory.latest = state.directory.latest.max(created);
        }
        drop(state);
        self.host
            .raise_high_water(self.ledger.head().map_err(VaultError::from)?)?;
        Ok(value)
    }

    /// Reads the ledger anew: the directory has seen clear entries that did not land, and the ring may hold keys of theirs, **under
    /// which nobody else could read what this session wrote.**
    fn forget_what_did_not_land(&self, state: &mut State) -> Result<(), VaultError> {
        state.fast.clear();
        state.directory = Directory::default();
        if let Some(ring) = &mut state.ring {
            ring.units.clear();
            ring.charts.clear();
        }
        self.ledger.read(|tx| self.catch_up(state, tx))
    }

    /// Reads what others wrote meanwhile: units joined or left, and whether this account still counts.
    fn catch_up(&self, state: &mut State, tx: &ReadTx<'_>) -> Result<(), VaultError> {
        let walked = walk::catch_up(&mut state.directory, tx)?;
        // Even with nothing new: the entry that ended this account may be this session's own.
        if state
            .directory
            .person(&self.cert)
            .is_none_or(|person| person.until.is_some())
        {
            state.ring = None;
            return Err(VaultError::NotActive {
                login: self.certificate.login.clone(),
                state: "disabled",
                remedy: "ask an admin for a reset",
            });
        }
        if walked == 0 {
            return Ok(());
        }
        Reader::new(tx, state, self.cert, self.host.vault(), clock::now()).open_unit_keys()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held leaves a directory that the next catch-up completes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the caller's own error type pass through the ledger's transaction.
enum Failure<E> {
    Vault(VaultError),
    Work(E),
}

impl<E> From<crate::ledger::LedgerError> for Failure<E> {
    fn from(error: crate::ledger::LedgerError) -> Self {
        Self::Vault(error.into())
    }
}

impl<E: From<VaultError>> Failure<E> {
    fn into_error(self) -> E {
        match self {
            Self::Vault(error) => error.into(),
            Self::Work(error) => error,
        }
    }
}
