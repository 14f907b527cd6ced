//! How long a run may act on what it read of the target when it began.
//!
//! A run believes what it saw then: a backup that an object is not about to be pruned, prune that nobody needs it. A tombstone
//! stands for a week before anything is deleted, so **a run that ends within its time meets nothing that was decided behind
//! its back**, however the calls of several runs interleave. A machine that slept in the middle may hold one up for longer: then
//! it ends at its next step without its result, and the next one goes on. A backup on a link that crawls looks again every day,
//! and begins anew with what it saw (`footing`).

use super::error::BackupError;

/// The time, in milliseconds since 1970.
pub type Now<'a> = &'a (dyn Fn() -> i64 + Send + Sync);

const HOUR: i64 = 60 * 60 * 1000;
/// From a backup's last look at the tombstones to its manifest, or to the next look.
pub(super) const BACKUP: i64 = 5 * 24 * HOUR;
/// From prune's look at the manifests to its last deletion.
pub(super) const PRUNE: i64 = 24 * HOUR;

/// A run that began.
#[derive(Clone, Copy)]
pub(super) struct Lifetime<'a> {
    now: Now<'a>,
    /// When it began.
    pub(super) began: i64,
    limit: i64,
}

impl<'a> Lifetime<'a> {
    /// Begins now.
    pub(super) fn begin(now: Now<'a>, limit: i64) -> Self {
        let began = now();
        Self { now, began, limit }
    }

    /// Ends the run if its time is over. A clock that was set back says nothing of how long it has been.
    pub(super) fn check(&self) -> Result<(), BackupError> {
        let passed = (self.now)() - self.began;
        if passed.abs() <= self.limit {
            Ok(())
        } else {
            Err(BackupError::Outlived {
                hours: passed / HOUR,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

    use super::super::retention::DAY;
    use super::*;

    #[test]
    fn a_backup_and_prune_together_are_shorter_than_a_tombstone_stands() {
        const { assert!(BACKUP + PRUNE < 7 * DAY) };
    }

    #[test]
    fn a_run_ends_when_its_time_is_over_or_nobody_can_say() {
        let clock = AtomicI64::new(1_000_000);
        let now = || clock.load(SeqCst);
        let lifetime = Lifetime::begin(&now, PRUNE);
        for (passed, ends) in [
            (0, false),
            (PRUNE, false),
            (-HOUR, false),
            (PRUNE + 1, true),
            (-PRUNE - 1, true),
        ] {
            clock.store(1_000_000 + passed, SeqCst);
            assert_eq!(lifetime.check().is_err(), ends, "{passed} ms");
        }
    }
}
