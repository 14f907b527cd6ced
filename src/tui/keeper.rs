//! What a terminal does for the index while nobody asks it anything: a thread of its own, for as long as the session is open.
//!
//! At login it takes into account what the session can search, so that the first search need not. Once nobody has asked for anything for a
//! while it indexes what is due, merges what has piled up and removes what is no longer read, one step after the other. **A question comes
//! first**: while one is answered, and a moment after, the work waits between two of its transactions, and a lock stops it there.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::desk::view::Proceed;
use crate::desk::{DeskError, Session, index, search};

/// How quiet it must be, and how often to look.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long nobody has asked before work begins.
    pub quiet: Duration,
    /// How long nobody has asked before work that was begun goes on.
    pub breath: Duration,
    /// How long to rest when there was nothing to do.
    pub rest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(30),
            breath: Duration::from_secs(2),
            rest: Duration::from_mins(2),
        }
    }
}

/// Keeps the index of one session in shape.
pub struct Keeper {
    pace: Pace,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Questions that are being answered.
    asking: usize,
    /// When the last one was.
    asked: Instant,
    ended: bool,
}

impl Keeper {
    fn new(pace: Pace) -> Self {
        Self {
            pace,
            state: Mutex::new(State {
                asking: 0,
                asked: Instant::now(),
                ended: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Begins, on a thread that ends with the session.
    pub fn begin(session: &Arc<Session>, pace: Pace) -> Arc<Self> {
        let keeper = Arc::new(Self::new(pace));
        let (working, session) = (Arc::clone(&keeper), Arc::downgrade(session));
        let begun = thread::Builder::new()
            .name("index-keeper".into())
            .spawn(move || working.work(&session));
        // Without the thread nothing is kept up in quiet moments; whoever writes and `index merge` do it still.
        drop(begun);
        keeper
    }

    /// Somebody asks, for as long as what this gives is held.
    pub fn ask(&self) -> Asking<'_> {
        self.state().asking += 1;
        Asking(self)
    }

    /// Ends it; what is being done stops before its next transaction.
    pub fn end(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    fn work(&self, session: &Weak<Session>) {
        if let Some(session) = session.upgrade() {
            // The first search does it itself and says what is wrong.
            let _ = search::prepare(&session);
        }
        while self.wait(self.pace.quiet) == Proceed::Go {
            let Some(session) = session.upgrade() else {
                return;
            };
            let more = index::tend(&session, &|_| self.wait(self.pace.breath));
            drop(session);
            match more {
                Ok(true) => {}
                Ok(false) => self.rest(),
                Err(DeskError::Stopped) => return,
                // A search or a verification says what is wrong; another look may find it mended.
                Err(_) => self.rest(),
            }
        }
    }

    /// Waits until nobody has asked for so long. Whether there is still somebody to work for.
    fn wait(&self, quiet: Duration) -> Proceed {
        let mut state = self.state();
        loop {
            let since = state.asked.elapsed();
            if state.ended {
                return Proceed::Stop;
            }
            if state.asking == 0 && since >= quiet {
                return Proceed::Go;
            }
            state = if state.asking > 0 {
                self.changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            } else {
                self.changed
                    .wait_timeout(state, quiet.saturating_sub(since))
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            };
        }
    }

    fn rest(&self) {
        let until = Instant::now() + self.pace.rest;
        let mut state = self.state();
        while !state.ended {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is being answered.
#[must_use]
pub struct Asking<'k>(&'k Keeper);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.asking -= 1;
        state.asked = Instant::now();
        drop(state);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const AT_ONCE: Pace = Pace {
        quiet: Duration::ZERO,
        breath: Duration::ZERO,
        rest: Duration::ZERO,
    };

    #[test]
    fn work_waits_while_a_question_is_answered() {
        let keeper = Keeper::new(AT_ONCE);
        let (tell, told) = mpsc::channel();
        let (first, second) = (keeper.ask(), keeper.ask());
        thread::scope(|scope| {
            let worker = tell.clone();
            let keeper = &keeper;
            scope.spawn(move || {
                worker.send("waits").unwrap();
                assert_eq!(keeper.wait(keeper.pace.breath), Proceed::Go);
                worker.send("works").unwrap();
            });
            assert_eq!(told.recv(), Ok("waits"));
            drop(first);
            tell.send("one is answered").unwrap();
            tell.send("both are").unwrap();
            drop(second);
            let order: Vec<_> = told.iter().take(3).collect();
            assert_eq!(order, ["one is answered", "both are", "works"]);
        });
    }

    #[test]
    fn a_lock_ends_every_wait() {
        let hours = Duration::from_hours(2);
        let keeper = Keeper::new(Pace {
            quiet: hours,
            breath: hours,
            rest: hours,
        });
        let asked = keeper.ask();
        thread::scope(|scope| {
            let waits = scope.spawn(|| keeper.wait(hours));
            let rests = scope.spawn(|| keeper.rest());
            keeper.end();
            assert_eq!(waits.join().unwrap(), Proceed::Stop);
            rests.join().unwrap();
        });
        drop(asked);
        assert_eq!(keeper.wait(Duration::ZERO), Proceed::Stop);
    }
}
