//! An application on the bench: keys in, screens out, the fixture answering at once.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;

use super::super::app::{App, update};
use super::super::backend::{Backend, Reply};
use super::super::capture;
use super::super::command::{Command, Query, Ticket};
use super::super::key::Key;
use super::super::keymap::Keymap;
use super::super::msg::Msg;
use super::super::shell::Look;
use super::super::theme::Theme;
use super::fixture::{Fixture, NOW, at};
use crate::desk::view::{Proceed, Stamp};

pub fn look(theme: &str) -> Look {
    Look {
        theme: Theme::embedded(theme).unwrap(),
        keymap: Keymap::embedded(),
        plain: false,
        kiosk: false,
    }
}

/// An application and the desk that answers it.
pub struct Bench {
    pub app: App,
    pub desk: Arc<Fixture>,
    pub now: Stamp,
    /// Commands that the fixture does not answer: locks, quits, cancels.
    pub rest: Vec<Command>,
}

impl Bench {
    pub fn with(look: Look, desk: Fixture) -> Self {
        let mut bench = Self {
            app: App::new(look, at(NOW)),
            desk: Arc::new(desk),
            now: at(NOW),
            rest: Vec::new(),
        };
        let first = bench.app.first();
        bench.run(first);
        bench
    }

    /// The login, with a vault behind it.
    pub fn new() -> Self {
        Self::with(look("default"), Fixture::default())
    }

    /// Somebody logged in.
    pub fn of(login: &str) -> Self {
        let mut bench = Self::new();
        bench.login(login);
        bench
    }

    pub fn login(&mut self, login: &str) {
        self.types(login);
        self.keys("enter");
        self.types("correct horse");
        self.keys("enter");
        assert_eq!(self.app.shell.login(), login);
    }

    fn run(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Ask { ticket, query } => {
                    let reply = self.desk.ask(*query);
                    self.send(Msg::Loaded { ticket, reply });
                }
                Command::Start { job, kind } => {
                    let words = std::sync::Mutex::new(Vec::new());
                    let end = self.desk.run(kind, &|word| {
                        words.lock().unwrap().push(word.clone());
                        Proceed::Go
                    });
                    for word in words.into_inner().unwrap() {
                        self.send(Msg::Progress(job, word));
                    }
                    self.send(Msg::Ended(job, Box::new(end)));
                }
                other => {
                    if let Command::Lock { keep } = &other {
                        self.desk.lock(keep.clone())();
                    }
                    self.rest.push(other);
                }
            }
        }
    }

    pub fn send(&mut self, msg: Msg) {
        let commands = update(&mut self.app, self.now, msg);
        self.run(commands);
    }

    /// Lets an answer come, as after a reload.
    pub fn answers(&mut self, query: Query, reply: Reply) {
        self.app.shell.ask(query);
        let mut commands = self.app.shell.commands();
        let Some(Command::Ask { ticket, .. }) = commands.pop() else {
            panic!("{commands:?}");
        };
        let reply = Ok(reply);
        self.send(Msg::Loaded { ticket, reply });
    }

    /// Presses a key and lets the question to which it leads go unanswered.
    pub fn asks(&mut self, key: &str) -> Ticket {
        let key: Key = key.parse().unwrap();
        let commands = update(&mut self.app, self.now, Msg::Key(key.into()));
        let asked = commands.iter().rev().find_map(|command| match command {
            Command::Ask { ticket, .. } => Some(*ticket),
            _ => None,
        });
        asked.expect("a question")
    }

    /// Presses keys as the keymap names them, with blanks between.
    pub fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let key: Key = key.parse().unwrap();
            self.send(Msg::Key(key.into()));
        }
    }

    /// Lets the selection rest.
    pub fn rests(&mut self) {
        self.now = Stamp(self.now.0 + jiff::SignedDuration::from_millis(300));
        self.send(Msg::Tick);
    }

    /// Types characters.
    pub fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Msg::Key(KeyEvent::new(
                KeyCode::Char(c),
                KeyModifiers::NONE,
            )));
        }
    }

    pub fn buffer(&self, width: u16, height: u16) -> Buffer {
        capture::buffer(&self.app, width, height)
    }

    pub fn screen(&self) -> String {
        capture::plain(&self.buffer(80, 24))
    }

    /// Whether the screen shows this.
    pub fn shows(&self, text: &str) -> bool {
        self.screen().contains(text)
    }

    /// What the desk was asked since the last time.
    pub fn asked(&self) -> String {
        std::mem::take(&mut *self.desk.asked.lock().unwrap()).join("\n")
    }
}
