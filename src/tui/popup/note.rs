//! A text of several lines: a clinical note, an answer.

use crossterm::event::KeyEvent;
use tui_textarea::TextArea;
use zeroize::Zeroize;

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::theme::Tone;
use super::{After, Popup, Wrong};

/// A text being written, and what it is for.
#[derive(Debug)]
pub struct Note {
    title: String,
    area: TextArea<'static>,
    task: Task,
    wrong: Option<String>,
}

impl Note {
    /// A text that begins with what is there.
    pub fn new(title: impl Into<String>, text: &str, task: Task) -> Self {
        let mut area = TextArea::from(text.lines());
        area.set_cursor_line_style(ratatui::style::Style::new());
        area.set_wrap_mode(tui_textarea::WrapMode::WordOrGlyph);
        area.move_cursor(tui_textarea::CursorMove::Bottom);
        area.move_cursor(tui_textarea::CursorMove::End);
        Self {
            title: title.into(),
            area,
            task,
            wrong: None,
        }
    }

    /// What was written.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub(super) fn act(mut self, action: Action, shell: &mut Shell) -> After {
        use crossterm::event::{KeyCode, KeyModifiers};
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        match action {
            Action::Finish => match self.task.note(&self.text(), shell) {
                Ok(()) => return After::Close,
                Err(Wrong { text, .. }) => self.wrong = Some(text),
            },
            // In a text these keys are what they are everywhere else.
            Action::Submit => self.press(key(KeyCode::Enter)),
            Action::NextField => self.press(key(KeyCode::Down)),
            Action::PreviousField => self.press(key(KeyCode::Up)),
            Action::Leave if self.area.is_empty() => return After::Close,
            Action::Leave => {
                // The first Esc warns, the second one leaves: a text is not lost by a slip.
                if self.wrong.is_some() {
                    return After::Close;
                }
                self.wrong = Some("Esc again throws this text away".to_owned());
            }
            _ => {}
        }
        After::Keep(Popup::Note(Box::new(self)))
    }

    pub(super) fn press(&mut self, event: KeyEvent) {
        self.wrong = None;
        self.area.input_without_shortcuts(event);
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        self.wrong = None;
        self.area
            .insert_str(pasted.replace("\r\n", "\n").replace('\r', "\n"));
    }

    pub(super) fn render(&self, canvas: &mut Canvas<'_>) {
        let mut inside = super::frame(canvas, &self.title, 80, 14);
        let height = inside.height();
        inside
            .part(0, 0, u16::MAX, height.saturating_sub(1))
            .widget(&self.area);
        if let Some(wrong) = &self.wrong {
            inside.put(0, height.saturating_sub(1), wrong, Tone::Warn);
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        // The library keeps the text in its own lines; what we can reach is wiped.
        self.text().zeroize();
    }
}
