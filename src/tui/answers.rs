//! What comes back from the desk, and what becomes of it on the screen.

use jiff::SignedDuration;

use super::app::App;
use super::backend::{Failure, Reply, Report};
use super::command::{JobId, Query, Ticket, Topic};
use super::job;
use super::pane::{Pane, Room};
use super::popup::{Page, Popup};
use super::shell::Seat;
use super::task::Task;
use super::theme::Tone;
use crate::clinical::Role;

impl App {
    /// Takes an answer.
    pub(super) fn loaded(&mut self, ticket: Ticket, reply: Result<Reply, Failure>) {
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
                self.login.refused(&failure);
            }
            Topic::Search => self.search.failed(failure, &mut self.shell),
            // Figures that do not come leave a gap in the header; a popup for each would be in the way.
            Topic::Status | Topic::Inbox | Topic::Backups | Topic::Queries => {
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
}
