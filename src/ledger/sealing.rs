//! Sealing: from a body to an entry that is ready to be appended, and from an entry back to its body.

use super::body::{Blinder, Body, Opening, commitment};
use super::canonical;
use super::entry::{ALGORITHM, Core, Entry, FIRST_SITE, Form, signed_message};
use super::id::{CertId, ChartId, EntryId, Holder, Section, ThreadId};
use crate::crypto::aead::SealKey;
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hpke::{self, KemPublic, KemSecret};
use crate::crypto::kdf;
use crate::crypto::pad::{pad, unpad};
use crate::crypto::random;
use crate::crypto::secret::{Secret, SecretBytes};
use crate::crypto::sign::{Signature, SigningKey};

const CORE: &[u8] = b"chartseal/entry/v1";
const ENTRY_KEY: &str = "chartseal/entry-key/v1";
const DROP_INFO: &[u8] = b"chartseal/drop/v1";

const NONCE: usize = 12;
/// An HPKE seal of a 32-byte key: the encapsulated key, the key, the tag.
const DROP: usize = 32 + 32 + 16;

/// Where an entry stands: everything in its core that the writer chooses.
#[derive(Clone, Debug)]
pub struct Place {
    /// The chart.
    pub chart: ChartId,
    /// The section.
    pub section: Section,
    /// The epoch of the section's key.
    pub epoch: u32,
    /// The entry's id; `None` draws a random one. What is imported is named by a keyed hash of its source, so that
    /// importing it twice is refused by the ledger itself.
    pub id: Option<EntryId>,
    /// The thread and the version that this one follows; `None` begins a thread under the entry's own id.
    pub follows: Option<(ThreadId, EntryId)>,
    /// From whom something is awaited.
    pub to: Vec<Holder>,
    /// Whose signature it will bear.
    pub author: CertId,
    /// Milliseconds since 1970 UTC.
    pub created: u64,
}

/// An entry that is sealed but neither signed nor linked: sealing needs no lock, signing does.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The header.
    pub core: Core,
    /// Its encoding.
    pub core_bytes: Vec<u8>,
    /// The box.
    pub sealed: Vec<u8>,
    /// SHA-256 of the box.
    pub digest: Hash,
}

/// An entry that is signed at an anchor and not yet stored.
#[derive(Clone, Debug)]
pub struct Signed {
    pub(super) prepared: Prepared,
    pub(super) anchor: Hash,
    pub(super) signature: Signature,
}

impl Signed {
    /// The header.
    pub fn core(&self) -> &Core {
        &self.prepared.core
    }
}

fn core_of(place: Place, form: Form, commitment: Hash) -> Core {
    let id = place.id.unwrap_or_else(EntryId::random);
    let (thread, parent) = place.follows.unwrap_or((id.into(), EntryId::ZERO));
    Core {
        site: FIRST_SITE,
        algorithm: ALGORITHM,
        form,
        id,
        chart: place.chart,
        section: place.section,
        epoch: place.epoch,
        thread,
        parent,
        to: place.to,
        author: place.author,
        created: place.created,
        commitment,
    }
}

fn finish(core: Core, sealed: Vec<u8>, core_bytes: Vec<u8>) -> Prepared {
    let digest = sha256(&[&sealed]);
    Prepared {
        core,
        core_bytes,
        sealed,
        digest,
    }
}

fn entry_key(section_key: &Secret<32>, id: &EntryId) -> SealKey {
    SealKey::new(&kdf::derive(section_key, ENTRY_KEY, id.as_bytes()))
}

/// `pad(blinder || kind || version || body)`, and the blinder's commitment.
fn envelope(body: &Body) -> (Vec<u8>, Hash) {
    let blinder = Blinder(random::bytes());
    let mut plain = Vec::with_capacity(body.bytes.len() + 640);
    plain.extend_from_slice(&blinder.0);
    plain.extend_from_slice(&body.kind.to_be_bytes());
    plain.push(body.version);
    plain.extend_from_slice(&body.bytes);
    pad(&mut plain);
    (plain, commitment(&blinder, body))
}

fn associated(core_bytes: &[u8]) -> Vec<u8> {
    [CORE, core_bytes].concat()
}

impl Prepared {
    /// Prepares a clear entry. **Only ids and keys may be in it: anyone with the file reads it.**
    pub fn clear(place: Place, body: &Body) -> Self {
        let core = core_of(place, Form::Clear, commitment(&Blinder::CLEAR, body));
        let sealed = [&body.kind.to_be_bytes()[..], &[body.version], &body.bytes].concat();
        let core_bytes = canonical::encode(&core);
        finish(core, sealed, core_bytes)
    }

    /// Seals an entry under its section's key.
    pub fn sealed(place: Place, body: &Body, section_key: &Secret<32>) -> Self {
        let (mut plain, commitment) = envelope(body);
        let core = core_of(place, Form::Sealed, commitment);
        let core_bytes = canonical::encode(&core);
        let nonce: [u8; NONCE] = random::bytes();
        entry_key(section_key, &core.id).seal_in_place(
            &nonce,
            &associated(&core_bytes),
            &mut plain,
        );
        finish(core, [&nonce[..], &plain].concat(), core_bytes)
    }

    /// Seals an entry to a section's drop box: the writer needs no key of the section and keeps none.
    pub fn dropped(
        place: Place,
        body: &Body,
        drop_box: &KemPublic,
    ) -> Result<Self, hpke::HpkeError> {
        let (mut plain, commitment) = envelope(body);
        let core = core_of(place, Form::Dropped, commitment);
        let core_bytes = canonical::encode(&core);
        let associated = associated(&core_bytes);
        let key = Secret::<32>::random();
        let mut sealed = hpke::seal(drop_box, DROP_INFO, &associated, key.expose())?;
        let nonce: [u8; NONCE] = random::bytes();
        SealKey::new(&key).seal_in_place(&nonce, &associated, &mut plain);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&plain);
        Ok(finish(core, sealed, core_bytes))
    }

    /// Signs the entry at its anchor.
    pub fn sign(&self, key: &SigningKey, anchor: &Hash) -> Signature {
        key.sign(&signed_message(&self.core_bytes, anchor, &self.digest))
    }

    /// The same, as the entry that it becomes.
    pub fn signed(self, key: &SigningKey, anchor: Hash) -> Signed {
        Signed {
            signature: self.sign(key, &anchor),
            anchor,
            prepared: self,
        }
    }
}

/// Why a body could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenEntryError {
    /// The key does not open it, or it was altered.
    #[error("the body does not open under this key, or was altered")]
    Seal,
    /// It opened, and its commitment does not match.
    #[error("the body does not match its signed commitment")]
    Commitment,
    /// It opened to something that is no body.
    #[error("the body is malformed")]
    Malformed,
    /// The form of the entry and the way it was opened do not fit.
    #[error("the entry is not of this form")]
    Form,
    /// The body was erased.
    #[error("the body was erased")]
    Erased,
}

impl Entry {
    /// Reads the body of a clear entry and checks its commitment.
    pub fn open_clear(&self) -> Result<Body, OpenEntryError> {
        if self.core.form != Form::Clear {
            return Err(OpenEntryError::Form);
        }
        let sealed = self.row.body.as_ref().ok_or(OpenEntryError::Erased)?;
        parse(Blinder::CLEAR, sealed, &self.core).map(|opening| opening.body)
    }

    /// Opens a sealed entry with its section's key and checks its commitment.
    pub fn open_sealed(&self, section_key: &Secret<32>) -> Result<Opening, OpenEntryError> {
        if self.core.form != Form::Sealed {
            return Err(OpenEntryError::Form);
        }
        let sealed = self.row.body.as_ref().ok_or(OpenEntryError::Erased)?;
        self.open_box(&entry_key(section_key, &self.core.id), sealed)
    }

    /// Opens a dropped entry with the drop box's secret and checks its commitment.
    pub fn open_dropped(&self, drop_box: &KemSecret) -> Result<Opening, OpenEntryError> {
        if self.core.form != Form::Dropped {
            return Err(OpenEntryError::Form);
        }
        let sealed = self.row.body.as_ref().ok_or(OpenEntryError::Erased)?;
        let (key, rest) = sealed
            .split_at_checked(DROP)
            .ok_or(OpenEntryError::Malformed)?;
        let key = hpke::open(drop_box, DROP_INFO, &associated(&self.row.core), key)
            .map_err(|_| OpenEntryError::Seal)?;
        let key = Secret::from_slice(key.expose()).ok_or(OpenEntryError::Malformed)?;
        self.open_box(&SealKey::new(&key), rest)
    }

    fn open_box(&self, key: &SealKey, sealed: &[u8]) -> Result<Opening, OpenEntryError> {
        let (nonce, rest) = sealed
            .split_first_chunk::<NONCE>()
            .ok_or(OpenEntryError::Malformed)?;
        let mut plain = rest.to_vec();
        key.open_in_place(nonce, &associated(&self.row.core), &mut plain)
            .map_err(|_| OpenEntryError::Seal)?;
        let plain = SecretBytes::new(plain);
        let plain = unpad(plain.expose()).ok_or(OpenEntryError::Malformed)?;
        let (blinder, rest) = plain.split_first_chunk().ok_or(OpenEntryError::Malformed)?;
        parse(Blinder(*blinder), rest, &self.core)
    }
}

fn parse(blinder: Blinder, plain: &[u8], core: &Core) -> Result<Opening, OpenEntryError> {
    let (kind, rest) = plain
        .split_first_chunk::<2>()
        .ok_or(OpenEntryError::Malformed)?;
    let (version, bytes) = rest.split_first().ok_or(OpenEntryError::Malformed)?;
    let body = Body {
        kind: u16::from_be_bytes(*kind),
        version: *version,
        bytes: bytes.to_vec(),
    };
    let opening = Opening { blinder, body };
    if opening.opens(core) {
        Ok(opening)
    } else {
        Err(OpenEntryError::Commitment)
    }
}
