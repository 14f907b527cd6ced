//! What is being typed is not lost: it is kept on a pause in typing, on a lock, and when the program is made to end.
//!
//! The desk seals each state of a draft under a key of the person's own and writes it; see [`crate::desk::drafts`]. Here is when that
//! happens, and how a person comes back to what they began.

use jiff::SignedDuration;

use super::action::Action;
use super::popup::{Choice, Confirm, Consent, Menu, MenuRow, Popup};
use super::shell::Shell;
use super::task::Task;
use super::text;
use super::theme::Tone;
use super::when;
use crate::desk::view::{Draft, Stamp};

/// A pause in typing after which the text is kept.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// The most that is typed before it is kept, pause or none.
const LONGEST: SignedDuration = SignedDuration::from_secs(5);
/// Letters of a draft by which its writer knows it again.
const BEGINNING: usize = 40;

/// A state of a draft, numbered as the screen had them. **Of two states the one with the higher number counts**, whichever is
/// written first: they are written on threads of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Its number.
    pub turn: u64,
    /// The draft.
    pub draft: Draft,
}

/// What was typed since it was last kept.
#[derive(Debug, Default)]
pub struct Typing {
    edits: u64,
    first: Option<Stamp>,
    last: Option<Stamp>,
}

impl Typing {
    /// Takes how many edits the text on the screen has seen; `None` where none is being written.
    pub fn saw(&mut self, edits: Option<u64>, now: Stamp) {
        let Some(edits) = edits else {
            *self = Self::default();
            return;
        };
        if edits != self.edits {
            self.edits = edits;
            self.last = Some(now);
            self.first.get_or_insert(now);
        }
    }

    /// When what was typed is to be kept.
    pub fn due(&self) -> Option<Stamp> {
        let later = |at: Stamp, by| Stamp(at.0.checked_add(by).unwrap_or(at.0));
        let (first, last) = (self.first?, self.last?);
        Some(later(last, PAUSE).min(later(first, LONGEST)))
    }

    /// It was kept.
    pub fn kept(&mut self) {
        (self.first, self.last) = (None, None);
    }
}

/// Offers what was begun and not signed.
pub fn offer(shell: &mut Shell) {
    if shell.drafts.is_empty() {
        shell.say("nothing is left unfinished", Tone::Muted);
        return;
    }
    let rows = rows(&shell.drafts, None, shell.now);
    shell.push(Popup::Menu(Menu::new("You had not finished", rows)));
}

/// Offers the drafts that are to become what `task` is about to begin. `false` where there is none.
pub fn offer_instead(task: &Task, shell: &mut Shell) -> bool {
    let Some(fresh) = task.draft(shell.now) else {
        return false;
    };
    let like = shell.drafts.iter().filter(|draft| draft.is_like(&fresh));
    let like: Vec<Draft> = like.cloned().collect();
    if like.is_empty() {
        return false;
    }
    let rows = rows(&like, Some(task), shell.now);
    shell.push(Popup::Menu(Menu::new("You had not finished", rows)));
    true
}

/// For each draft: go on with it, or discard it and, where something is being begun, begin that anew.
fn rows(drafts: &[Draft], instead: Option<&Task>, now: Stamp) -> Vec<MenuRow> {
    let row = |label: String, choice| MenuRow {
        label,
        note: String::new(),
        choice,
    };
    let mut rows = Vec::new();
    for draft in drafts {
        let what = describe(draft, now);
        rows.push(row(
            format!("continue {what}"),
            Choice::Resume(draft.clone()),
        ));
        let (anew, then) = match instead {
            Some(task) => (", begin anew", Some(Box::new(task.clone()))),
            None => ("", None),
        };
        let discard = Choice::Discard(draft.clone(), then);
        rows.push(row(
            format!("discard the draft of {}{anew}", at(draft, now)),
            discard,
        ));
    }
    rows
}

fn at(draft: &Draft, now: Stamp) -> String {
    when::short(draft.changed(), now)
}

/// `note for 0012-7 of 14:02: Fever since midnight`.
fn describe(draft: &Draft, now: Stamp) -> String {
    let mrn = draft.mrn.as_deref();
    let mrn = mrn.map(|mrn| format!(" for {mrn}")).unwrap_or_default();
    let amends = if draft.amends.is_some() {
        "amended "
    } else {
        ""
    };
    let mut written = draft.fields.iter().map(|(_, text)| text.trim());
    let beginning = written.find(|text| !text.is_empty()).unwrap_or_default();
    format!(
        "{amends}{}{mrn} of {}: {}",
        draft.kind,
        at(draft, now),
        text::cut(&text::clean(beginning), BEGINNING)
    )
}

/// The question before a draft is thrown away.
pub fn throw_away(draft: Draft, then: Option<Box<Task>>, now: Stamp) -> Confirm {
    Confirm {
        title: "Throw a draft away".to_owned(),
        text: describe(&draft, now),
        command: String::new(),
        consent: Consent::Discard(draft, then),
    }
}

impl Shell {
    /// Keeps a state of a draft; an empty one is none.
    pub fn keep(&mut self, draft: Draft) -> u64 {
        if draft.is_empty() {
            self.discard(&draft);
            return self.turn();
        }
        self.drafts.retain(|known| !known.is(&draft));
        self.drafts.insert(0, draft.clone());
        let turn = self.turn();
        self.ask(super::command::Query::KeepDraft(Keep { turn, draft }));
        turn
    }

    /// Takes what the desk has of former days. It was asked at the login: what was begun since then is newer.
    pub fn found(&mut self, drafts: Vec<Draft>) {
        for draft in drafts {
            if !self.drafts.iter().any(|known| known.is(&draft)) {
                self.drafts.push(draft);
            }
        }
    }

    /// Throws a draft away, if it was ever kept.
    pub fn discard(&mut self, draft: &Draft) {
        if self.forget(draft) {
            let (turn, draft) = (self.turn(), draft.clone());
            self.ask(super::command::Query::DropDraft(Keep { turn, draft }));
        }
    }

    /// Drops a draft from those that are offered. `false` where it was not among them.
    pub fn forget(&mut self, draft: &Draft) -> bool {
        let before = self.drafts.len();
        self.drafts.retain(|known| !known.is(draft));
        self.drafts.len() < before
    }

    /// The draft that is being typed, the topmost first.
    pub fn typed(&self) -> Option<Draft> {
        let mut popups = self.popups.iter().rev();
        popups.find_map(|popup| popup.draft(self.now))
    }
}

/// What leaving a text with Esc takes: the first one warns where something was typed, the second one leaves.
pub(super) const LEAVING: &str = "Esc again throws this away";

/// The actions that a popup does not see, because they are about the whole screen.
pub(super) fn is_of_the_screen(action: Action) -> bool {
    matches!(
        action,
        Action::QuitTyping | Action::LockTyping | Action::TypingHelp
    )
}
