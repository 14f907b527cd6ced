//! Nobody is here: user, Tab, passphrase, Enter. On the first run: make a demonstration, or a vault.

use super::super::action::{Action, Context};
use super::super::backend::{Failure, Reply, VaultState};
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::field::{Field, Shown};
use super::super::list::Selection;
use super::super::popup::Popup;
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::theme::Tone;
use super::{Room, pages};
use crate::desk::view::UserView;
use crate::jobs::demo::PASSPHRASE;

/// The fields of the login.
#[derive(Debug)]
pub struct Login {
    user: Field,
    passphrase: Field,
    /// 0 user, 1 passphrase.
    at: usize,
    wrong: Option<(String, Option<String>)>,
    first: Selection,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            user: Field::new(Shown::Plain),
            passphrase: Field::new(Shown::Masked),
            at: 0,
            wrong: None,
            first: Selection::default(),
        }
    }
}

fn render_wrong(inside: &mut Canvas<'_>, y: u16, (wrong, hint): &(String, Option<String>)) {
    let next = inside.paragraph(1, y, &format!("! {wrong}"), Tone::Alert);
    if let Some(hint) = hint {
        inside.paragraph(1, next, hint, Tone::Text);
    }
}

const FIRST_RUN: [(&str, &str); 2] = [
    (
        "Make a demonstration",
        "a synthetic hospital to look around in; nothing in it is real",
    ),
    (
        "Make a vault",
        "for real use: the first admin, the shares for the custodians",
    ),
];

impl Login {
    /// What the login was refused for. The fields of secrets are empty by then.
    pub fn refused(&mut self, failure: &Failure) {
        self.wrong = Some((failure.message.clone(), failure.hint.clone()));
        self.at = 1;
    }

    /// Somebody made their keys: they are the one who will log in.
    pub fn activated(&mut self, user: &UserView, shell: &mut Shell) {
        shell.said = None;
        self.user.set(&user.login);
        self.clear();
        shell.push(Popup::Page(pages::activated(user)));
    }

    /// After a lock: the user stays, all else goes.
    pub fn clear(&mut self) {
        self.passphrase.clear();
        self.wrong = None;
        self.at = usize::from(!self.user.is_empty());
    }

    /// Says why nobody is here any more.
    pub fn locked(&mut self) {
        self.wrong = Some((
            "locked, because no key was pressed for a while".to_owned(),
            None,
        ));
    }

    fn missing(shell: &Shell) -> bool {
        matches!(shell.vault, Some(VaultState::Missing { .. }))
    }

    fn submit(&mut self, shell: &mut Shell) {
        if shell.waits_for(Topic::Session) || self.user.is_empty() || self.passphrase.is_empty() {
            return;
        }
        self.wrong = None;
        let login = self.user.text().trim().to_owned();
        let passphrase = self.passphrase.take_secret();
        shell.ask(Query::Unlock { login, passphrase });
    }
}

impl Room for Login {
    fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Query::Vault);
    }

    fn contexts(&self, shell: &Shell) -> Vec<Context> {
        if Self::missing(shell) || shell.vault.is_none() {
            vec![Context::List]
        } else {
            vec![Context::Login, Context::Typing]
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(match self.at {
            0 => &mut self.user,
            _ => &mut self.passphrase,
        })
    }

    fn typing(&self) -> bool {
        true
    }

    fn typed(&mut self, _shell: &mut Shell) {
        self.wrong = None;
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        let last = 1;
        if Self::missing(shell) {
            match action {
                // One beginning at a time.
                Action::Open if shell.busy() => {}
                Action::Open if self.first.at(2) == Some(0) => Task::Demo.begin(shell),
                Action::Open => Task::Init.begin(shell),
                Action::Back => {}
                _ => {
                    self.first.act(action, 2);
                }
            }
            return;
        }
        match action {
            Action::Submit if self.at < last => self.at += 1,
            Action::Submit | Action::Finish => self.submit(shell),
            Action::NextField => self.at = if self.at >= last { 0 } else { self.at + 1 },
            Action::PreviousField => self.at = if self.at == 0 { last } else { self.at - 1 },
            Action::Leave => self.clear(),
            Action::Activate => Task::Activate {
                login: self.user.text().trim().to_owned(),
            }
            .begin(shell),
            _ => {}
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        if let Reply::Vault(state) = reply {
            shell.vault = Some(state.clone());
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let small = canvas.height() < 14;
        let top = if small { 0 } else { canvas.height() / 5 };
        let left = canvas.width().saturating_sub(60) / 2;
        let mut inside = canvas.part(left, top, 60, u16::MAX);
        match &shell.vault {
            None => match &self.wrong {
                None => {
                    inside.put(1, 1, "opening the vault …", Tone::Muted);
                }
                Some(wrong) => render_wrong(&mut inside, 1, wrong),
            },
            Some(VaultState::Missing { path }) => self.render_first_run(shell, &mut inside, path),
            Some(VaultState::There { name, demo, logins }) => {
                let x = inside.put(1, 0, name, Tone::Title);
                if *demo {
                    inside.put(
                        x + 2,
                        0,
                        "a demonstration; nothing in it is real",
                        Tone::Warn,
                    );
                }
                let labels = ["user", "passphrase"];
                let fields = [&self.user, &self.passphrase];
                let waiting = shell.waits_for(Topic::Session);
                let width = inside.width();
                let mut y = if small { 2 } else { 3 };
                for (at, field) in fields.into_iter().enumerate() {
                    let active = at == self.at && !waiting;
                    inside.put(
                        1,
                        y,
                        labels[at],
                        if active { Tone::Title } else { Tone::Muted },
                    );
                    field.draw(&mut inside, 13, y, width.saturating_sub(14), active);
                    y += if small { 1 } else { 2 };
                }
                if waiting {
                    inside.put(1, y, "checking …", Tone::Muted);
                } else if let Some(wrong) = &self.wrong {
                    render_wrong(&mut inside, y, wrong);
                } else if *demo && !small {
                    Self::render_logins(&mut inside, y, logins);
                }
            }
        }
    }

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        if Self::missing(shell) {
            vec![Action::Open, Action::Help, Action::Quit]
        } else if shell.vault.is_none() {
            vec![Action::Help, Action::Quit]
        } else {
            vec![
                Action::Submit,
                Action::Activate,
                Action::TypingHelp,
                Action::QuitTyping,
            ]
        }
    }
}

impl Login {
    fn render_first_run(&self, shell: &Shell, inside: &mut Canvas<'_>, path: &str) {
        inside.put(1, 0, "There is no vault yet", Tone::Title);
        inside.put(1, 1, path, Tone::Muted);
        if let Some(job) = shell.jobs.first().filter(|job| job.running()) {
            job.draw(inside, 3, false);
            return;
        }
        let gap = u16::from(inside.height() > 10);
        let mut y = 2 + gap;
        for (at, (label, note)) in FIRST_RUN.iter().enumerate() {
            inside.put(1, y, &format!(" {}  {label} ", at + 1), Tone::Text);
            if self.first.at(2) == Some(at) {
                inside.row(y, Tone::Selected);
                if shell.look.plain {
                    inside.cursor(0, y);
                }
            }
            y = inside.paragraph(5, y + 1, note, Tone::Muted) + gap;
        }
    }

    fn render_logins(inside: &mut Canvas<'_>, y: u16, logins: &[crate::desk::view::DemoLogin]) {
        use super::super::text;
        let room = usize::from(inside.height().saturating_sub(y + 2));
        if room < 2 || logins.is_empty() {
            return;
        }
        inside.put(
            1,
            y + 1,
            &format!("Who can log in; everyone's passphrase is: {PASSPHRASE}"),
            Tone::Muted,
        );
        for (at, login) in logins.iter().take(room).enumerate() {
            let unit = login.unit.as_deref().unwrap_or("");
            let line = format!(
                "{}{}{unit}",
                text::left(&login.login, 14),
                text::left(&login.role, 12)
            );
            inside.put(1, y + 2 + at as u16, &line, Tone::Text);
        }
        if logins.len() > room {
            let more = format!("{} more ", logins.len() - room);
            let last = inside.height() - 1;
            inside.put_right(inside.width(), last, &more, Tone::Muted);
        }
    }
}
