//! What a host remembers of a repository outside the vault: the lock of a run, the files' places, and how they are
//! written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::keys::RepositoryId;
use crate::crypto::hex;

/// What can go wrong with the host's own files.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another run holds the lock.
    #[error("another backup of this vault is running; let it end, or stop it")]
    Busy,
    /// A file cannot be read or written.
    #[error("{path}: {cause}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// What was set aside for this run does not read back as it was written.
    #[error("{path}, which this run had just written, came back changed: check the disk, and run again", path = path.display())]
    Spool {
        /// The name it had.
        path: PathBuf,
    },
    /// The high-water mark does not read as one.
    #[error("{path} is not a high-water mark: {what}; compare it with a printed head before removing it", path = path.display())]
    HighWater {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// The folder in which a host keeps its state of one repository, locked for one run.
#[derive(Debug)]
pub struct HostState {
    stem: PathBuf,
    lock: File,
}

impl HostState {
    /// Locks the state of `repository` in `folder`, which is made if it is missing.
    pub fn lock(folder: &Path, repository: RepositoryId) -> Result<Self, StateError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(at(folder))?;
        let stem = stem(folder, repository);
        let path = stem.with_extension("lock");
        let lock = open(
            OpenOptions::new().write(true).create(true).truncate(false),
            &path,
        )?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { stem, lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StateError::Busy),
            Err(fs::TryLockError::Error(cause)) => Err(StateError::File { path, cause }),
        }
    }

    /// The file of the upload journal.
    pub(super) fn journal(&self) -> PathBuf {
        self.stem.with_extension("journal")
    }

    /// The file of the spool, for the moment in which it has a name.
    pub(super) fn spool(&self) -> PathBuf {
        self.stem.with_extension("spool")
    }

    /// The file of the timeline that the host begins.
    pub(super) fn beginning(&self) -> PathBuf {
        self.stem.with_extension("begins")
    }

    /// The file of the high-water mark.
    pub(super) fn high_water(&self) -> PathBuf {
        self.stem.with_extension("head")
    }
}

impl Drop for HostState {
    /// Closing the file alone would leave the lock with a process that was just being started and still holds a copy of it.
    fn drop(&mut self) {
        // A lock that cannot be given up ends with the process.
        let _ = self.lock.unlock();
    }
}

/// The file of the high-water mark of `repository` in `folder`.
pub(super) fn high_water(folder: &Path, repository: RepositoryId) -> PathBuf {
    stem(folder, repository).with_extension("head")
}

fn stem(folder: &Path, repository: RepositoryId) -> PathBuf {
    folder.join(format!("backup-{}", hex::hex(&repository.0)))
}

pub(super) fn open(options: &mut OpenOptions, path: &Path) -> Result<File, StateError> {
    options.mode(0o600).open(path).map_err(at(path))
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_owned();
    move |cause| StateError::File { path, cause }
}

/// Replaces a file so that after a power cut it holds the old bytes or the new ones.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let temporary = path.with_extension("new");
    let mut file = open(
        OpenOptions::new().write(true).create(true).truncate(true),
        &temporary,
    )?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(at(&temporary))?;
    fs::rename(&temporary, path).map_err(at(path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(at(folder))
}

#[cfg(test)]
mod tests {
    use super::{HostState, StateError};
    use crate::backup::keys::RepositoryId;

    const REPOSITORY: RepositoryId = RepositoryId([7; 16]);

    #[test]
    fn a_run_that_ended_leaves_no_lock_behind_in_a_process_that_was_being_started() {
        let folder = tempfile::tempdir().unwrap();
        let run = HostState::lock(folder.path(), REPOSITORY).unwrap();
        // What a child holds between fork and exec.
        let inherited = run.lock.try_clone().unwrap();
        let second = HostState::lock(folder.path(), REPOSITORY);
        assert!(matches!(second, Err(StateError::Busy)), "one run at a time");
        drop(run);
        HostState::lock(folder.path(), REPOSITORY).unwrap();
        drop(inherited);
    }
}
