//! Exports of a vault of four entries: one that is as it should be, and each way to make one that is not.

use std::io::Write;

use super::record::{Disclosed, MAGIC, What};
use super::*;
use crate::clinical::Role;
use crate::crypto::Secret;
use crate::crypto::hash::{Hash, sha256};
use crate::crypto::hex::hex;
use crate::crypto::hpke::KemSecret;
use crate::crypto::sign::SigningKey;
use crate::crypto::stream::StreamError;
use crate::ledger::clear::{Disable, Genesis};
use crate::ledger::{
    Body, CertId, Certificate, ChartId, Clear, Entry, EntryId, Office, Opening, Place, Prepared,
    Row, Section, canonical,
};
use crate::vault::identity::Identity;

const CHART: ChartId = ChartId([7; 16]);

/// A chain of entries, and who wrote them.
struct World {
    admin: Identity,
    doctor: Identity,
    nurse: Identity,
    section_key: Secret<32>,
    recipient: KemSecret,
    entries: Vec<Entry>,
}

impl World {
    /// Genesis, two certificates, and a vital sign by the doctor.
    fn new() -> Self {
        let (admin, certificate) =
            Identity::create("admin", "Tomas Lind", Office::Person(Role::Admin));
        let (doctor, by_doctor) =
            Identity::create("hsmith", "Helen Smith", Office::Person(Role::Doctor));
        let (nurse, by_nurse) =
            Identity::create("brandt", "Nina Brandt", Office::Person(Role::Nurse));
        let genesis = Genesis {
            admin: certificate,
            recovery: KemSecret::random().public(),
            restore: KemSecret::random().public(),
            shares: 5,
            threshold: 3,
        };
        let mut world = Self {
            admin,
            doctor,
            nurse,
            section_key: Secret::random(),
            recipient: KemSecret::random(),
            entries: Vec::new(),
        };
        world.clear(&Clear::Genesis(genesis));
        world.clear(&Clear::Certificate(by_doctor));
        world.clear(&Clear::Certificate(by_nurse));
        world.sealed(b"172/104");
        world
    }

    fn place(&self, author: CertId, section: Section) -> Place {
        Place {
            chart: if section == Section::System {
                ChartId::ZERO
            } else {
                CHART
            },
            section,
            epoch: u32::from(section != Section::System),
            id: None,
            follows: None,
            to: Vec::new(),
            author,
            created: 1_795_336_265_000 + self.entries.len() as u64,
        }
    }

    /// A clear entry by the admin.
    fn clear(&mut self, clear: &Clear) {
        let place = self.place(self.admin.cert, Section::System);
        let key = self.admin.sign.duplicate();
        self.append(&Prepared::clear(place, &clear.encode()), &key);
    }

    /// A sealed entry by the doctor.
    fn sealed(&mut self, text: &[u8]) {
        let place = self.place(self.doctor.cert, Section::Clinical);
        let body = Body {
            kind: 258,
            version: 3,
            bytes: text.to_vec(),
        };
        let key = self.doctor.sign.duplicate();
        self.append(&Prepared::sealed(place, &body, &self.section_key), &key);
    }

    fn append(&mut self, prepared: &Prepared, key: &SigningKey) {
        let previous = self.link(self.entries.len() as u64);
        let mut row = Row {
            seq: self.entries.len() as u64 + 1,
            core: prepared.core_bytes.clone(),
            anchor: previous,
            digest: prepared.digest,
            signature: prepared.sign(key, &previous),
            link: Hash::ZERO,
            body: Some(prepared.sealed.clone()),
        };
        row.link = row.expected_link(&previous);
        self.entries.push(row.decode().unwrap());
    }

    /// The link after entry `seq`.
    fn link(&self, seq: u64) -> Hash {
        let before = seq.checked_sub(1).map(|at| &self.entries[at as usize]);
        before.map_or(Hash::ZERO, |entry| entry.row.link)
    }

    fn opening(&self, entry: &Entry) -> Opening {
        match entry.core.form {
            crate::ledger::Form::Clear => Opening {
                blinder: crate::ledger::Blinder::CLEAR,
                body: entry.open_clear().unwrap(),
            },
            _ => entry.open_sealed(&self.section_key).unwrap(),
        }
    }

    fn head(&self) -> u64 {
        self.entries.len() as u64
    }

    fn statement(&self) -> Statement {
        Statement {
            record: EntryId([9; 16]),
            vault: self.link(1),
            exporter: self.doctor.cert,
            recipient: self.recipient.public(),
            subject: Subject::Chart {
                chart: CHART,
                sections: vec![Section::Clinical],
            },
            purpose: "second opinion".into(),
            created: 1_795_336_265_000,
            head: self.head(),
            link: self.link(self.head()),
            snapshot: None,
            authorities: 0,
            entries: 0,
        }
    }

    /// An export as it should be, unless the draft says otherwise.
    fn draft(&self) -> Draft<'_> {
        let of = |wanted: bool| {
            let entries = self.entries.iter();
            entries
                .filter(move |entry| (entry.core.section == Section::System) == wanted)
                .map(|entry| {
                    (
                        entry.clone(),
                        self.link(entry.seq() - 1),
                        Some(self.opening(entry)),
                    )
                })
                .collect::<Vec<_>>()
        };
        Draft {
            statement: self.statement(),
            authorities: of(true),
            entries: of(false),
            signer: &self.doctor.sign,
        }
    }

    fn open(&self, file: &[u8]) -> Result<Told, SealedError> {
        open(file, &self.recipient, Some(&self.link(1)), |_| Ok(()))
    }

    fn refused(&self, draft: &Draft<'_>) -> String {
        self.open(&draft.file()).unwrap_err().to_string()
    }
}

type Given = (Entry, Hash, Option<Opening>);

/// An export that is not written yet.
struct Draft<'w> {
    statement: Statement,
    authorities: Vec<Given>,
    entries: Vec<Given>,
    signer: &'w SigningKey,
}

impl Draft<'_> {
    fn sealer(&self) -> Sealer<Vec<u8>> {
        let statement = Statement {
            authorities: self.authorities.len() as u64,
            entries: self.entries.len() as u64,
            ..self.statement.clone()
        };
        let mut sealer = Sealer::begin(&statement, Vec::new()).unwrap();
        for (entry, previous, opening) in &self.authorities {
            let opening = opening.as_ref().unwrap();
            sealer.authority(entry, *previous, opening).unwrap();
        }
        for (entry, previous, opening) in &self.entries {
            sealer.entry(entry, *previous, opening.as_ref()).unwrap();
        }
        sealer
    }

    fn file(&self) -> Vec<u8> {
        let sealer = self.sealer();
        let signature = self.signer.sign(&[SIGN, &sealer.digest().0].concat());
        sealer.finish(&signature).unwrap()
    }
}

#[test]
fn what_was_sealed_opens_with_every_entry_its_author_and_its_body() {
    let world = World::new();
    let file = world.draft().file();
    let mut shown = Vec::new();
    let told = open(&file[..], &world.recipient, Some(&world.link(1)), |entry| {
        shown.push((
            entry.seq,
            entry.author.login.clone(),
            entry.role,
            entry.body.unwrap().bytes.clone(),
        ));
        Ok(())
    })
    .unwrap();
    let expected = (4, "hsmith".into(), Some(Role::Doctor), b"172/104".to_vec());
    assert_eq!(shown, [expected]);
    assert_eq!(told.exporter.login, "hsmith");
    assert_eq!((told.opened, told.statement.entries), (1, 1));
    assert_eq!(told.statement.purpose, "second opinion");
}

#[test]
fn an_entry_without_its_body_is_verified_by_its_header() {
    let world = World::new();
    let mut draft = world.draft();
    draft.entries[0].2 = None;
    assert_eq!(world.open(&draft.file()).unwrap().opened, 0);
    draft.entries[0].0.row.digest = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 4: it is not the head that the statement names"
    );
    // Nor where something follows it.
    let mut world = World::new();
    world.sealed(b"120/80");
    let mut draft = world.draft();
    draft.entries[0].2 = None;
    draft.entries[0].0.row.digest = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 4: its signature does not match its header"
    );
}

#[test]
fn every_flipped_byte_is_refused_with_its_place() {
    let world = World::new();
    let file = world.draft().file();
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let error = world.open(&changed).unwrap_err();
        let named = match &error {
            SealedError::NotOne => at < 16,
            SealedError::Version(_) => at == 16,
            SealedError::NotToThisKey(_) => (17..97).contains(&at),
            SealedError::Stream(StreamError::Altered { from, to }) => {
                (*from..*to).contains(&(at as u64))
            }
            _ => false,
        };
        assert!(named, "byte {at}: {error}");
    }
}

#[test]
fn every_cut_and_everything_that_follows_the_end_is_refused() {
    let world = World::new();
    let file = world.draft().file();
    for len in 0..file.len() {
        assert!(world.open(&file[..len]).is_err(), "{len} bytes");
    }
    for more in [&[0][..], &[0x80], &file] {
        assert!(world.open(&[&file, more].concat()).is_err());
    }
}

/// 64 KiB of payload and a little: the cut between the chunks opens as far as it goes.
#[test]
fn a_cut_between_two_chunks_is_called_a_cut() {
    let mut world = World::new();
    world.sealed(&vec![b'x'; 70_000]);
    let file = world.draft().file();
    let between = 97 + (64 << 10) + 16;
    let error = world.open(&file[..between]).unwrap_err();
    assert!(
        matches!(error, SealedError::Stream(StreamError::Cut { at }) if at == between as u64),
        "{error}"
    );
    assert_eq!(world.open(&file).unwrap().opened, 2);
}

#[test]
fn another_recipient_opens_nothing_and_a_forwarded_export_is_refused() {
    let world = World::new();
    let draft = world.draft();
    let other = KemSecret::random();
    let error = open(&draft.file()[..], &other, None, |_| Ok(())).unwrap_err();
    let SealedError::NotToThisKey(key) = &error else {
        panic!("{error}");
    };
    assert!(error.to_string().contains(&fingerprint(key)), "{error}");

    // The first recipient seals what they were given to somebody else, as if the exporter had meant them.
    let statement = Statement {
        authorities: 0,
        entries: 0,
        ..draft.statement.clone()
    };
    let passed_on = Sealer::begin_to(&other.public(), &statement, Vec::new()).unwrap();
    let signature = draft.signer.sign(&[SIGN, &passed_on.digest().0].concat());
    let file = passed_on.finish(&signature).unwrap();
    let error = open(&file[..], &other, None, |_| Ok(())).unwrap_err();
    assert!(error.to_string().contains("another recipient"), "{error}");
}

#[test]
fn a_forged_exporter_is_refused() {
    let world = World::new();
    // Somebody else signs in the doctor's name.
    let nurse = Draft {
        signer: &world.nurse.sign,
        ..world.draft()
    };
    assert!(world.refused(&nurse).contains("hsmith signed"));
    // Somebody whom nobody certified.
    let (stranger, certificate) =
        Identity::create("stranger", "A Stranger", Office::Person(Role::Doctor));
    let mut draft = world.draft();
    draft.statement.exporter = stranger.cert;
    draft.signer = &stranger.sign;
    assert!(world.refused(&draft).contains("not certified"));
    // Somebody whom a doctor certified.
    let mut forged = World::new();
    let place = forged.place(forged.doctor.cert, Section::System);
    let key = forged.doctor.sign.duplicate();
    let body = Clear::Certificate(certificate).encode();
    forged.append(&Prepared::clear(place, &body), &key);
    let mut draft = forged.draft();
    draft.statement.exporter = stranger.cert;
    draft.signer = &stranger.sign;
    assert!(
        forged
            .refused(&draft)
            .contains("entry 5: a doctor may not certify anyone"),
        "{}",
        forged.refused(&draft)
    );
}

#[test]
fn an_exporter_whose_account_had_ended_is_refused() {
    let mut world = World::new();
    let person = world.doctor.cert;
    world.clear(&Clear::Disable(Disable { person }));
    assert!(world.refused(&world.draft()).contains("not certified"));
    // What they signed before stands, given out by somebody else.
    let mut draft = world.draft();
    draft.statement.exporter = world.admin.cert;
    draft.signer = &world.admin.sign;
    assert_eq!(world.open(&draft.file()).unwrap().opened, 1);
    // What they signed afterwards does not.
    world.sealed(b"too late");
    let mut draft = world.draft();
    draft.statement.exporter = world.admin.cert;
    draft.signer = &world.admin.sign;
    assert_eq!(
        world.refused(&draft),
        "entry 6: its author is not certified at this place"
    );
}

#[test]
fn a_swapped_certificate_is_refused() {
    let world = World::new();
    let other = World::new();
    // The certificate of another vault's doctor, who signed the same there.
    let mut draft = world.draft();
    draft.authorities[1] = other.draft().authorities[1].clone();
    assert!(
        world.refused(&draft).contains("entry 2: "),
        "{}",
        world.refused(&draft)
    );
    // Another key under the same header.
    let (_, certificate) = Identity::create("hsmith", "Helen Smith", Office::Person(Role::Doctor));
    let mut draft = world.draft();
    let body = Clear::Certificate(certificate).encode();
    draft.authorities[1].2 = Some(Opening {
        blinder: crate::ledger::Blinder::CLEAR,
        body,
    });
    assert!(
        world.refused(&draft).contains("entry 2: "),
        "{}",
        world.refused(&draft)
    );
    // None at all.
    let mut draft = world.draft();
    draft.authorities.remove(1);
    assert!(world.refused(&draft).contains("not certified"));
    // No genesis.
    let mut draft = world.draft();
    draft.authorities.remove(0);
    assert!(world.refused(&draft).contains("entry 2: "));
}

#[test]
fn what_one_person_signed_is_not_given_out_under_the_login_of_another() {
    let world = World::new();
    let signed_by = |login: &str| {
        let mut draft = world.draft();
        draft.statement.subject = Subject::SignedBy {
            login: login.into(),
            certificates: vec![world.doctor.cert],
        };
        world.open(&draft.file())
    };
    assert_eq!(signed_by("hsmith").unwrap().opened, 1);
    for login in ["brandt", "nobody"] {
        let error = signed_by(login).unwrap_err();
        assert!(matches!(error, SealedError::Exporter(_)), "{error}");
        assert!(error.to_string().contains(login), "{error}");
    }
}

#[test]
fn another_genesis_is_refused_where_the_recipient_knows_the_right_one() {
    let (world, other) = (World::new(), World::new());
    let file = Draft {
        statement: Statement {
            recipient: world.recipient.public(),
            ..other.statement()
        },
        ..other.draft()
    }
    .file();
    assert!(matches!(
        world.open(&file).unwrap_err(),
        SealedError::OtherVault { .. }
    ));
    // Without a pin it says which vault it leads to, and no more.
    let told = open(&file[..], &world.recipient, None, |_| Ok(())).unwrap();
    assert_eq!(told.statement.vault, other.link(1));
    // The statement names the right vault, and what follows leads to another.
    let mut draft = other.draft();
    draft.statement = Statement {
        vault: world.link(1),
        recipient: world.recipient.public(),
        ..other.statement()
    };
    assert!(
        world
            .refused(&draft)
            .contains("entry 1: it is not the genesis")
    );
}

#[test]
fn a_body_that_its_author_did_not_sign_is_refused() {
    let mut world = World::new();
    world.sealed(b"120/80");
    let mut draft = world.draft();
    let first = draft.entries[0].2.clone();
    draft.entries[1].2 = first;
    assert_eq!(
        world.refused(&draft),
        "entry 5: its body is not the one that its author signed"
    );
    let mut draft = world.draft();
    draft.entries[0].2.as_mut().unwrap().body.bytes[0] ^= 1;
    assert!(world.refused(&draft).contains("entry 4: its body"));
    let mut draft = world.draft();
    draft.entries[0].2.as_mut().unwrap().blinder.0[0] ^= 1;
    assert!(world.refused(&draft).contains("entry 4: its body"));
}

#[test]
fn entries_in_another_place_or_beyond_the_statement_are_refused() {
    let mut world = World::new();
    world.sealed(b"120/80");
    let mut draft = world.draft();
    draft.entries.swap(0, 1);
    assert_eq!(
        world.refused(&draft),
        "entry 4: it comes twice or out of order"
    );
    let mut draft = world.draft();
    draft.entries[1].1 = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 5: it does not follow the entry before it"
    );
    let mut draft = world.draft();
    draft.statement.link = Hash::ZERO;
    assert_eq!(
        world.refused(&draft),
        "entry 5: it is not the head that the statement names"
    );
    let mut draft = world.draft();
    draft.statement.subject = Subject::Chart {
        chart: CHART,
        sections: vec![Section::Medication],
    };
    assert_eq!(
        world.refused(&draft),
        "entry 4: it is not part of what the statement announces"
    );
    let mut draft = world.draft();
    draft.authorities.push(draft.entries[0].clone());
    assert!(world.refused(&draft).starts_with("entry 4: "));
}

#[test]
fn records_that_do_not_come_as_the_statement_says_are_refused() {
    let world = World::new();
    let draft = world.draft();
    let refused = |sealer: Sealer<Vec<u8>>| {
        let signature = draft.signer.sign(&[SIGN, &sealer.digest().0].concat());
        let file = sealer.finish(&signature).unwrap();
        world.open(&file).unwrap_err().to_string()
    };
    // One more than announced.
    let mut sealer = draft.sealer();
    let (entry, previous, _) = &draft.entries[0];
    sealer.entry(entry, *previous, None).unwrap();
    assert!(refused(sealer).contains("record 6: it is not the signature"));
    // Two statements.
    let mut sealer = Sealer::begin(
        &Statement {
            authorities: 1,
            ..draft.statement.clone()
        },
        Vec::new(),
    )
    .unwrap();
    let again = canonical::encode(&draft.statement);
    sealer.record(What::Statement, again).unwrap();
    assert!(refused(sealer).contains("record 2: "));
    // Something that is no record of an entry.
    let mut sealer = Sealer::begin(
        &Statement {
            authorities: 1,
            ..draft.statement.clone()
        },
        Vec::new(),
    )
    .unwrap();
    sealer.record(What::Authority, vec![0xa0]).unwrap();
    assert!(refused(sealer).contains("record 2: not a valid entry"));
}

/// The exporter holds the key of the file: what they append or leave out of the padding is not found by the seal.
#[test]
fn whatever_stands_in_the_padding_is_refused() {
    let world = World::new();
    let key = Secret::<32>::random();
    let head = |key: &Secret<32>| {
        let bound = [&MAGIC[..], &[1]].concat();
        let sealed = crate::crypto::hpke::seal(
            &world.recipient.public(),
            b"chartseal/export/key/v1",
            &bound,
            key.expose(),
        );
        [bound, sealed.unwrap()].concat()
    };
    let head = head(&key);
    let chunks =
        crate::crypto::kdf::derive(&key, "chartseal/export/chunks/v1", &sha256(&[&head]).0);
    // The records of a good export, out of which another file is made.
    let good = world.draft().file();
    let mut opener = {
        let sealed = &good[17..97];
        let file_key = crate::crypto::hpke::open(
            &world.recipient,
            b"chartseal/export/key/v1",
            &good[..17],
            sealed,
        )
        .unwrap();
        let file_key = Secret::from_slice(file_key.expose()).unwrap();
        let chunks = crate::crypto::kdf::derive(
            &file_key,
            "chartseal/export/chunks/v1",
            &sha256(&[&good[..97]]).0,
        );
        crate::crypto::stream::StreamOpener::new(&chunks, &good[97..], 97)
    };
    let payload = opener.next_chunk().unwrap().unwrap().expose().to_vec();
    assert!(opener.next_chunk().unwrap().is_none());
    let with = |payload: &[u8]| {
        let mut sealer = crate::crypto::stream::StreamSealer::new(&chunks, head.clone());
        sealer.write_all(payload).unwrap();
        world.open(&sealer.finish().unwrap())
    };
    with(&payload).unwrap();
    let mut hidden = payload.clone();
    *hidden.last_mut().unwrap() = 1;
    let mark = payload.iter().rposition(|byte| *byte != 0).unwrap();
    assert_eq!(payload[mark], 0x80);
    let mut unmarked = payload.clone();
    unmarked[mark] = 0;
    for bad in [
        hidden,
        unmarked,
        payload[..payload.len() - 1].to_vec(),
        payload[..mark].to_vec(),
        [&payload[..], &[0]].concat(),
        [&payload[..], &vec![0; 70_000]].concat(),
    ] {
        let error = with(&bad).unwrap_err().to_string();
        assert!(error.contains("padding"), "{error}");
    }
}

#[test]
fn the_length_of_an_export_is_one_of_few() {
    let lengths: std::collections::BTreeSet<usize> = (1..40)
        .map(|len| {
            let mut world = World::new();
            world.sealed(&vec![b'x'; 1_000 + len]);
            world.draft().file().len()
        })
        .collect();
    assert!(lengths.len() <= 2, "{lengths:?}");
}

/// Golden file of our own format, made with another implementation of all of it, on Python's `cryptography`: the vault's id, then the
/// file.
#[test]
fn an_export_that_was_written_once_still_opens() {
    let key = KemSecret::from_secret(&Secret::new([7; 32]));
    let text = include_str!("../../../tests/golden/sealed_export.txt");
    let mut lines = text.lines();
    let vault = lines.next().unwrap().parse().unwrap();
    let file = crate::crypto::hex::unhex(lines.next().unwrap()).unwrap();
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
        recipient: crate::crypto::hpke::KemPublic([3; 32]),
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
        blinder: crate::ledger::Blinder::CLEAR,
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
