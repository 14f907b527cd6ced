//! Users, units, the ledger, jobs. Whoever keeps them reads no chart.

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Act, JobKind, Query};
use super::super::job;
use super::super::list::Selection;
use super::super::popup::{Confirm, Consent, Page, Popup};
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::Room;
use crate::clinical::Role;
use crate::desk::view::{AuditLine, BackupLine, MemberState, UnitView, UserState, UserView};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tab {
    #[default]
    Users,
    Units,
    Ledger,
    Jobs,
}

const TABS: [(Tab, &str); 4] = [
    (Tab::Users, "users"),
    (Tab::Units, "units"),
    (Tab::Ledger, "ledger"),
    (Tab::Jobs, "jobs"),
];

/// The four lists.
#[derive(Debug, Default)]
pub struct Admin {
    tab: Tab,
    users: Vec<UserView>,
    units: Vec<UnitView>,
    trail: Vec<AuditLine>,
    backups: Vec<BackupLine>,
    selections: [Selection; 4],
}

impl Admin {
    fn len(&self, shell: &Shell) -> usize {
        match self.tab {
            Tab::Users => self.users.len(),
            Tab::Units => self.units.len(),
            Tab::Ledger => self.trail.len(),
            Tab::Jobs => shell.jobs.len(),
        }
    }

    fn selected(&self, shell: &Shell) -> Option<usize> {
        self.selections[self.tab as usize].at(self.len(shell))
    }

    fn user(&self, shell: &Shell) -> Option<&UserView> {
        if self.tab != Tab::Users {
            return None;
        }
        self.selected(shell).map(|at| &self.users[at])
    }

    fn turn(&mut self, by: isize, shell: &mut Shell) {
        let next = (self.tab as isize + by).rem_euclid(TABS.len() as isize) as usize;
        self.tab = TABS[next].0;
        self.enter(shell);
    }

    fn about_user(&self, shell: &mut Shell, make: impl Fn(&UserView, &mut Shell)) {
        match self.user(shell).cloned() {
            Some(user) => make(&user, shell),
            None => shell.say("select a user first", Tone::Warn),
        }
    }

    fn unit_names(&self) -> Vec<String> {
        self.units.iter().map(|unit| unit.unit.clone()).collect()
    }

    fn open(&self, shell: &mut Shell) {
        let Some(at) = self.selected(shell) else {
            return;
        };
        let page = match self.tab {
            Tab::Users => user_page(&self.users[at]),
            Tab::Units => unit_page(&self.units[at]),
            Tab::Ledger => super::records::trail_page("Entry", &self.trail[at..=at]),
            Tab::Jobs => match &shell.jobs[at].end {
                Some((_, Ok(report))) => Page::new(shell.jobs[at].title, job::lines(report)),
                Some((_, Err(failure))) => Page::failure(failure),
                None => return,
            },
        };
        shell.push(Popup::Page(page));
    }

    fn confirm(shell: &mut Shell, title: &str, text: String, command: String, consent: Consent) {
        shell.push(Popup::Confirm(Confirm {
            title: title.to_owned(),
            text,
            command,
            consent,
        }));
    }
}

impl Room for Admin {
    fn enter(&mut self, shell: &mut Shell) {
        match self.tab {
            Tab::Users => {
                shell.ask(Query::Users);
                shell.ask(Query::Units);
            }
            Tab::Units => shell.ask(Query::Units),
            Tab::Ledger => {
                shell.ask(Query::Status);
                shell.ask(Query::Trail);
            }
            Tab::Jobs => shell.ask(Query::Backups),
        }
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        vec![Context::Admin, Context::List]
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        match action {
            Action::AdminNextTab => self.turn(1, shell),
            Action::AdminPreviousTab => self.turn(-1, shell),
            Action::NewUser => Task::AddUser { units: self.unit_names() }.begin(shell),
            Action::NewUnit => Task::AddUnit.begin(shell),
            Action::Approve => self.about_user(shell, |user, shell| {
                Task::Approve { login: user.login.clone(), fingerprint: user.fingerprint.clone() }.begin(shell);
            }),
            Action::JoinUnit => {
                let units = self.unit_names();
                self.about_user(shell, |user, shell| Task::Join { login: user.login.clone(), units: units.clone() }.begin(shell));
            }
            Action::DisableUser => self.about_user(shell, |user, shell| {
                let login = user.login.clone();
                Self::confirm(
                    shell,
                    "Disable a user",
                    format!("{} ({login}) can log in no more, and every later entry of theirs is refused. What they wrote stays.", user.name),
                    format!("chartseal user disable {login}"),
                    Consent::Act(Act::Disable { login }),
                );
            }),
            Action::ResetUser => self.about_user(shell, |user, shell| {
                let login = user.login.clone();
                Self::confirm(
                    shell,
                    "Reset a user",
                    format!("{} ({login}) gets a new one-time code, new keys and a new certificate; members deliver the units' keys again.", user.name),
                    format!("chartseal user reset {login}"),
                    Consent::Act(Act::Reset { login }),
                );
            }),
            Action::Verify => {
                self.tab = Tab::Jobs;
                shell.start(JobKind::Verify);
            }
            Action::BackUp if shell.role() == Some(Role::Admin) => {
                self.tab = Tab::Jobs;
                shell.start(JobKind::BackUp);
            }
            Action::BackUp => shell.say("an admin backs up", Tone::Warn),
            Action::CancelJob => {
                let running = shell.jobs.iter_mut().find(|job| job.running()).map(|job| {
                    job.stopping = true;
                    job.id
                });
                match running {
                    Some(job) => shell.cancel(job),
                    None => shell.say("no job is running", Tone::Muted),
                }
            }
            Action::Open => self.open(shell),
            Action::Back => {}
            _ => {
                let len = self.len(shell);
                self.selections[self.tab as usize].act(action, len);
            }
        }
    }

    fn loaded(&mut self, reply: &Reply, _shell: &mut Shell) {
        match reply {
            Reply::Users(users) => self.users.clone_from(users),
            Reply::Units(units) => self.units.clone_from(units),
            Reply::Trail(trail) => self.trail.clone_from(trail),
            Reply::Backups(backups) => self.backups.clone_from(backups),
            _ => {}
        }
    }

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let mut x = 1;
        for (tab, name) in TABS {
            x = if tab == self.tab {
                canvas.put(x, 0, &name.to_uppercase(), Tone::Title)
            } else {
                canvas.put(x, 0, name, Tone::Muted)
            };
            x += 2;
        }
        let mut inside = canvas.below(2);
        match self.tab {
            Tab::Users => self.render_users(shell, &mut inside),
            Tab::Units => self.render_units(shell, &mut inside),
            Tab::Ledger => self.render_ledger(shell, &mut inside),
            Tab::Jobs => self.render_jobs(shell, &mut inside),
        }
    }

    fn keys(&self, _shell: &Shell) -> Vec<Action> {
        match self.tab {
            Tab::Users => vec![
                Action::NewUser,
                Action::Approve,
                Action::JoinUnit,
                Action::DisableUser,
                Action::ResetUser,
                Action::AdminNextTab,
                Action::Help,
            ],
            Tab::Units => vec![Action::Open, Action::NewUnit, Action::Help, Action::Palette],
            Tab::Ledger => vec![
                Action::Open,
                Action::Verify,
                Action::BackUp,
                Action::Help,
                Action::Palette,
            ],
            Tab::Jobs => vec![
                Action::CancelJob,
                Action::Open,
                Action::Verify,
                Action::BackUp,
                Action::Help,
            ],
        }
    }
}

impl Admin {
    /// Marks the selected row.
    fn mark(&self, shell: &Shell, list: &mut Canvas<'_>, y: u16, at: usize) {
        if self.selected(shell) == Some(at) {
            list.row(y, Tone::Selected);
            if shell.look.plain {
                list.cursor(0, y);
            }
        }
    }

    fn render_users(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        canvas.put(
            1,
            0,
            "login         role        state      name                     units",
            Tone::Muted,
        );
        let mut list = canvas.below(1);
        for (y, at) in self.selections[0]
            .window(self.users.len(), list.height())
            .enumerate()
        {
            let user = &self.users[at];
            let y = y as u16;
            let tone = match user.state {
                UserState::Active => Tone::Good,
                UserState::Disabled => Tone::Muted,
                UserState::Invited | UserState::Activated => Tone::Warn,
            };
            list.put(1, y, &text::left(&user.login, 13), Tone::Text);
            list.put(15, y, &text::left(&user.role, 11), Tone::Text);
            list.put(27, y, &text::left(user.state.as_str(), 10), tone);
            list.put(38, y, &text::left(&user.name, 24), Tone::Text);
            let locked = if user.locked_until.is_some_and(|until| until > shell.now) {
                "! locked  "
            } else {
                ""
            };
            list.put(
                63,
                y,
                &format!("{locked}{}", user.units.join(" · ")),
                Tone::Muted,
            );
            self.mark(shell, &mut list, y, at);
        }
    }

    fn render_units(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        canvas.put(
            1,
            0,
            "unit                 kind      charts  members  waiting  keys drawn",
            Tone::Muted,
        );
        let mut list = canvas.below(1);
        for (y, at) in self.selections[1]
            .window(self.units.len(), list.height())
            .enumerate()
        {
            let unit = &self.units[at];
            let y = y as u16;
            let count = |state| {
                unit.members
                    .iter()
                    .filter(|member| member.state == state)
                    .count()
            };
            list.put(1, y, &text::left(&unit.unit, 20), Tone::Text);
            list.put(22, y, &text::left(&unit.kind, 9), Tone::Muted);
            list.put(
                31,
                y,
                &text::right(&text::grouped(unit.charts), 7),
                Tone::Text,
            );
            list.put(
                39,
                y,
                &text::right(&count(MemberState::Active).to_string(), 8),
                Tone::Text,
            );
            let pending = count(MemberState::Pending);
            list.put(
                48,
                y,
                &text::right(&pending.to_string(), 8),
                if pending > 0 { Tone::Warn } else { Tone::Muted },
            );
            list.put(
                57,
                y,
                &text::right(&unit.epoch.to_string(), 11),
                Tone::Muted,
            );
            self.mark(shell, &mut list, y, at);
        }
    }

    fn render_ledger(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let mut y = 0;
        if let Some(status) = &shell.status {
            let line = format!(
                "{} entries · {} charts · {} users · {} units · {}",
                text::grouped(status.entries),
                text::grouped(status.charts),
                status.users,
                status.units,
                text::bytes(status.bytes)
            );
            canvas.put(1, 0, &line, Tone::Text);
            canvas.put(1, 1, &format!("vault id {}", status.vault_id), Tone::Muted);
            y = 3;
        }
        let mut list = canvas.below(y);
        if self.trail.is_empty() {
            list.put(
                1,
                0,
                "No trail that your keys open; v verifies the ledger without keys.",
                Tone::Muted,
            );
        }
        for (y, at) in self.selections[2]
            .window(self.trail.len(), list.height())
            .enumerate()
        {
            let line = &self.trail[at];
            let y = y as u16;
            list.put(
                1,
                y,
                &text::left(&when::short(line.created, shell.now), 12),
                Tone::Muted,
            );
            list.put(14, y, &text::left(&line.actor, 12), Tone::Text);
            list.put(27, y, &text::left(&line.action, 11), Tone::Text);
            let flags = if line.flags.is_empty() {
                String::new()
            } else {
                format!("! {}  ", line.flags.join(", "))
            };
            let tone = if line.flags.is_empty() {
                Tone::Text
            } else {
                Tone::Warn
            };
            list.put(39, y, &format!("{flags}{}", line.detail), tone);
            self.mark(shell, &mut list, y, at);
        }
    }

    fn render_jobs(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let mut y = 0;
        for (at, job) in shell.jobs.iter().enumerate() {
            y = job.draw(canvas, y, self.selected(shell) == Some(at)) + 1;
        }
        if shell.jobs.is_empty() {
            canvas.put(
                1,
                0,
                "No job was started from this screen: v verifies, b backs up.",
                Tone::Muted,
            );
            y = 2;
        }
        if self.backups.is_empty() {
            return;
        }
        canvas.put(1, y, "Snapshots", Tone::Heading);
        for (at, backup) in self.backups.iter().enumerate() {
            let y = y + 1 + at as u16;
            canvas.put(
                3,
                y,
                &text::left(&when::short(backup.created, shell.now), 12),
                Tone::Muted,
            );
            canvas.put(16, y, &text::left(&backup.snapshot, 14), Tone::Text);
            canvas.put(
                31,
                y,
                &text::right(&format!("{} entries", text::grouped(backup.entries)), 18),
                Tone::Text,
            );
            canvas.put(
                50,
                y,
                &text::right(&text::bytes(backup.bytes), 10),
                Tone::Text,
            );
            let (word, tone) = if backup.verified {
                ("ok", Tone::Good)
            } else {
                ("! signature bad", Tone::Alert)
            };
            canvas.put(62, y, word, tone);
        }
    }
}

fn user_page(user: &UserView) -> Page {
    let mut lines = vec![(user.name.clone(), Tone::Title)];
    for (label, value) in [
        ("login", user.login.clone()),
        ("role", user.role.clone()),
        ("state", user.state.to_string()),
        ("units", user.units.join(", ")),
        (
            "key",
            user.fingerprint
                .clone()
                .unwrap_or_else(|| "none yet".to_owned()),
        ),
        ("code", user.code_file.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            lines.push((format!("{}{value}", text::left(label, 10)), Tone::Text));
        }
    }
    Page::new("User", lines)
}

fn unit_page(unit: &UnitView) -> Page {
    let mut lines = vec![(format!("{}, {}", unit.unit, unit.kind), Tone::Title)];
    lines.push((
        format!("{} charts, keys drawn {} times", unit.charts, unit.epoch),
        Tone::Text,
    ));
    lines.push((String::new(), Tone::Text));
    lines.extend(unit.members.iter().map(|member| {
        let tone = if member.state == MemberState::Pending {
            Tone::Warn
        } else {
            Tone::Text
        };
        (
            format!("{}{}", text::left(&member.login, 16), member.state),
            tone,
        )
    }));
    Page::new("Unit", lines)
}
