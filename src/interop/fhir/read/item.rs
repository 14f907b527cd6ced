//! What the reader hands out.

use std::path::Path;
use std::sync::Arc;

use super::position::Position;
use super::reference::Reference;
use crate::clinical::{Body, Document, Identity, Source};
use crate::interop::fhir::mark::Mark;

/// One resource of a file, mapped.
#[derive(Debug, Clone)]
pub struct Item {
    /// The file that it stands in.
    pub file: Arc<Path>,
    /// Where in the file.
    pub position: Position,
    /// The URL of its Bundle's entry.
    pub full_url: Option<String>,
    /// That it is an entry of ours which was exported, if its Bundle says so; whoever holds the key checks that.
    pub mark: Option<Mark>,
    /// Its type, such as `Observation`.
    pub resource_type: String,
    /// Its id within [`Source::system`] and type.
    pub id: String,
    /// Whom it speaks of; a [`super::Resolver`] finds the patient.
    pub subject: Option<Reference>,
    /// Whether its source still stands by it.
    pub standing: Standing,
    /// What it became.
    pub mapped: Mapped,
}

/// Whether a resource's source still stands by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Stands,
    /// Entered in error: an import that knows the resource retracts it, and one that does not writes and retracts it.
    EnteredInError,
}

/// What a resource became. Every body holds the resource's original bytes as its source.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // items are handed out one by one
pub enum Mapped {
    /// A patient.
    Patient(Identity),
    /// An entry of the subject's chart.
    Entry(Body),
    /// A practitioner or an organisation, for the chart of the staff unit.
    Register(Document),
    /// A type that has no typed view, kept whole and counted: for the subject's chart, else for that of the staff unit. Not indexed.
    Unsupported(Document),
}

impl Item {
    /// Where the resource came from, with its original bytes.
    pub fn source(&self) -> Option<&Source> {
        match &self.mapped {
            Mapped::Patient(identity) => identity.source.as_ref(),
            Mapped::Entry(body) => body.source(),
            Mapped::Register(document) | Mapped::Unsupported(document) => document.source.as_ref(),
        }
    }

    /// The resource's own bytes, as they stand in the file.
    pub fn original(&self) -> &[u8] {
        self.source().map_or(&[], |source| &source.original)
    }
}
