//! The jobs of the admin pane: holding, stopping, opening and saving them, and the reports of verifications that the host keeps.

use super::super::action::Action;
use super::super::backend::Report;
use super::super::canvas::Canvas;
use super::super::command::{Act, JobKind, Query};
use super::super::popup::{Confirm, Consent, Page, Popup};
use super::super::report;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::Admin;
use super::admin::Tab;
use crate::desk::view::{Incident, Stamp, VerifyLine, VerifyReport};

/// Kept reports in sight at once.
const IN_SIGHT: usize = 5;

/// What a report of a verification is called on the screen.
const REPORT: &str = "Verification";

/// Incidents in sight at once.
const INCIDENTS: usize = 3;

/// Their lines in a question.
const LINES: usize = 7;

/// When, what kind, and where.
fn incident_line(incident: &Incident, shell: &Shell) -> String {
    let at = when::short(incident.at, shell.now);
    let kind = incident.kind.as_str();
    format!("{at} backup {kind}, {}", incident.target)
}

impl Admin {
    /// The kept report that is selected.
    fn kept(&self, shell: &Shell) -> Option<&VerifyLine> {
        let at = self.selected(shell)?;
        self.verifications.get(at.checked_sub(shell.jobs.len())?)
    }

    /// Takes the reports that the host keeps; the selection stays on its job or report.
    pub(super) fn take_verifications(&mut self, kept: &[VerifyLine], shell: &Shell) {
        let jobs = shell.jobs.len();
        let places = |kept: &[VerifyLine]| -> Vec<Result<usize, Stamp>> {
            let reports = kept.iter().map(|line| Err(line.at));
            (0..jobs).map(Ok).chain(reports).collect()
        };
        let before = places(&self.verifications);
        self.verifications = kept.to_vec();
        let now = places(kept);
        self.selections[Tab::Jobs as usize]
            .follow(&before, |row| now.iter().position(|now| now == row));
    }

    pub(super) fn open_job(&self, at: usize, shell: &mut Shell) {
        if let Some(kept) = self.kept(shell) {
            let at = kept.at;
            return shell.ask(Query::Verification { at });
        }
        let Some(job) = shell.jobs.get(at) else {
            return;
        };
        let page = match &job.end {
            Some((_, Ok(report))) => Page::new(job.title, report::lines(report)),
            Some((_, Err(failure))) => Page::failure(failure),
            None => return,
        };
        shell.push(Popup::Page(page));
    }

    pub(super) fn show_report(report: &VerifyReport, shell: &mut Shell) {
        let lines = report::lines(&Report::Verify(Box::new(report.clone())));
        shell.push(Popup::Page(Page::new(REPORT, lines)));
    }

    /// Asks what must be known before work with the repository begins.
    pub(super) fn repository(action: Action, shell: &mut Shell) {
        let threshold = shell
            .status
            .as_ref()
            .map_or(0, |status| status.share_threshold);
        match action {
            Action::VerifyBackup => Task::VerifyBackup.begin(shell),
            Action::Restore => Task::Restore { threshold }.begin(shell),
            Action::Drill => Task::Drill { threshold }.begin(shell),
            _ => shell.push(Popup::Confirm(Confirm {
                title: "Prune the backup".to_owned(),
                text: "What no snapshot needs any more is marked; what was marked a week ago is deleted. Which snapshots stay, `chartseal backup forget` says."
                    .to_owned(),
                command: "chartseal backup prune".to_owned(),
                consent: Consent::Start(JobKind::Prune),
            })),
        }
    }

    /// Shows what went wrong in backups. A yes says that it was seen.
    pub(super) fn see_incidents(shell: &mut Shell) {
        let Some(newest) = shell.incidents().first().map(|incident| incident.at) else {
            shell.say("nothing went wrong in backups", Tone::Muted);
            return;
        };
        let mut lines: Vec<String> = Vec::new();
        for incident in shell.incidents() {
            lines.push(incident_line(incident, shell));
            lines.extend(incident.what.iter().map(|what| format!("! {what}")));
        }
        if lines.len() > LINES {
            lines.truncate(LINES);
            lines.push("and more: `chartseal backup incidents` shows all".to_owned());
        }
        shell.push(Popup::Confirm(Confirm {
            title: "Say that this was seen".to_owned(),
            text: lines.join("\n"),
            command: "chartseal backup incidents --seen".to_owned(),
            consent: Consent::Act(Act::SeeIncidents { through: newest }),
        }));
    }

    /// Draws what went wrong in backups. Returns the row after it.
    pub(super) fn render_incidents(shell: &Shell, canvas: &mut Canvas<'_>, mut y: u16) -> u16 {
        let incidents = shell.incidents();
        if incidents.is_empty() {
            return y;
        }
        for incident in incidents.iter().take(INCIDENTS) {
            let first = incident.what.first().map_or("", String::as_str);
            let line = format!("! {}: {first}", incident_line(incident, shell));
            canvas.put(1, y, &line, Tone::Alert);
            y += 1;
        }
        if incidents.len() > INCIDENTS {
            let more = format!("{} more", incidents.len() - INCIDENTS);
            canvas.put(3, y, &more, Tone::Muted);
            y += 1;
        }
        y + 1
    }

    pub(super) fn cancel_job(shell: &mut Shell) {
        let running = shell.jobs.iter_mut().find(|job| job.running()).map(|job| {
            job.stopping = true;
            job.id
        });
        match running {
            Some(job) => shell.cancel(job),
            None => shell.say("no job is running", Tone::Muted),
        }
    }

    pub(super) fn pause_job(shell: &mut Shell) {
        let running = shell.jobs.iter().find(|job| job.running());
        match running.map(|job| (job.id, job.can_pause && !job.stopping)) {
            Some((job, true)) => shell.hold(job),
            Some((_, false)) => {
                shell.say(
                    "this job cannot be held: c stops it at a safe place",
                    Tone::Warn,
                );
            }
            None => shell.say("no job is running", Tone::Muted),
        }
    }

    /// Saves the newest finished verification of this screen if it is selected, else the kept one that is.
    pub(super) fn save_report(&self, shell: &mut Shell) {
        let selected = self.selected(shell).filter(|_| self.tab == Tab::Jobs);
        let job = selected.and_then(|at| shell.jobs.get(at));
        if let Some((at, Ok(Report::Verify(report)))) = job.and_then(|job| job.end.as_ref()) {
            let (at, report) = (*at, Some(report.clone()));
            return shell.ask(Query::SaveVerification { at, report });
        }
        match self.kept(shell).filter(|_| self.tab == Tab::Jobs) {
            Some(kept) => {
                let at = kept.at;
                shell.ask(Query::SaveVerification { at, report: None });
            }
            None => shell.say("select the report of a verification first", Tone::Warn),
        }
    }

    /// Draws the reports that the host keeps. Returns the row after them.
    pub(super) fn render_verifications(
        &self,
        shell: &Shell,
        canvas: &mut Canvas<'_>,
        mut y: u16,
    ) -> u16 {
        if self.verifications.is_empty() {
            return y;
        }
        canvas.put(1, y, "Verifications", Tone::Heading);
        let selected = self
            .selected(shell)
            .and_then(|at| at.checked_sub(shell.jobs.len()));
        let from = selected.map_or(0, |at| (at + 1).saturating_sub(IN_SIGHT));
        let more = self.verifications.len().saturating_sub(from + IN_SIGHT);
        let rows = self.verifications.iter().enumerate();
        for (at, kept) in rows.skip(from).take(IN_SIGHT) {
            y += 1;
            canvas.put(
                3,
                y,
                &text::left(&when::short(kept.at, shell.now), 12),
                Tone::Muted,
            );
            let entries = format!("{} entries", text::grouped(kept.entries));
            canvas.put(16, y, &text::right(&entries, 18), Tone::Text);
            let took = format!("took {}", when::seconds(kept.seconds));
            canvas.put(37, y, &text::left(&took, 14), Tone::Muted);
            let (word, tone) = if kept.ok {
                ("ok".to_owned(), Tone::Good)
            } else {
                (
                    format!("! {} wrong", text::grouped(kept.findings)),
                    Tone::Alert,
                )
            };
            canvas.put(52, y, &word, tone);
            if selected == Some(at) {
                canvas.row(y, Tone::Selected);
                if shell.look.plain {
                    canvas.cursor(0, y);
                }
            }
        }
        if more > 0 {
            y += 1;
            canvas.put(3, y, &format!("{more} more ↓"), Tone::Muted);
        }
        y + 2
    }
}
