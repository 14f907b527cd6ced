//! Giving entries out, sealed to a recipient, and opening what was given.
//!
//! **Keys decide what goes along, and it is on record before the first byte is written.** A body goes along where the exporter's keys
//! open it; an entry that they do not open goes as its signed header. From a snapshot nobody gets more than the vault itself would
//! give them now.

mod open;
mod plan;
mod record;
mod snapshot;

use std::io::{self, BufWriter, ErrorKind, IntoInnerError};
use std::path::Path;

use crate::config::OutFile;
use crate::crypto::hash::Hash;
use crate::desk::view::{Proceed, Progress, Reporter, SealedMade};
use crate::desk::{DeskError, Session};
use crate::interop::sealed::{Recipient, SIGN, Sealer, Statement, fingerprint};
use crate::ledger::{Entry, EntryId, Opening, Section};
use crate::vault::clock;

pub use open::open;
pub use snapshot::{Source, export_from_snapshot};

use plan::Plan;

/// Entries read in one transaction, and their bytes: what is held in memory at a time.
const BATCH: usize = 256;
const BYTES: usize = 8 << 20;
/// The longest purpose, in characters.
const LONGEST_PURPOSE: usize = 500;

/// What is given out.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// One chart.
    Chart {
        /// Its record number.
        mrn: &'a str,
        /// Which sections; where none are named identity, clinical and medication, as far as the keys open them.
        sections: Option<&'a [Section]>,
    },
    /// Everything that one person signed, by login: for that person, or for whoever may read the ledger.
    SignedBy(&'a str),
}

/// An export to be.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// What is given out.
    pub what: What<'a>,
    /// To whom.
    pub to: &'a Recipient,
    /// What for.
    pub purpose: &'a str,
    /// The file, which must not exist.
    pub out: &'a Path,
}

/// Gives out, from the vault itself.
pub fn export(
    session: &Session,
    order: &Order<'_>,
    watch: Reporter<'_>,
) -> Result<SealedMade, DeskError> {
    let out = begin(order)?;
    let plan = Plan::make(session, &order.what, None, watch)?;
    let id = record::put(session, &plan, order, None)?;
    write(session, &plan, order, (id, None), out, watch)
}

/// What must hold before anything is looked for.
fn begin(order: &Order<'_>) -> Result<OutFile, DeskError> {
    let purpose = order.purpose.trim();
    if purpose.is_empty() || purpose.chars().count() > LONGEST_PURPOSE {
        return Err(DeskError::BadInput(format!(
            "a purpose has 1 to {LONGEST_PURPOSE} characters: it goes on record"
        )));
    }
    OutFile::create(order.out).map_err(|error| unwritable(order.out, error))
}

/// Why nothing can be written to a file. What exists already is told by its own name.
fn unwritable(path: &Path, error: io::Error) -> DeskError {
    match error.kind() {
        ErrorKind::AlreadyExists => DeskError::BadInput(error.to_string()),
        _ => DeskError::io(path, error),
    }
}

fn working(what: &str, done: u64, total: u64) -> Progress {
    Progress {
        what: what.into(),
        done,
        total: Some(total),
        unit: "entries",
        note: None,
        transfer: None,
    }
}

/// Writes what was planned and put on record.
fn write(
    source: &Session,
    plan: &Plan<'_>,
    order: &Order<'_>,
    (record, snapshot): (EntryId, Option<String>),
    out: OutFile,
    watch: Reporter<'_>,
) -> Result<SealedMade, DeskError> {
    let unwritable = |error| unwritable(order.out, error);
    let exporter = source.vault().cert();
    let (authorities, vault) = source.vault().read(|reader| {
        let directory = reader.directory();
        Ok::<_, DeskError>((plan.authorities(directory, exporter), directory.vault))
    })?;
    let statement = Statement {
        record,
        vault,
        exporter,
        recipient: order.to.key,
        subject: plan.subject.clone(),
        purpose: order.purpose.trim().to_owned(),
        created: clock::now(),
        head: plan.head.seq,
        link: plan.head.link,
        snapshot,
        authorities: authorities.len() as u64,
        entries: plan.entries.len() as u64,
    };
    let mut sealer = Sealer::begin(&statement, BufWriter::new(out)).map_err(unwritable)?;
    take_each(source, plan, &authorities, |taken, _| {
        let opening = taken.opening.as_ref();
        let opening = opening.ok_or_else(|| missing(taken.entry.seq()))?;
        sealer
            .authority(&taken.entry, taken.previous, opening)
            .map_err(unwritable)
    })?;
    let mut opened = 0;
    take_each(source, plan, &plan.entries, |taken, nth| {
        opened += u64::from(taken.opening.is_some());
        sealer
            .entry(&taken.entry, taken.previous, taken.opening.as_ref())
            .map_err(unwritable)?;
        match watch(&working("export", nth, statement.entries)) {
            Proceed::Go => Ok(()),
            Proceed::Stop => Err(DeskError::Stopped),
        }
    })?;
    let signature = source.vault().attest(SIGN, &sealer.digest())?;
    let bytes = sealer
        .finish(&signature)
        .and_then(|out| out.into_inner().map_err(IntoInnerError::into_error))
        .and_then(OutFile::keep)
        .map_err(unwritable)?;
    Ok(SealedMade {
        file: order.out.display().to_string(),
        export: record.to_string(),
        vault_id: vault.to_string(),
        recipient: fingerprint(&order.to.key),
        name: order.to.name.clone(),
        entries: statement.entries,
        opened,
        closed: statement.entries - opened,
        head: statement.head,
        snapshot: statement.snapshot,
        bytes,
    })
}

/// An entry that was verified, and opened where its body goes along.
struct Taken {
    entry: Entry,
    previous: Hash,
    opening: Option<Opening>,
}

/// Takes one entry after the other, in transactions that do not last. `each` hears how many there were, this one included, while
/// nothing is held.
fn take_each(
    source: &Session,
    plan: &Plan<'_>,
    wanted: &[u64],
    mut each: impl FnMut(&Taken, u64) -> Result<(), DeskError>,
) -> Result<(), DeskError> {
    let mut done = 0;
    while done < wanted.len() {
        let rest = &wanted[done..];
        for taken in take(source, plan, &rest[..rest.len().min(BATCH)])? {
            done += 1;
            each(&taken, done as u64)?;
        }
    }
    Ok(())
}

/// The next entries in one transaction: as many as are wanted, or as fit into memory. At least one.
fn take(source: &Session, plan: &Plan<'_>, wanted: &[u64]) -> Result<Vec<Taken>, DeskError> {
    source.vault().read(|reader| {
        let mut taken = Vec::with_capacity(wanted.len());
        let mut bytes = 0;
        for seq in wanted {
            if bytes > BYTES {
                break;
            }
            let entry = reader.tx().entry(*seq)?.ok_or_else(|| missing(*seq))?;
            bytes += entry.row.body.as_ref().map_or(0, Vec::len);
            let previous = reader.tx().link_at(seq - 1)?;
            let previous = previous.ok_or_else(|| missing(seq - 1))?;
            let opens = plan.takes(reader, &entry)?;
            let (entry, opening) = if opens {
                let opened = reader.open(entry)?;
                let opening = Opening {
                    blinder: opened.blinder,
                    body: opened.body,
                };
                (opened.entry, Some(opening))
            } else {
                reader.verify(&entry)?;
                (entry, None)
            };
            taken.push(Taken {
                entry,
                previous,
                opening,
            });
        }
        Ok(taken)
    })
}

fn missing(seq: u64) -> DeskError {
    DeskError::Damaged(format!("entry {seq}: it is missing"))
}
