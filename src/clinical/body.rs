//! The one encoding of what charts hold: deterministic CBOR with integer keys, in versions.

use minicbor::{Decode, Encode};

use super::{
    Administration, Allergy, Condition, Dispense, Document, Encounter, Identity, Immunisation,
    Instant, Kind, LabResult, MedicationSummary, Note, Prescription, Procedure, Retraction,
    RxEvent, Source, Vitals,
};

/// The version of the body format that this program writes, and the newest that it reads.
pub const BODY_VERSION: u8 = 1;

/// What an entry says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // bodies are decoded, looked at and dropped one by one
pub enum Body {
    /// Who the patient is.
    Identity(Identity),
    /// A visit or a stay.
    Encounter(Encounter),
    /// One set of vital signs.
    Vitals(Vitals),
    /// A problem or diagnosis.
    Condition(Condition),
    /// An allergy or intolerance, or the statement that none is known.
    Allergy(Allergy),
    /// Clinical text.
    Note(Note),
    /// A laboratory or other measured result.
    Result(LabResult),
    /// Something done to or for the patient.
    Procedure(Procedure),
    /// A vaccine given.
    Immunisation(Immunisation),
    /// A file, or a resource that has no typed view.
    Document(Document),
    /// An order for one medicine.
    Prescription(Prescription),
    /// A medicine handed over.
    Dispense(Dispense),
    /// A medicine given.
    Administration(Administration),
    /// The facts that medication checks need.
    MedicationSummary(MedicationSummary),
    /// What happened to a prescription besides dispensing.
    RxEvent(RxEvent),
    /// The withdrawal of an earlier entry.
    Retraction(Retraction),
}

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The number is not one of a chart's kinds.
    #[error(
        "kind {0} is not a kind of chart entry that this program knows; a newer program may have written it"
    )]
    UnknownKind(u16),
    /// The body was written in a format that this program does not know.
    #[error(
        "{kind} in format {version}: this program reads format {BODY_VERSION}; use a newer program"
    )]
    UnknownVersion {
        /// What it is.
        kind: Kind,
        /// The format it was written in.
        version: u8,
    },
    /// The bytes are not a body of this kind.
    #[error("{kind}: the bytes are not one: {detail}")]
    Malformed {
        /// What it should be.
        kind: Kind,
        /// What is wrong and where.
        detail: String,
    },
    /// The bytes can be read, but are not the one encoding of what they say.
    #[error("{kind}: the bytes are not its one encoding; they were not written by this program")]
    NotCanonical {
        /// What it is.
        kind: Kind,
    },
}

macro_rules! each_body {
    ($self:expr, $inner:ident => $do:expr) => {
        match $self {
            Body::Identity($inner) => $do,
            Body::Encounter($inner) => $do,
            Body::Vitals($inner) => $do,
            Body::Condition($inner) => $do,
            Body::Allergy($inner) => $do,
            Body::Note($inner) => $do,
            Body::Result($inner) => $do,
            Body::Procedure($inner) => $do,
            Body::Immunisation($inner) => $do,
            Body::Document($inner) => $do,
            Body::Prescription($inner) => $do,
            Body::Dispense($inner) => $do,
            Body::Administration($inner) => $do,
            Body::MedicationSummary($inner) => $do,
            Body::RxEvent($inner) => $do,
            Body::Retraction($inner) => $do,
        }
    };
}

impl Body {
    /// What kind it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Identity(_) => Kind::Identity,
            Self::Encounter(_) => Kind::Encounter,
            Self::Vitals(_) => Kind::Vitals,
            Self::Condition(_) => Kind::Condition,
            Self::Allergy(_) => Kind::Allergy,
            Self::Note(_) => Kind::Note,
            Self::Result(_) => Kind::Result,
            Self::Procedure(_) => Kind::Procedure,
            Self::Immunisation(_) => Kind::Immunisation,
            Self::Document(_) => Kind::Document,
            Self::Prescription(_) => Kind::Prescription,
            Self::Dispense(_) => Kind::Dispense,
            Self::Administration(_) => Kind::Administration,
            Self::MedicationSummary(_) => Kind::MedicationSummary,
            Self::RxEvent(_) => Kind::RxEvent,
            Self::Retraction(_) => Kind::Retraction,
        }
    }

    /// The section it belongs to; see [`Kind::section_hint`].
    pub const fn section_hint(&self) -> &'static str {
        self.kind().section_hint()
    }

    /// Its bytes in format [`BODY_VERSION`]. Equal bodies have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        each_body!(self, inner => bytes_of(inner))
    }

    /// Reads a body.
    ///
    /// **Bytes that are not the one encoding of what they say are refused**, so that two different byte strings never mean the same.
    pub fn decode(kind: u16, version: u8, bytes: &[u8]) -> Result<Self, BodyError> {
        let kind = Kind::from_number(kind).ok_or(BodyError::UnknownKind(kind))?;
        if version != BODY_VERSION {
            return Err(BodyError::UnknownVersion { kind, version });
        }
        Ok(match kind {
            Kind::Identity => Self::Identity(read(kind, bytes)?),
            Kind::Encounter => Self::Encounter(read(kind, bytes)?),
            Kind::Vitals => Self::Vitals(read(kind, bytes)?),
            Kind::Condition => Self::Condition(read(kind, bytes)?),
            Kind::Allergy => Self::Allergy(read(kind, bytes)?),
            Kind::Note => Self::Note(read(kind, bytes)?),
            Kind::Result => Self::Result(read(kind, bytes)?),
            Kind::Procedure => Self::Procedure(read(kind, bytes)?),
            Kind::Immunisation => Self::Immunisation(read(kind, bytes)?),
            Kind::Document => Self::Document(read(kind, bytes)?),
            Kind::Prescription => Self::Prescription(read(kind, bytes)?),
            Kind::Dispense => Self::Dispense(read(kind, bytes)?),
            Kind::Administration => Self::Administration(read(kind, bytes)?),
            Kind::MedicationSummary => Self::MedicationSummary(read(kind, bytes)?),
            Kind::RxEvent => Self::RxEvent(read(kind, bytes)?),
            Kind::Retraction => Self::Retraction(read(kind, bytes)?),
        })
    }

    /// Where it was imported from.
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::Identity(b) => b.source.as_ref(),
            Self::Encounter(b) => b.source.as_ref(),
            Self::Vitals(b) => b.source.as_ref(),
            Self::Condition(b) => b.source.as_ref(),
            Self::Allergy(b) => b.source.as_ref(),
            Self::Note(b) => b.source.as_ref(),
            Self::Result(b) => b.source.as_ref(),
            Self::Procedure(b) => b.source.as_ref(),
            Self::Immunisation(b) => b.source.as_ref(),
            Self::Document(b) => b.source.as_ref(),
            Self::Prescription(b) => b.source.as_ref(),
            Self::Dispense(b) => b.source.as_ref(),
            Self::Administration(b) => b.source.as_ref(),
            Self::MedicationSummary(b) => b.source.as_ref(),
            Self::RxEvent(b) => b.source.as_ref(),
            Self::Retraction(b) => b.source.as_ref(),
        }
    }

    /// The moment that it speaks of, where it names one.
    pub fn at(&self) -> Option<&Instant> {
        match self {
            Self::Identity(_) | Self::Retraction(_) => None,
            Self::Encounter(b) => b.start.as_ref(),
            Self::Vitals(b) => b.at.as_ref(),
            Self::Condition(b) => b.recorded.as_ref(),
            Self::Allergy(b) => b.recorded.as_ref(),
            Self::Note(b) => b.at.as_ref(),
            Self::Result(b) => b.taken.as_ref().or(b.issued.as_ref()),
            Self::Procedure(b) => b.start.as_ref(),
            Self::Immunisation(b) => b.at.as_ref(),
            Self::Document(b) => b.at.as_ref(),
            Self::Prescription(b) => b.written.as_ref(),
            Self::Dispense(b) => b.at.as_ref(),
            Self::Administration(b) => b.at.as_ref(),
            Self::MedicationSummary(b) => b.at.as_ref(),
            Self::RxEvent(b) => b.at.as_ref(),
        }
    }
}

fn bytes_of<T: Encode<()>>(body: &T) -> Vec<u8> {
    minicbor::to_vec(body).expect("writing to memory cannot fail")
}

fn read<T: Encode<()> + for<'b> Decode<'b, ()>>(kind: Kind, bytes: &[u8]) -> Result<T, BodyError> {
    let body: T = minicbor::decode(bytes).map_err(|e| BodyError::Malformed {
        kind,
        detail: e.to_string(),
    })?;
    if bytes_of(&body) == bytes {
        Ok(body)
    } else {
        Err(BodyError::NotCanonical { kind })
    }
}
