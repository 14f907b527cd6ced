//! Fields to fill in, under what is to be read first.
//!
//! Signing is a form: the whole text that the signature will cover stands above, and stays there, while the
//! passphrase and the second factor are typed below it.

use super::super::action::Action;
use super::super::backend::Failure;
use super::super::field::{Field, Shown};
use super::super::key::Key;
use super::super::list::Scroll;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::theme::Tone;
use super::{After, Pending, Popup};
use crate::crypto::secret::SecretBytes;
use crate::desk::view::{Draft, Stamp};

/// One field of a form.
#[derive(Debug)]
pub struct Entry {
    /// What to type.
    pub label: &'static str,
    /// What was typed.
    pub field: Field,
    /// What stood in it at the beginning.
    began: Field,
    /// What it may be, shown beside it.
    pub hint: String,
    /// Words to choose from; a number or the beginning of a word will do.
    pub choices: Vec<String>,
    /// Whether somebody typed into it, on this screen or before.
    edited: bool,
}

impl Entry {
    /// A field of free text.
    pub fn text(label: &'static str, default: &str, hint: &str) -> Self {
        Self {
            label,
            field: Field::with(default),
            began: Field::with(default),
            hint: hint.to_owned(),
            choices: Vec::new(),
            edited: false,
        }
    }

    /// A field that shows dots.
    pub fn secret(label: &'static str) -> Self {
        Self {
            label,
            field: Field::new(Shown::Masked),
            began: Field::new(Shown::Plain),
            hint: String::new(),
            choices: Vec::new(),
            edited: false,
        }
    }

    /// A field that shows the name of a file, and dots for anything else.
    pub fn path_or_secret(label: &'static str) -> Self {
        Self {
            label,
            field: Field::new(Shown::PathOnly),
            began: Field::new(Shown::Plain),
            hint: String::new(),
            choices: Vec::new(),
            edited: false,
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
            began: Field::with(default),
            hint: numbered.join("  "),
            choices: choices.iter().map(|c| (*c).to_owned()).collect(),
            edited: false,
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
    pub(super) title: String,
    pub(super) intro: Vec<(String, Tone)>,
    pub(super) beside: Vec<(String, Tone)>,
    pub(super) entries: Vec<Entry>,
    pub(super) at: usize,
    pub(super) task: Task,
    pub(super) wrong: Option<Wrong>,
    pub(super) scroll: Scroll,
    /// Whether the next Esc throws away what was typed.
    pub(super) leaving: bool,
    begun: u64,
    edits: u64,
    /// What it became and whose answer has not come.
    pub(super) pending: Option<Pending>,
    /// What stopped its act, until it is shown anew.
    pub(super) stopped: Option<String>,
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
            leaving: false,
            begun: 0,
            edits: 0,
            pending: None,
            stopped: None,
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

    /// Whether a field says something else than at the beginning. What an amended entry says in a field that does not stays as it is,
    /// down to what the field cannot show of it.
    pub fn changed(&self, label: &str) -> bool {
        self.entry(label)
            .is_some_and(|entry| entry.field.text().trim() != entry.began.text().trim())
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
                text.parse().map_err(|error: T::Err| {
                    // Half the world writes it so.
                    let point = text.replace(',', ".");
                    if point != text && point.parse::<T>().is_ok() {
                        return Wrong::new(label, format!("write a point: {point}"));
                    }
                    Wrong::new(label, error)
                })
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

    /// When it was begun, in milliseconds since 1970.
    pub fn begun(&self) -> i64 {
        i64::try_from(self.begun).unwrap_or_default()
    }

    /// Tells it when it was begun.
    pub(super) fn begun_at(&mut self, begun: u64) {
        self.begun = begun;
    }

    /// Goes on with a draft.
    pub fn fill(&mut self, draft: &Draft) {
        for (label, text) in &draft.fields {
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.label == label) {
                entry.field.set(text);
                entry.edited = true;
            }
        }
    }

    /// What is typed so far, where its kind is kept. **Never a secret.**
    pub(super) fn draft(&self, now: Stamp) -> Option<Draft> {
        let mut draft = self.task.draft(now)?;
        draft.begun = self.begun;
        let plain = self.entries.iter().filter(|entry| !entry.field.is_secret());
        draft.fields = plain
            .map(|entry| (entry.label.to_owned(), entry.field.text().to_owned()))
            .collect();
        Some(draft)
    }

    /// How often it was changed on this screen, where its kind is kept.
    pub(super) fn edits(&self) -> Option<u64> {
        self.task.is_kept().then_some(self.edits)
    }

    /// What it is for.
    pub(super) fn task(&self) -> &Task {
        &self.task
    }

    /// Takes what has changed since it was put on the screen: what is to be read, its fields and their defaults. What was typed stays,
    /// but for the field `at`, to which it goes with what is asked for there.
    pub(super) fn renew(&mut self, fresh: Self, at: Option<Wrong>) {
        let typed = std::mem::replace(&mut self.entries, fresh.entries);
        let asked = at.as_ref().map(|wrong| wrong.label);
        let before = typed.get(self.at).map(|entry| entry.label);
        let changed = typed
            .into_iter()
            .filter(|entry| entry.field.text() != entry.began.text() && !entry.field.is_secret())
            .filter(|entry| Some(entry.label) != asked);
        for old in changed {
            let entry = self.entries.iter_mut().find(|new| new.label == old.label);
            if let Some(entry) = entry {
                entry.field = old.field;
            }
        }
        let place = |label| self.entries.iter().position(|entry| entry.label == label);
        let to = asked.or(before);
        self.at = to.and_then(place).unwrap_or_default();
        self.wrong = at;
        (self.title, self.intro, self.beside) = (fresh.title, fresh.intro, fresh.beside);
        (self.task, self.scroll) = (fresh.task, Scroll::default());
    }

    /// Takes the answer that the passphrase is wrong. `false` where it asks for none.
    pub(super) fn refused_passphrase(&mut self, why: &str) -> bool {
        let at = self
            .entries
            .iter()
            .position(|entry| entry.field.is_secret());
        if let Some(at) = at {
            self.at = at;
            self.wrong = Some(Wrong::new(self.entries[at].label, why));
        }
        at.is_some()
    }

    /// Takes the answer that something in it cannot be. The cursor goes to the field of which the answer speaks: the one whose text it
    /// repeats, the longest text first, and of several the one that it names.
    pub(super) fn refused(&mut self, failure: &Failure) {
        let separate = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '`');
        let words: Vec<&str> = failure.message.split(separate).collect();
        let spoken_of = |entry: &Entry| {
            let typed = entry.field.text().trim();
            let repeated = !entry.field.is_secret() && typed.len() > 1 && words.contains(&typed);
            let mut words = words.iter();
            let named = words.any(|word| word.len() > 2 && entry.label.starts_with(word));
            (if repeated { typed.len() } else { 0 }, named)
        };
        let fields = self.entries.iter().map(spoken_of).enumerate();
        let most = fields.max_by_key(|(_, spoken_of)| *spoken_of);
        let at = most.filter(|(_, spoken_of)| *spoken_of > (0, false));
        let label = at.map_or("", |(at, _)| self.entries[at].label);
        self.at = at.map_or(self.at, |(at, _)| at);
        self.wrong = Some(Wrong::new(label, &failure.message));
    }

    pub(super) fn act(mut self, action: Action, shell: &mut Shell) -> After {
        let last = self.entries.len().saturating_sub(1);
        let leaving = std::mem::take(&mut self.leaving);
        match action {
            // It waits for its answer: only leaving it is left.
            Action::Leave if self.pending.is_some() => return After::Close,
            _ if self.pending.is_some() => {}
            Action::Submit if self.at < last => self.at += 1,
            Action::Submit | Action::Finish => {
                let task = self.task.clone();
                // A prescription is signed above the form in which it was written: what is signed is that draft.
                let draft = self.draft(shell.now).or_else(|| shell.typed());
                match shell.finish(draft, |shell| task.filled(&mut self, shell)) {
                    Ok(None) => return After::Close,
                    Ok(pending) => self.pending = pending,
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
                    self.edits += 1;
                }
            }
            Action::Leave => match self.draft(shell.now).filter(|_| self.edits > 0) {
                // The first Esc warns, the second one leaves: a text is not lost by a slip.
                Some(_) if !leaving => self.leaving = true,
                Some(draft) => {
                    shell.discard(&draft);
                    return After::Close;
                }
                None => return After::Close,
            },
            _ => {}
        }
        After::Keep(Popup::Form(Box::new(self)))
    }

    pub(super) fn press(&mut self, key: Key) {
        if key == "pagedown".parse().expect("pagedown is a key") {
            self.scroll.act(Action::PageDown);
        } else if key == "pageup".parse().expect("pageup is a key") {
            self.scroll.act(Action::PageUp);
        } else if let Some(entry) = self
            .entries
            .get_mut(self.at)
            .filter(|_| self.pending.is_none())
        {
            // A choice that stands there is a proposal, and so is what a new form begins with until somebody edits it: what is typed
            // takes its place.
            let choice = entry.choices.iter().any(|c| c == entry.field.text());
            let proposed = !entry.edited && !self.task.amends();
            if key.typed().is_some() && (choice || proposed) {
                entry.field.clear();
            }
            if entry.field.press(key) {
                entry.edited = true;
                self.wrong = None;
                self.leaving = false;
                self.edits += 1;
            }
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        if let Some(entry) = self
            .entries
            .get_mut(self.at)
            .filter(|_| self.pending.is_none())
        {
            if !entry.edited && !self.task.amends() {
                entry.field.clear();
            }
            entry.field.paste(pasted);
            entry.edited = true;
            self.leaving = false;
            self.edits += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::super::super::canvas::Canvas;
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
        form.draw(
            "Admit",
            &mut Canvas::new(&mut buffer, &theme, &mut cursor, false),
        );
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
