//! The application: what is on the screen, and how it changes. **No input or output, no waiting.**
//!
//! [`update`] takes one message and says what is to be done; [`super::render::render`] draws what there is. The loop does the rest.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use jiff::SignedDuration;

use super::action::{Action, Context, Need};
use super::backend::VaultState;
use super::command::Command;
use super::draft::{self, Keep, Typing};
use super::key::Key;
use super::keymap::Meaning;
use super::msg::Msg;
use super::pane::{
    Admin, Home, Inbox, Login, Pane, Pharmacy, Prescriptions, Records, Room, Search,
};
use super::popup::{After, Confirm, Consent, Menu, Popup, help};
use super::shell::{Errand, Look, Shell};
use super::theme::Tone;
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
    pub(super) pharmacy: Pharmacy,
    pub(super) search: Search,
    pub(super) inbox: Inbox,
    pub(super) admin: Admin,
    /// Keys of a chord that has begun.
    chord: Vec<Key>,
    typing: Typing,
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
            pharmacy: Pharmacy::default(),
            search: Search::default(),
            inbox: Inbox::default(),
            admin: Admin::default(),
            chord: Vec::new(),
            typing: Typing::default(),
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
            left - SignedDuration::from_secs((left.as_secs() - 1).max(0) / STEP * STEP)
        };
        let lock = Stamp(
            self.shell
                .now
                .0
                .checked_add(wait)
                .unwrap_or(self.shell.now.0),
        );
        let popup = self.shell.popups.last().and_then(Popup::due);
        let due = [self.room().due(), popup, self.typing.due()];
        due.into_iter().flatten().chain([lock]).min()
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
            Pane::Pharmacy => &self.pharmacy,
            Pane::Search => &self.search,
            Pane::Inbox => &self.inbox,
            Pane::Admin => &self.admin,
        }
    }

    pub(super) fn with_room<T>(&mut self, f: impl FnOnce(&mut dyn Room, &mut Shell) -> T) -> T {
        let room: &mut dyn Room = if self.shell.seat.is_none() {
            &mut self.login
        } else {
            match self.pane {
                Pane::Home => &mut self.home,
                Pane::Records => &mut self.records,
                Pane::Prescriptions => &mut self.prescriptions,
                Pane::Pharmacy => &mut self.pharmacy,
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

    pub(super) fn typing(&self) -> bool {
        match self.shell.popups.last() {
            Some(popup) => popup.typing(),
            None => self.room().typing() && self.contexts().contains(&Context::Typing),
        }
    }

    pub(super) fn go(&mut self, pane: Pane) {
        self.pane = pane;
        self.with_room(|room, shell| room.enter(shell));
    }

    /// What is being typed, in the state in which it goes to the desk.
    fn unfinished(&mut self) -> Option<Keep> {
        let mut popups = self.shell.popups.iter().rev();
        let pending = popups.clone().find_map(Popup::pending);
        let edited = popups.any(|popup| popup.edits().is_some());
        // Of what is just being signed, the state that was kept before counts: should the signing succeed, it is gone.
        let turn = match pending {
            Some(pending) => pending.turn,
            None if edited => self.shell.turn(),
            None => return None,
        };
        let draft = self.shell.typed().filter(|draft| !draft.is_empty())?;
        Some(Keep { turn, draft })
    }

    /// Drops everything decrypted, keeps the user's name in the login unless this is a kiosk. What is being typed is sealed before the keys go.
    fn lock(&mut self) {
        let keep = self.unfinished().into_iter().collect();
        self.typing.kept();
        self.shell.lock(keep);
        self.home = Home::default();
        self.records = Records::default();
        self.prescriptions = Prescriptions::default();
        self.pharmacy = Pharmacy::default();
        self.search = Search::default();
        self.inbox = Inbox::default();
        self.admin = Admin::default();
        if self.shell.look.kiosk {
            // The next who comes is somebody else.
            self.login = Login::default();
        } else {
            self.login.clear();
        }
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
        if let Some(after) = self.escaped(key) {
            self.key(Key::plain(KeyCode::Esc).into());
            self.key(after.into());
            return;
        }
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

    /// Esc and a key that follow close upon one another reach the program as one key with Alt. **Where that means nothing it is the two
    /// that were pressed**; this is the second.
    fn escaped(&self, key: Key) -> Option<Key> {
        let after = key.after_esc()?;
        let mut chord = self.chord.clone();
        chord.push(key);
        let contexts = self.contexts();
        let bound =
            |chord: &[Key]| self.shell.look.keymap.meaning(chord, &contexts) != Meaning::Nothing;
        (!bound(&chord) && !bound(&[key])).then_some(after)
    }

    /// A key into the field that takes them.
    fn press(&mut self, event: KeyEvent) {
        if let Some(popup) = self.shell.popups.last_mut() {
            popup.press(event, self.shell.now);
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
            popup.paste(pasted, self.shell.now);
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
            let why = if row.need == Need::Leave {
                "not at this terminal, which is a kiosk"
            } else {
                "your role does not do that"
            };
            self.shell.say(why, Tone::Warn);
            return;
        }
        let of_popup = !draft::is_of_the_screen(action);
        if of_popup && let Some(popup) = self.shell.popups.pop() {
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
            Action::Drafts => draft::offer(&mut self.shell),
            Action::Lock | Action::LockTyping => self.lock(),
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

    /// Locks where nobody pressed a key for too long. **That goes before whatever comes, a key above all**: after a machine slept, or
    /// this program stood still, nothing may have come at the time for it.
    fn lock_if_idle(&mut self) -> bool {
        let over = self.shell.left().is_some_and(|left| left.is_zero());
        if over {
            self.lock();
            if !self.shell.look.kiosk {
                self.login.locked();
            }
        }
        over
    }

    fn tick(&mut self) {
        if self.typing.due().is_some_and(|due| due <= self.shell.now) {
            self.typing.kept();
            if let Some(draft) = self.shell.typed() {
                self.shell.keep(draft);
            }
        }
        if let Some(popup) = self.shell.popups.last_mut() {
            popup.tick(self.shell.now);
        }
        self.with_room(|room, shell| room.tick(shell));
    }
}

/// Takes one message, at the time `now`, and says what is to be done.
pub fn update(app: &mut App, now: Stamp, msg: Msg) -> Vec<Command> {
    app.shell.at(now);
    app.shell.dirty = true;
    let locked = app.lock_if_idle();
    match msg {
        // What was pressed was meant for the session that is over.
        Msg::Key(_) | Msg::Paste(_) if locked => {}
        Msg::Key(event) => app.key(event),
        Msg::Paste(text) => app.paste(&text),
        Msg::Resized => {}
        Msg::Loaded { ticket, reply } => app.loaded(ticket, reply),
        Msg::Progress(id, progress) => {
            if let Some(job) = app.shell.jobs.iter_mut().find(|job| job.id == id) {
                job.word(app.shell.now, progress);
            }
        }
        Msg::Ended(id, end) => app.ended(id, *end),
        Msg::Leave => {
            app.lock();
            app.shell.quit();
        }
        Msg::Tick => app.tick(),
    }
    if let Some((pane, errand)) = app.shell.going.take() {
        app.go(pane);
        match errand {
            Some(Errand::Chart { mrn, entry }) => app.records.open(mrn, entry, &mut app.shell),
            Some(Errand::Prescription(rx)) => app.prescriptions.show(rx),
            Some(Errand::Query(query)) => app.search.ask(&query, &mut app.shell),
            None => {}
        }
    }
    let popups = &app.shell.popups;
    let pending = popups.iter().any(|popup| popup.pending().is_some());
    let edits = popups.iter().rev().find_map(Popup::edits);
    app.typing.saw(edits.filter(|_| !pending), app.shell.now);
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
