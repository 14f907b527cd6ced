//! Charts: the list, and the chart that is open. **Moving along the list opens nothing**: a look at a chart is
//! recorded, so it takes Enter.

mod list;

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::Query;
use super::super::field::Field;
use super::super::popup::{Choice, Menu, MenuRow, Popup};
use super::super::shell::{Shell, workplaces};
use super::super::task::{Amends, Task};
use super::super::theme::Tone;
use super::chart::OpenChart;
use super::{Room, pages, split};
use crate::clinical::Role;
use crate::desk::view::EntryView;
use list::ChartList;

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

    fn entry(&self) -> Option<&EntryView> {
        self.open
            .as_ref()
            .filter(|_| self.inside)
            .and_then(OpenChart::entry)
    }

    fn write_menu(mrn: &str) -> Popup {
        let row = |label: &str, task| MenuRow {
            label: label.to_owned(),
            note: String::new(),
            choice: Choice::Begin(task),
        };
        let mrn = mrn.to_owned();
        Popup::Menu(Menu::new(
            format!("Write  {mrn}"),
            vec![
                row(
                    "note",
                    Task::Note {
                        mrn: mrn.clone(),
                        amends: None,
                    },
                ),
                row(
                    "vital signs",
                    Task::Vitals {
                        mrn: mrn.clone(),
                        amends: None,
                    },
                ),
                row(
                    "problem or diagnosis",
                    Task::Problem {
                        mrn: mrn.clone(),
                        amends: None,
                    },
                ),
                row(
                    "allergy or intolerance",
                    Task::Allergy { mrn, amends: None },
                ),
            ],
        ))
    }

    fn amend(&self, shell: &mut Shell) {
        let Some(entry) = self.entry() else {
            shell.say(
                "select an entry first: timeline, vitals, problems …",
                Tone::Warn,
            );
            return;
        };
        let Some(mrn) = self.mrn() else { return };
        let amends = Some(Amends {
            entry: entry.entry.clone(),
            body: entry.body.clone(),
        });
        match entry.kind.as_str() {
            "note" => Task::Note { mrn, amends }.begin(shell),
            "vitals" => Task::Vitals { mrn, amends }.begin(shell),
            "condition" => Task::Problem { mrn, amends }.begin(shell),
            "allergy" => Task::Allergy { mrn, amends }.begin(shell),
            kind => {
                let kind = kind.to_owned();
                shell.say(
                    format!("a {kind} is not amended here; withdraw it and write it again"),
                    Tone::Warn,
                );
            }
        }
    }

    fn act_in_chart(&mut self, action: Action, shell: &mut Shell) {
        let Some(open) = &mut self.open else { return };
        match action {
            Action::NextTab => open.turn(1),
            Action::PreviousTab => open.turn(-1),
            Action::Back => self.inside = false,
            Action::Write => shell.push(Self::write_menu(&open.view.mrn)),
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
            _ => open.act(action),
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
        self.list.filtering.then_some(&mut self.list.filter)
    }

    fn typing(&self) -> bool {
        self.list.filtering
    }

    fn typed(&mut self, _shell: &mut Shell) {
        self.list.selection.select(0);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        if self.inside && !self.list.filtering {
            self.act_in_chart(action, shell);
            return;
        }
        let len = self.list.shown().len();
        match action {
            Action::Filter => self.list.filtering = true,
            Action::Leave => {
                self.list.filter.clear();
                self.list.filtering = false;
            }
            Action::NextField => {
                self.list.selection.act(Action::Down, len);
            }
            Action::PreviousField => {
                self.list.selection.act(Action::Up, len);
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
            Action::Back => self.list.filter.clear(),
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
            }
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        match reply {
            Reply::Charts(charts) => {
                self.list.set(charts);
                // A patient has one chart and came to see it.
                if shell.role() == Some(Role::Patient) && self.open.is_none() && charts.len() == 1 {
                    self.open(charts[0].mrn.clone(), None, shell);
                }
            }
            Reply::Chart(view) => {
                match &mut self.open {
                    Some(open) if open.view.mrn == view.mrn => open.view = (**view).clone(),
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
            Reply::WhoLooked(lines) => shell.push(Popup::Page(pages::trail("Who looked", lines))),
            _ => {}
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        match split(canvas.width(), 30) {
            Some(left) => {
                let height = canvas.height();
                self.list
                    .render(shell, &mut canvas.part(0, 0, left, height), !self.inside);
                canvas.part(left, 0, 1, height).upright(0);
                let mut right = canvas.part(left + 1, 0, u16::MAX, height);
                match &self.open {
                    Some(open) => open.render(shell, &mut right, self.inside),
                    None => {
                        right.put(
                            1,
                            1,
                            "Enter opens the selected chart; that is recorded.",
                            Tone::Muted,
                        );
                    }
                }
            }
            None => match &self.open {
                Some(open) if self.inside => open.render(shell, canvas, true),
                _ => self.list.render(shell, canvas, !self.inside),
            },
        }
    }

    fn keys(&self, _shell: &Shell) -> Vec<Action> {
        match (self.list.filtering, self.inside) {
            (true, _) => vec![Action::Submit, Action::Leave],
            (_, true) => vec![
                Action::Write,
                Action::Amend,
                Action::Vitals,
                Action::Prescribe,
                Action::History,
                Action::WhoLooked,
                Action::Help,
                Action::Palette,
            ],
            _ => vec![
                Action::Open,
                Action::Filter,
                Action::Admit,
                Action::RequestAccess,
                Action::BreakGlass,
                Action::Help,
                Action::Palette,
            ],
        }
    }
}
