//! Another try after a failure that may pass: capped exponential back-off with jitter.

use std::future::Future;
use std::time::Duration;

use super::cancel::Cancel;
use super::target::TargetError;
use crate::crypto::random;

/// How long and how often to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The wait before the second try; it doubles from there.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// All tries, the first included.
    pub tries: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(250),
            cap: Duration::from_secs(30),
            tries: 8,
        }
    }
}

/// What a call with tries came to.
#[derive(Debug)]
pub enum Tried<T> {
    /// It went well at the first try.
    AtOnce(T),
    /// It went well after a failure that left open whether an earlier try was carried out.
    AfterDoubt(T),
}

impl<T> Tried<T> {
    /// The answer, however it came.
    pub fn into_inner(self) -> T {
        match self {
            Self::AtOnce(value) | Self::AfterDoubt(value) => value,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The last try failed, or the first failed for good.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Somebody cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Retry {
    /// Calls `call` until it succeeds, fails for good, runs out of tries or is cancelled. `failed` hears of each failure
    /// that another try follows.
    pub async fn run<T, F, A>(
        &self,
        cancel: &Cancel,
        mut failed: F,
        mut call: impl FnMut() -> A,
    ) -> Result<Tried<T>, Stopped>
    where
        F: FnMut(),
        A: Future<Output = Result<T, TargetError>>,
    {
        let mut tried = 0;
        loop {
            let answer = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stopped::Cancelled),
                answer = call() => answer,
            };
            tried += 1;
            match answer {
                Ok(value) if tried == 1 => return Ok(Tried::AtOnce(value)),
                Ok(value) => return Ok(Tried::AfterDoubt(value)),
                Err(e) if !e.is_transient() || tried >= self.tries => return Err(e.into()),
                Err(_) => failed(),
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stopped::Cancelled),
                () = tokio::time::sleep(self.pause(tried)) => {}
            }
        }
    }

    /// The wait after `tried` tries: between half and all of the doubled time, so that many hosts do not return at once.
    fn pause(&self, tried: u32) -> Duration {
        let full = self
            .first
            .saturating_mul(1 << tried.saturating_sub(1).min(16))
            .min(self.cap);
        let share = f64::from(u16::from_le_bytes(random::bytes::<2>())) / f64::from(u16::MAX);
        full.mul_f64(0.5 + 0.5 * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_stay_below_the_cap() {
        let retry = Retry {
            first: Duration::from_millis(100),
            cap: Duration::from_millis(450),
            tries: 9,
        };
        for (tried, full) in [(1, 100), (2, 200), (3, 400), (4, 450), (60, 450)] {
            let pause = retry.pause(tried).as_millis();
            assert!(
                (full / 2..=full).contains(&pause),
                "{pause} ms after {tried} tries"
            );
        }
    }
}
