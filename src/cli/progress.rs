//! Long work on standard error: a bar on a terminal, plain lines otherwise, JSON with `--json`.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use unicode_width::UnicodeWidthChar;

use super::page::{grouped, size, span};
use super::{Format, Output, Voice, plain};
use crate::desk::view::{Proceed, Progress};

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
            // The first plain line comes after a pause: short work needs none.
            state.shown = (self.manner == Manner::Lines).then_some(now);
        }
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
        let elapsed = (now - state.started).as_secs_f64();
        let text = match self.manner {
            Manner::Silent => return,
            Manner::Bar => format!("\r{}\x1b[K", cut(&bar(progress, elapsed), columns())),
            Manner::Lines => format!("{}\n", line(progress, elapsed)),
            Manner::Json => format!("{}\n", object(progress, elapsed)),
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
            },
        );
        self.finish(&mut state);
    }
}

/// Seconds that are left at the rate so far; unknown before anything is done.
fn seconds_left(progress: &Progress, elapsed: f64) -> Option<f64> {
    let total = progress.total?;
    (progress.done > 0 && elapsed > 0.0)
        .then(|| elapsed * total.saturating_sub(progress.done) as f64 / progress.done as f64)
}

fn rate(progress: &Progress, elapsed: f64) -> f64 {
    if elapsed > 0.0 {
        progress.done as f64 / elapsed
    } else {
        0.0
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
fn figures(progress: &Progress, elapsed: f64) -> String {
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
    parts.push(format!(
        "{}/s",
        amount(progress, rate(progress, elapsed).round() as u64)
    ));
    parts.extend(seconds_left(progress, elapsed).map(|left| format!("{} left", span(left))));
    parts.extend(progress.note.as_deref().map(plain));
    parts.join("  ")
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

fn line(progress: &Progress, elapsed: f64) -> String {
    format!("{}: {}", progress.what, figures(progress, elapsed))
}

fn bar(progress: &Progress, elapsed: f64) -> String {
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
    format!("{}  {bar}{}", progress.what, figures(progress, elapsed))
}

fn object(progress: &Progress, elapsed: f64) -> String {
    json!({ "progress": {
        "what": progress.what,
        "done": progress.done,
        "total": progress.total,
        "unit": progress.unit,
        "rate": rate(progress, elapsed),
        "seconds": elapsed,
        "seconds_left": seconds_left(progress, elapsed),
        "note": progress.note,
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
        }
    }

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        let line = line(&progress(600_000, Some(1_000_000), "entries"), 6.0);
        assert_eq!(
            line,
            "verify signatures: 600 000 of 1 000 000 entries  100 000/s  4.0 s left"
        );
        assert_eq!(
            super::line(&progress(0, None, "files"), 0.0),
            "verify signatures: 0 files  0/s"
        );
    }

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        let bar = |done| {
            super::bar(&progress(done, Some(4), "bytes"), 1.0)
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
        let text = object(&progress(5, Some(10), "entries"), 1.0);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["progress"]["done"], 5);
        assert_eq!(value["progress"]["seconds_left"], 1.0);
        assert!(!text.contains('\n'));
    }
}
