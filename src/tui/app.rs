//! The application: what is on the screen, and how it changes. **No input or output, no waiting.**
//!
//! [`update`] takes one message and says what is to be done; [`super::render::render`] draws what there is. The loop does the rest.

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::SignedDuration;

use super::action::{Action, Context};
use super::backend::{Failure, Reply, Report, VaultState};
use super::command::{Command, Query, Ticket, Topic};
use super::key::Key;
use super::keymap::Meaning;
use super::pane::{Admin, Home, Inbox, Login, Pane, Prescriptions, Records, Room, Search};
use super::popup::{After, Confirm, Consent, Menu, Page, Popup, help};
use super::shell::{Look, Seat, Shell};
use super::task::Task;
use super::theme::Tone;
use super::{job, msg::Msg};
use crate::clinical::Role;
use crate::desk::view::Stamp;

/// Below this much time left, the header counts down.
pub(super) const COUNTDOWN: SignedDuration = SignedDuration::from_secs(60);

/// The steps of the countdown: more would write more, and nobody needs them.
const STEP: i64 = 10;

/// Everything on the screen.
#[derive(Debug)]
pub struct App {
    /// What all panes share.
    pub shell: Shell,
    /// The pane in front.
    pub pane: Pane,
    pub(super) login: Login,
    pub(super) home: Home,
    pub(super) records: Records,
    pub(super) prescriptions: Prescriptions,
    pub(super) search: Search,
    pub(super) inbox: Inbox,
    pub(super) admin: Admin,
    /// Keys of a chord that has begun.
    chord: Vec<Key>,
    left: bool,
}

impl App {
    /// Nobody here yet; the first question is whether there is a vault.
    pub fn new(look: Look, now: Stamp) -> Self {
        let mut app = Self {
            shell: Shell::new(look, now),
            pane: Pane::Home,
            login: Login::default(),
            home: Home::default(),
            records: Records::default(),
            prescriptions: Prescriptions::default(),
            search: Search::default(),
            inbox: Inbox::default(),
            admin: Admin::default(),
            chord: Vec::new(),
            left: false,
        };
        app.login.enter(&mut app.shell);
        app
    }

    /// The commands that the making of the application gave.
    pub fn first(&mut self) -> Vec<Command> {
        self.shell.commands()
    }

    /// Whether the program has been left.
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// Whether the screen may differ from the last frame; asking clears it.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.shell.dirty)
    }

    /// When a [`Msg::Tick`] is wanted next: when the countdown changes or the session locks. Nobody here: never.
    pub fn deadline(&self) -> Option<Stamp> {
        let left = self.shell.left()?;
        let wait = if left > COUNTDOWN {
            left - COUNTDOWN
        } else {
            let step = SignedDuration::from_secs((left.as_secs() - 1).max(0) / STEP * STEP);
            left - step
        };
        Some(Stamp(
            self.shell
                .now
                .0
                .checked_add(wait)
                .unwrap_or(self.shell.now.0),
        ))
    }

    /// The panes of whoever is here.
    pub fn panes(&self) -> &'static [Pane] {
        self.shell.role().map_or(&[], Pane::of)
    }

    /// The room in front.
    pub(super) fn room(&self) -> &dyn Room {
        if self.shell.seat.is_none() {
            return &self.login;
        }
        match self.pane {
            Pane::Home => &self.home,
            Pane::Records => &self.records,
            Pane::Prescriptions => &self.prescriptions,
            Pane::Search => &self.search,
            Pane::Inbox => &self.inbox,
            Pane::Admin => &self.admin,
        }
    }

    fn with_room<T>(&mut self, f: impl FnOnce(&mut dyn Room, &mut Shell) -> T) -> T {
        let room: &mut dyn Room = if self.shell.seat.is_none() {
            &mut self.login
        } else {
            match self.pane {
                Pane::Home => &mut self.home,
                Pane::Records => &mut self.records,
                Pane::Prescriptions => &mut self.prescriptions,
                Pane::Search => &mut self.search,
                Pane::Inbox => &mut self.inbox,
                Pane::Admin => &mut self.admin,
            }
        };
        f(room, &mut self.shell)
    }

    /// Where keys count now, the nearest first.
    pub fn contexts(&self) -> Vec<Context> {
        if let Some(popup) = self.shell.popups.last() {
            return popup.contexts().to_vec();
        }
        let mut contexts = self.room().contexts(&self.shell);
        if !contexts.contains(&Context::Typing) {
            contexts.push(Context::Anywhere);
        }
        contexts
    }

    fn typing(&self) -> bool {
        match self.shell.popups.last() {
            Some(popup) => popup.typing(),
            None => self.room().typing() && self.contexts().contains(&Context::Typing),
        }
    }

    fn go(&mut self, pane: Pane) {
        self.pane = pane;
        self.with_room(|room, shell| room.enter(shell));
    }

    /// Drops everything decrypted, keeps the user's name in the login.
    fn lock(&mut self) {
        self.shell.lock();
        self.home = Home::default();
        self.records = Records::default();
        self.prescriptions = Prescriptions::default();
        self.search = Search::default();
        self.inbox = Inbox::default();
        self.admin = Admin::default();
        self.login.clear();
        self.chord.clear();
        self.pane = Pane::Home;
    }

    fn quit(&mut self) {
        if self.shell.busy() {
            self.shell.push(Popup::Confirm(Confirm {
                title: "Leave".to_owned(),
                text: "Work is going on. Leaving stops it at the next safe place.".to_owned(),
                command: String::new(),
                consent: Consent::Quit,
            }));
        } else {
            self.lock();
            self.shell.quit();
        }
    }

    fn key(&mut self, event: KeyEvent) {
        if event.kind == KeyEventKind::Release {
            return;
        }
        self.shell.touched = self.shell.now;
        self.shell.said = None;
        let key = Key::from(event);
        if self.typing() && key.typed().is_some() {
            self.press(event);
            return;
        }
        self.chord.push(key);
        let contexts = self.contexts();
        match self.shell.look.keymap.meaning(&self.chord, &contexts) {
            Meaning::Act(action) => {
                self.chord.clear();
                self.act(action);
            }
            Meaning::Wait => {}
            Meaning::Nothing => {
                let began = self.chord.len() > 1;
                self.chord.clear();
                if began {
                    // The chord was not finished; the key counts for itself.
                    self.key(event);
                } else if self.typing() {
                    self.press(event);
                }
            }
        }
    }

    /// A key into the field that takes them.
    fn press(&mut self, event: KeyEvent) {
        if let Some(popup) = self.shell.popups.last_mut() {
            popup.press(event);
            return;
        }
        self.with_room(|room, shell| {
            if room
                .field()
                .is_some_and(|field| field.press(Key::from(event)))
            {
                room.typed(shell);
            }
        });
    }

    fn paste(&mut self, pasted: &str) {
        self.shell.touched = self.shell.now;
        if let Some(popup) = self.shell.popups.last_mut() {
            popup.paste(pasted);
        } else if self.typing() {
            self.with_room(|room, shell| {
                if let Some(field) = room.field() {
                    field.paste(pasted);
                    room.typed(shell);
                }
            });
        }
    }

    /// Does an action, wherever it came from.
    fn act(&mut self, action: Action) {
        let row = action.row();
        if !row.need.met(self.shell.role(), self.shell.look.kiosk) {
            self.shell.say("your role does not do that", Tone::Warn);
            return;
        }
        if let Some(popup) = self.shell.popups.pop() {
            if matches!(action, Action::QuitTyping) {
                self.quit();
                return;
            }
            let depth = self.shell.popups.len();
            match popup.act(action, &mut self.shell) {
                // What it opened stands above it, so it goes below.
                After::Keep(popup) => self.shell.popups.insert(depth, popup),
                After::Close => {}
                After::Do(action) => self.act(action),
            }
            return;
        }
        match action {
            Action::Help | Action::TypingHelp => {
                let page = help(&self.shell, &self.contexts());
                self.shell.push(Popup::Page(page));
            }
            Action::Palette => {
                let menu = Menu::palette(&self.shell, &self.contexts());
                self.shell.push(Popup::Menu(menu));
            }
            Action::Lock => self.lock(),
            Action::Quit | Action::QuitTyping => self.quit(),
            Action::Refresh => self.with_room(|room, shell| room.enter(shell)),
            Action::Pane1
            | Action::Pane2
            | Action::Pane3
            | Action::Pane4
            | Action::Pane5
            | Action::Pane6 => {
                let at = action as usize - Action::Pane1 as usize;
                if let Some(pane) = self.panes().get(at) {
                    self.go(*pane);
                }
            }
            _ => self.with_room(|room, shell| room.act(action, shell)),
        }
    }

    fn loaded(&mut self, ticket: Ticket, reply: Result<Reply, Failure>) {
        if !self.shell.take(ticket) {
            return;
        }
        match reply {
            Ok(Reply::Unlocked { who, idle }) => self.unlocked(who, idle),
            Ok(Reply::Inbox(notices)) => self.shell.notices = notices,
            Ok(Reply::Status(status)) => self.shell.status = Some(*status),
            Ok(Reply::Preview {
                mrn,
                order,
                preview,
            }) => {
                self.shell.said = None;
                Task::Sign {
                    mrn,
                    order,
                    preview,
                }
                .begin(&mut self.shell);
            }
            Ok(Reply::Done(line)) => {
                self.shell.say(line, Tone::Good);
                self.shell.ask(Query::Inbox);
                self.with_room(|room, shell| room.changed(shell));
            }
            Ok(reply) if self.shell.seat.is_none() => self.login.loaded(&reply, &mut self.shell),
            Ok(reply) => {
                for room in [
                    &mut self.records as &mut dyn Room,
                    &mut self.prescriptions,
                    &mut self.search,
                    &mut self.inbox,
                    &mut self.admin,
                ] {
                    room.loaded(&reply, &mut self.shell);
                }
            }
            Err(failure) => self.failed(ticket.topic, failure),
        }
    }

    fn unlocked(&mut self, who: crate::desk::view::Who, idle: std::time::Duration) {
        let Ok(role) = who.role.parse::<Role>() else {
            let text = format!("this program knows no role `{}`", who.role);
            self.login.refused(&Failure {
                code: "role".to_owned(),
                message: text,
                hint: None,
                causes: Vec::new(),
            });
            self.shell.lock();
            return;
        };
        let idle = SignedDuration::try_from(idle).unwrap_or(SignedDuration::from_mins(10));
        self.shell.seat = Some(Seat { who, role, idle });
        self.shell.touched = self.shell.now;
        self.login.clear();
        self.shell.ask(Query::Status);
        let first = if role == Role::Patient {
            Pane::Records
        } else {
            Pane::Home
        };
        if first != Pane::Home {
            self.shell.ask(Query::Inbox);
        }
        self.go(first);
    }

    fn failed(&mut self, topic: Topic, failure: Failure) {
        self.shell.said = None;
        match topic {
            Topic::Session | Topic::Vault if self.shell.seat.is_none() => {
                self.login.refused(&failure)
            }
            Topic::Search => self.search.failed(failure),
            // Figures that do not come leave a gap in the header; a popup for each would be in the way.
            Topic::Status | Topic::Inbox | Topic::Backups => {
                self.shell.say(failure.message, Tone::Warn)
            }
            Topic::Trail if failure.code == "denied" => {}
            Topic::Rx => self.shell.say(failure.message, Tone::Alert),
            _ => {
                self.shell.glass = None;
                self.shell.push(Popup::Page(Page::failure(&failure)));
            }
        }
    }

    fn ended(&mut self, id: super::command::JobId, end: Result<Report, Failure>) {
        let now = self.shell.now;
        let Some(job) = self.shell.jobs.iter_mut().find(|job| job.id == id) else {
            return;
        };
        job.end = Some((now, end));
        let title = job.title;
        let (state, tone) = job.state();
        let page = match &job.end {
            Some((_, Ok(report @ (Report::Demo(_) | Report::Init(_))))) => {
                Some(Page::new(title, job::lines(report)))
            }
            Some((_, Err(failure))) if self.shell.seat.is_none() => Some(Page::failure(failure)),
            _ => None,
        };
        self.shell.say(format!("{title}: {state}"), tone);
        if let Some(page) = page {
            self.shell.push(Popup::Page(page));
        }
        if self.shell.seat.is_none() {
            self.shell.ask(Query::Vault);
        } else {
            self.shell.ask(Query::Status);
            self.with_room(|room, shell| room.changed(shell));
        }
    }

    fn tick(&mut self) {
        if self.shell.left().is_some_and(|left| left.is_zero()) {
            self.lock();
            self.login.locked();
        }
    }
}

/// Takes one message, at the time `now`, and says what is to be done.
pub fn update(app: &mut App, now: Stamp, msg: Msg) -> Vec<Command> {
    app.shell.now = now.max(app.shell.now);
    app.shell.dirty = true;
    match msg {
        Msg::Key(event) => app.key(event),
        Msg::Paste(text) => app.paste(&text),
        Msg::Resized => {}
        Msg::Loaded { ticket, reply } => app.loaded(ticket, reply),
        Msg::Progress(id, progress) => {
            if let Some(job) = app.shell.jobs.iter_mut().find(|job| job.id == id) {
                job.progress = Some((app.shell.now, progress));
            }
        }
        Msg::Ended(id, end) => app.ended(id, *end),
        Msg::Leave => {
            app.lock();
            app.shell.quit();
        }
        Msg::Tick => app.tick(),
    }
    if let Some((pane, mrn)) = app.shell.going.take() {
        app.go(pane);
        if let Some(mrn) = mrn {
            app.records.open(mrn, &mut app.shell);
        }
    }
    let commands = app.shell.commands();
    app.left |= commands
        .iter()
        .any(|command| matches!(command, Command::Quit));
    commands
}

impl App {
    /// Whether the vault is a demonstration.
    pub(super) fn is_demo(&self) -> bool {
        matches!(self.shell.vault, Some(VaultState::There { demo: true, .. }))
    }
}
