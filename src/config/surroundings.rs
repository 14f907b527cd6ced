//! What the process finds around it: the environment and the places of files. Tests make their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment and the places that depend on it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The host administrator's file: `/etc/chartseal/config.toml`.
    pub system_file: PathBuf,
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
}

impl Surroundings {
    /// Those of this process. Variables that are not UTF-8 are taken as absent.
    pub fn of_process() -> Self {
        Self {
            system_file: PathBuf::from("/etc/chartseal/config.toml"),
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        }
    }

    /// These variables, and no file of the administrator's.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self {
            system_file: "/nowhere/config.toml".into(),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The user's own file.
    pub fn user_file(&self) -> Option<PathBuf> {
        Some(
            self.folder("XDG_CONFIG_HOME", ".config")?
                .join("config.toml"),
        )
    }

    /// `chartseal` in an XDG base folder. A relative path in the variable is ignored, as the specification asks
    /// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub(super) fn folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |name: &str| {
            self.variable(name)
                .map(Path::new)
                .filter(|path| path.is_absolute())
        };
        let base = match absolute(variable) {
            Some(base) => base.to_owned(),
            None => absolute("HOME")?.join(below_home),
        };
        Some(base.join("chartseal"))
    }
}
