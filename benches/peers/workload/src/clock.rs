//! Percentiles, and time on the processor: on a machine that others use too, it tells more than time that passed.

use std::time::{Duration, Instant};

/// How long each of many questions took.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Times one.
    pub fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.0.push(start.elapsed());
        done
    }

    /// The mean, in microseconds.
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<Duration>().as_secs_f64() * 1e6 / self.0.len() as f64
    }

    /// The middle, and the 99th percentile where there are a hundred, in microseconds.
    pub fn percentiles(mut self) -> String {
        self.0.sort_unstable();
        let micros = |at: usize| self.0.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6);
        let n = self.0.len();
        if n < 100 {
            format!("{:.1}", micros(n / 2))
        } else {
            format!("{:.1} {:.1}", micros(n / 2), micros(n * 99 / 100))
        }
    }
}

/// Time of this process on the processor, all its threads together, from Linux's own account.
#[derive(Default)]
pub struct Processor(Duration);

impl Processor {
    /// Adds what `work` takes.
    pub fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = used();
        let done = work();
        self.0 += used().saturating_sub(before);
        done
    }

    /// How much it was, in seconds.
    pub fn seconds(&self) -> f64 {
        self.0.as_secs_f64()
    }
}

fn used() -> Duration {
    let account = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may hold spaces. User and system time are fields 14 and 15, in hundredths.
    let ticks = account.rsplit(')').next().map_or(0, |rest| {
        let fields = rest.split_whitespace().skip(11).take(2);
        fields.filter_map(|field| field.parse::<u64>().ok()).sum()
    });
    Duration::from_millis(ticks * 10)
}
