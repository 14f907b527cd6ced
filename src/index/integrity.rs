//! Whoever edits the file or brings other keys: what is noticed, what is only worked again.

use crate::clinical::Body;
use crate::crypto::Secret;

use super::testing::{CHART, File, ID, bulk, change, condition, key, note};
use super::transactor::Transactor;
use super::{Audit, Audited, Change, CompartmentKey, IndexError, Mode, coverage};

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
fn a_key_of_another_compartment_finds_nothing() {
    let (file, keys) = (File::new(), [key(1)]);
    file.add(&keys[0], &[change(1, &note("fever"))]);
    let other = [CompartmentKey::new(&Secret::new([99; 32]), 1)];
    assert!(file.find(&other, "fever").is_empty());
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
    assert_eq!(audit(&changes).missing, changes[2].terms.len() as u64);
    assert_eq!(audit(&changes[..1]).stray, changes[1].terms.len() as u64);
    file.add(
        &keys[0],
        &[Change {
            rid: 9,
            terms: Vec::new(),
            replaces: Some(1),
        }],
    );
    assert_eq!(
        audit(&changes[..2]).missing,
        changes[0].terms.len() as u64,
        "an entry that only the index takes for dead is missing"
    );
}
