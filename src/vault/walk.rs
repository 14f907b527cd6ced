//! Walking the ledger: links, repeated columns and clear entries, up to the head.
//!
//! This is what an unlock does, and it is keyless. Signatures of sealed entries are checked when an entry is
//! opened, and all of them by the verification job.

use crate::crypto::hash::Hash;
use crate::ledger::{Clear, Entry, Form, ReadTx, Row};

use super::directory::Directory;
use super::error::VaultError;

const BATCH: usize = 2_000;

/// Brings a directory up to the ledger's head. Stops at the first entry that does not hold.
pub fn catch_up(directory: &mut Directory, tx: &ReadTx<'_>) -> Result<u64, VaultError> {
    let from = directory.seq;
    if tx.link_at(from)? != Some(directory.link) {
        return Err(VaultError::Broken {
            seq: from,
            what: "it is not the entry that was seen before".into(),
        });
    }
    loop {
        let rows = tx.headers_after(directory.seq, BATCH)?;
        if rows.is_empty() {
            return Ok(directory.seq - from);
        }
        for (row, columns) in rows {
            let seq = row.seq;
            let mut entry = follows(directory, row)?;
            if !columns.repeat(&entry.core, &directory.link) {
                return Err(VaultError::Broken {
                    seq,
                    what: "its columns do not repeat its header".into(),
                });
            }
            if entry.core.form == Form::Clear {
                entry.row.body = tx.sealed_box(seq)?;
            }
            step(directory, &entry)?;
        }
    }
}

/// Brings a directory further by entries that no ledger here holds: those after an older snapshot. The rows follow
/// each other and the directory's head.
pub fn go_on(directory: &mut Directory, rows: Vec<Row>) -> Result<(), VaultError> {
    for row in rows {
        let entry = follows(directory, row)?;
        step(directory, &entry)?;
    }
    Ok(())
}

/// Checks that a row stands where the chain goes on, and decodes it.
fn follows(directory: &Directory, row: Row) -> Result<Entry, VaultError> {
    let seq = row.seq;
    let broken = |what: &str| VaultError::Broken {
        seq,
        what: what.into(),
    };
    if seq != directory.seq + 1 {
        return Err(VaultError::Broken {
            seq: directory.seq + 1,
            what: "it is missing".into(),
        });
    }
    if row.expected_link(&directory.link) != row.link {
        return Err(broken("its link does not match"));
    }
    // Signed where the chain stood: at the entry before it, or with that entry in one transaction.
    if row.anchor != directory.link && row.anchor != directory.anchor {
        return Err(broken(
            "its anchor is not where the chain stood when it was signed",
        ));
    }
    row.decode().map_err(|error| broken(&error.to_string()))
}

/// Takes an entry that follows into account.
fn step(directory: &mut Directory, entry: &Entry) -> Result<(), VaultError> {
    if entry.core.form == Form::Clear {
        take(directory, entry)?;
    }
    if entry.seq() == 1 {
        directory.vault = entry.row.link;
    }
    directory.seq = entry.seq();
    directory.link = entry.row.link;
    directory.anchor = entry.row.anchor;
    directory.latest = directory.latest.max(entry.core.created);
    Ok(())
}

/// Verifies one clear entry and lets the directory judge it.
fn take(directory: &mut Directory, entry: &Entry) -> Result<(), VaultError> {
    let seq = entry.seq();
    let broken = |what: String| VaultError::Broken { seq, what };
    let body = entry
        .open_clear()
        .map_err(|error| broken(error.to_string()))?;
    let clear = Clear::decode(&body).map_err(|error| broken(error.to_string()))?;
    let key = match &clear {
        Clear::Genesis(genesis) if seq == 1 => genesis.admin.verify,
        _ => *directory
            .author_key(&entry.core.author, seq)
            .ok_or_else(|| broken("its author is not certified at this place".into()))?,
    };
    if !entry.row.digest_holds() {
        return Err(broken("its body does not match its header".into()));
    }
    entry
        .verify(&key)
        .map_err(|_| broken("its signature does not match its header".into()))?;
    directory.apply(seq, &entry.core, clear);
    Ok(())
}

/// Whether the ledger still holds what this host has seen.
pub fn check_high_water(
    tx: &ReadTx<'_>,
    seen: Option<crate::ledger::Head>,
) -> Result<(), VaultError> {
    let Some(seen) = seen else { return Ok(()) };
    let found = tx.head()?;
    if found.seq < seen.seq {
        return Err(VaultError::RolledBack {
            seen: seen.seq,
            found: found.seq,
        });
    }
    let link: Option<Hash> = tx.link_at(seen.seq)?;
    if link == Some(seen.link) {
        Ok(())
    } else {
        Err(VaultError::Broken {
            seq: seen.seq,
            what: "it is not the entry that this host has seen".into(),
        })
    }
}
