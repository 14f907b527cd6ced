//! Popups: a stack of which the top one takes the keys.
//!
//! All are drawn from the bottom up; Esc closes the top one; locking clears the stack.

mod confirm;
mod form;
mod form_view;
mod help;
mod menu;
mod note;
mod page;

use crossterm::event::KeyEvent;

pub use confirm::{Confirm, Consent};
pub use form::{Entry, Form, Wrong};
pub use help::help;
pub use menu::{Choice, Menu, MenuRow};
pub use note::Note;
pub use page::Page;

use super::action::{Action, Context};
use super::backend::Failure;
use super::canvas::Canvas;
use super::key::Key;
use super::shell::Shell;
use super::task::Task;
use super::text;
use super::theme::Tone;
use crate::desk::view::{Draft, Stamp};

/// One popup.
#[derive(Debug)]
pub enum Popup {
    /// Yes or no.
    Confirm(Confirm),
    /// One of several, narrowed by typing; the palette is one.
    Menu(Menu),
    /// Fields to fill in, under what is to be read first; signing is one.
    Form(Box<Form>),
    /// A text of several lines to write.
    Note(Box<Note>),
    /// Something to read: help, a message, a report, a history.
    Page(Page),
}

/// What a form became, while its answer has not come: it stays on the screen, so that nothing typed is lost where it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The ticket of the question.
    pub generation: u64,
    /// The number of the draft's last state.
    pub turn: u64,
    /// The draft that is gone once the answer is good.
    pub draft: Option<Draft>,
}

/// What becomes of a popup after a key.
#[derive(Debug)]
pub enum After {
    /// It stays.
    Keep(Popup),
    /// It closes.
    Close,
    /// It closes, and an action follows as if its key had been pressed.
    Do(Action),
}

impl Popup {
    /// Where keys count while it is on top.
    pub fn contexts(&self) -> &'static [Context] {
        match self {
            Popup::Confirm(_) => &[Context::Confirm],
            Popup::Page(_) => &[Context::Page, Context::List, Context::Anywhere],
            Popup::Menu(_) | Popup::Form(_) | Popup::Note(_) => &[Context::Typing],
        }
    }

    /// Whether characters go into a field.
    pub fn typing(&self) -> bool {
        matches!(self, Popup::Menu(_) | Popup::Form(_) | Popup::Note(_))
    }

    /// Takes an action.
    pub fn act(self, action: Action, shell: &mut Shell) -> After {
        match self {
            Popup::Confirm(popup) => popup.act(action, shell),
            Popup::Menu(popup) => popup.act(action, shell),
            Popup::Form(popup) => popup.act(action, shell),
            Popup::Note(popup) => popup.act(action, shell),
            Popup::Page(popup) => popup.act(action),
        }
    }

    /// Takes a key that is no action: a character, or an editing key.
    pub fn press(&mut self, event: KeyEvent, now: Stamp) {
        match self {
            Popup::Menu(popup) => popup.press(Key::from(event), now),
            Popup::Form(popup) => popup.press(Key::from(event)),
            Popup::Note(popup) => popup.press(event),
            Popup::Confirm(_) | Popup::Page(_) => {}
        }
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, pasted: &str, now: Stamp) {
        match self {
            Popup::Menu(popup) => popup.paste(pasted, now),
            Popup::Form(popup) => popup.paste(pasted),
            Popup::Note(popup) => popup.paste(pasted),
            Popup::Confirm(_) | Popup::Page(_) => {}
        }
    }

    /// When it wants [`tick`](Self::tick), if at all.
    pub fn due(&self) -> Option<Stamp> {
        match self {
            Popup::Menu(popup) => popup.due(),
            Popup::Confirm(_) | Popup::Form(_) | Popup::Note(_) | Popup::Page(_) => None,
        }
    }

    /// The time for which it asked has come.
    pub fn tick(&mut self, now: Stamp) {
        if let Popup::Menu(popup) = self {
            popup.tick(now);
        }
    }

    /// What is typed into it so far, where its kind is kept.
    pub fn draft(&self, now: Stamp) -> Option<Draft> {
        let mut draft = match self {
            Popup::Form(popup) => popup.draft(now),
            Popup::Note(popup) => popup.draft(now),
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => None,
        }?;
        draft.changed = u64::try_from(now.millis()).unwrap_or_default();
        Some(draft)
    }

    /// How often a text was changed since it stands on the screen; `None` where it was not, or where its kind is not kept.
    pub fn edits(&self) -> Option<u64> {
        let edits = match self {
            Popup::Form(popup) => popup.edits(),
            Popup::Note(popup) => popup.edits(),
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => None,
        };
        edits.filter(|edits| *edits > 0)
    }

    /// Tells it when the draft in it was begun.
    pub fn begun_at(&mut self, begun: u64) {
        match self {
            Popup::Form(popup) => popup.begun_at(begun),
            Popup::Note(popup) => popup.begun_at(begun),
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => {}
        }
    }

    /// The answer that it waits for.
    pub fn pending(&self) -> Option<&Pending> {
        match self {
            Popup::Form(popup) => popup.pending.as_ref(),
            Popup::Note(popup) => popup.pending.as_ref(),
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => None,
        }
    }

    /// Lets it be typed into again.
    pub fn resume(&mut self) {
        match self {
            Popup::Form(popup) => popup.pending = None,
            Popup::Note(popup) => popup.pending = None,
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => {}
        }
    }

    /// What it is for, where it is a form.
    pub fn task(&self) -> Option<&Task> {
        match self {
            Popup::Form(popup) => Some(popup.task()),
            Popup::Note(_) | Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => None,
        }
    }

    /// Takes the answer that a check stopped its act.
    pub fn stopped(&mut self, why: String) {
        if let Popup::Form(popup) = self {
            popup.stopped = Some(why);
        }
    }

    /// What stopped its act, if it was not shown yet.
    pub fn take_stopped(&mut self) -> Option<String> {
        match self {
            Popup::Form(popup) => popup.stopped.take(),
            Popup::Note(_) | Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => None,
        }
    }

    /// Takes what has changed since it was put on the screen, where both are forms: what was typed stays.
    pub fn renew(&mut self, fresh: Self, at: Option<Wrong>) {
        if let (Popup::Form(popup), Popup::Form(fresh)) = (self, fresh) {
            popup.renew(*fresh, at);
        }
    }

    /// Waits for another answer.
    pub fn wait(&mut self, pending: Option<Pending>) {
        match self {
            Popup::Form(popup) => popup.pending = pending,
            Popup::Note(popup) => popup.pending = pending,
            Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => {}
        }
    }

    /// Takes the answer that the passphrase is wrong. `false` where it asks for none.
    pub fn refused_passphrase(&mut self, why: &str) -> bool {
        match self {
            Popup::Form(popup) => popup.refused_passphrase(why),
            Popup::Note(_) | Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => false,
        }
    }

    /// Takes the answer that what was typed cannot be. `false` where nothing shows it beside what was typed.
    pub fn refused(&mut self, failure: &Failure) -> bool {
        match self {
            Popup::Form(popup) => popup.refused(failure),
            Popup::Note(_) | Popup::Confirm(_) | Popup::Menu(_) | Popup::Page(_) => return false,
        }
        true
    }

    /// Draws it over what is there.
    pub fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        match self {
            Popup::Confirm(popup) => popup.render(canvas),
            Popup::Menu(popup) => popup.render(shell, canvas),
            Popup::Form(popup) => popup.render(shell, canvas),
            Popup::Note(popup) => popup.render(shell, canvas),
            Popup::Page(popup) => popup.render(canvas),
        }
    }

    /// The keys that the footer shows.
    pub fn keys(&self) -> &'static [Action] {
        match self {
            Popup::Confirm(_) => &[Action::Accept, Action::Decline],
            Popup::Menu(_) => &[Action::Submit, Action::Leave],
            Popup::Form(_) => &[Action::Submit, Action::Finish, Action::Leave],
            Popup::Note(_) => &[Action::Finish, Action::Leave],
            Popup::Page(popup) => popup.keys(),
        }
    }
}

/// The part of the screen that a popup of this size takes, cleared, with its title and a rule under it.
/// Returns the inside. A small screen gives all of itself.
fn frame<'a>(canvas: &'a mut Canvas<'_>, title: &str, width: u16, height: u16) -> Canvas<'a> {
    let (w, h) = (canvas.width(), canvas.height());
    // What does not fit inside a frame gets the whole screen.
    // Without edges nothing keeps it apart from what stands beside it.
    let small = w < 60 || height + 4 > h || canvas.plain();
    let width = if small {
        w
    } else {
        width.min(w.saturating_sub(4))
    };
    let height = if small {
        h
    } else {
        (height + 4).min(h.saturating_sub(2))
    };
    let (x, y) = ((w - width) / 2, (h - height) / 2);
    let mut part = canvas.part(x, y, width, height);
    part.fill(Tone::Popup);
    if !small {
        edges(&mut part);
    }
    part.put(
        2,
        0,
        &format!(
            " {} ",
            text::cut(title, usize::from(width).saturating_sub(6))
        ),
        Tone::Title,
    );
    let margin = if small { 1 } else { 3 };
    canvas.part(
        x + margin,
        y + 2,
        width.saturating_sub(2 * margin),
        height.saturating_sub(3),
    )
}

/// A thin line around a popup, so that it stands off from what it covers.
fn edges(part: &mut Canvas<'_>) {
    let (right, bottom) = (
        part.width().saturating_sub(1),
        part.height().saturating_sub(1),
    );
    part.rule(0);
    part.rule(bottom);
    part.upright(0);
    part.upright(right);
    for (x, y, corner) in [
        (0, 0, "┌"),
        (right, 0, "┐"),
        (0, bottom, "└"),
        (right, bottom, "┘"),
    ] {
        part.put(x, y, corner, Tone::Rule);
    }
}
