//! Judging a sealed export as it is read. **The first thing that does not hold ends it: there is no half of an export.**

use std::io::Read;

use super::error::SealedError;
use super::reader::Records;
use super::record::{Disclosed, SIGN, Statement, Subject, What};
use crate::clinical::Role;
use crate::crypto::hash::Hash;
use crate::crypto::hpke::KemSecret;
use crate::crypto::sign::Signature;
use crate::ledger::canonical;
use crate::ledger::{Body, Certificate, Clear, Core, Entry, Form, Head, Opening};
use crate::vault::Directory;

/// One entry, after everything about it held.
#[derive(Debug)]
pub struct Shown<'a> {
    /// Its number in the source ledger, as the exporter says.
    pub seq: u64,
    /// The header.
    pub core: &'a Core,
    /// Who signed it.
    pub author: &'a Certificate,
    /// Their role at that place; `None` for a host.
    pub role: Option<Role>,
    /// The body; `None` where the exporter's keys did not open it.
    pub body: Option<&'a Body>,
}

/// What an export says of itself, after everything in it held.
#[derive(Debug)]
pub struct Told {
    /// The signed statement.
    pub statement: Statement,
    /// Who signed it.
    pub exporter: Certificate,
    /// How many entries came with their bodies.
    pub opened: u64,
}

/// Opens an export and judges all of it. `pinned` is the source vault that the recipient knows; without it the export proves only
/// that it leads to the genesis that it carries. `each` is given every entry in the order of the ledger; **what it was given counts
/// only if this returns without an error.**
pub fn open(
    from: impl Read,
    key: &KemSecret,
    pinned: Option<&Hash>,
    mut each: impl FnMut(&Shown<'_>) -> Result<(), SealedError>,
) -> Result<Told, SealedError> {
    let mut records = Records::open(from, key)?;
    let (what, bytes) = records.next()?;
    if what != What::Statement {
        return Err(records.wrong("it is not the statement that comes first"));
    }
    let statement: Statement = canonical::decode("statement", bytes.expose())
        .map_err(|error| records.wrong(error.to_string()))?;
    if statement.recipient != key.public() {
        return Err(SealedError::Exporter(
            "the signed statement names another recipient: somebody passed it on".into(),
        ));
    }
    if let Some(pinned) = pinned.filter(|pinned| **pinned != statement.vault) {
        return Err(SealedError::OtherVault {
            found: statement.vault,
            pinned: *pinned,
        });
    }
    let mut judge = Judge {
        directory: Directory::default(),
        statement,
        last: Head {
            seq: 0,
            link: Hash::ZERO,
        },
    };
    for _ in 0..judge.statement.authorities {
        let (entry, opening) = take(&mut records, What::Authority)?;
        judge.authority(&entry, opening.as_ref())?;
    }
    judge.exporter()?;
    judge.subject()?;
    judge.last = Head {
        seq: 0,
        link: Hash::ZERO,
    };
    let mut opened = 0;
    for _ in 0..judge.statement.entries {
        let (entry, opening) = take(&mut records, What::Entry)?;
        let shown = judge.entry(&entry, opening.as_ref())?;
        opened += u64::from(shown.body.is_some());
        each(&shown)?;
    }
    let digest = records.digest();
    let (what, bytes) = records.next()?;
    let signature = Signature::from_slice(bytes.expose())
        .filter(|_| what == What::Signature)
        .ok_or_else(|| records.wrong("it is not the signature that comes here"))?;
    let exporter = judge.exporter()?;
    exporter
        .verify
        .verify(&[SIGN, &digest.0].concat(), &signature)
        .map_err(|_| {
            SealedError::Exporter(format!(
                "what {} signed is not what stands here",
                exporter.login
            ))
        })?;
    let exporter = exporter.clone();
    records.end()?;
    Ok(Told {
        statement: judge.statement,
        exporter,
        opened,
    })
}

/// The next record, which must be an entry in this place. Its link is worked out, and not yet compared with anything.
fn take<R: Read>(
    records: &mut Records<R>,
    wanted: What,
) -> Result<(Placed, Option<Opening>), SealedError> {
    let (what, bytes) = records.next()?;
    if what != wanted {
        return Err(records.wrong("it is not of the kind that the statement announces here"));
    }
    let disclosed: Disclosed = canonical::decode("entry", bytes.expose())
        .map_err(|error| records.wrong(error.to_string()))?;
    let previous = disclosed.previous;
    let (entry, opening) = disclosed.read()?;
    Ok((Placed { entry, previous }, opening))
}

/// An entry and the link before it.
struct Placed {
    entry: Entry,
    previous: Hash,
}

struct Judge {
    directory: Directory,
    statement: Statement,
    /// The record before, of the same kind.
    last: Head,
}

impl Judge {
    /// Takes in who somebody is.
    fn authority(&mut self, placed: &Placed, opening: Option<&Opening>) -> Result<(), SealedError> {
        let entry = &placed.entry;
        let seq = entry.seq();
        let wrong = |what: String| SealedError::Entry { seq, what };
        self.in_place(placed)?;
        if seq == 1 && entry.row.link != self.statement.vault {
            return Err(wrong(
                "it is not the genesis of the vault that the statement names".into(),
            ));
        }
        let body = entry
            .open_clear()
            .map_err(|error| wrong(error.to_string()))?;
        let clear = Clear::decode(&body).map_err(|error| wrong(error.to_string()))?;
        let key = match &clear {
            Clear::Genesis(genesis) if seq == 1 => genesis.admin.verify,
            Clear::Certificate(_) | Clear::Disable(_) if seq > 1 => *self
                .directory
                .author_key(&entry.core.author, seq)
                .ok_or_else(|| wrong("its author is not certified at this place".into()))?,
            _ => return Err(wrong("it says nothing of who somebody is".into())),
        };
        signed(entry, opening, &key)?;
        self.directory.vault = self.statement.vault;
        let found = self.directory.findings.len();
        self.directory.apply(seq, &entry.core, clear);
        match self.directory.findings.get(found) {
            Some(finding) => Err(wrong(finding.what.clone())),
            None => Ok(()),
        }
    }

    /// The exporter's certificate, which must count where the export was taken.
    fn exporter(&self) -> Result<&Certificate, SealedError> {
        let person = self
            .directory
            .person(&self.statement.exporter)
            .filter(|person| person.counted_at(self.statement.head.saturating_add(1)));
        person.map(|person| &person.certificate).ok_or_else(|| {
            SealedError::Exporter("they were not certified when the export was made".into())
        })
    }

    /// The certificates of whoever signed everything, which must bear the login that the statement names.
    fn subject(&self) -> Result<(), SealedError> {
        let Subject::SignedBy {
            login,
            certificates,
        } = &self.statement.subject
        else {
            return Ok(());
        };
        let theirs = |cert| {
            let person = self.directory.person(cert);
            person.is_some_and(|person| person.certificate.login == *login)
        };
        match certificates.iter().find(|cert| !theirs(cert)) {
            None => Ok(()),
            Some(cert) => Err(SealedError::Exporter(format!(
                "the statement names certificate {cert} as one of {login}, and nothing here certifies that"
            ))),
        }
    }

    /// Judges one entry.
    fn entry<'a>(
        &'a mut self,
        placed: &'a Placed,
        opening: Option<&'a Opening>,
    ) -> Result<Shown<'a>, SealedError> {
        let entry = &placed.entry;
        let (seq, core) = (entry.seq(), &entry.core);
        let wrong = |what: &str| SealedError::Entry {
            seq,
            what: what.into(),
        };
        self.in_place(placed)?;
        if !self.statement.subject.holds(entry) {
            return Err(wrong("it is not part of what the statement announces"));
        }
        let key = self
            .directory
            .author_key(&core.author, seq)
            .ok_or_else(|| wrong("its author is not certified at this place"))?;
        signed(entry, opening, key)?;
        let person = self
            .directory
            .person(&core.author)
            .ok_or_else(|| wrong("its author is not known"))?;
        Ok(Shown {
            seq,
            core,
            author: &person.certificate,
            role: self.directory.role_at(&core.author, seq),
            body: opening.map(|opening| &opening.body),
        })
    }

    /// Numbers ascend and end where the ledger did; neighbours are linked.
    fn in_place(&mut self, placed: &Placed) -> Result<(), SealedError> {
        let seq = placed.entry.seq();
        let link = placed.entry.row.link;
        let wrong = |what: &str| SealedError::Entry {
            seq,
            what: what.into(),
        };
        if seq <= self.last.seq || seq > self.statement.head {
            return Err(wrong("it comes twice or out of order"));
        }
        if seq == self.last.seq + 1 && placed.previous != self.last.link {
            return Err(wrong("it does not follow the entry before it"));
        }
        let ends = self.statement.head();
        if seq == ends.seq && link != ends.link {
            return Err(wrong("it is not the head that the statement names"));
        }
        self.last = Head { seq, link };
        Ok(())
    }
}

/// Whether the author signed the header, strictly, and the header commits to the body.
fn signed(
    entry: &Entry,
    opening: Option<&Opening>,
    key: &crate::crypto::sign::VerifyKey,
) -> Result<(), SealedError> {
    let wrong = |what: &str| SealedError::Entry {
        seq: entry.seq(),
        what: what.into(),
    };
    if entry.core.form == Form::Clear && !entry.row.digest_holds() {
        return Err(wrong("its body does not match its header"));
    }
    entry
        .verify(key)
        .map_err(|_| wrong("its signature does not match its header"))?;
    if opening.is_some_and(|opening| !opening.opens(&entry.core)) {
        return Err(wrong("its body is not the one that its author signed"));
    }
    Ok(())
}
