//! Units that look after every chart get the keys of charts that were open before anyone was in them; slots that were opened once
//! open faster.

mod support;

use chartseal::clinical::{Body, Note, Role};
use chartseal::crypto::password::Cost;
use chartseal::desk::access::{break_glass, list};
use chartseal::desk::charts::{admit, list as charts, no_json, show};
use chartseal::desk::{Class, Session, units, write};
use chartseal::jobs::verify;
use chartseal::ledger::clear::{Clear, Grant, GrantGround, UnitKind};
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Holder, Section};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, NewChart, NewGrant, VaultError};
use rusqlite::{Connection, params};
use support::{Hospital, PASSPHRASE, patient, secret};

fn hire(hospital: &Hospital, login: &str, role: Role, unit: Option<&str>) {
    let admin = hospital.login("admin");
    let units: Vec<String> = unit.into_iter().map(str::to_owned).collect();
    let code = admin.invite(login, login, role, &units).unwrap();
    hospital
        .vault()
        .activate(login, &code, &secret(PASSPHRASE), Cost::FLOOR)
        .unwrap();
    admin.approve(login).unwrap();
}

fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.into(),
        ..Default::default()
    })
}

/// Two charts on a ward whose doctor is in no emergency unit, at a time when there is no auditor either.
fn before_anyone() -> (Hospital, Session, Vec<String>) {
    let hospital = Hospital::bare();
    let admin = hospital.login("admin");
    for ward in ["Ward A", "Ward B"] {
        admin.add_unit(ward, UnitKind::Ward).unwrap();
    }
    hire(&hospital, "hsmith", Role::Doctor, Some("Ward A"));
    admin.leave_unit("emergency", "hsmith").unwrap();
    let doctor = hospital.desk("hsmith");
    let mrns = ["Gustavo", "Ana"].map(|given| {
        admit(&doctor, "Ward A", &patient(given, "Mejía"))
            .unwrap()
            .mrn
    });
    write::entry(&doctor, &mrns[0], note("written before")).unwrap();
    (hospital, doctor, mrns.into())
}

fn assert_sound(hospital: &Hospital) {
    let vault = hospital.vault();
    let witness = Witness::of(vault.host()).unwrap();
    let unwatched = &chartseal::desk::view::unwatched;
    let report = verify::keyless(vault.ledger(), witness, 2, unwatched).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

#[test]
fn break_glass_works_on_a_chart_that_was_open_before_the_emergency_unit_had_members() {
    let (hospital, doctor, mrns) = before_anyone();
    hire(&hospital, "okafor", Role::Doctor, Some("Ward B"));
    let other = hospital.desk("okafor");
    // Finding a chart by its number takes the staff's key, which any of them delivers.
    doctor.vault().deliver_unseen().unwrap();
    let glass = || {
        break_glass(
            &other,
            &mrns[0],
            "found unconscious in the lift",
            &secret(PASSPHRASE),
        )
    };
    assert_eq!(glass().unwrap_err().class(), Class::Denied);

    // The ward's next session, whatever it writes.
    drop(doctor);
    let doctor = hospital.desk("hsmith");
    write::entry(&doctor, &mrns[1], note("something else")).unwrap();
    glass().unwrap();
    let shown = show(&other, &mrns[0], Some(Section::Clinical), &no_json).unwrap();
    assert_eq!(
        shown.sections["clinical"].len(),
        1,
        "what was written before"
    );
    write::entry(&doctor, &mrns[0], note("written after")).unwrap();
    let shown = show(&other, &mrns[0], Some(Section::Clinical), &no_json).unwrap();
    assert_eq!(shown.sections["clinical"].len(), 2);
    assert!(show(&other, &mrns[0], Some(Section::Access), &no_json).is_err());
    assert_sound(&hospital);
}

#[test]
fn the_first_auditor_reads_the_access_record_of_charts_that_were_there_before() {
    let (hospital, doctor, mrns) = before_anyone();
    show(&doctor, &mrns[0], None, &no_json).unwrap();
    hire(&hospital, "audit", Role::Auditor, None);
    let auditor = hospital.desk("audit");
    let chart = charts(&doctor, None).unwrap()[0]
        .chart
        .parse::<ChartId>()
        .unwrap();
    let opens = || {
        auditor
            .vault()
            .read(|reader| Ok::<_, VaultError>(reader.can_open(chart, Section::Access)))
            .unwrap()
    };
    assert!(!opens());
    // Delivering keys hands them over too.
    let member = hospital.desk("hsmith");
    units::deliver(&member, &units::waiting(&member).unwrap()).unwrap();
    assert!(opens());
    assert!(list(&auditor, None, None).is_ok());
    assert_sound(&hospital);
}

#[test]
fn it_is_handed_over_once_and_not_again_after_it_was_revoked() {
    let (hospital, doctor, _) = before_anyone();
    hire(&hospital, "audit", Role::Auditor, None);
    drop(hospital.desk("audit"));
    assert_eq!(
        doctor.vault().hand_to_standing_units().unwrap(),
        2,
        "one for each chart"
    );
    assert_eq!(doctor.vault().hand_to_standing_units().unwrap(), 0);
    let vault = doctor.vault();
    let (chart, grant) = vault
        .read(|reader| {
            let (chart, state) = reader.directory().charts.iter().next().unwrap();
            let mut lines = state.lines.iter();
            let held = lines.find(|held| held.ground == Some(GrantGround::Standing));
            Ok::<_, VaultError>((*chart, held.unwrap().grant))
        })
        .unwrap();
    vault.write(|writer| writer.revoke(chart, grant)).unwrap();
    assert_eq!(vault.hand_to_standing_units().unwrap(), 0);
    assert_sound(&hospital);
}

#[test]
fn a_chart_that_opted_out_of_break_glass_stays_out() {
    let (hospital, doctor, _) = before_anyone();
    let vault = doctor.vault();
    let (chart, _) = vault
        .write(|writer| {
            let unit = writer.directory().unit_by_name("Ward A").unwrap().unit.unit;
            writer.enrol(NewChart {
                unit,
                attending: None,
                patient: None,
                tags: vec![],
                emergency: false,
            })
        })
        .unwrap();
    hire(&hospital, "okafor", Role::Doctor, Some("Ward B"));
    let other = hospital.login("okafor");
    vault.hand_to_standing_units().unwrap();
    let opens = |chart| {
        other
            .read(|reader| Ok::<_, VaultError>(reader.can_open(chart, Section::Clinical)))
            .unwrap()
    };
    assert!(!opens(chart));
    // Nor may anyone hand it over below the interface.
    let emergency = vault
        .read(|reader| {
            Ok::<_, VaultError>(
                reader
                    .directory()
                    .special(UnitKind::Emergency)
                    .unwrap()
                    .unit
                    .unit,
            )
        })
        .unwrap();
    let refused = vault.write(|writer| {
        writer.grant(&NewGrant {
            chart,
            to: Holder::Unit(emergency),
            sections: vec![Section::Clinical],
            until: None,
            ground: GrantGround::Standing,
            because: None,
        })
    });
    assert!(matches!(refused, Err(VaultError::Invalid(_))));
}

#[test]
fn a_standing_grant_names_nobody_but_the_units_that_look_after_every_chart() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let (ward, nurse, auditors) = doctor
        .read(|reader| {
            let directory = reader.directory();
            Ok::<_, VaultError>((
                directory.unit_by_name("Ward B").unwrap().unit.unit,
                *directory.by_login("brandt").unwrap().0,
                directory.special(UnitKind::Auditors).unwrap().unit.unit,
            ))
        })
        .unwrap();
    for (to, section) in [
        (Holder::Unit(ward), Section::Access),
        (Holder::Person(nurse), Section::Access),
        (Holder::Unit(auditors), Section::Clinical),
    ] {
        let refused = doctor.write(|writer| {
            let state = writer.directory().chart(&chart).unwrap();
            let mut line = state
                .lines
                .iter()
                .find(|held| held.line.section == section)
                .unwrap()
                .line;
            line.holder = to;
            writer.clear(&Clear::Grant(Grant {
                chart,
                ground: GrantGround::Standing,
                because: None,
                until: None,
                lines: vec![line],
            }))
        });
        assert!(
            matches!(refused, Err(VaultError::Invalid(_))),
            "{to:?} {section}"
        );
    }
}

#[test]
fn a_slot_that_a_member_opened_has_a_fast_copy_and_opens_by_it() {
    let hospital = Hospital::staffed();
    let chart = hospital.chart(&hospital.login("reyes"));
    let body = chartseal::ledger::Body {
        kind: 900,
        version: 1,
        bytes: b"looked".to_vec(),
    };
    hospital
        .login("adeyemi")
        .write(|writer| writer.put(Draft::new(chart, Section::Access), &body))
        .unwrap();
    let sql = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    let auditors = hospital
        .login("audit")
        .read(|reader| {
            Ok::<_, VaultError>(
                reader
                    .directory()
                    .special(UnitKind::Auditors)
                    .unwrap()
                    .unit
                    .unit,
            )
        })
        .unwrap();
    let of_slot = params![
        chart.as_bytes(),
        Section::Access as u8,
        Holder::Unit(auditors).to_key()
    ];
    let fast = || -> Option<Vec<u8>> {
        let query = "SELECT fast FROM slot WHERE chart = ?1 AND section = ?2 AND holder = ?3";
        sql.query_row(query, of_slot, |row| row.get(0)).unwrap()
    };
    let opens = || {
        let auditor = hospital.login("audit");
        let all = auditor
            .read(|reader| reader.section(chart, Section::Access))
            .unwrap();
        assert!(!all.is_empty());
        let opened = all.iter().all(Result::is_ok);
        // Anything that is written takes the copy along.
        auditor
            .write(|writer| writer.put(Draft::new(auditors.chart(), Section::Work), &body))
            .unwrap();
        opened
    };
    assert_eq!(
        fast(),
        None,
        "the registrar who drew the key does not know the auditors'"
    );
    assert!(opens());
    assert!(fast().is_some());

    let set = |column: &str, bytes: &[u8]| {
        let update = format!(
            "UPDATE slot SET {column} = ?4 WHERE chart = ?1 AND section = ?2 AND holder = ?3"
        );
        let changed = sql.execute(
            &update,
            params![
                chart.as_bytes(),
                Section::Access as u8,
                Holder::Unit(auditors).to_key(),
                bytes
            ],
        );
        assert_eq!(changed.unwrap(), 1);
    };
    let sealed: Vec<u8> = {
        let query = "SELECT sealed FROM slot WHERE chart = ?1 AND section = ?2 AND holder = ?3";
        sql.query_row(query, of_slot, |row| row.get(0)).unwrap()
    };
    set("sealed", &[0; 80]);
    assert!(opens(), "by the fast copy alone");
    set("fast", &[0; 60]);
    assert!(!opens(), "neither opens");
    set("sealed", &sealed);
    assert!(
        opens(),
        "a fast copy that does not open costs time and nothing else"
    );
}
