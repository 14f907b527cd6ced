//! Whoever edits the file or brings other keys: what is noticed, what is only worked again.

use crate::clinical::Body;
use crate::crypto::Secret;

use super::testing::{CHART, File, ID, bulk, change, condition, key, note, replaced};
use super::transactor::Transactor;
use super::{Audit, Audited, Change, CompartmentKey, IndexError, Mode, coverage, rebuild};

#[test]
fn coverage_holds_only_with_its_mac() {
    let (file, keys) = (File::new(), [key(1)]);
    file.write(|conn| coverage::mark(conn, ID, &keys[0], CHART, 41))
        .expect("marked");
    let up_to = || {
        file.read(|conn| coverage::up_to(conn, ID, &keys, CHART))
            .expect("read")
    };
    assert_eq!(up_to(), 41);
    assert_eq!(
        file.read(|conn| coverage::all(conn, ID, &keys))
            .expect("read")
            .get(&CHART),
        Some(&41)
    );
    file.conn
        .borrow()
        .execute("UPDATE indexed SET up_to = 99", [])
        .expect("edited");
    assert_eq!(up_to(), 0);
    assert!(
        file.read(|conn| coverage::all(conn, ID, &keys))
            .expect("read")
            .is_empty()
    );
}

#[test]
fn a_key_of_another_compartment_opens_no_log_and_finds_nothing_that_is_packed() {
    let (file, keys) = (File::new(), [key(1)]);
    bulk(&keys[0], &[change(1, &note("fever"))])
        .write(&file, Mode::Add)
        .expect("written");
    let other = [CompartmentKey::new(&Secret::new([99; 32]), 1)];
    assert!(file.find(&other, "fever").is_empty());
    file.add(&keys[0], &[change(2, &note("fever"))]);
    let query = super::query::parse("fever", super::testing::TODAY).expect("parses");
    let found = file
        .read(|conn| super::search(conn, &mut super::Cache::default(), &[(ID, &other)], &query));
    assert!(matches!(found, Err(IndexError::Damaged { .. })));
}

#[test]
fn a_flipped_bit_in_a_box_is_reported_with_its_segment() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    bulk(&keys[0], &[change(2, &note("cough"))])
        .write(&file, Mode::Add)
        .expect("written");
    for (table, word) in [("index_log", "fever"), ("index_small", "cough")] {
        file.conn
            .borrow()
            .execute(&format!("UPDATE {table} SET b = zeroblob(length(b))"), [])
            .expect("edited");
        let query = super::query::parse(word, super::testing::TODAY).expect("parses");
        let found = file
            .read(|conn| super::search(conn, &mut super::Cache::default(), &[(ID, &keys)], &query));
        assert!(matches!(found, Err(IndexError::Damaged { .. })), "{table}");
        file.conn
            .borrow()
            .execute(&format!("DELETE FROM {table}"), [])
            .expect("edited");
    }
}

#[test]
fn an_audit_tells_missing_from_stray() {
    let (file, keys) = (File::new(), [key(1)]);
    let bodies: [Body; 3] = [
        note("fever"),
        condition("I10", "Hypertension"),
        note("cough"),
    ];
    let changes: Vec<Change> = (1..)
        .zip(&bodies)
        .map(|(rid, body)| change(rid, body))
        .collect();
    file.add(&keys[0], &changes[..2]);
    let audit = |changes: &[Change]| {
        let mut audit = Audit::new(ID, &keys);
        for change in changes {
            audit.push(change);
        }
        file.read(|conn| audit.finish(conn)).expect("audited")
    };
    assert_eq!(
        audit(&changes[..2]),
        Audited {
            checked: (changes[0].terms.len() + changes[1].terms.len()) as u64,
            ..Audited::default()
        }
    );
    let missing = changes[2].terms.len() as u64;
    assert_eq!(audit(&changes).missing, missing);
    assert_eq!(audit(&changes).missing_of, [(3, missing)].into());
    let stray = changes[1].terms.len() as u64;
    assert_eq!(audit(&changes[..1]).stray_of, [(2, stray)].into());
    file.add(
        &keys[0],
        &[Change {
            rid: 9,
            terms: Vec::new(),
            replaces: Some(replaced(1, "fever")),
        }],
    );
    let words = changes[0].terms.len() as u64;
    assert_eq!(
        audit(&changes[..2]).missing_of,
        [(1, words)].into(),
        "an entry that only the index takes for dead is missing"
    );
}

#[test]
fn an_audit_names_the_entries_of_dropped_rows_and_the_segments_of_rows_that_nobody_with_a_key_wrote()
 {
    let (file, keys) = (File::new(), [key(1)]);
    let changes = [1, 2, 3].map(|rid| change(rid, &note("fever")));
    file.add(&keys[0], &changes[..2]);
    bulk(&keys[0], &changes[2..])
        .write(&file, Mode::Add)
        .expect("written");
    let audit = || {
        let mut audit = Audit::new(ID, &keys);
        for change in &changes {
            audit.push(change);
        }
        file.read(|conn| audit.finish(conn)).expect("audited")
    };
    let edit = |sql: &str| {
        let changed = file.conn.borrow().execute(sql, []).expect("edited");
        assert_eq!(changed, 1, "{sql}");
    };
    let whole = audit();
    assert_eq!((whole.missing, whole.stray, whole.damaged.len()), (0, 0, 0));

    // Rows that somebody puts there, of random bytes, or taken from another place.
    let packed = file.count("SELECT id FROM segment WHERE kind = 1");
    edit(&format!(
        "INSERT INTO index_small VALUES ({packed}, randomblob(16), randomblob(24))"
    ));
    // And at what is no address.
    edit(&format!(
        "INSERT INTO index_small VALUES ({packed}, x'00', x'')"
    ));
    edit("INSERT INTO index_log SELECT max(k) + length(b), b FROM index_log");
    edit(&format!(
        "INSERT INTO index_large VALUES (7, {packed}, randomblob(3984))"
    ));
    let forged = audit();
    assert_eq!((forged.missing, forged.stray), (0, 0));
    assert_eq!(forged.damaged.values().sum::<u64>(), 4);
    assert_eq!(forged.damaged[&packed], 3);

    // The row of entry 1.
    edit("DELETE FROM index_log WHERE k = (SELECT min(k) FROM index_log)");
    let dropped = audit();
    let words = |rid: usize| changes[rid - 1].terms.len() as u64;
    assert_eq!(dropped.missing_of, [(1, words(1))].into());
    assert_eq!(dropped.damaged.values().sum::<u64>(), 5);

    // And every head of the packed segment.
    file.conn
        .borrow()
        .execute("DELETE FROM index_small", [])
        .expect("edited");
    assert_eq!(audit().missing_of, [(1, words(1)), (3, words(3))].into());
}

#[test]
fn rows_at_no_address_keep_nobody_from_merging() {
    let (file, keys) = (File::new(), [key(1)]);
    for rid in 1..=2 {
        bulk(&keys[0], &[change(rid, &note("fever"))])
            .write(&file, Mode::Add)
            .expect("written");
    }
    let edited = file.conn.borrow().execute(
        "INSERT INTO index_small SELECT id, x'00', x'' FROM segment",
        [],
    );
    assert_eq!(edited.expect("edited"), 2);
    assert!(rebuild(&file, ID, &keys).expect("rebuilt").is_some());
    assert_eq!(file.find(&keys, "fever"), [2, 1]);
}
