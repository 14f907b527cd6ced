//! A text of several lines: a clinical note, an answer.

use crossterm::event::KeyEvent;
use tui_textarea::TextArea;
use zeroize::Zeroize;

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::draft::LEAVING;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::{After, Pending, Popup, Wrong};
use crate::desk::view::{Draft, Stamp};

/// The label of the one field of a note's draft.
const TEXT: &str = "text";

/// A text being written, and what it is for.
#[derive(Debug)]
pub struct Note {
    title: String,
    area: TextArea<'static>,
    task: Task,
    wrong: Option<String>,
    /// Whether the next Esc throws the text away.
    leaving: bool,
    begun: u64,
    edits: u64,
    /// The act that it became and whose answer has not come.
    pub(super) pending: Option<Pending>,
}

impl Note {
    /// A text that begins with what is there.
    pub fn new(title: impl Into<String>, text: &str, task: Task) -> Self {
        Self {
            title: title.into(),
            area: area(text),
            task,
            wrong: None,
            leaving: false,
            begun: 0,
            edits: 0,
            pending: None,
        }
    }

    /// What was written.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Tells it when it was begun.
    pub(super) fn begun_at(&mut self, begun: u64) {
        self.begun = begun;
    }

    /// Goes on with a draft.
    pub fn fill(&mut self, draft: &Draft) {
        let text = draft.fields.iter().find(|(label, _)| label == TEXT);
        self.wipe();
        self.area = area(text.map_or("", |(_, text)| text));
    }

    /// What is typed so far, where its kind is kept.
    pub(super) fn draft(&self, now: Stamp) -> Option<Draft> {
        let mut draft = self.task.draft(now)?;
        draft.begun = self.begun;
        draft.fields = vec![(TEXT.to_owned(), self.text())];
        Some(draft)
    }

    /// How often it was changed on this screen, where its kind is kept.
    pub(super) fn edits(&self) -> Option<u64> {
        self.task.is_kept().then_some(self.edits)
    }

    pub(super) fn act(mut self, action: Action, shell: &mut Shell) -> After {
        use crossterm::event::{KeyCode, KeyModifiers};
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        match action {
            // It waits for its answer: only leaving it is left.
            Action::Leave if self.pending.is_some() => return After::Close,
            _ if self.pending.is_some() => {}
            Action::Finish => {
                let draft = self.draft(shell.now);
                match shell.finish(draft, |shell| self.task.note(&self.text(), shell)) {
                    Ok(pending) => self.pending = pending,
                    Err(Wrong { text, .. }) => self.wrong = Some(text),
                }
            }
            // In a text these keys are what they are everywhere else.
            Action::Submit => self.press(key(KeyCode::Enter)),
            Action::NextField => self.press(key(KeyCode::Down)),
            Action::PreviousField => self.press(key(KeyCode::Up)),
            // The first Esc warns, the second one leaves: a text is not lost by a slip.
            Action::Leave if !self.area.is_empty() && self.edits > 0 && !self.leaving => {
                self.leaving = true;
            }
            Action::Leave => {
                if self.edits > 0
                    && let Some(draft) = self.draft(shell.now)
                {
                    shell.discard(&draft);
                }
                return After::Close;
            }
            _ => {}
        }
        After::Keep(Popup::Note(Box::new(self)))
    }

    pub(super) fn press(&mut self, event: KeyEvent) {
        if self.pending.is_some() {
            return;
        }
        self.touched();
        if self.area.input_without_shortcuts(event) {
            self.edits += 1;
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        if self.pending.is_some() {
            return;
        }
        self.touched();
        self.edits += 1;
        self.area
            .insert_str(pasted.replace("\r\n", "\n").replace('\r', "\n"));
    }

    fn touched(&mut self) {
        self.wrong = None;
        self.leaving = false;
    }

    pub(super) fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let title = shell.titled(&self.title, self.task.chart());
        let mut inside = super::frame(canvas, &title, 80, 14);
        let height = inside.height();
        inside
            .part(0, 0, u16::MAX, height.saturating_sub(1))
            .widget(&self.area);
        // Only what was drawn knows where it is scrolled to.
        let (above, _) = self.area.scroll_offset();
        if above > 0 {
            let above = format!("{} above", text::lines_of(usize::from(above)));
            inside.put_right(
                inside.width(),
                height.saturating_sub(1),
                &above,
                Tone::Muted,
            );
        }
        let note = match (&self.wrong, self.leaving) {
            (_, true) => LEAVING,
            (Some(wrong), _) => wrong,
            (None, false) => return,
        };
        inside.put(0, height.saturating_sub(1), note, Tone::Warn);
    }

    /// Wipes the lines. The library's own history would keep what was typed; it is switched off.
    fn wipe(&mut self) {
        for mut line in std::mem::take(&mut self.area).into_lines() {
            line.zeroize();
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.wipe();
    }
}

fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::from(text.lines());
    area.set_max_histories(0);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.set_wrap_mode(tui_textarea::WrapMode::WordOrGlyph);
    area.move_cursor(tui_textarea::CursorMove::Bottom);
    area.move_cursor(tui_textarea::CursorMove::End);
    area
}
