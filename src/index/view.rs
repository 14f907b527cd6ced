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

/// What a session keeps between searches on one connection: keys of segments, and views while nothing was committed.
///
/// **One cache per connection**: what it holds is valid as long as that connection sees no commit. Another connection's searches
/// only empty it.
#[derive(Default)]
pub struct Cache {
    keys: HashMap<[u8; SALT_LEN], Arc<SegmentKey>>,
    views: HashMap<CompartmentId, Arc<View>>,
    at: Option<At>,
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
    /// The compartment's view, from the cache if no one has committed since.
    pub(super) fn view(
        &mut self,
        conn: &Connection,
        id: CompartmentId,
        keys: &[CompartmentKey],
    ) -> Result<Arc<View>> {
        // What is seen inside a write transaction may be rolled back, and is kept nowhere.
        let keep = conn.transaction_state::<&str>(None)? != TransactionState::Write;
        let mut version = conn.prepare_cached("PRAGMA data_version")?;
        let at = At {
            connection: std::ptr::from_ref(conn) as usize,
            others: version.query_row([], |row| row.get(0))?,
            own: conn.total_changes(),
        };
        if !keep || self.at != Some(at) {
            self.views.clear();
            self.at = keep.then_some(at);
        }
        if let Some(view) = self.views.get(&id) {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(View::open_with(conn, id, keys, &mut self.keys)?);
        if keep {
            self.views.insert(id, Arc::clone(&view));
        }
        Ok(view)
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
        Self::open_with(conn, id, keys, &mut HashMap::new())
    }

    fn open_with(
        conn: &Connection,
        id: CompartmentId,
        keys: &[CompartmentKey],
        known: &mut HashMap<[u8; SALT_LEN], Arc<SegmentKey>>,
    ) -> Result<Self> {
        let mut view = Self {
            parts: Vec::new(),
            dead: Vec::new(),
        };
        if let Some(found) = compartment::find(conn, id)? {
            for segment in segment::readable(conn, found.row)? {
                if let Some(key) = keys
                    .iter()
                    .find(|key| key.generation() == segment.generation)
                {
                    let keys = known
                        .entry(segment.salt)
                        .or_insert_with(|| Arc::new(key.segment(&segment.salt)));
                    view.parts.push(Part {
                        keys: Arc::clone(keys),
                        segment,
                    });
                }
            }
        }
        view.dead = view.list(conn, &view.find(conn, keys, &Term::dead())?)?;
        Ok(view)
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
