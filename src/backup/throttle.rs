//! A token bucket for thin links: the link of a clinic is there for its patients first.

use std::num::NonZeroU64;
use std::time::Duration;

use tokio::sync::Mutex;
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

    /// Waits until `bytes` may be sent.
    pub async fn take(&self, bytes: u64) {
        let Some(rate) = self.rate else { return };
        let turn = {
            let mut free_at = self.free_at.lock().await;
            let turn = (*free_at).max(Instant::now());
            *free_at = turn + Duration::from_secs_f64(bytes as f64 / rate.get() as f64);
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}
