//! Golden bytes of every clear body and of the rows beside the entries. **A change here makes every vault unreadable: add a
//! version instead.**

use std::collections::BTreeSet;

use chartseal::clinical::Role;
use chartseal::crypto::hash::Hash;
use chartseal::crypto::hex::hex;
use chartseal::crypto::hpke::{KemPublic, KemSecret};
use chartseal::crypto::secret::Secret;
use chartseal::crypto::sign::SigningKey;
use chartseal::ledger::clear::{
    Acceptance, Attending, Authorisation, BackupMark, ClearError, DeliveredKey, Delivery, Disable,
    DrillMark, DropBox, Enrolment, Epoch, EpochLine, Erasure, Genesis, Grant, GrantGround,
    GrantLine, Invitation, Leave, OptOut, Revocation, Unit, UnitKey, UnitKind,
};
use chartseal::ledger::{
    Body, CertId, Certificate, ChartId, Clear, Credential, EntryId, Holder, Office, Section, Slot,
    SlotPlace, UnitId, canonical,
};

const CHART: ChartId = ChartId([0x01; 16]);
const UNIT: UnitId = UnitId([0x02; 16]);
const PERSON: CertId = CertId([0x03; 32]);
const ENTRY: EntryId = EntryId([0x04; 16]);
const TIME: u64 = 1_795_336_265_000;

fn public(byte: u8) -> KemPublic {
    KemSecret::from_secret(&Secret::new([byte; 32])).public()
}

fn certificate() -> Certificate {
    let key = SigningKey::from_secret(&Secret::new([0x44; 32]));
    let office = Office::Person(Role::Doctor);
    Certificate::issue("hsmith", "Dr Helen Smith", office, public(0x11), &key)
}

fn line(holder: Holder, holder_epoch: u32) -> GrantLine {
    GrantLine {
        section: Section::Medication,
        epoch: 2,
        holder,
        holder_epoch,
        key_id: Hash([0x05; 32]),
    }
}

fn drop_box() -> DropBox {
    DropBox {
        section: Section::Clinical,
        epoch: 2,
        public: public(0x12),
    }
}

/// One of each kind.
fn each() -> Vec<Clear> {
    let lines = vec![line(Holder::Unit(UNIT), 3), line(Holder::Person(PERSON), 0)];
    vec![
        Clear::Genesis(Genesis {
            admin: certificate(),
            recovery: public(0x13),
            restore: public(0x14),
            shares: 5,
            threshold: 3,
        }),
        Clear::Certificate(certificate()),
        Clear::Invitation(Invitation {
            login: "hsmith".into(),
            name: "Dr Helen Smith".into(),
            office: Office::Host,
            units: vec![UNIT],
            code: Hash([0x06; 32]),
            expires: TIME,
        }),
        Clear::Disable(Disable { person: PERSON }),
        Clear::Unit(Unit {
            unit: UNIT,
            name: "Ward A".into(),
            kind: UnitKind::Ward,
        }),
        Clear::Authorisation(Authorisation {
            unit: UNIT,
            person: PERSON,
        }),
        Clear::UnitKey(UnitKey {
            unit: UNIT,
            section: Section::Identity,
            epoch: 1,
            public: public(0x15),
            key_id: Hash([0x07; 32]),
        }),
        Clear::Delivery(Delivery {
            unit: UNIT,
            to: Holder::Person(PERSON),
            keys: vec![DeliveredKey {
                section: Section::Access,
                epoch: 1,
                key_id: Hash([0x07; 32]),
            }],
        }),
        Clear::Leave(Leave {
            unit: UNIT,
            person: PERSON,
        }),
        Clear::Enrolment(Enrolment {
            chart: CHART,
            unit: UNIT,
            attending: Some(PERSON),
            patient: None,
            tags: vec![Hash([0x08; 32])],
            drop_boxes: vec![drop_box()],
            lines: lines.clone(),
            opt_out: Some(OptOut::Emergency),
        }),
        Clear::Grant(Grant {
            chart: CHART,
            ground: GrantGround::Share,
            because: Some(ENTRY),
            until: Some(TIME),
            lines,
        }),
        Clear::Revocation(Revocation {
            chart: CHART,
            grant: ENTRY,
        }),
        Clear::Epoch(Epoch {
            chart: CHART,
            drop_box: drop_box(),
            lines: vec![EpochLine {
                grant: ENTRY,
                line: line(Holder::Person(PERSON), 0),
            }],
        }),
        Clear::Attending(Attending {
            chart: CHART,
            doctor: PERSON,
        }),
        Clear::Erasure(Erasure { chart: CHART }),
        Clear::BackupMark(BackupMark {
            snapshot: 3,
            manifest: Hash([0x09; 32]),
            covers: 77,
            place: Some(Hash([0x0a; 32])),
        }),
        Clear::Acceptance(Acceptance {
            chart: CHART,
            grant: ENTRY,
        }),
        Clear::DrillMark(DrillMark {
            covers: 77,
            point: TIME,
            millis: 12_000,
            charts: 5,
            whole: true,
        }),
    ]
}

fn rows() -> (Slot, Credential) {
    let slot = Slot {
        place: SlotPlace {
            chart: CHART,
            section: Section::Medication,
            epoch: 2,
            holder: Holder::Unit(UNIT),
            holder_epoch: 3,
            grant: ENTRY,
        },
        sealed: vec![0x0b; 80],
        fast: Some(vec![0x0c; 60]),
    };
    let credential = Credential {
        login: "hsmith".into(),
        certificate: vec![0x0d; 10],
        salt: vec![0x0e; 16],
        memory_kib: 65_536,
        passes: 3,
        sealed: vec![0x0f; 92],
        failed: 2,
        locked_until: TIME,
        totp_step: 59_844_542,
    };
    (slot, credential)
}

/// The lines of the file: name, number of the kind, version, bytes.
fn written() -> Vec<String> {
    let mut lines: Vec<String> = each()
        .iter()
        .map(|clear| {
            let body = clear.encode();
            let name = clear.name().replace(' ', "-");
            format!("{name} {} {} {}", body.kind, body.version, hex(&body.bytes))
        })
        .collect();
    let (slot, credential) = rows();
    lines.push(format!("[slot] {}", hex(&canonical::encode(&slot))));
    lines.push(format!(
        "[credential] {}",
        hex(&canonical::encode(&credential))
    ));
    lines
}

#[test]
fn every_clear_body_a_slot_and_a_credential_have_these_bytes() {
    let golden = include_str!("golden/clear_bodies.txt");
    let golden: Vec<&str> = golden
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let written = written();
    for (golden, written) in golden.iter().zip(&written) {
        assert_eq!(golden, written);
    }
    assert_eq!(golden.len(), written.len());
}

#[test]
fn every_clear_body_a_slot_and_a_credential_are_read_as_they_were_written() {
    for clear in each() {
        assert_eq!(Clear::decode(&clear.encode()).unwrap(), clear);
    }
    let (slot, credential) = rows();
    let read: Slot = canonical::decode("slot", &canonical::encode(&slot)).unwrap();
    assert_eq!(read, slot);
    let read: Credential = canonical::decode("row", &canonical::encode(&credential)).unwrap();
    assert_eq!(read, credential);
}

#[test]
fn no_kind_is_without_golden_bytes() {
    let golden: BTreeSet<u16> = each().iter().map(Clear::kind).collect();
    let known: BTreeSet<u16> = (0..=u16::MAX)
        .filter(|kind| {
            let body = Body {
                kind: *kind,
                version: 1,
                bytes: Vec::new(),
            };
            !matches!(Clear::decode(&body), Err(ClearError::Unknown { .. }))
        })
        .collect();
    assert_eq!(known, golden);
}
