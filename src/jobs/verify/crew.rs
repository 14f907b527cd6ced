//! Signatures, digests and bodies, on as many cores as are lent.
//!
//! Batch verification takes about a third of the time that strict verification takes. **It only says that all is well: where it
//! does not, the batch is checked again one by one, strictly, so that the bad entry can be named.**

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::clinical::{self, Kind, Role};
use crate::crypto::sign::verify_batch;
use crate::desk::act::Act;
use crate::desk::view::{Proceed, Reporter};
use crate::desk::{DeskError, rights};
use crate::ledger;
use crate::vault::opener::Opener;
use crate::vault::sweep::{Fault, Found, Pending, Standing};

use super::hold::Hold;
use super::progress;

/// One entry to be checked, and the keys of its section if there are any.
pub(super) struct Task {
    pub(super) pending: Pending,
    pub(super) opener: Option<Arc<Opener>>,
}

/// What a crew has done.
#[derive(Default)]
pub(super) struct Done {
    pub(super) found: Vec<Found>,
    pub(super) signatures: u64,
    pub(super) opened: u64,
}

/// Some threads, and who watches them.
pub(super) struct Crew<'a> {
    threads: usize,
    total: Option<u64>,
    watch: Reporter<'a>,
    hold: Hold,
    checked: AtomicU64,
    stopped: AtomicBool,
}

impl<'a> Crew<'a> {
    pub(super) fn new(threads: usize, total: Option<u64>, watch: Reporter<'a>, hold: Hold) -> Self {
        Self {
            threads: threads.clamp(1, 256),
            total,
            watch,
            hold,
            checked: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Runs `feed`, which hands over tasks, and waits until all of them are done.
    pub(super) fn run(
        &self,
        feed: impl FnOnce(&mut dyn FnMut(Vec<Task>) -> Result<(), DeskError>) -> Result<(), DeskError>,
    ) -> Result<Done, DeskError> {
        // A bounded queue: reading waits for checking, and memory stays within some batches.
        let (send, receive) = sync_channel(self.threads);
        let receive = &Mutex::new(receive);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads)
                .map(|_| scope.spawn(move || self.work(receive)))
                .collect();
            let outcome = feed(&mut |tasks| {
                self.report()?;
                send.send(tasks).map_err(|_| DeskError::Stopped)
            });
            drop(send);
            if outcome.is_err() {
                self.stopped.store(true, Ordering::Relaxed);
            }
            let mut done = Done::default();
            for worker in workers {
                let part = worker.join().expect("checking does not panic");
                done.found.extend(part.found);
                done.signatures += part.signatures;
                done.opened += part.opened;
            }
            outcome?;
            if self.stopped.load(Ordering::Relaxed) {
                return Err(DeskError::Stopped);
            }
            self.checked
                .store(self.total.unwrap_or(done.signatures), Ordering::Relaxed);
            self.report()?;
            Ok(done)
        })
    }

    /// So many more entries are dealt with.
    pub(super) fn judged(&self, entries: u64) {
        self.checked.fetch_add(entries, Ordering::Relaxed);
    }

    fn report(&self) -> Result<(), DeskError> {
        // What was written meanwhile is checked, and is none of what there was to do.
        let most = self.total.unwrap_or(u64::MAX);
        let word = || progress(self.checked.load(Ordering::Relaxed).min(most), self.total);
        match self.hold.ask(self.watch, word) {
            Proceed::Go => Ok(()),
            Proceed::Stop => {
                self.stopped.store(true, Ordering::Relaxed);
                Err(DeskError::Stopped)
            }
        }
    }

    fn work(&self, receive: &Mutex<Receiver<Vec<Task>>>) -> Done {
        let mut done = Done::default();
        loop {
            let next = receive
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok(tasks) = next else { return done };
            if self.stopped.load(Ordering::Relaxed) {
                continue;
            }
            check(&tasks, &mut done);
            self.judged(tasks.len() as u64);
            // Whoever feeds hears that it was stopped.
            let _ = self.report();
        }
    }
}

fn check(tasks: &[Task], done: &mut Done) {
    let messages: Vec<_> = tasks
        .iter()
        .map(|task| task.pending.entry.row.signed_message())
        .collect();
    let items: Vec<_> = tasks
        .iter()
        .zip(&messages)
        .map(|(task, message)| {
            (
                task.pending.key,
                message.as_slice(),
                task.pending.entry.row.signature,
            )
        })
        .collect();
    done.signatures += tasks.len() as u64;
    if !verify_batch(&items) {
        done.found.extend(
            tasks
                .iter()
                .filter_map(|task| task.pending.check_signature()),
        );
    }
    for Task { pending, opener } in tasks {
        if let Some(found) = pending.check_digest() {
            done.found.push(found);
        } else if let Some(opener) = opener {
            done.opened += 1;
            done.found.extend(open(pending, opener));
        }
    }
}

/// Opens a body; what is wrong with it, if anything.
fn open(pending: &Pending, opener: &Opener) -> Option<Found> {
    let seq = Some(pending.entry.seq());
    match opener.open(&pending.entry) {
        Err(error) => Some(Found {
            seq,
            fault: Fault::Body,
            what: error.to_string(),
        }),
        Ok(body) if permitted(pending, &body) => None,
        Ok(body) => Some(Found {
            seq,
            fault: Fault::Grant,
            what: format!(
                "a {} may not write a body of kind {} here",
                pending.office.as_str(),
                body.kind
            ),
        }),
    }
}

/// Whether the table of roles lets the author write it. Kinds that the clinical domain does not know are not judged here.
fn permitted(pending: &Pending, body: &ledger::Body) -> bool {
    if Kind::from_number(body.kind).is_none() {
        // What the program itself puts on record is no act of a person.
        return match (Act::decode(body), pending.office.role()) {
            (Ok(Some(act)), Some(role)) => rights::may_act(role, &act),
            _ => true,
        };
    }
    let Ok(body) = clinical::Body::decode(body.kind, body.version, &body.bytes) else {
        // A version that this program does not read.
        return true;
    };
    match pending.office.role() {
        None => false,
        Some(Role::Patient) if pending.standing == Standing::Other => false,
        Some(role) => rights::may_write(role, &body),
    }
}
