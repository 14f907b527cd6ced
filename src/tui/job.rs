//! One piece of long work as the screen knows it: how far, how fast, how it ended.

use std::time::Duration;

use jiff::SignedDuration;

use super::backend::{Failure, Report};
use super::canvas::Canvas;
use super::command::JobId;
use super::report;
use super::text;
use super::theme::Tone;
use super::when;
use crate::desk::view::{Progress, Stamp, Transfer};
use crate::jobs::speed::Speed;

/// A job that this screen started.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it does.
    pub title: &'static str,
    /// When it started.
    pub started: Stamp,
    /// The latest word of it.
    pub progress: Option<(Stamp, Progress)>,
    /// How it ended, if it did.
    pub end: Option<(Stamp, Result<Report, Failure>)>,
    /// Whether it was asked to stop.
    pub stopping: bool,
    /// Whether it works with the keys of the session that started it.
    pub in_session: bool,
    /// Whether it can be held.
    pub can_pause: bool,
    /// Since when it is held.
    held_since: Option<Stamp>,
    /// For how long it was held before.
    held: SignedDuration,
    speed: Speed,
}

impl Job {
    /// A job that has just started.
    pub fn new(id: JobId, title: &'static str, now: Stamp) -> Self {
        Self {
            id,
            title,
            started: now,
            progress: None,
            end: None,
            stopping: false,
            in_session: false,
            can_pause: false,
            held_since: None,
            held: SignedDuration::ZERO,
            speed: Speed::default(),
        }
    }

    /// Takes in how far it has come.
    pub fn word(&mut self, at: Stamp, progress: Progress) {
        let what = self.progress.as_ref().map(|(_, before)| &before.what);
        if what.is_some_and(|before| *before != progress.what) {
            self.speed = Speed::default();
        }
        self.speed.note(self.worked(at), progress.done);
        self.progress = Some((at, progress));
    }

    /// For how long it has been at work, what it was held not counted.
    fn worked(&self, at: Stamp) -> Duration {
        let worked = at.0.duration_since(self.started.0) - self.held;
        Duration::try_from(worked).unwrap_or(Duration::ZERO)
    }

    /// Holds it, or lets it go on. Whether it is held now.
    pub fn hold_or_resume(&mut self, now: Stamp) -> bool {
        match self.held_since.take() {
            None => self.held_since = Some(now),
            Some(since) => self.held += now.0.duration_since(since.0),
        }
        self.held_since.is_some()
    }

    /// Whether it is still at work.
    pub fn running(&self) -> bool {
        self.end.is_none()
    }

    /// When it said its last word, by its own clock, unless nobody knows how fast it goes: it is held, or stalled.
    fn moving(&self) -> Option<Duration> {
        let (at, progress) = self.progress.as_ref()?;
        let stalled = progress.transfer.is_some_and(|transfer| transfer.stalled);
        (self.held_since.is_none() && !stalled).then(|| self.worked(*at))
    }

    /// Things done in a second, and the seconds that are left.
    fn pace(&self) -> (Option<f64>, Option<f64>) {
        let Some(now) = self.moving() else {
            return (None, None);
        };
        let total = self.progress.as_ref().and_then(|(_, word)| word.total);
        let left = total.and_then(|total| self.speed.left(now, total));
        (self.speed.rate(now), left)
    }

    /// One line that says how it ended or where it stands.
    pub fn state(&self) -> (String, Tone) {
        match &self.end {
            None if self.stopping => ("stopping".to_owned(), Tone::Warn),
            None if self.held_since.is_some() => ("held".to_owned(), Tone::Warn),
            None => ("running".to_owned(), Tone::Text),
            Some((_, Err(failure))) if failure.code == "stopped" => {
                ("stopped".to_owned(), Tone::Warn)
            }
            Some((_, Err(_))) => ("failed".to_owned(), Tone::Alert),
            Some((_, Ok(report))) => report::outcome(report),
        }
    }

    /// Draws it in up to four rows. Returns the row after it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, y: u16, selected: bool) -> u16 {
        let (state, tone) = self.state();
        let x = canvas.put(1, y, self.title, Tone::Heading);
        let right = format!("started {}", when::clock(self.started));
        let width = canvas.width();
        let from = canvas.put_right(width.saturating_sub(1), y, &right, Tone::Muted);
        canvas.put_right(from.saturating_sub(2), y, &state, tone);
        if selected {
            canvas.patch(0, y, x + 1, Tone::Selected);
        }
        let mut y = y + 1;
        if let Some((_, progress)) = &self.progress
            && self.running()
        {
            y = self.draw_progress(canvas, y, progress);
        }
        match &self.end {
            Some((at, Ok(_))) => {
                let took = when::span(at.0.duration_since(self.started.0));
                canvas.put(
                    1,
                    y,
                    &format!("took {took}; Enter shows the report"),
                    Tone::Muted,
                );
                y += 1;
            }
            Some((_, Err(failure))) => {
                canvas.put(1, y, &failure.message, Tone::Alert);
                y += 1;
            }
            None => {}
        }
        y
    }

    fn draw_progress(&self, canvas: &mut Canvas<'_>, y: u16, progress: &Progress) -> u16 {
        let bytes = progress.unit == "bytes";
        let figure = |n: u64| {
            if bytes {
                text::bytes(n)
            } else {
                text::grouped(n)
            }
        };
        let mut counts = figure(progress.done);
        if let Some(total) = progress.total {
            // Where bytes pass from 999 kB to 1 MB, too, what follows stays where it is.
            let columns = if bytes { BYTES } else { 0 };
            let columns = columns.max(text::width(&counts));
            counts = format!("{} of {}", text::right(&counts, columns), figure(total));
        }
        if !bytes {
            counts = format!("{counts} {}", progress.unit);
        }
        if let Some(total) = progress.total.filter(|total| *total > 0) {
            let share = progress.done as f64 / total as f64;
            let bar = (canvas.width() / 2).min(40);
            canvas.bar(1, y, bar, share);
            let x = if canvas.plain() { 1 } else { bar + 2 };
            let x = canvas.put(
                x,
                y,
                &text::right(&format!("{:.2} %", share * 100.0), 8),
                Tone::Text,
            );
            canvas.put(x + 2, y, &counts, Tone::Text);
        } else {
            canvas.put(1, y, &counts, Tone::Text);
        }
        let mut line = progress.what.clone();
        if let Some(transfer) = &progress.transfer {
            line = format!("{line}: {}", transfer.phase);
        }
        let (rate, left) = self.pace();
        if let Some(rate) = rate {
            // More digits would tremble, and each of them costs bytes on a thin link.
            let shown = rounded(rate as u64);
            let each = if bytes {
                format!("{}/s", text::bytes(shown))
            } else {
                format!("{}/s", text::grouped(shown))
            };
            line = format!("{line}   {each}");
        }
        match left {
            Some(left) => line = format!("{line}   {} left", remaining(left)),
            None if progress.transfer.is_some_and(|transfer| transfer.stalled) => {
                line.push_str("   stalled, time left unknown");
            }
            None => {}
        }
        canvas.put(1, y + 1, &line, Tone::Muted);
        let mut y = y;
        if let Some(transfer) = &progress.transfer {
            canvas.put(1, y + 2, &transferred(transfer), Tone::Muted);
            y += 1;
        }
        if let Some(note) = &progress.note {
            canvas.put(3, y + 2, note, Tone::Warn);
            return y + 3;
        }
        y + 2
    }
}

/// Columns of a number of bytes: `999.9 MB`.
const BYTES: usize = 8;

/// `  120 of 5 000 entries     3.1 MB acknowledged   3 in flight   0 retries`
///
/// What grows stands at the right of its place: a figure with one digit more would move all that follows, and each character that
/// moved costs bytes on a thin link.
fn transferred(transfer: &Transfer) -> String {
    let mut parts = Vec::new();
    if transfer.entries_total > 0 {
        let all = text::grouped(transfer.entries_total);
        let done = text::right(&text::grouped(transfer.entries), text::width(&all));
        parts.push(format!("{done} of {all} entries"));
    }
    parts.push(format!(
        "{} acknowledged",
        text::right(&text::bytes(transfer.acknowledged), BYTES)
    ));
    parts.push(format!("{} in flight", transfer.in_flight));
    let retries = if transfer.retries == 1 {
        "retry"
    } else {
        "retries"
    };
    parts.push(format!("{} {retries}", text::grouped(transfer.retries)));
    parts.join("   ")
}

/// Tenths only of what is nearly over: they change with every word.
fn remaining(seconds: f64) -> String {
    if (10.0..100.0).contains(&seconds) {
        format!("{seconds:.0} s")
    } else {
        when::seconds(seconds)
    }
}

/// To three digits.
fn rounded(rate: u64) -> u64 {
    let unit = 10_u64.pow(rate.checked_ilog10().unwrap_or(0).saturating_sub(2));
    rate / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(second: i64) -> Stamp {
        Stamp::from_millis(1_795_336_265_000 + 1_000 * second)
    }

    #[test]
    fn the_time_in_which_a_job_was_held_does_not_slow_it_down() {
        let mut job = Job::new(JobId(1), "Verify signatures", stamp(0));
        let word = |done| Progress {
            what: "verify".to_owned(),
            done,
            total: Some(1_000),
            unit: "entries",
            note: None,
            transfer: None,
        };
        job.word(stamp(0), word(0));
        job.word(stamp(10), word(100));
        assert_eq!(job.pace(), (Some(10.0), Some(90.0)));
        assert!(job.hold_or_resume(stamp(10)));
        assert_eq!((job.state().0.as_str(), job.pace()), ("held", (None, None)));
        assert!(!job.hold_or_resume(stamp(70)));
        assert_eq!(job.state().0, "running");
        job.word(stamp(80), word(200));
        assert_eq!(job.pace(), (Some(10.0), Some(80.0)));
    }
}
