//! What the reader hands out.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::position::Position;
use super::reference::Reference;
use crate::clinical::{Body, Document, Identifier, Identity, Source};
use crate::interop::fhir::map::types;
use crate::interop::fhir::mark::Mark;

/// One resource of a file, mapped.
#[derive(Debug, Clone)]
pub struct Item {
    /// The file that it stands in.
    pub file: Arc<Path>,
    /// What the file shares with those of the same source: names such as `Patient/1` mean the same in them.
    pub set: Arc<Path>,
    /// The server that its Bundle's entry names, such as `https://x.example/fhir`.
    pub server: Option<Arc<str>>,
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
    /// How it is known whose id that is.
    pub issuer: Issuer,
    /// Whom it speaks of; a [`super::Resolver`] finds the patient.
    pub subject: Option<Reference>,
    /// Whether its source still stands by it.
    pub standing: Standing,
    /// What it became.
    pub mapped: Mapped,
}

/// How it is known which system a resource's id belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// The resource says so: its id is a UUID, or its URL or `meta.source` names the system.
    Stated,
    /// Whoever imports says so.
    Told,
    /// It is not: **another source may give the same id to something else.**
    Unknown,
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

    /// The first identifier of it that is unique, if it has one, whatever its type.
    pub fn identifier(&self) -> Option<Identifier> {
        #[derive(Deserialize)]
        struct Identified {
            identifier: Vec<types::Identifier>,
        }
        let identified: Identified = serde_json::from_slice(self.original()).ok()?;
        let identifiers = identified.identifier.into_iter().filter_map(|identifier| {
            Some(Identifier {
                system: identifier.system?,
                value: identifier.value?,
            })
        });
        identifiers.into_iter().find(Identifier::is_unique)
    }

    /// The resource's own bytes, as they stand in the file.
    pub fn original(&self) -> &[u8] {
        self.source().map_or(&[], |source| &source.original)
    }
}
