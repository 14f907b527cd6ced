//! Where the vault and the host's own state lie.

use std::path::{Path, PathBuf};

use super::{ConfigError, Surroundings};

/// Where the vault and the host's own state lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Folder of the vault.
    pub vault: PathBuf,
    /// Folder of the host's state, where somebody named one.
    pub host: Option<PathBuf>,
    state_home: Option<PathBuf>,
}

impl Paths {
    /// Exactly these two folders.
    pub fn new(vault: &Path, host: &Path) -> Self {
        Self {
            vault: vault.to_owned(),
            host: Some(host.to_owned()),
            state_home: None,
        }
    }

    /// Empty text stands for the default: `$XDG_DATA_HOME/chartseal`, `$XDG_STATE_HOME/chartseal/<vault id>`.
    pub(super) fn resolve(
        vault: &str,
        host: &str,
        around: &Surroundings,
    ) -> Result<Self, ConfigError> {
        let vault = if vault.is_empty() {
            around
                .folder("XDG_DATA_HOME", ".local/share")
                .ok_or(ConfigError::NoHome {
                    what: "the vault",
                    variable: "XDG_DATA_HOME",
                })?
        } else {
            PathBuf::from(vault)
        };
        Ok(Self {
            vault,
            host: (!host.is_empty()).then(|| PathBuf::from(host)),
            state_home: around.folder("XDG_STATE_HOME", ".local/state"),
        })
    }

    /// Folder of the host's state for the vault with this id: the one that was named, or the vault's own under
    /// `$XDG_STATE_HOME/chartseal`.
    pub fn host_of(&self, vault_id: &str) -> Result<PathBuf, ConfigError> {
        match (&self.host, &self.state_home) {
            (Some(host), _) => Ok(host.clone()),
            (None, Some(state)) => Ok(state.join(vault_id)),
            (None, None) => Err(ConfigError::NoHome {
                what: "the host's state",
                variable: "XDG_STATE_HOME",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_the_folders_are_those_of_xdg() {
        let paths = Paths::resolve("", "", &Surroundings::of(&[("HOME", "/home/a")])).unwrap();
        assert_eq!(paths.vault, Path::new("/home/a/.local/share/chartseal"));
        assert_eq!(
            paths.host_of("4f1c").unwrap(),
            Path::new("/home/a/.local/state/chartseal/4f1c")
        );
        let xdg = Surroundings::of(&[
            ("HOME", "/home/a"),
            ("XDG_DATA_HOME", "/data"),
            ("XDG_STATE_HOME", "relative"),
        ]);
        let paths = Paths::resolve("", "", &xdg).unwrap();
        assert_eq!(paths.vault, Path::new("/data/chartseal"));
        assert_eq!(
            paths.host_of("4f1c").unwrap(),
            Path::new("/home/a/.local/state/chartseal/4f1c")
        );
    }

    #[test]
    fn a_named_host_folder_is_taken_as_it_stands() {
        let paths = Paths::resolve("/v", "/h", &Surroundings::of(&[])).unwrap();
        assert_eq!(paths, Paths::new(Path::new("/v"), Path::new("/h")));
        assert_eq!(paths.host_of("4f1c").unwrap(), Path::new("/h"));
    }

    #[test]
    fn without_any_home_the_error_says_what_to_set() {
        let error = Paths::resolve("", "", &Surroundings::of(&[])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no folder for the vault: neither XDG_DATA_HOME nor HOME is set to an absolute path"
        );
        assert!(
            Paths::resolve("/v", "", &Surroundings::of(&[]))
                .unwrap()
                .host_of("4f1c")
                .is_err()
        );
    }
}
