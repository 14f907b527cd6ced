//! SQLite's own check of the file, beside the walk: pages, and indexes against tables.
//!
//! It reads at one moment, so that the log of writes cannot be emptied before it ends. Where the verification is held up for longer
//! than a moment it is given up, and begun anew when the verification goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::hold::Hold;
use crate::desk::DeskError;
use crate::desk::view::{Proceed, Progress, Reporter};
use crate::ledger::{Ledger, LedgerError};
use crate::vault::sweep::{Fault, Found};

/// How often whoever watches is asked while only this check is at work.
const ASK: Duration = Duration::from_millis(100);
/// For how long it waits where it is before it is given up.
const PATIENCE: Duration = Duration::from_secs(1);

/// The check under way, on a handle and a thread of its own. Dropping it stops it.
pub(super) struct FileCheck {
    state: Arc<State>,
    answer: Receiver<Option<String>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    hold: Hold,
    stop: AtomicBool,
    /// Steps of SQLite's machine that are done.
    done: AtomicU64,
    /// About how many there are.
    total: AtomicU64,
    /// How often it was given up because the verification was held.
    given_up: AtomicU64,
}

impl FileCheck {
    /// Begins.
    pub(super) fn begin(ledger: &Ledger, hold: Hold) -> Self {
        let state = Arc::new(State {
            hold,
            ..State::default()
        });
        let (send, answer) = sync_channel(1);
        // The check goes from page to page once: a large cache costs memory and saves no time.
        let again = ledger.again().and_then(Ledger::for_a_walk);
        let at_work = Arc::clone(&state);
        let thread = thread::spawn(move || match again {
            Ok(ledger) => check(&ledger, &at_work, &send),
            Err(error) => say(&send, Err(error)),
        });
        Self {
            state,
            answer,
            thread: Some(thread),
        }
    }

    /// Waits for its end.
    pub(super) fn end(self, watch: Reporter<'_>) -> Result<Vec<Found>, DeskError> {
        loop {
            let what = match self.answer.recv_timeout(ASK) {
                Ok(what) => what,
                Err(RecvTimeoutError::Timeout) => {
                    match self.state.hold.ask(watch, || self.progress()) {
                        Proceed::Go => continue,
                        Proceed::Stop => return Err(DeskError::Stopped),
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    Some("the file cannot be checked: the check ended early".into())
                }
            };
            let found = what.map(|what| Found {
                seq: None,
                fault: Fault::View,
                what,
            });
            return Ok(found.into_iter().collect());
        }
    }

    /// How far it has come. What there is in all is an estimate: where it was too low, it grows.
    fn progress(&self) -> Progress {
        let done = self.state.done.load(Ordering::Relaxed);
        let total = self.state.total.load(Ordering::Relaxed);
        Progress {
            what: "check the file".into(),
            done,
            total: (total > 0).then(|| total.max(done + done / 50)),
            unit: "steps",
            note: None,
            transfer: None,
        }
    }
}

/// Checks until an end is reached, as often as it takes.
fn check(ledger: &Ledger, state: &Arc<State>, send: &SyncSender<Option<String>>) {
    if let Ok(steps) = ledger.integrity_steps() {
        state.total.store(steps, Ordering::Relaxed);
    }
    let is_stopped = || state.stop.load(Ordering::Relaxed);
    while !is_stopped() {
        let before = state.given_up.load(Ordering::Relaxed);
        let seen = Arc::clone(state);
        let answer = ledger.integrity(move |done| {
            seen.done.store(done, Ordering::Relaxed);
            if seen.stop.load(Ordering::Relaxed) {
                return false;
            }
            let held = seen.hold.wait(PATIENCE);
            seen.given_up.fetch_add(u64::from(held), Ordering::Relaxed);
            !held
        });
        if state.given_up.load(Ordering::Relaxed) == before {
            return say(send, answer);
        }
        while state.hold.wait(ASK) && !is_stopped() {}
    }
}

fn say(send: &SyncSender<Option<String>>, answer: Result<Option<String>, LedgerError>) {
    let what = match answer {
        Ok(None) => None,
        Ok(Some(what)) => Some(format!("the file is damaged: {what}")),
        Err(error) => Some(format!("the file cannot be checked: {error}")),
    };
    // Nobody listens any more once the verification was stopped.
    let _ = send.send(what);
}

impl Drop for FileCheck {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there ended the check early, which was said.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Paths;
    use crate::crypto::password::Cost;
    use crate::desk::view::unwatched;
    use crate::jobs::demo;

    fn hospital(folder: &std::path::Path) -> Ledger {
        let paths = Paths::new(&folder.join("vault"), &folder.join("host"));
        let plan = demo::Plan {
            patients: 6,
            seed: 11,
            cost: Cost::FLOOR,
            papers: folder.into(),
        };
        demo::make(&paths, &plan, &unwatched).unwrap();
        Ledger::open(&paths.vault).unwrap()
    }

    fn word() -> Progress {
        Progress {
            what: "verify".into(),
            done: 0,
            total: None,
            unit: "entries",
            note: None,
            transfer: None,
        }
    }

    #[test]
    fn a_check_that_is_held_lets_go_of_the_file_and_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = hospital(folder.path());
        let hold = Hold::default();
        let begun = std::sync::Mutex::new(None);
        let watch = |_: &Progress| {
            // The watcher takes his time: long enough for the check to have begun and to be given up.
            let check = FileCheck::begin(&ledger, hold.clone());
            while check.state.given_up.load(Ordering::Relaxed) == 0 {
                assert!(check.answer.try_recv().is_err(), "it went on while held");
                thread::yield_now();
            }
            ledger.checkpoint().unwrap();
            *begun.lock().unwrap() = Some(check);
            Proceed::Go
        };
        assert_eq!(hold.ask(&watch, word), Proceed::Go);
        let check = begun.lock().unwrap().take().unwrap();
        let given_up = Arc::clone(&check.state);
        assert!(check.end(&unwatched).unwrap().is_empty());
        assert_eq!(given_up.given_up.load(Ordering::Relaxed), 1);

        // One that is stopped while it is held does not wait for the end of that.
        let watch = |_: &Progress| {
            drop(FileCheck::begin(&ledger, hold.clone()));
            Proceed::Stop
        };
        assert_eq!(hold.ask(&watch, word), Proceed::Stop);
    }

    #[test]
    fn how_far_it_has_come_is_told_in_steps_of_which_about_as_many_are_expected() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = hospital(folder.path());
        let check = FileCheck::begin(&ledger, Hold::default());
        let what = check.answer.recv().unwrap();
        assert_eq!(what, None);
        let progress = check.progress();
        let total = progress.total.unwrap();
        assert!(
            progress.done > total / 2 && progress.done <= total,
            "{progress:?}"
        );
        let expected = ledger.integrity_steps().unwrap();
        assert!(progress.done < expected * 2, "{expected}: {progress:?}");
    }
}
