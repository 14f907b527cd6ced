//! Fields to fill in, under what is to be read first.
//!
//! Signing is a form: the whole text that the signature will cover stands above, and stays there, while the
//! passphrase and the second factor are typed below it.

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::field::{Field, Shown};
use super::super::key::Key;
use super::super::list::Scroll;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::{After, Popup};
use crate::crypto::secret::SecretBytes;

/// One field of a form.
#[derive(Debug)]
pub struct Entry {
    /// What to type.
    pub label: &'static str,
    /// What was typed.
    pub field: Field,
    /// What it may be, shown beside it.
    pub hint: String,
    /// Words to choose from; a number or the beginning of a word will do.
    pub choices: Vec<String>,
}

impl Entry {
    /// A field of free text.
    pub fn text(label: &'static str, default: &str, hint: &str) -> Self {
        Self {
            label,
            field: Field::with(default),
            hint: hint.to_owned(),
            choices: Vec::new(),
        }
    }

    /// A field that shows dots.
    pub fn secret(label: &'static str) -> Self {
        Self {
            label,
            field: Field::new(Shown::Masked),
            hint: String::new(),
            choices: Vec::new(),
        }
    }

    /// A field that takes one of these words.
    pub fn choice(label: &'static str, default: &str, choices: &[&str]) -> Self {
        let numbered: Vec<String> = choices
            .iter()
            .enumerate()
            .map(|(n, c)| format!("{} {c}", n + 1))
            .collect();
        Self {
            label,
            field: Field::with(default),
            hint: numbered.join("  "),
            choices: choices.iter().map(|c| (*c).to_owned()).collect(),
        }
    }
}

/// What in a form cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The label of the field.
    pub label: &'static str,
    /// What is wrong with it.
    pub text: String,
}

impl Wrong {
    /// Something wrong with the field of this label.
    pub fn new(label: &'static str, text: impl std::fmt::Display) -> Self {
        Self {
            label,
            text: text.to_string(),
        }
    }
}

/// A form and what it is for.
#[derive(Debug)]
pub struct Form {
    title: String,
    intro: Vec<(String, Tone)>,
    beside: Vec<(String, Tone)>,
    entries: Vec<Entry>,
    at: usize,
    task: Task,
    wrong: Option<Wrong>,
    scroll: Scroll,
}

impl Form {
    /// A form with nothing to read above it.
    pub fn new(title: impl Into<String>, task: Task, entries: Vec<Entry>) -> Self {
        Self {
            title: title.into(),
            intro: Vec::new(),
            beside: Vec::new(),
            entries,
            at: 0,
            task,
            wrong: None,
            scroll: Scroll::default(),
        }
    }

    /// With what is to be read first.
    #[must_use]
    pub fn under(mut self, intro: Vec<(String, Tone)>) -> Self {
        self.intro = intro;
        self
    }

    /// With what stands beside that: the checks. In a narrow window it comes first.
    #[must_use]
    pub fn beside(mut self, lines: Vec<(String, Tone)>) -> Self {
        self.beside = lines;
        self
    }

    fn entry(&self, label: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.label == label)
    }

    /// What was typed into a field, trimmed; `None` where nothing was or the field is not there.
    pub fn given(&self, label: &str) -> Option<&str> {
        self.entry(label)
            .map(|entry| entry.field.text().trim())
            .filter(|text| !text.is_empty())
    }

    /// What was typed into a field that must not be empty.
    pub fn needed(&self, label: &'static str) -> Result<&str, Wrong> {
        self.given(label)
            .ok_or_else(|| Wrong::new(label, "this is needed"))
    }

    /// The word chosen in a field of choices: its number, or its beginning where that is the only one.
    pub fn chosen(&self, label: &'static str) -> Result<&str, Wrong> {
        let typed = self.needed(label)?;
        let choices = self.entry(label).map_or(&[][..], |entry| &entry.choices);
        if let Some(choice) = typed
            .parse::<usize>()
            .ok()
            .and_then(|n| choices.get(n.checked_sub(1)?))
        {
            return Ok(choice);
        }
        let lower = typed.to_lowercase();
        if let Some(choice) = choices.iter().find(|choice| choice.to_lowercase() == lower) {
            return Ok(choice);
        }
        let mut fitting = choices
            .iter()
            .filter(|choice| choice.to_lowercase().starts_with(&lower));
        match (fitting.next(), fitting.next()) {
            (Some(choice), None) => Ok(choice),
            _ => Err(Wrong::new(
                label,
                format!("`{typed}` is none of {}", choices.join(", ")),
            )),
        }
    }

    /// What was typed into a field, parsed; `None` where nothing was.
    pub fn parsed<T: std::str::FromStr>(&self, label: &'static str) -> Result<Option<T>, Wrong>
    where
        T::Err: std::fmt::Display,
    {
        self.given(label)
            .map(|text| {
                text.parse()
                    .map_err(|error: T::Err| Wrong::new(label, error))
            })
            .transpose()
    }

    /// The passphrase. **Call last: the field is wiped.**
    pub fn secret(&mut self, label: &'static str) -> Result<SecretBytes, Wrong> {
        let entry = self.entries.iter_mut().find(|entry| entry.label == label);
        match entry {
            Some(entry) if !entry.field.is_empty() => Ok(entry.field.take_secret()),
            _ => Err(Wrong::new(label, "this is needed")),
        }
    }

    pub(super) fn act(mut self, action: Action, shell: &mut Shell) -> After {
        let last = self.entries.len().saturating_sub(1);
        match action {
            Action::Submit if self.at < last => self.at += 1,
            Action::Submit | Action::Finish => {
                let task = self.task.clone();
                match task.filled(&mut self, shell) {
                    Ok(()) => return After::Close,
                    Err(wrong) => {
                        self.at = self
                            .entries
                            .iter()
                            .position(|entry| entry.label == wrong.label)
                            .unwrap_or(self.at);
                        self.wrong = Some(wrong);
                    }
                }
            }
            Action::NextField => self.at = if self.at == last { 0 } else { self.at + 1 },
            Action::PreviousField => self.at = if self.at == 0 { last } else { self.at - 1 },
            Action::Complete => {
                if let Some(entry) = self.entries.get_mut(self.at)
                    && !entry.choices.is_empty()
                {
                    let now = entry
                        .choices
                        .iter()
                        .position(|choice| choice == entry.field.text());
                    let next = now.map_or(0, |at| (at + 1) % entry.choices.len());
                    entry.field.set(&entry.choices[next].clone());
                }
            }
            Action::Leave => return After::Close,
            _ => {}
        }
        After::Keep(Popup::Form(Box::new(self)))
    }

    pub(super) fn press(&mut self, key: Key) {
        if key == "pagedown".parse().expect("pagedown is a key") {
            self.scroll.act(Action::PageDown);
        } else if key == "pageup".parse().expect("pageup is a key") {
            self.scroll.act(Action::PageUp);
        } else if let Some(entry) = self.entries.get_mut(self.at) {
            // A choice that stands there is a proposal: what is typed takes its place.
            if key.typed().is_some() && entry.choices.iter().any(|c| c == entry.field.text()) {
                entry.field.clear();
            }
            if entry.field.press(key) {
                self.wrong = None;
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        if let Some(entry) = self.entries.get_mut(self.at) {
            entry.field.paste(pasted);
        }
    }

    pub(super) fn render(&self, canvas: &mut Canvas<'_>) {
        let labels = self
            .entries
            .iter()
            .map(|entry| text::width(entry.label))
            .max()
            .unwrap_or(0) as u16
            + 2;
        // What a frame leaves inside its edges and margins.
        let room = canvas.width().saturating_sub(10).min(72);
        let wide = !self.beside.is_empty() && room >= 70;
        let column = if wide { room / 2 - 1 } else { room };
        let wrapped = |lines: &[(String, Tone)]| -> Vec<(String, Tone)> {
            let lines = lines.iter();
            lines
                .flat_map(|(line, tone)| {
                    text::hang(line, usize::from(column))
                        .into_iter()
                        .map(|part| (part, *tone))
                })
                .collect()
        };
        let mut intro = Vec::new();
        if !wide {
            intro.extend(wrapped(&self.beside));
        }
        intro.extend(wrapped(&self.intro));
        let side: &[(String, Tone)] = if wide { &self.beside } else { &[] };
        let gap = u16::from(!intro.is_empty());
        let fields = self.entries.len() as u16 + 1;
        let above = intro.len().max(side.len()) as u16;
        let mut inside = super::frame(canvas, &self.title, 78, above + gap + fields);
        let height = inside.height();
        // The fields keep their place; what is to be read scrolls above them.
        let upper = height.saturating_sub(fields + gap).min(above);
        let window = self.scroll.window(usize::from(above), upper);
        let hidden = usize::from(above) - window.end;
        for (y, at) in window.enumerate() {
            if let Some((line, tone)) = intro.get(at) {
                inside.put_within(0, y as u16, column, line, *tone);
            }
            if let Some((line, tone)) = side.get(at) {
                inside.put(column + 2, y as u16, line, *tone);
            }
        }
        if gap == 1 {
            inside.rule(upper);
            if hidden > 0 {
                inside.put(
                    1,
                    upper,
                    &format!(" {hidden} more lines, PageDown "),
                    Tone::Warn,
                );
            }
        }
        let mut lower = inside.below(upper + gap);
        let for_field = lower.width().saturating_sub(labels);
        let fits = |entry: &Entry| {
            !entry.hint.is_empty() && usize::from(for_field) > text::width(&entry.hint) + 12
        };
        let rows = lower.height().saturating_sub(1).max(1);
        let first = (self.at as u16 + 1).saturating_sub(rows);
        for (at, entry) in self.entries.iter().enumerate().skip(usize::from(first)) {
            let y = at as u16 - first;
            if y >= rows {
                break;
            }
            let active = at == self.at;
            lower.put(
                0,
                y,
                entry.label,
                if active { Tone::Title } else { Tone::Muted },
            );
            let width = lower.width().saturating_sub(labels);
            let hint = text::width(&entry.hint) as u16;
            let beside = fits(entry);
            let field = if beside { width - hint - 2 } else { width };
            entry.field.draw(&mut lower, labels, y, field, active);
            if beside {
                lower.put(labels + field + 2, y, &entry.hint, Tone::Muted);
            }
        }
        let y = (self.entries.len() as u16 - first).min(rows);
        // Where hints do not fit beside their fields, that of the active field stands below.
        let hint = self.entries.get(self.at).filter(|entry| !fits(entry));
        if let Some(wrong) = &self.wrong {
            let line = format!("! {}: {}", wrong.label, wrong.text);
            lower.put(0, y, &line, Tone::Alert);
        } else if let Some(entry) = hint {
            lower.put(0, y, &entry.hint, Tone::Muted);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::super::super::capture;
    use super::super::super::theme::Theme;
    use super::*;

    fn form() -> Form {
        let entries = vec![Entry::choice("sex", "unknown", &["male", "unknown"])];
        Form::new("Admit", Task::Admit { units: Vec::new() }, entries)
    }

    fn drawn(form: &Form, columns: u16) -> String {
        let theme = Theme::mono();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 24));
        let mut cursor = None;
        form.render(&mut Canvas::new(&mut buffer, &theme, &mut cursor, false));
        capture::plain(&buffer)
    }

    #[test]
    fn what_is_to_be_read_first_is_shown_whole_at_any_width() {
        let words: Vec<String> = (0..40).map(|n| format!("word{n:02}")).collect();
        for columns in 40..120 {
            let form = form()
                .under(vec![(words.join(" "), Tone::Text)])
                .beside(vec![(
                    "ok  a check as long as its column".into(),
                    Tone::Text,
                )]);
            let text = drawn(&form, columns);
            let shown = words.iter().all(|word| text.contains(word.as_str()));
            assert!(shown && !text.contains('…'), "{columns} columns:\n{text}");
        }
    }

    #[test]
    fn typing_takes_the_place_of_a_proposed_choice() {
        let mut form = form();
        form.press("1".parse().unwrap());
        assert_eq!(form.chosen("sex").unwrap(), "male");
    }
}
