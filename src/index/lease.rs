//! Who works on a compartment, so that two sessions do not merge the same segments.
//!
//! A lease runs out by itself: whoever holds it may have died. One that would last longer than any is given counts for nothing: a clock was
//! set back, or somebody wrote it. **It saves work, no more**: that a merge is right is checked in
//! its last transaction.

use rusqlite::{Connection, params};

use crate::crypto::random;

use super::build::PATIENCE_MS;
use super::compartment::Compartment;
use super::error::{IndexError, Result};

/// The right to merge a compartment for a while.
pub(super) struct Lease {
    owner: [u8; 16],
}

/// Takes the lease, if no one holds it or its time is up. [`IndexError::Busy`] otherwise.
pub(super) fn take(conn: &Connection, compartment: Compartment, now: u64) -> Result<Lease> {
    let owner = random::bytes();
    let taken = conn
        .prepare_cached(
            "INSERT INTO index_lease (compartment, owner, expires) VALUES (?1, ?2, ?3)
             ON CONFLICT (compartment) DO UPDATE SET owner = excluded.owner, expires = excluded.expires
             WHERE expires < ?4 OR expires > excluded.expires",
        )?
        .execute(params![compartment.row, owner, (now + PATIENCE_MS) as i64, now as i64])?;
    if taken == 1 {
        Ok(Lease { owner })
    } else {
        Err(IndexError::Busy)
    }
}

impl Lease {
    /// Gives the lease back. One that ran out and went to somebody else stays theirs.
    pub(super) fn release(&self, conn: &Connection, compartment: Compartment) -> Result<()> {
        conn.execute(
            "DELETE FROM index_lease WHERE compartment = ?1 AND owner = ?2",
            params![compartment.row, self.owner],
        )?;
        Ok(())
    }
}
