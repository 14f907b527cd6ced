//! The vault that is backed up: an invented hospital.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use chartseal::backup::chain::Chain;
use chartseal::backup::keys::BackupKeys;
use chartseal::backup::object::ObjectKind;
use chartseal::backup::{Folder, PrintedHead, Wire};
use chartseal::clinical::{Body, Note};
use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::SecretBytes;
use chartseal::desk::view::{DemoMade, unwatched};
use chartseal::desk::{charts, session, write};
use chartseal::jobs::demo::{self, PASSPHRASE, Plan};
use chartseal::ledger::Ledger;
use chartseal::vault::Vault;

/// Letters of one note.
pub const NOTE: usize = 400;

/// A hospital in a folder that vanishes.
pub struct Demo {
    pub folder: PathBuf,
    pub made: DemoMade,
    round: Cell<u32>,
    _folder: tempfile::TempDir,
}

/// What was written for the increment.
pub struct Written {
    pub entries: u64,
    /// Of whole entries.
    pub bytes: u64,
    /// Of their sealed bodies.
    pub bodies: u64,
}

impl Demo {
    pub fn make(patients: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder is made");
        let path = folder.path().to_owned();
        let plan = Plan {
            patients,
            seed: 1,
            cost: Cost::FLOOR,
            papers: path.clone(),
        };
        let made = demo::make(&paths(&path), &plan, &unwatched).expect("the demonstration is made");
        let demo = Self {
            folder: path,
            made,
            round: Cell::new(0),
            _folder: folder,
        };
        demo.settle();
        demo
    }

    pub fn vault(&self) -> PathBuf {
        self.folder.join("vault")
    }

    pub fn host(&self) -> PathBuf {
        self.folder.join("host")
    }

    pub fn file(&self) -> PathBuf {
        self.vault().join("vault.db")
    }

    pub fn repository(&self) -> PathBuf {
        let round = self.round.get();
        self.folder.join(format!("repository-chartseal-{round}"))
    }

    /// Backups go to another place from here on: what was sent to the last one stays in the ledger, which refuses it empty.
    pub fn elsewhere(&self) {
        self.round.set(self.round.get() + 1);
    }

    pub fn entries(&self) -> u64 {
        self.ledger().head().expect("the ledger is read").seq
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&self.vault()).expect("the ledger opens")
    }

    /// Everything into the one file, so that whoever copies that has all of it.
    fn settle(&self) {
        self.ledger().checkpoint().expect("the log is emptied");
    }

    /// Writes notes of so many letters in all, as a doctor would, all over the ward.
    pub fn write(&self, letters: usize) -> Written {
        let doctor = self.made.logins.iter().find(|login| login.role == "doctor");
        let doctor = &doctor.expect("a hospital has doctors").login;
        let passphrase = SecretBytes::new(PASSPHRASE.as_bytes().to_vec());
        let session =
            session::login(&paths(&self.folder), doctor, &passphrase).expect("the doctor logs in");
        let before = self.entries();
        let patients = charts::list(&session, None).expect("the charts are listed");
        for number in 0..letters.div_ceil(NOTE) {
            let note = Note {
                title: "Ward round".into(),
                text: text(number),
                at: None,
                author_role: None,
                source: None,
            };
            let chart = &patients[number * 7 % patients.len()];
            write::entry(&session, &chart.mrn, Body::Note(note)).expect("the note is written");
        }
        drop(session);
        self.settle();
        let rows = self
            .ledger()
            .read(|tx| tx.rows_after(before, usize::MAX >> 1))
            .expect("the entries are read");
        let bodies = |row: &chartseal::ledger::Row| row.body.as_ref().map_or(0, Vec::len) as u64;
        Written {
            entries: rows.len() as u64,
            // Anchor, digest and link of 32 bytes, a signature of 64.
            bytes: rows
                .iter()
                .map(|row| row.core.len() as u64 + 3 * 32 + 64 + bodies(row))
                .sum(),
            bodies: rows.iter().map(bodies).sum(),
        }
    }

    /// The sealed bytes that the newest snapshot lists and the one before did not, by what they hold.
    pub fn sent(&self) -> BTreeMap<&'static str, u64> {
        let chain = self.chain();
        let newest = chain.newest().expect("there is a snapshot");
        let before = chain
            .manifests
            .iter()
            .find(|m| Some(m.hash) == newest.manifest.previous);
        let known: Vec<_> = before
            .iter()
            .flat_map(|m| &m.manifest.objects)
            .map(|o| o.address)
            .collect();
        let mut sent = BTreeMap::new();
        for object in newest
            .manifest
            .objects
            .iter()
            .filter(|o| !known.contains(&o.address))
        {
            let kind = match object.kind {
                ObjectKind::Ledger => "ledger",
                ObjectKind::Table(table) if table.is_index() => "index",
                ObjectKind::Table(_) => "tables",
            };
            *sent.entry(kind).or_default() += object.len;
        }
        sent
    }

    /// The head that the last backup printed.
    pub fn head(&self) -> String {
        let chain = self.chain();
        PrintedHead::of(
            self.keys().repository,
            chain.newest().expect("there is a snapshot"),
        )
        .to_string()
    }

    pub fn keys(&self) -> BackupKeys {
        let vault = Vault::open(&self.vault(), &self.host()).expect("the vault opens");
        let bytes = vault
            .host()
            .backup_keys()
            .ok()
            .flatten()
            .expect("the host has backup keys");
        BackupKeys::from_bytes(&bytes, vault.host().sign().duplicate()).expect("they are keys")
    }

    fn chain(&self) -> Chain {
        let keys = self.keys();
        let folder = Folder::open(&self.repository()).expect("the repository opens");
        let wire = Wire::new(std::sync::Arc::new(folder));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
        runtime
            .block_on(Chain::load(
                &wire,
                keys.repository,
                &keys.k_manifest,
                &|_| true,
            ))
            .expect("the manifests are read")
    }
}

fn paths(folder: &std::path::Path) -> Paths {
    Paths::new(&folder.join("vault"), &folder.join("host"))
}

/// Words as they come in notes, each note with others.
fn text(number: usize) -> String {
    const WORDS: [&str; 24] = [
        "slept",
        "well",
        "afebrile",
        "pain",
        "controlled",
        "mobilised",
        "with",
        "frame",
        "appetite",
        "better",
        "chest",
        "clear",
        "oedema",
        "less",
        "continue",
        "furosemide",
        "review",
        "potassium",
        "tomorrow",
        "family",
        "informed",
        "wound",
        "dry",
        "discharge",
    ];
    let mut text = String::new();
    let mut at = number;
    while text.len() < NOTE {
        at = at.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
        text.push_str(WORDS[(at >> 8) % WORDS.len()]);
        text.push(if at.is_multiple_of(11) { '\n' } else { ' ' });
    }
    text.truncate(NOTE);
    text
}
