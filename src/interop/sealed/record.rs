//! What stands in the payload.

use minicbor::{Decode, Encode};

use super::error::SealedError;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemPublic;
use crate::crypto::sign::Signature;
use crate::ledger::{
    Blinder, Body, CertId, ChartId, Entry, EntryId, Form, Head, Opening, Row, Section,
};

/// What a sealed export begins with.
pub(super) const MAGIC: &[u8; 16] = b"chartseal-export";
/// The version of the format.
pub(super) const VERSION: u8 = 1;
pub(super) const KEY_INFO: &[u8] = b"chartseal/export/key/v1";
pub(super) const CHUNKS: &str = "chartseal/export/chunks/v1";
/// What the exporter's signature begins with; the digest of the records follows.
pub const SIGN: &[u8] = b"chartseal/export/sign/v1";

/// Bytes of `what` and `length`.
pub(super) const FRAME: usize = 5;
/// No record is longer: the largest resource that is taken in has 16 MiB, and its body repeats parts of it.
pub(super) const LONGEST: u32 = 128 << 20;

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum What {
    Statement = 1,
    Authority = 2,
    Entry = 3,
    Signature = 4,
}

impl What {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Statement,
            Self::Authority,
            Self::Entry,
            Self::Signature,
        ]
        .into_iter()
        .find(|what| *what as u8 == byte)
    }
}

/// Who gives what to whom, and why.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Statement {
    /// What the source vault knows the export by: the id of the entry that puts it on record, in the chart or for the auditors. Where no
    /// auditor had joined yet, no entry bears it, and the records in the charts name it.
    #[n(0)]
    pub record: EntryId,
    /// The source vault: the link of its genesis.
    #[n(1)]
    pub vault: Hash,
    /// The exporter's certificate.
    #[n(2)]
    pub exporter: CertId,
    /// The recipient's key.
    #[n(3)]
    pub recipient: KemPublic,
    /// What is exported.
    #[n(4)]
    pub subject: Subject,
    /// What for, in the exporter's words.
    #[n(5)]
    pub purpose: String,
    /// When, in milliseconds since 1970 UTC by the exporter's host.
    #[n(6)]
    pub created: u64,
    /// The last entry of the ledger that it was taken from.
    #[n(7)]
    pub head: u64,
    /// The link of that entry.
    #[n(8)]
    pub link: Hash,
    /// The snapshot that it was taken from, where it was not the vault itself.
    #[n(9)]
    pub snapshot: Option<String>,
    /// How many records of authorities follow.
    #[n(10)]
    pub authorities: u64,
    /// How many records of entries follow.
    #[n(11)]
    pub entries: u64,
}

impl Statement {
    /// Where the ledger ended that it was taken from.
    pub fn head(&self) -> Head {
        Head {
            seq: self.head,
            link: self.link,
        }
    }
}

/// What is exported.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Subject {
    /// Sections of one chart.
    #[n(0)]
    Chart {
        /// The chart.
        #[n(0)]
        chart: ChartId,
        /// The sections.
        #[n(1)]
        sections: Vec<Section>,
    },
    /// Everything that one person signed.
    #[n(1)]
    SignedBy {
        /// Their login.
        #[n(0)]
        login: String,
        /// Their certificates: a reset gives another.
        #[n(1)]
        certificates: Vec<CertId>,
    },
}

impl Subject {
    /// Whether an entry is part of it.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        let core = &entry.core;
        match self {
            Self::Chart { chart, sections } => {
                core.chart == *chart && sections.contains(&core.section)
            }
            Self::SignedBy { certificates, .. } => certificates.contains(&core.author),
        }
    }
}

/// An entry as it leaves the vault: header and signature, and what opens its commitment instead of its box.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub(super) struct Disclosed {
    #[n(0)]
    seq: u64,
    /// The chain's link before it.
    #[n(1)]
    pub(super) previous: Hash,
    #[cbor(n(2), with = "minicbor::bytes")]
    core: Vec<u8>,
    #[n(3)]
    anchor: Hash,
    #[n(4)]
    digest: Hash,
    #[n(5)]
    signature: Signature,
    #[n(6)]
    body: Option<DisclosedBody>,
}

/// What opens a commitment.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
struct DisclosedBody {
    #[cbor(n(0), with = "minicbor::bytes")]
    blinder: [u8; 32],
    #[n(1)]
    kind: u16,
    #[n(2)]
    version: u8,
    #[cbor(n(3), with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

impl Disclosed {
    pub(super) fn of(entry: &Entry, previous: Hash, opening: Option<&Opening>) -> Self {
        let row = &entry.row;
        Self {
            seq: row.seq,
            previous,
            core: row.core.clone(),
            anchor: row.anchor,
            digest: row.digest,
            signature: row.signature,
            body: opening.map(|opening| DisclosedBody {
                blinder: opening.blinder.0,
                kind: opening.body.kind,
                version: opening.body.version,
                bytes: opening.body.bytes.clone(),
            }),
        }
    }

    /// The entry, whose box is there only if it is a clear one, and what opens its commitment. **Nothing is verified by having it.**
    pub(super) fn read(self) -> Result<(Entry, Option<Opening>), SealedError> {
        let seq = self.seq;
        let opening = self.body.map(|body| Opening {
            blinder: Blinder(body.blinder),
            body: Body {
                kind: body.kind,
                version: body.version,
                bytes: body.bytes,
            },
        });
        let mut row = Row {
            seq,
            core: self.core,
            anchor: self.anchor,
            digest: self.digest,
            signature: self.signature,
            link: Hash::ZERO,
            body: None,
        };
        row.link = row.expected_link(&self.previous);
        let mut entry = row.decode().map_err(|error| SealedError::Entry {
            seq,
            what: error.to_string(),
        })?;
        if let (Form::Clear, Some(Opening { body, .. })) = (entry.core.form, &opening) {
            let sealed = [&body.kind.to_be_bytes()[..], &[body.version], &body.bytes].concat();
            entry.row.body = Some(sealed);
        }
        Ok((entry, opening))
    }
}
