//! What a sweep finds, and what it leaves to other cores.

use crate::crypto::sign::VerifyKey;
use crate::ledger::scan::Stray;
use crate::ledger::{Entry, Office, Row};

/// What sort of thing is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Numbers, links, anchors, or the columns that repeat them.
    Chain,
    /// A signature, an author or a time.
    Signature,
    /// Something that its author had no right to, or a slot without its grant, or the reverse.
    Grant,
    /// A body that is missing or is not the one that was signed.
    Body,
    /// A view, or the file itself.
    View,
}

/// Something that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The entry; `None` for what lies outside the ledger.
    pub seq: Option<u64>,
    /// What sort.
    pub fault: Fault,
    /// What, in one line, without the number.
    pub what: String,
}

impl Found {
    pub(super) fn stray(fault: Fault, stray: Stray) -> Self {
        Self {
            seq: stray.seq,
            fault,
            what: stray.what,
        }
    }
}

/// Whose entry it is, seen from the chart it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The patient whose chart it is.
    OwnChart,
    /// Anyone else.
    Other,
}

/// An entry whose signature and digest are still to be checked.
#[derive(Debug)]
pub struct Pending {
    /// The entry.
    pub entry: Entry,
    /// Its author's key at its place.
    pub key: VerifyKey,
    /// Its author's office.
    pub office: Office,
    /// Whether its author is the patient of its chart.
    pub standing: Standing,
}

impl Pending {
    /// Checks the digest; `None` when it holds.
    pub fn check_digest(&self) -> Option<Found> {
        check_digest(&self.entry.row)
    }

    /// Checks the signature, strictly; `None` when it holds.
    pub fn check_signature(&self) -> Option<Found> {
        self.entry
            .verify(&self.key)
            .err()
            .map(|_| found(self.entry.seq(), Fault::Signature, BAD_SIGNATURE))
    }
}

pub(super) const BAD_SIGNATURE: &str = "its signature does not match its header";
pub(super) fn found(seq: u64, fault: Fault, what: impl Into<String>) -> Found {
    Found {
        seq: Some(seq),
        fault,
        what: what.into(),
    }
}

pub(super) fn check_digest(row: &Row) -> Option<Found> {
    (!row.digest_holds()).then(|| {
        found(
            row.seq,
            Fault::Body,
            "its body is not the one that was signed",
        )
    })
}
