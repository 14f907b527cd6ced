//! Backups while the interface runs: `[backup] every`. A timer of the operating system is the better way, for it runs without one.
//!
//! Every terminal of a host may have a schedule. **The ledger says when the last backup was, whoever made it**, and the
//! lock of a run lets one of them through; the others find it made when their turn comes.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Target, run};
use crate::backup::BackupError;
use crate::backup::state::StateError;
use crate::config::Paths;
use crate::desk::view::{BackupRun, Proceed, Progress};
use crate::desk::{DeskError, status};
use crate::vault::clock;

/// The longest wait after a failure.
const AGAIN: Duration = Duration::from_mins(15);

/// What a turn of the schedule came to.
#[derive(Debug)]
pub enum Turn {
    /// A backup was due and made.
    Made(Box<BackupRun>),
    /// It is due after so long.
    NotDue(Duration),
    /// Another run is under way.
    Busy,
}

/// Backs up if the last backup is `every` ago or more at `now`, in milliseconds since 1970.
pub fn turn(
    paths: &Paths,
    target: &Target,
    every: Duration,
    stop: &AtomicBool,
    now: u64,
) -> Result<Turn, DeskError> {
    let last = status::read_at(paths, now)?.last_backup;
    let age = last.map(|at| now.saturating_sub(at.millis().max(0) as u64));
    if let Some(left) = age.and_then(|age| every.checked_sub(Duration::from_millis(age)))
        && !left.is_zero()
    {
        return Ok(Turn::NotDue(left));
    }
    let report = |_: &Progress| {
        if stop.load(Ordering::Relaxed) {
            Proceed::Stop
        } else {
            Proceed::Go
        }
    };
    match run(paths, target, &report) {
        Ok(made) => Ok(Turn::Made(Box::new(made))),
        Err(DeskError::Backup(BackupError::State(StateError::Busy))) => Ok(Turn::Busy),
        Err(error) => Err(error),
    }
}

/// A thread that takes its turns. Dropping it stops a run where nothing is lost, and waits for that.
#[derive(Debug)]
pub struct Schedule {
    stop: Arc<AtomicBool>,
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Schedule {
    /// Begins. Where a turn fails it comes again within a quarter of an hour. What fails, and what a run finds wrong, [`run`] keeps
    /// as incidents, which the header and `status` show.
    pub fn begin(paths: Paths, target: Target, every: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (wake, woken) = mpsc::channel::<()>();
        let asked = Arc::clone(&stop);
        let turns = move || {
            let mut wait = Duration::ZERO;
            while woken.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = match turn(&paths, &target, every, &asked, clock::now()) {
                    Ok(Turn::Made(_)) => every,
                    Ok(Turn::NotDue(left)) => left,
                    Ok(Turn::Busy) | Err(_) => every.min(AGAIN),
                };
            }
        };
        // Without a thread there is no schedule, and the header says that the backup is overdue.
        let thread = thread::Builder::new()
            .name("schedule".into())
            .spawn(turns)
            .ok();
        Self {
            stop,
            wake: Some(wake),
            thread,
        }
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // A turn that panicked has no more to say.
            let _ = thread.join();
        }
    }
}
