//! The search index: bytes of file a pair, build rate, look-ups, the cost of adding an entry.
//!
//! `cargo bench --bench index [-- RECORDS]`, 100 000 records unless said. A record has about 39 words: patient, names and their
//! beginnings, one to four diagnoses, medicines, the seven nodes of its day, twelve words of text, all of realistic skew.
//! Figures are quoted beside the physical limit or the ratio that they run into.

#[path = "corpus/random.rs"]
mod random;

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use chartseal::crypto::Secret;
use chartseal::index::{
    self, Bulk, Cache, Change, CompartmentId, CompartmentKey, Field, IndexError, Mode, SCHEMA,
    Term, Transactor, query,
};
use chartseal::ledger::{Section, UnitId};
use random::Random;
use rusqlite::{Connection, TransactionBehavior};

const ID: CompartmentId = CompartmentId {
    unit: UnitId([1; 16]),
    section: Section::Clinical,
};

fn record(random: &mut Random, rid: u64, records: u64) -> Vec<Term> {
    let patient = random.below((records / 5).max(1));
    let mut own = Random(patient.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..4 {
        own.next();
    }
    let (family, given) = (own.zipf(88_000.0, 0.9), own.zipf(5_000.0, 0.9));
    let mut terms = vec![
        Term::new(Field::Mrn, patient.to_be_bytes()),
        Term::new(Field::Name, family.to_be_bytes()),
        Term::new(Field::Name, (given | (1 << 40)).to_be_bytes()),
        Term::new(Field::Kind, own.below(2).to_be_bytes()),
    ];
    for (name, sizes) in [
        (family, [400u64, 3_500, 15_000, 40_000, 70_000]),
        (given | (1 << 40), [200, 900, 2_000, 3_500, 4_500]),
    ] {
        for (letters, size) in (2u8..).zip(sizes) {
            let stem = name.wrapping_mul(2_654_435_761) % size;
            terms.push(Term::new(
                Field::NamePrefix,
                [&[letters, (name >> 40) as u8][..], &stem.to_be_bytes()].concat(),
            ));
        }
    }
    for _ in 0..=random.below(4) {
        let diagnosis = random.zipf(70_000.0, 1.05);
        terms.push(Term::new(Field::Diagnosis, diagnosis.to_be_bytes()));
        terms.push(Term::new(
            Field::Diagnosis,
            ((diagnosis / 36) | (1 << 40)).to_be_bytes(),
        ));
    }
    for _ in 0..random.below(4) {
        terms.push(Term::new(
            Field::Medicine,
            random.zipf(5_000.0, 1.05).to_be_bytes(),
        ));
    }
    let day = 82_000 + rid * 3_650 / records + random.below(30);
    terms.extend((0..7u8).map(|level| {
        Term::new(
            Field::Day,
            [&[level][..], &(day >> (2 * level)).to_be_bytes()].concat(),
        )
    }));
    terms.extend((0..12).map(|_| Term::new(Field::Any, word(random.zipf(200_000.0, 1.02)))));
    terms.sort_unstable();
    terms.dedup();
    terms
}

fn word(rank: u64) -> String {
    format!("w{rank}")
}

struct File(RefCell<Connection>);

impl File {
    fn new(path: &Path) -> Self {
        let conn = Connection::open(path).expect("the file opens");
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -65536;
             CREATE TABLE entry (seq INTEGER PRIMARY KEY, core BLOB, body BLOB)",
        )
        .expect("pragmas");
        conn.set_prepared_statement_cache_capacity(64);
        conn.execute_batch(SCHEMA).expect("the schema is valid");
        Self(RefCell::new(conn))
    }
}

impl Transactor for File {
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let mut conn = self.0.borrow_mut();
        work(&*conn.transaction()?)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let mut conn = self.0.borrow_mut();
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
    }
}

fn main() {
    let records = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(100_000u64);
    let dir = tempfile::tempdir().expect("a directory");
    let key = CompartmentKey::new(&Secret::new([7; 32]), 1);
    println!("{records} records, file on {}", dir.path().display());

    let one = File::new(&dir.path().join("one.db"));
    bulk(&one, &key, records, 1);
    report_size(&one, &key, "one segment");
    lookups(&one, &key, "one segment");
    adds(&one, &key, records);
    cold(&one, &key);
    rebuild(&one, &key);

    let many = File::new(&dir.path().join("many.db"));
    bulk(&many, &key, records, 20);
    report_size(&many, &key, "20 segments");
    lookups(&many, &key, "20 segments");
    rebuild(&many, &key);
    report_size(&many, &key, "rebuilt into one");
    lookups(&many, &key, "rebuilt into one");
}

fn bulk(file: &File, key: &CompartmentKey, records: u64, segments: u64) {
    let mut random = Random(42);
    let (mut gathering, mut writing, mut pairs) = (Spent::default(), Spent::default(), 0);
    for part in 0..segments {
        let mut bulk = Bulk::new(ID, std::slice::from_ref(key)).expect("a key");
        let mut rids = part * records / segments..(part + 1) * records / segments;
        loop {
            let changes: Vec<Change> = rids
                .by_ref()
                .take(10_000)
                .map(|rid| Change {
                    rid: rid + 1,
                    terms: record(&mut random, rid, records),
                    replaces: None,
                })
                .collect();
            if changes.is_empty() {
                break;
            }
            gathering.measure(|| {
                for change in &changes {
                    bulk.push(change);
                }
            });
        }
        pairs += writing.measure(|| bulk.write(file, Mode::Add).expect("written").pairs);
    }
    println!(
        "build, {segments} segment(s): {pairs} pairs ({:.1} a record); gather {}, tag, seal and write {}",
        pairs as f64 / records as f64,
        gathering.rate(pairs),
        writing.rate(pairs)
    );
}

/// Time that passed, and time on the processor: on a busy machine they differ.
#[derive(Default)]
struct Spent {
    wall: Duration,
    processor: Duration,
}

impl Spent {
    fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (wall, processor) = (Instant::now(), on_processor());
        let done = work();
        self.wall += wall.elapsed();
        self.processor += on_processor().saturating_sub(processor);
        done
    }

    fn rate(&self, pairs: u64) -> String {
        let rate = |time: Duration| pairs as f64 / time.as_secs_f64() / 1e6;
        format!(
            "{:.2} M pairs/s ({:.2} by processor time)",
            rate(self.wall),
            rate(self.processor)
        )
    }
}

/// How long this thread has run, from Linux's own account.
fn on_processor() -> Duration {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(
        account
            .split(' ')
            .next()
            .and_then(|nanos| nanos.parse().ok())
            .unwrap_or(0),
    )
}

fn report_size(file: &File, key: &CompartmentKey, what: &str) {
    file.0
        .borrow()
        .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        .expect("vacuumed");
    let stats = file
        .read(|conn| index::stats(conn, &[(ID, std::slice::from_ref(key))]))
        .expect("measured");
    println!(
        "size, {what}: {:.1} MB, {:.2} bytes a pair ({} segments, {} log rows)",
        stats.bytes as f64 / 1e6,
        stats.bytes_per_pair().unwrap_or(0.0),
        stats.segments,
        stats.log_rows
    );
}

fn lookups(file: &File, key: &CompartmentKey, what: &str) {
    let keys = std::slice::from_ref(key);
    let mut cache = Cache::default();
    let mut random = Random(99);
    let today = jiff::civil::date(2026, 11, 22);
    let mut run = |name: &str, count: usize, text: &mut dyn FnMut(&mut Random) -> String| {
        let (mut times, mut found) = (Vec::new(), 0);
        for _ in 0..count {
            let query = query::parse(&text(&mut random), today).expect("parses");
            let conn = file.0.borrow();
            let start = Instant::now();
            let candidates =
                index::search(&conn, &mut cache, &[(ID, keys)], black_box(&query)).expect("found");
            times.push(start.elapsed());
            found += candidates.rids.len();
        }
        times.sort_unstable();
        let total: Duration = times.iter().sum();
        println!(
            "search, {what}, {name}: p50 {:.1} µs, p99 {:.1} µs; {:.0} hits a query, {:.1} M hits/s",
            times[times.len() / 2].as_secs_f64() * 1e6,
            times[times.len() * 99 / 100].as_secs_f64() * 1e6,
            found as f64 / count as f64,
            found as f64 / total.as_secs_f64() / 1e6
        );
    };
    run("random rare word", 3_000, &mut |r| {
        word(1_000 + r.below(199_000))
    });
    run("frequent word", 200, &mut |r| word(1 + r.below(3)));
    run("two words", 2_000, &mut |r| {
        format!(
            "{} {}",
            word(r.zipf(2_000.0, 1.02)),
            word(r.zipf(2_000.0, 1.02))
        )
    });
    run("a word in a year", 1_000, &mut |r| {
        format!("{} on:{}", word(r.zipf(2_000.0, 1.02)), 2025 + r.below(9))
    });
}

/// The same transaction without the index and with it, in turns, so that both see the same disk.
fn adds(file: &File, key: &CompartmentKey, records: u64) {
    let mut random = Random(777);
    let (mut plain, mut indexed) = (Vec::new(), Vec::new());
    for n in 0..600 {
        let rid = records + 1 + n;
        let change = Change {
            rid,
            terms: record(&mut random, records - 1, records),
            replaces: None,
        };
        let with_index = n % 2 == 1;
        let start = Instant::now();
        file.write(|conn| {
            conn.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3)")?
                .execute((rid as i64, [0u8; 300], [0u8; 560]))?;
            if with_index {
                index::add(conn, ID, key, std::slice::from_ref(&change))
            } else {
                Ok(())
            }
        })
        .expect("added");
        if with_index { &mut indexed } else { &mut plain }.push(start.elapsed());
    }
    plain.sort_unstable();
    indexed.sort_unstable();
    let (p, i) = (plain[plain.len() / 2], indexed[indexed.len() / 2]);
    println!(
        "add: transaction without index p50 {:.0} µs, with about 39 words p50 {:.0} µs: {:.2} times",
        p.as_secs_f64() * 1e6,
        i.as_secs_f64() * 1e6,
        i.as_secs_f64() / p.as_secs_f64()
    );
}

/// What a process that asks once and ends pays: it keeps nothing, and so decodes the logs for one word.
fn cold(file: &File, key: &CompartmentKey) {
    let keys = std::slice::from_ref(key);
    let today = jiff::civil::date(2026, 11, 22);
    let query = query::parse("w1234", today).expect("parses");
    let conn = file.0.borrow();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            black_box(index::search(
                &conn,
                &mut Cache::default(),
                &[(ID, keys)],
                &query,
            ))
            .expect("found");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let stats = index::stats(&conn, &[(ID, keys)]).expect("measured");
    println!(
        "search that begins from nothing, {} segments, {} rows of logs: p50 {:.0} µs",
        stats.segments,
        stats.log_rows,
        times[times.len() / 2].as_secs_f64() * 1e6
    );
}

fn rebuild(file: &File, key: &CompartmentKey) {
    let mut spent = Spent::default();
    let merged = spent
        .measure(|| index::rebuild(file, ID, std::slice::from_ref(key)))
        .expect("rebuilt")
        .expect("there was work");
    let sweeping = Instant::now();
    index::sweep(file).expect("swept");
    println!(
        "rebuild of {} segments: {}; sweep {:.2} s",
        merged.inputs,
        spent.rate(merged.pairs),
        sweeping.elapsed().as_secs_f64()
    );
}
