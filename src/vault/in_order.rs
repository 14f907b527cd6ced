//! Work done on all cores, its results taken in order by the thread that asked for it.
//!
//! The asking thread works too: it takes what is next as soon as that is there, and makes another piece while it is not.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Below this many pieces threads cost more than they give.
const PARALLEL: usize = 64;
/// Pieces that a thread makes in one go.
const GO: usize = 32;

/// Calls `make` for each piece of work, on all cores, and `take` for each result, here and in order. Stops at the first error.
pub(super) fn in_order<W: Send, R: Send, E: Send>(
    work: Vec<W>,
    make: impl Fn(W) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores == 1 || work.len() < PARALLEL {
        return work.into_iter().try_for_each(|piece| take(make(piece)?));
    }
    let line = Line::of(work);
    thread::scope(|scope| {
        // However this scope is left, nobody goes on working for it.
        let _stop = Stop(&line);
        for _ in 1..cores {
            scope.spawn(|| {
                let _stop = StopIfPanicking(&line);
                while let Some((number, pieces)) = line.begin() {
                    line.put(number, pieces.into_iter().map(&make).collect());
                }
            });
        }
        let mut next = 0;
        while let Some(step) = line.step(next) {
            match step {
                Step::Take(results) => {
                    results?.into_iter().try_for_each(&mut take)?;
                    next += 1;
                }
                Step::Make(number, pieces) => {
                    line.put(number, pieces.into_iter().map(&make).collect());
                }
            }
        }
        Ok(())
    })
}

/// What the asking thread does next.
enum Step<W, R, E> {
    Take(Result<Vec<R>, E>),
    Make(usize, Vec<W>),
}

/// The pieces that wait, and the results that were not taken yet.
struct Line<W, R, E> {
    state: Mutex<State<W, R, E>>,
    changed: Condvar,
    goes: usize,
}

struct State<W, R, E> {
    waiting: std::iter::Enumerate<std::vec::IntoIter<Vec<W>>>,
    made: BTreeMap<usize, Result<Vec<R>, E>>,
    stopped: bool,
}

impl<W, R, E> Line<W, R, E> {
    fn of(work: Vec<W>) -> Self {
        let mut goes = Vec::with_capacity(work.len().div_ceil(GO));
        let mut work = work.into_iter();
        loop {
            let go: Vec<W> = work.by_ref().take(GO).collect();
            if go.is_empty() {
                break;
            }
            goes.push(go);
        }
        Self {
            goes: goes.len(),
            state: Mutex::new(State {
                waiting: goes.into_iter().enumerate(),
                made: BTreeMap::new(),
                stopped: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<W, R, E>> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next pieces to make, for a helper; `None` when there are none.
    fn begin(&self) -> Option<(usize, Vec<W>)> {
        let mut state = self.state();
        if state.stopped {
            return None;
        }
        state.waiting.next()
    }

    fn put(&self, number: usize, results: Result<Vec<R>, E>) {
        self.state().made.insert(number, results);
        self.changed.notify_one();
    }

    /// What the asking thread does now that it has taken `next` results; `None` at the end.
    fn step(&self, next: usize) -> Option<Step<W, R, E>> {
        let mut state = self.state();
        loop {
            if next == self.goes {
                return None;
            }
            if let Some(results) = state.made.remove(&next) {
                return Some(Step::Take(results));
            }
            if let Some((number, pieces)) = state.waiting.next() {
                return Some(Step::Make(number, pieces));
            }
            if state.stopped {
                // A helper panicked; leaving the scope passes that on.
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_one();
    }
}

/// Stops the line when it is dropped.
struct Stop<'a, W, R, E>(&'a Line<W, R, E>);

impl<W, R, E> Drop for Stop<'_, W, R, E> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Stops the line when it is dropped by a panic.
struct StopIfPanicking<'a, W, R, E>(&'a Line<W, R, E>);

impl<W, R, E> Drop for StopIfPanicking<'_, W, R, E> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whoever_made_them() {
        for count in [0, 1, 63, 64, 65, 1_000, 10_001] {
            let mut taken = Vec::new();
            let done: Result<(), ()> = in_order(
                (0..count).collect(),
                |n: u32| Ok(n * 2),
                |doubled| {
                    taken.push(doubled);
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert_eq!(taken, (0..count).map(|n| n * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_in_order_ends_it_and_what_came_before_was_taken() {
        let mut taken = 0;
        let done = in_order(
            (0..5_000).collect(),
            |n: u32| if n % 1_000 == 999 { Err(n) } else { Ok(n) },
            |_| {
                taken += 1;
                Ok(())
            },
        );
        assert_eq!(done, Err(999));
        assert!(
            taken <= 999 && taken > 999 - GO as u32 - 1,
            "{taken} were taken"
        );
        let refused = in_order(
            (0..5_000).collect(),
            |n: u32| Ok(n),
            |n| if n == 70 { Err("full") } else { Ok(()) },
        );
        assert_eq!(refused, Err("full"));
    }

    #[test]
    fn a_panic_in_the_work_is_passed_on_and_nobody_waits_for_ever() {
        let caught = std::panic::catch_unwind(|| {
            in_order(
                (0..5_000).collect(),
                |n: u32| {
                    assert!(n < 3_000, "piece {n}");
                    Ok::<_, ()>(n)
                },
                |_| Ok(()),
            )
        });
        assert!(caught.is_err());
    }
}
