//! Someone whose access ended: whatever they kept, they read nothing that is written afterwards.

use chartseal::clinical::Body;
use chartseal::desk::access::{grant, request, revoke};
use chartseal::desk::charts::encode;
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, write};
use chartseal::jobs::verify;
use chartseal::ledger::{ChartId, Entry, Section};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, VaultError};

use crate::bag::Bag;
use crate::life::{Life, lived, note};

fn newest(life: &Life) -> Entry {
    let entries = life
        .hospital
        .vault()
        .ledger()
        .read(|tx| tx.section(&life.chart, Section::Clinical))
        .unwrap();
    entries.into_iter().last().unwrap()
}

fn numbered(life: &Life, seq: u64) -> Entry {
    let vault = life.hospital.vault();
    vault.ledger().read(|tx| tx.entry(seq)).unwrap().unwrap()
}

fn write_note(session: &Session, life: &Life, text: &str) -> Entry {
    let body: Body = note(text);
    write::entry(session, &life.mrn, body).unwrap();
    newest(life)
}

/// The keys of a person, kept before `end`; then what they open of before and after.
fn kept_keys_open_only_what_was_before(life: &Life, login: &str, end: impl FnOnce()) {
    let doctor = life.hospital.desk("hsmith");
    let before = write_note(&doctor, life, "before");
    let mut kept = Bag::of(&life.hospital, login);
    assert!(kept.opens(&before), "{login} could read it");
    end();
    // The ward's next session renews what has to be renewed.
    let doctor = life.hospital.desk("hsmith");
    let after = write_note(&doctor, life, "after");
    kept.rummage(&life.hospital);
    assert!(
        kept.opens(&before),
        "what they could read they may have copied"
    );
    assert!(
        !kept.opens(&after),
        "{login} reads what is written afterwards"
    );
    assert!(Bag::of(&life.hospital, "hsmith").opens(&after));
}

#[test]
fn a_member_who_left_reads_nothing_written_afterwards() {
    let life = lived();
    kept_keys_open_only_what_was_before(&life, "brandt", || {
        let admin = life.hospital.login("admin");
        admin.leave_unit("Ward A", "brandt").unwrap();
        admin.leave_unit("emergency", "brandt").unwrap();
    });
}

#[test]
fn somebody_whose_grant_was_revoked_reads_nothing_written_afterwards() {
    let life = lived();
    // Out of the emergency unit, so that the grant is all they have.
    life.hospital
        .login("admin")
        .leave_unit("emergency", "okafor")
        .unwrap();
    let doctor = life.hospital.desk("hsmith");
    let other = life.hospital.desk("okafor");
    let waiting = chartseal::desk::access::list(&doctor, Some(&life.mrn), None).unwrap();
    let asked = match waiting.iter().find(|line| line.who == "okafor") {
        Some(line) => line.id.clone(),
        None => {
            request(&other, &life.mrn, &[Section::Clinical], "asks", None)
                .unwrap()
                .id
        }
    };
    grant(&doctor, &asked, None).unwrap();
    kept_keys_open_only_what_was_before(&life, "okafor", || {
        revoke(&doctor, &asked, "no longer needed").unwrap();
    });
}

#[test]
fn somebody_whose_account_ended_reads_nothing_written_afterwards() {
    let life = lived();
    let before = newest(&life);
    let mut kept = Bag::of(&life.hospital, "brandt");
    assert!(kept.opens(&before));
    life.hospital.login("admin").disable("brandt").unwrap();
    assert!(
        life.hospital
            .try_login("brandt", crate::support::PASSPHRASE)
            .is_err()
    );
    let after = write_note(&life.hospital.desk("hsmith"), &life, "after");
    kept.rummage(&life.hospital);
    assert!(!kept.opens(&after));
}

/// Whoever writes has been logged in all the time, and nobody logs in anew.
fn kept_keys_open_nothing_that_open_sessions_write(
    life: &Life,
    login: &str,
    end: impl FnOnce(&chartseal::vault::Session),
    writes: &[(&chartseal::vault::Session, ChartId, Section)],
    read_by: &[&chartseal::vault::Session],
) {
    let admin = life.hospital.login("admin");
    let mut kept = Bag::of(&life.hospital, login);
    end(&admin);
    let mut written = Vec::new();
    for round in 0..2 {
        for (session, chart, section) in writes {
            let draft = Draft::new(*chart, *section);
            let body = encode(&note(&format!("round {round}")));
            let stored = session.write(|writer| writer.put(draft, &body)).unwrap();
            written.push(stored.seq);
        }
    }
    kept.rummage(&life.hospital);
    for seq in written {
        let entry = numbered(life, seq);
        assert!(!kept.opens(&entry), "{login} reads entry {seq}");
        for session in read_by {
            session
                .read(|reader| reader.open(entry.clone()))
                .unwrap_or_else(|error| panic!("{}: {error}", session.certificate().login));
        }
    }
    let vault = life.hospital.vault();
    let witness = Witness::of(vault.host()).unwrap();
    let report = verify::keyless(vault.ledger(), witness, 2, &unwatched).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

#[test]
fn a_member_who_left_reads_nothing_that_sessions_write_which_were_open_all_the_time() {
    let life = lived();
    let doctor = life.hospital.login("hsmith");
    let ward = doctor
        .read(|reader| {
            Ok::<_, VaultError>(reader.directory().unit_by_name("Ward A").unwrap().unit.unit)
        })
        .unwrap();
    kept_keys_open_nothing_that_open_sessions_write(
        &life,
        "brandt",
        |admin| {
            admin.leave_unit("Ward A", "brandt").unwrap();
            admin.leave_unit("emergency", "brandt").unwrap();
        },
        &[
            (&doctor, life.chart, Section::Clinical),
            (&doctor, life.chart, Section::Access),
            (&doctor, ward.chart(), Section::Work),
        ],
        &[&doctor],
    );
}

#[test]
fn a_member_who_left_reads_nothing_that_others_write_who_cannot_renew_the_units_keys() {
    let life = lived();
    let doctor = life.hospital.login("hsmith");
    let pharmacist = life.hospital.login("adeyemi");
    // The ward's keys, and break-glass's: the pharmacist has neither, and goes on writing.
    kept_keys_open_nothing_that_open_sessions_write(
        &life,
        "brandt",
        |admin| {
            admin.leave_unit("Ward A", "brandt").unwrap();
            admin.leave_unit("emergency", "brandt").unwrap();
        },
        &[(&pharmacist, life.chart, Section::Medication)],
        &[&pharmacist, &doctor, &life.hospital.login("okafor")],
    );
    // Once the ward renewed its keys, the next write is for the ward again.
    doctor
        .write(|writer| {
            writer.put(
                Draft::new(life.chart, Section::Medication),
                &encode(&note("back")),
            )
        })
        .unwrap();
    let one_by_one = |reader: &mut chartseal::vault::Reader<'_>| {
        let state = reader.directory().chart(&life.chart).unwrap();
        let newest = state.epoch(Section::Medication);
        let mut lines = state.lines.iter();
        let each = lines.any(|held| {
            let line = &held.line;
            (line.section, line.epoch) == (Section::Medication, newest) && !held.each.is_empty()
        });
        Ok::<_, VaultError>(each)
    };
    assert!(!doctor.read(one_by_one).unwrap());
}

/// The keys that were kept, and what the file holds by now, do not open an entry, which somebody who stayed does.
#[track_caller]
fn opens_for_others_alone(
    life: &Life,
    kept: &mut Bag,
    seq: u64,
    stayed: &chartseal::vault::Session,
) {
    kept.rummage(&life.hospital);
    let entry = numbered(life, seq);
    assert!(!kept.opens(&entry));
    assert!(stayed.read(|reader| reader.open(entry)).is_ok());
}

#[test]
fn whoever_left_second_loses_at_once_what_was_sealed_to_them_alone() {
    let life = lived();
    let admin = life.hospital.login("admin");
    let pharmacist = life.hospital.login("adeyemi");
    let put = |session: &chartseal::vault::Session, text: &str| {
        let draft = Draft::new(life.chart, Section::Medication);
        session
            .write(|writer| writer.put(draft, &encode(&note(text))))
            .unwrap()
    };
    admin.leave_unit("Ward A", "brandt").unwrap();
    put(&pharmacist, "for those who stayed");
    // The doctor of the ward, too; what they keep opens what was before, and nothing later.
    let mut kept = Bag::of(&life.hospital, "hsmith");
    for unit in ["Ward A", "emergency"] {
        admin.leave_unit(unit, "hsmith").unwrap();
    }
    let vault = life.hospital.vault();
    let witness = Witness::of(vault.host()).unwrap();
    let report = verify::keyless(vault.ledger(), witness, 2, &unwatched).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    let stored = put(&pharmacist, "for nobody of the ward");
    opens_for_others_alone(&life, &mut kept, stored.seq, &pharmacist);
}

#[test]
fn a_pharmacist_an_auditor_and_a_registrars_colleague_who_left_read_nothing_either() {
    let life = lived();
    let doctor = life.hospital.login("hsmith");
    let registrar = life.hospital.login("reyes");
    let auditor = life.hospital.login("audit");
    kept_keys_open_nothing_that_open_sessions_write(
        &life,
        "adeyemi",
        |admin| assert!(admin.leave_unit("Pharmacy", "adeyemi").is_ok()),
        &[(&doctor, life.chart, Section::Medication)],
        &[&doctor],
    );
    kept_keys_open_nothing_that_open_sessions_write(
        &life,
        "audit",
        |admin| assert!(admin.leave_unit("auditors", "audit").is_ok()),
        &[(&doctor, life.chart, Section::Access)],
        &[&doctor],
    );
    drop(auditor);
    // A registrar opens charts and holds no clinical key: what they seal is for those who stayed.
    let admin = life.hospital.login("admin");
    let mut kept = Bag::of(&life.hospital, "brandt");
    for unit in ["Ward A", "emergency"] {
        admin.leave_unit(unit, "brandt").unwrap();
    }
    let chart = life.hospital.chart_in(&registrar, "Ward A", "hsmith", None);
    let draft = Draft::new(chart, Section::Clinical);
    let stored = registrar
        .write(|writer| writer.put(draft, &encode(&note("dropped"))))
        .unwrap();
    opens_for_others_alone(&life, &mut kept, stored.seq, &doctor);
}

#[test]
fn a_write_that_failed_leaves_no_key_behind_that_never_was() {
    let life = lived();
    let doctor = life.hospital.login("hsmith");
    let colleague = life.hospital.login("okafor");
    let admin = life.hospital.login("admin");
    admin.join_unit("Ward A", "okafor").unwrap();
    life.hospital.login("hsmith").deliver_unseen().unwrap();
    admin.leave_unit("Ward A", "brandt").unwrap();
    let put = |session: &chartseal::vault::Session, fail: bool| {
        session.write(|writer| {
            let draft = Draft::new(life.chart, Section::Clinical);
            let stored = writer.put(draft, &encode(&note("words")))?;
            if fail {
                Err(VaultError::Locked)
            } else {
                Ok(stored)
            }
        })
    };
    // Unit's and chart's keys were drawn in it, and did not land.
    put(&doctor, true).unwrap_err();
    // Somebody else's did.
    put(&colleague, false).unwrap();
    let stored = put(&doctor, false).unwrap();
    for session in [&doctor, &colleague, &life.hospital.login("hsmith")] {
        assert!(
            session
                .read(|reader| reader.by_id(&stored.id))
                .unwrap()
                .is_some()
        );
    }
}
