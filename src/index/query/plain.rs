//! What a query means, read a second time and more plainly: [entries](entry) of few facts, [questions](ask) as a tree, and an evaluator
//! that shares nothing with the parser, with [`Facts`] or with the index. Both are held against it: the predicate, and what the index finds.

mod ask;
mod entry;

use std::collections::HashSet;

use proptest::prelude::*;

use crate::index::facts::Facts;
use crate::index::key::CompartmentKey;
use crate::index::testing::{File, ID, META, TODAY, key};
use crate::index::transactor::Transactor;
use crate::index::{
    Bulk, Cache, Change, CompartmentId, Mode, Replaced, add, coverage, search, terms,
};
use crate::ledger::{ChartId, Section};

use super::parse;
use ask::{Ask, ask};
use entry::{Person, Plain, entry, person};

/// The question as it is written, and of the history or not.
fn asked(ask: &Ask, history: bool) -> String {
    let text = ask.text();
    if history {
        format!("history: {text}")
    } else {
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_query_means_what_a_plain_reading_of_the_entry_says(
        patient in prop::option::of(person()),
        others in prop::collection::vec(entry(), 1..12),
        questions in prop::collection::vec(ask(), 1..12),
    ) {
        let who = patient.clone().map(Plain::Identity);
        let facts = who.as_ref().map(|who| Facts::of(&who.body(), META));
        for ask in &questions {
            let text = ask.text();
            for entry in others.iter().chain(&who) {
                match (parse(&text, TODAY), ask.asks_for(entry, patient.as_ref())) {
                    (Ok(query), Some(expected)) => {
                        let found = query.matches_in_chart(&entry.body(), META, facts.as_ref());
                        prop_assert_eq!(found, expected, "{} {:?} of {:?}", text, entry, patient);
                    }
                    (Err(error), None) => prop_assert!(error.expected.contains("nearly every text")),
                    (parsed, plain) => prop_assert!(false, "{}: {:?}, {:?}", text, parsed, plain),
                }
            }
        }
    }
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

/// An entry that was written.
struct Written {
    rid: u64,
    chart: u8,
    plain: Plain,
    /// Whether a later version took its place.
    former: bool,
}

impl Written {
    fn section(&self) -> usize {
        usize::from(!matches!(self.plain, Plain::Identity(_)))
    }
}

/// Charts and what is indexed of them, in the log or packed.
struct Ward {
    file: File,
    keys: [[CompartmentKey; 1]; 2],
    written: Vec<Written>,
}

impl Ward {
    /// Writes entries, of which some take the place of an earlier one, and a patient's identity always of the former one.
    fn write(&mut self, entries: Vec<(Plain, u8, bool)>, packed: bool) {
        let mut changes = [Vec::new(), Vec::new()];
        for (plain, chart, amends) in entries {
            let rid = self.written.len() as u64 + 1;
            let new = Written {
                rid,
                chart,
                plain,
                former: false,
            };
            let section = new.section();
            let old = self.written.iter_mut().find(|old| {
                old.chart == chart
                    && old.section() == section
                    && !old.former
                    && (amends || section == 0)
            });
            let words = |plain: &Plain| terms::of(&plain.body(), META.author, META.created);
            let replaces = old.map(|old| {
                old.former = true;
                Replaced {
                    rid: old.rid,
                    terms: words(&old.plain),
                }
            });
            changes[section].push(Change {
                rid,
                terms: words(&new.plain),
                replaces,
            });
            let (id, key) = (SECTIONS[section], &self.keys[section][0]);
            let marked = self.file.write(|conn| {
                let place = (rid as i64, [chart; 16], id.section as u8);
                conn.execute("INSERT INTO entry VALUES (?1, ?2, ?3)", place)?;
                coverage::mark(conn, id, key, ChartId([chart; 16]), rid)
            });
            marked.expect("an entry of the ledger");
            self.written.push(new);
        }
        for section in [0, 1] {
            self.index(section, &changes[section], packed);
        }
    }

    fn index(&self, section: usize, changes: &[Change], packed: bool) {
        let (id, keys) = (SECTIONS[section], &self.keys[section]);
        if packed {
            let mut bulk = Bulk::new(id, keys).expect("a key").packing();
            for change in changes {
                bulk.push(change);
            }
            bulk.write(&self.file, Mode::Add).expect("written");
        } else {
            let added = self.file.write(|conn| add(conn, id, &keys[0], changes));
            added.expect("added");
        }
    }

    /// Who the patient of a chart is.
    fn patient(&self, chart: u8) -> Option<&Person> {
        let mut current = self
            .written
            .iter()
            .filter(|one| one.chart == chart && !one.former);
        current.find_map(|one| match &one.plain {
            Plain::Identity(person) => Some(person),
            _ => None,
        })
    }

    /// What a plain reading of everything finds, newest first.
    fn asked_for(&self, ask: &Ask, history: bool) -> Vec<u64> {
        let found = self.written.iter().rev().filter(|one| {
            let asked = history || !one.former;
            asked && ask.asks_for(&one.plain, self.patient(one.chart)) == Some(true)
        });
        found.map(|one| one.rid).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_index_finds_what_a_plain_reading_of_every_entry_finds(
        stretches in prop::collection::vec(
            (prop::collection::vec((prop_oneof![4 => entry(), 1 => person().prop_map(Plain::Identity)], 0u8..3, any::<bool>()), 1..10), any::<bool>()),
            1..6,
        ),
        questions in prop::collection::vec((ask(), prop::bool::weighted(0.2)), 12),
    ) {
        let mut ward = Ward { file: File::new(), keys: [[key(1)], [key(2)]], written: Vec::new() };
        for (entries, packed) in stretches {
            ward.write(entries, packed);
        }
        let held = [0, 1].map(|section: usize| (SECTIONS[section], &ward.keys[section][..]));
        for (ask, history) in questions {
            let text = asked(&ask, history);
            // Common words alone: the other test has that.
            let Ok(query) = parse(&text, TODAY) else { continue };
            prop_assert_eq!(query.history(), history, "{}", text);
            let found = ward.file.read(|conn| search(conn, &mut Cache::default(), &held, &query));
            let found = found.expect("found");
            let expected = ward.asked_for(&ask, history);
            if found.exact {
                prop_assert_eq!(&found.rids, &expected, "{}", text);
            }
            // What must be checked against the entry may be among more.
            let expected: HashSet<u64> = expected.into_iter().collect();
            let kept = found.rids.iter().filter(|rid| expected.contains(rid)).count();
            prop_assert_eq!(kept, expected.len(), "{}", text);
        }
    }
}
