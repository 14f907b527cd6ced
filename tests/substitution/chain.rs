//! The order of the entries, and their end.

use crate::support::editor::{Victim, body, get_box, named, put_box, rechain, redigest, remove};
use chartseal::desk::view::Chain;
use chartseal::ledger::Section;
use chartseal::vault::{Draft, VaultError};

#[test]
fn a_missing_entry_is_named() {
    for name in ["one", "grant", "enrolled"] {
        let victim = Victim::new();
        let seq = victim.seq(name);
        remove(&victim.sql(), seq);
        let report = victim.verify();
        assert_eq!(
            (report.chain, report.first_break),
            (Chain::Broken, Some(seq)),
            "{name}"
        );
        assert!(named(&report).contains(&seq));
        let refused = victim.login("hsmith").map(drop);
        assert!(
            matches!(refused, Err(VaultError::Broken { seq: at, .. }) if at == seq),
            "{refused:?}"
        );
    }
}

#[test]
fn a_missing_entry_whose_gap_was_closed_breaks_the_anchors_after_it() {
    let victim = Victim::new();
    let seq = victim.seq("one");
    let sql = victim.sql();
    remove(&sql, seq);
    rechain(&sql);
    let report = victim.verify();
    assert_eq!(
        (report.chain, report.first_break),
        (Chain::Broken, Some(seq))
    );
    assert!(victim.login("hsmith").is_err());
    // Not only the host's memory tells.
    std::fs::remove_file(victim.host_folder().join("high-water")).unwrap();
    let refused = victim.login("hsmith").map(drop);
    assert!(
        matches!(refused, Err(VaultError::Broken { .. })),
        "{refused:?}"
    );
}

#[test]
fn reordered_entries_are_named() {
    for recomputed in [false, true] {
        let victim = Victim::new();
        let (two, three) = (victim.seq("two"), victim.seq("three"));
        assert_eq!(two + 1, three);
        let sql = victim.sql();
        for (from, to) in [(two, 1_000_000), (three, two), (1_000_000, three)] {
            for table in ["entry", "body"] {
                sql.execute(
                    &format!("UPDATE {table} SET seq = ?2 WHERE seq = ?1"),
                    [from as i64, to as i64],
                )
                .unwrap();
            }
        }
        if recomputed {
            rechain(&sql);
        }
        let report = victim.verify();
        assert_eq!(
            (report.chain, report.first_break),
            (Chain::Broken, Some(two))
        );
        let refused = victim.login("hsmith").map(drop);
        assert!(
            matches!(refused, Err(VaultError::Broken { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn an_edited_entry_with_every_link_recomputed_is_named_by_its_signature() {
    let victim = Victim::new();
    let seq = victim.seq("order");
    let sql = victim.sql();
    let mut sealed = get_box(&sql, seq);
    *sealed.last_mut().unwrap() ^= 1;
    put_box(&sql, seq, &sealed);
    redigest(&sql, seq);
    rechain(&sql);
    let report = victim.verify();
    assert_eq!(report.signatures.bad, [seq]);
    assert_eq!(
        report.chain,
        Chain::Broken,
        "later anchors attest the chain as it was"
    );
    assert!(victim.login("hsmith").is_err());
}

#[test]
fn a_deleted_body_without_an_erasure_is_named() {
    let victim = Victim::new();
    let seq = victim.seq("two");
    victim
        .sql()
        .execute("DELETE FROM body WHERE seq = ?1", [seq as i64])
        .unwrap();
    let report = victim.verify();
    assert_eq!(report.bodies.bad, [seq]);
    assert_eq!(named(&report), [seq].into());
    let doctor = victim.login("hsmith").unwrap();
    let read = Victim::read(&doctor, victim.facts.chart, Section::Clinical).unwrap();
    assert_eq!(read.iter().filter(|entry| entry.is_err()).count(), 1);
}

#[test]
fn a_cut_tail_is_seen_by_the_host_that_remembers_the_head() {
    let victim = Victim::new();
    let end = victim.seq("three");
    let sql = victim.sql();
    for seq in end + 1..=victim.vault().unwrap().ledger().head().unwrap().seq {
        remove(&sql, seq);
    }
    assert!(
        victim.verify().ok,
        "the file alone cannot tell: this is said, and a witness is needed"
    );
    let report = victim.verify_here();
    assert_eq!(
        (report.ok, report.chain, report.first_break),
        (false, Chain::Broken, Some(end + 1))
    );
    let refused = victim.login("hsmith").map(drop);
    assert!(
        matches!(refused, Err(VaultError::RolledBack { found, .. }) if found == end),
        "{refused:?}"
    );
}

#[test]
fn a_rolled_back_file_is_seen_by_the_host_even_after_others_wrote_on() {
    let victim = Victim::new();
    let old = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let chart = victim.facts.chart;
    for text in ["more", "and more"] {
        doctor
            .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body(text)))
            .unwrap();
    }
    let seen = victim.vault().unwrap().ledger().head().unwrap().seq;
    drop(doctor);
    // Elsewhere the old file grows past the mark: other entries, same numbers.
    let elsewhere = old.login("brandt").unwrap();
    for _ in 0..5 {
        elsewhere
            .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("another past")))
            .unwrap();
    }
    drop(elsewhere);
    let grown = old.vault().unwrap();
    grown.ledger().checkpoint().unwrap();
    drop(grown);
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(victim.vault_folder().join(format!("vault.db{suffix}")));
    }
    std::fs::copy(
        old.vault_folder().join("vault.db"),
        victim.vault_folder().join("vault.db"),
    )
    .unwrap();
    let refused = victim.login("hsmith").map(drop);
    assert!(
        matches!(refused, Err(VaultError::Broken { seq, .. }) if seq == seen),
        "{refused:?}"
    );
    let report = victim.verify_here();
    assert_eq!((report.ok, report.first_break), (false, Some(seen)));
}
