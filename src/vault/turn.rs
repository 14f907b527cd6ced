//! Turns at Argon2: one attempt takes 64 MiB and a fifth of a second of a core, and every terminal of a host may ask at once.
//!
//! At most [`AT_ONCE`] run on a host, in whatever processes. Each holds the lock of one of as many files in the host's folder;
//! whoever waits stands in line for another file, and the first in line looks which of them is free. The system lets go of the
//! locks of a process that ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::error::VaultError;
use super::host::Host;

/// So many passphrases are stretched at once on a host.
pub const AT_ONCE: usize = 4;

/// Held by the first in line.
const LINE: &str = "turn.lock";
/// Held by those whose turn it is.
const TURNS: [&str; AT_ONCE] = ["turn-1.lock", "turn-2.lock", "turn-3.lock", "turn-4.lock"];

/// How long the first in line waits between two looks, since nothing waits for several locks at once. Argon2 takes fifty times as long.
const LOOK: Duration = Duration::from_millis(4);

/// A turn; over when it is dropped.
#[derive(Debug)]
#[must_use = "the turn is over when it is dropped"]
pub struct Turn {
    _held: File,
}

impl Host {
    /// Waits for a turn, in the order in which the system lets those who wait for a lock have it.
    pub fn turn(&self) -> Result<Turn, VaultError> {
        let line = self.lock_file(LINE)?;
        line.lock().map_err(self.lock_error(LINE))?;
        loop {
            for name in TURNS {
                let file = self.lock_file(name)?;
                match file.try_lock() {
                    Ok(()) => return Ok(Turn { _held: file }),
                    Err(TryLockError::WouldBlock) => {}
                    Err(TryLockError::Error(source)) => return Err(self.lock_error(name)(source)),
                }
            }
            thread::sleep(LOOK);
        }
    }

    /// The files whose locks turns are.
    pub(super) fn turn_files() -> impl Iterator<Item = &'static str> {
        TURNS.into_iter().chain([LINE])
    }

    /// Opens a file of this host that is there to be locked.
    pub(super) fn lock_file(&self, name: &str) -> Result<File, VaultError> {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder().join(name))
            .map_err(self.lock_error(name))
    }

    /// What the system said of that file.
    pub(super) fn lock_error(&self, name: &str) -> impl Fn(std::io::Error) -> VaultError {
        let path: PathBuf = self.folder().join(name);
        move |source| VaultError::Io {
            path: path.clone(),
            source,
        }
    }
}
