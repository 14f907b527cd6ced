//! A query, what it finds, and why it does not.

use super::super::action::{Action, Context};
use super::super::backend::{Failure, Reply};
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::field::{Field, Shown};
use super::super::list::Selection;
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::{Pane, Room};
use crate::desk::view::SearchAnswer;

/// The query line and its results.
#[derive(Debug)]
pub struct Search {
    query: Field,
    editing: bool,
    asked: String,
    answer: Option<SearchAnswer>,
    wrong: Option<Failure>,
    selection: Selection,
    recent: Vec<String>,
    recall: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            query: Field::new(Shown::Plain),
            editing: true,
            asked: String::new(),
            answer: None,
            wrong: None,
            selection: Selection::default(),
            recent: Vec::new(),
            recall: 0,
        }
    }
}

impl Search {
    /// A query that could not be answered, with the reason.
    pub fn failed(&mut self, failure: Failure) {
        self.wrong = Some(failure);
        self.answer = None;
        self.editing = true;
    }

    fn len(&self) -> usize {
        self.answer
            .as_ref()
            .map_or(0, |answer| answer.results.len())
    }

    fn run(&mut self, shell: &mut Shell) {
        let query = self.query.text().trim().to_owned();
        if query.is_empty() {
            return;
        }
        self.asked.clone_from(&query);
        self.wrong = None;
        self.recent.retain(|known| *known != query);
        self.recent.insert(0, query.clone());
        self.recent.truncate(20);
        self.recall = 0;
        shell.ask(Query::Search { query });
    }

    fn open(&self, shell: &mut Shell) {
        let hit = self
            .answer
            .as_ref()
            .and_then(|answer| Some(&answer.results[self.selection.at(answer.results.len())?]));
        if let Some(hit) = hit {
            let has = shell
                .role()
                .is_some_and(|role| Pane::of(role).contains(&Pane::Records));
            if has {
                shell.go(Pane::Records, Some(hit.mrn.clone()));
            } else {
                shell.say("your role opens prescriptions, not charts", Tone::Warn);
            }
        }
    }
}

impl Room for Search {
    fn enter(&mut self, _shell: &mut Shell) {
        self.editing = true;
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        if self.editing {
            vec![Context::Typing]
        } else {
            vec![Context::Search, Context::List]
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.editing.then_some(&mut self.query)
    }

    fn typing(&self) -> bool {
        self.editing
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        let len = self.len();
        match action {
            Action::Submit | Action::Finish
                if self.query.text().trim() == self.asked && len > 0 =>
            {
                self.open(shell);
            }
            Action::Submit | Action::Finish => self.run(shell),
            Action::NextField => {
                self.selection.act(Action::Down, len);
            }
            Action::PreviousField => {
                self.selection.act(Action::Up, len);
            }
            Action::Complete => {
                if let Some(query) = self.recent.get(self.recall).cloned() {
                    self.query.set(&query);
                    self.recall = (self.recall + 1) % self.recent.len();
                }
            }
            Action::Leave => self.editing = false,
            Action::EditQuery | Action::Back => self.editing = true,
            Action::Open => self.open(shell),
            _ => {
                self.selection.act(action, len);
            }
        }
    }

    fn changed(&mut self, _shell: &mut Shell) {}

    fn loaded(&mut self, reply: &Reply, _shell: &mut Shell) {
        if let Reply::Search(answer) = reply {
            self.answer = Some((**answer).clone());
            self.selection = Selection::default();
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let width = canvas.width();
        self.query
            .draw(canvas, 1, 0, width.saturating_sub(2), self.editing);
        if self.query.is_empty() && !self.editing {
            canvas.put(1, 0, "/ to write a query", Tone::Muted);
        }
        let line = match (&self.wrong, &self.answer) {
            (Some(failure), _) => (format!("! {}", failure.message), Tone::Alert),
            _ if shell.waits_for(Topic::Search) => ("searching …".to_owned(), Tone::Muted),
            (_, Some(answer)) => (summary(answer), Tone::Muted),
            _ => (
                "words, \"a phrase\", dx:I10, bp>160/100, rx:amlodipine, since:t-3m, -not"
                    .to_owned(),
                Tone::Muted,
            ),
        };
        canvas.put(1, 1, &line.0, line.1);
        if let Some(hint) = self
            .wrong
            .as_ref()
            .and_then(|failure| failure.hint.as_ref())
        {
            canvas.below(3).paragraph(1, 0, hint, Tone::Text);
            return;
        }
        canvas.rule(2);
        let Some(answer) = &self.answer else { return };
        let preview = if canvas.height() > 12 { 4 } else { 0 };
        let height = canvas.height().saturating_sub(4 + preview);
        let narrow = width < 60;
        let heading = if narrow {
            " chart                what"
        } else {
            "   when         chart                     what        matched"
        };
        canvas.put(0, 3, heading, Tone::Muted);
        let selected = self.selection.at(answer.results.len());
        let mut list = canvas.part(0, 4, u16::MAX, height);
        for (y, at) in self
            .selection
            .window(answer.results.len(), list.height())
            .enumerate()
        {
            let hit = &answer.results[at];
            let y = y as u16;
            if narrow {
                list.put(1, y, &text::left(&hit.name, 20), Tone::Text);
                list.put(22, y, &hit.kind, Tone::Muted);
            } else {
                list.put(
                    3,
                    y,
                    &text::left(&when::short(hit.created, shell.now), 12),
                    Tone::Muted,
                );
                list.put(16, y, &text::left(&hit.name, 25), Tone::Text);
                list.put(42, y, &text::left(&hit.kind, 11), Tone::Muted);
                list.put(54, y, &hit.snippet, Tone::Text);
            }
            if Some(at) == selected {
                list.row(
                    y,
                    if self.editing {
                        Tone::SelectedQuiet
                    } else {
                        Tone::Selected
                    },
                );
                if !self.editing && shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
        if preview > 0
            && let Some(hit) = selected.map(|at| &answer.results[at])
        {
            let top = canvas.height() - preview;
            let mut lower = canvas.below(top);
            lower.rule(0);
            let x = lower.put(1, 1, &hit.name, Tone::Title);
            let x = lower.put(x + 2, 1, &hit.mrn, Tone::Muted);
            let x = lower.put(
                x + 3,
                1,
                &format!("{} by {}", hit.kind, hit.author),
                Tone::Text,
            );
            let (word, tone) = if hit.verified {
                ("signed ok", Tone::Good)
            } else {
                ("! signature bad", Tone::Alert)
            };
            lower.put(x + 2, 1, word, tone);
            lower.put_right(
                width.saturating_sub(1),
                1,
                &when::short(hit.created, shell.now),
                Tone::Muted,
            );
            lower.paragraph(1, 2, &hit.snippet, Tone::Text);
        }
    }

    fn keys(&self, _shell: &Shell) -> Vec<Action> {
        if self.editing {
            vec![
                Action::Submit,
                Action::Complete,
                Action::Leave,
                Action::TypingHelp,
            ]
        } else {
            vec![
                Action::Open,
                Action::EditQuery,
                Action::Help,
                Action::Palette,
            ]
        }
    }
}

fn summary(answer: &SearchAnswer) -> String {
    let least = if answer.exact { "" } else { "at least " };
    let took = if answer.micros < 1000 {
        format!("{} µs", answer.micros)
    } else {
        format!("{:.1} ms", answer.micros as f64 / 1000.0)
    };
    let uncovered = match answer.uncovered {
        0 => String::new(),
        n => format!(" · {} entries not indexed yet", text::grouped(n)),
    };
    let entries = if answer.total == 1 {
        "entry"
    } else {
        "entries"
    };
    let charts = if answer.charts == 1 {
        "chart"
    } else {
        "charts"
    };
    format!(
        "{least}{} {entries} in {} {charts} · {took} · sealed index, nothing else was opened{uncovered}",
        text::grouped(answer.total),
        answer.charts
    )
}
