//! One compartment as a search sees it: its segments with their keys, and the entries that are dead.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::TransactionState;

use super::compartment::{self, CompartmentId};
use super::error::Result;
use super::key::{CompartmentKey, SALT_LEN, SegmentKey};
use super::log;
use super::packed::{self, Head};
use super::posting;
use super::segment::{self, Kind, Segment};
use super::tag::Tag;
use super::term::Term;

/// A compartment's keys, as a session holds them: one for each generation, the newest last.
pub type HeldKeys<'k> = (CompartmentId, &'k [CompartmentKey]);

/// What a session keeps between searches on one connection: keys of segments, views, lists of the dead.
///
/// While nothing was committed a view is taken as it is. Afterwards the list of segments is read again, and only what is new in it
/// is opened: a segment never changes but for a log that grows, and that shows in its count of rows.
#[derive(Default)]
pub struct Cache {
    keys: HashMap<[u8; SALT_LEN], Arc<SegmentKey>>,
    views: HashMap<CompartmentId, (At, Arc<View>)>,
    united: Option<(Vec<Arc<View>>, Arc<Vec<u64>>)>,
}

/// A state of the file, as a connection tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct At {
    /// Which connection: the counts are its own.
    connection: usize,
    /// Moves when another connection commits.
    others: i64,
    /// Rows that this connection has changed.
    own: u64,
}

impl Cache {
    /// The compartment's view as it stands.
    pub(super) fn view(
        &mut self,
        conn: &Connection,
        id: CompartmentId,
        keys: &[CompartmentKey],
    ) -> Result<Arc<View>> {
        // What is seen inside a write transaction may be rolled back, and is kept nowhere.
        if conn.transaction_state::<&str>(None)? == TransactionState::Write {
            return Ok(Arc::new(View::open(conn, id, keys)?));
        }
        let mut version = conn.prepare_cached("PRAGMA data_version")?;
        let at = At {
            connection: std::ptr::from_ref(conn) as usize,
            others: version.query_row([], |row| row.get(0))?,
            own: conn.total_changes(),
        };
        let known = self.views.get(&id);
        let known = known.filter(|(seen, _)| seen.connection == at.connection);
        if let Some((seen, view)) = known
            && *seen == at
        {
            return Ok(Arc::clone(view));
        }
        let before = known.map(|(_, view)| Arc::clone(view));
        let segments = segments(conn, id, keys)?;
        let view = match before {
            Some(view) if view.is_of(&segments) => view,
            before => Arc::new(View::of(
                conn,
                segments,
                keys,
                &mut self.keys,
                before.as_deref(),
            )?),
        };
        self.views.insert(id, (at, Arc::clone(&view)));
        let views = self.views.values();
        let read: Vec<&[u8; SALT_LEN]> = views
            .flat_map(|(_, view)| view.parts.iter().map(|part| &part.segment.salt))
            .collect();
        self.keys.retain(|salt, _| read.contains(&salt));
        Ok(view)
    }

    /// The entries that one of the views knows to be dead, ascending.
    pub(super) fn dead(&mut self, views: &[Arc<View>]) -> Arc<Vec<u64>> {
        if let Some((known, dead)) = &self.united
            && known.len() == views.len()
            && known.iter().zip(views).all(|(a, b)| Arc::ptr_eq(a, b))
        {
            return Arc::clone(dead);
        }
        let dead = Arc::new(posting::union(
            views.iter().map(|view| view.dead.clone()).collect(),
        ));
        self.united = Some((views.to_vec(), Arc::clone(&dead)));
        dead
    }
}

/// The segments of a compartment that the held keys open.
pub(super) struct View {
    pub(super) parts: Vec<Part>,
    /// Entries that a later version replaced, ascending.
    pub(super) dead: Vec<u64>,
}

/// A segment and its keys.
pub(super) struct Part {
    pub(super) segment: Segment,
    pub(super) keys: Arc<SegmentKey>,
    /// What it lists as dead, ascending.
    dead: Arc<Vec<u64>>,
}

/// Where a word was found, before its blocks are read.
pub(super) struct Found {
    /// Entries of the logs.
    recent: Vec<u64>,
    /// Heads, with the positions of their parts and the tag in the part's generation.
    heads: Vec<(usize, Tag, Head)>,
}

impl Found {
    /// How long the list is; entries that stand in two segments count twice.
    pub(super) fn count(&self) -> u64 {
        self.recent.len() as u64
            + self
                .heads
                .iter()
                .map(|(_, _, head)| head.count)
                .sum::<u64>()
    }
}

impl View {
    /// The compartment as it stands, for a single use.
    pub(super) fn open(
        conn: &Connection,
        id: CompartmentId,
        keys: &[CompartmentKey],
    ) -> Result<Self> {
        let segments = segments(conn, id, keys)?;
        Self::of(conn, segments, keys, &mut HashMap::new(), None)
    }

    /// A view of these segments. What an earlier view of them has read is taken over.
    fn of(
        conn: &Connection,
        segments: Vec<Segment>,
        keys: &[CompartmentKey],
        known: &mut HashMap<[u8; SALT_LEN], Arc<SegmentKey>>,
        before: Option<&View>,
    ) -> Result<Self> {
        let mut parts = Vec::with_capacity(segments.len());
        for segment in segments {
            let before = before
                .iter()
                .flat_map(|view| &view.parts)
                .find(|part| part.segment.id == segment.id && part.segment.rows == segment.rows);
            let key = keys
                .iter()
                .find(|key| key.generation() == segment.generation)
                .expect("only segments with a key were listed");
            let segment_keys = Arc::clone(
                known
                    .entry(segment.salt)
                    .or_insert_with(|| Arc::new(key.segment(&segment.salt))),
            );
            let dead = match before {
                Some(part) => Arc::clone(&part.dead),
                None => Arc::new(part_list(
                    conn,
                    &segment,
                    &segment_keys,
                    key.tag(&Term::dead()),
                )?),
            };
            parts.push(Part {
                segment,
                keys: segment_keys,
                dead,
            });
        }
        let dead = posting::union(parts.iter().map(|part| part.dead.to_vec()).collect());
        Ok(Self { parts, dead })
    }

    /// Whether these are the segments that it was made of.
    fn is_of(&self, segments: &[Segment]) -> bool {
        self.parts.len() == segments.len()
            && self.parts.iter().zip(segments).all(|(part, segment)| {
                (part.segment.id, part.segment.rows) == (segment.id, segment.rows)
            })
    }

    /// Finds a word in every segment, without reading its blocks.
    pub(super) fn find(
        &self,
        conn: &Connection,
        keys: &[CompartmentKey],
        term: &Term,
    ) -> Result<Found> {
        let tags: Vec<(u32, Tag)> = keys
            .iter()
            .map(|key| (key.generation(), key.tag(term)))
            .collect();
        let mut found = Found {
            recent: Vec::new(),
            heads: Vec::new(),
        };
        for (at, part) in self.parts.iter().enumerate() {
            let Some(&(_, tag)) = tags
                .iter()
                .find(|(generation, _)| *generation == part.segment.generation)
            else {
                continue;
            };
            match part.segment.kind {
                Kind::Log => found
                    .recent
                    .extend(log::list(conn, &part.segment, &part.keys, tag)?),
                Kind::Packed => {
                    found.heads.extend(
                        packed::head(conn, &part.segment, &part.keys, tag)?
                            .map(|head| (at, tag, head)),
                    );
                }
            }
        }
        Ok(found)
    }

    /// The whole list of a word that was found, ascending.
    pub(super) fn list(&self, conn: &Connection, found: &Found) -> Result<Vec<u64>> {
        let mut lists = Vec::with_capacity(found.heads.len() + 1);
        for (at, tag, head) in &found.heads {
            let part = &self.parts[*at];
            lists.push(packed::list(conn, &part.segment, &part.keys, *tag, head)?);
        }
        if !found.recent.is_empty() {
            let mut recent = found.recent.clone();
            recent.sort_unstable();
            recent.dedup();
            lists.push(recent);
        }
        Ok(posting::union(lists))
    }
}

/// The segments of a compartment whose keys are held, oldest first.
fn segments(conn: &Connection, id: CompartmentId, keys: &[CompartmentKey]) -> Result<Vec<Segment>> {
    let Some(found) = compartment::find(conn, id)? else {
        return Ok(Vec::new());
    };
    let mut segments = segment::readable(conn, found.row)?;
    segments.retain(|segment| {
        keys.iter()
            .any(|key| key.generation() == segment.generation)
    });
    Ok(segments)
}

/// The whole list of a word in one segment, ascending.
fn part_list(
    conn: &Connection,
    segment: &Segment,
    keys: &SegmentKey,
    tag: Tag,
) -> Result<Vec<u64>> {
    match segment.kind {
        Kind::Log => log::list(conn, segment, keys, tag),
        Kind::Packed => match packed::head(conn, segment, keys, tag)? {
            Some(head) => packed::list(conn, segment, keys, tag, &head),
            None => Ok(Vec::new()),
        },
    }
}
