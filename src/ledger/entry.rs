//! The entry: its core, commitment, box, signature and link.
//!
//! ```text
//! core       = deterministic CBOR map, keys 0 to 12, see [`Core`]
//! commitment = SHA-256("chartseal/commit/v1" || blinder(32) || kind(2, big endian) || version(1) || body)
//! box        = see [`Form`]
//! digest     = SHA-256(box)
//! signature  = Ed25519(author, "chartseal/sign/v1" || core || anchor(32) || digest(32))
//! link       = SHA-256("chartseal/link/v1" || previous link(32) || core || anchor(32) || digest(32) || signature(64))
//! ```
//!
//! `anchor` is the chain's link when the transaction began, so each signature attests the whole past up to
//! it. Before the first entry the link is 32 zero bytes. CBOR delimits itself, so no field needs a length.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use super::canonical::{self, EncodingError};
use super::id::{CertId, ChartId, EntryId, Holder, Section, ThreadId};
use crate::crypto::aead::SealKey;
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hpke::{self, KemPublic, KemSecret};
use crate::crypto::kdf;
use crate::crypto::pad::{pad, unpad};
use crate::crypto::random;
use crate::crypto::secret::{Secret, SecretBytes};
use crate::crypto::sign::{BadSignature, Signature, SigningKey, VerifyKey};

const CORE: &[u8] = b"chartseal/entry/v1";
const COMMIT: &[u8] = b"chartseal/commit/v1";
const SIGN: &[u8] = b"chartseal/sign/v1";
const LINK: &[u8] = b"chartseal/link/v1";
const ENTRY_KEY: &str = "chartseal/entry-key/v1";
const DROP_INFO: &[u8] = b"chartseal/drop/v1";

/// The algorithms of this version: AES-256-GCM, SHA-256, Ed25519, HPKE over X25519.
pub const ALGORITHM: u8 = 1;

/// The site of a vault that has only one.
pub const FIRST_SITE: u32 = 1;

const BLINDER: usize = 32;
const NONCE: usize = 12;
/// An HPKE seal of a 32-byte key: the encapsulated key, the key, the tag.
const DROP: usize = 32 + 32 + 16;

/// How the box holds the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Form {
    /// `box = kind(2) || version(1) || body`; the blinder is 32 zero bytes. Ids and keys only.
    Clear = 0,
    /// `box = nonce(12) || AES-256-GCM(entry key, nonce, pad(blinder || kind || version || body), aad = core)`,
    /// entry key = HKDF(section key, entry id).
    Sealed = 1,
    /// `box = HPKE(drop box, entry key)(80) || nonce(12) || AES-256-GCM(…)` with a fresh random entry key:
    /// written by someone who cannot read the section.
    Dropped = 2,
}

impl<C> Encode<C> for Form {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u8(*self as u8)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Form {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        match d.u8()? {
            0 => Ok(Self::Clear),
            1 => Ok(Self::Sealed),
            2 => Ok(Self::Dropped),
            _ => Err(decode::Error::message("not a form")),
        }
    }
}

/// The signed header of an entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Core {
    /// The site that wrote the entry.
    #[n(0)]
    pub site: u32,
    /// Which algorithms ([`ALGORITHM`]).
    #[n(1)]
    pub algorithm: u8,
    /// How the box holds the body.
    #[n(2)]
    pub form: Form,
    /// The entry's own random id.
    #[n(3)]
    pub id: EntryId,
    /// The chart it belongs to; zero for what concerns the vault.
    #[n(4)]
    pub chart: ChartId,
    /// The section whose key seals it.
    #[n(5)]
    pub section: Section,
    /// Which key of that section, counted from 1; 0 for clear entries.
    #[n(6)]
    pub epoch: u32,
    /// The thread it continues or, being the first, begins.
    #[n(7)]
    pub thread: ThreadId,
    /// The version before it in the thread; zero in the first.
    #[n(8)]
    pub parent: EntryId,
    /// From whom something is awaited.
    #[n(9)]
    pub to: Vec<Holder>,
    /// Whose signature it bears.
    #[n(10)]
    pub author: CertId,
    /// When it was written, in milliseconds since 1970 UTC by the host's clock.
    #[n(11)]
    pub created: u64,
    /// Hides and binds the body.
    #[n(12)]
    pub commitment: Hash,
}

/// A body in plain: what kind it is, in which version of that kind's format, and its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// 1 to 99 system, 100 to 999 clinical, from 1000 acts of the desk.
    pub kind: u16,
    /// The version of that kind's encoding.
    pub version: u8,
    /// The encoded body.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Body(kind {}, version {}, {} bytes)",
            self.kind,
            self.version,
            self.bytes.len()
        )
    }
}

/// What hides a body behind its commitment. **Whoever has it can try bodies against the signed header**: it goes where the body goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Blinder(pub [u8; BLINDER]);

impl Blinder {
    /// That of every clear entry.
    pub const CLEAR: Self = Self([0; BLINDER]);
}

impl std::fmt::Debug for Blinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blinder(…)")
    }
}

/// What opens a commitment: with it anyone checks the body against the signed header, and needs no key of the section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// What hid the body.
    pub blinder: Blinder,
    /// The body.
    pub body: Body,
}

impl Opening {
    /// Whether this is what a header commits to.
    pub fn opens(&self, core: &Core) -> bool {
        commitment(&self.blinder, &self.body) == core.commitment
    }
}

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

fn commitment(blinder: &Blinder, body: &Body) -> Hash {
    sha256(&[
        COMMIT,
        &blinder.0,
        &body.kind.to_be_bytes(),
        &[body.version],
        &body.bytes,
    ])
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

/// The bytes that an author signs.
pub fn signed_message(core: &[u8], anchor: &Hash, digest: &Hash) -> Vec<u8> {
    [SIGN, core, &anchor.0, &digest.0].concat()
}

/// The link that an entry adds to the chain.
pub fn link(
    previous: &Hash,
    core: &[u8],
    anchor: &Hash,
    digest: &Hash,
    signature: &Signature,
) -> Hash {
    sha256(&[LINK, &previous.0, core, &anchor.0, &digest.0, &signature.0])
}

/// One entry as the ledger stores it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its number in this ledger, from 1, without gaps.
    pub seq: u64,
    /// The encoded header.
    pub core: Vec<u8>,
    /// The chain's link when its transaction began.
    pub anchor: Hash,
    /// SHA-256 of the box.
    pub digest: Hash,
    /// The author's signature.
    pub signature: Signature,
    /// The chain's link after it.
    pub link: Hash,
    /// The box; `None` once erased.
    pub body: Option<Vec<u8>>,
}

impl Row {
    /// Decodes the header.
    pub fn decode(self) -> Result<Entry, EncodingError> {
        let core = canonical::decode("entry header", &self.core)?;
        Ok(Entry { core, row: self })
    }

    /// Decodes the header, and gives the row back with the reason where that fails.
    #[expect(clippy::result_large_err, reason = "the row is handed back whole")]
    pub fn decode_or_keep(self) -> Result<Entry, (Self, EncodingError)> {
        match canonical::decode("entry header", &self.core) {
            Ok(core) => Ok(Entry { core, row: self }),
            Err(error) => Err((self, error)),
        }
    }

    /// Checks that box and digest belong together; an erased box passes.
    pub fn digest_holds(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(|sealed| sha256(&[sealed]) == self.digest)
    }

    /// The link this entry must have after `previous`.
    pub fn expected_link(&self, previous: &Hash) -> Hash {
        link(
            previous,
            &self.core,
            &self.anchor,
            &self.digest,
            &self.signature,
        )
    }

    /// The bytes its author signed.
    pub fn signed_message(&self) -> Vec<u8> {
        signed_message(&self.core, &self.anchor, &self.digest)
    }
}

/// An entry with its header decoded. Its signature is **not** checked by having it: see [`Entry::verify`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The header.
    pub core: Core,
    /// The stored row.
    pub row: Row,
}

impl Entry {
    /// Its number in this ledger.
    pub fn seq(&self) -> u64 {
        self.row.seq
    }

    /// Verifies the author's signature, strictly.
    pub fn verify(&self, author: &VerifyKey) -> Result<(), BadSignature> {
        author.verify(&self.row.signed_message(), &self.row.signature)
    }

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
