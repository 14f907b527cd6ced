//! What stands in the file: golden bytes, lists of every length, a row each for a few entries.

use crate::crypto::{Secret, hex::hex};

use super::bulk::FEW;
use super::segment::{Kind, State};
use super::testing::{File, ID, bulk, change, key, note, segments};
use super::{Bulk, Change, CompartmentKey, Field, Mode, Replaced, Term};

// The golden bytes were computed from the formats in the documentation by another implementation of HKDF, HMAC and AES.
#[test]
fn tags_and_addresses_are_the_golden_ones() {
    let key = CompartmentKey::new(&Secret::new([1; 32]), 1);
    let tag = key.tag(&Term::new(Field::Diagnosis, "i10"));
    let segment = key.segment(&[2; 32]);
    assert_eq!(hex(&tag.0), "b8e00abd7e76d5bd059857d3");
    assert_eq!(
        hex(&segment.address().address(tag, 0).0),
        "e3d9dc107d90132c0c8eca6f37c95647"
    );
    assert_eq!(
        hex(&segment.address().address(tag, 0x8000_0001).0),
        "253b017ca57a435d4833df9389c1554a"
    );
}

#[test]
fn a_packed_head_is_the_golden_one() {
    let key = CompartmentKey::new(&Secret::new([1; 32]), 1);
    let tag = key.tag(&Term::new(Field::Diagnosis, "i10"));
    let mut rows = super::packed::Rows::default();
    rows.push(
        &key.segment(&[2; 32]),
        tag,
        &super::posting::PostingList::from_sorted(&[3, 5, 700]),
    );
    assert_eq!((rows.small.len(), rows.large.len()), (1, 0));
    assert_eq!(
        hex(&rows.small[0].1),
        "6d2048f34c031755fb100d31bc61c923376dbc07"
    );
}

#[test]
fn lists_of_every_length_read_back() {
    let (file, keys) = (File::new(), [key(1)]);
    // Lengths around the sizes at which heads grow and blocks begin, in streams of one byte and of two bytes a number.
    let lengths = [
        1, 7, 8, 22, 23, 70, 71, 237, 238, 239, 690, 699, 700, 701, 702, 703, 704, 705, 1_400,
        1_408, 3_967, 3_968, 3_969, 4_660, 9_000,
    ];
    for step in [1u64, 200] {
        let term = |n: u64| Term::new(Field::Any, format!("w{n}by{step}"));
        let mut bulk = Bulk::new(ID, &keys).expect("a key");
        for rid in 1..=9_000u64 {
            let terms = lengths
                .iter()
                .filter(|&&n| rid <= n)
                .map(|&n| term(n))
                .collect();
            bulk.push(&Change {
                rid: rid * step,
                terms,
                replaces: None,
            });
        }
        bulk.write(&file, Mode::Add).expect("written");
        for n in lengths {
            let expected: Vec<u64> = (1..=n).rev().map(|rid| rid * step).collect();
            assert_eq!(
                file.find(&keys, &format!("w{n}by{step}")),
                expected,
                "{n} by {step}"
            );
        }
    }
    assert!(file.count("SELECT count(*) FROM index_large") > 0);
}

#[test]
fn frequent_words_are_kept_as_bits_and_read_back_whole_in_part_and_of_the_history() {
    const ENTRIES: u64 = 100_000;
    let (file, keys) = (File::new(), [key(1)]);
    let everywhere: Vec<u64> = (1_000..ENTRIES).collect();
    let says = |word: &str, rid: u64| match word {
        "every" => true,
        "third" => rid.is_multiple_of(3),
        // Around the ends of words and of blocks, and in the last word.
        "rare" => [0, 1, 63, 31_743, 31_744, 31_745].contains(&(rid % 63_488)) || rid > ENTRIES - 9,
        _ => rid % 9 == 4,
    };
    let words = ["every", "third", "rare", "ninth"];
    let terms = |rid| {
        let said = words.iter().filter(|word| says(word, rid));
        said.map(|word| Term::new(Field::Any, *word))
            .collect::<Vec<_>>()
    };
    let replaced: Vec<u64> = everywhere
        .iter()
        .copied()
        .filter(|rid| rid.is_multiple_of(1_000))
        .collect();
    let mut bulk = Bulk::new(ID, &keys).expect("a key");
    for &rid in &everywhere {
        bulk.push(&Change {
            rid,
            terms: terms(rid),
            replaces: None,
        });
    }
    for (rid, of) in (ENTRIES..).zip(&replaced) {
        bulk.push(&Change {
            rid,
            terms: Vec::new(),
            replaces: Some(Replaced {
                rid: *of,
                terms: terms(*of),
            }),
        });
    }
    bulk.write(&file, Mode::Add).expect("written");
    // Three pages of bits each; as distances, they were 24 and 8. Of `ninth` two, as distances.
    assert_eq!(file.count("SELECT count(*) FROM index_large"), 3 + 3 + 2);
    let expected = |history: bool, holds: &dyn Fn(u64) -> bool| -> Vec<u64> {
        let newest = everywhere.iter().rev().copied();
        newest
            .filter(|rid| holds(*rid) && (history || !rid.is_multiple_of(1_000)))
            .collect()
    };
    for (query, holds) in [
        ("every", &(|_| true) as &dyn Fn(u64) -> bool),
        ("third", &|rid| says("third", rid)),
        ("ninth", &|rid| says("ninth", rid)),
        ("every third", &|rid| says("third", rid)),
        ("third ninth", &|rid| {
            says("third", rid) && says("ninth", rid)
        }),
        ("rare third", &|rid| says("rare", rid) && says("third", rid)),
        ("rare ninth", &|rid| says("rare", rid) && says("ninth", rid)),
        ("rare every", &|rid| says("rare", rid)),
        ("every -third", &|rid| !says("third", rid)),
        ("rare -third", &|rid| {
            says("rare", rid) && !says("third", rid)
        }),
        ("third OR ninth", &|rid| {
            says("third", rid) || says("ninth", rid)
        }),
        ("rare OR ninth", &|rid| {
            says("rare", rid) || says("ninth", rid)
        }),
    ] {
        assert!(file.find(&keys, query) == expected(false, holds), "{query}");
        let query = format!("history: {query}");
        assert!(file.find(&keys, &query) == expected(true, holds), "{query}");
    }
    let third = |rid| says("third", rid);
    for how in ["merged into one", "indexed anew"] {
        if how == "indexed anew" {
            bulk.write(&file, Mode::Replace).expect(how);
        } else {
            super::rebuild(&file, ID, &keys).expect(how);
        }
        assert!(
            file.find(&keys, "third") == expected(false, &third),
            "{how}"
        );
        assert!(
            file.find(&keys, "history: third") == expected(true, &third),
            "{how}"
        );
    }
}

#[test]
fn entries_that_share_every_word_share_nothing_in_the_file() {
    let (file, keys) = (File::new(), [key(1)]);
    for rid in 1..=20 {
        file.add(&keys[0], &[change(rid, &note("fever"))]);
    }
    bulk(
        &keys[0],
        &(21..=40)
            .map(|rid| change(rid, &note("fever")))
            .collect::<Vec<_>>(),
    )
    .write(&file, Mode::Add)
    .expect("written");
    let distinct = |sql: &str| file.count(sql);
    assert_eq!(distinct("SELECT count(*) FROM index_log"), 20);
    // Neither the nonces nor any eight bytes of what follows.
    for at in [1, 13, 21, 29, 100, 500, 600] {
        assert_eq!(
            distinct(&format!(
                "SELECT count(DISTINCT substr(b, {at}, 8)) FROM index_log"
            )),
            20,
            "{at}"
        );
    }
    assert_eq!(
        distinct("SELECT count(DISTINCT length(b)) FROM index_log"),
        1
    );
    assert_eq!(
        distinct(
            "SELECT count(*) FROM index_small WHERE length(b) - 12 NOT IN (8, 24, 72, 240, 704)"
        ),
        0
    );
}

#[test]
fn a_few_entries_go_to_the_log_a_row_each_and_more_are_packed() {
    let keys = [key(1)];
    let changes: Vec<Change> = (1..=FEW as u64 + 1)
        .map(|rid| change(rid, &note("fever")))
        .collect();
    let rows = "SELECT count(*) FROM index_log WHERE k >> 32 IN (SELECT id FROM segment WHERE state IN (1, 2))";
    for mode in [Mode::Add, Mode::Replace] {
        for few in [0, 1, FEW, FEW + 1] {
            let file = File::new();
            file.add(&keys[0], &[change(1, &note("cough"))]);
            let mut bulk = Bulk::new(ID, &keys).expect("a key");
            for change in &changes[..few] {
                bulk.push(change);
            }
            let written = bulk.write(&file, mode).expect("written");
            let pairs: usize = changes[..few].iter().map(|c| c.terms.len()).sum();
            assert_eq!(written.pairs, pairs as u64);
            let before = i64::from(mode == Mode::Add);
            let (logged, packed) = if few > FEW { (0, 1) } else { (few, 0) };
            assert_eq!(file.count(rows), before + logged as i64, "{few}, {mode:?}");
            assert_eq!(segments(&file, Kind::Packed, State::Live), packed);
            assert_eq!(file.find(&keys, "fever").len(), few);
            assert_eq!(file.find(&keys, "cough").len() as i64, before);
        }
    }
}
