//! Who attends a chart, and so decides who else may read it.

mod support;

use chartseal::clinical::Body;
use chartseal::clinical::Note;
use chartseal::desk::access::{accept, grant, request, share};
use chartseal::desk::charts::{admit, attend, list as charts, no_json, show};
use chartseal::desk::view::{GrantState, Stamp};
use chartseal::desk::{Class, DeskError, Session, inbox, write};
use chartseal::ledger::Section;
use chartseal::ledger::clear::{Attending, Clear};
use chartseal::vault::VaultError;
use support::{Hospital, patient};

fn admitted_by(hospital: &Hospital, login: &str) -> (Session, String) {
    let session = hospital.desk(login);
    let line = admit(&session, "Ward A", &patient("Gustavo", "Mejía")).unwrap();
    (session, line.mrn)
}

#[test]
fn a_chart_admitted_by_a_registrar_takes_no_requests_until_someone_names_its_attending_doctor() {
    let hospital = Hospital::staffed();
    let (registrar, mrn) = admitted_by(&hospital, "reyes");
    assert_eq!(charts(&registrar, None).unwrap()[0].attending, None);
    let other = hospital.desk("okafor");
    let ask = || request(&other, &mrn, &[Section::Clinical], "second opinion", None);
    assert!(matches!(ask(), Err(DeskError::NotNow(_))));

    let named = attend(&registrar, &mrn, "hsmith").unwrap();
    assert_eq!(
        (
            named.attending.login.as_str(),
            named.attending.named_by.as_str()
        ),
        ("hsmith", "REYES")
    );
    let asked = ask().unwrap();
    let doctor = hospital.desk("hsmith");
    let waits = inbox::list(&doctor).unwrap();
    assert!(
        waits
            .iter()
            .any(|notice| notice.id == asked.id && notice.waits)
    );
    assert_eq!(
        grant(&doctor, &asked.id, None).unwrap().state,
        GrantState::Granted
    );
}

#[test]
fn the_assignment_shows_name_role_key_and_who_signed_it() {
    let hospital = Hospital::staffed();
    let (registrar, mrn) = admitted_by(&hospital, "reyes");
    attend(&registrar, &mrn, "hsmith").unwrap();
    let doctor = hospital.desk("hsmith");
    let shown = show(&doctor, &mrn, None, &no_json).unwrap();
    let signed = shown.attending_signed.unwrap();
    assert_eq!(signed.key, doctor.vault().certificate().fingerprint());
    assert_eq!(
        (
            signed.name.as_str(),
            signed.role.as_str(),
            signed.named_by.as_str()
        ),
        ("HSMITH", "doctor", "REYES")
    );
}

#[test]
fn what_was_asked_of_one_attending_doctor_is_the_next_ones_to_decide() {
    let hospital = Hospital::staffed();
    let admin = hospital.login("admin");
    admin.join_unit("Ward A", "okafor").unwrap();
    let (doctor, mrn) = admitted_by(&hospital, "hsmith");
    doctor.vault().deliver_unseen().unwrap();
    let nurse = hospital.desk("brandt");
    admin.leave_unit("Ward A", "brandt").unwrap();
    let asked = request(&nurse, &mrn, &[Section::Clinical], "covers the night", None).unwrap();

    attend(&doctor, &mrn, "okafor").unwrap();
    assert!(matches!(
        attend(&doctor, &mrn, "okafor"),
        Err(DeskError::NotNow(_))
    ));
    assert!(
        !inbox::list(&doctor)
            .unwrap()
            .iter()
            .any(|n| n.id == asked.id)
    );
    assert_eq!(
        grant(&doctor, &asked.id, None).unwrap_err().class(),
        Class::Denied
    );
    let next = hospital.desk("okafor");
    let waits = inbox::list(&next).unwrap();
    assert!(
        waits
            .iter()
            .any(|notice| notice.id == asked.id && notice.waits)
    );
    grant(&next, &asked.id, None).unwrap();
    assert!(show(&nurse, &mrn, Some(Section::Clinical), &no_json).is_ok());
}

#[test]
fn an_attending_doctor_decides_for_no_longer_than_they_hold_the_chart_themselves() {
    let hospital = Hospital::staffed();
    let admin = hospital.login("admin");
    admin.join_unit("Ward A", "okafor").unwrap();
    let (doctor, mrn) = admitted_by(&hospital, "hsmith");
    doctor.vault().deliver_unseen().unwrap();
    attend(&doctor, &mrn, "okafor").unwrap();
    for login in ["okafor", "brandt"] {
        admin.leave_unit("Ward A", login).unwrap();
    }
    let next = hospital.desk("okafor");
    let now = chartseal::vault::clock::now() as i64;
    let week = Stamp::from_millis(now + 7 * 86_400_000);
    let lent = share(&doctor, &mrn, "okafor", &[Section::Access], Some(week)).unwrap();
    accept(&next, &lent.id).unwrap();

    let nurse = hospital.desk("brandt");
    let asked = request(&nurse, &mrn, &[Section::Access], "covers the night", None).unwrap();
    let longer = Stamp::from_millis(week.millis() + 1);
    let refused = grant(&next, &asked.id, Some(longer)).unwrap_err();
    assert_eq!(refused.class(), Class::Denied);
    assert!(refused.to_string().contains("no longer than you hold it"));
    let granted = grant(&next, &asked.id, None).unwrap();
    assert_eq!(
        granted.until.map(|until| until.millis()),
        Some(week.millis())
    );
}

#[test]
fn an_attending_doctor_whose_account_ended_attends_no_more() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted_by(&hospital, "hsmith");
    write::entry(
        &doctor,
        &mrn,
        Body::Note(Note {
            text: "seen".into(),
            ..Default::default()
        }),
    )
    .unwrap();
    hospital.login("admin").disable("hsmith").unwrap();
    let nurse = hospital.desk("brandt");
    assert_eq!(show(&nurse, &mrn, None, &no_json).unwrap().attending, None);
    let asked = request(
        &hospital.desk("okafor"),
        &mrn,
        &[Section::Clinical],
        "second opinion",
        None,
    );
    assert!(matches!(asked, Err(DeskError::NotNow(_))));
}

#[test]
fn nobody_names_an_attending_doctor_who_is_none_or_outside_the_unit_or_for_a_chart_of_another_unit()
{
    let hospital = Hospital::staffed();
    let (registrar, mrn) = admitted_by(&hospital, "reyes");
    for (by, doctor, class) in [
        ("reyes", "brandt", Class::BadInput),
        ("reyes", "okafor", Class::BadInput),
        ("reyes", "nobody", Class::BadInput),
        ("okafor", "okafor", Class::Denied),
        ("brandt", "hsmith", Class::Denied),
        ("adeyemi", "hsmith", Class::Denied),
        ("admin", "hsmith", Class::Denied),
    ] {
        let refused = attend(&hospital.desk(by), &mrn, doctor).unwrap_err();
        assert_eq!(refused.class(), class, "{by} names {doctor}: {refused}");
    }
    let chart = charts(&registrar, None).unwrap()[0].chart.parse().unwrap();
    // Below the desk: the directory does not count it either.
    for (by, doctor) in [
        ("okafor", "okafor"),
        ("brandt", "hsmith"),
        ("reyes", "okafor"),
    ] {
        let session = hospital.login(by);
        let refused = session.write(|writer| {
            let doctor = *writer.directory().by_login(doctor).unwrap().0;
            writer.clear(&Clear::Attending(Attending { chart, doctor }))
        });
        assert!(
            matches!(refused, Err(VaultError::Invalid(_))),
            "{by} names {doctor}"
        );
    }
}
