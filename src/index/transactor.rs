//! Who runs the index's own transactions.
//!
//! Adding an entry's words rides on the entry's transaction. Long work (a merge, a large catch-up) does not fit one: it
//! runs in pieces, each a write transaction that the owner of the file hands out.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

use crate::ledger::Ledger;

use super::error::{IndexError, Result};

/// About how many bytes a transaction writes, so that other writers are never held up for long.
const PIECE: usize = 4 << 20;

/// Something that runs transactions on the ledger's file.
pub trait Transactor {
    /// Runs `work` in a read transaction.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T>;

    /// Runs `work` in a write transaction that begins with `BEGIN IMMEDIATE`; what fails is rolled back.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T>;

    /// About how many bytes each of its transactions may write.
    fn piece(&self) -> usize {
        PIECE
    }

    /// The time in Unix milliseconds, by which leases and builds run out.
    fn now(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64)
    }
}

impl Transactor for Ledger {
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        Ledger::read(self, |tx| work(tx.sql()))
    }

    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        Ledger::write(self, |tx| work(tx.sql()))
    }
}

/// Work that can be stopped: asked before each of its transactions whether it is still wanted.
///
/// The first transaction that is not wanted fails with [`IndexError::Stopped`]. What comes after it gives back what the work had taken, a lease
/// or a build that nobody will finish, and goes through.
pub struct Stoppable<'a, T> {
    transactor: &'a T,
    wanted: &'a dyn Fn() -> bool,
    stopped: Cell<bool>,
}

impl<'a, T: Transactor> Stoppable<'a, T> {
    /// Transactions of `transactor`, while they are wanted. **`wanted` may wait**: nothing that others wait for is held then.
    pub fn new(transactor: &'a T, wanted: &'a dyn Fn() -> bool) -> Self {
        Self {
            transactor,
            wanted,
            stopped: Cell::new(false),
        }
    }

    fn check(&self) -> Result<()> {
        if self.stopped.get() || (self.wanted)() {
            return Ok(());
        }
        self.stopped.set(true);
        Err(IndexError::Stopped)
    }
}

impl<T: Transactor> Transactor for Stoppable<'_, T> {
    fn read<R>(&self, work: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        self.check()?;
        self.transactor.read(work)
    }

    fn write<R>(&self, work: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        self.check()?;
        self.transactor.write(work)
    }

    fn piece(&self) -> usize {
        self.transactor.piece()
    }

    fn now(&self) -> u64 {
        self.transactor.now()
    }
}
