//! Someone with the file and without keys puts one thing in the place of another. **Each is refused at opening, unlocking or
//! reading, or found by verification, which names the entry.**

mod support;

use chartseal::clinical::Role;
use chartseal::crypto::hash::Hash;
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::sign::SigningKey;
use chartseal::desk::view::{Chain, unwatched};
use chartseal::jobs::verify;
use chartseal::ledger::{
    Certificate, Clear, Holder, LedgerError, Office, Prepared, Section, SlotPlace, canonical,
};
use chartseal::vault::ring::seal_slot;
use chartseal::vault::{Draft, VaultError};
use rusqlite::params;
use support::editor::{
    Victim, body, get_box, named, put_box, put_clear, rechain, recommit, redigest, remove,
};

/// A clear entry is altered: by its box alone, then with all that can be recomputed. Nobody gets in, and it is named.
fn alter_clear(wanted: impl Fn(&Clear) -> bool, alter: impl Fn(&mut Clear)) {
    for recomputed in [false, true] {
        let victim = Victim::new();
        let (seq, mut clear) = victim.find_clear(&wanted);
        alter(&mut clear);
        let sql = victim.sql();
        put_clear(&sql, seq, &clear);
        if recomputed {
            recommit(&sql, seq);
            rechain(&sql);
        }
        let refused = victim.login("hsmith").map(drop);
        assert!(
            matches!(refused, Err(VaultError::Broken { .. })),
            "{refused:?}"
        );
        let report = victim.verify();
        assert!(!report.ok);
        let list = if recomputed {
            &report.signatures.bad
        } else {
            &report.bodies.bad
        };
        assert!(list.contains(&seq), "{report:#?}");
        assert!(named(&report).contains(&seq));
    }
}

#[test]
fn a_substituted_public_key_is_refused() {
    alter_clear(
        |clear| matches!(clear, Clear::Certificate(certificate) if certificate.login == "okafor"),
        |clear| {
            let Clear::Certificate(certificate) = clear else {
                unreachable!()
            };
            certificate.kem = KemSecret::random().public();
        },
    );
}

#[test]
fn a_substituted_certificate_is_refused() {
    alter_clear(
        |clear| matches!(clear, Clear::Certificate(certificate) if certificate.login == "okafor"),
        |clear| {
            let forged = Certificate::issue(
                "okafor",
                "OKAFOR",
                Office::Person(Role::Doctor),
                KemSecret::random().public(),
                &SigningKey::random(),
            );
            *clear = Clear::Certificate(forged);
        },
    );
}

#[test]
fn a_substituted_role_is_refused() {
    alter_clear(
        |clear| matches!(clear, Clear::Certificate(certificate) if certificate.login == "adeyemi"),
        |clear| {
            let Clear::Certificate(certificate) = clear else {
                unreachable!()
            };
            certificate.office = Office::Person(Role::Admin);
        },
    );
}

#[test]
fn a_substituted_key_of_a_unit_is_refused() {
    alter_clear(
        |clear| matches!(clear, Clear::UnitKey(key) if key.section == Section::Clinical),
        |clear| {
            let Clear::UnitKey(key) = clear else {
                unreachable!()
            };
            key.public = KemSecret::random().public();
        },
    );
}

#[test]
fn a_grant_whose_holder_was_substituted_is_refused() {
    alter_clear(
        |clear| matches!(clear, Clear::Grant(_)),
        |clear| {
            let Clear::Grant(grant) = clear else {
                unreachable!()
            };
            grant.until = Some(u64::MAX);
        },
    );
}

#[test]
fn a_drop_box_that_leads_to_somebody_else_is_refused() {
    alter_clear(
        |clear| matches!(clear, Clear::Enrolment(_)),
        |clear| {
            let Clear::Enrolment(enrolment) = clear else {
                unreachable!()
            };
            enrolment.drop_boxes[0].public = KemSecret::random().public();
        },
    );
}

#[test]
fn a_genesis_of_another_vault_is_refused_at_opening() {
    let victim = Victim::new();
    let (seq, clear) = victim.find_clear(|clear| matches!(clear, Clear::Genesis(_)));
    let Clear::Genesis(mut genesis) = clear else {
        unreachable!()
    };
    genesis.recovery = KemSecret::random().public();
    let sql = victim.sql();
    put_clear(&sql, seq, &Clear::Genesis(genesis));
    recommit(&sql, seq);
    rechain(&sql);
    assert!(matches!(victim.vault(), Err(VaultError::Host(_))));
    assert!(named(&victim.verify()).contains(&1));
}

/// Where the ward's slot of the chart's clinical key stands.
fn ward_slot(victim: &Victim) -> SlotPlace {
    let directory = victim.vault().unwrap().directory().unwrap();
    let ward = directory.unit_by_name("Ward A").unwrap().unit.unit;
    let state = directory.chart(&victim.facts.chart).unwrap();
    let held = state.lines.iter().find(|held| {
        held.line.section == Section::Clinical && held.line.holder == Holder::Unit(ward)
    });
    held.unwrap().place(victim.facts.chart)
}

fn put_slot(victim: &Victim, place: &SlotPlace, sealed: &[u8]) -> usize {
    victim
        .sql()
        .execute(
            "UPDATE slot SET sealed = ?1, fast = NULL WHERE chart = ?2 AND section = ?3 AND holder = ?4 AND grant_id = ?5",
            params![sealed, place.chart.as_bytes(), place.section as u8, place.holder.to_key(), place.grant.as_bytes()],
        )
        .unwrap()
}

#[test]
fn a_slot_that_carries_an_attackers_key_is_refused_and_named() {
    let victim = Victim::new();
    let place = ward_slot(&victim);
    let vault = victim.vault().unwrap();
    let directory = vault.directory().unwrap();
    let ward = directory.unit_by_name("Ward A").unwrap();
    let public = ward.current_key(Section::Clinical).unwrap().key.public;
    // Perfectly sealed to the ward, bound to its place, and yet not the key that was granted.
    let sealed = seal_slot(&vault.host().vault(), &place, &public, &[7; 32]).unwrap();
    assert_eq!(put_slot(&victim, &place, &sealed), 1);
    let nurse = victim.login("brandt").unwrap();
    let outcome = nurse.write(|writer| {
        writer.put(
            Draft::new(victim.facts.chart, Section::Clinical),
            &body("for the attacker"),
        )
    });
    // The emergency unit holds the same key under a slot of its own, so the nurse may still write, never under the attacker's key.
    if let Ok(stored) = outcome {
        let read = nurse
            .read(|reader| reader.by_id(&stored.id))
            .unwrap()
            .unwrap();
        assert!(
            read.entry
                .open_sealed(&chartseal::crypto::secret::Secret::new([7; 32]))
                .is_err()
        );
    }
    let session = chartseal::desk::session::login(
        &chartseal::config::Paths::new(&victim.vault_folder(), &victim.host_folder()),
        "brandt",
        &support::secret(support::PASSPHRASE),
    )
    .unwrap();
    let report = verify::full(&session, 1, &unwatched).unwrap();
    assert!(!report.ok);
    assert!(
        report.grants.bad[0].contains(&place.grant.to_string()),
        "{:?}",
        report.grants.bad
    );
    assert!(named(&report).contains(&victim.seq("enrolled")));
}

#[test]
fn a_slot_of_another_chart_is_refused_and_a_missing_or_foreign_one_is_named() {
    let victim = Victim::new();
    let place = ward_slot(&victim);
    let sql = victim.sql();
    let foreign: Vec<u8> = sql
        .query_row(
            "SELECT sealed FROM slot WHERE chart = ?1 AND section = ?2 AND holder = ?3",
            params![
                victim.facts.other.as_bytes(),
                Section::Clinical as u8,
                place.holder.to_key()
            ],
            |row| row.get(0),
        )
        .unwrap();
    put_slot(&victim, &place, &foreign);
    // Reached through the ward alone.
    sql.execute(
        "DELETE FROM slot WHERE chart = ?1 AND holder <> ?2",
        params![victim.facts.chart.as_bytes(), place.holder.to_key()],
    )
    .unwrap();
    let nurse = victim.login("brandt").unwrap();
    for entry in Victim::read(&nurse, victim.facts.chart, Section::Clinical).unwrap() {
        assert!(
            matches!(entry, Err(VaultError::Substituted(_))),
            "{entry:?}"
        );
    }
    let report = victim.verify();
    assert!(
        report
            .grants
            .bad
            .iter()
            .any(|bad| bad.contains("is missing"))
    );
    assert_eq!(
        named(&report),
        [victim.seq("enrolled"), victim.seq("grant")].into()
    );

    sql.execute(
        "INSERT INTO slot SELECT chart, section, epoch, holder, 99, grant_id, sealed, fast FROM slot WHERE chart = ?1",
        params![victim.facts.other.as_bytes()],
    )
    .unwrap();
    let report = victim.verify();
    assert!(
        report
            .grants
            .bad
            .iter()
            .any(|bad| bad.contains("not justified by any grant"))
    );
}

#[test]
fn a_units_slot_for_another_key_is_refused_at_unlock() {
    let victim = Victim::new();
    let vault = victim.vault().unwrap();
    let directory = vault.directory().unwrap();
    let (nurse, person) = directory.by_login("brandt").unwrap();
    let ward = directory.unit_by_name("Ward A").unwrap();
    let place = SlotPlace {
        chart: ward.unit.unit.chart(),
        section: Section::Clinical,
        epoch: 1,
        holder: Holder::Person(*nurse),
        holder_epoch: 0,
        grant: ward.members[nurse].deliveries[&(Section::Clinical as u8, 1)],
    };
    let sealed = seal_slot(
        &vault.host().vault(),
        &place,
        &person.certificate.kem,
        &[7; 64],
    )
    .unwrap();
    assert_eq!(put_slot(&victim, &place, &sealed), 1);
    let refused = victim.login("brandt").map(drop);
    assert!(
        matches!(refused, Err(VaultError::Substituted(_))),
        "{refused:?}"
    );
}

#[test]
fn the_credential_of_another_user_does_not_unlock() {
    let victim = Victim::new();
    // Same passphrase, same host: only the login differs.
    victim
        .sql()
        .execute_batch(
            "CREATE TEMP TABLE own AS SELECT * FROM credential WHERE login = 'mejia';
             DELETE FROM credential WHERE login = 'hsmith';
             UPDATE own SET login = 'hsmith';
             INSERT INTO credential SELECT * FROM own;",
        )
        .unwrap();
    let refused = victim.login("hsmith").map(drop);
    assert!(
        matches!(refused, Err(VaultError::Substituted(_))),
        "{refused:?}"
    );
}

#[test]
fn a_credential_with_a_forged_certificate_does_not_unlock() {
    for (login, office) in [("mejia", Role::Doctor), ("hsmith", Role::Admin)] {
        let victim = Victim::new();
        let forged = Certificate::issue(
            login,
            "FORGED",
            Office::Person(office),
            KemSecret::random().public(),
            &SigningKey::random(),
        );
        victim
            .sql()
            .execute(
                "UPDATE credential SET certificate = ?2 WHERE login = ?1",
                params![login, canonical::encode(&forged)],
            )
            .unwrap();
        assert!(victim.login(login).is_err());
    }
}

#[test]
fn a_cheaper_passphrase_stretch_is_refused() {
    let victim = Victim::new();
    victim
        .sql()
        .execute(
            "UPDATE credential SET memory_kib = 8, passes = 1 WHERE login = 'hsmith'",
            [],
        )
        .unwrap();
    let refused = victim.login("hsmith").map(drop);
    assert!(
        matches!(refused, Err(VaultError::Substituted(_))),
        "{refused:?}"
    );
}

#[test]
fn boxes_swapped_between_entries_do_not_open_and_are_named() {
    let victim = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let (one, two) = (victim.seq("one"), victim.seq("two"));
    let sql = victim.sql();
    let (a, b) = (get_box(&sql, one), get_box(&sql, two));
    put_box(&sql, one, &b);
    put_box(&sql, two, &a);
    let report = victim.verify();
    assert_eq!(report.bodies.bad, [one, two]);
    assert_eq!(named(&report), [one, two].into());
    for session in [doctor, victim.login("hsmith").unwrap()] {
        let read = Victim::read(&session, victim.facts.chart, Section::Clinical).unwrap();
        let refused = read.iter().filter_map(|entry| match entry {
            Err(VaultError::Broken { seq, .. }) => Some(*seq),
            _ => None,
        });
        assert_eq!(refused.collect::<Vec<_>>(), [one, two]);
        assert!(
            !read
                .iter()
                .flatten()
                .any(|text| text == "one" || text == "two")
        );
    }
    // With everything recomputed that can be, the signatures tell.
    redigest(&sql, one);
    redigest(&sql, two);
    rechain(&sql);
    let report = victim.verify();
    assert_eq!(report.signatures.bad, [one, two]);
    assert!(matches!(
        victim.login("hsmith").map(drop),
        Err(VaultError::Broken { .. })
    ));
}

#[test]
fn an_older_version_in_the_place_of_a_newer_is_refused_and_named() {
    let victim = Victim::new();
    let doctor = victim.login("hsmith").unwrap();
    let (first, second) = (victim.seq("first version"), victim.seq("second version"));
    let sql = victim.sql();
    sql.execute_batch(&format!(
        "UPDATE entry SET (core, anchor, digest, signature) =
             (SELECT core, anchor, digest, signature FROM entry WHERE seq = {first}) WHERE seq = {second};
         UPDATE body SET box = (SELECT box FROM body WHERE seq = {first}) WHERE seq = {second};"
    ))
    .unwrap();
    let report = victim.verify();
    assert_eq!(
        (report.chain, report.first_break),
        (Chain::Broken, Some(second))
    );
    assert!(matches!(
        victim.login("hsmith").map(drop),
        Err(VaultError::Broken { seq, .. }) if seq == second
    ));
    rechain(&sql);
    let report = victim.verify();
    assert_eq!(
        report.first_break,
        Some(second),
        "its columns and its anchor are those of another entry"
    );
    assert!(victim.login("hsmith").is_err());
    // A session that walked the ledger before it was altered.
    let thread = doctor.read(|reader| {
        let versions = reader.thread(victim.facts.thread)?;
        Ok::<_, VaultError>(
            versions
                .into_iter()
                .map(|version| version.map(|opened| opened.body.bytes))
                .collect::<Vec<_>>(),
        )
    });
    match thread {
        Err(_) => {}
        Ok(versions) => assert!(versions[1].is_err(), "{versions:?}"),
    }
}

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
