//! A token bucket for thin links: the link of a clinic is there for its patients first. What a backup sends passes through it, and
//! what it reads back.

use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lets at most `rate` bytes a second pass, measured over the objects that passed before.
#[derive(Debug)]
pub struct Throttle {
    rate: Option<NonZeroU64>,
    free_at: Mutex<Instant>,
}

impl Throttle {
    /// A bucket that lets `rate` bytes a second pass, or everything.
    pub fn new(rate: Option<NonZeroU64>) -> Self {
        Self {
            rate,
            free_at: Mutex::new(Instant::now()),
        }
    }

    /// Waits until `bytes` may pass.
    pub async fn take(&self, bytes: u64) {
        let Some(rate) = self.rate else { return };
        tokio::time::sleep_until(self.turn(rate, bytes, Instant::now())).await;
    }

    /// When the turn comes that is asked for `now`.
    pub(super) fn turn(&self, rate: NonZeroU64, bytes: u64, now: Instant) -> Instant {
        // A panic elsewhere leaves an instant that is still one.
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*free_at).max(now);
        *free_at = turn + Duration::from_secs_f64(bytes as f64 / rate.get() as f64);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_any_stretch_no_more_passes_than_the_rate_allows_and_one_object() {
        let rate = NonZeroU64::new(16_000).unwrap();
        let throttle = Throttle::new(Some(rate));
        let (start, mut now, mut sent) = (Instant::now(), Instant::now(), 0);
        let mut passed: Vec<(Instant, u64)> = Vec::new();
        for n in 0..200_u64 {
            let bytes = 1_000 + n * 7_919 % 60_000;
            // Sometimes one after the other, sometimes two at once, sometimes after a pause.
            let turn = throttle.turn(rate, bytes, now);
            assert!(turn >= now);
            passed.push((turn, bytes));
            sent += bytes;
            now = match n % 7 {
                0 => turn + Duration::from_secs(n % 5),
                1..4 => turn,
                _ => now,
            };
        }
        for (n, (first, _)) in passed.iter().enumerate() {
            let mut bytes = 0;
            for (turn, len) in &passed[n..] {
                let allowed = turn.duration_since(*first).as_secs_f64() * 16_000.0;
                assert!(bytes as f64 <= allowed + 1.0, "{bytes} of {allowed} bytes");
                bytes += len;
            }
        }
        let last = passed.last().unwrap().0.duration_since(start).as_secs_f64();
        assert!(last < sent as f64 / 16_000.0 + 150.0, "and it is used");
    }
}
