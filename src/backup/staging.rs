//! The folder that a restore writes to, beside its destination, until all is checked.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::error::BackupError;
use crate::crypto::{hex, random};

/// Refuses a destination that holds anything.
pub fn refuse_unless_empty(into: &Path) -> Result<(), BackupError> {
    match fs::read_dir(into).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(false) | Err(_) => Err(BackupError::NotEmpty {
            path: into.display().to_string(),
        }),
    }
}

/// A folder beside the destination, removed unless it becomes it.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Makes it, readable by nobody else.
    pub fn beside(into: &Path) -> Result<Self, BackupError> {
        let parent = into
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let path = parent.join(format!(
            ".chartseal-restore-{}",
            hex::hex(&random::bytes::<6>())
        ));
        let made = DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|cause| BackupError::Folder {
            path: path.display().to_string(),
            cause,
        })?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Renames over the destination, which the system allows only while that is missing or empty.
    pub fn become_folder(self, into: &Path) -> Result<(), BackupError> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        fs::rename(&self.path, into)
            .and_then(|()| File::open(parent)?.sync_all())
            .map_err(|cause| BackupError::Folder {
                path: into.display().to_string(),
                cause,
            })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After the renaming there is nothing left to remove.
        let _ = fs::remove_dir_all(&self.path);
    }
}
