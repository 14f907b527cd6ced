//! The attack on our index: everything that its file tells, used as well as it can be.
//!
//! The file never says which rows belong to one word, so there are no frequencies to rank. What it does tell:
//!
//! - which segment a row lies in, and of a packed one how many rows have each of five sizes. How large a head is depends on
//!   how long its list is, so a likely code is given to a head of the size that its list probably has, where there are
//!   fewest of that size to confuse it with. The adversary knows the layout by heart: it works out, for every code, how likely
//!   its head is of each size. Medium blocks look like heads of the greatest size and get names in vain;
//! - how many entries each log has. Its rows are of one size whatever their words: the adversary is even told how many codes each has, and
//!   deals out names as often as each code is likely;
//! - of one copy, about how many entries a packed segment covers, from how many heads it has;
//! - of many copies, exactly how many: that of the logs that went into it.
//!
//! The world is the same in every run, but the salts of the segments are not, and they decide which head of a size gets which name: a
//! right guess at one frequent code is worth a per cent. **Judge by several runs.**

use std::collections::HashMap;
use std::path::Path;

use chartseal::index::address::Address;
use chartseal::index::packed::{HEADS, MEDIUM};
use chartseal::index::tag::Tag;
use chartseal::index::{self, Change, CompartmentKey, Field, Term, Transactor, log};
use rusqlite::Connection;
use workload::leak::{CODES, Handle, World, prior, report, word};
use workload::random::Random;

use crate::ours::{File, ID, key};

/// What a box of a packed segment adds to its content.
const SEAL: usize = 12;
/// What a row of a log adds to its content.
const LOG_SEAL: usize = 28;
/// Codes of an entry, on average.
const PER_ENTRY: f64 = 2.5;
/// Heads larger than this number of bytes spill into blocks, and what is left of them has any length.
const SPILLS: f64 = MEDIUM as f64;

/// Builds the file, steals it day by day and names what is in it.
pub fn attack(dir: &Path) {
    let world = World::new();
    let file = File::open(dir);
    file.0
        .borrow()
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 10000")
        .expect("nothing here has to last");
    let key = key();
    let mut next = 1;
    let mut write = |entries: &[Vec<u64>]| {
        for codes in entries {
            let terms = codes
                .iter()
                .map(|code| Term::new(Field::Diagnosis, word(*code)));
            let change = Change {
                rid: next,
                terms: terms.collect(),
                replaces: None,
            };
            file.write(|conn| index::add(conn, ID, &key, std::slice::from_ref(&change)))
                .expect("added");
            next += 1;
            file.tend(&key);
        }
    };
    let truth = Truth::new(&key);
    let mut thief = Thief::default();
    write(&world.history);
    thief.copy(&file.0.borrow());
    report("one", &thief.named(&file.0.borrow(), &truth));
    for day in &world.days {
        write(day);
        thief.copy(&file.0.borrow());
    }
    report("many", &thief.named(&file.0.borrow(), &truth));
}

/// A segment as a copy shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    id: i64,
    packed: bool,
}

/// What a thief has noted from copy to copy.
#[derive(Default)]
struct Thief {
    last: Vec<Seen>,
    /// How many entries a packed segment covers, where its inputs were seen.
    entries: HashMap<i64, f64>,
}

impl Thief {
    /// Reads a copy, and works out what has become of the segments of the last one.
    fn copy(&mut self, conn: &Connection) {
        let seen = segments(conn);
        let is_in = |list: &[Seen], id| list.iter().any(|seen| seen.id == id);
        let gone: Vec<&Seen> = self
            .last
            .iter()
            .filter(|old| !is_in(&seen, old.id))
            .collect();
        let new: Vec<&Seen> = seen
            .iter()
            .filter(|new| new.packed && !is_in(&self.last, new.id))
            .collect();
        if let ([new], false) = (&new[..], gone.is_empty()) {
            // A log is merged when it is full, and entries of few codes have rows of the least size.
            let of_log = (log::FULL / (log::FLOOR + LOG_SEAL) as u64) as f64;
            let parts: Option<f64> = gone
                .iter()
                .map(|old| {
                    if old.packed {
                        self.entries.get(&old.id).copied()
                    } else {
                        Some(of_log)
                    }
                })
                .sum();
            self.entries.extend(parts.map(|entries| (new.id, entries)));
        }
        self.last = seen;
    }

    /// Names every row of the copy at hand.
    fn named(&self, conn: &Connection, truth: &Truth) -> Vec<Handle> {
        let mut handles = Vec::new();
        let mut random = Random::new(5);
        for segment in &self.last {
            if segment.packed {
                let rows = rows(conn, segment.id);
                let sizes: Vec<usize> =
                    rows.iter().map(|(_, sealed)| sealed.len() - SEAL).collect();
                let entries = self.entries.get(&segment.id).copied();
                let names = name_by_size(&sizes, entries.unwrap_or_else(|| entries_of(&sizes)));
                handles.extend(rows.iter().zip(names).map(|((address, sealed), named)| {
                    truth.of_head(conn, segment.id, *address, sealed, named)
                }));
            } else {
                for code in truth.of_log(conn, segment.id) {
                    handles.push(Handle {
                        truth: code,
                        occurrences: 1,
                        named: workload::corpus::DIAGNOSES.draw(&mut random),
                    });
                }
            }
        }
        handles
    }
}

fn segments(conn: &Connection) -> Vec<Seen> {
    let mut statement = conn
        .prepare("SELECT id, kind FROM segment WHERE state IN (1, 2, 3) ORDER BY id")
        .expect("prepared");
    let rows = statement
        .query_map([], |row| {
            Ok(Seen {
                id: row.get(0)?,
                packed: row.get::<_, i64>(1)? == 1,
            })
        })
        .expect("read");
    rows.map(|row| row.expect("read")).collect()
}

fn rows(conn: &Connection, segment: i64) -> Vec<(Address, Vec<u8>)> {
    let mut statement = conn
        .prepare("SELECT a, b FROM index_small WHERE segment = ?1")
        .expect("prepared");
    let rows = statement
        .query_map([segment], |row| Ok((Address(row.get(0)?), row.get(1)?)))
        .expect("read");
    rows.map(|row| row.expect("read")).collect()
}

/// About how many entries a segment covers: so many that as many different codes are expected in them as it has heads.
fn entries_of(sizes: &[usize]) -> f64 {
    let heads = sizes.len() as f64;
    let (mut low, mut high) = (1.0f64, 1e9);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let codes: f64 = (1..CODES)
            .map(|code| 1.0 - (-middle * PER_ENTRY * prior(code)).exp())
            .sum();
        if codes < heads {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

/// Names heads by their sizes: each code, the likeliest first, goes to a head of the size where it is likeliest to be right.
fn name_by_size(sizes: &[usize], entries: f64) -> Vec<u64> {
    let mut free: [Vec<usize>; HEADS.len()] = Default::default();
    for (row, size) in sizes.iter().enumerate() {
        let class = HEADS
            .iter()
            .position(|head| head == size)
            .expect("heads have five sizes");
        free[class].push(row);
    }
    let rows = free.each_ref().map(|class| class.len() as f64);
    let mut names = vec![0; sizes.len()];
    for code in 1..CODES {
        let likely = likely_sizes(entries * PER_ENTRY * prior(code), entries);
        let best = (0..HEADS.len())
            .filter(|class| !free[*class].is_empty())
            .max_by(|a, b| (likely[*a] / rows[*a]).total_cmp(&(likely[*b] / rows[*b])));
        match best.and_then(|class| free[class].pop()) {
            Some(row) => names[row] = code,
            None => break,
        }
    }
    names
}

/// How likely the head of a list is of each size, for a code that is expected so often in so many entries.
fn likely_sizes(expected: f64, entries: f64) -> [f64; HEADS.len()] {
    let mut likely = [0.0; HEADS.len()];
    let most = (expected + 8.0 * expected.sqrt() + 8.0) as u64;
    let mut probability = (-expected).exp();
    for length in 1..=most {
        // Poisson; where the expectation is too great for that, its middle will do.
        probability *= expected / length as f64;
        let (length, weight) = if expected > 500.0 {
            (expected, 1.0)
        } else {
            (length as f64, probability)
        };
        let gap = entries / length;
        // A distance takes one byte below 2^7, two below 2^14, three above; distances are about exponential.
        let bytes = 1.0 + (-128.0 / gap).exp() + (-16_384.0 / gap).exp();
        let size = 4.0 + (length - 1.0) * bytes;
        let mut least = 0.0;
        for (class, most) in HEADS.into_iter().map(|most| most as f64).enumerate() {
            if size > SPILLS {
                likely[class] += weight * (most - least) / SPILLS;
            } else if size > least && size <= most {
                likely[class] += weight;
            }
            least = most;
        }
        if expected > 500.0 {
            break;
        }
    }
    likely
}

/// What the keys tell, for the score.
struct Truth<'k> {
    key: &'k CompartmentKey,
    codes: HashMap<Tag, u64>,
}

impl<'k> Truth<'k> {
    fn new(key: &'k CompartmentKey) -> Self {
        let tag = |code| key.tag(&Term::new(Field::Diagnosis, word(code)));
        Self {
            key,
            codes: (1..CODES).map(|code| (tag(code), code)).collect(),
        }
    }

    fn of_head(
        &self,
        conn: &Connection,
        segment: i64,
        address: Address,
        sealed: &[u8],
        named: u64,
    ) -> Handle {
        let keys = self.key.segment(&salt(conn, segment));
        let (tag, i) = keys.address().invert(address);
        let mut occurrences = 0;
        if i == 0 {
            let nonce = address
                .0
                .first_chunk()
                .expect("an address is longer than a nonce");
            let mut plain = sealed.to_vec();
            keys.seal()
                .open_in_place(nonce, &address.0, &mut plain)
                .expect("the seal holds");
            occurrences = leb128(&plain) >> 1;
        }
        Handle {
            truth: self.codes.get(&tag).copied().filter(|_| i == 0),
            occurrences,
            named,
        }
    }

    /// The codes of every row of a log.
    fn of_log(&self, conn: &Connection, segment: i64) -> Vec<Option<u64>> {
        let key = self.key.log(&salt(conn, segment));
        let mut statement = conn
            .prepare("SELECT k, b FROM index_log WHERE k >> 32 = ?1")
            .expect("prepared");
        let rows = statement
            .query_map([segment], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("read");
        let mut codes = Vec::new();
        for row in rows {
            let (k, sealed): (i64, Vec<u8>) = row.expect("read");
            let plain = key.open(&k.to_be_bytes(), &sealed).expect("the seal holds");
            // One list: number, count, tags.
            let (head, tags) = plain.expose().split_at(12);
            let count = u32::from_be_bytes(*head[8..].first_chunk().expect("four bytes"));
            let tags = tags.chunks_exact(12).take(count as usize);
            codes.extend(tags.map(|tag| {
                let tag = Tag(tag.try_into().expect("twelve bytes"));
                self.codes.get(&tag).copied()
            }));
        }
        codes
    }
}

fn salt(conn: &Connection, segment: i64) -> [u8; 32] {
    conn.prepare_cached("SELECT salt FROM segment WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([segment], |row| row.get(0)))
        .expect("it is there")
}

fn leb128(bytes: &[u8]) -> u64 {
    let mut n = 0;
    for (i, byte) in bytes.iter().enumerate() {
        n |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            break;
        }
    }
    n
}
