//! Yes or no, with the exact command that a yes releases.

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::command::{Act, JobKind};
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::{After, Popup};
use crate::desk::view::Draft;

/// What a yes releases.
#[derive(Debug)]
pub enum Consent {
    /// An act.
    Act(Act),
    /// A job.
    Start(JobKind),
    /// Throwing a draft away, and what is begun then.
    Discard(Draft, Option<Box<Task>>),
    /// Leaving, though work is going on.
    Quit,
}

/// A question before something that cannot be taken back.
#[derive(Debug)]
pub struct Confirm {
    /// The question.
    pub title: String,
    /// What will happen.
    pub text: String,
    /// The command that does the same; empty where there is none.
    pub command: String,
    /// What a yes releases.
    pub consent: Consent,
}

impl Confirm {
    pub(super) fn act(self, action: Action, shell: &mut Shell) -> After {
        match action {
            Action::Accept => {
                match self.consent {
                    Consent::Act(act) => shell.act(act),
                    Consent::Start(kind) => shell.start(kind),
                    Consent::Discard(draft, then) => {
                        shell.discard(&draft);
                        shell.say("thrown away", Tone::Muted);
                        if let Some(task) = then {
                            task.begin(shell);
                        }
                    }
                    Consent::Quit => shell.quit(),
                }
                After::Close
            }
            Action::Decline => After::Close,
            _ => After::Keep(Popup::Confirm(self)),
        }
    }

    pub(super) fn render(&self, canvas: &mut Canvas<'_>) {
        let lines = text::wrap(&self.text, 54);
        let height = lines.len() as u16 + if self.command.is_empty() { 0 } else { 2 };
        let mut inside = super::frame(canvas, &self.title, 62, height);
        let y = inside.paragraph(0, 0, &self.text, Tone::Text);
        if !self.command.is_empty() {
            inside.put(0, y + 1, &self.command, Tone::Heading);
        }
    }
}
