//! Whether long work is wanted just now: it goes on, is held, or stops.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::desk::view::Proceed;

/// Held by whoever started the work, and asked by the work where it holds nothing that others wait for.
#[derive(Debug, Default)]
pub struct Control {
    wish: Mutex<Wish>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Wish {
    #[default]
    Go,
    Hold,
    Stop,
}

impl Control {
    /// Holds the work at its next safe place. What was asked to stop stops.
    pub fn pause(&self) {
        self.wish(Wish::Hold);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.wish(Wish::Go);
    }

    /// Stops it at its next safe place, also while it is held.
    pub fn stop(&self) {
        self.wish(Wish::Stop);
    }

    /// What the work does now. **Waits while it is held.**
    pub fn proceed(&self) -> Proceed {
        let mut wish = self.state();
        while *wish == Wish::Hold {
            wish = self
                .changed
                .wait(wish)
                .unwrap_or_else(PoisonError::into_inner);
        }
        match *wish {
            Wish::Stop => Proceed::Stop,
            Wish::Go | Wish::Hold => Proceed::Go,
        }
    }

    fn wish(&self, wish: Wish) {
        let mut state = self.state();
        if *state != Wish::Stop {
            *state = wish;
        }
        drop(state);
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, Wish> {
        // Nothing panics while it holds the lock.
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::thread;

    use super::*;

    /// Work of three steps that says before each that it is there.
    fn at_work(control: &Control, before: impl Fn(u32)) -> Vec<Proceed> {
        (0..3)
            .map(|step| {
                before(step);
                control.proceed()
            })
            .collect()
    }

    #[test]
    fn held_work_waits_until_it_may_go_on() {
        let control = Control::default();
        control.pause();
        let (send, steps) = sync_channel(0);
        thread::scope(|scope| {
            let work = scope.spawn(|| at_work(&control, |step| send.send(step).unwrap()));
            assert_eq!(steps.recv(), Ok(0));
            // It would hand over its second step if it did not wait: there is nobody to take it before this.
            assert!(!work.is_finished());
            control.resume();
            assert_eq!((steps.recv(), steps.recv()), (Ok(1), Ok(2)));
            assert_eq!(work.join().unwrap(), [Proceed::Go; 3]);
        });
    }

    #[test]
    fn held_work_can_be_stopped_and_does_not_begin_again() {
        let control = Control::default();
        control.pause();
        thread::scope(|scope| {
            let work = scope.spawn(|| at_work(&control, |_| {}));
            control.stop();
            control.resume();
            control.pause();
            assert_eq!(work.join().unwrap(), [Proceed::Stop; 3]);
        });
    }
}
