//! What a field holds that it may not.

use crate::interop::fhir::read::SkipReason;

/// Where in a resource: the path of a field without the resource's type.
pub(super) type At = &'static str;

/// A field that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub(in crate::interop::fhir) struct Problem {
    /// The field's path without the resource's type.
    pub(in crate::interop::fhir) path: String,
    /// What is wrong with it.
    pub(in crate::interop::fhir) problem: String,
}

impl Problem {
    /// The reason to leave a resource of this type out.
    pub(super) fn of(self, resource_type: &str) -> SkipReason {
        SkipReason::Field {
            path: format!("{resource_type}.{}", self.path),
            problem: self.problem,
        }
    }

    pub(super) fn new(path: impl Into<At>, problem: impl Into<String>) -> Self {
        Self {
            path: path.into().to_owned(),
            problem: problem.into(),
        }
    }
}
