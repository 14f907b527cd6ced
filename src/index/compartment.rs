//! Compartments: one index per (unit, section), so that keys to one section open no index over another.

use rusqlite::{Connection, OptionalExtension, params};

use crate::ledger::{Section, UnitId};

use super::coverage;
use super::error::{IndexError, Result};
use super::key::CompartmentKey;
use super::segment;

/// Which index: that of a unit over one section of its charts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CompartmentId {
    /// The unit whose members search it.
    pub unit: UnitId,
    /// The section of the charts.
    pub section: Section,
}

impl CompartmentId {
    /// The identity that goes into authenticated data: unit, then section.
    pub(super) fn bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        bytes[..16].copy_from_slice(&self.unit.0);
        bytes[16] = self.section as u8;
        bytes
    }
}

/// A compartment as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compartment {
    pub(super) row: i64,
    pub(super) generation: u32,
}

/// Every compartment of the file, whether or not anyone at hand holds its keys.
pub fn ids(conn: &Connection) -> Result<Vec<CompartmentId>> {
    let mut statement = conn.prepare_cached("SELECT unit, section FROM compartment ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut ids = Vec::new();
    for row in rows {
        let (unit, section): ([u8; 16], u8) = row?;
        ids.extend(Section::from_u8(section).map(|section| CompartmentId {
            unit: UnitId(unit),
            section,
        }));
    }
    Ok(ids)
}

/// The compartment's row; `None` if nothing was ever indexed in it.
pub(super) fn find(conn: &Connection, id: CompartmentId) -> Result<Option<Compartment>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, generation FROM compartment WHERE unit = ?1 AND section = ?2",
    )?;
    let found = statement
        .query_row(params![id.unit.0, id.section as u8], |row| {
            Ok(Compartment {
                row: row.get(0)?,
                generation: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// The compartment's row for writing with `key`: made if it is new, moved on if the key is of a later generation. An
/// earlier key is refused, because those who left may hold it. What was indexed before is still searched with the keys of its time, until
/// it is indexed anew with [`Mode::Replace`](super::Mode::Replace).
pub(super) fn enter(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
) -> Result<Compartment> {
    let held = key.generation();
    match find(conn, id)? {
        None => {
            conn.prepare_cached(
                "INSERT INTO compartment (unit, section, generation) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![id.unit.0, id.section as u8, held])?;
            Ok(Compartment {
                row: conn.last_insert_rowid(),
                generation: held,
            })
        }
        Some(found) if found.generation == held => Ok(found),
        Some(found) if found.generation > held => Err(IndexError::StaleKey {
            held,
            current: found.generation,
        }),
        Some(found) => {
            segment::seal_open_logs(conn, found.row)?;
            conn.execute(
                "UPDATE compartment SET generation = ?2 WHERE id = ?1",
                params![found.row, held],
            )?;
            Ok(Compartment {
                generation: held,
                ..found
            })
        }
    }
}

/// Empties the index of a compartment, inside the caller's write transaction: everything is due again. For an index that is damaged, or
/// that holds other than the ledger asks for.
pub fn reset(conn: &Connection, id: CompartmentId) -> Result<()> {
    match find(conn, id)? {
        Some(found) => clear(conn, found),
        None => Ok(()),
    }
}

/// Takes every segment out of the searches, and forgets what they covered.
pub(super) fn clear(conn: &Connection, compartment: Compartment) -> Result<()> {
    segment::seal_open_logs(conn, compartment.row)?;
    for old in segment::readable(conn, compartment.row)? {
        segment::kill(conn, old.id)?;
    }
    coverage::forget(conn, compartment)
}

/// Sets a compartment back to the newest generation that its unit ever had, and drops what claims to be of later ones, inside the
/// caller's write transaction: nobody has their keys, and nobody's words would be found again otherwise. Whether it was beyond.
pub fn set_back(conn: &Connection, id: CompartmentId, newest: u32) -> Result<bool> {
    let Some(found) = find(conn, id)? else {
        return Ok(false);
    };
    if found.generation <= newest {
        return Ok(false);
    }
    segment::seal_open_logs(conn, found.row)?;
    for beyond in segment::readable(conn, found.row)? {
        if beyond.generation > newest {
            segment::kill(conn, beyond.id)?;
        }
    }
    conn.execute(
        "UPDATE compartment SET generation = ?2 WHERE id = ?1",
        params![found.row, newest],
    )?;
    Ok(true)
}
