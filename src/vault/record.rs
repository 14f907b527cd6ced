//! What the program itself puts on record, sealed to the auditors: failed logins and refused acts.

use minicbor::{Decode, Encode};

use crate::ledger::canonical::{self, EncodingError};
use crate::ledger::clear::{BackupMark, Clear, UnitKind};
use crate::ledger::{Body, ChartId, EntryId, Place, Prepared, Section, ThreadId, WriteTx};

use super::directory::Directory;
use super::error::VaultError;
use super::host::Host;

/// The version of these bodies.
pub const VERSION: u8 = 1;

/// A failed login.
pub const LOGIN_FAILED: u16 = 50;
/// An act that was refused.
pub const DENIED: u16 = 51;

/// Somebody failed to log in. Coalesced: one thread a login and minute, the last version counts.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct LoginFailed {
    /// The login that was tried.
    #[n(0)]
    pub login: String,
    /// How many times since the last success.
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
/// to sign or to read it; the counter in the credential still counts.
pub fn login_failed(
    tx: &mut WriteTx<'_>,
    directory: &Directory,
    host: &Host,
    login: &str,
    failures: u32,
    now: u64,
) -> Result<(), VaultError> {
    let verify = host.sign().public();
    let author = directory
        .people
        .iter()
        .find(|(_, person)| person.certificate.verify == verify);
    let auditors = directory.special(UnitKind::Auditors);
    let key = auditors.and_then(|unit| {
        unit.current_key(Section::Access)
            .map(|key| (unit.unit.unit, key.key))
    });
    let (Some((author, _)), Some((unit, key))) = (author, key) else {
        return Ok(());
    };
    let body = Body {
        kind: LOGIN_FAILED,
        version: VERSION,
        bytes: canonical::encode(&LoginFailed {
            login: login.into(),
            failures,
        }),
    };
    let place = Place {
        chart: unit.chart(),
        section: Section::Access,
        epoch: key.epoch,
        id: None,
        follows: None::<(ThreadId, EntryId)>,
        to: Vec::new(),
        author: *author,
        created: now,
    };
    let prepared = Prepared::dropped(place, &body, &key.public)?;
    tx.append(&prepared, host.sign())?;
    Ok(())
}

/// Marks in the ledger, under the host's identity, that a snapshot was committed: the ledger and the repository anchor each other.
pub fn backup_made(
    tx: &mut WriteTx<'_>,
    directory: &Directory,
    host: &Host,
    mark: BackupMark,
    now: u64,
) -> Result<(), VaultError> {
    let verify = host.sign().public();
    let author = directory
        .people
        .iter()
        .find(|(_, person)| person.certificate.verify == verify && person.until.is_none())
        .map(|(cert, _)| *cert)
        .ok_or_else(|| {
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
