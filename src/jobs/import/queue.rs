//! What waits between reading and writing: bounded in number and in bytes, so that memory is too.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};

/// A queue that one thread fills and another empties. Whoever is too fast waits.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    emptied: Condvar,
    most: Room,
}

/// So many things, and so many bytes of them.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) things: usize,
    pub(super) bytes: usize,
}

struct State<T> {
    things: VecDeque<(T, usize)>,
    bytes: usize,
    ended: bool,
    /// What whoever takes waits for: waking them for each thing would cost more than the thing.
    wanted: Option<Room>,
}

impl<T> State<T> {
    fn has(&self, wanted: Room) -> bool {
        self.things.len() >= wanted.things || self.bytes >= wanted.bytes
    }
}

impl<T> Queue<T> {
    /// A queue with so much room. One thing larger than all of it is let in when the queue is empty.
    pub(super) fn new(most: Room) -> Self {
        Self {
            state: Mutex::new(State {
                things: VecDeque::new(),
                bytes: 0,
                ended: false,
                wanted: None,
            }),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            most,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in and waits for room first. `false` when nobody takes it any more.
    pub(super) fn put(&self, thing: T, bytes: usize) -> bool {
        let mut state = self.state();
        while !state.ended
            && !state.things.is_empty()
            && (state.things.len() >= self.most.things || state.bytes + bytes > self.most.bytes)
        {
            state = self
                .emptied
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.ended {
            return false;
        }
        state.things.push_back((thing, bytes));
        state.bytes += bytes;
        let wake = state.wanted.is_some_and(|wanted| state.has(wanted));
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        true
    }

    /// Takes up to `most`, in order: waits until there are `few`, or for `patience` at least one. Empty at the end.
    pub(super) fn take(&self, most: Room, few: usize, patience: Duration) -> Vec<T> {
        let enough = Room {
            things: few,
            bytes: most.bytes.min(self.most.bytes / 2),
        };
        let any = Room {
            things: 1,
            bytes: 1,
        };
        let mut state = self.state();
        let begun = Clock::now();
        loop {
            let left = patience.saturating_sub(begun.elapsed());
            let wanted = if left.is_zero() { any } else { enough };
            if state.ended || state.has(wanted) {
                break;
            }
            state.wanted = Some(wanted);
            state = if left.is_zero() {
                self.filled
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            } else {
                let waited = self.filled.wait_timeout(state, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            };
        }
        state.wanted = None;
        let mut taken = Vec::new();
        let mut bytes = 0;
        while taken.len() < most.things && (bytes < most.bytes || taken.is_empty()) {
            let Some((thing, size)) = state.things.pop_front() else {
                break;
            };
            bytes += size;
            taken.push(thing);
        }
        state.bytes -= bytes;
        drop(state);
        self.emptied.notify_one();
        taken
    }

    /// Nothing more comes, or nobody takes it any more.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }

    /// Ends the queue when what is returned is dropped, on whatever way.
    pub(super) fn end_with(&self) -> End<'_, T> {
        End(self)
    }
}

/// See [`Queue::end_with`].
pub(super) struct End<'a, T>(&'a Queue<T>);

impl<T> Drop for End<'_, T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const FOR_EVER: Duration = Duration::from_hours(1);

    #[test]
    fn everything_comes_out_once_and_in_order() {
        let queue = Queue::new(Room {
            things: 7,
            bytes: 100,
        });
        let taken = thread::scope(|scope| {
            scope.spawn(|| {
                let _end = queue.end_with();
                assert!((0..1_000).all(|n| queue.put(n, n % 40)));
            });
            let most = Room {
                things: 5,
                bytes: 60,
            };
            let mut taken = Vec::new();
            loop {
                let some = queue.take(most, 3, FOR_EVER);
                if some.is_empty() {
                    return taken;
                }
                assert!(some.len() <= most.things);
                taken.extend(some);
            }
        });
        assert_eq!(taken, (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_and_something_huge_passes_alone() {
        let queue = Queue::new(Room {
            things: 100,
            bytes: 10,
        });
        assert!(queue.put('a', 6) && queue.put('b', 4));
        thread::scope(|scope| {
            // There is no room for it before the two are taken.
            let huge = scope.spawn(|| queue.put('c', 1_000));
            let all = Room {
                things: 100,
                bytes: 10,
            };
            assert_eq!(queue.take(all, 2, FOR_EVER), ['a', 'b']);
            assert!(huge.join().unwrap());
            assert_eq!(queue.take(all, 1, FOR_EVER), ['c']);
        });
    }

    #[test]
    fn patience_ends_and_so_does_the_queue() {
        let queue = Queue::new(Room {
            things: 10,
            bytes: 10,
        });
        let most = Room {
            things: 10,
            bytes: 10,
        };
        assert!(queue.put(1, 1));
        assert_eq!(queue.take(most, 5, Duration::ZERO), [1]);
        queue.end();
        assert!(queue.take(most, 5, FOR_EVER).is_empty());
        assert!(!queue.put(2, 1), "nobody takes it");
    }
}
