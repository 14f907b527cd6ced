//! Segments: an index is a few logs and packed builds, each under keys of its own.
//!
//! ```text
//! log      open ──(128 KiB)──▶ sealed ──(merged)──▶ dead ──▶ gone
//! packed   building ──(last transaction)──▶ live ──(merged)──▶ dead ──▶ gone
//!             └──(its builder died)──────────────────────────────────▶ gone, never resumed
//! ```
//!
//! `meta` of a packed segment is AES-256-GCM under `K_meta`, nonce(12 random) || cipher text || tag, with
//! `"chartseal/index/meta/v1" || compartment(17) || salt(32)` as associated data, over the CBOR array [pairs, words]. A log's is
//! empty.

use minicbor::{Decode, Encode};
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::crypto::random;

use super::compartment::{Compartment, CompartmentId};
use super::error::{IndexError, Result};
use super::key::{CompartmentKey, SALT_LEN};

/// How a segment came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Log = 0,
    Packed = 1,
}

/// Where a segment is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Building = 0,
    Open = 1,
    Sealed = 2,
    Live = 3,
    Dead = 4,
}

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl ToSql for Kind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(*self as i64))
    }
}

impl FromSql for Kind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        // The table admits nothing but 0 and 1.
        i64::column_result(value).map(|kind| if kind == 0 { Self::Log } else { Self::Packed })
    }
}

/// A segment that can be searched.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) id: i64,
    pub(super) generation: u32,
    pub(super) kind: Kind,
    pub(super) level: u32,
    pub(super) salt: [u8; SALT_LEN],
    pub(super) meta: Vec<u8>,
}

/// What a packed segment says of itself to key holders.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Meta {
    /// (word, entry) pairs.
    #[n(0)]
    pub(super) pairs: u64,
    /// Distinct words.
    #[n(1)]
    pub(super) words: u64,
}

const COLUMNS: &str = "id, generation, kind, level, salt, meta";

fn read(row: &Row<'_>) -> rusqlite::Result<Segment> {
    Ok(Segment {
        id: row.get(0)?,
        generation: row.get(1)?,
        kind: row.get(2)?,
        level: row.get(3)?,
        salt: row.get(4)?,
        meta: row.get(5)?,
    })
}

/// The segments of a compartment that a search must read, oldest first.
pub(super) fn readable(conn: &Connection, compartment: i64) -> Result<Vec<Segment>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM segment WHERE compartment = ?1 AND state IN ({}, {}, {}) ORDER BY id",
        State::Open as i64,
        State::Sealed as i64,
        State::Live as i64
    ))?;
    let segments = statement
        .query_map([compartment], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(segments)
}

/// The numbers of the segments that a search must read. No number is used twice.
pub(super) fn readable_ids(conn: &Connection, compartment: i64) -> Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT id FROM segment WHERE compartment = ?1 AND state IN ({}, {}, {})",
        State::Open as i64,
        State::Sealed as i64,
        State::Live as i64
    ))?;
    let ids = statement
        .query_map([compartment], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// The segments of a compartment that take no more entries, of every generation.
pub(super) fn closed(conn: &Connection, compartment: i64) -> Result<Vec<Segment>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM segment WHERE compartment = ?1 AND state IN (?2, ?3) ORDER BY id"
    ))?;
    let parameters = params![compartment, State::Sealed, State::Live];
    let segments = statement
        .query_map(parameters, read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(segments)
}

/// The log that takes new entries, of the compartment's generation; a new one if there is none.
pub(super) fn open_log(conn: &Connection, compartment: Compartment) -> Result<Segment> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM segment WHERE compartment = ?1 AND state = ?2 AND generation = ?3"
    ))?;
    let open = statement
        .query_row(
            params![compartment.row, State::Open, compartment.generation],
            read,
        )
        .optional()?;
    match open {
        Some(segment) => Ok(segment),
        None => insert(conn, compartment, Kind::Log, State::Open, 0),
    }
}

/// A new packed segment, not to be searched before [`publish`]. It may be thrown away by anyone after `expires`.
pub(super) fn begin_build(
    conn: &Connection,
    compartment: Compartment,
    expires: u64,
) -> Result<Segment> {
    insert(conn, compartment, Kind::Packed, State::Building, expires)
}

fn insert(
    conn: &Connection,
    compartment: Compartment,
    kind: Kind,
    state: State,
    expires: u64,
) -> Result<Segment> {
    let salt: [u8; SALT_LEN] = random::bytes();
    conn.prepare_cached(
        "INSERT INTO segment (compartment, generation, kind, level, state, expires, salt, meta)
         VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, x'')",
    )?
    .execute(params![
        compartment.row,
        compartment.generation,
        kind,
        state,
        expires as i64,
        salt
    ])?;
    Ok(Segment {
        id: conn.last_insert_rowid(),
        generation: compartment.generation,
        kind,
        level: 0,
        salt,
        meta: Vec::new(),
    })
}

/// Pushes a build's end of life out to `expires`. [`IndexError::Overtaken`] if it has been thrown away meanwhile.
pub(super) fn renew(conn: &Connection, segment: i64, expires: u64) -> Result<()> {
    let renewed = conn
        .prepare_cached("UPDATE segment SET expires = ?2 WHERE id = ?1 AND state = ?3")?
        .execute(params![segment, expires as i64, State::Building])?;
    if renewed == 1 {
        Ok(())
    } else {
        Err(IndexError::Overtaken)
    }
}

/// Lets searches see a finished build.
pub(super) fn publish(conn: &Connection, segment: i64, level: u32, meta: &[u8]) -> Result<()> {
    let live = conn.execute(
        "UPDATE segment SET state = ?2, level = ?3, meta = ?4, expires = 0 WHERE id = ?1 AND state = ?5",
        params![segment, State::Live, level, meta, State::Building],
    )?;
    if live == 1 {
        Ok(())
    } else {
        Err(IndexError::Overtaken)
    }
}

/// Takes a segment out of every search; its rows go in pieces later. Whether it was still searched.
pub(super) fn kill(conn: &Connection, segment: i64) -> Result<bool> {
    let killed = conn
        .prepare_cached("UPDATE segment SET state = ?2 WHERE id = ?1 AND state IN (?3, ?4)")?
        .execute(params![segment, State::Dead, State::Sealed, State::Live])?;
    Ok(killed == 1)
}

/// Throws a build away.
pub(super) fn abandon(conn: &Connection, segment: i64) -> Result<()> {
    conn.execute(
        "UPDATE segment SET state = ?2 WHERE id = ?1 AND state = ?3",
        params![segment, State::Dead, State::Building],
    )?;
    Ok(())
}

/// Closes a log to further entries.
pub(super) fn close_log(conn: &Connection, segment: i64) -> Result<()> {
    conn.prepare_cached("UPDATE segment SET state = ?2 WHERE id = ?1 AND state = ?3")?
        .execute(params![segment, State::Sealed, State::Open])?;
    Ok(())
}

/// Closes the logs that take entries, so that a merge may read them whole.
pub(super) fn seal_open_logs(conn: &Connection, compartment: i64) -> Result<()> {
    conn.execute(
        "UPDATE segment SET state = ?2 WHERE compartment = ?1 AND state = ?3",
        params![compartment, State::Sealed, State::Open],
    )?;
    Ok(())
}

/// Seals what a packed segment says of itself.
pub(super) fn seal_meta(
    id: CompartmentId,
    key: &CompartmentKey,
    salt: &[u8; SALT_LEN],
    meta: Meta,
) -> Vec<u8> {
    let plain = minicbor::to_vec(meta).expect("a vector takes every byte");
    key.meta().seal(&meta_aad(id, salt), &plain)
}

/// What a packed segment says of itself.
pub(super) fn open_meta(
    id: CompartmentId,
    key: &CompartmentKey,
    segment: &Segment,
) -> Result<Meta> {
    let damaged = || IndexError::Damaged {
        segment: segment.id,
        what: "its description",
    };
    let plain = key
        .meta()
        .open(&meta_aad(id, &segment.salt), &segment.meta)
        .map_err(|_| damaged())?;
    minicbor::decode(plain.expose()).map_err(|_| damaged())
}

fn meta_aad(id: CompartmentId, salt: &[u8; SALT_LEN]) -> Vec<u8> {
    [b"chartseal/index/meta/v1".as_slice(), &id.bytes(), salt].concat()
}
