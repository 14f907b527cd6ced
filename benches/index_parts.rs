//! What the parts of a search cost, one core: words of an entry, tags, decoding, finding, intersecting, appending.
//!
//! `cargo bench --bench index_parts`. The lists are regular: the word `every3` stands in every third of 200 000 entries, in one packed
//! segment. What a whole search costs, `search` and `index` measure.

use std::hint::black_box;

use chartseal::clinical::{Body, Note};
use chartseal::crypto::Secret;
use chartseal::index::posting::PostingList;
use chartseal::index::{
    self, Bulk, Cache, Change, CompartmentId, CompartmentKey, Field, SCHEMA, Term, query, terms,
};
use chartseal::ledger::{Section, UnitId};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::{Date, date};
use rusqlite::Connection;

const ENTRIES: u64 = 200_000;
/// The words `everyN`.
const EVERY: [u64; 5] = [3, 20, 25, 1_000, 50_000];
const TODAY: Date = date(2026, 11, 27);
const ID: CompartmentId = CompartmentId {
    unit: UnitId([1; 16]),
    section: Section::Clinical,
};
const QUERY: &str = r#"dx:I10 bp>160/100 since:2026-01 -"chest pain" (fever OR cough)"#;

fn key() -> CompartmentKey {
    CompartmentKey::new(&Secret::new([7; 32]), 1)
}

fn note() -> Body {
    Body::Note(Note {
        text: "Seen on the round: slept badly, temperature 38.2 in the evening, cough with little sputum, drinks enough, no pain at rest, \
               walks to the door with one stop. Sputum sent, paracetamol as needed, listen again tomorrow morning."
            .to_owned(),
        ..Note::default()
    })
}

fn words(criterion: &mut Criterion) {
    let (note, key) = (note(), key());
    let found = terms::of(&note, "hsmith", 1_790_000_000_000);
    let mut group = criterion.benchmark_group("words");
    group.throughput(Throughput::Elements(found.len() as u64));
    group.bench_function("of a note", |bench| {
        bench.iter(|| terms::of(black_box(&note), "hsmith", 1_790_000_000_000));
    });
    group.bench_function("their tags", |bench| {
        bench.iter(|| {
            for term in &found {
                black_box(key.tag(term));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("a query read", |bench| {
        bench.iter(|| query::parse(black_box(QUERY), TODAY));
    });
    group.finish();
}

fn lists(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lists");
    for every in [9, 100, 1_000] {
        let rids: Vec<u64> = (1..=100_000).map(|n| n * every).collect();
        let list = PostingList::from_sorted(&rids);
        group.throughput(Throughput::Elements(list.count()));
        group.bench_function(format!("decode, every {every}th"), |bench| {
            bench.iter(|| black_box(&list).to_vec());
        });
    }
    group.finish();
}

/// A file with every word's list in one segment.
fn file() -> Connection {
    let conn = Connection::open_in_memory().expect("memory");
    conn.execute_batch("CREATE TABLE entry (seq INTEGER PRIMARY KEY, chart BLOB, section INTEGER)")
        .expect("a table");
    conn.execute_batch(SCHEMA).expect("the schema is valid");
    conn.set_prepared_statement_cache_capacity(64);
    let key = key();
    let mut bulk = Bulk::new(ID, std::slice::from_ref(&key)).expect("a key");
    for rid in 1..=ENTRIES {
        let words = EVERY.into_iter().filter(|every| rid % every == 0);
        bulk.push(&Change {
            rid,
            terms: words
                .map(|every| Term::new(Field::Any, format!("every{every}")))
                .collect(),
            replaces: None,
        });
    }
    bulk.write_within(&conn).expect("written");
    conn
}

fn searches(criterion: &mut Criterion) {
    let (conn, keys) = (file(), [key()]);
    let held = [(ID, &keys[..])];
    let mut group = criterion.benchmark_group("searches");
    for (what, text) in [
        ("a word in 4 entries", "every50000"),
        ("a word in 200", "every1000"),
        ("a word in 10 000", "every20"),
        ("a word in 66 666, as bits", "every3"),
        ("two long lists", "every20 every25"),
        ("a long list and bits", "every20 every3"),
    ] {
        let query = query::parse(text, TODAY).expect("a query");
        let mut cache = Cache::default();
        let found = index::search(&conn, &mut cache, &held, &query).expect("found");
        group.throughput(Throughput::Elements(found.rids.len() as u64));
        group.bench_function(what, |bench| {
            bench.iter(|| index::search(&conn, &mut cache, &held, &query));
        });
    }
    group.finish();
}

fn appending(criterion: &mut Criterion) {
    let (conn, key) = (file(), key());
    let terms = terms::of(&note(), "hsmith", 1_790_000_000_000);
    let mut rid = ENTRIES;
    let mut group = criterion.benchmark_group("appending");
    group.throughput(Throughput::Elements(terms.len() as u64));
    group.bench_function("an entry to the log, in memory", |bench| {
        bench.iter_batched(
            || {
                rid += 1;
                [Change {
                    rid,
                    terms: terms.clone(),
                    replaces: None,
                }]
            },
            |change| index::add(&conn, ID, &key, &change),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(parts, words, lists, searches, appending);
criterion_main!(parts);
