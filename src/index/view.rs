//! One compartment as a search sees it: its packed segments with their keys, what was decoded of its logs, and the entries that are dead.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::TransactionState;

use super::change::FORMER;
use super::compartment::{self, CompartmentId};
use super::error::Result;
use super::kept::Kept;
use super::key::{CompartmentKey, SegmentKey};
use super::list::List;
use super::log;
use super::newest::Days;
use super::packed::{self, Head};
use super::posting;
use super::recent::Recent;
use super::segment::{self, Kind, Segment};
use super::set::Set;
use super::tag::Tag;
use super::term::Term;

/// A compartment's keys, as a session holds them: one for each generation, the newest last.
pub type HeldKeys<'k> = (CompartmentId, &'k [CompartmentKey]);

/// What a session keeps between searches on one connection: keys of segments, decoded logs, lists of the dead, lists asked for lately.
///
/// While nothing was committed a view is taken as it is. Afterwards the list of segments is read again, and only what is new in it
/// is opened: a segment never changes but for a log that grows at its end, of which the new rows are decoded.
#[derive(Default)]
pub struct Cache {
    views: HashMap<CompartmentId, (At, Arc<View>)>,
    united: Option<(Vec<Arc<Vec<u64>>>, Arc<Vec<u64>>)>,
    pub(super) days: Days,
    kept: Arc<Kept>,
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
        let mut version = conn.prepare_cached("PRAGMA data_version")?;
        let at = At {
            connection: std::ptr::from_ref(conn) as usize,
            others: version.query_row([], |row| row.get(0))?,
            own: conn.total_changes(),
        };
        let known = self.views.get(&id);
        let known = known.filter(|(seen, _)| seen.connection == at.connection);
        // What is seen inside a write transaction may be rolled back, and is kept nowhere.
        if conn.transaction_state::<&str>(None)? == TransactionState::Write {
            let parts = known.map_or_else(Vec::new, |(_, view)| view.parts.clone());
            let kept = Arc::clone(&self.kept);
            return Ok(Arc::new(View::of(conn, id, keys, parts, kept)?));
        }
        if let Some((seen, view)) = known
            && *seen == at
        {
            return Ok(Arc::clone(view));
        }
        let before = self.views.remove(&id);
        let parts = match before.filter(|(seen, _)| seen.connection == at.connection) {
            None => Vec::new(),
            Some((_, view)) => {
                Arc::try_unwrap(view).map_or_else(|shared| shared.parts.clone(), |view| view.parts)
            }
        };
        let kept = Arc::clone(&self.kept);
        let view = Arc::new(View::of(conn, id, keys, parts, kept)?);
        self.views.insert(id, (at, Arc::clone(&view)));
        Ok(view)
    }

    /// The entries that one of the views knows to be dead, ascending.
    pub(super) fn dead(&mut self, views: &[Arc<View>]) -> Arc<Vec<u64>> {
        let lists: Vec<_> = views
            .iter()
            .flat_map(|view| &view.parts)
            .map(|part| Arc::clone(&part.dead))
            .filter(|dead| !dead.is_empty())
            .collect();
        if let Some((known, dead)) = &self.united
            && known.len() == lists.len()
            && known.iter().zip(&lists).all(|(a, b)| Arc::ptr_eq(a, b))
        {
            return Arc::clone(dead);
        }
        let dead = Arc::new(posting::union(
            lists.iter().map(|dead| dead.to_vec()).collect(),
        ));
        self.united = Some((lists, Arc::clone(&dead)));
        dead
    }
}

/// The segments of a compartment that the held keys open.
pub(super) struct View {
    pub(super) parts: Vec<Part>,
    kept: Arc<Kept>,
}

/// A segment.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) segment: Segment,
    rows: Rows,
    /// What it lists as dead, ascending.
    dead: Arc<Vec<u64>>,
}

/// How a segment's words are found.
#[derive(Clone)]
enum Rows {
    /// Of a log: what was decoded of it.
    Log(Arc<Recent>),
    /// Of a packed one: with its keys, in the file.
    Packed(Arc<SegmentKey>),
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

    /// What the logs have, ascending.
    fn recent(&self) -> Vec<u64> {
        let mut recent = self.recent.clone();
        recent.sort_unstable();
        recent.dedup();
        recent
    }

    fn recent_now(&self) -> Vec<u64> {
        let mut recent = self.recent();
        recent.truncate(recent.partition_point(|rid| *rid < FORMER));
        recent
    }
}

impl View {
    /// The compartment as it stands, for a single use.
    pub(super) fn open(
        conn: &Connection,
        id: CompartmentId,
        keys: &[CompartmentKey],
    ) -> Result<Self> {
        Self::of(conn, id, keys, Vec::new(), Arc::default())
    }

    /// The compartment as it stands. What an earlier view has read of its segments is taken over.
    fn of(
        conn: &Connection,
        id: CompartmentId,
        keys: &[CompartmentKey],
        mut before: Vec<Part>,
        kept: Arc<Kept>,
    ) -> Result<Self> {
        let mut parts = Vec::new();
        for segment in segments(conn, id, keys)? {
            let known = before.iter().position(|part| part.segment.id == segment.id);
            let key = keys
                .iter()
                .find(|key| key.generation() == segment.generation)
                .expect("only segments with a key were listed");
            let dead = key.tag(&Term::dead());
            parts.push(match known {
                Some(at) => before.swap_remove(at).caught_up(conn, dead)?,
                None => Part::open(conn, segment, key)?,
            });
        }
        Ok(Self { parts, kept })
    }

    /// The entries that a later version replaced, ascending.
    pub(super) fn dead(&self) -> Vec<u64> {
        let lists = self.parts.iter().map(|part| part.dead.to_vec());
        posting::union(lists.collect())
    }

    /// Finds a word in every segment, without reading its blocks.
    pub(super) fn find(
        &self,
        conn: &Connection,
        keys: &[CompartmentKey],
        term: &Term,
    ) -> Result<Found> {
        self.find_among(0..self.parts.len(), conn, keys, term)
    }

    /// The same in some of the segments.
    pub(super) fn find_among(
        &self,
        parts: Range<usize>,
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
        for at in parts {
            let part = &self.parts[at];
            let Some(&(_, tag)) = tags
                .iter()
                .find(|(generation, _)| *generation == part.segment.generation)
            else {
                continue;
            };
            match &part.rows {
                Rows::Log(recent) => found.recent.extend(recent.list(tag)),
                Rows::Packed(keys) => {
                    let head = packed::head(conn, &part.segment, keys, tag)?;
                    found.heads.extend(head.map(|head| (at, tag, head)));
                }
            }
        }
        Ok(found)
    }

    /// The whole list of a word that was found, ascending: entries that say it now, then those that once did.
    pub(super) fn list(&self, conn: &Connection, found: &Found) -> Result<Vec<u64>> {
        let mut lists = vec![found.recent()];
        for list in self.lists(conn, found) {
            lists.push(list.whole()?);
        }
        Ok(posting::union(lists))
    }

    /// The entries that say a word now.
    pub(super) fn now(&self, conn: &Connection, found: &Found) -> Result<Set> {
        let mut sets = vec![Set::Listed(found.recent_now())];
        for list in self.lists(conn, found) {
            sets.push(list.now()?);
        }
        Ok(Set::union(sets))
    }

    /// Which of some entries, in ascending order, say a word now.
    pub(super) fn among(&self, conn: &Connection, found: &Found, rids: &[u64]) -> Result<Vec<u64>> {
        let mut lists = vec![posting::intersect(&found.recent_now(), rids)];
        for list in self.lists(conn, found) {
            lists.push(list.among(rids)?);
        }
        Ok(posting::union(lists))
    }

    fn lists<'a>(
        &'a self,
        conn: &'a Connection,
        found: &'a Found,
    ) -> impl Iterator<Item = List<'a>> {
        found.heads.iter().filter_map(move |(at, tag, head)| {
            let part = &self.parts[*at];
            let Rows::Packed(keys) = &part.rows else {
                return None;
            };
            let list = List::of(conn, &part.segment, keys, *tag, head);
            Some(list.keeping(&self.kept))
        })
    }
}

impl Part {
    /// How far its log was decoded; 0 where it is packed and never changes.
    pub(super) fn end(&self) -> u64 {
        match &self.rows {
            Rows::Log(recent) => recent.end(),
            Rows::Packed(_) => 0,
        }
    }

    fn open(conn: &Connection, segment: Segment, key: &CompartmentKey) -> Result<Self> {
        let dead = key.tag(&Term::dead());
        let (rows, dead) = match segment.kind {
            Kind::Log => {
                let recent = Recent::open(conn, &segment, key.log(&segment.salt))?;
                let dead = recent.list(dead);
                (Rows::Log(Arc::new(recent)), dead)
            }
            Kind::Packed => {
                let keys = key.segment(&segment.salt);
                let dead = match packed::head(conn, &segment, &keys, dead)? {
                    Some(head) => List::of(conn, &segment, &keys, dead, &head).whole()?,
                    None => Vec::new(),
                };
                (Rows::Packed(Arc::new(keys)), dead)
            }
        };
        Ok(Self {
            segment,
            rows,
            dead: Arc::new(dead),
        })
    }

    /// The same segment, with the rows that its log was given since.
    fn caught_up(mut self, conn: &Connection, dead: Tag) -> Result<Self> {
        if let Rows::Log(recent) = &mut self.rows
            && log::has_more(conn, &self.segment, recent.end())?
        {
            // Mostly nobody else holds it, and it grows where it stands.
            let recent = Arc::make_mut(recent);
            recent.catch_up(conn, &self.segment)?;
            let dead = recent.list(dead);
            if *self.dead != dead {
                self.dead = Arc::new(dead);
            }
        }
        Ok(self)
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
