//! Writing a packed segment, whole or in pieces.
//!
//! A piece is what [the transactor](Transactor::piece) lets one transaction write. The rows of a run are sorted by their
//! addresses first: inserted as they come, they would touch every page of the segment once a piece.

use std::borrow::Cow;

use rusqlite::{Connection, ErrorCode, params};

use super::compartment::{self, Compartment, CompartmentId};
use super::error::{IndexError, Result};
use super::key::{CompartmentKey, SegmentKey};
use super::packed::Rows;
use super::posting::PostingList;
use super::segment::{self, Meta, Segment};
use super::tag::Tag;
use super::transactor::Transactor;

/// About how many bytes of rows are kept in memory before they are sorted and written.
const RUN: usize = 256 << 20;
/// A build that has not written for this long may be thrown away.
pub(super) const PATIENCE_MS: u64 = 10 * 60 * 1_000;
/// How often a build is begun again with a new salt when two addresses met. Once is already beyond belief.
const ATTEMPTS: usize = 4;

/// At most so many pairs are a segment of level 1: about as many as four full logs have.
const LEVEL_1: u64 = 32_768;

/// The level of a segment with this many pairs: four full logs make level 1, four of a level one of the next.
pub(super) fn level(pairs: u64) -> u32 {
    let mut level = 1;
    let mut room = LEVEL_1;
    while pairs > room {
        room = room.saturating_mul(4);
        level += 1;
    }
    level
}

/// A packed segment that is being written in transactions of its own.
pub(super) struct Build<'a, T: Transactor> {
    transactor: &'a T,
    segment: Segment,
    keys: SegmentKey,
    rows: Rows,
    meta: Meta,
}

impl<T: Transactor> Build<'_, T> {
    /// Adds the list of a word, each word once.
    pub(super) fn push(&mut self, tag: Tag, list: &PostingList) -> Result<()> {
        if list.count() == 0 {
            return Ok(());
        }
        self.rows.push(&self.keys, tag, list);
        self.meta.pairs += list.count();
        self.meta.words += 1;
        if self.rows.bytes() >= RUN {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<()> {
        let mut rows = std::mem::take(&mut self.rows);
        sort(&mut rows);
        let (mut small, mut large) = (rows.small.as_slice(), rows.large.as_slice());
        while !small.is_empty() || !large.is_empty() {
            let most = self.transactor.piece();
            let sizes = small.iter().map(|(_, sealed)| sealed.len() + 32);
            let (piece, rest) = small.split_at(fitting(most, sizes));
            let pages = if piece.is_empty() {
                fitting(most, large.iter().map(|(_, sealed)| sealed.len() + 16))
            } else {
                0
            };
            let (page_piece, page_rest) = large.split_at(pages);
            let expires = self.transactor.now() + PATIENCE_MS;
            self.transactor.write(|conn| {
                segment::renew(conn, self.segment.id, expires)?;
                insert(conn, self.segment.id, piece, page_piece)
            })?;
            (small, large) = (rest, page_rest);
        }
        Ok(())
    }
}

/// Writes a packed segment under `key` into the compartment that `enter` finds: `fill` adds its lists, `finish` checks that it may be
/// published and does what else belongs into the same transaction. A build that fails is thrown away; one whose addresses met is begun
/// again under a new salt.
pub(super) fn build<T: Transactor>(
    transactor: &T,
    id: CompartmentId,
    key: &CompartmentKey,
    enter: impl Fn(&Connection) -> Result<Compartment>,
    at_least: u32,
    mut fill: impl FnMut(&mut Build<'_, T>) -> Result<()>,
    mut finish: impl FnMut(&Connection, Compartment) -> Result<()>,
) -> Result<Meta> {
    let mut attempt = || {
        let expires = transactor.now() + PATIENCE_MS;
        let segment = transactor.write(|conn| segment::begin_build(conn, enter(conn)?, expires))?;
        let keys = key.segment(&segment.salt);
        let mut build = Build {
            transactor,
            segment,
            keys,
            rows: Rows::default(),
            meta: Meta::default(),
        };
        let built = fill(&mut build)
            .and_then(|()| build.flush())
            .and_then(|()| {
                transactor.write(|conn| {
                    finish(conn, enter(conn)?)?;
                    settle(conn, id, key, &build.segment, build.meta, at_least)
                })
            });
        if built.is_err() {
            // If this fails too, the build runs out and is swept later.
            let _ = transactor.write(|conn| segment::abandon(conn, build.segment.id));
        }
        built.map(|()| build.meta)
    };
    let mut outcome = attempt();
    for _ in 1..ATTEMPTS {
        if !matches!(outcome, Err(IndexError::Collision)) {
            break;
        }
        outcome = attempt();
    }
    outcome
}

/// Writes a packed segment inside the caller's write transaction.
pub(super) fn build_within<'l>(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    lists: impl IntoIterator<Item = (Tag, Cow<'l, PostingList>)>,
) -> Result<Meta> {
    let segment = segment::begin_build(conn, compartment::enter(conn, id, key)?, u64::MAX >> 1)?;
    let keys = key.segment(&segment.salt);
    let (mut rows, mut meta) = (Rows::default(), Meta::default());
    for (tag, list) in lists {
        rows.push(&keys, tag, &list);
        meta.pairs += list.count();
        meta.words += 1;
    }
    sort(&mut rows);
    insert(conn, segment.id, &rows.small, &rows.large)?;
    settle(conn, id, key, &segment, meta, 1)?;
    Ok(meta)
}

fn settle(
    conn: &Connection,
    id: CompartmentId,
    key: &CompartmentKey,
    segment: &Segment,
    meta: Meta,
    at_least: u32,
) -> Result<()> {
    let sealed = segment::seal_meta(id, key, &segment.salt, meta);
    segment::publish(conn, segment.id, level(meta.pairs).max(at_least), &sealed)
}

fn sort(rows: &mut Rows) {
    rows.small.sort_unstable_by_key(|(address, _)| *address);
    rows.large.sort_unstable_by_key(|(page, _)| *page);
}

/// How many rows from the front fit a piece of so many bytes; at least one.
fn fitting(piece: usize, sizes: impl Iterator<Item = usize>) -> usize {
    let mut total = 0;
    sizes
        .take_while(|size| {
            let fits = total < piece;
            total += size;
            fits
        })
        .count()
}

fn insert(
    conn: &Connection,
    segment: i64,
    small: &[(super::address::Address, Box<[u8]>)],
    large: &[(i64, Box<[u8]>)],
) -> Result<()> {
    let mut statement =
        conn.prepare_cached("INSERT INTO index_small (segment, a, b) VALUES (?1, ?2, ?3)")?;
    for (address, sealed) in small {
        statement.execute(params![segment, address.0, sealed])?;
    }
    let mut statement =
        conn.prepare_cached("INSERT INTO index_large (k, segment, b) VALUES (?1, ?2, ?3)")?;
    for (page, sealed) in large {
        statement
            .execute(params![page, segment, sealed])
            .map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::ConstraintViolation) => IndexError::Collision,
                _ => error.into(),
            })?;
    }
    Ok(())
}
