//! So many operations a second and no more: the smallest clusters slow down, or refuse, whoever asks for more.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A): one instant, when the next operation would be due at an even
//! pace, and how far an operation may come before it. **Within any second at most `rate + burst` operations begin.**

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// By the addresses of a cluster's servers. None is ever removed: whoever comes right after another has left must not begin anew.
static PACES: LazyLock<Mutex<BTreeMap<BTreeSet<String>, Arc<Pace>>>> =
    LazyLock::new(Mutex::default);

/// Gives out turns.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    ahead: Duration,
    due: Mutex<Instant>,
}

impl Pace {
    /// `rate` turns a second, of which `burst` may follow each other at once. Both are more than 0.
    pub fn new(rate: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / rate;
        Self {
            interval,
            ahead: interval * (burst - 1),
            due: Mutex::new(Instant::now()),
        }
    }

    /// The one pace of everything in this process that goes to the cluster of these servers. Whoever asks first says which.
    pub fn towards(servers: BTreeSet<String>, rate: u32, burst: u32) -> Arc<Self> {
        let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces
            .entry(servers)
            .or_insert_with(|| Arc::new(Self::new(rate, burst)));
        Arc::clone(pace)
    }

    /// Waits for a turn.
    pub async fn turn(&self) {
        let turn = self.take(Instant::now());
        tokio::time::sleep_until(turn.into()).await;
    }

    /// When the turn comes that is asked for `now`.
    fn take(&self, now: Instant) -> Instant {
        // A panic elsewhere leaves an instant that is still one.
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = due
            .checked_sub(self.ahead)
            .map_or(now, |turn| turn.max(now));
        *due = (*due).max(now) + self.interval;
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_turns_than_rate_and_burst_allow() {
        let pace = Pace::new(80, 15);
        let mut now = Instant::now();
        let mut turns = Vec::new();
        for n in 0..2_000_u64 {
            let turn = pace.take(now);
            assert!(turn >= now);
            turns.push(turn);
            // Sometimes one after the other, sometimes several at once, sometimes after a pause.
            now = match n % 97 {
                0 => turn + Duration::from_millis(n),
                1..40 => turn,
                _ => now,
            };
        }
        for (n, first) in turns.iter().enumerate() {
            let within = turns[n..]
                .iter()
                .take_while(|turn| turn.duration_since(*first) < Duration::from_secs(1))
                .count();
            assert!(within <= 95, "{within} turns in a second");
        }
        assert!(
            turns[14].duration_since(turns[1]) < Duration::from_millis(1),
            "a burst does not wait"
        );
    }
}
