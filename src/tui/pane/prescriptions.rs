//! Prescriptions: a prescriber's or patient's own, and a pharmacy's queue with what was signed beside what was checked.

use jiff::SignedDuration;

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::list::Selection;
use super::super::popup::Popup;
use super::super::rest::Rest;
use super::super::shell::Shell;
use super::super::task::{self, Task};
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::{Room, pages, split};
use crate::clinical::Role;
use crate::desk::view::{RxLine, RxState, RxView, Severity, Stamp};

/// How long the selection rests on a row of the queue before its prescription is fetched and checked.
const REST: SignedDuration = SignedDuration::from_millis(250);

/// The list and the prescription that is looked at.
#[derive(Debug, Default)]
pub struct Prescriptions {
    lines: Vec<RxLine>,
    selection: Selection,
    detail: Option<RxView>,
    finished: bool,
    /// Whether handing over was asked for before the prescription had come.
    hurry: bool,
    /// Resting on a row of the queue looks at it.
    rest: Rest,
    /// Whether the whole prescription was asked for, to be read on a page.
    reading: bool,
    /// The prescription to select once the list has come.
    wanted: Option<String>,
}

/// Whether nothing more will happen to it.
fn is_final(state: RxState) -> bool {
    matches!(
        state,
        RxState::DispensedInFull
            | RxState::Refused
            | RxState::Cancelled
            | RxState::Expired
            | RxState::Recorded
    )
}

/// Whether it waits at a pharmacy's counter.
fn waits(state: RxState) -> bool {
    matches!(state, RxState::Signed | RxState::DispensedInPart)
}

impl Prescriptions {
    fn shown(&self) -> Vec<&RxLine> {
        let mut lines: Vec<&RxLine> = self
            .lines
            .iter()
            .filter(|line| self.finished || !is_final(line.state))
            .collect();
        // What waits comes first, the longest waiting at the top.
        lines.sort_by_key(|line| (!waits(line.state), line.signed));
        lines
    }

    /// Selects a prescription as soon as the list has come, be it finished.
    pub fn show(&mut self, rx: String) {
        self.wanted = Some(rx);
    }

    fn select_wanted(&mut self, shell: &mut Shell) {
        let Some(wanted) = self.wanted.take() else {
            return;
        };
        let place = |lines: &[&RxLine]| lines.iter().position(|line| line.rx == wanted);
        let mut at = place(&self.shown());
        if at.is_none() {
            self.finished = true;
            at = place(&self.shown());
        }
        match at {
            Some(at) => self.selection.select(at),
            None => shell.say("this prescription is not in your list", Tone::Warn),
        }
    }

    fn selected(&self) -> Option<&RxLine> {
        let shown = self.shown();
        self.selection.at(shown.len()).map(|at| shown[at])
    }

    /// The detail of the selected line, once it has come.
    fn current(&self) -> Option<&RxView> {
        let selected = self.selected()?;
        self.detail
            .as_ref()
            .filter(|detail| detail.line.rx == selected.rx)
    }

    fn look(&mut self, shell: &mut Shell) {
        if self.current().is_some() {
            return;
        }
        if let Some(rx) = self.selected().map(|line| line.rx.clone()) {
            shell.ask(Query::Rx { rx });
        }
    }

    fn is_queue(shell: &Shell) -> bool {
        shell.role() == Some(Role::Pharmacist)
    }

    /// Begins a task that names the selected prescription.
    fn about(
        &self,
        shell: &mut Shell,
        fits: impl Fn(RxState) -> bool,
        make: impl Fn(String, String) -> Task,
    ) {
        let Some(line) = self.selected() else { return };
        if !fits(line.state) {
            let state = line.state;
            shell.say(format!("it is {state}"), Tone::Warn);
            return;
        }
        let who = line.name.as_deref().unwrap_or(&line.mrn);
        make(line.rx.clone(), format!("{}  {who}", line.medicine)).begin(shell);
    }

    fn dispense(&mut self, shell: &mut Shell) {
        let Some(state) = self.selected().map(|line| line.state) else {
            return;
        };
        if !waits(state) {
            shell.say(
                format!("it is {state}; there is nothing to hand over"),
                Tone::Warn,
            );
            return;
        }
        if let Some(rx) = self.current().cloned() {
            Task::Dispense { rx: Box::new(rx) }.begin(shell);
        } else {
            self.hurry = true;
            self.look(shell);
        }
    }

    fn read(&mut self, shell: &mut Shell) {
        if let Some(rx) = self.current() {
            let page = pages::rx(rx);
            shell.push(Popup::Page(page));
        } else {
            self.reading = true;
            self.look(shell);
        }
    }
}

impl Room for Prescriptions {
    fn enter(&mut self, shell: &mut Shell) {
        self.detail = None;
        shell.ask(Query::Rxs);
    }

    fn contexts(&self, shell: &Shell) -> Vec<Context> {
        let first = if Self::is_queue(shell) {
            Context::Queue
        } else {
            Context::Orders
        };
        vec![first, Context::List]
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        let open = |state| !is_final(state);
        match action {
            Action::Dispense => self.dispense(shell),
            Action::Hold => self.about(shell, waits, |rx, what| Task::Hold { rx, what }),
            Action::Refuse => self.about(shell, open, |rx, what| Task::RefuseRx { rx, what }),
            Action::RxCancel => self.about(shell, open, |rx, what| Task::CancelRx { rx, what }),
            Action::RxAnswer => self.about(
                shell,
                |state| state == RxState::Held,
                |rx, what| Task::AnswerRx { rx, what },
            ),
            Action::RxNew => Task::Order { mrn: None }.begin(shell),
            Action::RxFinal | Action::QueueFinal => {
                self.finished = !self.finished;
                self.selection.select(0);
            }
            Action::Open => self.read(shell),
            Action::Back => {}
            _ => {
                let len = self.shown().len();
                if self.selection.moves(action, len) {
                    self.detail = None;
                    self.hurry = false;
                    self.reading = false;
                    // Resting on a row is looking at it, and looks are recorded: passing by is not.
                    if Self::is_queue(shell) {
                        self.rest.moved(shell.now, REST);
                    }
                }
            }
        }
    }

    fn due(&self) -> Option<Stamp> {
        self.rest.due()
    }

    fn tick(&mut self, shell: &mut Shell) {
        if self.rest.tick(shell.now) {
            self.look(shell);
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        match reply {
            Reply::Rxs(lines) => {
                self.lines.clone_from(lines);
                self.select_wanted(shell);
                if Self::is_queue(shell) {
                    self.look(shell);
                }
            }
            Reply::Rx(rx) => {
                let reading = std::mem::take(&mut self.reading);
                self.detail = Some((**rx).clone());
                if std::mem::take(&mut self.hurry) {
                    self.dispense(shell);
                } else if reading && self.current().is_some() {
                    shell.push(Popup::Page(pages::rx(rx)));
                }
            }
            _ => {}
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        match split(canvas.width(), 43) {
            Some(left) => {
                let height = canvas.height();
                canvas.part(left, 0, 1, height).upright(0);
                let rows = (self.shown().len() as u16 + 1).min(height * 2 / 5).max(3);
                self.render_list(shell, &mut canvas.part(0, 0, left, rows));
                canvas.part(1, rows, left.saturating_sub(1), 1).rule(0);
                self.render_text(&mut canvas.part(1, rows + 1, left.saturating_sub(2), u16::MAX));
                self.render_checks(shell, &mut canvas.part(left + 2, 0, u16::MAX, height));
            }
            None => self.render_list(shell, canvas),
        }
    }

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        let state = self.selected().map(|line| line.state);
        let mut keys = Vec::new();
        if Self::is_queue(shell) {
            if state.is_some_and(waits) {
                keys.extend([Action::Dispense, Action::Hold]);
            }
            if state.is_some_and(|state| !is_final(state)) {
                keys.push(Action::Refuse);
            }
            keys.push(Action::QueueFinal);
        } else {
            if state.is_some() {
                keys.push(Action::Open);
            }
            // Those that stay come first, so that little of the line changes from row to row.
            keys.extend([Action::RxNew, Action::RxFinal]);
            if state == Some(RxState::Held) {
                keys.push(Action::RxAnswer);
            }
            if state.is_some_and(|state| !is_final(state)) {
                keys.push(Action::RxCancel);
            }
        }
        keys.extend([Action::Help, Action::Palette]);
        keys
    }
}

impl Prescriptions {
    fn render_list(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let shown = self.shown();
        let width = canvas.width();
        let waiting = self.lines.iter().filter(|line| waits(line.state)).count();
        let oldest = self
            .lines
            .iter()
            .filter(|line| waits(line.state))
            .filter_map(|line| line.waiting_minutes)
            .max();
        let queue = Self::is_queue(shell);
        let heading = match (queue, oldest) {
            _ if self.lines.is_empty() && shell.waits_for(Topic::Rxs) => "Reading …".to_owned(),
            (true, Some(minutes)) => format!("Queue · {waiting} waiting, oldest {}", span(minutes)),
            (true, None) => "Queue · nothing waits".to_owned(),
            (false, _) => format!("{} prescriptions", shown.len()),
        };
        canvas.put(1, 0, &heading, Tone::Title);
        let selected = self.selection.at(shown.len());
        let height = canvas.height().saturating_sub(1);
        let mut list = canvas.part(0, 1, u16::MAX, height);
        for (y, at) in self
            .selection
            .window(shown.len(), list.height())
            .enumerate()
        {
            let line = shown[at];
            let y = y as u16;
            let note = match line.waiting_minutes.filter(|_| queue && waits(line.state)) {
                Some(minutes) => span(minutes),
                None => word(line.state).to_owned(),
            };
            let from = list.put_right(width.saturating_sub(1), y, &note, Tone::Muted);
            let mark = match line.worst {
                Some(Severity::Stop) => "!!",
                Some(Severity::CouldNotRun | Severity::Warn) => "! ",
                _ => "  ",
            };
            list.put(0, y, mark, Tone::Alert);
            let x = list.put(
                3,
                y,
                &text::left(&line.mrn, text::width(&line.mrn)),
                Tone::Muted,
            );
            let name = line.name.as_deref().unwrap_or("");
            let room = from.saturating_sub(x + 2);
            let name_room = (room / 2).min(18);
            let x = list.put_within(
                x + 1,
                y,
                name_room,
                &text::left(name, usize::from(name_room)),
                Tone::Text,
            );
            let controlled = line.controlled.as_ref().map(|_| " CD").unwrap_or_default();
            list.put_within(
                x + 1,
                y,
                from.saturating_sub(x + 2),
                &format!("{}{controlled}", line.medicine),
                Tone::Text,
            );
            if Some(at) == selected {
                list.row(y, Tone::Selected);
                if shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
    }

    fn render_text(&self, canvas: &mut Canvas<'_>) {
        let Some(line) = self.selected() else { return };
        let Some(rx) = self.current() else {
            if !self.rest.moves() {
                canvas.put(0, 0, &line.medicine, Tone::Title);
            }
            return;
        };
        let mut y = 0;
        for (at, line) in rx.text.iter().enumerate() {
            y = canvas.paragraph(0, y, line, if at == 0 { Tone::Title } else { Tone::Text });
        }
        y += 1;
        let signed = rx.line.signed.map(when::full).unwrap_or_default();
        for (label, value) in [
            ("signed", format!("{}  {signed}", rx.line.prescriber)),
            ("key", rx.key.clone().unwrap_or_default()),
            ("ledger", text::grouped(rx.seq)),
        ] {
            canvas.put(0, y, label, Tone::Muted);
            canvas.put(8, y, &value, Tone::Text);
            y += 1;
        }
    }

    fn render_checks(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let Some(line) = self.selected() else { return };
        canvas.put(0, 0, "CHECKS", Tone::Title);
        let Some(rx) = self.current() else {
            let line = if shell.waits_for(Topic::Rx) {
                "checking …"
            } else if self.rest.moves() {
                "…"
            } else {
                "Enter checks and shows it"
            };
            canvas.put(0, 1, line, Tone::Muted);
            return;
        };
        let mut y = 1;
        let columns = usize::from(canvas.width().saturating_sub(1));
        for (line, tone) in rx
            .checks
            .iter()
            .flat_map(|check| task::checked(check, columns))
        {
            canvas.put(0, y, &line, tone);
            y += 1;
        }
        if line.worst == Some(Severity::Stop) {
            canvas.paragraph(
                0,
                y + 1,
                "A STOP needs a reason and your signature, or goes back.",
                Tone::Alert,
            );
        }
    }
}

/// The state in a word that leaves room for the medicine.
fn word(state: RxState) -> &'static str {
    match state {
        RxState::DispensedInPart => "in part",
        RxState::DispensedInFull => "in full",
        other => other.as_str(),
    }
}

fn span(minutes: u64) -> String {
    match minutes {
        0..60 => format!("{minutes} min"),
        60..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}
