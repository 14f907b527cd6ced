//! Importing FHIR: patients become charts, resources become entries, nothing is dropped in silence.
//!
//! An imported thread is named `HMAC(K_locator, system || type || id)` and each of its versions by the hash of the
//! resource's own bytes beside it. Importing the same file twice therefore writes nothing, a changed resource becomes
//! an amendment, and neither needs a key that reads the section: a registrar imports too. Where nothing says whose an id is, the
//! thread is named within the chart instead: **`Patient/1` and `Observation/1` of one hospital never become those of another.**
//!
//! One thread reads, maps and names; this one looks up what is known and stores; in between bodies are encoded, sealed and signed
//! and their words found on every core that is free. What waits is bounded in number and in bytes, and a transaction in time.
//! **What was reported as written has landed: whoever is killed runs the import again, and it goes on where it stopped.**

mod batch;
mod covering;
pub(super) mod naming;
mod patient;
mod queue;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant as Clock};

use crate::desk::indexing::{self, Compartment};
use crate::desk::view::{Imported, Proceed, Progress, Reporter, Skipped};
use crate::desk::{DeskError, Session, catch_up};
use crate::interop::fhir::{Files, Found, Item, Limits, Reader, Resolver, System};
use crate::ledger::UnitId;
use crate::ledger::clear::UnitKind;
use crate::vault::VaultError;
use crate::vault::permit::Import;

use batch::Named;
use covering::Covering;
use naming::Naming;
use patient::Met;
use queue::{Queue, Room};

/// Resources that a transaction takes at most, so that other writers pass.
const BATCH: Room = Room {
    things: 2_000,
    bytes: 16 << 20,
};
/// How long a transaction should take at most, for the same reason; the next is made smaller when one took longer.
const TURN: Duration = Duration::from_millis(200);
/// Resources for which a transaction is worth while when no more are there.
const FEW: usize = 250;
/// How long fewer are waited for.
const PATIENCE: Duration = Duration::from_millis(200);
/// What waits between reading and writing.
const WAITING: Room = Room {
    things: 4_096,
    bytes: 32 << 20,
};
/// How much the thread that reads steps back behind those that seal and store.
const BACKGROUND: i32 = 10;
/// What a resource takes in memory besides its own bytes and the body made of them.
const OVERHEAD: usize = 2_048;

/// Imports files and folders into a unit.
pub fn fhir(
    session: &Session,
    paths: &[PathBuf],
    unit: &str,
    watch: Reporter<'_>,
) -> Result<Imported, DeskError> {
    fhir_from(session, paths, unit, None, watch)
}

/// The same from a source that is named: `system` is whose the ids are that do not say so themselves. **Then all the paths are of that
/// one source**, and a patient without an identifier is known again by their id there.
pub fn fhir_from(
    session: &Session,
    paths: &[PathBuf],
    unit: &str,
    system: Option<&System>,
    watch: Reporter<'_>,
) -> Result<Imported, DeskError> {
    let started = Clock::now();
    session.vault().authority::<Import>()?;
    let files = Files::find(paths).map_err(|error| DeskError::BadInput(error.to_string()))?;
    let total = files.bytes();
    let place = place(session, unit)?;
    let naming = session
        .vault()
        .read(|reader| Ok::<_, DeskError>(Naming::new(reader.locator_key()?)))?;
    let compartments: Vec<Compartment> = session
        .vault()
        .read(|reader| indexing::compartments(reader).map_err(DeskError::from))?
        .into_iter()
        .filter(|c| c.unit == place.unit)
        .collect();
    let queue = Queue::new(WAITING);
    let mut importer = Importer::new(session, place, &naming, &compartments);
    let files_read = thread::scope(|scope| {
        // However this is left, the thread that reads does not wait for ever.
        let _end = queue.end_with();
        let reading = scope.spawn(|| {
            let _end = queue.end_with();
            // On Linux this is a thread's own affair. What is read waits in a queue, so reading fills the gaps that storing leaves:
            // without it, storing waits for a core first and leaves one idle then.
            let _ = rustix::process::nice(BACKGROUND);
            let reader = Reader::new(files, Limits::default());
            read(
                match system {
                    Some(system) => reader.from_system(system.clone()),
                    None => reader,
                },
                &naming,
                &queue,
            )
        });
        let written = importer.write_all(&queue, total, watch);
        // However it ended: of the charts opened here, a registrar holds no more than of those admitted by hand.
        let forgotten = session
            .vault()
            .write(|writer| writer.forget_drawn_keys().map_err(DeskError::from));
        written?;
        forgotten?;
        queue.end();
        reading
            .join()
            .map_err(|_| DeskError::Outside("reading the files failed".into()))
    })?;
    let mut done = importer.done;
    if done.unchanged > 0 && !compartments.is_empty() {
        // An import that was killed had written entries and not yet their words.
        catch_up::catch_up_all(session, watch)?;
    }
    watch(&progress(total, total, done.entries));
    done.files = files_read;
    done.seconds = started.elapsed().as_secs_f64();
    Ok(done)
}

/// The unit by its name, of which whoever imports is a member.
fn place(session: &Session, unit: &str) -> Result<Place, DeskError> {
    session.vault().read(|reader| {
        let directory = reader.directory();
        let state = directory
            .unit_by_name(unit)
            .ok_or_else(|| VaultError::Unknown {
                what: "unit",
                name: unit.into(),
                hint: ": `chartseal unit list` shows them",
            })?;
        if !directory.is_member(&reader.me(), &state.unit.unit) {
            return Err(DeskError::Denied(format!(
                "you are not in {unit}: records are imported into a unit of your own"
            )));
        }
        let staff = directory
            .special(UnitKind::Staff)
            .map(|staff| staff.unit.unit);
        Ok(Place {
            name: unit.into(),
            unit: state.unit.unit,
            staff,
        })
    })
}

/// What the reading thread found, and how many bytes it had read by then.
type Delivered = (Delivery, u64);

/// Something that was found in a file.
enum Delivery {
    Resource(Box<Named>),
    Skipped(Skipped),
}

/// Reads, maps and names everything in the files. Returns how many files were read.
fn read(mut reader: Reader, naming: &Naming, queue: &Queue<Delivered>) -> u64 {
    while let Some(found) = reader.next() {
        let (delivery, bytes) = match found {
            Found::Item(item) => {
                // The original, and the body that holds it again.
                let bytes = 2 * item.original().len();
                let named = Box::new(Named::new(*item, naming));
                (Delivery::Resource(named), bytes)
            }
            Found::Skipped(skipped) => {
                let skipped = Skipped {
                    file: skipped.file.display().to_string(),
                    resource: format!("{} at line {}", skipped.resource, skipped.position.line),
                    reason: skipped.reason.to_string(),
                };
                (Delivery::Skipped(skipped), 0)
            }
        };
        if !queue.put((delivery, reader.bytes_read()), bytes + OVERHEAD) {
            break;
        }
    }
    reader.files_read() as u64
}

fn progress(done: u64, total: u64, entries: u64) -> Progress {
    Progress {
        what: "importing".into(),
        done,
        total: Some(total),
        unit: "bytes",
        note: Some(format!("{entries} entries")),
        transfer: None,
    }
}

/// Where the records go.
struct Place {
    name: String,
    unit: UnitId,
    staff: Option<UnitId>,
}

/// Writes what is delivered, and counts.
struct Importer<'s, 'k> {
    session: &'s Session,
    place: Place,
    naming: &'k Naming,
    compartments: &'k [Compartment],
    covering: Covering<'k>,
    resolver: Resolver<Met>,
    done: Imported,
}

impl<'s, 'k> Importer<'s, 'k> {
    fn new(
        session: &'s Session,
        place: Place,
        naming: &'k Naming,
        compartments: &'k [Compartment],
    ) -> Self {
        Self {
            session,
            place,
            naming,
            compartments,
            covering: Covering::new(compartments),
            resolver: Resolver::new(),
            done: Imported {
                files: 0,
                patients: 0,
                charts_created: 0,
                charts_matched: 0,
                entries: 0,
                entries_by_kind: BTreeMap::new(),
                skipped: Vec::new(),
                unsupported: BTreeMap::new(),
                seconds: 0.0,
                amended: 0,
                unchanged: 0,
            },
        }
    }

    /// Writes what comes until nothing more does, a transaction at a time.
    fn write_all(
        &mut self,
        queue: &Queue<Delivered>,
        total: u64,
        watch: Reporter<'_>,
    ) -> Result<(), DeskError> {
        let mut room = BATCH;
        loop {
            let delivered = queue.take(room, FEW.min(room.things), PATIENCE);
            let Some((_, bytes)) = delivered.last() else {
                return self.flush();
            };
            let bytes = *bytes;
            let mut resources = Vec::with_capacity(delivered.len());
            for (delivery, _) in delivered {
                match delivery {
                    Delivery::Resource(named) => resources.push(*named),
                    Delivery::Skipped(skipped) => self.done.skipped.push(skipped),
                }
            }
            let (count, begun) = (resources.len(), Clock::now());
            self.write(resources)?;
            room.things = next_batch(count, begun.elapsed()).unwrap_or(room.things);
            if self.covering.is_full() {
                self.flush()?;
            }
            if watch(&progress(bytes, total, self.done.entries)) == Proceed::Stop {
                self.flush()?;
                return Err(DeskError::Stopped);
            }
        }
    }

    /// Gives what was gathered to the index.
    fn flush(&mut self) -> Result<(), DeskError> {
        std::mem::replace(&mut self.covering, Covering::new(self.compartments)).flush(self.session)
    }

    fn skip(&mut self, item: &Item, reason: String) {
        self.done.skipped.push(Skipped {
            file: item.file.display().to_string(),
            resource: format!(
                "{}/{} at line {}",
                item.resource_type, item.id, item.position.line
            ),
            reason,
        });
    }
}

/// Counts an entry that was written.
fn count(done: &mut Imported, kind: &str) {
    done.entries += 1;
    match done.entries_by_kind.get_mut(kind) {
        Some(count) => *count += 1,
        None => drop(done.entries_by_kind.insert(kind.into(), 1)),
    }
}

/// How many resources the next transaction takes, after one of `count` that took so long; `None` where that one tells nothing.
fn next_batch(count: usize, took: Duration) -> Option<usize> {
    let each = took.div_f64(count.max(1) as f64);
    let fits = TURN.as_secs_f64() / each.as_secs_f64().max(1e-9);
    (count >= FEW || took > TURN).then(|| (fits as usize).clamp(1, BATCH.things))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_took_too_long_makes_the_next_one_smaller() {
        let ms = Duration::from_millis;
        assert_eq!(next_batch(2_000, ms(100)), Some(2_000));
        assert_eq!(next_batch(2_000, ms(800)), Some(500));
        assert_eq!(next_batch(1, ms(5_000)), Some(1));
        assert_eq!(next_batch(3, ms(1)), None, "too few to tell");
    }
}
