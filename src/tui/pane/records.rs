//! Charts: the list, and the chart that is open. **Moving along the list opens nothing**: a look at a chart is
//! recorded, so it takes Enter.

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::field::{Field, Shown};
use super::super::list::Selection;
use super::super::popup::{Choice, Menu, MenuRow, Popup};
use super::super::shell::{Shell, workplaces};
use super::super::task::{Amends, Task};
use super::super::text;
use super::super::theme::Tone;
use super::chart::OpenChart;
use super::{Room, pages, split};
use crate::clinical::Role;
use crate::desk::view::{ChartLine, EntryView};

/// The list of charts and the open one.
#[derive(Debug)]
pub struct Records {
    charts: Vec<ChartLine>,
    filter: Field,
    filtering: bool,
    selection: Selection,
    open: Option<OpenChart>,
    /// Whether the chart has the keys, and not the list.
    inside: bool,
    /// The chart that was asked for.
    wanted: Option<String>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            charts: Vec::new(),
            filter: Field::new(Shown::Plain),
            filtering: false,
            selection: Selection::default(),
            open: None,
            inside: false,
            wanted: None,
        }
    }
}

impl Records {
    /// Opens a chart by its number.
    pub fn open(&mut self, mrn: String, shell: &mut Shell) {
        shell.say("opening the chart …", Tone::Muted);
        self.wanted = Some(mrn.clone());
        shell.ask(Query::Chart { mrn });
    }

    /// The charts that the filter leaves.
    fn shown(&self) -> Vec<&ChartLine> {
        let words: Vec<String> = self
            .filter
            .text()
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let fits = |chart: &&ChartLine| {
            let name = chart.name.to_lowercase();
            words
                .iter()
                .all(|word| name.contains(word.as_str()) || chart.mrn.contains(word.as_str()))
        };
        self.charts.iter().filter(fits).collect()
    }

    fn selected_mrn(&self) -> Option<String> {
        let shown = self.shown();
        self.selection
            .at(shown.len())
            .map(|at| shown[at].mrn.clone())
    }

    /// The chart that an act is about: the open one, else the selected one.
    fn mrn(&self) -> Option<String> {
        match &self.open {
            Some(open) if self.inside => Some(open.view.mrn.clone()),
            _ => self.selected_mrn(),
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
        match (self.filtering, self.inside) {
            (true, _) => vec![Context::Typing],
            (_, true) => vec![Context::Chart, Context::List],
            _ => vec![Context::Charts, Context::List],
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.filtering.then_some(&mut self.filter)
    }

    fn typing(&self) -> bool {
        self.filtering
    }

    fn typed(&mut self, _shell: &mut Shell) {
        self.selection.select(0);
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        if self.inside && !self.filtering {
            self.act_in_chart(action, shell);
            return;
        }
        let len = self.shown().len();
        match action {
            Action::Filter => self.filtering = true,
            Action::Leave => {
                self.filter.clear();
                self.filtering = false;
            }
            Action::NextField => {
                self.selection.act(Action::Down, len);
            }
            Action::PreviousField => {
                self.selection.act(Action::Up, len);
            }
            Action::Submit | Action::Finish | Action::Open => {
                self.filtering = false;
                if let Some(mrn) = self.selected_mrn() {
                    match &self.open {
                        Some(open) if open.view.mrn == mrn => self.inside = true,
                        _ => self.open(mrn, shell),
                    }
                }
            }
            Action::Back => self.filter.clear(),
            Action::RequestAccess => Task::Request { mrn: None }.begin(shell),
            Action::BreakGlass => Task::BreakGlass { mrn: None }.begin(shell),
            Action::NameAttending => {
                let shown = self.shown();
                let Some(chart) = self.selection.at(shown.len()).map(|at| shown[at]) else {
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
                self.selection.act(action, len);
            }
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        match reply {
            Reply::Charts(charts) => {
                self.charts.clone_from(charts);
                // A patient has one chart and came to see it.
                if shell.role() == Some(Role::Patient) && self.open.is_none() && charts.len() == 1 {
                    self.open(charts[0].mrn.clone(), shell);
                }
            }
            Reply::Chart(view) => {
                match &mut self.open {
                    Some(open) if open.view.mrn == view.mrn => open.view = (**view).clone(),
                    _ => self.open = Some(OpenChart::new((**view).clone())),
                }
                if self.wanted.take().is_some() {
                    shell.said = None;
                    self.inside = true;
                    let at = self.shown().iter().position(|chart| chart.mrn == view.mrn);
                    if let Some(at) = at {
                        self.selection.select(at);
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
                self.render_list(shell, &mut canvas.part(0, 0, left, height));
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
                _ => self.render_list(shell, canvas),
            },
        }
    }

    fn keys(&self, _shell: &Shell) -> Vec<Action> {
        match (self.filtering, self.inside) {
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

impl Records {
    fn render_list(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let shown = self.shown();
        let width = canvas.width();
        let has_keys = !self.inside;
        if self.filtering || !self.filter.is_empty() {
            let x = canvas.put(1, 0, "/ ", Tone::Key);
            let count = format!(" {} of {} ", shown.len(), self.charts.len());
            let from = canvas.put_right(width, 0, &count, Tone::Muted);
            self.filter
                .draw(canvas, x, 0, from.saturating_sub(x), self.filtering);
        } else {
            let heading = match (self.charts.len(), shell.waits_for(Topic::Charts)) {
                (0, true) => "reading …".to_owned(),
                (1, _) => "1 chart".to_owned(),
                (n, _) => format!("{n} charts"),
            };
            canvas.put(
                1,
                0,
                &heading,
                if has_keys { Tone::Title } else { Tone::Heading },
            );
            canvas.put_right(width.saturating_sub(1), 0, "/ filter", Tone::Muted);
        }
        let wide = width >= 56;
        let selected = self.selection.at(shown.len());
        let height = canvas.height().saturating_sub(1);
        let mut list = canvas.part(0, 1, u16::MAX, height);
        for (y, at) in self
            .selection
            .window(shown.len(), list.height())
            .enumerate()
        {
            let chart = shown[at];
            let y = y as u16;
            let mrn = text::width(&chart.mrn) as u16;
            list.put_right(width.saturating_sub(1), y, &chart.mrn, Tone::Muted);
            let mut room = width.saturating_sub(mrn + 5);
            if wide {
                let born = chart.birth_date.as_deref().unwrap_or("");
                list.put_right(width.saturating_sub(mrn + 3), y, born, Tone::Muted);
                room = room.saturating_sub(13);
            }
            let mark = if chart.deceased { " †" } else { "" };
            let name = text::cut(
                &chart.name,
                usize::from(room).saturating_sub(mark.len().min(2)),
            );
            list.put_within(3, y, room, &format!("{name}{mark}"), Tone::Text);
            if Some(at) == selected {
                list.put(1, y, if shell.look.plain { ">" } else { " " }, Tone::Text);
                list.row(
                    y,
                    if has_keys {
                        Tone::Selected
                    } else {
                        Tone::SelectedQuiet
                    },
                );
                if shell.look.plain && has_keys && !self.filtering {
                    list.cursor(0, y);
                }
            }
        }
    }
}
