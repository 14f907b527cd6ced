//! What waits, and who may read what: decide from here.

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Act, Query, Topic};
use super::super::list::Selection;
use super::super::popup::{Confirm, Consent, Page, Popup};
use super::super::rest::{REST, Rest};
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::Room;
use super::notices::Notices;
use crate::desk::view::{AccessKind, AccessLine, GrantState, Notice, Stamp};

/// Notices, and the list of access.
#[derive(Debug, Default)]
pub struct Inbox {
    access: Vec<AccessLine>,
    notices: Notices,
    list: Selection,
    /// Whether the list of access is shown.
    accesses: bool,
    /// What is said below the list, and what can be done, follow the selection once it rests.
    rest: Rest,
    /// The keys of the row on which it rested last.
    kept: Vec<Action>,
}

impl Inbox {
    /// The notices have changed.
    pub fn noticed(&mut self, before: &[Notice], now: &[Notice]) {
        self.notices.follow(before, now);
    }

    fn notice<'a>(&self, shell: &'a Shell) -> Option<&'a Notice> {
        self.notices.one(&shell.notices)
    }

    /// The access that the selection is about, in either tab.
    fn selected<'a>(&'a self, shell: &'a Shell) -> Option<&'a AccessLine> {
        if self.accesses {
            self.list.at(self.access.len()).map(|at| &self.access[at])
        } else {
            let notice = self.notice(shell)?;
            self.access.iter().find(|line| line.id == notice.id)
        }
    }

    /// Begins a decision about the selected access.
    fn decide(&self, shell: &mut Shell, state: GrantState, make: impl Fn(String, String) -> Task) {
        let Some(line) = self.selected(shell) else {
            shell.say("there is no access to decide in this row", Tone::Warn);
            return;
        };
        if line.state != state {
            let now = line.state;
            shell.say(format!("it is {now}"), Tone::Warn);
            return;
        }
        make(line.id.clone(), describe(line)).begin(shell);
    }
}

/// What an access is, in one line.
fn describe(line: &AccessLine) -> String {
    let chart = line.name.as_deref().unwrap_or(&line.chart);
    let until = line
        .until
        .map(|at| format!(", until {}", when::full(at)))
        .unwrap_or_default();
    let purpose = line
        .purpose
        .as_deref()
        .map(|purpose| format!(": {purpose}"))
        .unwrap_or_default();
    let sections = within(line);
    format!(
        "{} for {} to {chart}{sections}{until}{purpose}",
        line.kind, line.who
    )
}

/// ` (clinical, medication)`; nothing where no section is named, as when a glass was broken.
fn within(line: &AccessLine) -> String {
    if line.sections.is_empty() {
        return String::new();
    }
    format!(" ({})", line.sections.join(", "))
}

/// The beginning by which a section is told from the others.
fn initial(section: &str) -> &str {
    section.get(..2).unwrap_or(section)
}

/// What the row of an access does not say, or says in short: until when, to which sections, and what for.
fn beside(line: &AccessLine) -> String {
    let until = line.until.map_or_else(
        || "no end".to_owned(),
        |at| format!("until {}", when::full(at)),
    );
    let sections = within(line);
    match &line.purpose {
        Some(purpose) => format!("{until}{sections}: {purpose}"),
        None => format!("{until}{sections}"),
    }
}

impl Room for Inbox {
    fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Query::Inbox);
        shell.ask(Query::Access);
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        vec![Context::Inbox, Context::List]
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::InboxTab => self.accesses = !self.accesses,
            Action::Grant => {
                let shared = self
                    .selected(shell)
                    .filter(|line| line.kind == AccessKind::Share && line.mine_to_decide);
                if let Some(line) = shared {
                    let confirm = Confirm {
                        title: "Accept what is shared with you".to_owned(),
                        text: describe(line),
                        command: format!("chartseal access accept {}", line.id),
                        consent: Consent::Act(Act::AcceptShare {
                            id: line.id.clone(),
                        }),
                    };
                    shell.push(Popup::Confirm(confirm));
                } else {
                    self.decide(shell, GrantState::Pending, |id, what| Task::Grant {
                        id,
                        what,
                    });
                }
            }
            Action::RefuseAccess => self.decide(shell, GrantState::Pending, |id, what| {
                Task::RefuseAccess { id, what }
            }),
            Action::Revoke => self.decide(shell, GrantState::Granted, |id, what| Task::Revoke {
                id,
                what,
            }),
            Action::Deliver => {
                let waiting = shell.notices.iter().filter(|notice| notice.kind == "keys");
                let (shown, names): (Vec<String>, Vec<String>) = waiting
                    .map(|notice| {
                        let line = format!("{} {}", notice.from, notice.text);
                        (notice.id.clone(), line)
                    })
                    .unzip();
                if names.is_empty() {
                    shell.say("nobody waits for keys that you hold", Tone::Warn);
                } else {
                    shell.push(Popup::Confirm(Confirm {
                        title: "Deliver keys".to_owned(),
                        text: names.join("\n"),
                        command: "chartseal unit deliver".to_owned(),
                        consent: Consent::Act(Act::Deliver { shown }),
                    }));
                }
            }
            Action::Review => {
                let notice = self
                    .notice(shell)
                    .filter(|notice| notice.kind == "break-glass")
                    .cloned();
                match notice {
                    Some(notice) => Task::Review {
                        id: notice.id,
                        what: format!("{}: {}", notice.from, notice.text),
                    }
                    .begin(shell),
                    None => shell.say("this row is no break-glass", Tone::Warn),
                }
            }
            Action::Open if !self.accesses && self.notices.unfold(&shell.notices) => {}
            Action::Open => {
                let mut lines = Vec::new();
                if let Some(notice) = self.notice(shell).filter(|_| !self.accesses) {
                    lines.push((notice.text.clone(), Tone::Text));
                    lines.push((
                        format!("{}  from {}", when::full(notice.created), notice.from),
                        Tone::Muted,
                    ));
                }
                if let Some(line) = self.selected(shell) {
                    lines.push((String::new(), Tone::Text));
                    lines.push((describe(line), Tone::Text));
                    lines.push((format!("state     {}", line.state), Tone::Text));
                    if let Some(by) = &line.decided_by {
                        lines.push((format!("decided   by {by}"), Tone::Text));
                    }
                    lines.push((format!("id        {}", line.id), Tone::Muted));
                }
                if !lines.is_empty() {
                    shell.push(Popup::Page(Page::new("Inbox", lines)));
                }
            }
            Action::Back => self.accesses = false,
            _ => {
                if !self.rest.moves() {
                    self.kept = self.keys(shell);
                }
                let moved = if self.accesses {
                    self.list.moves(action, self.access.len())
                } else {
                    self.notices.act(action, &shell.notices)
                };
                if moved {
                    self.rest.moved(shell.now, REST);
                }
            }
        }
    }

    fn due(&self) -> Option<Stamp> {
        self.rest.due()
    }

    fn tick(&mut self, shell: &mut Shell) {
        self.rest.tick(shell.now);
    }

    fn loaded(&mut self, reply: &Reply, _shell: &mut Shell) {
        if let Reply::Access(lines) = reply {
            self.list
                .renew(&mut self.access, lines, |line| line.id.clone());
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let waiting = shell.notices.iter().filter(|notice| notice.waits).count();
        let mut x = 1;
        for (on, name) in [(!self.accesses, "waiting"), (self.accesses, "access")] {
            x = if on {
                canvas.put(x, 0, &name.to_uppercase(), Tone::Title)
            } else {
                canvas.put(x, 0, name, Tone::Muted)
            };
            x += 1;
        }
        let about = if self.accesses {
            format!("{} in the list", self.access.len())
        } else {
            format!("{waiting} waiting for you, {} in all", shell.notices.len())
        };
        let width = canvas.width();
        canvas.put_right(width.saturating_sub(1), 0, &about, Tone::Muted);
        let height = canvas.height();
        let detail = if height > 12 { 4 } else { 0 };
        let mut list = canvas.part(0, 2, u16::MAX, height.saturating_sub(2 + detail));
        if self.accesses {
            self.render_access(shell, &mut list);
        } else if shell.notices.is_empty() {
            let line = if shell.waits_for(Topic::Inbox) {
                "reading …"
            } else {
                "Nothing waits for you."
            };
            list.put(1, 0, line, Tone::Muted);
        } else {
            self.notices.render(&shell.notices, shell, &mut list);
        }
        if detail > 0
            && let Some(line) = self.selected(shell)
        {
            let mut lower = canvas.below(height - detail);
            lower.rule(0);
            if self.rest.moves() {
                return;
            }
            let what = if self.accesses {
                beside(line)
            } else {
                describe(line)
            };
            // Two lines, and under them always where it stands; Enter shows the rest.
            let mut above = lower.part(0, 1, u16::MAX, detail - 2);
            let y = 1 + above.paragraph(1, 0, &what, Tone::Text).min(detail - 2);
            let x = lower.put(1, y, line.state.as_str(), Tone::Heading);
            if line.mine_to_decide {
                lower.put(x + 2, y, "you decide", Tone::Warn);
            }
        }
    }

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        if self.rest.moves() {
            return self.kept.clone();
        }
        let mut keys = Vec::new();
        let line = self.selected(shell);
        let notice = self.notice(shell).filter(|_| !self.accesses);
        if line.is_some() || (!self.accesses && !shell.notices.is_empty()) {
            keys.push(Action::Open);
        }
        match line.map(|line| (line.state, line.mine_to_decide, line.kind)) {
            Some((_, true, AccessKind::Share)) => keys.push(Action::Grant),
            Some((GrantState::Pending, true, _)) => {
                keys.extend([Action::Grant, Action::RefuseAccess]);
            }
            Some((GrantState::Granted, ..)) => keys.push(Action::Revoke),
            _ => {}
        }
        match notice.map(|notice| notice.kind.as_str()) {
            Some("keys") => keys.push(Action::Deliver),
            Some("break-glass") => keys.push(Action::Review),
            _ => {}
        }
        keys.extend([Action::InboxTab, Action::Help, Action::Palette]);
        keys
    }
}

impl Inbox {
    fn render_access(&self, shell: &Shell, list: &mut Canvas<'_>) {
        if self.access.is_empty() {
            list.put(1, 0, "No request, share or grant.", Tone::Muted);
        }
        let narrow = list.width() < 60;
        let wide = list.width() >= 110;
        let selected = self.list.at(self.access.len());
        for (y, at) in self
            .list
            .window(self.access.len(), list.height())
            .enumerate()
        {
            let line = &self.access[at];
            let y = y as u16;
            let tone = match line.state {
                GrantState::Pending => Tone::Warn,
                GrantState::Granted => Tone::Good,
                _ => Tone::Muted,
            };
            let chart = line.name.as_deref().unwrap_or(&line.chart);
            list.put(1, y, &text::left(line.state.as_str(), 9), tone);
            if narrow {
                list.put(11, y, &format!("{} {chart}", line.who), Tone::Text);
            } else {
                list.put(11, y, &text::left(line.kind.as_str(), 12), Tone::Text);
                list.put(24, y, &text::left(&line.who, 13), Tone::Text);
                list.put(38, y, &text::left(chart, 17), Tone::Text);
                let until = line.until.map(|at| when::short(at, shell.now));
                let until = text::left(&until.unwrap_or_default(), 11);
                list.put(56, y, &until, Tone::Muted);
                let sections: Vec<&str> = if wide {
                    line.sections.iter().map(String::as_str).collect()
                } else {
                    line.sections.iter().map(|name| initial(name)).collect()
                };
                // Those of one patient differ by the medicine alone.
                let ordered = line.purpose.as_deref();
                let ordered = ordered.filter(|_| line.kind == AccessKind::Prescription);
                let room = usize::from(list.width().saturating_sub(69));
                let last = ordered.map_or_else(
                    || sections.join(" "),
                    |what| text::cut(what, room).into_owned(),
                );
                list.put(68, y, &last, Tone::Muted);
            }
            if Some(at) == selected {
                list.row(y, Tone::Selected);
                if shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
    }
}
