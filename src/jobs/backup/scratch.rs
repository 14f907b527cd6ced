//! A folder for a vault that is restored only to be looked at.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::HostFolder;
use crate::config::Paths;
use crate::crypto::{hex, random};
use crate::desk::DeskError;

/// A folder that nobody else reads, with a vault and a host's state in it. **Dropping it removes both**: the state holds
/// the host secret.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes it below `parent`, named after the work that it is for.
    pub(crate) fn below(parent: &Path, work: &str) -> Result<Self, DeskError> {
        let name = format!(".chartseal-{work}-{}", hex::hex(&random::bytes::<6>()));
        let folder = parent.join(name);
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(|source| DeskError::io(&folder, source))?;
        Ok(Self { folder })
    }

    /// Where the vault goes.
    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.join("vault")
    }

    /// Where the host's state goes.
    pub(crate) fn host(&self) -> HostFolder {
        HostFolder::Rather(self.folder.join("host"))
    }

    /// Both, to be opened.
    pub(crate) fn paths(&self) -> Paths {
        Paths::new(&self.vault(), &self.folder.join("host"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is found by its name.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
