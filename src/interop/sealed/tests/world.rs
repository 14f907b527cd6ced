//! A vault of four entries, and an export of it that is not written yet.

use super::super::{SIGN, SealedError, Sealer, Statement, Subject, Told, open};
use crate::clinical::Role;
use crate::crypto::Secret;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemSecret;
use crate::crypto::sign::SigningKey;
use crate::ledger::clear::Genesis;
use crate::ledger::{
    Blinder, Body, CertId, ChartId, Clear, Entry, EntryId, Form, Office, Opening, Place, Prepared,
    Row, Section,
};
use crate::vault::identity::Identity;

pub const CHART: ChartId = ChartId([7; 16]);

/// A chain of entries, and who wrote them.
pub struct World {
    pub admin: Identity,
    pub doctor: Identity,
    pub nurse: Identity,
    pub section_key: Secret<32>,
    pub recipient: KemSecret,
    pub entries: Vec<Entry>,
}

impl World {
    /// Genesis, two certificates, and a vital sign by the doctor.
    pub fn new() -> Self {
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

    pub fn place(&self, author: CertId, section: Section) -> Place {
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
    pub fn clear(&mut self, clear: &Clear) {
        let place = self.place(self.admin.cert, Section::System);
        let key = self.admin.sign.duplicate();
        self.append(&Prepared::clear(place, &clear.encode()), &key);
    }

    /// A sealed entry by the doctor.
    pub fn sealed(&mut self, text: &[u8]) {
        let place = self.place(self.doctor.cert, Section::Clinical);
        let body = Body {
            kind: 258,
            version: 3,
            bytes: text.to_vec(),
        };
        let key = self.doctor.sign.duplicate();
        self.append(&Prepared::sealed(place, &body, &self.section_key), &key);
    }

    pub fn append(&mut self, prepared: &Prepared, key: &SigningKey) {
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
    pub fn link(&self, seq: u64) -> Hash {
        let before = seq.checked_sub(1).map(|at| &self.entries[at as usize]);
        before.map_or(Hash::ZERO, |entry| entry.row.link)
    }

    fn opening(&self, entry: &Entry) -> Opening {
        match entry.core.form {
            Form::Clear => Opening {
                blinder: Blinder::CLEAR,
                body: entry.open_clear().unwrap(),
            },
            _ => entry.open_sealed(&self.section_key).unwrap(),
        }
    }

    fn head(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn statement(&self) -> Statement {
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
    pub fn draft(&self) -> Draft<'_> {
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

    pub fn open(&self, file: &[u8]) -> Result<Told, SealedError> {
        open(file, &self.recipient, Some(&self.link(1)), |_| Ok(()))
    }

    pub fn refused(&self, draft: &Draft<'_>) -> String {
        self.open(&draft.file()).unwrap_err().to_string()
    }
}

pub type Given = (Entry, Hash, Option<Opening>);

/// An export that is not written yet.
pub struct Draft<'w> {
    pub statement: Statement,
    pub authorities: Vec<Given>,
    pub entries: Vec<Given>,
    pub signer: &'w SigningKey,
}

impl Draft<'_> {
    pub fn sealer(&self) -> Sealer<Vec<u8>> {
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

    pub fn file(&self) -> Vec<u8> {
        let sealer = self.sealer();
        let signature = self.signer.sign(&[SIGN, &sealer.digest().0].concat());
        sealer.finish(&signature).unwrap()
    }
}
