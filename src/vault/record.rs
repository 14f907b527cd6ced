//! What the program itself puts on record, sealed to the auditors: failed logins and refused acts.

use minicbor::{Decode, Encode};

use crate::crypto::kdf;
use crate::crypto::mac::MacKey;
use crate::ledger::canonical::{self, EncodingError};
use crate::ledger::clear::{BackupMark, Clear, UnitKind};
use crate::ledger::{Body, CertId, ChartId, EntryId, Place, Prepared, Section, WriteTx};

use super::directory::{Directory, Person};
use super::error::VaultError;
use super::host::Host;

/// The version of these bodies.
pub const VERSION: u8 = 1;

/// A failed login.
pub const LOGIN_FAILED: u16 = 50;
/// An act that was refused.
pub const DENIED: u16 = 51;

/// So many failures of logins that do not exist go on record in a minute.
pub const UNKNOWN_A_MINUTE: usize = 5;

const THREAD: &str = "chartseal/failed-login-thread/v1";

/// Somebody failed to log in. One thread a login and minute: its last version says how it stood.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct LoginFailed {
    /// The login that was tried; empty for all that do not exist, since people type passphrases into the wrong field.
    #[n(0)]
    pub login: String,
    /// How many times since the last success; of logins that do not exist, how many in this minute, and no more than are
    /// put on record of them.
    #[n(1)]
    pub failures: u32,
}

/// Somebody tried what their role or keys do not permit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Denied {
    /// The act.
    #[n(0)]
    pub act: String,
    /// The chart, if it was about one.
    #[n(1)]
    pub chart: Option<ChartId>,
    /// Why.
    #[n(2)]
    pub why: String,
}

impl LoginFailed {
    /// Reads a body.
    pub fn decode(body: &Body) -> Result<Self, EncodingError> {
        canonical::decode("failed login", &body.bytes)
    }
}

impl Denied {
    /// Reads a body.
    pub fn decode(body: &Body) -> Result<Self, EncodingError> {
        canonical::decode("refusal", &body.bytes)
    }

    /// The body of an entry.
    pub fn encode(&self) -> Body {
        Body {
            kind: DENIED,
            version: VERSION,
            bytes: canonical::encode(self),
        }
    }
}

/// Records a failed login under the host's identity. Without a certified host or auditors' key there is nobody
/// to sign or to read it; the counter still counts.
///
/// What an account locks itself against needs no bound. Of logins that do not exist, which are without number, a minute
/// takes [`UNKNOWN_A_MINUTE`].
pub fn login_failed(
    tx: &mut WriteTx<'_>,
    directory: &Directory,
    host: &Host,
    login: Option<&str>,
    failures: u32,
    now: u64,
) -> Result<(), VaultError> {
    let auditors = directory.special(UnitKind::Auditors);
    let key = auditors.and_then(|unit| {
        unit.current_key(Section::Access)
            .map(|key| (unit.unit.unit, key.key))
    });
    let (Some(author), Some((unit, key))) = (certificate(directory, host), key) else {
        return Ok(());
    };
    let first = first_of_minute(host, login.unwrap_or_default(), now);
    let before = tx.thread_headers(&first.into())?;
    let failures = match login {
        Some(_) => failures,
        None if before.len() >= UNKNOWN_A_MINUTE => return Ok(()),
        None => before.len() as u32 + 1,
    };
    let last = before.last().map(|(_, core)| core.id);
    let body = Body {
        kind: LOGIN_FAILED,
        version: VERSION,
        bytes: canonical::encode(&LoginFailed {
            login: login.unwrap_or_default().into(),
            failures,
        }),
    };
    let place = Place {
        chart: unit.chart(),
        section: Section::Access,
        epoch: key.epoch,
        id: last.is_none().then_some(first),
        follows: last.map(|last| (first.into(), last)),
        to: Vec::new(),
        author,
        created: now,
    };
    let prepared = Prepared::dropped(place, &body, &key.public)?;
    tx.append(&prepared, host.sign())?;
    Ok(())
}

/// The id of the first failure of a login in a minute: the host finds the thread again, and nobody else learns whose it is.
fn first_of_minute(host: &Host, login: &str, now: u64) -> EntryId {
    let key = kdf::derive(host.secret(), THREAD, &[]);
    let minute = now / 60_000;
    let tag = MacKey::new(&key).tag(&[&minute.to_be_bytes(), login.as_bytes()]);
    let (id, _) = tag.split_at(16);
    EntryId::from_slice(id).expect("an id is sixteen bytes")
}

/// The certificate of this host, while it counts. **Nothing is signed under one that ended.**
fn certificate(directory: &Directory, host: &Host) -> Option<CertId> {
    let verify = host.sign().public();
    let holds = |person: &Person| person.certificate.verify == verify && person.until.is_none();
    let mut people = directory.people.iter();
    people
        .find(|(_, person)| holds(person))
        .map(|(cert, _)| *cert)
}

/// Marks in the ledger, under the host's identity, that a snapshot was committed: the ledger and the repository anchor each other.
pub fn backup_made(
    tx: &mut WriteTx<'_>,
    directory: &Directory,
    host: &Host,
    mark: BackupMark,
    now: u64,
) -> Result<(), VaultError> {
    let author = certificate(directory, host).ok_or_else(|| {
        VaultError::Host(
            "this host is not certified in the vault: an admin logs in here once".into(),
        )
    })?;
    let place = Place {
        chart: ChartId::ZERO,
        section: Section::System,
        epoch: 0,
        id: None,
        follows: None,
        to: Vec::new(),
        author,
        created: now,
    };
    tx.append(
        &Prepared::clear(place, &Clear::BackupMark(mark).encode()),
        host.sign(),
    )?;
    Ok(())
}
