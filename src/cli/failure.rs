//! A command that failed: one line that says what, where and what to do, then causes.

use std::error::Error;
use std::path::Path;

use serde_json::json;

use super::Exit;
use super::plain::plain;
use crate::config::ConfigError;
use crate::desk::{Class, DeskError};
use crate::interop::fhir::InputError;
use crate::interop::sealed::{RecipientError, SealedError};

/// What is said about a command that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One word for programs: `denied`, `no-such-chart`.
    pub code: &'static str,
    /// What happened, and to what.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// What lies behind it, from the nearest to the farthest.
    pub causes: Vec<String>,
}

impl Failure {
    /// A failure without hint and causes.
    pub fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit,
            code,
            message: message.into(),
            hint: None,
            causes: Vec::new(),
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the file that it is about in front.
    #[must_use]
    pub fn about(mut self, file: &Path) -> Self {
        self.message = format!("{}: {}", file.display(), self.message);
        self
    }

    /// With what lies behind it.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        self.causes.push(error.to_string());
        self.causes.extend(causes_of(error));
        self
    }

    /// As text: one line, then a line for each cause.
    pub fn text(&self) -> String {
        let mut text = format!("chartseal: {}", plain(&self.message));
        if let Some(hint) = &self.hint {
            text.push_str("; ");
            text.push_str(&plain(hint));
        }
        for cause in &self.causes {
            text.push_str("\n  cause: ");
            text.push_str(&plain(cause));
        }
        text
    }

    /// As JSON, on one line.
    pub fn json(&self) -> String {
        json!({ "error": {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "causes": self.causes,
        }})
        .to_string()
    }
}

/// The texts of what lies behind an error, from the nearest to the farthest, without it.
pub(super) fn causes_of(error: &dyn Error) -> Vec<String> {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self {
            exit: Exit::Usage,
            code: error.code(),
            message: error.to_string(),
            hint: Some(error.hint()),
            causes: causes_of(&error),
        }
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Usage => Self::Usage,
            Class::Denied => Self::Denied,
            Class::BadInput => Self::BadInput,
            Class::Outside => Self::Outside,
            Class::Found => Self::Found,
            Class::Defect => Self::Defect,
        }
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self {
            exit: error.class().into(),
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            causes: causes_of(&error),
        }
    }
}

impl From<RecipientError> for Failure {
    fn from(error: RecipientError) -> Self {
        let (exit, code) = match error {
            RecipientError::WrongPassphrase => (Exit::Denied, "denied"),
            _ => (Exit::BadInput, "bad-input"),
        };
        Self::new(exit, code, error.to_string())
    }
}

impl From<SealedError> for Failure {
    fn from(error: SealedError) -> Self {
        let (exit, code, hint) = match &error {
            SealedError::NotOne | SealedError::Version(_) => (
                Exit::BadInput,
                "bad-input",
                "name a file that `chartseal export sealed` wrote",
            ),
            SealedError::NotToThisKey(_) => (
                Exit::Denied,
                "denied",
                "name the key whose fingerprint the sender sealed it to, or have the file sent again",
            ),
            SealedError::Unreadable(_) => (
                Exit::BadInput,
                "unreadable",
                "check the path and that this account may read it",
            ),
            SealedError::Exists(_) => (Exit::BadInput, "exists", "nothing is overwritten"),
            SealedError::Stopped | SealedError::Unwritable { .. } => {
                (Exit::Outside, "outside", "run it again")
            }
            SealedError::OtherVault { .. } | SealedError::Exporter(_) => (
                Exit::Found,
                "tampering",
                "trust nothing in it, keep the file, and ask the sender by another way",
            ),
            SealedError::Stream(_) | SealedError::Record { .. } | SealedError::Entry { .. } => (
                Exit::Found,
                "tampering",
                "nothing was written; have the file sent again, and keep this one",
            ),
        };
        let failure = Self::new(exit, code, error.to_string());
        let causes = causes_of(&error);
        Self {
            causes,
            ..failure.hint(hint)
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let causes = causes_of(&error);
        let failure = Self::new(Exit::BadInput, "bad-input", error.to_string());
        Self {
            causes,
            ..failure.hint("nothing was written; correct the file and run it again")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn failure() -> Failure {
        let cause = std::io::Error::other("Permission denied\u{1b}[2J");
        Failure::new(Exit::Outside, "unreadable", "cannot read bundle.json")
            .hint("check its permissions")
            .because(&cause)
    }

    #[test]
    fn a_failure_is_one_line_and_then_its_causes() {
        let expected = "chartseal: cannot read bundle.json; check its permissions\n  cause: Permission denied\u{fffd}[2J";
        assert_eq!(failure().text(), expected);
    }

    #[test]
    fn a_failure_in_json_has_code_message_hint_and_causes() {
        let value: Value = serde_json::from_str(&failure().json()).unwrap();
        assert_eq!(value["error"]["code"], "unreadable");
        assert_eq!(value["error"]["message"], "cannot read bundle.json");
        assert_eq!(value["error"]["hint"], "check its permissions");
        assert_eq!(value["error"]["causes"].as_array().unwrap().len(), 1);
        assert!(!failure().json().contains('\n'));
    }
}
