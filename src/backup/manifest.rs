//! A manifest: the signed, sealed statement that makes a set of objects a snapshot.
//!
//! ```text
//! name     = host(16, hex) / timeline(8, hex) / number(10 digits)
//! host     = the first 16 bytes of SHA-256("chartseal/backup/host/v1" || host key)
//! context  = "chartseal/backup/manifest/v1" || repository(16) || host(16) || timeline(8) || number(8, big endian)
//! sealed   = nonce(12) || AES-256-GCM(K_manifest, nonce, body, aad = context)
//! file     = [1, host key(32), sealed, Ed25519(host identity, context || sealed)]
//! hash     = SHA-256(file)
//! body     = {0: start, 1: previous hash | absent, 2: created (Unix ms), 3: head number, 4: head link,
//!             5: [object …], 6: new entries, 7: plain bytes, 8: program version, 9: schema version}
//! object   = [kind, first, count, generation, id, len, hash, part, parts]
//! ```
//!
//! File and body are deterministic CBOR. **A manifest lists every object of its snapshot**, so a restore needs one
//! manifest, and the chain of hashes through `previous` shows what an operator dropped, served again or forked. The
//! body is sealed: the operator learns that a backup ran and how much was sent, and no numbers of entries.

use std::fmt;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::cbor;
use super::keys::{BackupKeys, RepositoryId};
use super::object::{Address, Listed, ObjectId, ObjectKind};
use super::source::Head;
use super::target::Name;
use crate::crypto::aead::SealKey;
use crate::crypto::hash::sha256;
use crate::crypto::sign::{Signature, VerifyKey};
use crate::crypto::{Hash, Secret, hex, random};

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"chartseal/backup/manifest/v1";
const HOST_LABEL: &[u8] = b"chartseal/backup/host/v1";

/// A host, by its signing key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub [u8; 16]);

impl HostId {
    /// The id of a host's key.
    pub fn of(key: &VerifyKey) -> Self {
        let hash = sha256(&[HOST_LABEL, &key.to_bytes()]);
        Self(*hash.0.first_chunk().expect("32 bytes hold 16"))
    }
}

/// One line of snapshots: a host's state from the day it was set up or restored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeline(pub [u8; 8]);

impl Timeline {
    /// A new one.
    pub fn random() -> Self {
        Self(random::bytes())
    }
}

impl fmt::Debug for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::hex(&self.0))
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::hex(&self.0))
    }
}

/// Which manifest: host, timeline and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManifestName {
    /// The host that wrote it.
    pub host: HostId,
    /// The timeline it belongs to.
    pub timeline: Timeline,
    /// One more than that of the manifest it follows, across timelines; the first is 1.
    pub number: u64,
}

impl ManifestName {
    /// Its name on a target.
    pub fn name(&self) -> Name {
        Name::parse(&self.to_string()).expect("hex digits and digits are a name")
    }

    /// The manifest that a name stands for.
    pub fn parse(name: &Name) -> Option<Self> {
        let mut segments = name.as_str().split('/');
        let host = HostId(hex::unhex(segments.next()?)?.try_into().ok()?);
        let timeline = Timeline(hex::unhex(segments.next()?)?.try_into().ok()?);
        let number = segments.next()?.parse().ok()?;
        let parsed = Self {
            host,
            timeline,
            number,
        };
        (parsed.to_string() == name.as_str()).then_some(parsed)
    }
}

impl fmt::Display for ManifestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{:?}/{:010}", self.host, self.timeline, self.number)
    }
}

/// How a manifest came to follow the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Start {
    /// The first of its repository.
    #[n(0)]
    First,
    /// The next on its timeline.
    #[n(1)]
    Next,
    /// The first on a timeline that a restore began.
    #[n(2)]
    AfterRestore,
    /// The first on a timeline of a host that had lost its high-water mark.
    #[n(3)]
    AfterLostState,
}

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Which one it is.
    pub name: ManifestName,
    /// How it follows.
    pub start: Start,
    /// The hash of the manifest before it; none for the first.
    pub previous: Option<Hash>,
    /// When the run began, in milliseconds since 1970.
    pub created: i64,
    /// The ledger's head: the snapshot covers entries 1 to `head.seq`.
    pub head: Head,
    /// Every object of the snapshot: ledger packs in order, then the tables'.
    pub objects: Vec<Listed>,
    /// Entries since the snapshot before.
    pub new_entries: u64,
    /// Plain bytes of all packs.
    pub bytes: u64,
    /// The program's version.
    pub version: String,
    /// The store's schema version.
    pub schema: u32,
}

/// A manifest whose seal and signature hold, and by whom. **Whether the signer may sign is for the reader to judge.**
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest {
    /// What it says.
    pub manifest: Manifest,
    /// SHA-256 of its file: what the next manifest, the ledger and the high-water mark name.
    pub hash: Hash,
    /// The key that signed it.
    pub signer: VerifyKey,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not a manifest's encoding, or of a format that this program does not know.
    #[error("it is not a manifest of format {FORMAT}")]
    Encoding,
    /// Written by a host that its name does not name.
    #[error("it was written by another host than its name says")]
    Host,
    /// The signature does not hold for these bytes under this name.
    #[error("its signature does not hold for this name and repository")]
    Signature,
    /// The seal does not open: another repository's, or forged by somebody without its key.
    #[error("its seal does not open")]
    Seal,
}

#[derive(Encode, Decode)]
struct File {
    #[n(0)]
    format: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    host_key: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    signature: [u8; 64],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Body {
    #[n(0)]
    start: Start,
    #[n(1)]
    previous: Option<ByteArray<32>>,
    #[n(2)]
    created: i64,
    #[n(3)]
    head_seq: u64,
    #[cbor(n(4), with = "minicbor::bytes")]
    head_link: [u8; 32],
    #[n(5)]
    objects: Vec<Object>,
    #[n(6)]
    new_entries: u64,
    #[n(7)]
    bytes: u64,
    #[n(8)]
    version: String,
    #[n(9)]
    schema: u32,
}

#[derive(Encode, Decode)]
struct Object {
    #[n(0)]
    kind: u8,
    #[n(1)]
    first: u64,
    #[n(2)]
    count: u64,
    #[n(3)]
    generation: u32,
    #[cbor(n(4), with = "minicbor::bytes")]
    id: [u8; 32],
    #[n(5)]
    len: u64,
    #[cbor(n(6), with = "minicbor::bytes")]
    hash: [u8; 32],
    #[n(7)]
    part: u32,
    #[n(8)]
    parts: u32,
}

impl Manifest {
    /// Seals and signs it for a target.
    pub fn seal(&self, keys: &BackupKeys) -> Vec<u8> {
        self.seal_with(keys, random::bytes())
    }

    fn seal_with(&self, keys: &BackupKeys, nonce: [u8; 12]) -> Vec<u8> {
        let context = context(keys.repository, &self.name);
        let mut body = self.body();
        SealKey::new(&keys.k_manifest).seal_in_place(&nonce, &context, &mut body);
        let sealed = [&nonce[..], &body].concat();
        let signature = keys.signing.sign(&[&context[..], &sealed].concat()).0;
        cbor::to_vec(&File {
            format: FORMAT,
            host_key: keys.signing.public().to_bytes(),
            sealed,
            signature,
        })
    }

    fn body(&self) -> Vec<u8> {
        let object = |o: &Listed| Object {
            kind: o.kind.byte(),
            first: o.first,
            count: o.count,
            generation: o.address.generation,
            id: o.address.id.0,
            len: o.len,
            hash: o.hash.0,
            part: o.part,
            parts: o.parts,
        };
        cbor::to_vec(&Body {
            start: self.start,
            previous: self.previous.map(|h| h.0.into()),
            created: self.created,
            head_seq: self.head.seq,
            head_link: self.head.link.0,
            objects: self.objects.iter().map(object).collect(),
            new_entries: self.new_entries,
            bytes: self.bytes,
            version: self.version.clone(),
            schema: self.schema,
        })
    }
}

impl SignedManifest {
    /// Opens the file that a target served as `name`: first the signature, then the seal, then the body.
    pub fn open(
        file: &[u8],
        name: ManifestName,
        repository: RepositoryId,
        k_manifest: &Secret<32>,
    ) -> Result<Self, ManifestError> {
        let parsed: File = cbor::from_slice(file).map_err(|_| ManifestError::Encoding)?;
        if parsed.format != FORMAT {
            return Err(ManifestError::Encoding);
        }
        let signer =
            VerifyKey::from_bytes(parsed.host_key).map_err(|_| ManifestError::Signature)?;
        if HostId::of(&signer) != name.host {
            return Err(ManifestError::Host);
        }
        let context = context(repository, &name);
        signer
            .verify(
                &[&context[..], &parsed.sealed].concat(),
                &Signature(parsed.signature),
            )
            .map_err(|_| ManifestError::Signature)?;
        let body = SealKey::new(k_manifest)
            .open(&context, &parsed.sealed)
            .map_err(|_| ManifestError::Seal)?;
        let body: Body = cbor::from_slice(body.expose()).map_err(|_| ManifestError::Encoding)?;
        Ok(Self {
            manifest: Manifest::from_body(name, body),
            hash: sha256(&[file]),
            signer,
        })
    }

    /// The snapshot's id for people: the first 16 hex digits of the hash.
    pub fn id(&self) -> String {
        hex::hex(&self.hash.0[..8])
    }
}

impl Manifest {
    fn from_body(name: ManifestName, body: Body) -> Self {
        let object = |o: Object| Listed {
            kind: ObjectKind::from_byte(o.kind),
            first: o.first,
            part: o.part,
            parts: o.parts,
            count: o.count,
            address: Address {
                id: ObjectId(o.id),
                generation: o.generation,
            },
            len: o.len,
            hash: Hash(o.hash),
        };
        Self {
            name,
            start: body.start,
            previous: body.previous.map(|h| Hash(h.into())),
            created: body.created,
            head: Head {
                seq: body.head_seq,
                link: Hash(body.head_link),
            },
            objects: body.objects.into_iter().map(object).collect(),
            new_entries: body.new_entries,
            bytes: body.bytes,
            version: body.version,
            schema: body.schema,
        }
    }
}

fn context(repository: RepositoryId, name: &ManifestName) -> Vec<u8> {
    [
        LABEL,
        &repository.0,
        &name.host.0,
        &name.timeline.0,
        &name.number.to_be_bytes(),
    ]
    .concat()
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
