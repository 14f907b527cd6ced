//! Merging, rebuilding and rotating: answers stay the same, whoever dies in between.

use crate::ledger::UnitId;

use super::compartment::enter;
use super::segment::{Kind, State};
use super::testing::{CHART, Dying, File, ID, TODAY, bulk, change, key, note, replaced, segments};
use super::transactor::Transactor;
use super::{
    Bulk, Cache, Change, CompartmentId, IndexError, Mode, add, coverage, erase, is_due, merge,
    query, rebuild, reset, search, stats, sweep,
};

#[test]
fn four_segments_become_one_and_answers_stay_the_same() {
    let (file, keys) = (File::new(), [key(1)]);
    for rid in 1..=4 {
        let replaces = (rid == 3).then(|| replaced(1, "fever"));
        bulk(
            &keys[0],
            &[Change {
                replaces,
                ..change(rid, &note("fever"))
            }],
        )
        .write(&file, Mode::Add)
        .expect("written");
    }
    file.add(&keys[0], &[change(5, &note("fever"))]);
    let done = merge(&file, ID, &keys)
        .expect("merged")
        .expect("a level is full");
    assert_eq!(done.inputs, 4);
    assert_eq!(segments(&file, Kind::Packed, State::Live), 1);
    assert_eq!(file.find(&keys, "fever"), [5, 4, 3, 2]);
    assert_eq!(merge(&file, ID, &keys).expect("looked"), None);
    assert_eq!(sweep(&file).expect("swept"), 4);
    assert_eq!(file.find(&keys, "fever"), [5, 4, 3, 2]);
}

#[test]
fn a_rebuild_leaves_one_segment_and_forgets_the_dead() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(
        &keys[0],
        &[
            change(1, &note("fever")),
            Change {
                replaces: Some(replaced(1, "fever")),
                ..change(2, &note("cough"))
            },
        ],
    );
    bulk(&keys[0], &[change(3, &note("fever"))])
        .write(&file, Mode::Add)
        .expect("written");
    rebuild(&file, ID, &keys)
        .expect("rebuilt")
        .expect("there was work");
    sweep(&file).expect("swept");
    assert_eq!(file.count("SELECT count(*) FROM segment"), 1);
    assert_eq!(
        (file.find(&keys, "fever"), file.find(&keys, "cough")),
        (vec![3], vec![2])
    );
    let view = file
        .read(|conn| super::view::View::open(conn, ID, &keys))
        .expect("opened");
    assert!(view.dead().is_empty());
    assert_eq!(
        rebuild(&file, ID, &keys).expect("looked"),
        None,
        "nothing is left to gain"
    );
    let measured = file
        .read(|conn| stats(conn, &[(ID, &keys)]))
        .expect("measured");
    assert_eq!((measured.segments, measured.log_rows), (1, 0));
    assert!(measured.pairs > 10 && measured.bytes > 0, "{measured:?}");
}

/// Three versions of one entry.
fn versions() -> [Change; 3] {
    [
        change(1, &note("fever")),
        Change {
            replaces: Some(replaced(1, "fever")),
            ..change(2, &note("cough"))
        },
        Change {
            replaces: Some(replaced(2, "cough")),
            ..change(3, &note("rash"))
        },
    ]
}

#[test]
fn what_is_indexed_anew_holds_of_a_dead_entry_what_it_once_said_and_nothing_else() {
    let keys = [key(1)];
    let changes = versions();
    let few = || {
        let mut few = Bulk::new(ID, &keys).expect("a key");
        for change in &changes {
            few.push(change);
        }
        few
    };
    let words: u64 = changes.iter().map(|change| change.terms.len() as u64).sum();
    let former = words - changes[2].terms.len() as u64;
    for anew in [few(), few().packing()] {
        let file = File::new();
        let pairs = || {
            let stats = file.read(|conn| stats(conn, &[(ID, &keys)]));
            stats.expect("measured").pairs
        };
        anew.write(&file, Mode::Add).expect("written");
        assert_eq!(pairs(), words + former + 2);
        anew.write(&file, Mode::Replace).expect("indexed anew");
        let view = file
            .read(|conn| super::view::View::open(conn, ID, &keys))
            .expect("opened");
        assert!(view.dead().is_empty());
        assert_eq!(pairs(), changes[2].terms.len() as u64 + former);
        for (query, found) in [
            ("fever OR cough", vec![]),
            ("rash", vec![3]),
            ("history: fever", vec![1]),
            ("history: kind:note", vec![3, 2, 1]),
        ] {
            assert_eq!(file.find(&keys, query), found, "{query}");
        }
    }
}

#[test]
fn what_one_index_holds_as_it_stands_and_another_as_it_once_did_is_found_once() {
    let (file, keys) = (File::new(), [key(1)]);
    let changes = versions();
    let behind = CompartmentId {
        unit: UnitId([8; 16]),
        ..ID
    };
    file.write(|conn| add(conn, behind, &keys[0], &changes[..1]))
        .expect("added");
    bulk(&keys[0], &changes)
        .write(&file, Mode::Replace)
        .expect("written");
    let held = [(ID, &keys[..]), (behind, &keys[..])];
    let query = query::parse("history: fever", TODAY).expect("parses");
    let found = file
        .read(|conn| search(conn, &mut Cache::default(), &held, &query))
        .expect("found");
    assert_eq!(found.rids, [1]);
}

#[test]
fn a_merge_that_another_session_holds_is_left_to_it_until_its_lease_runs_out() {
    let (file, keys) = (File::new(), [key(1)]);
    for rid in 1..=4 {
        bulk(&keys[0], &[change(rid, &note("fever"))])
            .write(&file, Mode::Add)
            .expect("written");
    }
    // The first merger takes its lease, begins its build, and dies.
    let died = merge(
        &Dying {
            file: &file,
            writes_left: 2.into(),
        },
        ID,
        &keys,
    );
    assert!(died.is_err());
    assert!(matches!(merge(&file, ID, &keys), Err(IndexError::Busy)));
    assert_eq!(file.find(&keys, "fever"), [4, 3, 2, 1]);
    file.now.set(file.now.get() + super::build::PATIENCE_MS + 1);
    assert!(merge(&file, ID, &keys).expect("its time was up").is_some());
    assert_eq!(file.find(&keys, "fever"), [4, 3, 2, 1]);
}

#[test]
fn after_a_rotation_new_entries_need_the_new_key_and_old_ones_are_still_found() {
    let (file, keys) = (File::new(), [key(1), key(2)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    file.write(|conn| enter(conn, ID, &keys[1]))
        .expect("rotated");
    let stale = file.write(|conn| add(conn, ID, &keys[0], &[change(2, &note("fever"))]));
    assert!(matches!(
        stale,
        Err(IndexError::StaleKey {
            held: 1,
            current: 2
        })
    ));
    file.add(
        &keys[1],
        &[
            Change {
                replaces: Some(replaced(1, "fever")),
                ..change(2, &note("fever"))
            },
            change(3, &note("fever")),
        ],
    );
    assert_eq!(file.find(&keys, "fever"), [3, 2]);
    assert_eq!(
        file.find(&keys[..1], "fever"),
        [1],
        "whoever left finds what was there"
    );
    assert_eq!(file.find(&keys[1..], "fever"), [3, 2]);
    rebuild(&file, ID, &keys).expect("rebuilt");
    assert_eq!(
        file.find(&keys, "fever"),
        [3, 2],
        "the dead are kept while another generation is searched"
    );

    let mut anew = bulk(
        &keys[1],
        &[change(2, &note("fever")), change(3, &note("fever"))],
    );
    anew.cover(CHART, 0, 3);
    anew.write(&file, Mode::Replace).expect("indexed anew");
    sweep(&file).expect("swept");
    assert_eq!(file.count("SELECT count(*) FROM segment"), 1);
    assert_eq!(file.find(&keys[1..], "fever"), [3, 2]);
    assert!(file.find(&keys[..1], "fever").is_empty());
}

#[test]
fn what_an_earlier_generation_left_becomes_one_packed_segment_for_those_who_hold_its_key() {
    let (file, keys) = (File::new(), [key(1), key(2)]);
    for rid in 1..=3 {
        bulk(&keys[0], &[change(rid, &note("fever"))])
            .write(&file, Mode::Add)
            .expect("written");
    }
    file.add(&keys[0], &[change(4, &note("fever and cough"))]);
    let due = |keys: &[_]| file.read(|conn| is_due(conn, ID, keys)).expect("asked");
    assert!(!due(&keys), "it still grows");
    let amended = Change {
        replaces: Some(replaced(1, "fever")),
        ..change(5, &note("cough"))
    };
    file.add(&keys[1], &[amended]);
    assert!(due(&keys));
    assert!(!due(&keys[1..]), "who came later leaves it to others");
    assert_eq!(merge(&file, ID, &keys[1..]).expect("looked"), None);

    let done = merge(&file, ID, &keys).expect("merged");
    assert_eq!(done.expect("there was work").inputs, 4);
    assert!(!due(&keys));
    sweep(&file).expect("swept");
    let of_the_first = "SELECT kind FROM segment WHERE generation = 1";
    assert_eq!(file.count(of_the_first), Kind::Packed as i64);
    assert_eq!(
        file.count("SELECT count(*) FROM segment WHERE generation = 1"),
        1
    );
    assert_eq!(file.find(&keys, "fever"), [4, 3, 2]);
    assert_eq!(file.find(&keys, "cough"), [5, 4]);
    assert_eq!(file.find(&keys, "history: fever"), [4, 3, 2, 1]);
    assert_eq!(file.find(&keys[1..], "cough"), [5]);
}

#[test]
fn a_lease_and_a_build_that_claim_to_last_for_ever_stop_nobody() {
    let (file, keys) = (File::new(), [key(1)]);
    for rid in 1..=4 {
        bulk(&keys[0], &[change(rid, &note("fever"))])
            .write(&file, Mode::Add)
            .expect("written");
    }
    let forged = "INSERT INTO index_lease SELECT id, x'00', 1 << 60 FROM compartment;
         INSERT INTO segment (compartment, generation, kind, level, state, expires, salt, meta)
         SELECT compartment, generation, kind, level, 0, 1 << 60, zeroblob(32), meta FROM segment LIMIT 1";
    let done = file.write(|conn| Ok(conn.execute_batch(forged)?));
    done.expect("written");
    let merged = merge(&file, ID, &keys).expect("nobody holds it");
    assert!(merged.is_some());
    sweep(&file).expect("swept");
    assert_eq!(file.count("SELECT count(*) FROM segment"), 1);
    assert_eq!(file.find(&keys, "fever"), [4, 3, 2, 1]);
}

#[test]
fn nothing_of_an_erased_chart_is_left_after_a_rebuild() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(
        &keys[0],
        &[
            change(1, &note("fever")),
            change(2, &note("rash")),
            change(3, &note("cough")),
        ],
    );
    file.write(|conn| {
        coverage::mark(conn, ID, &keys[0], CHART, 2)?;
        erase(conn, ID, &keys[0], CHART, &[1, 2])
    })
    .expect("erased");
    assert!(file.find(&keys, "fever OR rash").is_empty());
    rebuild(&file, ID, &keys).expect("rebuilt");
    sweep(&file).expect("swept");
    let words = change(3, &note("cough")).terms.len() as u64;
    let left = file
        .read(|conn| stats(conn, &[(ID, &keys)]))
        .expect("measured");
    assert_eq!((left.pairs, left.log_rows), (words, 0));
    assert_eq!(file.find(&keys, "cough"), [3]);
}

#[test]
fn what_was_read_of_a_chart_before_its_erasure_enters_the_index_no_more() {
    let (file, keys) = (File::new(), [key(1)]);
    let mut slow = bulk(&keys[0], &[change(1, &note("fever"))]);
    slow.cover(CHART, 0, 1);
    file.write(|conn| erase(conn, ID, &keys[0], CHART, &[1]))
        .expect("erased");
    // The marks of the dead go with a rebuild; what is rebuilt from nothing keeps the erasure, too.
    rebuild(&file, ID, &keys).expect("rebuilt");
    file.write(|conn| reset(conn, ID)).expect("emptied");
    assert!(matches!(
        slow.write(&file, Mode::Add),
        Err(IndexError::Overtaken)
    ));
    assert!(file.find(&keys, "fever").is_empty());
}

#[test]
fn a_damaged_index_is_emptied_and_everything_is_due_again() {
    let (file, keys) = (File::new(), [key(1)]);
    bulk(&keys[0], &[change(1, &note("fever"))])
        .write(&file, Mode::Add)
        .expect("written");
    file.write(|conn| coverage::mark(conn, ID, &keys[0], CHART, 1))
        .expect("marked");
    file.conn
        .borrow()
        .execute("UPDATE index_small SET b = zeroblob(length(b))", [])
        .expect("edited");
    assert!(matches!(
        rebuild(&file, ID, &keys),
        Ok(None) | Err(IndexError::Damaged { .. })
    ));
    file.write(|conn| reset(conn, ID)).expect("emptied");
    assert!(file.find(&keys, "fever").is_empty());
    assert_eq!(
        file.read(|conn| coverage::up_to(conn, ID, &keys, CHART))
            .expect("read"),
        0
    );
    file.add(&keys[0], &[change(1, &note("fever"))]);
    assert_eq!(file.find(&keys, "fever"), [1]);
}
