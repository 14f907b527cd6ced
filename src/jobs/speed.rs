//! How fast long work goes and how long it will still take: a moving average over half a minute, so that a link that became
//! slow shows as what it is now, and not as what it was.

use std::collections::VecDeque;
use std::time::Duration;

/// What the average goes over.
pub const WINDOW: Duration = Duration::from_secs(30);
/// Work that has not moved for so long is stalled: nobody knows when it will end.
pub const STALLED: Duration = Duration::from_secs(5);
/// Points nearer to each other than this are one.
const APART: Duration = Duration::from_millis(250);
/// Less than this tells nothing.
const LEAST: Duration = Duration::from_millis(200);

/// What was done when. Times count from any beginning that does not move, without what was spent held.
#[derive(Debug, Clone, Default)]
pub struct Speed {
    points: VecDeque<(Duration, u64)>,
    moved: Duration,
}

impl Speed {
    /// Takes note of how much is done at a time.
    pub fn note(&mut self, at: Duration, done: u64) {
        // A phase that counts anew is not measured by the one before.
        if self.points.back().is_some_and(|(_, before)| done < *before) {
            self.points.clear();
        }
        let several = self.points.len() > 1;
        match self.points.back_mut() {
            Some((_, before)) if *before == done => {}
            Some((when, before)) if several && at.saturating_sub(*when) < APART => {
                *before = done;
                self.moved = at;
            }
            _ => {
                self.points.push_back((at, done));
                self.moved = at;
            }
        }
        // One point from before the window stays: the average begins there.
        while self
            .points
            .get(1)
            .is_some_and(|(when, _)| at.saturating_sub(*when) >= WINDOW)
        {
            self.points.pop_front();
        }
    }

    /// Whether nothing has moved for too long.
    pub fn is_stalled(&self, now: Duration) -> bool {
        !self.points.is_empty() && now.saturating_sub(self.moved) >= STALLED
    }

    /// Things done in a second; `None` while nobody knows.
    pub fn rate(&self, now: Duration) -> Option<f64> {
        let (from, before) = self.points.front()?;
        let (_, done) = self.points.back()?;
        let span = now.saturating_sub(*from);
        (span >= LEAST && !self.is_stalled(now) && done > before)
            .then(|| (done - before) as f64 / span.as_secs_f64())
    }

    /// Seconds until `total` is done, at this rate; `None` while nobody knows.
    pub fn left(&self, now: Duration, total: u64) -> Option<f64> {
        let (_, done) = self.points.back()?;
        self.rate(now)
            .map(|rate| total.saturating_sub(*done) as f64 / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn close(a: Option<f64>, b: f64) -> bool {
        a.is_some_and(|a| (a - b).abs() < b * 0.05)
    }

    #[test]
    fn work_that_became_slow_is_measured_by_the_last_half_minute() {
        let mut speed = Speed::default();
        let mut done = 0;
        for tenth in 0..600 {
            speed.note(at(f64::from(tenth) / 10.0), done);
            done += 1_000;
        }
        assert!(
            close(speed.rate(at(60.0)), 10_000.0),
            "{:?}",
            speed.rate(at(60.0))
        );
        for tenth in 600..1_000 {
            speed.note(at(f64::from(tenth) / 10.0), done);
            done += 10;
        }
        assert!(
            close(speed.rate(at(100.0)), 100.0),
            "{:?}",
            speed.rate(at(100.0))
        );
        assert!(close(speed.left(at(100.0), done + 1_000), 10.0));
        assert!(speed.points.len() < 200, "{} points", speed.points.len());
    }

    #[test]
    fn how_long_stalled_work_takes_is_unknown_until_it_moves_again() {
        let mut speed = Speed::default();
        assert_eq!(
            (speed.rate(at(0.0)), speed.is_stalled(at(9.0))),
            (None, false)
        );
        for second in 0..=10 {
            speed.note(at(f64::from(second)), u64::try_from(second).unwrap() * 100);
        }
        assert!(close(speed.left(at(10.0), 2_000), 10.0));
        speed.note(at(16.0), 1_000);
        assert!(speed.is_stalled(at(16.0)));
        assert_eq!(
            (speed.rate(at(16.0)), speed.left(at(16.0), 2_000)),
            (None, None)
        );
        speed.note(at(20.0), 1_100);
        assert!(close(speed.rate(at(20.0)), 55.0));
    }

    #[test]
    fn a_phase_that_counts_anew_is_not_measured_by_the_one_before() {
        let mut speed = Speed::default();
        speed.note(at(0.0), 0);
        speed.note(at(10.0), 1_000_000);
        speed.note(at(11.0), 0);
        assert_eq!(speed.rate(at(11.0)), None);
        speed.note(at(13.0), 20);
        assert!(close(speed.rate(at(13.0)), 10.0));
    }
}
