//! The life of an account and of a unit, through the desk.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use chartseal::clinical::Role;
use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{MemberState, UnitView, UserState};
use chartseal::desk::{Class, DeskError, Session, session, units, users};
use chartseal::ledger::clear::UnitKind;
use support::{Hospital, PASSPHRASE, secret};

trait Desk {
    fn paths(&self) -> Paths;
    fn code_file(&self, name: &str) -> PathBuf;
    fn activate(&self, login: &str, code_file: &str) -> String;
    fn hire(&self, login: &str, role: Role, units: &[&str]);
}

impl Desk for Hospital {
    fn paths(&self) -> Paths {
        Paths::new(&self.vault_folder(), &self.host_folder())
    }

    fn code_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Activates with a code from a file and answers with the fingerprint.
    fn activate(&self, login: &str, code_file: &str) -> String {
        let code = SecretBytes::new(fs::read(self.code_file(code_file)).unwrap());
        let user = users::activate(
            &self.paths(),
            login,
            &code,
            &secret(PASSPHRASE),
            Cost::FLOOR,
        )
        .unwrap();
        assert_eq!(user.state, UserState::Activated);
        user.fingerprint.unwrap()
    }

    fn hire(&self, login: &str, role: Role, units: &[&str]) {
        let admin = self.desk("admin");
        let units: Vec<String> = units.iter().map(|&unit| unit.to_owned()).collect();
        let file = format!("{login}.code");
        users::add(&admin, login, login, role, &units, &self.code_file(&file)).unwrap();
        let fingerprint = self.activate(login, &file);
        users::approve(&admin, login, Some(&fingerprint)).unwrap();
    }
}

/// A vault with its admin and a ward.
fn ward() -> Hospital {
    let hospital = Hospital::bare();
    units::add(&hospital.desk("admin"), "Ward A", UnitKind::Ward).unwrap();
    hospital
}

fn unit(session: &Session, name: &str) -> UnitView {
    let units = units::list(session).unwrap();
    units.into_iter().find(|unit| unit.unit == name).unwrap()
}

fn standing(session: &Session, in_unit: &str, login: &str) -> Option<MemberState> {
    let members = unit(session, in_unit).members;
    members
        .into_iter()
        .find(|member| member.login == login)
        .map(|member| member.state)
}

fn state_of(session: &Session, login: &str) -> Option<UserState> {
    let users = users::list(session).unwrap();
    users
        .into_iter()
        .find(|user| user.login == login)
        .map(|user| user.state)
}

#[track_caller]
fn refused<T>(outcome: Result<T, DeskError>, class: Class, says: &str) {
    let error = outcome.err().expect("it was not refused");
    assert_eq!(error.class(), class, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

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
fn a_membership_is_pending_until_a_member_delivers_and_ends_with_leaving() {
    let hospital = ward();
    hospital.hire("hsmith", Role::Doctor, &["Ward A"]);
    hospital.hire("brandt", Role::Nurse, &[]);
    let doctor = hospital.desk("hsmith");
    let admin = hospital.desk("admin");

    let joined = units::join(&admin, "ward a", "brandt").unwrap();
    assert_eq!(
        (joined.unit.as_str(), joined.user.as_str(), joined.state),
        ("Ward A", "brandt", MemberState::Pending)
    );
    assert!(
        units::deliver(&admin).unwrap().is_empty(),
        "an admin holds no keys"
    );

    let waiting = units::waiting(&doctor).unwrap();
    let of_brandt = users::list(&admin)
        .unwrap()
        .into_iter()
        .find(|user| user.login == "brandt")
        .unwrap()
        .fingerprint;
    assert!(
        waiting
            .iter()
            .all(|one| one.user == "brandt" && one.fingerprint == of_brandt)
    );
    assert!(waiting.iter().any(|one| one.unit == "Ward A"));
    let delivered = units::deliver(&doctor).unwrap();
    assert_eq!(delivered.len(), waiting.len());
    assert!(delivered.iter().all(|one| one.state == MemberState::Active));
    assert!(units::deliver(&doctor).unwrap().is_empty());
    assert!(units::waiting(&doctor).unwrap().is_empty());
    // Joining again changes nothing.
    let before = admin.vault().ledger().head().unwrap();
    assert_eq!(
        units::join(&admin, "Ward A", "brandt").unwrap().state,
        MemberState::Active
    );
    assert_eq!(admin.vault().ledger().head().unwrap(), before);

    assert_eq!(
        units::leave(&admin, "Ward A", "brandt").unwrap().state,
        MemberState::Left
    );
    assert_eq!(
        standing(&admin, "Ward A", "brandt"),
        Some(MemberState::Left)
    );
    refused(
        units::leave(&admin, "Ward A", "brandt"),
        Class::BadInput,
        "brandt is not in Ward A",
    );
    // The next member's session draws fresh keys.
    let doctor = hospital.desk("hsmith");
    assert_eq!(unit(&doctor, "Ward A").epoch, 2);
    // And whoever comes back waits again.
    assert_eq!(
        units::join(&admin, "Ward A", "brandt").unwrap().state,
        MemberState::Pending
    );
}

#[test]
fn a_reset_ends_the_old_keys_and_keeps_name_role_and_units() {
    let hospital = ward();
    hospital.hire("hsmith", Role::Doctor, &["Ward A"]);
    hospital.hire("okafor", Role::Doctor, &["Ward A"]);
    let smith = hospital.desk("hsmith");
    smith.vault().deliver().unwrap();
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
    units::deliver(&smith).unwrap();
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
fn the_last_holder_of_a_units_keys_does_not_go_unnoticed() {
    let hospital = ward();
    hospital.hire("hsmith", Role::Doctor, &["Ward A"]);
    hospital.hire("brandt", Role::Nurse, &["Ward A"]);
    let admin = hospital.desk("admin");
    // Authorised is not enough: the nurse holds nothing yet.
    hospital.desk("hsmith");
    let session = hospital.desk("brandt");
    assert_eq!(
        standing(&session, "Ward A", "brandt"),
        Some(MemberState::Pending)
    );
    units::deliver(&hospital.desk("hsmith")).unwrap();
    assert!(!units::leave(&admin, "Ward A", "brandt").unwrap().orphaned);
    hospital.desk("hsmith");
    assert!(units::leave(&admin, "ward a", "hsmith").unwrap().orphaned);

    let other = ward();
    other.hire("hsmith", Role::Doctor, &["Ward A"]);
    other.desk("hsmith");
    let admin = other.desk("admin");
    let reset = users::reset(&admin, "hsmith", &other.code_file("r")).unwrap();
    assert!(
        reset.orphaned.contains(&"Ward A".to_owned()),
        "{:?}",
        reset.orphaned
    );
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
fn only_an_admin_changes_users_and_units() {
    let hospital = Hospital::staffed();
    for login in ["hsmith", "brandt", "adeyemi", "reyes", "audit", "mejia"] {
        let session = hospital.desk(login);
        let code = hospital.code_file("never.code");
        let may_not = "may not manage users and units";
        refused(
            units::add(&session, "Ward C", UnitKind::Ward),
            Class::Denied,
            may_not,
        );
        refused(
            units::join(&session, "Ward B", "brandt"),
            Class::Denied,
            may_not,
        );
        refused(
            units::leave(&session, "Ward A", "brandt"),
            Class::Denied,
            may_not,
        );
        let added = users::add(&session, "crook", "Crook", Role::Admin, &[], &code);
        refused(added, Class::Denied, may_not);
        refused(
            users::approve(&session, "crook", None),
            Class::Denied,
            may_not,
        );
        refused(
            users::pending_fingerprint(&session, "crook"),
            Class::Denied,
            may_not,
        );
        refused(users::disable(&session, "admin"), Class::Denied, may_not);
        refused(
            users::reset(&session, "admin", &code),
            Class::Denied,
            may_not,
        );
        assert!(!code.exists());
    }
    let patient = hospital.desk("mejia");
    refused(
        users::list(&patient),
        Class::Denied,
        "a patient may not list users and units",
    );
    refused(
        units::list(&patient),
        Class::Denied,
        "a patient may not list users and units",
    );
    assert_eq!(users::list(&hospital.desk("brandt")).unwrap().len(), 8);
}

#[test]
fn logins_names_roles_and_units_that_cannot_be_are_refused_and_leave_nothing() {
    let hospital = ward();
    let admin = hospital.desk("admin");
    let file = hospital.code_file("x.code");
    let before = admin.vault().ledger().head().unwrap();
    let long = "x".repeat(33);
    for login in [
        "", "Smith", "9lives", "a b", "dr/smith", "../x", "müller", "@host", &long,
    ] {
        let added = users::add(&admin, login, "Name", Role::Doctor, &[], &file);
        refused(added, Class::BadInput, "is no login");
    }
    let long = "x".repeat(121);
    for name in ["", "  ", "two\nlines", &long] {
        let added = users::add(&admin, "smith", name, Role::Doctor, &[], &file);
        refused(added, Class::BadInput, "printable characters");
    }
    let added = users::add(
        &admin,
        "smith",
        "S",
        Role::Doctor,
        &["Ward Z".into()],
        &file,
    );
    refused(added, Class::BadInput, "no unit `Ward Z`");
    let added = users::add(
        &admin,
        "smith",
        "S",
        Role::Pharmacist,
        &["Ward A".into()],
        &file,
    );
    refused(
        added,
        Class::BadInput,
        "a pharmacist has no part in the ward",
    );
    let added = users::add(&admin, "admin", "S", Role::Doctor, &[], &file);
    refused(added, Class::BadInput, "`admin` exists already");
    for name in ["", " \t", "two\nlines", &"x".repeat(61)] {
        let added = units::add(&admin, name, UnitKind::Ward);
        refused(added, Class::BadInput, "printable characters");
    }
    refused(
        units::add(&admin, "WARD a", UnitKind::Clinic),
        Class::BadInput,
        "exists already",
    );
    refused(
        units::add(&admin, "Another", UnitKind::Recovery),
        Class::BadInput,
        "is made with the vault",
    );
    refused(
        units::join(&admin, "Ward A", "nobody"),
        Class::BadInput,
        "no active user `nobody`",
    );
    refused(
        units::join(&admin, "Ward Z", "admin"),
        Class::BadInput,
        "no unit `Ward Z`",
    );
    refused(
        units::join(&admin, "Ward A", "admin"),
        Class::BadInput,
        "has no part in",
    );
    refused(
        users::approve(&admin, "nobody", None),
        Class::BadInput,
        "no activated user",
    );
    refused(
        users::disable(&admin, "nobody"),
        Class::BadInput,
        "no user nobody",
    );
    assert!(!file.exists());
    assert_eq!(admin.vault().ledger().head().unwrap(), before);
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
