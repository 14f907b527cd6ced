//! Failed attempts to log in, counted: beside the credential of a login that exists, and for others in a table of their own.
//!
//! **Both are counted alike, so that an answer does not tell which logins exist.** A login that does not exist goes by a tag
//! that only this host makes, for people type passphrases into the wrong field. No more than [`MOST_UNKNOWN`] of them are
//! remembered, the last ones.

use rusqlite::{OptionalExtension, params};

use super::append::WriteTx;
use super::error::LedgerError;
use super::read::ReadTx;
use crate::crypto::hash::Hash;

/// So many logins that do not exist are remembered.
pub const MOST_UNKNOWN: i64 = 10_000;

/// How often somebody failed in a row, and what came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attempts {
    /// Failed attempts since the last success.
    pub failed: u32,
    /// Milliseconds since 1970 before which attempts are refused unheard; 0 for none.
    pub locked_until: u64,
}

impl ReadTx<'_> {
    /// The attempts at a login that does not exist.
    pub fn unknown_attempts(&self, tag: &Hash) -> Result<Attempts, LedgerError> {
        let sql = "SELECT failed, locked_until FROM unknown_login WHERE tag = ?1";
        let found = self
            .sql()
            .prepare_cached(sql)?
            .query_row([&tag.0[..]], |row| {
                Ok(Attempts {
                    failed: row.get(0)?,
                    locked_until: row.get::<_, i64>(1)? as u64,
                })
            })
            .optional()?;
        Ok(found.unwrap_or_default())
    }
}

impl WriteTx<'_> {
    /// Stores the attempts at a login that exists. **Nothing else of its credential is touched.**
    pub fn put_attempts(&mut self, login: &str, attempts: Attempts) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached(
                "UPDATE credential SET failed = ?2, locked_until = ?3 WHERE login = ?1",
            )?
            .execute(params![
                login,
                attempts.failed,
                attempts.locked_until as i64
            ])?;
        Ok(())
    }

    /// Forgives the attempts at a login whose secrets were opened, **if they still are those secrets**: somebody may have been
    /// given new ones meanwhile.
    pub fn forgive_attempts(&mut self, login: &str, sealed: &[u8]) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached(
                "UPDATE credential SET failed = 0, locked_until = 0 WHERE login = ?1 AND sealed = ?2",
            )?
            .execute(params![login, sealed])?;
        Ok(())
    }

    /// Stores the attempts at a login that does not exist, and forgets those whose last attempt is the longest ago.
    pub fn put_unknown_attempts(
        &mut self,
        tag: &Hash,
        attempts: Attempts,
        now: u64,
    ) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO unknown_login VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                &tag.0[..],
                attempts.failed,
                attempts.locked_until as i64,
                now as i64
            ])?;
        self.sql()
            .prepare_cached(
                "DELETE FROM unknown_login WHERE tag IN
                 (SELECT tag FROM unknown_login ORDER BY last DESC LIMIT -1 OFFSET ?1)",
            )?
            .execute([MOST_UNKNOWN])?;
        Ok(())
    }
}
