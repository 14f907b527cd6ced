//! One of several, narrowed by typing: the palette, and questions such as what to write.

use super::super::action::{Action, TABLE};
use super::super::canvas::Canvas;
use super::super::draft;
use super::super::filter::Filter;
use super::super::key::Key;
use super::super::list::Selection;
use super::super::pane::Pane;
use super::super::shell::{Errand, Shell};
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::{After, Popup};
use crate::desk::view::{Draft, Stamp};

/// What a row of the menu does.
#[derive(Debug, Clone)]
pub enum Choice {
    /// An action, as if its key had been pressed.
    Do(Action),
    /// Something to fill in.
    Begin(Task),
    /// A query to run.
    Search(String),
    /// A draft to go on with.
    Resume(Draft),
    /// A draft to throw away, and what to begin then.
    Discard(Draft, Option<Box<Task>>),
}

/// One row.
#[derive(Debug, Clone)]
pub struct MenuRow {
    /// What it says.
    pub label: String,
    /// What stands at the right: its keys.
    pub note: String,
    /// What it does.
    pub choice: Choice,
}

/// Rows to choose from.
#[derive(Debug)]
pub struct Menu {
    title: String,
    filter: Filter,
    rows: Vec<MenuRow>,
    selection: Selection,
}

impl Menu {
    /// A menu of these rows.
    pub fn new(title: impl Into<String>, rows: Vec<MenuRow>) -> Self {
        Self {
            title: title.into(),
            filter: Filter::default(),
            rows,
            selection: Selection::default(),
        }
    }

    /// Every action that may be done here, by its name.
    pub fn palette(shell: &Shell, contexts: &[super::super::action::Context]) -> Self {
        let rows = TABLE
            .iter()
            .filter(|row| {
                contexts.contains(&row.context) && row.need.met(shell.role(), shell.look.kiosk)
            })
            .filter_map(|row| {
                Some(MenuRow {
                    label: shell.describes(row)?,
                    note: shell.look.keymap.shown(row.action).unwrap_or_default(),
                    choice: Choice::Do(row.action),
                })
            })
            .collect();
        Self::new("Do", rows)
    }

    /// The rows that hold every word typed, and the row whose number was typed.
    fn matching(&self) -> Vec<&MenuRow> {
        let typed = self.filter.followed().trim().to_lowercase();
        if let Some(row) = typed
            .parse::<usize>()
            .ok()
            .and_then(|n| self.rows.get(n.checked_sub(1)?))
        {
            return vec![row];
        }
        let words: Vec<&str> = typed.split_whitespace().collect();
        self.rows
            .iter()
            .filter(|row| {
                words
                    .iter()
                    .all(|word| row.label.to_lowercase().contains(word))
            })
            .collect()
    }

    pub(super) fn act(mut self, action: Action, shell: &mut Shell) -> After {
        self.followed();
        let len = self.matching().len();
        match action {
            Action::Submit | Action::Finish => {
                let chosen = self
                    .selection
                    .at(len)
                    .map(|at| self.matching()[at].choice.clone());
                match chosen {
                    Some(Choice::Do(action)) => return After::Do(action),
                    Some(Choice::Begin(task)) => {
                        task.begin(shell);
                        return After::Close;
                    }
                    Some(Choice::Search(query)) => {
                        shell.go(Pane::Search, Some(Errand::Query(query)));
                        return After::Close;
                    }
                    Some(Choice::Resume(draft)) => {
                        Task::resume(&draft, shell);
                        return After::Close;
                    }
                    Some(Choice::Discard(draft, then)) => {
                        // Keys typed ahead of the offer must not throw anything away.
                        shell.push(Popup::Confirm(draft::throw_away(draft, then, shell.now)));
                        return After::Close;
                    }
                    None => {}
                }
            }
            Action::NextField => {
                self.selection.act(Action::Down, len);
            }
            Action::PreviousField => {
                self.selection.act(Action::Up, len);
            }
            Action::Leave => return After::Close,
            _ => {}
        }
        After::Keep(Popup::Menu(self))
    }

    pub(super) fn press(&mut self, key: Key, now: Stamp) {
        self.filter.press(key, now);
    }

    pub(super) fn paste(&mut self, pasted: &str, now: Stamp) {
        self.filter.field().paste(pasted);
        self.filter.typed(now);
    }

    pub(super) fn due(&self) -> Option<Stamp> {
        self.filter.due()
    }

    pub(super) fn tick(&mut self, now: Stamp) {
        if self.filter.tick(now) {
            self.selection.select(0);
        }
    }

    /// Lets the rows follow what was typed, where they do not yet.
    fn followed(&mut self) {
        if self.filter.settle() {
            self.selection.select(0);
        }
    }

    pub(super) fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let rows = self.matching();
        let mut inside = super::frame(canvas, &self.title, 70, self.rows.len() as u16 + 2);
        let width = inside.width();
        let x = inside.put(0, 0, "> ", Tone::Muted);
        self.filter
            .draw(&mut inside, x, 0, width.saturating_sub(x), true);
        if rows.is_empty() {
            inside.put(0, 2, "nothing is called that", Tone::Muted);
        }
        let mut list = inside.below(2);
        let selected = self.selection.at(rows.len());
        let window = self.selection.window(rows.len(), list.height());
        for (y, at) in window.enumerate() {
            let row = rows[at];
            let number = self
                .rows
                .iter()
                .position(|r| std::ptr::eq(r, row))
                .map_or(0, |n| n + 1);
            let y = y as u16;
            let note = text::width(&row.note) as u16;
            list.put(0, y, &text::right(&number.to_string(), 2), Tone::Muted);
            list.put_within(4, y, width.saturating_sub(note + 6), &row.label, Tone::Text);
            list.put_right(width, y, &row.note, Tone::Key);
            if Some(at) == selected {
                list.row(y, Tone::Selected);
                if shell.look.plain {
                    list.put(3, y, ">", Tone::Selected);
                }
            }
        }
    }
}
