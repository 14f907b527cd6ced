//! Who runs the index's own transactions.
//!
//! Adding an entry's words rides on the entry's transaction. Long work (a merge, a large catch-up) does not fit one: it
//! runs in pieces, each a write transaction that the owner of the file hands out.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

use crate::ledger::Ledger;

use super::error::Result;

/// Something that runs transactions on the ledger's file.
pub trait Transactor {
    /// Runs `work` in a read transaction.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T>;

    /// Runs `work` in a write transaction that begins with `BEGIN IMMEDIATE`; what fails is rolled back.
    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T>;

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
