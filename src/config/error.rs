//! What can be wrong with a configuration.

use std::path::PathBuf;

use super::Source;

/// What is wrong, where, and what to do. The remedy is in [`ConfigError::hint`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was named or found cannot be read.
    #[error("cannot read the configuration {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not TOML.
    #[error("{place} is not TOML: {problem}")]
    Syntax {
        /// File and line.
        place: Source,
        /// What the parser says.
        problem: String,
    },
    /// A key that is not in the table.
    #[error("{place}: the key `{key}` is not known")]
    UnknownKey {
        /// File and line, or the variable.
        place: Source,
        /// The key.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// A value that does not fit its key.
    #[error("{place}: `{key}` is {found}, and must be {expected}")]
    BadValue {
        /// File and line, or the variable.
        place: Source,
        /// The key.
        key: &'static str,
        /// What was written.
        found: String,
        /// What would fit.
        expected: String,
    },
    /// A security key that loosens what the host's administrator set.
    #[error("{place}: `{key}` = {found} is looser than {limit}, set by {set_by}")]
    Loosened {
        /// Where the looser value stands.
        place: Source,
        /// The key.
        key: &'static str,
        /// The looser value.
        found: String,
        /// The value that holds.
        limit: String,
        /// Where that stands.
        set_by: Box<Source>,
    },
    /// There is no place for files because the environment names none.
    #[error("no folder for {what}: neither {variable} nor HOME is set to an absolute path")]
    NoHome {
        /// `the vault`, `the host's state`.
        what: &'static str,
        /// The XDG variable.
        variable: &'static str,
    },
}

impl ConfigError {
    /// What to do about it, in one line.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => {
                "check that the file exists and that this account may read it".into()
            }
            Self::Syntax { .. } => "correct the line; strings stand in double quotes".into(),
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`? otherwise remove the line"),
            Self::UnknownKey { nearest: None, .. } => {
                "remove the line; `chartseal config check` lists the known keys".into()
            }
            Self::BadValue { expected, .. } => format!("write {expected}"),
            Self::Loosened { limit, .. } => {
                format!("remove the value, or write {limit} or something tighter")
            }
            Self::NoHome { .. } => "name the folder with --vault and --host, or set HOME".into(),
        }
    }

    /// One word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config-unreadable",
            Self::Syntax { .. } => "config-syntax",
            Self::UnknownKey { .. } => "config-unknown-key",
            Self::BadValue { .. } => "config-bad-value",
            Self::Loosened { .. } => "config-loosened",
            Self::NoHome { .. } => "no-home",
        }
    }
}
