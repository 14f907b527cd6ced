//! Merging segments: four of a level become one of the next; a rebuild makes one of all.
//!
//! Logs are grouped in memory, and packed inputs too where they are small. Of greater ones the heads are scanned; for each word not
//! met before, its lists in all inputs are united. Dead entries are dropped, and the list goes into a new segment under a fresh salt. Adding goes on meanwhile:
//! inputs never change, and new entries go to the open log. The last transaction checks that the inputs are still
//! searched, publishes the new segment and takes them out.
//!
//! What an earlier generation wrote changes no more, and becomes one packed segment of that generation: a log has a row an entry. That
//! it is written anew hands nobody anything, for who holds the old keys could read it before.
//!
//! The list of dead entries is carried along. It is forgotten only when every segment of the compartment is an input:
//! then nothing is left that it speaks of.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;

use super::build::{self, Build};
use super::compartment::{self, Compartment, CompartmentId};
use super::error::{IndexError, Result};
use super::key::{CompartmentKey, SegmentKey};
use super::lease::{self, Lease};
use super::list::List;
use super::log;
use super::packed;
use super::posting::{self, PostingList};
use super::segment::{self, Kind, Segment};
use super::tag::Tag;
use super::term::Term;
use super::transactor::Transactor;
use super::view::View;

/// How many segments of a level are merged into one of the next.
const FAN_IN: usize = 4;
/// Rows read in one transaction.
const PAGE: usize = 4_096;
/// How much memory the lists of small inputs may take, in bytes.
const MEMORY: u64 = 256 << 20;

/// What a merge did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Merged {
    /// Segments that became one.
    pub inputs: usize,
    /// (word, entry) pairs in the new segment.
    pub pairs: u64,
}

/// Whether a level is full, or an earlier generation not yet one segment, so that [`merge`] would find work.
pub fn is_due(conn: &Connection, id: CompartmentId, keys: &[CompartmentKey]) -> Result<bool> {
    match compartment::find(conn, id)? {
        Some(found) => Ok(full_level(conn, found, keys)?.is_some()),
        None => Ok(false),
    }
}

/// Merges one full level of the newest generation, the lowest first, or what an earlier generation left. `None` if there is neither; call
/// it until then.
///
/// `keys` are the compartment's, of every generation held, the newest last.
pub fn merge(
    transactor: &impl Transactor,
    id: CompartmentId,
    keys: &[CompartmentKey],
) -> Result<Option<Merged>> {
    run(transactor, id, keys, |conn, found| {
        Ok(full_level(conn, found, keys)?.map(|inputs| Inputs {
            at_least: inputs[0].level + 1,
            segments: inputs,
            forget_dead: false,
            memory: MEMORY,
        }))
    })
}

/// Merges all segments of the newest generation into one, and forgets the dead entries if no other generation is left.
/// `None` if there is nothing to gain: one segment at most, and nothing dead in it.
pub fn rebuild(
    transactor: &impl Transactor,
    id: CompartmentId,
    keys: &[CompartmentKey],
) -> Result<Option<Merged>> {
    rebuild_within(transactor, id, keys, MEMORY)
}

/// [`rebuild`] with so many bytes of memory for small inputs.
pub(super) fn rebuild_within(
    transactor: &impl Transactor,
    id: CompartmentId,
    keys: &[CompartmentKey],
    memory: u64,
) -> Result<Option<Merged>> {
    run(transactor, id, keys, |conn, found| {
        segment::seal_open_logs(conn, found.row)?;
        let all = segment::readable(conn, found.row)?;
        let inputs: Vec<Segment> = all
            .iter()
            .filter(|segment| segment.generation == found.generation)
            .cloned()
            .collect();
        let forget_dead = inputs.len() == all.len();
        let nothing_dead = View::open(conn, id, keys)?.dead().is_empty();
        let done = matches!(
            inputs.as_slice(),
            [] | [Segment {
                kind: Kind::Packed,
                ..
            }]
        ) && (nothing_dead || !forget_dead);
        Ok((!done).then_some(Inputs {
            segments: inputs,
            at_least: 1,
            forget_dead,
            memory,
        }))
    })
}

/// Of one generation.
struct Inputs {
    segments: Vec<Segment>,
    /// The least level of the new segment: one that shrank still moves up, so that merging comes to rest.
    at_least: u32,
    forget_dead: bool,
    memory: u64,
}

fn full_level(
    conn: &Connection,
    found: Compartment,
    keys: &[CompartmentKey],
) -> Result<Option<Vec<Segment>>> {
    let mut levels: BTreeMap<u32, Vec<Segment>> = BTreeMap::new();
    let mut earlier: BTreeMap<u32, Vec<Segment>> = BTreeMap::new();
    for segment in segment::closed(conn, found.row)? {
        if segment.generation == found.generation {
            levels.entry(segment.level).or_default().push(segment);
        } else {
            earlier.entry(segment.generation).or_default().push(segment);
        }
    }
    let full = levels
        .into_values()
        .find(|segments| segments.len() >= FAN_IN);
    let held = |generation: u32| keys.iter().any(|key| key.generation() == generation);
    let left = earlier.into_iter().find(|(generation, segments)| {
        let is_log = |segment: &Segment| segment.kind == Kind::Log;
        held(*generation) && (segments.len() > 1 || segments.iter().any(is_log))
    });
    Ok(full.or(left.map(|(_, segments)| segments)))
}

fn run<T: Transactor>(
    transactor: &T,
    id: CompartmentId,
    keys: &[CompartmentKey],
    choose: impl FnOnce(&Connection, Compartment) -> Result<Option<Inputs>>,
) -> Result<Option<Merged>> {
    let now = transactor.now();
    let begun = transactor.write(|conn| {
        let Some(found) = compartment::find(conn, id)? else {
            return Ok(None);
        };
        let lease = lease::take(conn, found, now)?;
        match choose(conn, found)? {
            Some(inputs) => Ok(Some((found, lease, inputs))),
            None => lease.release(conn, found).map(|()| None),
        }
    })?;
    let Some((found, lease, inputs)) = begun else {
        return Ok(None);
    };
    let merged =
        Job::open(transactor, id, keys, found, inputs).and_then(|job| job.write(transactor));
    end(transactor, found, &lease);
    merged.map(Some)
}

fn end(transactor: &impl Transactor, found: Compartment, lease: &Lease) {
    let release = || transactor.write(|conn| lease.release(conn, found));
    // Work that is stopped here is done already, and only the lease is to be given back. If that fails it runs out by itself.
    if matches!(release(), Err(IndexError::Stopped)) {
        let _ = release();
    }
}

struct Job<'k> {
    id: CompartmentId,
    key: &'k CompartmentKey,
    /// Lists of the logs and of small packed inputs.
    gathered: HashMap<Tag, Vec<u64>>,
    packed: Vec<(Segment, SegmentKey)>,
    replaced: Vec<i64>,
    level: u32,
    dead: Vec<u64>,
    dead_tag: Tag,
    forget_dead: bool,
}

impl<'k> Job<'k> {
    fn open(
        transactor: &impl Transactor,
        id: CompartmentId,
        keys: &'k [CompartmentKey],
        found: Compartment,
        chosen: Inputs,
    ) -> Result<Self> {
        let generation = chosen
            .segments
            .first()
            .map_or(found.generation, |segment| segment.generation);
        let key = keys
            .iter()
            .find(|key| key.generation() == generation)
            .ok_or(IndexError::StaleKey {
                held: keys
                    .iter()
                    .map(CompartmentKey::generation)
                    .max()
                    .unwrap_or(0),
                current: found.generation,
            })?;
        let mut memory = chosen.memory;
        let mut merge = Self {
            id,
            key,
            gathered: HashMap::new(),
            packed: Vec::new(),
            replaced: chosen.segments.iter().map(|segment| segment.id).collect(),
            level: chosen.at_least,
            dead: transactor.read(|conn| Ok(View::open(conn, id, keys)?.dead()))?,
            dead_tag: key.tag(&Term::dead()),
            forget_dead: chosen.forget_dead,
        };
        for input in chosen.segments {
            if input.kind == Kind::Log {
                let log_key = key.log(&input.salt);
                transactor.read(|conn| {
                    log::read(conn, &input, &log_key, 0, |tag, rid| {
                        merge.gathered.entry(tag).or_default().push(rid);
                    })
                })?;
                continue;
            }
            let segment_key = key.segment(&input.salt);
            let meta = segment::open_meta(id, key, &input)?;
            let size = meta.pairs * 8 + meta.words * 96;
            if size <= memory {
                // Looking up each of its words in the others would cost far more than reading it from end to end.
                memory -= size;
                merge.gather(transactor, &input, &segment_key)?;
            } else {
                merge.packed.push((input, segment_key));
            }
        }
        for rids in merge.gathered.values_mut() {
            rids.sort_unstable();
            rids.dedup();
        }
        Ok(merge)
    }

    /// Reads a whole packed input into memory.
    fn gather(
        &mut self,
        transactor: &impl Transactor,
        input: &Segment,
        keys: &SegmentKey,
    ) -> Result<()> {
        let mut after = None;
        loop {
            after = transactor.read(|conn| {
                let page = packed::heads_after(conn, input, keys, after, PAGE)?;
                for (tag, head) in page.heads {
                    let list = List::of(conn, input, keys, tag, &head).whole()?;
                    self.gathered.entry(tag).or_default().extend(list);
                }
                Ok(page.next)
            })?;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn write<T: Transactor>(&self, transactor: &T) -> Result<Merged> {
        let built = build::build(
            transactor,
            self.id,
            self.key,
            |conn| {
                let found = compartment::find(conn, self.id)?.ok_or(IndexError::Overtaken)?;
                Ok(Compartment {
                    generation: self.key.generation(),
                    ..found
                })
            },
            self.level,
            |build| self.fill(transactor, build),
            |conn, _| {
                for input in &self.replaced {
                    if !segment::kill(conn, *input)? {
                        return Err(IndexError::Overtaken);
                    }
                }
                Ok(())
            },
        );
        Ok(Merged {
            inputs: self.replaced.len(),
            pairs: built?.pairs,
        })
    }

    fn fill<T: Transactor>(&self, transactor: &T, build: &mut Build<'_, T>) -> Result<()> {
        let mut met: HashSet<Tag> = HashSet::new();
        for (at, (input, keys)) in self.packed.iter().enumerate() {
            let mut after = None;
            loop {
                let (lists, next) = transactor.read(|conn| {
                    let page = packed::heads_after(conn, input, keys, after, PAGE)?;
                    let mut lists = Vec::with_capacity(page.heads.len());
                    for (tag, head) in page.heads {
                        if met.insert(tag) {
                            let first = List::of(conn, input, keys, tag, &head).whole()?;
                            lists.push((tag, self.unite(conn, tag, first, at + 1)?));
                        }
                    }
                    Ok((lists, page.next))
                })?;
                for (tag, rids) in lists {
                    self.push(build, tag, &rids)?;
                }
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        for (tag, rids) in self.gathered.iter().filter(|(tag, _)| !met.contains(tag)) {
            self.push(build, *tag, rids)?;
        }
        Ok(())
    }

    /// A word's list in what was gathered and in the packed inputs from position `from` on, and the list at hand.
    fn unite(&self, conn: &Connection, tag: Tag, first: Vec<u64>, from: usize) -> Result<Vec<u64>> {
        let mut lists = vec![first];
        lists.extend(self.gathered.get(&tag).cloned());
        for (input, keys) in &self.packed[from..] {
            if let Some(head) = packed::head(conn, input, keys, tag)? {
                lists.push(List::of(conn, input, keys, tag, &head).whole()?);
            }
        }
        Ok(posting::union(lists))
    }

    fn push<T: Transactor>(&self, build: &mut Build<'_, T>, tag: Tag, rids: &[u64]) -> Result<()> {
        if tag != self.dead_tag {
            return build.push(
                tag,
                &PostingList::from_sorted(&posting::subtract(rids, &self.dead)),
            );
        }
        if self.forget_dead {
            Ok(())
        } else {
            build.push(tag, &PostingList::from_sorted(rids))
        }
    }
}
