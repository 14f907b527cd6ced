//! Columns, views and the schema, which repeat what entries say.

use crate::support::editor::{Victim, body, named};
use chartseal::clinical::Role;
use chartseal::crypto::hash::Hash;
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::sign::SigningKey;
use chartseal::ledger::{Certificate, LedgerError, Office, Prepared, Section};
use chartseal::vault::VaultError;
use rusqlite::params;

#[test]
fn an_entry_by_nobody_is_not_shown_and_is_named() {
    let victim = Victim::new();
    let vault = victim.vault().unwrap();
    let key = SigningKey::random();
    let head = vault.ledger().head().unwrap().seq;
    let certificate = Certificate::issue(
        "ghost",
        "G",
        Office::Person(Role::Doctor),
        KemSecret::random().public(),
        &key,
    );
    let directory = vault.directory().unwrap();
    let drop_box = directory
        .chart(&victim.facts.chart)
        .unwrap()
        .drop_box(Section::Clinical)
        .unwrap();
    let place = chartseal::ledger::Place {
        id: None,
        chart: victim.facts.chart,
        section: Section::Clinical,
        epoch: drop_box.epoch,
        follows: None,
        to: Vec::new(),
        author: certificate.id(),
        created: chartseal::vault::clock::now(),
    };
    let forged = Prepared::dropped(place, &body("no allergy"), &drop_box.public).unwrap();
    vault.ledger().write(|tx| tx.append(&forged, &key)).unwrap();
    let report = victim.verify();
    assert_eq!(report.signatures.bad, [head + 1]);
    let doctor = victim.login("hsmith").unwrap();
    let read = Victim::read(&doctor, victim.facts.chart, Section::Clinical).unwrap();
    assert!(matches!(read.last(), Some(Err(VaultError::Broken { .. }))));
    assert!(!read.iter().flatten().any(|text| text == "no allergy"));
}

#[test]
fn an_entry_moved_to_another_chart_by_its_column_is_refused_and_named() {
    let victim = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let seq = victim.seq("elsewhere");
    victim
        .sql()
        .execute(
            "UPDATE entry SET chart = ?2 WHERE seq = ?1",
            params![seq as i64, victim.facts.chart.as_bytes()],
        )
        .unwrap();
    let report = victim.verify();
    assert_eq!(named(&report), [seq].into());
    // A session that walked the ledger before it was altered must not show one patient's entry in another's chart.
    let read = Victim::read(&doctor, victim.facts.chart, Section::Clinical);
    assert!(
        matches!(read, Err(VaultError::Ledger(LedgerError::Damaged { seq: at, .. })) if at == seq),
        "{read:?}"
    );
    let refused = victim.login("hsmith").map(drop);
    assert!(
        matches!(refused, Err(VaultError::Broken { seq: at, .. }) if at == seq),
        "{refused:?}"
    );
}

#[test]
fn an_entry_hidden_by_its_columns_is_named() {
    for column in ["chart", "thread", "parent", "id", "previous"] {
        let victim = Victim::new();
        let seq = victim.seq("three");
        victim
            .sql()
            .execute(
                &format!("UPDATE entry SET {column} = randomblob(length({column})) WHERE seq = ?1"),
                [seq as i64],
            )
            .unwrap();
        assert_eq!(named(&victim.verify()), [seq].into(), "{column}");
        assert!(victim.login("hsmith").is_err(), "{column}");
    }
    for column in ["section", "site"] {
        let victim = Victim::new();
        let seq = victim.seq("three");
        victim
            .sql()
            .execute(
                &format!("UPDATE entry SET {column} = {column} + 1 WHERE seq = ?1"),
                [seq as i64],
            )
            .unwrap();
        assert_eq!(named(&victim.verify()), [seq].into(), "{column}");
    }
}

#[test]
fn edited_views_are_named() {
    for (edit, name) in [
        ("DELETE FROM notice WHERE seq = ?1", "asked"),
        (
            "UPDATE notice SET thread = randomblob(16) WHERE seq = ?1",
            "asked",
        ),
        ("DELETE FROM clear_entry WHERE seq = ?1", "grant"),
        ("UPDATE clear_entry SET kind = 13 WHERE seq = ?1", "grant"),
        (
            "UPDATE clear_entry SET chart = randomblob(16) WHERE seq = ?1",
            "enrolled",
        ),
        (
            "INSERT INTO clear_entry VALUES (?1, 12, randomblob(16))",
            "two",
        ),
        (
            "INSERT INTO notice VALUES (x'02', randomblob(16), ?1)",
            "two",
        ),
    ] {
        let victim = Victim::new();
        let seq = victim.seq(name);
        assert_eq!(
            victim.sql().execute(edit, [seq as i64]).unwrap(),
            1,
            "{edit}"
        );
        assert_eq!(named(&victim.verify()), [seq].into(), "{edit}");
        victim.vault().unwrap().ledger().rebuild_views().unwrap();
        assert!(victim.verify().ok, "{edit}: a view can be rebuilt");
    }
    for edit in [
        "DELETE FROM locator WHERE tag = ?1",
        "UPDATE locator SET chart = randomblob(16) WHERE tag = ?1",
    ] {
        let victim = Victim::new();
        assert_eq!(
            victim.sql().execute(edit, [&Hash([1; 32]).0[..]]).unwrap(),
            1
        );
        assert_eq!(
            named(&victim.verify()),
            [victim.seq("enrolled")].into(),
            "{edit}"
        );
    }
}

#[test]
fn rows_outside_the_numbering_are_found() {
    let victim = Victim::new();
    let one = victim.seq("one");
    victim
        .sql()
        .execute(
            "INSERT INTO entry SELECT -5, site, randomblob(16), ?2, section, randomblob(16), parent, randomblob(32),
             core, anchor, digest, signature, link FROM entry WHERE seq = ?1",
            params![one as i64, victim.facts.other.as_bytes()],
        )
        .unwrap();
    victim
        .sql()
        .execute("INSERT INTO body VALUES (999999, x'00')", [])
        .unwrap();
    let report = victim.verify();
    assert_eq!(report.findings.len(), 2, "{:?}", report.findings);
    let doctor = victim.login("hsmith").unwrap();
    for entry in Victim::read(&doctor, victim.facts.other, Section::Clinical)
        .into_iter()
        .flatten()
    {
        assert_ne!(
            entry.unwrap(),
            "one",
            "an entry of one chart shown in another"
        );
    }
}

#[test]
fn a_trigger_a_view_or_a_lost_constraint_in_the_file_is_refused_at_opening() {
    for (altered, name) in [
        (
            "CREATE TRIGGER quiet BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END;",
            "trigger quiet",
        ),
        (
            "CREATE VIEW notices AS SELECT * FROM notice;",
            "view notices",
        ),
        ("CREATE TABLE extra (x);", "table extra"),
        ("DROP INDEX entry_by_chart;", "index entry_by_chart"),
    ] {
        let victim = Victim::new();
        victim.sql().execute_batch(altered).unwrap();
        let refused = victim.vault().map(drop);
        assert!(
            matches!(&refused, Err(VaultError::Ledger(LedgerError::AlteredSchema(what))) if what == name),
            "{refused:?}"
        );
    }
}
