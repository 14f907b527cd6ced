//! Several who write at once, and transactions that are rolled back.

use rusqlite::TransactionBehavior;

use crate::ledger::ChartId;

use super::compartment::enter;
use super::segment::{Kind, State};
use super::testing::{CHART, File, ID, bulk, change, key, note, replaced, segments};
use super::transactor::Transactor;
use super::{Bulk, Change, IndexError, Mode, add, coverage, erase};

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
    file.write(|conn| enter(conn, ID, &keys[1]))
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
