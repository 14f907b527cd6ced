//! Prescriptions: a prescriber's or patient's own, and a pharmacy's queue with what was signed beside what was checked.

use jiff::SignedDuration;

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::Query;
use super::super::list::Selection;
use super::super::popup::Popup;
use super::super::rest::Rest;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::theme::Tone;
use super::{Room, pages, split};
use crate::clinical::Role;
use crate::desk::view::{RxLine, RxState, RxView, Stamp};

/// How long the selection rests on a row of the queue before its prescription is fetched and checked.
const REST: SignedDuration = SignedDuration::from_millis(250);

/// The list and the prescription that is looked at.
#[derive(Debug, Default)]
pub struct Prescriptions {
    pub(super) lines: Vec<RxLine>,
    pub(super) selection: Selection,
    detail: Option<RxView>,
    finished: bool,
    /// What is done with the selected prescription once it has come.
    then: Option<Then>,
    /// Resting on a row of the queue looks at it.
    pub(super) rest: Rest,
    /// Whether this is a prescriber's or patient's list, and no pharmacy's queue.
    own: bool,
    /// The prescription to select once the list has come.
    wanted: Option<String>,
}

/// What waits for a prescription that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Handing it over.
    Dispense,
    /// Answering the pharmacist.
    Answer,
    /// Reading it on a page.
    Read,
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
pub(super) fn waits(state: RxState) -> bool {
    matches!(state, RxState::Signed | RxState::DispensedInPart)
}

impl Prescriptions {
    pub(super) fn shown(&self) -> Vec<&RxLine> {
        let mut lines: Vec<&RxLine> = self
            .lines
            .iter()
            .filter(|line| self.finished || !is_final(line.state))
            .collect();
        // What waits comes first, the longest waiting at the top; before it, in a prescriber's list, what waits for the prescriber.
        let asked = |state| self.own && state == RxState::Held;
        lines.sort_by_key(|line| (!asked(line.state), !waits(line.state), line.signed));
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

    pub(super) fn selected(&self) -> Option<&RxLine> {
        let shown = self.shown();
        self.selection.at(shown.len()).map(|at| shown[at])
    }

    /// The detail of the selected line, once it has come.
    pub(super) fn current(&self) -> Option<&RxView> {
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

    pub(super) fn is_queue(shell: &Shell) -> bool {
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
            self.then = Some(Then::Dispense);
            self.look(shell);
        }
    }

    /// Answers the pharmacist. **Nobody answers a question that is not on the screen**: it is fetched first.
    fn answer(&mut self, shell: &mut Shell) {
        let Some(line) = self.selected() else { return };
        if line.state != RxState::Held {
            let state = line.state;
            shell.say(format!("no question is open: it is {state}"), Tone::Warn);
            return;
        }
        let Some(rx) = self.current() else {
            self.then = Some(Then::Answer);
            self.look(shell);
            return;
        };
        let held = rx.events.iter().rev().find(|event| event.event == "held");
        let who = rx.line.name.as_deref().unwrap_or(&rx.line.mrn);
        let mut what = format!("{}  {who}", rx.line.medicine);
        if let Some(held) = held {
            let reason = held.reason.as_deref().unwrap_or("no question was written");
            what = format!("{what}\n{} asks: {reason}", held.by);
        }
        Task::AnswerRx {
            rx: rx.line.rx.clone(),
            what,
        }
        .begin(shell);
    }

    fn read(&mut self, shell: &mut Shell) {
        if let Some(rx) = self.current() {
            let page = pages::rx(rx);
            shell.push(Popup::Page(page));
        } else {
            self.then = Some(Then::Read);
            self.look(shell);
        }
    }
}

impl Room for Prescriptions {
    fn enter(&mut self, shell: &mut Shell) {
        self.detail = None;
        self.own = !Self::is_queue(shell);
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
            Action::RxAnswer => self.answer(shell),
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
                    self.then = None;
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
                let known = |lines: Vec<&RxLine>| -> Vec<String> {
                    lines.into_iter().map(|line| line.rx.clone()).collect()
                };
                let before = known(self.shown());
                self.lines.clone_from(lines);
                let now = known(self.shown());
                let place = |rx: &String| now.iter().position(|now| now == rx);
                if !self.selection.follow(&before, place) {
                    // What was asked for about the one that is gone is not done with its neighbour.
                    self.then = None;
                }
                self.select_wanted(shell);
                if Self::is_queue(shell) {
                    self.look(shell);
                }
            }
            Reply::Rx(rx) => {
                let then = self.then.take();
                self.detail = Some((**rx).clone());
                match then.filter(|_| self.current().is_some()) {
                    Some(Then::Dispense) => self.dispense(shell),
                    Some(Then::Answer) => self.answer(shell),
                    Some(Then::Read) => shell.push(Popup::Page(pages::rx(rx))),
                    None => {}
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
