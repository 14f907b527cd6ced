//! Accounts: invited, activated, approved, reset, ended.

use crate::desk::{Desk, refused, standing, state_of, unit, ward};
use crate::support::{Hospital, PASSPHRASE, secret};
use chartseal::clinical::Role;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{MemberState, UserState};
use chartseal::desk::{Class, session, units, users};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn an_account_goes_from_invited_over_activated_and_active_to_disabled() {
    let hospital = ward();
    let admin = hospital.desk("admin");
    let file = hospital.code_file("hsmith.code");
    let invited = users::add(
        &admin,
        "hsmith",
        "Helen Smith",
        Role::Doctor,
        &["Ward A".into()],
        &file,
    )
    .unwrap();
    assert_eq!(invited.state, UserState::Invited);
    assert_eq!(
        (invited.role.as_str(), invited.name.as_str()),
        ("doctor", "Helen Smith")
    );
    assert_eq!(invited.units, ["Ward A"]);
    assert_eq!(invited.code_file, Some(file.display().to_string()));
    assert_eq!(invited.fingerprint, None);

    let fingerprint = hospital.activate("hsmith", "hsmith.code");
    let pending = users::pending_fingerprint(&admin, "hsmith").unwrap();
    assert_eq!(pending.fingerprint.as_deref(), Some(fingerprint.as_str()));
    refused(
        session::login(&hospital.paths(), "hsmith", &secret(PASSPHRASE)),
        Class::Denied,
        "an admin compares the fingerprint and approves",
    );

    let active = users::approve(&admin, "hsmith", Some(&fingerprint)).unwrap();
    assert_eq!(active.state, UserState::Active);
    assert_eq!(active.fingerprint, Some(fingerprint));
    refused(
        users::pending_fingerprint(&admin, "hsmith"),
        Class::BadInput,
        "nothing awaits approval",
    );
    assert_eq!(
        standing(&admin, "Ward A", "hsmith"),
        Some(MemberState::Pending)
    );
    // The first member makes the unit's keys by logging in.
    let doctor = hospital.desk("hsmith");
    assert_eq!(
        standing(&doctor, "Ward A", "hsmith"),
        Some(MemberState::Active)
    );
    assert_eq!(unit(&doctor, "Ward A").epoch, 1);

    let disabled = users::disable(&admin, "hsmith").unwrap();
    assert_eq!(disabled.state, UserState::Disabled);
    assert_eq!(state_of(&admin, "hsmith"), Some(UserState::Disabled));
    assert_eq!(
        standing(&admin, "Ward A", "hsmith"),
        Some(MemberState::Left)
    );
    refused(
        session::login(&hospital.paths(), "hsmith", &secret(PASSPHRASE)),
        Class::Denied,
        "wrong",
    );
    refused(units::list(&doctor), Class::Denied, "disabled");
    refused(
        users::disable(&admin, "hsmith"),
        Class::BadInput,
        "disabled already",
    );
}

#[test]
fn a_reset_ends_the_old_keys_and_keeps_name_role_and_units() {
    let hospital = ward();
    hospital.hire("hsmith", Role::Doctor, &["Ward A"]);
    hospital.hire("okafor", Role::Doctor, &["Ward A"]);
    let smith = hospital.desk("hsmith");
    smith.vault().deliver_unseen().unwrap();
    let admin = hospital.desk("admin");
    let before = users::list(&admin).unwrap();
    let before = before.iter().find(|user| user.login == "okafor").unwrap();

    let reset = users::reset(&admin, "okafor", &hospital.code_file("again.code")).unwrap();
    assert_eq!(reset.state, UserState::Invited);
    assert_eq!((&reset.name, &reset.role), (&before.name, &before.role));
    assert!(reset.code_file.is_some() && reset.fingerprint.is_none());
    refused(
        session::login(&hospital.paths(), "okafor", &secret(PASSPHRASE)),
        Class::Denied,
        "wrong",
    );
    let fingerprint = hospital.activate("okafor", "again.code");
    assert_ne!(Some(&fingerprint), before.fingerprint.as_ref());
    let active = users::approve(&admin, "okafor", Some(&fingerprint)).unwrap();
    assert!(active.units.contains(&"Ward A".to_owned()));
    assert_eq!(
        standing(&admin, "Ward A", "okafor"),
        Some(MemberState::Pending)
    );
    smith.vault().deliver_unseen().unwrap();
    assert_eq!(
        standing(&admin, "Ward A", "okafor"),
        Some(MemberState::Active)
    );
}

#[test]
fn somebody_elses_keys_are_not_approved_and_a_reset_throws_them_away() {
    let hospital = ward();
    let admin = hospital.desk("admin");
    let file = hospital.code_file("one.code");
    users::add(&admin, "hsmith", "Helen Smith", Role::Doctor, &[], &file).unwrap();
    let fingerprint = hospital.activate("hsmith", "one.code");
    refused(
        users::approve(&admin, "hsmith", Some("0000 0000 0000 0000")),
        Class::Denied,
        &fingerprint,
    );
    assert_eq!(state_of(&admin, "hsmith"), Some(UserState::Activated));
    // A code is good once.
    let used = SecretBytes::new(fs::read(&file).unwrap());
    let paths = hospital.paths();
    let again = users::activate(&paths, "hsmith", &used, &secret(PASSPHRASE), Cost::FLOOR);
    refused(again, Class::Denied, "wrong, used or expired");

    users::reset(&admin, "hsmith", &hospital.code_file("two.code")).unwrap();
    assert_eq!(state_of(&admin, "hsmith"), Some(UserState::Invited));
    let old = users::activate(&paths, "hsmith", &used, &secret(PASSPHRASE), Cost::FLOOR);
    refused(old, Class::Denied, "wrong, used or expired");
    let other = hospital.activate("hsmith", "two.code");
    assert_ne!(other, fingerprint);
    // As it may be typed: without spaces, in capitals.
    let typed = other.replace(' ', "").to_uppercase();
    users::approve(&admin, "hsmith", Some(&typed)).unwrap();
    hospital.desk("hsmith");
}

#[test]
fn an_invitation_can_be_withdrawn() {
    let hospital = ward();
    let admin = hospital.desk("admin");
    let file = hospital.code_file("code");
    users::add(
        &admin,
        "temp",
        "Temp",
        Role::Nurse,
        &["Ward A".into()],
        &file,
    )
    .unwrap();
    assert_eq!(
        users::disable(&admin, "temp").unwrap().state,
        UserState::Disabled
    );
    assert_eq!(state_of(&admin, "temp"), None);
    let code = SecretBytes::new(fs::read(&file).unwrap());
    let paths = hospital.paths();
    refused(
        users::activate(&paths, "temp", &code, &secret(PASSPHRASE), Cost::FLOOR),
        Class::Denied,
        "wrong, used or expired",
    );
    // The login is free again.
    hospital.hire("temp", Role::Nurse, &["Ward A"]);
}

#[test]
fn the_last_admin_stays_and_the_last_but_one_may_go() {
    let hospital = Hospital::bare();
    let admin = hospital.desk("admin");
    let code = hospital.code_file("self.code");
    refused(
        users::disable(&admin, "admin"),
        Class::BadInput,
        "the last admin",
    );
    refused(
        users::reset(&admin, "admin", &code),
        Class::BadInput,
        "the last admin",
    );
    assert!(!code.exists(), "no code was made, and none is left behind");
    assert_eq!(state_of(&admin, "admin"), Some(UserState::Active));

    hospital.hire("second", Role::Admin, &[]);
    // Even oneself: the invitation lands with the end of the account or not at all.
    let reset = users::reset(&admin, "admin", &code).unwrap();
    assert_eq!(reset.state, UserState::Invited);
    refused(users::list(&admin), Class::Denied, "disabled");
    let second = hospital.desk("second");
    assert_eq!(state_of(&second, "admin"), Some(UserState::Invited));
    let fingerprint = hospital.activate("admin", "self.code");
    users::approve(&second, "admin", Some(&fingerprint)).unwrap();
    let admin = hospital.desk("admin");
    users::disable(&admin, "second").unwrap();
    refused(
        users::disable(&admin, "admin"),
        Class::BadInput,
        "the last admin",
    );
}

#[test]
fn a_code_file_is_for_one_person_and_never_overwrites_another() {
    let hospital = ward();
    let admin = hospital.desk("admin");
    let file = hospital.code_file("nurse.code");
    users::add(&admin, "nurse", "Nurse", Role::Nurse, &[], &file).unwrap();
    let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600);
    let code = fs::read_to_string(&file).unwrap();
    assert!(code.trim().len() >= 26 && code.ends_with('\n'));

    let other = users::add(&admin, "other", "Other", Role::Nurse, &[], &file);
    refused(other, Class::BadInput, "nurse.code exists already");
    assert_eq!(fs::read_to_string(&file).unwrap(), code);
    assert_eq!(
        state_of(&admin, "other"),
        None,
        "no invitation without its code"
    );
    let twice = users::add(
        &admin,
        "nurse",
        "Nurse",
        Role::Nurse,
        &[],
        &hospital.code_file("b"),
    );
    refused(twice, Class::BadInput, "exists already");
    let nowhere = hospital.code_file("no/such/folder/x.code");
    let added = users::add(&admin, "other", "Other", Role::Nurse, &[], &nowhere);
    refused(added, Class::Outside, "no/such/folder");
    // Whoever forgets the passphrase before approval gets another code.
    users::reset(&admin, "nurse", &hospital.code_file("b")).unwrap();
    hospital.activate("nurse", "b");
}

#[test]
fn a_passphrase_that_is_too_short_makes_no_keys_and_leaves_the_code_good() {
    let hospital = ward();
    let admin = hospital.desk("admin");
    let file = hospital.code_file("c");
    users::add(&admin, "nurse", "Nurse", Role::Nurse, &[], &file).unwrap();
    let code = SecretBytes::new(fs::read(&file).unwrap());
    let paths = hospital.paths();
    let short = users::activate(&paths, "nurse", &code, &secret("seven77"), Cost::FLOOR);
    refused(short, Class::BadInput, "at least 8 characters");
    let wrong = users::activate(
        &paths,
        "nurse",
        &secret("WRONG-CODE"),
        &secret(PASSPHRASE),
        Cost::FLOOR,
    );
    refused(wrong, Class::Denied, "wrong, used or expired");
    hospital.activate("nurse", "c");
}
