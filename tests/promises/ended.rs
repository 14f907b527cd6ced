//! Someone whose access ended: whatever they kept, they read nothing that is written afterwards.

use chartseal::clinical::Body;
use chartseal::desk::access::{grant, request, revoke};
use chartseal::desk::{Session, write};
use chartseal::ledger::{Entry, Section};

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
