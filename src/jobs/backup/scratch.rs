//! A folder for a vault that is restored only to be looked at.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::Target;
use super::fresh_host::HostFolder;
use super::restore::{Order, restore};
use crate::backup::PrintedHead;
use crate::backup::restore::Damage;
use crate::config::Paths;
use crate::crypto::secret::SecretBytes;
use crate::crypto::{hex, random};
use crate::desk::DeskError;
use crate::desk::view::{Reporter, Restored};

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

    /// Restores into it: `snapshot` by the beginning of its id, or the newest.
    pub(crate) fn restore(
        &self,
        target: &Target,
        (snapshot, damage): (Option<&str>, Damage),
        (shares, head): (&[SecretBytes], Option<&PrintedHead>),
        watch: Reporter<'_>,
    ) -> Result<Restored, DeskError> {
        let order = Order {
            into: &self.vault(),
            host: &HostFolder::Rather(self.host()),
            snapshot,
            shares,
            head,
            damage,
        };
        restore(target, &order, watch)
    }

    /// Where the vault goes.
    fn vault(&self) -> PathBuf {
        self.folder.join("vault")
    }

    /// Where the host's state goes.
    fn host(&self) -> PathBuf {
        self.folder.join("host")
    }

    /// Both, to be opened.
    pub(crate) fn paths(&self) -> Paths {
        Paths::new(&self.vault(), &self.host())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is found by its name.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
