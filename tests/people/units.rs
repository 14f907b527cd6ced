//! Units: joining, delivery, leaving, and who may change them.

use crate::desk::{Desk, refused, standing, unit, ward};
use crate::support::Hospital;
use chartseal::clinical::Role;
use chartseal::desk::view::MemberState;
use chartseal::desk::{Class, inbox, units, users};
use chartseal::ledger::clear::UnitKind;

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
        units::waiting(&admin).unwrap().is_empty(),
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
            .all(|one| one.shown.user == "brandt" && one.shown.fingerprint == of_brandt)
    );
    assert!(waiting.iter().any(|one| one.shown.unit == "Ward A"));
    // The newcomer is told why nothing opens, until it does.
    let awaited = || {
        let notices = inbox::list(&hospital.desk("brandt")).unwrap().into_iter();
        let awaited = notices.filter(|notice| notice.kind == "own keys" && notice.waits);
        awaited.map(|notice| notice.from).collect::<Vec<_>>()
    };
    assert_eq!(awaited(), ["Ward A"]);
    let delivered = units::deliver(&doctor, &waiting).unwrap();
    assert_eq!(delivered.len(), waiting.len());
    assert!(awaited().is_empty());
    assert!(delivered.iter().all(|one| one.state == MemberState::Active));
    assert!(units::deliver(&doctor, &waiting).unwrap().is_empty());
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
fn nobody_is_delivered_to_who_was_not_shown() {
    let hospital = ward();
    hospital.hire("hsmith", Role::Doctor, &["Ward A"]);
    hospital.hire("brandt", Role::Nurse, &["Ward A"]);
    let doctor = hospital.desk("hsmith");
    let shown = units::waiting(&doctor).unwrap();
    assert!(!shown.is_empty());
    // While the doctor compares, an admin lets somebody else join.
    hospital.hire("okafor", Role::Doctor, &["Ward A"]);
    let delivered = units::deliver(&doctor, &shown).unwrap();
    assert!(delivered.iter().all(|one| one.user == "brandt"));
    assert_eq!(
        standing(&doctor, "Ward A", "okafor"),
        Some(MemberState::Pending)
    );
    assert_eq!(
        standing(&doctor, "Ward A", "brandt"),
        Some(MemberState::Active)
    );

    refused(
        units::waiting_as(&doctor, "brandt", None),
        Class::BadInput,
        "brandt waits for no keys that you hold",
    );
    refused(
        units::waiting_as(&doctor, "okafor", Some("0000 0000")),
        Class::Denied,
        "fingerprint",
    );
    let named = units::waiting_as(&doctor, "okafor", None).unwrap();
    let read_out = named[0].shown.fingerprint.clone().unwrap().to_uppercase();
    let named = units::waiting_as(&doctor, "okafor", Some(&read_out)).unwrap();
    units::deliver(&doctor, &named).unwrap();
    assert_eq!(
        standing(&doctor, "Ward A", "okafor"),
        Some(MemberState::Active)
    );
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
    hospital.login("hsmith").deliver_unseen().unwrap();
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
