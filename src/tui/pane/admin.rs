//! Users, units, the ledger, jobs. Whoever keeps them reads no chart.

use super::super::action::{Action, Context, Need};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Act, JobKind, Query};
use super::super::list::Selection;
use super::super::popup::{Confirm, Consent, Popup};
use super::super::shell::Shell;
use super::super::task::Task;
use super::super::theme::Tone;
use super::{Room, pages};
use crate::desk::view::{AuditLine, BackupLine, UnitView, UserState, UserView, VerifyLine};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tab {
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
    pub(super) tab: Tab,
    pub(super) users: Vec<UserView>,
    pub(super) units: Vec<UnitView>,
    pub(super) trail: Vec<AuditLine>,
    pub(super) backups: Option<Result<Vec<BackupLine>, String>>,
    pub(super) verifications: Vec<VerifyLine>,
    pub(super) selections: [Selection; 4],
}

impl Admin {
    fn len(&self, shell: &Shell) -> usize {
        match self.tab {
            Tab::Users => self.users.len(),
            Tab::Units => self.units.len(),
            Tab::Ledger => self.trail.len(),
            Tab::Jobs => shell.jobs.len() + self.verifications.len(),
        }
    }

    pub(super) fn selected(&self, shell: &Shell) -> Option<usize> {
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
            Tab::Users => pages::user(&self.users[at]),
            Tab::Units => pages::unit(&self.units[at]),
            Tab::Ledger => pages::trail("Entry", &self.trail[at..=at]),
            Tab::Jobs => return self.open_job(at, shell),
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
            Tab::Jobs => {
                shell.ask(Query::Status);
                shell.ask(Query::Backups);
                shell.ask(Query::Verifications);
            }
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
            Action::Approve => self.about_user(shell, |user, shell| match user.state {
                UserState::Activated => Task::Approve { login: user.login.clone(), fingerprint: user.fingerprint.clone() }.begin(shell),
                UserState::Invited => shell.say(format!("{} has made no keys yet; the one-time code is theirs to use first", user.login), Tone::Warn),
                state => shell.say(format!("{} is {state}; there is nothing to certify", user.login), Tone::Warn),
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
            Action::BackUp => {
                self.tab = Tab::Jobs;
                shell.start(JobKind::BackUp);
            }
            Action::VerifyBackup | Action::Restore | Action::Drill | Action::Prune => {
                self.tab = Tab::Jobs;
                Self::repository(action, shell);
            }
            Action::SeeIncidents => Self::see_incidents(shell),
            Action::CancelJob => Self::cancel_job(shell),
            Action::PauseJob => Self::pause_job(shell),
            Action::SaveReport => self.save_report(shell),
            Action::Open => self.open(shell),
            Action::Back => {}
            _ => {
                let len = self.len(shell);
                self.selections[self.tab as usize].act(action, len);
            }
        }
    }

    fn loaded(&mut self, reply: &Reply, shell: &mut Shell) {
        match reply {
            Reply::Users(users) => {
                self.selections[Tab::Users as usize]
                    .renew(&mut self.users, users, |user| user.login.clone());
            }
            Reply::Units(units) => {
                self.selections[Tab::Units as usize]
                    .renew(&mut self.units, units, |unit| unit.unit.clone());
            }
            Reply::Trail(trail) => {
                self.selections[Tab::Ledger as usize].renew(&mut self.trail, trail, |line| {
                    (line.entry.clone(), line.action.clone())
                });
            }
            Reply::Backups(backups) => self.backups = Some(backups.clone()),
            Reply::Verifications(kept) => self.take_verifications(kept, shell),
            Reply::Verification { report, .. } => Self::show_report(report, shell),
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

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        let open = self.selected(shell).map(|_| Action::Open);
        let here: &[Action] = match self.tab {
            Tab::Users => &[
                Action::NewUser,
                Action::Approve,
                Action::JoinUnit,
                Action::DisableUser,
                Action::ResetUser,
            ],
            Tab::Units => &[Action::NewUnit],
            Tab::Ledger => &[Action::Verify, Action::BackUp],
            Tab::Jobs if !shell.incidents().is_empty() && !shell.busy() => {
                &[Action::SeeIncidents, Action::BackUp, Action::VerifyBackup]
            }
            Tab::Jobs if shell.busy() => &[Action::PauseJob, Action::CancelJob],
            Tab::Jobs if self.verifications.is_empty() => {
                &[Action::Verify, Action::BackUp, Action::VerifyBackup]
            }
            Tab::Jobs => &[Action::Verify, Action::BackUp, Action::SaveReport],
        };
        // The keys of users fill the line; what opens stands first where there is room.
        let open =
            open.filter(|_| self.tab != Tab::Users || !Need::Manage.met(shell.role(), false));
        let last = [Action::AdminNextTab, Action::Help, Action::Palette];
        open.into_iter()
            .chain(here.iter().copied())
            .chain(last)
            .collect()
    }
}
