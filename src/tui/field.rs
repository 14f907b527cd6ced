//! One line that is typed into: a login, a passphrase, a query, a field of a form.

use crossterm::event::KeyCode;
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroize;

use super::canvas::Canvas;
use super::key::Key;
use super::text;
use super::theme::Tone;
use crate::crypto::secret::SecretBytes;

/// Whether what is typed may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plain,
    /// A dot for each character.
    Masked,
    /// As it is where it begins like the path of a file, a dot for each character otherwise.
    PathOnly,
}

/// The text and the place in it. What was typed is wiped when the field goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// Byte offset of the cursor, always at a boundary of graphemes.
    at: usize,
    shown: Shown,
}

/// More than anyone types on one line; a paste is cut here.
const LONGEST: usize = 4096;

impl Field {
    /// An empty field.
    pub fn new(shown: Shown) -> Self {
        // A passphrase must not leave copies behind while its buffer grows.
        let room = if shown == Shown::Plain {
            0
        } else {
            LONGEST + 4
        };
        Self {
            text: String::with_capacity(room),
            at: 0,
            shown,
        }
    }

    /// A field that begins with a default.
    pub fn with(text: &str) -> Self {
        let mut field = Self::new(Shown::Plain);
        field.paste(text);
        field
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was typed, as a secret; the field is wiped.
    pub fn take_secret(&mut self) -> SecretBytes {
        let secret = SecretBytes::from_slice(self.text.as_bytes());
        self.clear();
        secret
    }

    /// Whether what is typed is never shown and never kept.
    pub fn is_secret(&self) -> bool {
        self.shown == Shown::Masked
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Wipes it.
    pub fn clear(&mut self) {
        self.text.zeroize();
        self.at = 0;
    }

    /// Replaces the whole text.
    pub fn set(&mut self, text: &str) {
        self.clear();
        self.paste(text);
    }

    /// Inserts text, without line ends and controls.
    pub fn paste(&mut self, text: &str) {
        for c in text::clean(text.trim_end_matches(['\r', '\n'])).chars() {
            if self.text.len() < LONGEST {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
        }
    }

    /// What stands before the cursor.
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.at]
    }

    /// Puts `text` in place of what stands between the byte `from` and the cursor.
    pub fn replace_before(&mut self, from: usize, text: &str) {
        self.text.replace_range(from..self.at, "");
        self.at = from;
        self.paste(text);
    }

    /// Puts the cursor before the character of this number, counted from 0.
    pub fn go_to(&mut self, character: usize) {
        self.at = self
            .text
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .find(|at| self.text[..*at].chars().count() >= character)
            .unwrap_or(self.text.len());
    }

    /// Takes an editing key or a character. `false` means that the key is none of the field's.
    pub fn press(&mut self, key: Key) -> bool {
        if let Some(c) = key.typed() {
            let mut bytes = [0; 4];
            self.paste(c.encode_utf8(&mut bytes));
            return true;
        }
        if key.is_ctrl('u') {
            self.text.replace_range(..self.at, "");
            self.at = 0;
        } else if key.is_ctrl('w') {
            let from = self.word_before();
            self.text.replace_range(from..self.at, "");
            self.at = from;
        } else if key.is_ctrl('a') {
            self.at = 0;
        } else if key.is_ctrl('e') {
            self.at = self.text.len();
        } else {
            match key.code() {
                KeyCode::Left => self.at = self.before(),
                KeyCode::Right => self.at = self.after(),
                KeyCode::Home => self.at = 0,
                KeyCode::End => self.at = self.text.len(),
                KeyCode::Backspace => {
                    let from = self.before();
                    self.text.replace_range(from..self.at, "");
                    self.at = from;
                }
                KeyCode::Delete => {
                    let to = self.after();
                    self.text.replace_range(self.at..to, "");
                }
                _ => return false,
            }
        }
        true
    }

    fn before(&self) -> usize {
        self.text[..self.at]
            .grapheme_indices(true)
            .next_back()
            .map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.at..]
            .graphemes(true)
            .next()
            .map_or(self.at, |g| self.at + g.len())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.at].trim_end();
        head.rfind(char::is_whitespace).map_or(0, |at| {
            at + head[at..].chars().next().map_or(1, char::len_utf8)
        })
    }

    /// Draws it in `columns` from `x`, scrolled so that the cursor is seen. `active` lets the cursor stand here.
    /// Returns the column of the place in the text.
    pub fn draw(&self, canvas: &mut Canvas<'_>, x: u16, y: u16, columns: u16, active: bool) -> u16 {
        let room = usize::from(columns.min(canvas.width().saturating_sub(x)));
        if room == 0 {
            return x;
        }
        let before = self.visible(&self.text[..self.at]);
        let after = self.visible(&self.text[self.at..]);
        // The cursor needs a column of its own at the end.
        let mut skip = 0;
        let mut taken = text::width(&before);
        let mut head = before.as_str();
        while taken >= room {
            let Some(first) = head.graphemes(true).next() else {
                break;
            };
            taken -= text::width(first);
            skip += first.len();
            head = &before[skip..];
        }
        let line = format!("{head}{after}");
        let tone = if active { Tone::Input } else { Tone::Text };
        if active {
            canvas.put_within(x, y, columns, &" ".repeat(room), tone);
        }
        // Cut without an ellipsis: the field goes on where the cursor goes.
        let mut end = 0;
        let mut used = 0;
        for grapheme in line.graphemes(true) {
            used += text::width(grapheme);
            if used > room {
                break;
            }
            end += grapheme.len();
        }
        canvas.put_within(x, y, columns, &line[..end], tone);
        if active {
            canvas.cursor(x + taken as u16, y);
        }
        x + taken as u16
    }

    fn visible(&self, part: &str) -> String {
        let path = self.text.starts_with(['/', '.']);
        match self.shown {
            Shown::Plain => part.to_owned(),
            Shown::PathOnly if path => part.to_owned(),
            Shown::Masked | Shown::PathOnly => "•".repeat(part.graphemes(true).count()),
        }
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.shown {
            Shown::Plain => write!(f, "Field({:?})", self.text),
            Shown::Masked | Shown::PathOnly => f.write_str("Field(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::{Position, Rect};

    use super::super::theme::Theme;
    use super::*;

    fn press(field: &mut Field, keys: &str) {
        for key in keys.split(' ') {
            field.press(key.parse().unwrap());
        }
    }

    fn drawn(field: &Field, columns: u16) -> (String, Option<Position>) {
        let theme = Theme::mono();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
        let mut cursor = None;
        field.draw(
            &mut Canvas::new(&mut buffer, &theme, &mut cursor, false),
            0,
            0,
            columns,
            true,
        );
        (super::super::capture::plain(&buffer), cursor)
    }

    #[test]
    fn editing_moves_by_whole_characters_in_any_script() {
        let mut field = Field::with("Mejía 患者");
        press(&mut field, "left backspace");
        assert_eq!(field.text(), "Mejía 者");
        press(&mut field, "home delete x");
        assert_eq!(field.text(), "xejía 者");
        press(&mut field, "end ctrl+w");
        assert_eq!(field.text(), "xejía ");
        press(&mut field, "ctrl+u");
        assert!(field.is_empty());
    }

    #[test]
    fn a_passphrase_is_never_drawn_or_printed_and_taking_it_wipes_the_field() {
        let mut field = Field::new(Shown::Masked);
        field.paste("correct horse\n");
        assert!(drawn(&field, 20).0.starts_with("•••••"));
        assert_eq!(format!("{field:?}"), "Field(…)");
        assert_eq!(field.take_secret().expose(), b"correct horse");
        assert!(field.is_empty());
    }

    #[test]
    fn the_cursor_stays_in_sight_however_long_the_text_and_narrow_the_field() {
        let mut field = Field::with("0123456789 患者中文");
        for columns in 1..12 {
            for _ in 0..20 {
                field.press("left".parse().unwrap());
                assert!(drawn(&field, columns).1.is_some_and(|p| p.x < columns));
            }
            press(&mut field, "end");
            assert!(drawn(&field, columns).1.is_some_and(|p| p.x < columns));
        }
    }

    #[test]
    fn keys_that_are_not_the_fields_are_handed_back() {
        let mut field = Field::new(Shown::Plain);
        for key in ["enter", "tab", "esc", "up", "f1", "ctrl+r"] {
            assert!(!field.press(key.parse().unwrap()), "{key}");
        }
    }
}
