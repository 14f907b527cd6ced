//! How long a call may take before it counts as failed.
//!
//! A transfer is given the time of a small call, and what its bytes take on a link eight times slower than the one that was
//! seen to move others: a link that stands still is given up in a minute or two, not in half an hour. Before anything was
//! seen, and on a link that is really so slow, the slowest that is waited for counts; each transfer that was given up makes
//! the next one wait longer.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long calls may take before they count as failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// A call that moves few bytes.
    pub call: Duration,
    /// The slowest link on which a transfer is waited for, in bytes a second; more than 0.
    pub slowest: u64,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            call: Duration::from_mins(1),
            slowest: 8 << 10,
        }
    }
}

/// How much slower than seen a transfer may be: others move at the same time, and links vary.
const SLACK: f64 = 8.0;
/// A transfer of fewer bytes tells of the round trip rather than of the link.
const TELLING: u64 = 64 << 10;
/// How much a transfer that was given up takes from what was seen.
const GIVEN_UP: f64 = 4.0;

/// The time limits of one link, which learn from it.
#[derive(Debug)]
pub struct Patience {
    limits: TimeLimits,
    /// Bytes a second.
    seen: Mutex<Option<f64>>,
}

impl Patience {
    /// Nothing has been seen yet.
    pub const fn new(limits: TimeLimits) -> Self {
        Self {
            limits,
            seen: Mutex::new(None),
        }
    }

    /// The limit of a call that moves few bytes.
    pub const fn call(&self) -> Duration {
        self.limits.call
    }

    /// The limit of a call that moves so many bytes.
    pub fn of(&self, bytes: u64) -> Duration {
        let slowest = self.limits.slowest as f64;
        let rate = self
            .seen()
            .map_or(slowest, |seen| slowest.max(seen / SLACK));
        self.limits.call + Duration::from_secs_f64(bytes as f64 / rate)
    }

    /// So many bytes took so long.
    pub fn moved(&self, bytes: u64, took: Duration) {
        if bytes >= TELLING && !took.is_zero() {
            let rate = bytes as f64 / took.as_secs_f64();
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = Some(seen.map_or(rate, |seen| f64::midpoint(seen, rate)));
        }
    }

    /// A transfer was given up.
    pub fn gave_up(&self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = seen.map(|seen| seen / GIVEN_UP);
    }

    fn seen(&self) -> Option<f64> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_given_up_in_the_time_that_the_link_was_seen_to_need_and_each_time_later() {
        let patience = Patience::new(TimeLimits::default());
        let limit = |bytes| patience.of(bytes).as_secs();
        assert_eq!((limit(0), limit(4 << 20)), (60, 60 + 512));
        // A round trip says nothing of the link.
        patience.moved(100, Duration::from_millis(1));
        assert_eq!(limit(4 << 20), 60 + 512);
        patience.moved(1 << 20, Duration::from_secs(1));
        assert_eq!(limit(4 << 20), 60 + 32);
        patience.gave_up();
        assert_eq!(limit(4 << 20), 60 + 128);
        for _ in 0..9 {
            patience.gave_up();
        }
        assert_eq!(
            limit(4 << 20),
            60 + 512,
            "never longer than on the slowest link"
        );
    }
}
