//! The entry: its core, box, signature and link. What a body is and what commits to it stands in [`body`](super::body), how a box
//! is made and opened in [`sealing`](super::sealing).
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
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::sign::{BadSignature, Signature, VerifyKey};

const SIGN: &[u8] = b"chartseal/sign/v1";
const LINK: &[u8] = b"chartseal/link/v1";

/// The algorithms of this version: AES-256-GCM, SHA-256, Ed25519, HPKE over X25519.
pub const ALGORITHM: u8 = 1;

/// The site of a vault that has only one.
pub const FIRST_SITE: u32 = 1;

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
}
