//! Bytes of our own format, made with another implementation: **what was written once opens for ever**.

use super::super::record::Disclosed;
use super::super::{Statement, Subject, open};
use super::world::CHART;
use crate::clinical::Role;
use crate::crypto::Secret;
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hex::{hex, unhex};
use crate::crypto::hpke::{KemPublic, KemSecret};
use crate::crypto::sign::SigningKey;
use crate::ledger::{
    Blinder, CertId, Certificate, ChartId, Clear, EntryId, Office, Opening, Place, Prepared, Row,
    Section, canonical,
};

/// Golden file of our own format, made with another implementation of all of it, on Python's `cryptography`: the vault's id, then the
/// file.
#[test]
fn an_export_that_was_written_once_still_opens() {
    let key = KemSecret::from_secret(&Secret::new([7; 32]));
    let text = include_str!("../../../../tests/golden/sealed_export.txt");
    let mut lines = text.lines();
    let vault = lines.next().unwrap().parse().unwrap();
    let file = unhex(lines.next().unwrap()).unwrap();
    assert_eq!(&file[..17], b"chartseal-export\x01");
    let mut bodies = Vec::new();
    let told = open(&file[..], &key, Some(&vault), |shown| {
        bodies.push(shown.body.unwrap().bytes.clone());
        Ok(())
    })
    .unwrap();
    assert_eq!(told.statement.purpose, "second opinion");
    assert_eq!(bodies, [b"172/104"]);
}

/// Golden bytes of our own encoding, made with another implementation as above.
#[test]
fn a_statement_and_an_entry_have_these_bytes() {
    let statement = Statement {
        record: EntryId([9; 16]),
        vault: Hash([1; 32]),
        exporter: CertId([2; 32]),
        recipient: KemPublic([3; 32]),
        subject: Subject::Chart {
            chart: CHART,
            sections: vec![Section::Clinical],
        },
        purpose: "why".into(),
        created: 1_795_336_265_000,
        head: 4,
        link: Hash([5; 32]),
        snapshot: None,
        authorities: 3,
        entries: 1,
    };
    assert_eq!(hex(&canonical::encode(&statement)), STATEMENT);
    let signed_by = Subject::SignedBy {
        login: "hsmith".into(),
        certificates: vec![CertId([2; 32])],
    };
    assert_eq!(hex(&canonical::encode(&signed_by)), SIGNED_BY);

    let key = SigningKey::from_secret(&Secret::new([6; 32]));
    let certificate = Certificate::issue(
        "a",
        "A",
        Office::Person(Role::Doctor),
        KemSecret::from_secret(&Secret::new([7; 32])).public(),
        &key,
    );
    let place = Place {
        chart: ChartId::ZERO,
        section: Section::System,
        epoch: 0,
        id: Some(EntryId([8; 16])),
        follows: None,
        to: Vec::new(),
        author: CertId([2; 32]),
        created: 1_795_336_265_000,
    };
    let prepared = Prepared::clear(place, &Clear::Certificate(certificate).encode());
    let row = Row {
        seq: 2,
        anchor: Hash([4; 32]),
        digest: prepared.digest,
        signature: prepared.sign(&key, &Hash([4; 32])),
        link: Hash::ZERO,
        core: prepared.core_bytes,
        body: Some(prepared.sealed),
    };
    let entry = row.decode().unwrap();
    let opening = Opening {
        blinder: Blinder::CLEAR,
        body: entry.open_clear().unwrap(),
    };
    let record = canonical::encode(&Disclosed::of(&entry, Hash([4; 32]), Some(&opening)));
    assert_eq!(sha256(&[&record]).to_string(), ENTRY);
    let read: Disclosed = canonical::decode("entry", &record).unwrap();
    let (again, opened) = read.read().unwrap();
    assert_eq!((again.core, opened), (entry.core, Some(opening)));
}

const STATEMENT: &str = "ab005009090909090909090909090909090909015820010101010101010101010101010101010101010101010101010101010101010102\
     58200202020202020202020202020202020202020202020202020202020202020202035820030303030303030303030303030303030303\
     030303030303030303030303030304820082500707070707070707070707070707070781020563776879061b000001a202615d28070408\
     582005050505050505050505050505050505050505050505050505050505050505050a030b01";
const SIGNED_BY: &str =
    "8201826668736d6974688158200202020202020202020202020202020202020202020202020202020202020202";
const ENTRY: &str = "bb5c5dbe544885330103ac499209aa92763c2d7ce6700e78814c919f5e25cd3e";
