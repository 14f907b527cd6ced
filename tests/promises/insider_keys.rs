//! An insider who writes, with a client of their own, clear entries that hand keys around. **Nobody takes them into account, and a
//! verification names each.**

use chartseal::crypto::hash::Hash;
use chartseal::crypto::hpke::KemSecret;
use chartseal::ledger::clear::{
    Authorisation, DeliveredKey, Delivery, DropBox, Enrolment, Epoch, EpochLine, Grant,
    GrantGround, GrantLine, Revocation, Unit, UnitKind,
};
use chartseal::ledger::{ChartId, Clear, Holder, Section, UnitId};
use chartseal::vault::clock;
use chartseal::vault::directory::{ChartState, HeldLine};

use crate::client::{Client, cert, directory, named, unit};
use crate::life::{Life, lived};

const MINUTE: u64 = 60_000;

fn state(life: &Life) -> ChartState {
    directory(life).chart(&life.chart).unwrap().clone()
}

/// The newest key of a section, as a line for somebody else: all of it stands in the file.
fn line(life: &Life, section: Section, holder: Holder) -> GrantLine {
    let state = state(life);
    let newest = state.epoch(section);
    let held = |held: &&HeldLine| held.line.section == section && held.line.epoch == newest;
    let line = state.lines.iter().find(held).unwrap().line;
    let holder_epoch = match holder {
        Holder::Person(_) => 0,
        Holder::Unit(unit) => directory(life).units[&unit]
            .current_key(section)
            .map_or(1, |key| key.key.epoch),
    };
    GrantLine {
        holder,
        holder_epoch,
        ..line
    }
}

fn grant(life: &Life, ground: GrantGround, section: Section, holder: Holder) -> Grant {
    Grant {
        chart: life.chart,
        ground,
        because: None,
        until: Some(clock::now() + 1_000 * MINUTE),
        lines: vec![line(life, section, holder)],
    }
}

fn enrolment(life: &Life, unit: UnitId, lines: Vec<GrantLine>) -> Enrolment {
    Enrolment {
        chart: life.chart,
        unit,
        attending: None,
        patient: None,
        tags: vec![],
        drop_boxes: vec![],
        lines,
        opt_out: None,
    }
}

#[test]
fn nobody_hands_keys_on_by_a_ground_that_their_role_does_not_have() {
    let life = lived();
    let all = [
        GrantGround::Request,
        GrantGround::Prescription,
        GrantGround::Share,
        GrantGround::CareTeam,
        GrantGround::Standing,
    ];
    let person = |login| Holder::Person(cert(&life, login));
    let pharmacy = Holder::Unit(unit(&life, "Pharmacy"));
    let ward = Holder::Unit(unit(&life, "Ward B"));
    let auditors = Holder::Unit(unit(&life, "auditors"));
    // To themselves, to a colleague, to a unit; nobody but the doctor attends or is the patient.
    for (login, section) in [
        ("adeyemi", Section::Medication),
        ("brandt", Section::Clinical),
        ("reyes", Section::Identity),
    ] {
        let client = Client::of(&life, login);
        for ground in all {
            for to in [person(login), person("okafor"), pharmacy, auditors] {
                let to_ward_mates = ground == GrantGround::CareTeam && login == "reyes";
                if !to_ward_mates {
                    client.gains_nothing_by(&Clear::Grant(grant(&life, ground, section, to)));
                }
            }
        }
    }
    // A doctor hands on much, and each in its own way.
    let doctor = Client::of(&life, "hsmith");
    for (ground, section, to) in [
        (GrantGround::Request, Section::Clinical, person("adeyemi")),
        (GrantGround::Request, Section::Clinical, person("hsmith")),
        (GrantGround::Request, Section::Clinical, ward),
        (GrantGround::Prescription, Section::Clinical, pharmacy),
        (GrantGround::Prescription, Section::Medication, ward),
        (GrantGround::Share, Section::Clinical, person("adeyemi")),
        (GrantGround::Share, Section::Clinical, person("mejia")),
        (GrantGround::Share, Section::Clinical, ward),
        (GrantGround::CareTeam, Section::Clinical, person("okafor")),
        (GrantGround::CareTeam, Section::Medication, pharmacy),
        (GrantGround::Standing, Section::Access, auditors),
    ] {
        doctor.gains_nothing_by(&Clear::Grant(grant(&life, ground, section, to)));
    }
    let nothing = Grant {
        lines: vec![],
        ..grant(&life, GrantGround::Share, Section::Clinical, ward)
    };
    doctor.gains_nothing_by(&Clear::Grant(nothing));
    // Whoever opens it by the emergency unit alone has nothing to share.
    let other = Client::of(&life, "okafor");
    let shared = grant(
        &life,
        GrantGround::Share,
        Section::Clinical,
        person("brandt"),
    );
    other.gains_nothing_by(&Clear::Grant(shared));
    // And what is theirs to hand on still goes through, without a word.
    let before = named(&life.hospital);
    for (ground, section, to) in [
        (GrantGround::Request, Section::Clinical, person("okafor")),
        (GrantGround::Share, Section::Medication, person("adeyemi")),
        (GrantGround::Prescription, Section::Medication, pharmacy),
        (GrantGround::CareTeam, Section::Clinical, ward),
    ] {
        let (_, id) = doctor.writes(&Clear::Grant(grant(&life, ground, section, to)));
        assert!(state(&life).lines.iter().any(|held| held.grant == id));
    }
    let found = named(&life.hospital);
    // Their slots were never made, which is named too; nothing else is.
    assert_eq!(found.len(), before.len() + 4, "{found:?}");
}

#[test]
fn nobody_hands_a_key_on_for_longer_than_they_hold_it() {
    let life = lived();
    let doctor = Client::of(&life, "hsmith");
    let okafor = Holder::Person(cert(&life, "okafor"));
    let soon = clock::now() + 10 * MINUTE;
    let lent = Grant {
        until: Some(soon),
        ..grant(&life, GrantGround::Request, Section::Access, okafor)
    };
    doctor.writes(&Clear::Grant(lent.clone()));
    let other = Client::of(&life, "okafor");
    let nurse = Holder::Person(cert(&life, "brandt"));
    for until in [None, Some(soon + 1)] {
        let longer = Grant {
            ground: GrantGround::Share,
            until,
            lines: vec![line(&life, Section::Access, nurse)],
            ..lent.clone()
        };
        other.gains_nothing_by(&Clear::Grant(longer));
    }
    let as_long = Grant {
        ground: GrantGround::Share,
        lines: vec![line(&life, Section::Access, nurse)],
        ..lent
    };
    let (_, id) = other.writes(&Clear::Grant(as_long));
    assert!(state(&life).lines.iter().any(|held| held.grant == id));
}

#[test]
fn whoever_dates_back_brings_nothing_back_that_ran_out() {
    let life = lived();
    let doctor = Client::of(&life, "hsmith");
    let okafor = Holder::Person(cert(&life, "okafor"));
    let now = clock::now();
    let ended = Grant {
        until: Some(now - 20 * MINUTE),
        ..grant(&life, GrantGround::Request, Section::Access, okafor)
    };
    doctor.writes(&Clear::Grant(ended.clone()));
    let other = Client::of(&life, "okafor");
    let again = Grant {
        ground: GrantGround::Share,
        lines: vec![line(
            &life,
            Section::Access,
            Holder::Person(cert(&life, "brandt")),
        )],
        ..ended
    };
    // Five minutes back with each entry: no single one is far from the entry before it.
    for step in 1..=6 {
        let created = now - step * 4 * MINUTE;
        other.gains_nothing_by_at(&Clear::Grant(again.clone()), created);
    }
}

#[test]
fn nobody_comes_to_a_chart_that_is_there_without_keys_from_somebody_who_looks_after_it() {
    let life = lived();
    let ward_b = unit(&life, "Ward B");
    let mejia = cert(&life, "mejia");
    let identity = |holder| line(&life, Section::Identity, holder);
    for login in ["adeyemi", "brandt", "okafor", "audit", "mejia", "admin"] {
        let client = Client::of(&life, login);
        for lines in [vec![], vec![identity(Holder::Unit(ward_b))]] {
            client.gains_nothing_by(&Clear::Enrolment(enrolment(&life, ward_b, lines)));
        }
        let patient = Enrolment {
            patient: Some(client.me.cert),
            ..enrolment(&life, ward_b, vec![])
        };
        client.gains_nothing_by(&Clear::Enrolment(patient));
    }
    let doctor = Client::of(&life, "hsmith");
    let nothing = enrolment(&life, ward_b, vec![]);
    doctor.gains_nothing_by(&Clear::Enrolment(nothing));
    // A patient without keys, a patient who is none, keys for somebody else, a pharmacy.
    for (patient, unit, holder) in [
        (Some(mejia), ward_b, Holder::Unit(ward_b)),
        (Some(doctor.me.cert), ward_b, Holder::Person(doctor.me.cert)),
        (None, ward_b, Holder::Person(cert(&life, "okafor"))),
        (
            None,
            unit(&life, "Pharmacy"),
            Holder::Unit(unit(&life, "Pharmacy")),
        ),
    ] {
        let forged = Enrolment {
            patient,
            ..enrolment(&life, unit, vec![identity(holder)])
        };
        doctor.gains_nothing_by(&Clear::Enrolment(forged));
    }
    // Nobody became the patient, who could revoke everything.
    let ward_a = unit(&life, "Ward A");
    let of_ward = |held: &&HeldLine| held.line.holder == Holder::Unit(ward_a);
    let enrolled = state(&life).lines.iter().find(of_ward).unwrap().grant;
    let revocation = Clear::Revocation(Revocation {
        chart: life.chart,
        grant: enrolled,
    });
    Client::of(&life, "mejia").gains_nothing_by(&revocation);
    // A colleague's ward with keys, and the patient with theirs, do come.
    let lines = vec![
        identity(Holder::Unit(ward_b)),
        identity(Holder::Person(mejia)),
    ];
    let real = Enrolment {
        patient: Some(mejia),
        ..enrolment(&life, ward_b, lines)
    };
    doctor.writes(&Clear::Enrolment(real));
    let state = state(&life);
    assert!(state.units.contains(&ward_b));
    assert_eq!(state.patient, Some(mejia));
}

#[test]
fn nobody_opens_a_chart_that_hands_keys_to_somebody_else() {
    let life = lived();
    let ward = unit(&life, "Ward A");
    let new = |holder| {
        let chart = ChartId::random();
        let first = |holder| GrantLine {
            epoch: 1,
            key_id: Hash([7; 32]),
            ..line(&life, Section::Identity, holder)
        };
        Enrolment {
            chart,
            drop_boxes: vec![DropBox {
                section: Section::Identity,
                epoch: 1,
                public: KemSecret::random().public(),
            }],
            lines: vec![first(Holder::Unit(ward)), first(holder)],
            ..enrolment(&life, ward, vec![])
        }
    };
    let doctor = Client::of(&life, "hsmith");
    for holder in [
        Holder::Person(doctor.me.cert),
        Holder::Unit(unit(&life, "Pharmacy")),
        Holder::Unit(unit(&life, "auditors")),
    ] {
        doctor.gains_nothing_by(&Clear::Enrolment(new(holder)));
    }
    let ours = new(Holder::Unit(ward));
    let mut two = ours.clone();
    two.lines[1].key_id = Hash([8; 32]);
    doctor.gains_nothing_by(&Clear::Enrolment(two));
    for login in ["brandt", "okafor", "adeyemi", "mejia", "admin"] {
        Client::of(&life, login).gains_nothing_by(&Clear::Enrolment(ours.clone()));
    }
    doctor.writes(&Clear::Enrolment(ours.clone()));
    assert!(directory(&life).chart(&ours.chart).is_some());
}

#[test]
fn a_renewal_leaves_out_nobody_who_holds_the_key() {
    let life = lived();
    let section = Section::Medication;
    let renewal = |keep: &dyn Fn(&HeldLine) -> bool| {
        let directory = directory(&life);
        let state = directory.chart(&life.chart).unwrap();
        let epoch = state.epoch(section) + 1;
        let carried = directory.carried(state, section, clock::now());
        Epoch {
            chart: life.chart,
            drop_box: DropBox {
                section,
                epoch,
                public: KemSecret::random().public(),
            },
            lines: carried
                .filter(|held| keep(held))
                .map(|held| EpochLine {
                    grant: held.grant,
                    line: GrantLine {
                        epoch,
                        key_id: Hash([9; 32]),
                        ..held.line
                    },
                })
                .collect(),
        }
    };
    let pharmacist = Client::of(&life, "adeyemi");
    let pharmacy = Holder::Unit(unit(&life, "Pharmacy"));
    let alone = renewal(&|held| held.line.holder == pharmacy);
    assert!(!alone.lines.is_empty());
    pharmacist.gains_nothing_by(&Clear::Epoch(alone));
    pharmacist.gains_nothing_by(&Clear::Epoch(renewal(&|_| false)));
    let mut two_keys = renewal(&|_| true);
    assert!(two_keys.lines.len() > 1);
    two_keys.lines[0].line.key_id = Hash([10; 32]);
    pharmacist.gains_nothing_by(&Clear::Epoch(two_keys));
    let whole = renewal(&|_| true);
    let epoch = whole.drop_box.epoch;
    pharmacist.writes(&Clear::Epoch(whole));
    assert_eq!(state(&life).epoch(section), epoch);
}

#[test]
fn a_unit_and_a_chart_never_share_an_id() {
    let life = lived();
    let admin = Client::of(&life, "admin");
    let hijacker = Unit {
        unit: UnitId(life.chart.0),
        name: "Annexe".into(),
        kind: UnitKind::Ward,
    };
    admin.gains_nothing_by(&Clear::Unit(hijacker));
    let nowhere = Unit {
        unit: UnitId(ChartId::ZERO.0),
        name: "Nowhere".into(),
        kind: UnitKind::Ward,
    };
    admin.gains_nothing_by(&Clear::Unit(nowhere));
    // The chart is where it was: it opens, and what is dropped into it reaches those who look after it.
    let doctor = life.hospital.login("hsmith");
    let opens = doctor.read(|reader| {
        Ok::<_, chartseal::vault::VaultError>(reader.can_open(life.chart, Section::Clinical))
    });
    assert!(opens.unwrap());
    // The other way round: a chart under the id of a unit, and under that of the whole vault.
    let ward = unit(&life, "Ward A");
    for chart in [ward.chart(), ChartId::ZERO] {
        let over = Enrolment {
            chart,
            ..enrolment(&life, ward, vec![])
        };
        Client::of(&life, "hsmith").gains_nothing_by(&Clear::Enrolment(over));
    }
}

#[test]
fn nobody_delivers_a_units_keys_after_they_left_nor_takes_keys_that_nobody_gave_them() {
    let life = lived();
    let admin = life.hospital.login("admin");
    let ward = unit(&life, "Ward A");
    let key = directory(&life).units[&ward]
        .current_key(Section::Clinical)
        .unwrap()
        .key;
    let keys = vec![DeliveredKey {
        section: key.section,
        epoch: key.epoch,
        key_id: key.key_id,
    }];
    admin.join_unit("Ward A", "okafor").unwrap();
    let okafor = Client::of(&life, "okafor");
    let delivery = |to| {
        Clear::Delivery(Delivery {
            unit: ward,
            to: Holder::Person(to),
            keys: keys.clone(),
        })
    };
    // Authorised, and yet nobody delivered: whoever says so of themselves does not hold it.
    okafor.gains_nothing_by(&delivery(okafor.me.cert));
    admin.leave_unit("Ward A", "brandt").unwrap();
    Client::of(&life, "brandt").gains_nothing_by(&delivery(okafor.me.cert));
    // Nor may anyone but an admin let somebody join.
    let join = Clear::Authorisation(Authorisation {
        unit: ward,
        person: cert(&life, "brandt"),
    });
    Client::of(&life, "brandt").gains_nothing_by(&join);
}
