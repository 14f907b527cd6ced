//! What comes back from the desk, and what becomes of it on the screen.

use jiff::SignedDuration;

use super::app::App;
use super::backend::{Failure, Reply, Report};
use super::command::{JobId, Query, Ticket, Topic};
use super::desk_backend::WRONG_PASSPHRASE;
use super::draft;
use super::pane::{Pane, Room, pages};
use super::popup::{Page, Popup};
use super::report;
use super::shell::Seat;
use super::task::Task;
use super::theme::Tone;
use crate::clinical::Role;

/// The code of what was typed and cannot be.
const BAD_INPUT: &str = "bad-input";

impl App {
    /// Takes an answer.
    pub(super) fn loaded(&mut self, ticket: Ticket, reply: Result<Reply, Failure>) {
        if !self.shell.take(ticket) {
            return;
        }
        let generation = ticket.generation;
        self.shell.answered(generation, reply.is_ok());
        match reply {
            Ok(Reply::Unlocked { who, idle }) => self.unlocked(who, idle),
            Ok(Reply::Inbox(notices)) => {
                let before = std::mem::replace(&mut self.shell.notices, notices);
                self.home.noticed(&before, &self.shell.notices);
                self.inbox.noticed(&before, &self.shell.notices);
            }
            Ok(Reply::Status(status)) => self.shell.status = Some(*status),
            Ok(Reply::Preview {
                mrn,
                order,
                preview,
            }) => {
                self.shell.said = None;
                // Whoever left the form meanwhile signs nothing.
                if let Some(form) = self.waiting_for(generation) {
                    form.resume();
                    Task::Sign {
                        mrn,
                        order,
                        preview,
                    }
                    .begin(&mut self.shell);
                } else {
                    self.renew_sign(&order, &preview);
                }
            }
            Ok(Reply::Namesakes {
                unit,
                identity,
                known,
            }) => {
                self.shell.said = None;
                self.admit(generation, unit, identity, known);
            }
            Ok(Reply::Done(line)) => {
                self.done(generation);
                self.shell.say(line, Tone::Good);
                self.changed();
            }
            Ok(Reply::Invited(user)) => {
                self.done(generation);
                self.shell.said = None;
                self.shell.push(Popup::Page(pages::invited(&user)));
                self.changed();
            }
            Ok(Reply::Kept) => {}
            Ok(Reply::Drafts(drafts)) => {
                self.shell.found(drafts);
                // Whoever is at work already is not interrupted: a key that was meant for something else would pick a row.
                if !self.shell.drafts.is_empty() && self.is_at_rest() {
                    draft::offer(&mut self.shell);
                }
            }
            Ok(Reply::Activated(user)) => {
                self.done(generation);
                self.login.activated(&user, &mut self.shell);
            }
            Ok(reply) if self.shell.seat.is_none() => self.login.loaded(&reply, &mut self.shell),
            Ok(reply) => {
                if let Reply::Rx(rx) = &reply {
                    self.renew_dispense(rx);
                }
                if let Reply::Charts(charts) = &reply {
                    let names = charts.iter();
                    let names = names.map(|chart| (chart.mrn.clone(), chart.name.clone()));
                    self.shell.names = names.collect();
                }
                for room in [
                    &mut self.records as &mut dyn Room,
                    &mut self.prescriptions,
                    &mut self.pharmacy,
                    &mut self.search,
                    &mut self.inbox,
                    &mut self.admin,
                ] {
                    room.loaded(&reply, &mut self.shell);
                }
            }
            Err(failure) => self.failed(ticket, failure),
        }
    }

    /// Whether nothing was begun since the login.
    fn is_at_rest(&self) -> bool {
        let first = self.shell.role().map(first_pane);
        self.shell.popups.is_empty() && !self.typing() && first == Some(self.pane)
    }

    /// The popup that waits for this answer.
    pub(super) fn waiting_for(&mut self, generation: u64) -> Option<&mut Popup> {
        self.shell.popups.iter_mut().find(|popup| {
            popup
                .pending()
                .is_some_and(|pending| pending.generation == generation)
        })
    }

    /// The answer is good: the form that waited for it closes, and what was written there is no draft any more.
    fn done(&mut self, generation: u64) {
        let now = self.shell.now;
        let Some(pending) = self
            .waiting_for(generation)
            .and_then(|popup| popup.pending().cloned())
        else {
            return;
        };
        let closes = |popup: &Popup| {
            let waited = popup.pending().is_some_and(|p| p.generation == generation);
            let signed = pending.draft.as_ref();
            waited || signed.is_some_and(|signed| popup.draft(now).is_some_and(|d| d.is(signed)))
        };
        self.shell.popups.retain(|popup| !closes(popup));
    }

    /// Something was done: what waits, and what the pane shows, may be old.
    fn changed(&mut self) {
        self.shell.ask(Query::Inbox);
        self.with_room(|room, shell| room.changed(shell));
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
            self.shell.lock(Vec::new());
            return;
        };
        let idle = SignedDuration::try_from(idle).unwrap_or(SignedDuration::from_mins(10));
        self.shell.seat = Some(Seat { who, role, idle });
        self.shell.touched = self.shell.now;
        self.login.clear();
        self.shell.ask(Query::Status);
        self.shell.ask(Query::Drafts);
        let first = first_pane(role);
        if first != Pane::Home {
            self.shell.ask(Query::Inbox);
        }
        self.go(first);
    }

    fn failed(&mut self, ticket: Ticket, failure: Failure) {
        self.shell.said = None;
        let wrong_passphrase = failure.code == WRONG_PASSPHRASE;
        let told = self.read_again(ticket.generation, &failure);
        if let Some(form) = self.waiting_for(ticket.generation) {
            form.resume();
            if wrong_passphrase && form.refused_passphrase(&failure.message) {
                self.shell.glass = None;
                return;
            }
            // What can be put right where it was typed is said there.
            let here = failure.code == BAD_INPUT && failure.hint.is_none() && !told;
            if here && form.refused(&failure) {
                return;
            }
        }
        if told {
            return;
        }
        match ticket.topic {
            Topic::Session | Topic::Vault if self.shell.seat.is_none() => {
                self.login.refused(&failure);
            }
            Topic::Search => self.search.failed(failure, &mut self.shell),
            // Figures that do not come leave a gap in the header; a popup for each would be in the way.
            Topic::Status | Topic::Inbox | Topic::Queries | Topic::Drafts | Topic::Draft => {
                self.shell.say(failure.message, Tone::Warn);
            }
            Topic::Trail if failure.code == "denied" => {}
            Topic::Rx => self.shell.say(failure.message, Tone::Alert),
            _ => {
                self.shell.glass = None;
                self.shell.push(Popup::Page(Page::failure(&failure)));
            }
        }
    }

    /// Takes the end of a job.
    pub(super) fn ended(&mut self, id: JobId, end: Result<Report, Failure>) {
        let now = self.shell.now;
        let Some(job) = self.shell.jobs.iter_mut().find(|job| job.id == id) else {
            return;
        };
        job.end = Some((now, end));
        let title = job.title;
        let (state, tone) = job.state();
        let page = match &job.end {
            Some((_, Ok(report @ (Report::Demo(_) | Report::Init(_))))) => {
                Some(Page::new(title, report::lines(report)))
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
}

/// The pane in which somebody of this role begins.
fn first_pane(role: Role) -> Pane {
    if role == Role::Patient {
        Pane::Records
    } else {
        Pane::Home
    }
}
