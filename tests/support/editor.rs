//! Someone with the file and without any key: edits rows, recomputes what can be recomputed without a secret.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chartseal::crypto::hash::{Hash, sha256};
use chartseal::crypto::sign::Signature;
use chartseal::desk::view::{VerifyReport, unwatched};
use chartseal::jobs::verify;
use chartseal::ledger::clear::GrantGround;
use chartseal::ledger::entry::link;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{
    Body, ChartId, Clear, Core, EntryId, Form, Holder, Ledger, Section, ThreadId, canonical,
};
use chartseal::vault::sweep::Witness;
use chartseal::vault::{Draft, NewChart, NewGrant, Session, Vault, VaultError};
use rusqlite::{Connection, params};

use super::{Hospital, PASSPHRASE, secret};

/// What the template holds.
#[derive(Clone, Debug)]
pub struct Facts {
    /// A chart on Ward A.
    pub chart: ChartId,
    /// Another chart on Ward A.
    pub other: ChartId,
    /// A thread of two versions in the first chart's clinical section.
    pub thread: ThreadId,
    /// Numbers of some entries by name.
    pub seq: BTreeMap<&'static str, u64>,
    /// The grant of `medication` to the pharmacist.
    pub grant: EntryId,
}

/// A vault of its own for one test, copied from a template that is made once.
pub struct Victim {
    pub folder: tempfile::TempDir,
    pub facts: Facts,
}

pub fn body(text: &str) -> Body {
    Body {
        kind: 900,
        version: 1,
        bytes: text.as_bytes().to_vec(),
    }
}

fn template() -> &'static (Hospital, Facts) {
    static TEMPLATE: OnceLock<(Hospital, Facts)> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let hospital = Hospital::staffed();
        let doctor = hospital.login("hsmith");
        let enrol = |tag: u8| {
            doctor
                .write(|writer| {
                    let directory = writer.directory();
                    let unit = directory.unit_by_name("Ward A").unwrap().unit.unit;
                    let patient = directory.by_login("mejia").map(|(cert, _)| *cert);
                    writer.enrol(NewChart {
                        unit,
                        attending: Some(doctor.cert()),
                        patient,
                        tags: vec![Hash([tag; 32])],
                        emergency: true,
                    })
                })
                .unwrap()
        };
        let (chart, enrolled) = enrol(1);
        let (other, _) = enrol(2);
        let mut seq = BTreeMap::from([("enrolled", enrolled.seq)]);
        let mut write = |name: &'static str, draft: Draft| {
            let stored = doctor
                .write(|writer| writer.put(draft, &body(name)))
                .unwrap();
            seq.insert(name, stored.seq);
            stored
        };
        let clinical = || Draft::new(chart, Section::Clinical);
        write("one", clinical());
        let first = write("first version", clinical());
        let pharmacist = doctor
            .read(|r| Ok::<_, VaultError>(*r.directory().by_login("adeyemi").unwrap().0))
            .unwrap();
        write("second version", clinical().after(first.thread, first.id));
        write("elsewhere", Draft::new(other, Section::Clinical));
        write("order", Draft::new(chart, Section::Medication));
        let grant = doctor
            .write(|writer| {
                writer.grant(&NewGrant {
                    chart,
                    to: Holder::Person(pharmacist),
                    sections: vec![Section::Medication],
                    until: None,
                    ground: GrantGround::Share,
                    because: None,
                })
            })
            .unwrap();
        write("asked", clinical().to(vec![Holder::Person(pharmacist)]));
        write("two", clinical());
        write("three", clinical());
        write("last", clinical());
        seq.insert("grant", grant.seq);
        let facts = Facts {
            chart,
            other,
            thread: first.thread,
            seq,
            grant: grant.id,
        };
        drop(doctor);
        hospital.vault().ledger().checkpoint().unwrap();
        (hospital, facts)
    })
}

fn copy_folder(from: &Path, to: &Path) {
    fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let path = to.join(entry.file_name());
        fs::copy(entry.path(), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Victim {
    pub fn new() -> Self {
        let (hospital, facts) = template();
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&hospital.vault_folder(), &folder.path().join("vault"));
        copy_folder(&hospital.host_folder(), &folder.path().join("host"));
        Self {
            folder,
            facts: facts.clone(),
        }
    }

    pub fn seq(&self, name: &str) -> u64 {
        self.facts.seq[name]
    }

    pub fn vault_folder(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub fn host_folder(&self) -> PathBuf {
        self.folder.path().join("host")
    }

    pub fn vault(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.vault_folder(), &self.host_folder())
    }

    pub fn login(&self, login: &str) -> Result<Session, VaultError> {
        self.vault()?.unlock(login, &secret(PASSPHRASE))
    }

    /// The file, for anyone who can reach it.
    pub fn sql(&self) -> Connection {
        let sql = Connection::open(self.vault_folder().join(FILE)).unwrap();
        sql.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 10000;")
            .unwrap();
        sql
    }

    /// Verifies without keys, by what the file alone tells.
    pub fn verify(&self) -> VerifyReport {
        let ledger = Ledger::open(&self.vault_folder()).unwrap();
        verify::keyless(&ledger, Witness::default(), 2, &unwatched).unwrap()
    }

    /// Verifies without keys, with what the host remembers.
    pub fn verify_here(&self) -> VerifyReport {
        let vault = self.vault().unwrap();
        let witness = Witness::of(vault.host()).unwrap();
        verify::keyless(vault.ledger(), witness, 2, &unwatched).unwrap()
    }

    /// The text of every entry of a section, as a session reads it.
    pub fn read(
        session: &Session,
        chart: ChartId,
        section: Section,
    ) -> Result<Vec<Result<String, VaultError>>, VaultError> {
        session.read(|reader| {
            let entries = reader.section(chart, section)?;
            Ok(entries
                .into_iter()
                .map(|entry| match entry {
                    Ok(opened) => Ok(String::from_utf8(opened.body.bytes).unwrap()),
                    Err((_, error)) => Err(error),
                })
                .collect())
        })
    }

    /// The number and body of the clear entry that `wanted` picks.
    pub fn find_clear(&self, wanted: impl Fn(&Clear) -> bool) -> (u64, Clear) {
        let ledger = Ledger::open(&self.vault_folder()).unwrap();
        let rows = ledger.read(|tx| tx.rows_after(0, 10_000)).unwrap();
        rows.into_iter()
            .map(|row| row.decode().unwrap())
            .filter(|entry| entry.core.form == Form::Clear)
            .map(|entry| {
                let clear = Clear::decode(&entry.open_clear().unwrap()).unwrap();
                (entry.seq(), clear)
            })
            .find(|(_, clear)| wanted(clear))
            .unwrap()
    }
}

fn bytes(sql: &Connection, query: &str, seq: u64) -> Vec<u8> {
    sql.query_row(query, [seq as i64], |row| row.get(0))
        .unwrap()
}

/// Puts other bytes in an entry's box, and nothing else.
pub fn put_box(sql: &Connection, seq: u64, sealed: &[u8]) {
    let changed = sql
        .execute(
            "UPDATE body SET box = ?2 WHERE seq = ?1",
            params![seq as i64, sealed],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

pub fn get_box(sql: &Connection, seq: u64) -> Vec<u8> {
    bytes(sql, "SELECT box FROM body WHERE seq = ?1", seq)
}

/// Puts another clear body in an entry's box.
pub fn put_clear(sql: &Connection, seq: u64, clear: &Clear) {
    let body = clear.encode();
    put_box(
        sql,
        seq,
        &[&body.kind.to_be_bytes()[..], &[body.version], &body.bytes].concat(),
    );
}

/// Makes commitment and digest of a clear entry fit its box: what anyone can compute.
pub fn recommit(sql: &Connection, seq: u64) {
    let sealed = get_box(sql, seq);
    let mut core: Core = canonical::decode(
        "header",
        &bytes(sql, "SELECT core FROM entry WHERE seq = ?1", seq),
    )
    .unwrap();
    core.commitment = sha256(&[b"chartseal/commit/v1", &[0; 32], &sealed]);
    sql.execute(
        "UPDATE entry SET core = ?2, digest = ?3 WHERE seq = ?1",
        params![
            seq as i64,
            canonical::encode(&core),
            &sha256(&[&sealed]).0[..]
        ],
    )
    .unwrap();
}

/// Makes the digest of an entry fit its box.
pub fn redigest(sql: &Connection, seq: u64) {
    let digest = sha256(&[&get_box(sql, seq)]);
    sql.execute(
        "UPDATE entry SET digest = ?2 WHERE seq = ?1",
        params![seq as i64, &digest.0[..]],
    )
    .unwrap();
}

/// Closes gaps in the numbers and recomputes every link, as anyone can.
pub fn rechain(sql: &Connection) {
    sql.execute_batch("PRAGMA writable_schema = OFF; BEGIN")
        .unwrap();
    let mut statement = sql
        .prepare("SELECT seq, core, anchor, digest, signature FROM entry ORDER BY seq")
        .unwrap();
    let rows: Vec<(i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>)> = statement
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    // Out of the way first: `previous` is unique.
    sql.execute("UPDATE entry SET previous = randomblob(32)", [])
        .unwrap();
    let mut previous = Hash([0; 32]);
    for (n, (seq, core, anchor, digest, signature)) in rows.into_iter().enumerate() {
        let next = link(
            &previous,
            &core,
            &Hash(anchor.try_into().unwrap()),
            &Hash(digest.try_into().unwrap()),
            &Signature::from_slice(&signature).unwrap(),
        );
        let number = n as i64 + 1;
        sql.execute(
            "UPDATE entry SET seq = ?2, previous = ?3, link = ?4 WHERE seq = ?1",
            params![seq, number, &previous.0[..], &next.0[..]],
        )
        .unwrap();
        for table in ["body", "clear_entry", "notice"] {
            sql.execute(
                &format!("UPDATE {table} SET seq = ?2 WHERE seq = ?1"),
                [seq, number],
            )
            .unwrap();
        }
        previous = next;
    }
    sql.execute_batch("COMMIT").unwrap();
}

/// Takes an entry out, its body and its view rows too.
pub fn remove(sql: &Connection, seq: u64) {
    for table in ["entry", "body", "clear_entry", "notice"] {
        sql.execute(&format!("DELETE FROM {table} WHERE seq = ?1"), [seq as i64])
            .unwrap();
    }
}

/// The numbers that a report names.
pub fn named(report: &VerifyReport) -> BTreeSet<u64> {
    report
        .findings
        .iter()
        .filter_map(|finding| finding.seq)
        .collect()
}
