//! Whether whoever watches holds the work up, for work that cannot ask by itself.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::desk::view::{Proceed, Progress, Reporter};

/// Shared by those who ask and those who only wait. While somebody asks, and is not answered yet, the work is held.
#[derive(Debug, Default, Clone)]
pub(super) struct Hold(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// One asks at a time, so that what is told never goes back.
    asking: Mutex<()>,
    is_on: Mutex<bool>,
    changed: Condvar,
}

impl Hold {
    /// Tells the watcher what `word` gives, and returns his answer when he gives it.
    pub(super) fn ask(&self, watch: Reporter<'_>, word: impl FnOnce() -> Progress) -> Proceed {
        let _alone = lock(&self.0.asking);
        *lock(&self.0.is_on) = true;
        let answer = watch(&word());
        *lock(&self.0.is_on) = false;
        self.0.changed.notify_all();
        answer
    }

    /// Waits while the work is held, for as long as `patience`. Says whether it still is.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let is_on = lock(&self.0.is_on);
        let waited = self
            .0
            .changed
            .wait_timeout_while(is_on, patience, |is_on| *is_on);
        let (is_on, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *is_on
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked while it watched changed nothing here.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
