//! The entries: each is what its author signed, in its place, and part of what the statement announces.

use super::super::{Subject, open};
use super::world::{CHART, World};
use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::ledger::Section;

#[test]
fn what_was_sealed_opens_with_every_entry_its_author_and_its_body() {
    let world = World::new();
    let file = world.draft().file();
    let mut shown = Vec::new();
    let told = open(&file[..], &world.recipient, Some(&world.link(1)), |entry| {
        shown.push((
            entry.seq,
            entry.author.login.clone(),
            entry.role,
            entry.body.unwrap().bytes.clone(),
        ));
        Ok(())
    })
    .unwrap();
    let expected = (4, "hsmith".into(), Some(Role::Doctor), b"172/104".to_vec());
    assert_eq!(shown, [expected]);
    assert_eq!(told.exporter.login, "hsmith");
    assert_eq!((told.opened, told.statement.entries), (1, 1));
    assert_eq!(told.statement.purpose, "second opinion");
}

#[test]
fn an_entry_without_its_body_is_verified_by_its_header() {
    let world = World::new();
    let mut draft = world.draft();
    draft.entries[0].2 = None;
    assert_eq!(world.open(&draft.file()).unwrap().opened, 0);
    draft.entries[0].0.row.digest = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 4: it is not the head that the statement names"
    );
    // Nor where something follows it.
    let mut world = World::new();
    world.sealed(b"120/80");
    let mut draft = world.draft();
    draft.entries[0].2 = None;
    draft.entries[0].0.row.digest = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 4: its signature does not match its header"
    );
}

#[test]
fn a_body_that_its_author_did_not_sign_is_refused() {
    let mut world = World::new();
    world.sealed(b"120/80");
    let mut draft = world.draft();
    let first = draft.entries[0].2.clone();
    draft.entries[1].2 = first;
    assert_eq!(
        world.refused(&draft),
        "entry 5: its body is not the one that its author signed"
    );
    let mut draft = world.draft();
    draft.entries[0].2.as_mut().unwrap().body.bytes[0] ^= 1;
    assert!(world.refused(&draft).contains("entry 4: its body"));
    let mut draft = world.draft();
    draft.entries[0].2.as_mut().unwrap().blinder.0[0] ^= 1;
    assert!(world.refused(&draft).contains("entry 4: its body"));
}

#[test]
fn entries_in_another_place_or_beyond_the_statement_are_refused() {
    let mut world = World::new();
    world.sealed(b"120/80");
    let mut draft = world.draft();
    draft.entries.swap(0, 1);
    assert_eq!(
        world.refused(&draft),
        "entry 4: it comes twice or out of order"
    );
    let mut draft = world.draft();
    draft.entries[1].1 = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 5: it does not follow the entry before it"
    );
    let mut draft = world.draft();
    draft.statement.link = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 5: it is not the head that the statement names"
    );
    let mut draft = world.draft();
    draft.statement.subject = Subject::Chart {
        chart: CHART,
        sections: vec![Section::Medication],
    };
    assert_eq!(
        world.refused(&draft),
        "entry 4: it is not part of what the statement announces"
    );
    let mut draft = world.draft();
    draft.authorities.push(draft.entries[0].clone());
    assert!(world.refused(&draft).starts_with("entry 4: "));
}
