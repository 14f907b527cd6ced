//! SQLite's own check of the file, beside the walk: pages, and indexes against tables.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::desk::DeskError;
use crate::desk::view::{Proceed, Progress, Reporter};
use crate::ledger::Ledger;
use crate::vault::sweep::{Fault, Found};

/// How often whoever watches is asked while only this check is at work.
const ASK: Duration = Duration::from_millis(100);

/// The check under way, on a handle and a thread of its own. Dropping it stops it.
pub(super) struct FileCheck {
    stop: Arc<AtomicBool>,
    answer: Receiver<Option<String>>,
    thread: Option<JoinHandle<()>>,
}

impl FileCheck {
    /// Begins.
    pub(super) fn begin(ledger: &Ledger) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (send, answer) = sync_channel(1);
        // The check goes from page to page once: a large cache costs memory and saves no time.
        let again = ledger.again().and_then(Ledger::for_a_walk);
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let what = match again.and_then(|ledger| ledger.integrity(&stopped)) {
                Ok(None) => None,
                Ok(Some(what)) => Some(format!("the file is damaged: {what}")),
                Err(error) => Some(format!("the file cannot be checked: {error}")),
            };
            // Nobody listens any more once the verification was stopped.
            let _ = send.send(what);
        });
        Self {
            stop,
            answer,
            thread: Some(thread),
        }
    }

    /// Waits for its end.
    pub(super) fn end(self, watch: Reporter<'_>) -> Result<Vec<Found>, DeskError> {
        let word = Progress {
            what: "check the file".into(),
            done: 0,
            total: None,
            unit: "files",
            note: None,
            transfer: None,
        };
        loop {
            let what = match self.answer.recv_timeout(ASK) {
                Ok(what) => what,
                Err(RecvTimeoutError::Timeout) => match watch(&word) {
                    Proceed::Go => continue,
                    Proceed::Stop => return Err(DeskError::Stopped),
                },
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
}

impl Drop for FileCheck {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there ended the check early, which was said.
            let _ = thread.join();
        }
    }
}
