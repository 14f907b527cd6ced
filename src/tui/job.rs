//! One piece of long work as the screen knows it: how far, how fast, how it ended.

use std::time::Duration;

use jiff::SignedDuration;

use super::backend::{Failure, Report};
use super::canvas::Canvas;
use super::command::JobId;
use super::text;
use super::theme::Tone;
use super::when;
use crate::desk::view::{self, Progress, Stamp, Transfer};
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
            Some((_, Ok(report))) => outcome(report),
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

fn outcome(report: &Report) -> (String, Tone) {
    match report {
        Report::Verify(report) if report.ok => ("ok".to_owned(), Tone::Good),
        Report::Verify(report) => (format!("! {} wrong", report.findings.len()), Tone::Alert),
        Report::BackedUp(view::BackupRun { alarms, .. }) if !alarms.is_empty() => {
            let s = if alarms.len() == 1 { "" } else { "s" };
            (format!("! {} alarm{s}", alarms.len()), Tone::Alert)
        }
        Report::VerifiedBackup(view::BackupVerified { ok: false, .. }) => {
            ("! something is wrong".to_owned(), Tone::Alert)
        }
        Report::Restored(report) if !report.verify.ok => {
            ("! it does not verify".to_owned(), Tone::Alert)
        }
        Report::Restored(report) if !report.damage.is_empty() => {
            ("! the repository is damaged".to_owned(), Tone::Alert)
        }
        Report::Drilled(report) if !report.ok => ("! not whole".to_owned(), Tone::Alert),
        _ => ("ok".to_owned(), Tone::Good),
    }
}

/// A report as plain text.
pub fn plain(report: &Report) -> String {
    lines(report)
        .into_iter()
        .flat_map(|(line, _)| [line, "\n".to_owned()])
        .collect()
}

/// A report as lines, for reading and scrolling.
pub fn lines(report: &Report) -> Vec<(String, Tone)> {
    let mut out = Vec::new();
    let mut line = |name: &str, value: String| {
        out.push((format!("{}{value}", text::left(name, 22)), Tone::Text));
    };
    match report {
        Report::Verify(r) => {
            line("entries", text::grouped(r.entries));
            line("chain", r.chain.to_string());
            if let Some(seq) = r.first_break {
                line("first break", text::grouped(seq));
            }
            line(
                "signatures",
                format!(
                    "{} checked, {} bad",
                    text::grouped(r.signatures.checked),
                    r.signatures.bad.len()
                ),
            );
            line(
                "grants",
                format!(
                    "{} checked, {} bad",
                    text::grouped(r.grants.checked),
                    r.grants.bad.len()
                ),
            );
            line(
                "bodies",
                format!(
                    "{} opened, {} bad, {} closed to you",
                    text::grouped(r.bodies.checked),
                    r.bodies.bad.len(),
                    text::grouped(r.bodies.unreadable)
                ),
            );
            line(
                "index",
                format!(
                    "{} compared, {} missing, {} stray",
                    text::grouped(r.index.checked),
                    r.index.missing,
                    r.index.stray
                ),
            );
            line("took", when::seconds(r.seconds));
            line("head", r.head.clone());
            out.push((String::new(), Tone::Text));
            for finding in &r.findings {
                let place = finding
                    .seq
                    .map_or_else(String::new, |seq| format!("entry {}  ", text::grouped(seq)));
                out.push((format!("! {place}{}", finding.text), Tone::Alert));
            }
            if r.ok {
                out.push(("ok  nothing is wrong".to_owned(), Tone::Good));
            }
        }
        Report::BackedUp(r) => {
            line("snapshot", r.snapshot.clone());
            line(
                "follows",
                r.parent
                    .clone()
                    .unwrap_or_else(|| "nothing, it is the first".to_owned()),
            );
            line(
                "entries",
                format!(
                    "{}, {} of them new",
                    text::grouped(r.entries),
                    text::grouped(r.new_entries)
                ),
            );
            line(
                "packs",
                format!("{} sent, {} were there", r.packs_uploaded, r.packs_reused),
            );
            line("read", text::bytes(r.bytes_read));
            line("sent", text::bytes(r.bytes_uploaded));
            line("took", when::seconds(r.seconds));
            out.push((
                "keep its head, on paper or on another machine:".to_owned(),
                Tone::Text,
            ));
            out.push((r.head.clone(), Tone::Text));
            for alarm in &r.alarms {
                out.push((format!("! {alarm}"), Tone::Alert));
            }
        }
        Report::VerifiedBackup(r) => {
            line("snapshots", text::grouped(r.snapshots));
            line("packs", text::grouped(r.packs));
            line("read", text::bytes(r.bytes_read));
            let named = [("missing", &r.missing), ("corrupt", &r.corrupt)];
            for (what, names) in named {
                out.extend(
                    names
                        .iter()
                        .map(|name| (format!("! {what}: {name}"), Tone::Alert)),
                );
            }
            out.extend(r.behind.iter().map(|how| (format!("! {how}"), Tone::Alert)));
            let unlisted = r.unlisted.iter();
            out.extend(unlisted.map(|name| (format!("in no snapshot: {name}"), Tone::Text)));
            if r.ok {
                out.push(("ok  nothing is wrong".to_owned(), Tone::Good));
            }
        }
        Report::Restored(r) => {
            line("vault", r.vault.clone());
            line("host", r.host.clone());
            line("snapshot", r.snapshot.clone());
            line("made", when::clock(r.created));
            line("entries", text::grouped(r.entries));
            line("took", when::seconds(r.seconds));
            out.extend(
                r.damage
                    .iter()
                    .map(|what| (format!("! {what}"), Tone::Alert)),
            );
            for taken in &r.sign_again {
                out.push((format!("! sign again: {taken}"), Tone::Warn));
            }
            out.extend(verified(&r.verify));
        }
        Report::Drilled(r) => {
            line("recovery time", when::seconds(r.recovery_seconds));
            line("recovery point", when::clock(r.recovery_point));
            line(
                "would be lost",
                format!("{} entries", text::grouped(r.entries_behind)),
            );
            line("snapshot", r.snapshot.clone());
            line("entries", text::grouped(r.entries));
            line("charts opened", text::grouped(r.charts_opened));
            line("entries read", text::grouped(r.entries_read));
            line("on record as", r.entry.clone());
            out.extend(
                r.problems
                    .iter()
                    .map(|what| (format!("! {what}"), Tone::Alert)),
            );
            out.extend(verified(&r.verify));
        }
        Report::Pruned(r) => {
            line("marked", text::grouped(r.marked));
            line("waiting", text::grouped(r.waiting));
            line("needed again", text::grouped(r.revived));
            line(
                "deleted",
                format!(
                    "{} objects, {}",
                    text::grouped(r.objects),
                    text::bytes(r.bytes)
                ),
            );
            line("manifests deleted", text::grouped(r.manifests));
            if r.replaced > 0 {
                let forged = text::grouped(r.replaced);
                out.push((
                    format!("! forged or damaged tombstones taken away: {forged}"),
                    Tone::Alert,
                ));
            }
            if !r.alone {
                out.push((format!("! {}", view::Pruned::BESIDES), Tone::Warn));
            }
        }
        Report::Indexed(r) => {
            line(
                "words",
                format!("{}, each in each entry", text::grouped(r.pairs)),
            );
            line("segments", text::grouped(r.segments));
            line("in the log", text::grouped(r.log_rows));
            line("size", text::bytes(r.bytes));
        }
        Report::Demo(r) => {
            line("vault", r.vault.clone());
            line("patients", text::grouped(r.patients));
            line("entries", text::grouped(r.entries));
            out.push((String::new(), Tone::Text));
            out.push((
                "Nothing in it is real. Who can log in, and the file with the passphrase:"
                    .to_owned(),
                Tone::Heading,
            ));
            for login in &r.logins {
                let unit = login.unit.as_deref().unwrap_or("-");
                out.push((
                    format!(
                        "{}{}{}{}",
                        text::left(&login.login, 14),
                        text::left(&login.role, 12),
                        text::left(unit, 16),
                        login.passphrase_file
                    ),
                    Tone::Text,
                ));
            }
        }
        Report::Init(r) => {
            line("vault", r.vault.clone());
            line("vault id", r.vault_id.clone());
            line("admin", r.admin.clone());
            for (what, shares) in [("recovery", &r.recovery), ("restore", &r.restore)] {
                out.push((String::new(), Tone::Text));
                out.push((
                    format!(
                        "{what}: {} of {} shares are needed; give each to another custodian",
                        shares.threshold, shares.shares
                    ),
                    Tone::Heading,
                ));
                out.extend(shares.files.iter().map(|file| (file.clone(), Tone::Text)));
            }
        }
    }
    out
}

/// What the verification of a restored vault found.
fn verified(report: &view::VerifyReport) -> Vec<(String, Tone)> {
    if report.ok {
        return vec![("ok  it verifies, nothing is wrong".to_owned(), Tone::Good)];
    }
    let findings = report.findings.iter();
    findings
        .map(|finding| (format!("! {}", finding.text), Tone::Alert))
        .collect()
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
