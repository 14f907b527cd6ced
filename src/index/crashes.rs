//! Builders that die, or are given up.

use super::segment::{Kind, State};
use super::testing::{Dying, File, ID, bulk, change, key, note, segments};
use super::{Change, CompartmentKey, Field, IndexError, Mode, Term, sweep};

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
