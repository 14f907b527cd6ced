//! Something to read and scroll: a message, help, a report, the versions of an entry.

use super::super::action::Action;
use super::super::backend::Failure;
use super::super::canvas::Canvas;
use super::super::list::Scroll;
use super::super::text;
use super::super::theme::Tone;
use super::{After, Popup};

/// A title and lines.
#[derive(Debug)]
pub struct Page {
    title: String,
    lines: Vec<(String, Tone)>,
    /// What stands behind it as it is stored, shown on request.
    stored: Option<Vec<(String, Tone)>>,
    scroll: Scroll,
}

impl Page {
    /// A page to read.
    pub fn new(title: impl Into<String>, lines: Vec<(String, Tone)>) -> Self {
        Self {
            title: title.into(),
            lines,
            stored: None,
            scroll: Scroll::default(),
        }
    }

    /// With what is stored, for whoever asks for it.
    #[must_use]
    pub fn over(mut self, stored: Vec<(String, Tone)>) -> Self {
        self.stored = Some(stored);
        self
    }

    /// The keys that the footer shows.
    pub(super) fn keys(&self) -> &'static [Action] {
        match self.stored {
            Some(_) => &[Action::Back, Action::Stored],
            None => &[Action::Back],
        }
    }

    /// What went wrong, to what, and what to do.
    pub fn failure(failure: &Failure) -> Self {
        let mut lines = vec![(failure.message.clone(), Tone::Alert)];
        lines.extend(
            failure
                .causes
                .iter()
                .map(|cause| (format!("because {cause}"), Tone::Text)),
        );
        if let Some(hint) = &failure.hint {
            lines.push((String::new(), Tone::Text));
            lines.push((hint.clone(), Tone::Text));
        }
        let title = if failure.code == "denied" {
            "Not allowed"
        } else {
            "That did not work"
        };
        Self::new(title, lines)
    }

    pub(super) fn act(mut self, action: Action) -> After {
        match action {
            Action::Back | Action::Open | Action::Help | Action::Quit => After::Close,
            Action::Stored => {
                if let Some(stored) = &mut self.stored {
                    std::mem::swap(stored, &mut self.lines);
                    self.scroll = Scroll::default();
                }
                After::Keep(Popup::Page(self))
            }
            _ => {
                self.scroll.act(action);
                After::Keep(Popup::Page(self))
            }
        }
    }

    pub(super) fn render(&self, canvas: &mut Canvas<'_>) {
        let widest = self
            .lines
            .iter()
            .map(|(line, _)| text::width(line))
            .max()
            .unwrap_or(0);
        let width = (widest + 6).clamp(50, 100) as u16;
        let room = usize::from(
            width
                .min(canvas.width().saturating_sub(4))
                .saturating_sub(6),
        )
        .max(10);
        let lines: Vec<(String, Tone)> = self
            .lines
            .iter()
            .flat_map(|(line, tone)| {
                // Lines that fit keep their columns; only longer ones are wrapped.
                if text::width(line) <= room {
                    vec![(line.clone(), *tone)]
                } else {
                    let lines = text::hang(line, room).into_iter();
                    lines.map(|part| (part, *tone)).collect()
                }
            })
            .collect();
        let mut inside = super::frame(canvas, &self.title, width, lines.len() as u16);
        let window = self.scroll.window(lines.len(), inside.height());
        let more = lines.len() - window.end;
        for (y, (line, tone)) in lines[window].iter().enumerate() {
            inside.put(0, y as u16, line, *tone);
        }
        if more > 0 && inside.height() > 0 {
            let y = inside.height() - 1;
            let note = format!(" {} more ↓", more + 1);
            inside.part(0, y, u16::MAX, 1).fill(Tone::Popup);
            inside.put(0, y, &note, Tone::Muted);
        }
    }
}
