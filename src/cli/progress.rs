//! Long work on standard error: a bar on a terminal, plain lines otherwise, JSON with `--json`.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use unicode_width::UnicodeWidthChar;

use super::page::{counted, grouped, size, span};
use super::{Format, Output, Voice, plain};
use crate::desk::view::{Proceed, Progress, Transfer};
use crate::jobs::speed::Speed;

/// Shows how far long work has come. Dropping it takes the bar away.
#[derive(Debug)]
pub struct Watch {
    manner: Manner,
    state: Mutex<State>,
    interrupted: Option<Arc<AtomicBool>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Silent,
    Bar,
    Lines,
    Json,
}

#[derive(Debug)]
struct State {
    what: String,
    started: Instant,
    shown: Option<Instant>,
    last: Option<Progress>,
    drawn: bool,
    speed: Speed,
}

/// How fast it goes just now, and how long it went already, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    seconds: f64,
    rate: Option<f64>,
    left: Option<f64>,
    stalled: bool,
}

impl Pace {
    fn of(speed: &Speed, now: Duration, progress: &Progress) -> Self {
        let stalled = progress
            .transfer
            .map_or_else(|| speed.is_stalled(now), |transfer| transfer.stalled);
        let known = |figure: Option<f64>| figure.filter(|_| !stalled);
        Self {
            seconds: now.as_secs_f64(),
            rate: known(speed.rate(now)),
            left: known(progress.total.and_then(|total| speed.left(now, total))),
            stalled,
        }
    }
}

impl Manner {
    /// The least time between two signs of life.
    fn pause(self) -> Duration {
        match self {
            Self::Bar => Duration::from_millis(100),
            Self::Json => Duration::from_secs(1),
            Self::Lines | Self::Silent => Duration::from_secs(3),
        }
    }
}

impl Watch {
    /// In the manner that fits: nothing with `--quiet`, otherwise as standard error allows.
    pub fn new(output: Output) -> Self {
        let manner = match (output.format, output.voice) {
            (_, Voice::Quiet) => Manner::Silent,
            (Format::Json, _) => Manner::Json,
            _ if io::stderr().is_terminal() => Manner::Bar,
            _ => Manner::Lines,
        };
        let state = State {
            what: String::new(),
            started: Instant::now(),
            shown: None,
            last: None,
            drawn: false,
            speed: Speed::default(),
        };
        Self {
            manner,
            state: Mutex::new(state),
            interrupted: None,
        }
    }

    /// From here on Ctrl+C and SIGTERM ask the work to stop instead of ending the program. **Only for work that listens.**
    #[must_use]
    pub fn interruptible(mut self) -> Self {
        self.interrupted = Some(super::interrupt::listen());
        self
    }

    /// Takes note of how far the work has come and shows it when it is time.
    pub fn report(&self, progress: &Progress) -> Proceed {
        // A watcher that panicked elsewhere must not stop the work.
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        if state.what != progress.what {
            self.finish(&mut state);
            state.what.clone_from(&progress.what);
            state.started = now;
            state.speed = Speed::default();
            // The first plain line comes after a pause: short work needs none.
            state.shown = (self.manner == Manner::Lines).then_some(now);
        }
        let elapsed = now - state.started;
        state.speed.note(elapsed, progress.done);
        let due = state
            .shown
            .is_none_or(|shown| now - shown >= self.manner.pause());
        if due {
            self.show(&mut state, progress, now);
            state.last = None;
        } else {
            state.last = Some(progress.clone());
        }
        match &self.interrupted {
            Some(interrupted) if interrupted.load(Ordering::Relaxed) => Proceed::Stop,
            _ => Proceed::Go,
        }
    }

    fn show(&self, state: &mut State, progress: &Progress, now: Instant) {
        let pace = Pace::of(&state.speed, now - state.started, progress);
        let text = match self.manner {
            Manner::Silent => return,
            Manner::Bar => format!("\r{}\x1b[K", cut(&bar(progress, pace), columns())),
            Manner::Lines => format!("{}\n", line(progress, pace)),
            Manner::Json => format!("{}\n", object(progress, pace)),
        };
        state.shown = Some(now);
        state.drawn = self.manner == Manner::Bar;
        let mut err = io::stderr().lock();
        // Progress that nobody sees is no reason to stop.
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Shows the last word of the work that ends, where it has not been shown, and takes the bar away.
    fn finish(&self, state: &mut State) {
        let last = state.last.take();
        match (self.manner, last) {
            (Manner::Json, Some(last)) => self.show(state, &last, Instant::now()),
            (Manner::Bar, _) if state.drawn => {
                let _ = io::stderr().write_all(b"\r\x1b[K");
                state.drawn = false;
            }
            _ => {}
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut state = std::mem::replace(
            self.state
                .get_mut()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
            State {
                what: String::new(),
                started: Instant::now(),
                shown: None,
                last: None,
                drawn: false,
                speed: Speed::default(),
            },
        );
        self.finish(&mut state);
    }
}

fn amount(progress: &Progress, number: u64) -> String {
    if progress.unit == "bytes" {
        size(number)
    } else {
        grouped(number)
    }
}

/// `653 114 of 1 000 000 entries  81 400/s  4.3 s left`
fn figures(progress: &Progress, pace: Pace) -> String {
    let unit = if progress.unit == "bytes" {
        String::new()
    } else {
        format!(" {}", progress.unit)
    };
    let done = amount(progress, progress.done);
    let mut parts = vec![match progress.total {
        Some(total) => format!("{done} of {}{unit}", amount(progress, total)),
        None => format!("{done}{unit}"),
    }];
    if pace.stalled {
        parts.push("stalled, time left unknown".into());
    }
    let rate = pace.rate.map(|rate| rate.round() as u64);
    parts.extend(rate.map(|rate| format!("{}/s", amount(progress, rate))));
    parts.extend(pace.left.map(|left| format!("{} left", span(left))));
    parts.extend(progress.transfer.as_ref().map(transferred));
    parts.extend(progress.note.as_deref().map(plain));
    parts.join("  ")
}

/// `sending, 120 of 500 entries, 3.1 MB acknowledged, 3 in flight, 1 retry`
fn transferred(transfer: &Transfer) -> String {
    let mut parts = vec![transfer.phase.to_owned()];
    if transfer.entries_total > 0 {
        let (done, all) = (grouped(transfer.entries), grouped(transfer.entries_total));
        parts.push(format!("{done} of {all} entries"));
    }
    if transfer.acknowledged > 0 {
        parts.push(format!("{} acknowledged", size(transfer.acknowledged)));
    }
    if transfer.in_flight > 0 {
        parts.push(format!("{} in flight", transfer.in_flight));
    }
    if transfer.retries > 0 {
        parts.push(counted(transfer.retries, "retry", "retries"));
    }
    parts.join(", ")
}

/// Columns of the terminal behind standard error.
fn columns() -> usize {
    rustix::termios::tcgetwinsize(io::stderr())
        .map_or(80, |size| usize::from(size.ws_col))
        .max(1)
}

/// As much as fits in one row, so that the bar never wraps.
fn cut(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, letter)| {
        used += letter.width().unwrap_or(0);
        used >= columns
    });
    end.map_or(text, |(end, _)| &text[..end])
}

fn line(progress: &Progress, pace: Pace) -> String {
    format!("{}: {}", progress.what, figures(progress, pace))
}

fn bar(progress: &Progress, pace: Pace) -> String {
    const CELLS: u64 = 24;
    let bar = match progress.total {
        Some(total) if total > 0 => {
            let full = (u128::from(progress.done.min(total)) * u128::from(CELLS)
                / u128::from(total)) as usize;
            format!(
                "{}{}  ",
                "█".repeat(full),
                "░".repeat(CELLS as usize - full)
            )
        }
        _ => String::new(),
    };
    format!("{}  {bar}{}", progress.what, figures(progress, pace))
}

/// `rate` is 0 and `seconds_left` null while nobody knows.
fn object(progress: &Progress, pace: Pace) -> String {
    json!({ "progress": {
        "what": progress.what,
        "done": progress.done,
        "total": progress.total,
        "unit": progress.unit,
        "rate": pace.rate.unwrap_or(0.0),
        "seconds": pace.seconds,
        "seconds_left": pace.left,
        "note": progress.note,
        "transfer": progress.transfer,
    }})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, total: Option<u64>, unit: &'static str) -> Progress {
        Progress {
            what: "verify signatures".into(),
            done,
            total,
            unit,
            note: None,
            transfer: None,
        }
    }

    fn pace(rate: f64, left: f64) -> Pace {
        Pace {
            seconds: 1.0,
            rate: Some(rate),
            left: Some(left),
            stalled: false,
        }
    }

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        let word = progress(600_000, Some(1_000_000), "entries");
        assert_eq!(
            line(&word, pace(100_000.0, 4.0)),
            "verify signatures: 600 000 of 1 000 000 entries  100 000/s  4.0 s left"
        );
        assert_eq!(
            line(&progress(0, None, "files"), Pace::default()),
            "verify signatures: 0 files"
        );
    }

    #[test]
    fn a_line_of_a_backup_says_what_goes_to_and_fro_and_when_it_stalls() {
        let transfer = Transfer {
            phase: "sending",
            entries: 120,
            entries_total: 5_000,
            acknowledged: 3_100_000,
            retries: 2,
            in_flight: 3,
            stalled: false,
        };
        let mut word = progress(3_500_000, Some(11_200_000), "bytes");
        word.transfer = Some(transfer);
        assert_eq!(
            line(&word, pace(214_000.0, 38.0)),
            "verify signatures: 3.5 MB of 11.2 MB  214.0 kB/s  38 s left  sending, 120 of 5 000 entries, 3.1 MB acknowledged, \
             3 in flight, 2 retries"
        );
        let mut speed = Speed::default();
        speed.note(Duration::ZERO, 0);
        speed.note(Duration::from_secs(1), 3_500_000);
        let now = Duration::from_secs(2);
        assert!(line(&word, Pace::of(&speed, now, &word)).contains("4.4 s left"));
        word.transfer = Some(Transfer {
            stalled: true,
            ..transfer
        });
        let stalled = line(&word, Pace::of(&speed, now, &word));
        assert!(
            stalled.contains("stalled, time left unknown") && !stalled.contains("/s"),
            "{stalled}"
        );
    }

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        let bar = |done| {
            super::bar(&progress(done, Some(4), "bytes"), Pace::default())
                .matches('█')
                .count()
        };
        assert_eq!((bar(0), bar(1), bar(4), bar(9)), (0, 6, 24, 24));
    }

    #[test]
    fn a_bar_never_wraps() {
        assert_eq!(cut("verify 張偉 ░░", 10), "verify 張");
        assert_eq!(cut("short", 10), "short");
    }

    #[test]
    fn progress_in_json_is_one_object_a_line() {
        let text = object(&progress(5, Some(10), "entries"), pace(5.0, 1.0));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["progress"]["done"], 5);
        assert_eq!(value["progress"]["seconds_left"], 1.0);
        assert!(!text.contains('\n'));
    }
}
