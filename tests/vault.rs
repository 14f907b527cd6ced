//! Who can open what, with real keys, below the interface.

mod support;

use chartseal::crypto::password::Cost;
use chartseal::ledger::clear::GrantGround;
use chartseal::ledger::{Body, Holder, Section};
use chartseal::vault::permit::{Prescribe, ReadClinical, ReadIdentity, ReadMedication};
use chartseal::vault::{Draft, NewGrant, VaultError};
use support::{Hospital, PASSPHRASE, secret};

fn body(text: &str) -> Body {
    Body {
        kind: 900,
        version: 1,
        bytes: text.as_bytes().to_vec(),
    }
}

fn opens(
    session: &chartseal::vault::Session,
    chart: chartseal::ledger::ChartId,
    section: Section,
) -> bool {
    session
        .read(|reader| {
            let entries = reader.section(chart, section)?;
            assert!(!entries.is_empty());
            Ok::<_, VaultError>(entries.iter().all(Result::is_ok))
        })
        .unwrap()
}

#[test]
fn a_role_opens_only_the_sections_of_its_keys() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    for section in Section::OF_A_CHART {
        doctor
            .write(|writer| writer.put(Draft::new(chart, section), &body("words")))
            .unwrap();
    }
    let expected = [
        ("hsmith", [true, true, true, true]),
        ("brandt", [true, true, true, true]),
        ("okafor", [true, true, true, false]), // through the emergency unit, which never has `access`
        ("adeyemi", [false, false, false, false]),
        ("reyes", [true, false, false, false]),
        ("audit", [false, false, false, true]),
        ("mejia", [true, true, true, true]),
        ("admin", [false, false, false, false]),
    ];
    for (login, sections) in expected {
        let session = hospital.login(login);
        let found = Section::OF_A_CHART.map(|section| opens(&session, chart, section));
        assert_eq!(found, sections, "{login}");
    }
}

#[test]
fn a_writer_without_the_key_drops_what_holders_read() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let pharmacist = hospital.login("adeyemi");
    pharmacist
        .write(|writer| writer.put(Draft::new(chart, Section::Access), &body("looked")))
        .unwrap();
    assert!(!opens(&pharmacist, chart, Section::Access));
    assert!(opens(&doctor, chart, Section::Access));
    assert!(opens(&hospital.login("audit"), chart, Section::Access));
}

#[test]
fn what_a_registrar_enrols_gets_a_fresh_key_with_the_first_permitted_write() {
    let hospital = Hospital::staffed();
    let registrar = hospital.login("reyes");
    let chart = hospital.chart(&registrar);
    let doctor = hospital.login("hsmith");
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("first note")))
        .unwrap();
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("second note")))
        .unwrap();
    let epoch = doctor
        .read(|reader| Ok::<_, VaultError>(reader.newest_epoch(chart, Section::Clinical)))
        .unwrap();
    assert_eq!(epoch, 2, "renewed once, not at every write");
    assert!(opens(&doctor, chart, Section::Clinical));
    assert!(opens(&hospital.login("mejia"), chart, Section::Clinical));
}

#[test]
fn someone_whose_access_ended_reads_nothing_written_afterwards() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let okafor = doctor
        .read(|r| Ok::<_, VaultError>(*r.directory().by_login("adeyemi").unwrap().0))
        .unwrap();
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Medication), &body("before")))
        .unwrap();
    let grant = doctor
        .write(|writer| {
            writer.grant(&NewGrant {
                chart,
                to: Holder::Person(okafor),
                sections: vec![Section::Medication],
                until: None,
                ground: GrantGround::Share,
                because: None,
            })
        })
        .unwrap();
    let pharmacist = hospital.login("adeyemi");
    assert!(opens(&pharmacist, chart, Section::Medication));
    doctor
        .write(|writer| writer.revoke(chart, grant.id))
        .unwrap();
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Medication), &body("after")))
        .unwrap();
    assert!(
        !opens(&pharmacist, chart, Section::Medication),
        "the session that had the key is refused too"
    );
    assert!(!opens(
        &hospital.login("adeyemi"),
        chart,
        Section::Medication
    ));
    assert!(
        opens(&doctor, chart, Section::Medication),
        "the old and the new"
    );
    let epochs = doctor
        .read(|r| Ok::<_, VaultError>(r.newest_epoch(chart, Section::Medication)))
        .unwrap();
    assert_eq!(epochs, 2);
}

#[test]
fn a_member_who_left_reads_nothing_and_the_rest_go_on() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("before")))
        .unwrap();
    let admin = hospital.login("admin");
    admin.leave_unit("Ward A", "brandt").unwrap();
    admin.leave_unit("emergency", "brandt").unwrap();
    let doctor = hospital.login("hsmith"); // renews the unit's keys
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("after")))
        .unwrap();
    assert!(!opens(&hospital.login("brandt"), chart, Section::Clinical));
    assert!(opens(&doctor, chart, Section::Clinical));
    assert!(opens(&hospital.login("mejia"), chart, Section::Clinical));
    let epoch = doctor
        .read(|r| Ok::<_, VaultError>(r.newest_epoch(chart, Section::Clinical)))
        .unwrap();
    doctor
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("more")))
        .unwrap();
    let later = doctor
        .read(|r| Ok::<_, VaultError>(r.newest_epoch(chart, Section::Clinical)))
        .unwrap();
    assert_eq!(epoch, later, "renewed once");
}

#[test]
fn a_permit_needs_role_and_key_and_dies_on_lock() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    assert!(doctor.permit::<Prescribe>(&chart).is_ok());
    let nurse = hospital.login("brandt");
    assert!(matches!(
        nurse.permit::<Prescribe>(&chart),
        Err(VaultError::Role { .. })
    ));
    assert!(nurse.permit::<ReadClinical>(&chart).is_ok());
    let registrar = hospital.login("reyes");
    assert!(registrar.permit::<ReadIdentity>(&chart).is_ok());
    assert!(matches!(
        registrar.permit::<ReadClinical>(&chart),
        Err(VaultError::Role { .. })
    ));
    let pharmacist = hospital.login("adeyemi");
    assert!(matches!(
        pharmacist.permit::<ReadMedication>(&chart),
        Err(VaultError::NoKey { .. })
    ));
    doctor.lock();
    assert!(matches!(
        doctor.permit::<Prescribe>(&chart),
        Err(VaultError::Locked)
    ));
    let refused =
        doctor.write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("late")));
    assert!(matches!(refused, Err(VaultError::Locked)));
}

#[test]
fn five_failures_lock_the_account_and_nobody_learns_which_logins_exist() {
    let hospital = Hospital::staffed();
    for _ in 0..5 {
        assert!(matches!(
            hospital.try_login("hsmith", "wrong wrong"),
            Err(VaultError::WrongPassphrase)
        ));
    }
    assert!(matches!(
        hospital.try_login("hsmith", PASSPHRASE),
        Err(VaultError::LockedOut { seconds: 1..=30 })
    ));
    assert!(matches!(
        hospital.try_login("nobody", PASSPHRASE),
        Err(VaultError::WrongPassphrase)
    ));
    let auditor = hospital.login("audit");
    let failures = auditor
        .read(|reader| {
            let unit = reader
                .directory()
                .unit_by_name("auditors")
                .unwrap()
                .unit
                .unit;
            let entries = reader.section(unit.chart(), Section::Access)?;
            Ok::<_, VaultError>(
                entries
                    .into_iter()
                    .filter(|e| e.as_ref().is_ok_and(|o| o.body.kind == 50))
                    .count(),
            )
        })
        .unwrap();
    assert_eq!(failures, 6, "those of nobody, too");
}

#[test]
fn a_one_time_code_is_good_once_and_an_unapproved_user_does_not_get_in() {
    let hospital = Hospital::bare();
    let admin = hospital.login("admin");
    let code = admin
        .invite("newdoc", "New Doc", chartseal::clinical::Role::Doctor, &[])
        .unwrap();
    let wrong = hospital.vault().activate(
        "newdoc",
        &secret("AAAAA-AAAAA"),
        &secret(PASSPHRASE),
        Cost::FLOOR,
    );
    assert!(matches!(wrong, Err(VaultError::BadCode)));
    hospital
        .vault()
        .activate("newdoc", &code, &secret(PASSPHRASE), Cost::FLOOR)
        .unwrap();
    let again =
        hospital
            .vault()
            .activate("newdoc", &code, &secret("another passphrase"), Cost::FLOOR);
    assert!(matches!(again, Err(VaultError::BadCode)));
    assert!(matches!(
        hospital.try_login("newdoc", PASSPHRASE),
        Err(VaultError::NotActive { .. })
    ));
    admin.approve("newdoc").unwrap();
    hospital.login("newdoc");
    admin.disable("newdoc").unwrap();
    assert!(hospital.try_login("newdoc", PASSPHRASE).is_err());
}

#[test]
fn a_reset_makes_a_new_identity_to_which_members_deliver_again() {
    let hospital = Hospital::staffed();
    let chart = hospital.chart(&hospital.login("hsmith"));
    let nurse = hospital.login("brandt");
    nurse
        .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("note")))
        .unwrap();
    let code = hospital.login("admin").reset("brandt").unwrap();
    assert!(
        nurse
            .write(|writer| writer.put(Draft::new(chart, Section::Clinical), &body("ghost")))
            .is_err()
    );
    hospital
        .vault()
        .activate("brandt", &code, &secret("a new passphrase"), Cost::FLOOR)
        .unwrap();
    hospital.login("admin").approve("brandt").unwrap();
    let fresh = hospital.try_login("brandt", "a new passphrase").unwrap();
    assert!(!opens(&fresh, chart, Section::Clinical));
    hospital.login("hsmith").deliver_unseen().unwrap();
    let fresh = hospital.try_login("brandt", "a new passphrase").unwrap();
    assert!(opens(&fresh, chart, Section::Clinical));
}
