//! The bytes of the index, its transactions, crashes, several writers, damage.

use rusqlite::TransactionBehavior;

use crate::crypto::{Secret, hex::hex};
use crate::ledger::ChartId;

use super::bulk::FEW;
use super::segment::{Kind, State};
use super::testing::{CHART, Dying, File, ID, bulk, change, key, note, replaced, segments};
use super::transactor::Transactor;
use super::{
    Bulk, Change, CompartmentKey, Field, IndexError, Mode, Replaced, Term, add, coverage, erase,
    rotate, sweep,
};

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
fn what_is_rolled_back_leaves_the_index_as_it_was() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    let before = file.count("SELECT count(*) FROM index_log");
    let failed: Result<(), IndexError> = file.write(|conn| {
        add(conn, ID, &keys[0], &[change(2, &note("fever and cough"))])?;
        bulk(&keys[0], &[change(3, &note("fever"))]).write_within(conn)?;
        coverage::mark(conn, ID, &keys[0], CHART, 3)?;
        Err(IndexError::Busy)
    });
    assert!(failed.is_err());
    assert_eq!(file.find(&keys, "fever"), [1]);
    assert_eq!(file.count("SELECT count(*) FROM index_log"), before);
    assert_eq!(
        file.read(|conn| coverage::up_to(conn, ID, &keys, CHART))
            .expect("read"),
        0
    );
    file.add(&keys[0], &[change(2, &note("fever"))]);
    assert_eq!(file.find(&keys, "fever"), [2, 1]);
}

#[test]
fn a_search_sees_what_its_own_transaction_added_and_keeps_none_of_it_after_a_rollback() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    let query = super::query::parse("fever", super::testing::TODAY).expect("parses");
    let mut cache = super::Cache::default();
    let mut conn = file.connect();
    for _ in 0..2 {
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .expect("begins");
        add(
            &tx,
            ID,
            &keys[0],
            &[Change {
                replaces: Some(replaced(1, "fever")),
                ..change(2, &note("fever"))
            }],
        )
        .expect("added");
        assert_eq!(
            super::search(&tx, &mut cache, &[(ID, &keys)], &query)
                .expect("found")
                .rids,
            [2]
        );
        tx.rollback().expect("rolls back");
        assert_eq!(
            super::search(&conn, &mut cache, &[(ID, &keys)], &query)
                .expect("found")
                .rids,
            [1]
        );
    }
    file.add(&keys[0], &[change(3, &note("fever"))]);
    assert_eq!(
        super::search(&conn, &mut cache, &[(ID, &keys)], &query)
            .expect("found")
            .rids,
        [3, 1],
        "another's commit is seen"
    );
}

#[test]
fn a_build_whose_process_died_is_never_searched_and_is_swept_when_its_time_is_up() {
    let (file, keys) = (File::new(), [key(1)]);
    let dies = super::build::build(
        &Dying {
            file: &file,
            writes_left: 2.into(),
        },
        ID,
        &keys[0],
        |conn| super::compartment::enter(conn, ID, &keys[0]),
        1,
        |build| {
            (0..30_000u32).try_for_each(|n| {
                build.push(
                    keys[0].tag(&Term::new(Field::Any, n.to_be_bytes())),
                    &super::posting::PostingList::from_sorted(&[1]),
                )
            })
        },
        |_, _| Ok(()),
    );
    assert!(matches!(dies, Err(IndexError::Busy)));
    assert_eq!(segments(&file, Kind::Packed, State::Building), 1);
    assert!(
        file.count("SELECT count(*) FROM index_small") > 0,
        "a piece was written"
    );
    assert!(file.find(&keys, "-fever").is_empty());
    assert_eq!(
        sweep(&file).expect("swept"),
        0,
        "its builder may still live"
    );
    file.now.set(file.now.get() + super::build::PATIENCE_MS + 1);
    assert_eq!(sweep(&file).expect("swept"), 1);
    assert_eq!(file.count("SELECT count(*) FROM index_small"), 0);
    assert_eq!(file.count("SELECT count(*) FROM segment"), 0);
}

#[test]
fn a_builder_that_was_given_up_finds_out_and_publishes_nothing() {
    let (file, keys) = (File::new(), [key(1)]);
    let outcome = super::build::build(
        &file,
        ID,
        &keys[0],
        |conn| super::compartment::enter(conn, ID, &keys[0]),
        1,
        |build| {
            file.now.set(file.now.get() + super::build::PATIENCE_MS + 1);
            sweep(&file)?;
            build.push(
                keys[0].tag(&Term::new(Field::Any, "fever")),
                &super::posting::PostingList::from_sorted(&[1]),
            )
        },
        |_, _| Ok(()),
    );
    assert!(matches!(outcome, Err(IndexError::Overtaken)));
    assert!(file.find(&keys, "fever").is_empty());
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
fn two_connections_add_at_once_and_nothing_is_lost() {
    let (file, keys) = (File::new(), [key(1)]);
    std::thread::scope(|scope| {
        for worker in 0..2u64 {
            let mut conn = file.connect();
            let key = &keys[0];
            scope.spawn(move || {
                for n in 0..60 {
                    let tx = conn
                        .transaction_with_behavior(TransactionBehavior::Immediate)
                        .expect("its turn comes");
                    add(
                        &tx,
                        ID,
                        key,
                        &[change(1 + n * 2 + worker, &note("fever and chills"))],
                    )
                    .expect("added");
                    tx.commit().expect("committed");
                }
            });
        }
    });
    assert_eq!(
        file.find(&keys, "fever chills"),
        (1..=120).rev().collect::<Vec<_>>()
    );
}

#[test]
fn a_bulk_that_was_overtaken_is_thrown_away() {
    let (file, keys) = (File::new(), [key(1)]);
    let mut slow = bulk(&keys[0], &[change(1, &note("fever"))]);
    slow.cover(CHART, 0, 1);
    file.write(|conn| {
        add(
            conn,
            ID,
            &keys[0],
            &[
                change(1, &note("fever")),
                Change {
                    replaces: Some(replaced(1, "fever")),
                    ..change(2, &note("cough"))
                },
            ],
        )?;
        coverage::mark(conn, ID, &keys[0], CHART, 2)
    })
    .expect("another session was faster");
    assert!(matches!(
        slow.write(&file, Mode::Add),
        Err(IndexError::Overtaken)
    ));
    assert!(matches!(
        file.write(|conn| slow.write_within(conn)),
        Err(IndexError::Overtaken)
    ));
    assert!(file.find(&keys, "fever").is_empty());
    assert_eq!(segments(&file, Kind::Packed, State::Live), 0);
}

#[test]
fn a_bulk_is_thrown_away_if_its_chart_fell_back_meanwhile_for_nothing_would_hold_what_came_before()
{
    let (file, keys) = (File::new(), [key(1)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    file.write(|conn| coverage::mark(conn, ID, &keys[0], CHART, 1))
        .expect("marked");
    let mut slow = bulk(&keys[0], &[change(2, &note("cough"))]);
    slow.cover(CHART, 1, 2);
    // Somebody builds the index anew who listed the charts before this one was opened.
    let other = ChartId([4; 16]);
    let mut anew = bulk(&keys[0], &[change(3, &note("rash"))]);
    anew.cover(other, 0, 3);
    anew.write(&file, Mode::Replace).expect("indexed anew");
    for outcome in [
        slow.write(&file, Mode::Add),
        file.write(|conn| slow.write_within(conn)),
    ] {
        assert!(matches!(outcome, Err(IndexError::Overtaken)));
    }
    let up_to = |chart| file.read(|conn| coverage::up_to(conn, ID, &keys, chart));
    assert_eq!(up_to(CHART).expect("read"), 0, "all of it is due");
    assert_eq!(up_to(other).expect("read"), 3);
}

#[test]
fn a_bulk_goes_in_after_a_rotation_whose_new_key_vouches_for_nothing_yet() {
    let (file, keys) = (File::new(), [key(1), key(2)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    file.write(|conn| coverage::mark(conn, ID, &keys[0], CHART, 1))
        .expect("marked");
    file.write(|conn| rotate(conn, ID, &keys[1]))
        .expect("rotated");
    let mut bulk = Bulk::new(ID, &keys).expect("a key");
    bulk.push(&change(2, &note("fever")));
    bulk.cover(CHART, 1, 2);
    bulk.write(&file, Mode::Add).expect("written");
    assert_eq!(file.find(&keys, "fever"), [2, 1]);
}

#[test]
fn what_replaces_an_index_waits_for_nobody_and_what_was_indexed_meanwhile_is_due_again() {
    let (file, keys) = (File::new(), [key(1)]);
    let mut slow = bulk(&keys[0], &[change(1, &note("fever"))]);
    slow.cover(CHART, 0, 1);
    file.write(|conn| {
        add(conn, ID, &keys[0], &[change(2, &note("cough"))])?;
        coverage::mark(conn, ID, &keys[0], CHART, 2)
    })
    .expect("another session was faster");
    slow.write(&file, Mode::Replace).expect("indexed anew");
    assert_eq!(file.find(&keys, "fever OR cough"), [1]);
    let up_to = || file.read(|conn| coverage::up_to(conn, ID, &keys, CHART));
    assert_eq!(up_to().expect("read"), 1);
    // But what was erased enters no index any more.
    file.write(|conn| erase(conn, ID, &keys[0], CHART, &[1, 2]))
        .expect("erased");
    assert!(matches!(
        slow.write(&file, Mode::Replace),
        Err(IndexError::Overtaken)
    ));
    assert!(file.find(&keys, "fever OR cough").is_empty());
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

/// Four packed segments of entries with a hundred words each, and what merges or replaces them.
fn wordy(file: &File, keys: &[CompartmentKey]) -> Vec<Change> {
    let text = |n: u64| {
        let words = (0..100).map(|word| format!("w{word}x{n}"));
        words.collect::<Vec<_>>().join(" ") + " fever"
    };
    let changes: Vec<Change> = (1..=12).map(|rid| change(rid, &note(&text(rid)))).collect();
    for part in changes.chunks(3) {
        bulk(&keys[0], part)
            .write(file, Mode::Add)
            .expect("written");
    }
    changes
}

#[test]
fn work_of_many_pieces_that_dies_at_any_of_its_writes_changes_no_answer_and_the_next_completes() {
    type Work = fn(&Dying<'_>, &[CompartmentKey], &[Change]) -> Result<(), IndexError>;
    let works: [(&str, Work); 4] = [
        ("merge", |dying, keys, _| {
            super::merge(dying, ID, keys).map(|merged| assert!(merged.is_some()))
        }),
        ("rebuild", |dying, keys, _| {
            super::merge::rebuild_within(dying, ID, keys, 0).map(|merged| assert!(merged.is_some()))
        }),
        ("replace", |dying, keys, changes| {
            bulk(&keys[0], changes)
                .write(dying, Mode::Replace)
                .map(drop)
        }),
        ("add", |dying, keys, changes| {
            bulk(&keys[0], changes).write(dying, Mode::Add).map(drop)
        }),
    ];
    let every: Vec<u64> = (1..=12).rev().collect();
    for (what, work) in works {
        let (file, keys) = (File::new(), [key(1)]);
        let changes = wordy(&file, &keys);
        file.piece.set(4_096);
        let rows = "SELECT count(*) FROM index_small";
        let before = file.count(rows);
        let mut died = 0;
        loop {
            let dying = Dying {
                file: &file,
                writes_left: died.into(),
            };
            let outcome = work(&dying, &keys, &changes);
            assert_eq!(file.find(&keys, "fever"), every, "{what}, {died}");
            assert_eq!(file.find(&keys, "w7x3"), [3], "{what}, {died}");
            if outcome.is_ok() {
                break;
            }
            // What was left behind goes when its time is up, and nothing else does.
            file.now.set(file.now.get() + super::build::PATIENCE_MS + 1);
            sweep(&file).expect("swept");
            assert_eq!(segments(&file, Kind::Packed, State::Building), 0);
            assert_eq!(file.count(rows), before, "{what}, {died}");
            died += 1;
        }
        assert!(died > 12, "{what} is written in {died} pieces");
        sweep(&file).expect("swept");
        let live = segments(&file, Kind::Packed, State::Live);
        assert_eq!(live, if what == "add" { 5 } else { 1 }, "{what}");
    }
}
