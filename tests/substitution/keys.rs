//! Public keys, certificates, roles, slots, credentials.

use crate::support::editor::{Victim, body, named, put_clear, rechain, recommit};
use chartseal::clinical::Role;
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::sign::SigningKey;
use chartseal::desk::view::unwatched;
use chartseal::jobs::verify;
use chartseal::ledger::{
    CertId, Certificate, Clear, Holder, Office, Section, SlotPlace, canonical,
};
use chartseal::vault::ring::seal_slot;
use chartseal::vault::{Draft, VaultError};
use rusqlite::params;

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
            grant.lines[0].holder = Holder::Person(CertId([7; 32]));
        },
    );
}

#[test]
fn a_grant_that_was_made_to_last_for_ever_is_refused() {
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
    held.unwrap().places(victim.facts.chart).next().unwrap()
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
        &crate::support::secret(crate::support::PASSPHRASE),
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
