//! Charts: the list, and the chart that is open. **Moving along the list opens nothing**: a look at a chart is
//! recorded, so it takes Enter. And it leaves the open chart: beside the selected name stands that person's chart or none, never
//! another's.

mod changes;
mod list;

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::Query;
use super::super::field::Field;
use super::super::popup::{Choice, Menu, MenuRow, Popup};
use super::super::shell::{Shell, workplaces};
use super::super::task::Task;
use super::super::theme::Tone;
use super::chart::OpenChart;
use super::{Room, pages, split};
use crate::clinical::{Body, Kind, Role};
use crate::desk::view::{Amends, EntryView, Stamp};
use list::ChartList;

/// The narrowest window in which list and chart stand side by side. In a narrower one they take turns: a chart's lines are read to
/// their ends, and the terminal scrolls them by itself ([`super::super::scroll`]), which it cannot beside something that stays.
const BESIDE: u16 = 100;

/// What is said where a chart would stand.
const OPENING: &str = "Enter opens the selected chart; that is recorded.";

/// The list of charts and the open one.
#[derive(Debug, Default)]
pub struct Records {
    list: ChartList,
    open: Option<OpenChart>,
    /// Whether the chart has the keys, and not the list.
    inside: bool,
    /// The chart that was asked for, and the entry to select in it.
    wanted: Option<(String, Option<String>)>,
}

impl Records {
    /// Opens a chart by its number, at an entry of it or on what matters.
    pub fn open(&mut self, mrn: String, entry: Option<String>, shell: &mut Shell) {
        shell.say("opening the chart …", Tone::Muted);
        self.wanted = Some((mrn.clone(), entry));
        shell.ask(Query::Chart { mrn });
    }

    /// The chart that an act is about: the open one, else the selected one.
    fn mrn(&self) -> Option<String> {
        match &self.open {
            Some(open) if self.inside => Some(open.view.mrn.clone()),
            _ => self.list.selected(),
        }
    }

    /// The list follows what was typed: its first row is selected.
    fn followed(&mut self, shell: &mut Shell) {
        self.list.selection.select(0);
        self.leave_others(shell);
    }

    /// Leaves the open chart once the selection is on another.
    fn leave_others(&mut self, shell: &mut Shell) {
        let here = self.list.selected();
        if self
            .open
            .as_ref()
            .is_some_and(|open| here.as_ref() != Some(&open.view.mrn))
        {
            self.open = None;
            shell.glass = None;
        }
    }

    fn entry(&self) -> Option<&EntryView> {
        self.open
            .as_ref()
            .filter(|_| self.inside)
            .and_then(OpenChart::entry)
    }

    fn write_menu(mrn: &str, role: Option<Role>) -> Popup {
        let row = |label: &str, task| MenuRow {
            label: label.to_owned(),
            note: String::new(),
            choice: Choice::Begin(task),
        };
        let mrn = mrn.to_owned();
        let note = Task::Note {
            mrn: mrn.clone(),
            amends: None,
        };
        let vitals = Task::Vitals {
            mrn: mrn.clone(),
            amends: None,
        };
        let mut rows = vec![row("note", note), row("vital signs", vitals)];
        if role == Some(Role::Doctor) {
            let problem = Task::Problem {
                mrn: mrn.clone(),
                amends: None,
            };
            let allergy = Task::Allergy {
                mrn: mrn.clone(),
                amends: None,
            };
            rows.push(row("problem or diagnosis", problem));
            rows.push(row("allergy or intolerance", allergy));
        }
        Popup::Menu(Menu::new(format!("Write  {mrn}"), rows))
    }

    /// Whether the selected entry is of a kind that somebody of this role amends at the screen, and not withdrawn.
    fn amendable(&self, role: Option<Role>) -> bool {
        let entry = self.entry().filter(|entry| entry.retracted.is_none());
        let body = entry.and_then(|entry| entry.typed.as_deref());
        match (role, body) {
            (
                Some(Role::Doctor),
                Some(Body::Note(_) | Body::Vitals(_) | Body::Condition(_) | Body::Allergy(_)),
            )
            | (Some(Role::Nurse), Some(Body::Note(_) | Body::Vitals(_)))
            | (Some(Role::Doctor | Role::Nurse | Role::Registrar), Some(Body::Identity(_))) => true,
            (Some(Role::Patient), Some(Body::Vitals(vitals))) => vitals.self_reported,
            _ => false,
        }
    }

    fn amend(&self, shell: &mut Shell) {
        let Some(entry) = self.entry() else {
            shell.say(
                "select an entry first: timeline, vitals, problems …",
                Tone::Warn,
            );
            return;
        };
        if let Some(why) = changes::closed(entry, shell.role()) {
            shell.say(why, Tone::Warn);
            return;
        }
        if !self.amendable(shell.role()) {
            shell.say(changes::not_amended(entry, shell.role()), Tone::Warn);
            return;
        }
        let (Some(mrn), Some(body)) = (self.mrn(), entry.typed.clone()) else {
            return;
        };
        let kind = body.kind();
        let amends = Amends {
            entry: entry.entry.clone(),
            body,
        };
        if kind == Kind::Identity {
            Task::Correct { mrn, amends }.begin(shell);
            return;
        }
        let amends = Some(amends);
        match kind {
            Kind::Note => Task::Note { mrn, amends }.begin(shell),
            Kind::Vitals => Task::Vitals { mrn, amends }.begin(shell),
            Kind::Condition => Task::Problem { mrn, amends }.begin(shell),
            Kind::Allergy => Task::Allergy { mrn, amends }.begin(shell),
            _ => {}
        }
    }

    fn act_in_chart(&mut self, action: Action, shell: &mut Shell) {
        let Some(open) = &mut self.open else { return };
        match action {
            Action::NextTab => open.turn(1),
            Action::PreviousTab => open.turn(-1),
            Action::Back => {
                self.inside = false;
                self.leave_others(shell);
            }
            Action::Write => shell.push(Self::write_menu(&open.view.mrn, shell.role())),
            Action::Vitals => Task::Vitals {
                mrn: open.view.mrn.clone(),
                amends: None,
            }
            .begin(shell),
            Action::Prescribe => Task::Order {
                mrn: Some(open.view.mrn.clone()),
            }
            .begin(shell),
            Action::Share => Task::Share {
                mrn: open.view.mrn.clone(),
            }
            .begin(shell),
            Action::WhoLooked => shell.ask(Query::WhoLooked {
                mrn: open.view.mrn.clone(),
            }),
            Action::Amend => self.amend(shell),
            Action::Retract => match self.entry() {
                Some(entry) if let Some(why) = changes::not_withdrawn(entry, shell.role()) => {
                    shell.say(why, Tone::Warn);
                }
                Some(entry) => Task::Retract {
                    entry: entry.entry.clone(),
                    headline: entry.headline.clone(),
                }
                .begin(shell),
                None => shell.say("select an entry first", Tone::Warn),
            },
            Action::History => match self.entry() {
                Some(entry) => shell.ask(Query::History {
                    thread: entry.thread.clone(),
                }),
                None => shell.say("select an entry first", Tone::Warn),
            },
            Action::Open => {
                if let Some(entry) = open.entry() {
                    let page = pages::entry(entry);
                    shell.push(Popup::Page(page));
                }
            }
            _ => open.act(action, shell.now),
        }
    }
}

impl Room for Records {
    fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Query::Charts);
        if let Some(open) = &self.open {
            shell.ask(Query::Chart {
                mrn: open.view.mrn.clone(),
            });
        }
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        match (self.list.filtering, self.inside) {
            (true, _) => vec![Context::Typing],
            (_, true) => vec![Context::Chart, Context::List],
            _ => vec![Context::Charts, Context::List],
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.list.filtering.then(|| self.list.filter.field())
    }

    fn typing(&self) -> bool {
        self.list.filtering
    }

    fn typed(&mut self, shell: &mut Shell) {
        self.list.filter.typed(shell.now);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        if self.inside && !self.list.filtering {
            self.act_in_chart(action, shell);
            return;
        }
        if self.list.filter.settle() {
            self.followed(shell);
        }
        let len = self.list.shown().len();
        match action {
            Action::Filter => {
                // A filter is written anew: nobody wants to go on with the last one's letters.
                self.list.following(|list| list.filter.clear());
                self.list.filtering = true;
            }
            Action::Leave => {
                self.list.following(|list| list.filter.clear());
                self.list.filtering = false;
            }
            Action::NextField => {
                self.list.selection.act(Action::Down, len);
                self.leave_others(shell);
            }
            Action::PreviousField => {
                self.list.selection.act(Action::Up, len);
                self.leave_others(shell);
            }
            Action::Submit | Action::Finish | Action::Open => {
                self.list.filtering = false;
                if let Some(mrn) = self.list.selected() {
                    match &self.open {
                        Some(open) if open.view.mrn == mrn => self.inside = true,
                        _ => self.open(mrn, None, shell),
                    }
                }
            }
            Action::Back => self.list.following(|list| list.filter.clear()),
            Action::RequestAccess => Task::Request { mrn: None }.begin(shell),
            Action::BreakGlass => Task::BreakGlass { mrn: None }.begin(shell),
            Action::NameAttending => {
                let shown = self.list.shown();
                let Some(chart) = self.list.selection.at(shown.len()).map(|at| shown[at]) else {
                    return;
                };
                let attends = chart.attending.as_deref().unwrap_or("no attending doctor");
                let who = format!("{}: {attends}", chart.name);
                let mrn = chart.mrn.clone();
                Task::Attend { mrn, who }.begin(shell);
            }
            Action::Admit => {
                let units = shell
                    .seat
                    .as_ref()
                    .map(|seat| {
                        workplaces(&seat.who.units)
                            .into_iter()
                            .map(str::to_owned)
                            .collect()
                    })
                    .unwrap_or_default();
                Task::Admit { units }.begin(shell);
            }
            _ => {
                self.list.selection.act(action, len);
                self.leave_others(shell);
            }
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        match reply {
            Reply::Charts(charts) => {
                self.list.set(charts);
                if !self.inside {
                    self.leave_others(shell);
                }
                // A patient has one chart and came to see it.
                if shell.role() == Some(Role::Patient) && self.open.is_none() && charts.len() == 1 {
                    self.open(charts[0].mrn.clone(), None, shell);
                }
            }
            Reply::Chart(view) => {
                match &mut self.open {
                    Some(open) if open.view.mrn == view.mrn => open.renew((**view).clone()),
                    _ => self.open = Some(OpenChart::new((**view).clone())),
                }
                if let Some((_, entry)) = self.wanted.take() {
                    shell.said = None;
                    self.inside = true;
                    self.list.select(&view.mrn);
                    if let (Some(entry), Some(open)) = (entry, &mut self.open) {
                        open.select(&entry);
                    }
                }
                shell.glass = view
                    .alerts
                    .iter()
                    .any(|alert| alert.check == "break-glass")
                    .then(|| view.mrn.clone());
            }
            Reply::History(versions) => shell.push(Popup::Page(pages::history(versions))),
            Reply::WhoLooked(lines) => shell.push(Popup::Page(pages::who_looked(lines))),
            _ => {}
        }
    }

    fn due(&self) -> Option<Stamp> {
        let open = self.open.as_ref().and_then(OpenChart::due);
        [open, self.list.filter.due()].into_iter().flatten().min()
    }

    fn tick(&mut self, shell: &mut Shell) {
        if self.list.filter.tick(shell.now) {
            self.followed(shell);
        }
        if let Some(open) = &mut self.open {
            open.tick(shell.now);
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let width = canvas.width();
        match split(width, 30).filter(|_| width >= BESIDE) {
            Some(left) => {
                let height = canvas.height();
                self.list
                    .render(shell, &mut canvas.part(0, 0, left, height), !self.inside);
                canvas.part(left, 0, 1, height).upright(0);
                let mut right = canvas.part(left + 1, 0, u16::MAX, height);
                match &self.open {
                    Some(open) => open.render(shell, &mut right, self.inside, false),
                    None => {
                        right.paragraph(1, 1, OPENING, Tone::Muted);
                    }
                }
            }
            None => match &self.open {
                Some(open) if self.inside => open.render(shell, canvas, true, true),
                _ => self.list.render(shell, canvas, !self.inside),
            },
        }
    }

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        match (self.list.filtering, self.inside) {
            (true, _) => vec![Action::Submit, Action::Leave],
            (_, true) => {
                let mut keys = vec![Action::Write, Action::Vitals, Action::Prescribe];
                if self.entry().is_some() {
                    keys.extend([Action::Open, Action::History]);
                }
                // Behind those that stay, so that little of the line changes from entry to entry.
                if self.amendable(shell.role()) {
                    keys.push(Action::Amend);
                }
                keys.extend([
                    Action::WhoLooked,
                    Action::NextTab,
                    Action::Help,
                    Action::Palette,
                ]);
                keys
            }
            _ => {
                let mut keys = Vec::new();
                if self.list.selected().is_some() {
                    keys.extend([Action::Open, Action::Filter, Action::NameAttending]);
                }
                keys.extend([
                    Action::Admit,
                    Action::RequestAccess,
                    Action::BreakGlass,
                    Action::Help,
                    Action::Palette,
                ]);
                keys
            }
        }
    }
}
