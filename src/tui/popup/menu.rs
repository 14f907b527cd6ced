//! One of several, narrowed by typing: the palette, and questions such as what to write.

use super::super::action::{Action, Context, Row, TABLE};
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

/// Columns kept for the number of rows below the window.
const MORE: u16 = 9;

/// Whether each of the words typed stands in what a row says, or in the name of its action.
fn is_called(typed: &str, label: &str, action: Option<&Row>) -> bool {
    let label = label.to_lowercase();
    let name = action.map_or(["", ""], |row| [row.name, row.short]);
    let mut words = typed.split_whitespace();
    words.all(|word| label.contains(word) || name.iter().any(|name| name.contains(word)))
}

/// Where the keys of a context count, for whoever looks for one elsewhere.
fn place(context: Context) -> Option<&'static str> {
    Some(match context {
        Context::Charts => "in Records, in the list of charts",
        Context::Chart => "in an open chart",
        Context::Orders | Context::Queue => "in Prescriptions",
        Context::Shelf => "in Pharmacy",
        Context::Search => "in Search",
        Context::Inbox => "in Inbox",
        Context::Admin => "in Admin",
        _ => return None,
    })
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

    /// Every action that may be done here, by what it does or by its name.
    pub fn palette(shell: &Shell, contexts: &[Context]) -> Self {
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
        let action = |choice: &Choice| match choice {
            Choice::Do(action) => Some(action.row()),
            _ => None,
        };
        let called = |row: &&MenuRow| is_called(&typed, &row.label, action(&row.choice));
        self.rows.iter().filter(called).collect()
    }

    /// What is called so in another place, with its key and that place, where this is the palette.
    fn elsewhere(&self, shell: &Shell) -> Option<String> {
        let typed = self.filter.followed().trim().to_lowercase();
        let palette = matches!(self.rows.first()?.choice, Choice::Do(_));
        TABLE
            .iter()
            .filter(|row| palette && row.need.met(shell.role(), shell.look.kiosk))
            .filter_map(|row| Some((row, place(row.context)?)))
            .find(|(row, _)| is_called(&typed, row.description, Some(row)))
            .map(|(row, place)| {
                let key = shell.look.keymap.shown(row.action).unwrap_or_default();
                format!("not here, but {place}: {}, {key}", row.description)
            })
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
        let height = inside.height().saturating_sub(2);
        let window = self.selection.window(rows.len(), height);
        let more = rows.len() - window.end;
        if more > 0 {
            inside.put_right(width, 0, &format!("{more} more"), Tone::Muted);
        }
        let kept = if self.rows.len() > usize::from(height) {
            MORE
        } else {
            0
        };
        let room = width.saturating_sub(x + kept);
        self.filter.draw(&mut inside, x, 0, room, true);
        if rows.is_empty() {
            let elsewhere = self.elsewhere(shell);
            let line = elsewhere.as_deref().unwrap_or("nothing is called that");
            inside.below(2).paragraph(0, 0, line, Tone::Muted);
        }
        let mut list = inside.below(2);
        let selected = self.selection.at(rows.len());
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
