//! What could not be read, where, and why.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::position::Position;
use super::scan::ScanError;

/// A resource that was left out; the rest went on.
#[derive(Debug, thiserror::Error)]
#[error("{}, {position}: {resource}: {reason}", file.display())]
pub struct Skipped {
    /// The file.
    pub file: Arc<Path>,
    /// Where the resource starts.
    pub position: Position,
    /// `Type/id` as far as they could be read, else `resource`; `file` where no resource could be told apart.
    pub resource: String,
    /// Why, and what to do.
    pub reason: SkipReason,
}

/// Why a resource was left out.
#[derive(Debug, thiserror::Error)]
pub enum SkipReason {
    /// More bytes than a resource may have.
    #[error("longer than {limit} bytes; split it, or move its attachment out of it")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// A string with more bytes than a string may have.
    #[error("a string in it is longer than {limit} bytes; move the attachment out of it")]
    StringTooLong {
        /// The limit.
        limit: usize,
    },
    /// Deeper nesting than FHIR has any use for.
    #[error("objects nest deeper than {limit}; FHIR resources do not")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// The bytes are no UTF-8.
    #[error("invalid UTF-8 at byte {byte}; save the file as UTF-8")]
    NotUtf8 {
        /// Bytes of the file before the offending one.
        byte: u64,
    },
    /// The bytes are no JSON.
    #[error("not valid JSON on line {line}: {message}")]
    NotJson {
        /// The line of the file.
        line: u64,
        /// What the parser says.
        message: String,
    },
    /// JSON, but no resource.
    #[error("not a FHIR resource: {0}")]
    NotAResource(&'static str),
    /// A field holds what FHIR R4 does not allow there.
    #[error("{path}: {problem}; correct the field at its source")]
    Field {
        /// The path of the field, such as `Observation.valueQuantity.value`.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The same type and id earlier in the file, with different content.
    #[error("its id stands earlier in this file with different content; that one was taken")]
    IdTwice,
    /// The text ends too early.
    #[error("the file ends in the middle of it; fetch the file again")]
    Truncated,
    /// The text around the resources is broken, and what follows cannot be told apart.
    #[error("{0}; what follows in this file was not read")]
    Broken(String),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

impl From<ScanError> for SkipReason {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Truncated(_) => Self::Truncated,
            ScanError::Unexpected { .. } => Self::Broken(error.to_string()),
            ScanError::Io(error) => Self::Io(error),
        }
    }
}

/// Why an import cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A path cannot be read.
    #[error("{}: {source}; check the path and its permissions", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is neither `.json` nor `.ndjson`.
    #[error("{}: neither .json nor .ndjson; give a Bundle, a resource, bulk NDJSON or a folder of them", .0.display())]
    OtherKind(PathBuf),
    /// No file at all.
    #[error("no .json or .ndjson file under {}", .0.display())]
    Empty(PathBuf),
}
