//! What all panes share: who is here, what time it is, what waits, the popups, the commands to give.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::action::{Action, Row};
use super::backend::VaultState;
use super::command::{Act, Command, JobId, JobKind, Query, Ticket, Topic};
use super::draft::Keep;
use super::job::Job;
use super::keymap::Keymap;
use super::pane::Pane;
use super::popup::{Pending, Popup, Wrong};
use super::theme::{Theme, Tone};
use crate::clinical::Role;
use crate::desk::view::{self, Draft, Stamp};

/// How the interface looks and behaves, from the configuration.
#[derive(Debug, Clone)]
pub struct Look {
    /// Colours and modifiers.
    pub theme: Theme,
    /// Keys.
    pub keymap: Keymap,
    /// No rules, a real cursor on the row that matters: screen readers and braille lines.
    pub plain: bool,
    /// A patient's kiosk: no quit, no palette.
    pub kiosk: bool,
}

/// The session at the terminal, as far as the screen knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    /// Who is here.
    pub who: view::Who,
    /// Their role.
    pub role: Role,
    /// After how long without a key the session locks.
    pub idle: SignedDuration,
}

/// Units that everyone is put into, or that exist for keys alone. They are nobody's place of work.
const SPECIAL: [&str; 4] = ["staff", "auditors", "emergency", "recovery"];

/// The units in which somebody works.
pub fn workplaces(units: &[String]) -> Vec<&str> {
    units
        .iter()
        .map(String::as_str)
        .filter(|unit| !SPECIAL.contains(unit))
        .collect()
}

/// What to show in a pane once it is in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A chart, and the entry of it to select.
    Chart {
        /// Its number.
        mrn: String,
        /// The entry.
        entry: Option<String>,
    },
    /// A prescription, by its id.
    Prescription(String),
    /// A query to run.
    Query(String),
}

/// Shared state. Panes read it and give their commands to it.
#[derive(Debug)]
pub struct Shell {
    /// How it looks.
    pub look: Look,
    /// The time of the message being handled.
    pub now: Stamp,
    /// When the last key was pressed.
    pub touched: Stamp,
    /// Whether there is a vault; unknown until the first answer.
    pub vault: Option<VaultState>,
    /// Who is here; nobody while locked.
    pub seat: Option<Seat>,
    /// Figures for the header.
    pub status: Option<view::Status>,
    /// What waits.
    pub notices: Vec<view::Notice>,
    /// The chart that is open under break-glass, which turns the header red.
    pub glass: Option<String>,
    /// The names of the charts that were listed in this session, by number: what is written says whose chart it is for.
    pub names: BTreeMap<String, String>,
    /// What the person began and did not sign, the last changed first.
    pub drafts: Vec<Draft>,
    /// Popups, the top one last.
    pub popups: Vec<Popup>,
    /// Jobs that this screen started, the newest first.
    pub jobs: Vec<Job>,
    /// One line about what was just done.
    pub said: Option<(String, Tone)>,
    /// Whether the screen may differ from the last frame.
    pub dirty: bool,
    /// A pane to which something asked to go, and what to show there.
    pub going: Option<(Pane, Option<Errand>)>,
    commands: Vec<Command>,
    /// The draft of the form that is being finished.
    finishing: Option<Draft>,
    /// The drafts of acts whose answers have not come, by the ticket.
    given: BTreeMap<u64, Draft>,
    /// The answer for which the form that is being finished has to wait.
    pending: Option<Pending>,
    turns: u64,
    asked: u64,
    /// How much had been asked when the last session ended.
    before: u64,
    latest: BTreeMap<Topic, u64>,
}

impl Shell {
    /// Nobody here, nothing known.
    pub fn new(look: Look, now: Stamp) -> Self {
        Self {
            look,
            now,
            touched: now,
            vault: None,
            seat: None,
            status: None,
            notices: Vec::new(),
            glass: None,
            names: BTreeMap::new(),
            drafts: Vec::new(),
            popups: Vec::new(),
            jobs: Vec::new(),
            said: None,
            dirty: true,
            going: None,
            commands: Vec::new(),
            finishing: None,
            given: BTreeMap::new(),
            pending: None,
            turns: 0,
            asked: 0,
            before: 0,
            latest: BTreeMap::new(),
        }
    }

    /// The role at the terminal.
    pub fn role(&self) -> Option<Role> {
        self.seat.as_ref().map(|seat| seat.role)
    }

    /// What an action does, in the words of the table; a pane by its name. `None` for a pane that the role has not.
    pub fn describes(&self, row: &Row) -> Option<String> {
        if !(Action::Pane1..=Action::Pane6).contains(&row.action) {
            return Some(row.description.to_owned());
        }
        let at = row.action as usize - Action::Pane1 as usize;
        let pane = Pane::of(self.role()?).get(at)?;
        Some(format!("Go to {}", pane.title()))
    }

    /// A title and, where it is known, whose chart it is about.
    pub fn titled(&self, title: &str, mrn: Option<&str>) -> String {
        match mrn.and_then(|mrn| self.names.get(mrn)) {
            Some(name) => format!("{title}  {name}"),
            None => title.to_owned(),
        }
    }

    /// The login at the terminal; empty while locked.
    pub fn login(&self) -> &str {
        self.seat.as_ref().map_or("", |seat| &seat.who.login)
    }

    /// Asks the desk. An older answer about the same topic will be dropped.
    pub fn ask(&mut self, query: Query) {
        self.asked += 1;
        let ticket = Ticket {
            topic: query.topic(),
            generation: self.asked,
        };
        self.latest.insert(ticket.topic, ticket.generation);
        self.commands.push(Command::Ask {
            ticket,
            query: Box::new(query),
        });
    }

    /// Asks the desk to do something.
    pub fn act(&mut self, act: Act) {
        self.say("working …", Tone::Muted);
        let draft = self.finishing.take();
        // Kept first: should the act fail, or the session end meanwhile, nothing typed is lost.
        let turn = draft.clone().map(|draft| self.keep(draft));
        let gone = draft.clone().map(|draft| Keep {
            turn: self.turn(),
            draft,
        });
        self.ask(Query::Act { act, gone });
        self.given
            .extend(draft.clone().map(|draft| (self.asked, draft)));
        self.pending = Some(Pending {
            generation: self.asked,
            turn: turn.unwrap_or_default(),
            draft,
        });
    }

    /// Asks something whose answer the form that is being finished waits for.
    pub fn ask_and_wait(&mut self, query: Query) {
        let draft = self.finishing.take();
        let turn = draft.map(|draft| self.keep(draft));
        self.ask(query);
        self.pending = Some(Pending {
            generation: self.asked,
            turn: turn.unwrap_or_default(),
            draft: None,
        });
    }

    /// Finishes a form or a text: what it gives to the desk takes `draft` away once it is done. Answers with what the form
    /// has to wait for, if anything.
    pub fn finish(
        &mut self,
        draft: Option<Draft>,
        give: impl FnOnce(&mut Self) -> Result<(), Wrong>,
    ) -> Result<Option<Pending>, Wrong> {
        (self.finishing, self.pending) = (draft, None);
        let given = give(self);
        self.finishing = None;
        given.map(|()| self.pending.take())
    }

    /// An act was answered. Its draft is none any more where it is done.
    pub fn answered(&mut self, generation: u64, done: bool) {
        if let Some(draft) = self.given.remove(&generation).filter(|_| done) {
            self.forget(&draft);
        }
    }

    /// The number of the next state of a draft.
    pub fn turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// Whether something about this topic is on its way.
    pub fn waits_for(&self, topic: Topic) -> bool {
        self.latest.contains_key(&topic)
    }

    /// Takes an answer's ticket. `false` means that a later question made it stale, or that the session ended since.
    pub fn take(&mut self, ticket: Ticket) -> bool {
        if self.latest.get(&ticket.topic) == Some(&ticket.generation) {
            self.latest.remove(&ticket.topic);
            return true;
        }
        // Acts may overtake one another; each answer counts as long as the session lasts that asked. Whoever is here next sees nothing
        // of it.
        ticket.topic == Topic::Act && self.seat.is_some() && ticket.generation > self.before
    }

    /// Starts a job.
    pub fn start(&mut self, kind: JobKind) {
        self.asked += 1;
        let job = JobId(self.asked);
        let mut started = Job::new(job, kind.title(), self.now);
        started.in_session = kind.needs_session();
        started.can_pause = kind.can_pause();
        self.jobs.insert(0, started);
        self.commands.push(Command::Start { job, kind });
    }

    /// Asks a job to stop.
    pub fn cancel(&mut self, job: JobId) {
        self.commands.push(Command::Cancel(job));
    }

    /// Holds a job, or lets it go on.
    pub fn hold(&mut self, job: JobId) {
        let now = self.now;
        if let Some(job) = self.jobs.iter_mut().find(|other| other.id == job) {
            let held = job.hold_or_resume(now);
            let id = job.id;
            self.commands.push(if held {
                Command::Pause(id)
            } else {
                Command::Resume(id)
            });
        }
    }

    /// What went wrong in backups, and nobody has seen yet, the newest first.
    pub fn incidents(&self) -> &[view::Incident] {
        let status = self.status.as_ref();
        status.map_or(&[], |status| &status.backup_incidents)
    }

    /// Whether a job is running.
    pub fn busy(&self) -> bool {
        self.jobs.iter().any(Job::running)
    }

    /// Puts a popup on top.
    pub fn push(&mut self, popup: Popup) {
        self.popups.push(popup);
    }

    /// Says one line, until the next key.
    pub fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.said = Some((text.into(), tone));
    }

    /// Goes to another pane, and shows something there.
    pub fn go(&mut self, pane: Pane, errand: Option<Errand>) {
        self.going = Some((pane, errand));
    }

    /// Locks: clears what was decrypted, drops answers on their way, ends what works with this session's keys. `keep` is
    /// what was being typed.
    pub fn lock(&mut self, keep: Vec<Keep>) {
        let ending = self.jobs.iter().filter(|job| job.in_session);
        let ending: Vec<JobId> = ending.map(|job| job.id).collect();
        self.jobs.retain(|job| !job.in_session);
        for job in ending {
            self.cancel(job);
        }
        self.seat = None;
        self.status = None;
        self.notices.clear();
        self.glass = None;
        self.names.clear();
        self.drafts.clear();
        self.given.clear();
        self.popups.clear();
        self.said = None;
        self.latest.clear();
        self.before = self.asked;
        self.going = None;
        self.commands.push(Command::Lock { keep });
    }

    /// Leaves: jobs stop, the session locks.
    pub fn quit(&mut self) {
        let running: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|job| job.running())
            .map(|job| job.id)
            .collect();
        for job in running {
            self.cancel(job);
        }
        self.lock(Vec::new());
        self.commands.push(Command::Quit);
    }

    /// The commands given since the last time.
    pub fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// Says what time it is. A clock that is set back takes nothing of the time that passed without a key: the lock comes no later
    /// for it than one that begins anew.
    pub fn at(&mut self, now: Stamp) {
        let back = self.now.0.duration_since(now.0);
        if back.is_positive() {
            self.touched = Stamp(self.touched.0.checked_sub(back).unwrap_or(self.touched.0));
        }
        self.now = now;
    }

    /// What is left before the session locks.
    pub fn left(&self) -> Option<SignedDuration> {
        let seat = self.seat.as_ref()?;
        Some((seat.idle - self.now.0.duration_since(self.touched.0)).max(SignedDuration::ZERO))
    }
}
