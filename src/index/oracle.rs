//! Random charts and random queries: the index against reading everything.

use proptest::prelude::*;

use crate::clinical::{Body, Kind};
use crate::ledger::{ChartId, Section};

use super::facts::Facts;
use super::testing::{
    File, ID, META, TODAY, change, condition, key, note, note_at, patient, pressure, result,
};
use super::transactor::Transactor;
use super::{
    Audit, Audited, Bulk, Cache, Change, CompartmentId, CompartmentKey, Mode, Replaced, add,
    coverage, merge, query, rebuild, search, sweep,
};

const WORDS: [&str; 12] = [
    "fever", "pain", "chest", "the", "of", "cough", "García", "mild", "E11.9", "8480", "simple",
    "Müller",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 1..6).prop_map(|words| words.join(" "))
}

fn body() -> impl Strategy<Value = Body> {
    let codes = prop::sample::select(&["I10", "E11.9", "E11", "J45.2"][..]);
    let names =
        prop::sample::select(&["García", "Garland", "Gardenia", "Gardener", "Li", "Müller"][..]);
    prop_oneof![
        text().prop_map(|text| note(&text)),
        (text(), 2025i16..2027, 1u8..13, 1u8..29).prop_map(|(text, y, m, d)| note_at(
            &text,
            &format!("{y}-{m:02}-{d:02}T23:30:00-05:00")
        )),
        (codes, text()).prop_map(|(code, text)| condition(code, &text)),
        (100i64..180, 50i64..110).prop_map(|(s, d)| pressure(s, d)),
        (
            prop::sample::select(&["8480-6", "4548-4"][..]),
            0i64..2000,
            0u8..4
        )
            .prop_map(|(code, n, scale)| result(code, n, scale)),
        (names.clone(), names, 1u32..40, 1960i16..1963).prop_map(|(given, family, mrn, year)| {
            patient(given, family, mrn, &format!("{year}-04"))
        }),
    ]
}

fn query_text() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(
        &[
            "dx:I10",
            "dx:E11",
            "dx:e11.9",
            "dx:\"chest pain\"",
            "lab:8480-6",
            "name:gar*",
            "name:garden*",
            "name:gardene*",
            "name:\"li müller\"",
            "name:garcía",
            "dob:1961",
            "dob:1961-04",
            "kind:note",
            "kind:vitals",
            "author:HSmith",
            "author:nobody",
            "since:2026",
            "until:2025-06",
            "on:2026-02",
            "last:90d",
            "bp>140/90",
            "bp:120/80",
            "bp<100/60",
            "value:8480-6>=140",
            "value:4548-4:0.5..7.25",
            "value:4548-4<1",
            "phone:5550199",
            "mrn:0012",
            "E11.9",
            "8480",
            "\"pain of the chest\"",
            "\"the chest\"",
            "phone:61",
            "GARCIA",
            "8480-6",
            "history:",
            "history:fever",
        ][..],
    )
    .prop_map(str::to_owned);
    let words = prop::sample::select(&WORDS[..])
        .prop_filter("not passed over", |w| !["the", "of"].contains(w));
    let pairs =
        (prop::sample::select(&WORDS[..]), words.clone()).prop_map(|(a, b)| format!("\"{a} {b}\""));
    let leaf = prop_oneof![3 => fixed, 3 => words.prop_map(str::to_owned), 1 => pairs];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

/// How a stretch of entries comes into the index.
#[derive(Clone, Copy, Debug)]
enum Way {
    Log,
    Bulk,
    BulkInPieces,
    BulkThenMerge,
    LogThenRebuild,
    BulkThenRebuildWithoutMemory,
}

fn ways() -> impl Strategy<Value = Way> {
    prop::sample::select(
        &[
            Way::Log,
            Way::Bulk,
            Way::BulkInPieces,
            Way::BulkThenMerge,
            Way::LogThenRebuild,
            Way::BulkThenRebuildWithoutMemory,
        ][..],
    )
}

const SECTIONS: [CompartmentId; 2] = [
    CompartmentId {
        section: Section::Identity,
        ..ID
    },
    CompartmentId {
        section: Section::Clinical,
        ..ID
    },
];

fn index(file: &File, id: CompartmentId, key: &CompartmentKey, way: Way, changes: &[Change]) {
    let keys = std::slice::from_ref(key);
    let mut bulk = Bulk::new(id, keys).expect("a key").packing();
    for change in changes {
        bulk.push(change);
    }
    match way {
        Way::Log => file
            .write(|conn| add(conn, id, key, changes))
            .expect("added"),
        Way::Bulk => drop(file.write(|conn| bulk.write_within(conn)).expect("written")),
        Way::BulkInPieces => drop(bulk.write(file, Mode::Add).expect("written")),
        Way::BulkThenMerge => {
            bulk.write(file, Mode::Add).expect("written");
            while merge(file, id, keys).expect("merged").is_some() {}
            sweep(file).expect("swept");
        }
        Way::BulkThenRebuildWithoutMemory => {
            bulk.write(file, Mode::Add).expect("written");
            merge::rebuild_within(file, id, keys, 0).expect("rebuilt");
        }
        Way::LogThenRebuild => {
            file.write(|conn| add(conn, id, key, changes))
                .expect("added");
            rebuild(file, id, keys).expect("rebuilt");
        }
    }
}

/// Bodies, whether each amends, and its chart; and how they are indexed.
type Stretch = (Way, Vec<(Body, bool, u8)>);

struct Entry {
    rid: u64,
    chart: ChartId,
    section: usize,
    facts: Facts,
    /// Whether a later version replaced it.
    former: bool,
}

/// Writes stretches of entries into three charts; all of them, and what each section's index should hold.
fn write<'k>(
    file: &File,
    keys: &'k [[CompartmentKey; 1]; 2],
    stretches: Vec<Stretch>,
) -> (Vec<Entry>, [Audit<'k>; 2]) {
    let mut entries: Vec<Entry> = Vec::new();
    let mut audits = [0, 1].map(|section: usize| Audit::new(SECTIONS[section], &keys[section]));
    let mut rid = 0;
    for (way, bodies) in stretches {
        let mut changes = [Vec::new(), Vec::new()];
        for (body, amends, chart) in bodies {
            rid += 1;
            let (chart, section) = (
                ChartId([chart; 16]),
                usize::from(body.kind() != Kind::Identity),
            );
            // A chart has one identity entry at a time; of other entries, some amend an earlier one.
            let old = entries
                .iter_mut()
                .find(|old| old.chart == chart && old.section == section && !old.former)
                .filter(|_| amends || section == 0);
            let replaces = old.map(|old| {
                old.former = true;
                Replaced {
                    rid: old.rid,
                    terms: old.facts.terms(),
                }
            });
            entries.push(Entry {
                rid,
                chart,
                section,
                facts: Facts::of(&body, META),
                former: false,
            });
            file.write(|conn| {
                let place = (rid as i64, chart.0, SECTIONS[section].section as u8);
                conn.execute("INSERT INTO entry VALUES (?1, ?2, ?3)", place)?;
                coverage::mark(conn, SECTIONS[section], &keys[section][0], chart, rid)
            })
            .expect("an entry of the ledger");
            let change = Change {
                replaces,
                ..change(rid, &body)
            };
            audits[section].push(&change);
            changes[section].push(change);
        }
        for section in [0, 1] {
            index(
                file,
                SECTIONS[section],
                &keys[section][0],
                way,
                &changes[section],
            );
        }
    }
    (entries, audits)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_index_finds_what_reading_everything_finds(
        stretches in prop::collection::vec((ways(), prop::collection::vec((body(), any::<bool>(), 0u8..3), 1..10)), 1..9),
        queries in prop::collection::vec(query_text(), 12),
    ) {
        let (file, keys) = (File::new(), [[key(1)], [key(2)]]);
        let (entries, audits) = write(&file, &keys, stretches);
        for audit in audits {
            let audited = file.read(|conn| audit.finish(conn)).expect("audited");
            prop_assert_eq!(Audited { checked: audited.checked, ..Audited::default() }, audited);
        }
        let held = [0, 1].map(|section: usize| (SECTIONS[section], &keys[section][..]));
        for text in queries {
            // `history:` alone, or with a hyphen before it, asks for nothing: the parser's tests have that.
            let Ok(query) = query::parse(&text, TODAY) else { continue };
            let matches = |entry: &Entry| {
                let patient = entries.iter().find(|other| other.section == 0 && other.chart == entry.chart && !other.former);
                (query.history() || !entry.former) && query.matches_facts(&entry.facts, patient.map(|patient| &patient.facts))
            };
            let naive: Vec<u64> = entries.iter().rev().filter(|entry| matches(entry)).map(|entry| entry.rid).collect();
            let candidates = file.read(|conn| search(conn, &mut Cache::default(), &held, &query)).expect("found");
            if candidates.exact {
                prop_assert_eq!(&candidates.rids, &naive, "{}", text);
            }
            let entry = |rid: &u64| entries.iter().find(|entry| entry.rid == *rid);
            let checked: Vec<u64> = candidates.rids.into_iter().filter(|rid| entry(rid).is_some_and(matches)).collect();
            prop_assert_eq!(checked, naive, "{}", text);
        }
    }
}
