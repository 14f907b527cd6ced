//! What a long run tells about itself while it goes on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// The least time between two reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// What a run is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Reading the repository's state.
    #[default]
    Opening,
    /// Reading, sealing and sending packs.
    Sending,
    /// Asking whether every object is there.
    Checking,
    /// Writing the manifest, then the high-water mark.
    Committing,
    /// Reading objects back and comparing their hashes.
    Reading,
    /// Opening packs and replaying entries.
    Replaying,
    /// Rebuilding views and checking what was restored.
    Finishing,
    /// Over.
    Done,
}

impl Phase {
    /// One word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Sending => "sending",
            Self::Checking => "checking",
            Self::Committing => "committing",
            Self::Reading => "reading",
            Self::Replaying => "replaying",
            Self::Finishing => "finishing",
            Self::Done => "done",
        }
    }
}

/// How far a run has come. Rates and the time left are the watcher's to compute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Ledger entries dealt with.
    pub entries_done: u64,
    /// Ledger entries in all.
    pub entries_total: u64,
    /// Bytes of plain packs read (backup), or of objects fetched (verify, restore).
    pub bytes_done: u64,
    /// The same in all, where it is known.
    pub bytes_total: Option<u64>,
    /// Sealed bytes that the target has acknowledged.
    pub acknowledged: u64,
    /// Tries after a failure.
    pub retries: u64,
    /// Objects on their way.
    pub in_flight: u32,
}

/// Collects progress and reports it: at most ten times a second, each phase at once, and never the same twice.
#[derive(Clone, Debug)]
pub struct Meter {
    inner: Arc<Mutex<State>>,
    out: Arc<watch::Sender<Progress>>,
}

#[derive(Debug)]
struct State {
    now: Progress,
    reported: Option<Instant>,
}

impl Meter {
    /// A meter and where its reports can be watched.
    pub fn new() -> (Self, watch::Receiver<Progress>) {
        let (out, watched) = watch::channel(Progress::default());
        let inner = State {
            now: Progress::default(),
            reported: None,
        };
        (
            Self {
                inner: Arc::new(Mutex::new(inner)),
                out: Arc::new(out),
            },
            watched,
        )
    }

    /// A meter that nobody watches.
    pub fn unwatched() -> Self {
        Self::new().0
    }

    /// How far the run has come, to the last byte.
    pub fn now(&self) -> Progress {
        self.lock().now.clone()
    }

    /// Changes the progress and reports it if it is time to.
    pub(super) fn update(&self, change: impl FnOnce(&mut Progress)) {
        let mut state = self.lock();
        let phase = state.now.phase;
        change(&mut state.now);
        let due = state.reported.is_none_or(|at| at.elapsed() >= INTERVAL);
        if due || state.now.phase != phase {
            state.reported = Some(Instant::now());
            let now = state.now.clone();
            self.out.send_if_modified(|last| {
                let changed = *last != now;
                *last = now;
                changed
            });
        }
    }

    /// Enters a phase.
    pub(super) fn phase(&self, phase: Phase) {
        self.update(|p| p.phase = phase);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while counting leaves counts that are still counts.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_rare_but_a_new_phase_is_told_at_once() {
        let (meter, mut watched) = Meter::new();
        watched.mark_unchanged();
        let started = Instant::now();
        let mut reports = 0_u128;
        for _ in 0..100_000 {
            meter.update(|p| p.bytes_done += 1);
            if watched.has_changed().unwrap() {
                watched.mark_unchanged();
                reports += 1;
            }
        }
        assert!(reports <= 1 + started.elapsed().as_millis() / INTERVAL.as_millis());
        meter.phase(Phase::Done);
        assert_eq!(
            watched.borrow_and_update().bytes_done,
            100_000,
            "the last report holds the last count"
        );
    }

    #[test]
    fn progress_that_did_not_change_is_not_reported() {
        let (meter, mut watched) = Meter::new();
        meter.phase(Phase::Sending);
        watched.mark_unchanged();
        meter.phase(Phase::Sending);
        assert!(!watched.has_changed().unwrap());
    }
}
