//! Credentials: a user's secrets wrapped under their passphrase, and the counters of failed attempts.
//!
//! **Keys and roles never come from here**, only from signed certificates; a credential that does not fit its
//! certificate is refused.

use minicbor::{Decode, Encode};
use rusqlite::{OptionalExtension, Row as SqlRow, params};

use super::append::WriteTx;
use super::error::LedgerError;
use super::id::CertId;
use super::read::ReadTx;

/// One user's row.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Credential {
    /// The login.
    #[n(0)]
    pub login: String,
    /// The encoded certificate that the secrets belong to; not yet in the ledger while it awaits approval.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub certificate: Vec<u8>,
    /// Argon2's salt.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub salt: Vec<u8>,
    /// Argon2's memory in KiB.
    #[n(3)]
    pub memory_kib: u32,
    /// Argon2's passes.
    #[n(4)]
    pub passes: u32,
    /// The X25519 and Ed25519 secrets under the user's key.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
    /// Failed attempts since the last success.
    #[n(6)]
    pub failed: u32,
    /// Milliseconds since 1970 before which attempts are refused unheard; 0 for none.
    #[n(7)]
    pub locked_until: u64,
    /// The last TOTP step accepted: a code is good once.
    #[n(8)]
    pub totp_step: u64,
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential {
        login: row.get(0)?,
        certificate: row.get(1)?,
        salt: row.get(2)?,
        memory_kib: row.get(3)?,
        passes: row.get(4)?,
        sealed: row.get(5)?,
        failed: row.get(6)?,
        locked_until: row.get::<_, i64>(7)? as u64,
        totp_step: row.get::<_, i64>(8)? as u64,
    })
}

impl ReadTx<'_> {
    /// One user's credential.
    pub fn credential(&self, login: &str) -> Result<Option<Credential>, LedgerError> {
        let sql = "SELECT login, certificate, salt, memory_kib, passes, sealed, failed, locked_until, totp_step
                   FROM credential WHERE login = ?1";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row([login], read)
            .optional()?)
    }

    /// Argon2's memory in KiB and passes of some credential, always the same one for the same number; `None` where there is none.
    pub fn some_cost(&self, number: u32) -> Result<Option<(u32, u32)>, LedgerError> {
        let sql = "SELECT memory_kib, passes FROM credential ORDER BY login
                   LIMIT 1 OFFSET ?1 % max(1, (SELECT count(*) FROM credential))";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// Every credential, by login.
    pub fn credentials(&self) -> Result<Vec<Credential>, LedgerError> {
        let sql = "SELECT login, certificate, salt, memory_kib, passes, sealed, failed, locked_until, totp_step
                   FROM credential ORDER BY login";
        let mut statement = self.sql().prepare_cached(sql)?;
        let rows = statement.query_map([], read)?;
        rows.map(|row| row.map_err(LedgerError::from)).collect()
    }

    /// The state that a user left behind to spare the next walk.
    pub fn checkpoint(&self, login: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        let sql = "SELECT state FROM checkpoint WHERE login = ?1";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row([login], |row| row.get(0))
            .optional()?)
    }

    /// A person's sealed draft.
    pub fn draft(&self, owner: &CertId, name: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        let sql = "SELECT sealed FROM draft WHERE owner = ?1 AND name = ?2";
        Ok(self
            .sql()
            .prepare_cached(sql)?
            .query_row(params![owner.as_bytes(), name], |row| row.get(0))
            .optional()?)
    }

    /// A person's sealed drafts: name, sealed text.
    pub fn drafts_of(&self, owner: &CertId) -> Result<Vec<(String, Vec<u8>)>, LedgerError> {
        let mut statement = self
            .sql()
            .prepare_cached("SELECT name, sealed FROM draft WHERE owner = ?1 ORDER BY name")?;
        let rows = statement.query_map([owner.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| row.map_err(LedgerError::from)).collect()
    }

    /// All drafts, one after the other: owner, name, sealed text.
    pub fn each_draft<E: From<LedgerError>>(
        &self,
        mut each: impl FnMut(Vec<u8>, String, Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT owner, name, sealed FROM draft ORDER BY owner, name";
        let mut statement = self.sql().prepare_cached(sql).map_err(LedgerError::from)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .map_err(LedgerError::from)?;
        for row in rows {
            let (owner, name, sealed) = row.map_err(LedgerError::from)?;
            each(owner, name, sealed)?;
        }
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Stores a credential, replacing the one of the same login.
    pub fn put_credential(&mut self, credential: &Credential) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached(
                "INSERT OR REPLACE INTO credential VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                credential.login,
                credential.certificate,
                credential.salt,
                credential.memory_kib,
                credential.passes,
                credential.sealed,
                credential.failed,
                credential.locked_until as i64,
                credential.totp_step as i64
            ])?;
        Ok(())
    }

    /// Removes a credential.
    pub fn delete_credential(&mut self, login: &str) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached("DELETE FROM credential WHERE login = ?1")?
            .execute([login])?;
        Ok(())
    }

    /// Leaves the state behind that spares the next walk.
    pub fn put_checkpoint(&mut self, login: &str, state: &[u8]) -> Result<(), LedgerError> {
        self.sql()
            .prepare_cached("INSERT OR REPLACE INTO checkpoint VALUES (?1, ?2)")?
            .execute(params![login, state])?;
        Ok(())
    }

    /// Stores a sealed draft; an empty one removes it.
    pub fn put_draft(
        &mut self,
        owner: &CertId,
        name: &str,
        sealed: &[u8],
    ) -> Result<(), LedgerError> {
        if sealed.is_empty() {
            self.sql()
                .prepare_cached("DELETE FROM draft WHERE owner = ?1 AND name = ?2")?
                .execute(params![owner.as_bytes(), name])?;
        } else {
            self.sql()
                .prepare_cached("INSERT OR REPLACE INTO draft VALUES (?1, ?2, ?3)")?
                .execute(params![owner.as_bytes(), name, sealed])?;
        }
        Ok(())
    }
}
