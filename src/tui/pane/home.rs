//! What waits for whoever is here.

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::shell::{Errand, Shell, workplaces};
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::notices::Notices;
use super::{Pane, Room};
use crate::desk::view::Notice;

/// The first pane of every role.
#[derive(Debug, Default)]
pub struct Home {
    list: Notices,
}

impl Home {
    /// The notices have changed.
    pub fn noticed(&mut self, before: &[Notice], now: &[Notice]) {
        self.list.follow(before, now);
    }
}

/// Where a notice leads.
fn target(notice: &Notice) -> Pane {
    match notice.kind.as_str() {
        "prescription" => Pane::Prescriptions,
        "account" => Pane::Admin,
        _ => Pane::Inbox,
    }
}

impl Room for Home {
    fn enter(&mut self, shell: &mut Shell) {
        shell.ask(Query::Inbox);
        shell.ask(Query::Status);
    }

    fn contexts(&self, _shell: &Shell) -> Vec<Context> {
        vec![Context::List]
    }

    fn act(&mut self, action: Action, shell: &mut Shell) {
        if action != Action::Open {
            self.list.act(action, &shell.notices);
        } else if !self.list.unfold(&shell.notices)
            && let Some(notice) = self.list.one(&shell.notices)
        {
            let pane = target(notice);
            let has = shell
                .role()
                .is_some_and(|role| Pane::of(role).contains(&pane));
            let errand =
                (pane == Pane::Prescriptions).then(|| Errand::Prescription(notice.id.clone()));
            if has {
                shell.go(pane, errand);
            } else {
                shell.go(Pane::Inbox, None);
            }
        }
    }

    fn loaded(&mut self, _reply: &Reply, _shell: &mut Shell) {}

    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let Some(seat) = &shell.seat else { return };
        let x = canvas.put(1, 0, &seat.who.name, Tone::Title);
        let x = canvas.put(x + 2, 0, &seat.who.role, Tone::Text);
        canvas.put(
            x + 2,
            0,
            &workplaces(&seat.who.units).join(" · "),
            Tone::Muted,
        );
        let waiting = shell.notices.iter().filter(|notice| notice.waits).count();
        let heading = if shell.waits_for(Topic::Inbox) && shell.notices.is_empty() {
            "Reading …".to_owned()
        } else {
            match (waiting, shell.notices.len()) {
                (0, 0) => "Nothing waits for you".to_owned(),
                (0, n) => format!("Nothing waits for you · {n} to read"),
                (n, all) => format!("{n} waiting for you · {all} in all"),
            }
        };
        let x = canvas.put(1, 2, &heading, Tone::Heading);
        if let Some(keys) = shell.look.keymap.shown(Action::Drafts)
            && !shell.drafts.is_empty()
        {
            let unfinished = format!("{} unfinished, {keys} goes on", shell.drafts.len());
            canvas.put(x + 2, 2, &unfinished, Tone::Warn);
        }
        let jobs = shell.jobs.iter().filter(|job| job.running()).count() as u16;
        let below = if canvas.height() > 14 {
            4 + jobs * 4
        } else {
            0
        };
        let height = canvas.height().saturating_sub(3 + below);
        let mut list = canvas.part(0, 3, u16::MAX, height);
        self.list.render(&shell.notices, shell, &mut list);
        if below > 0 {
            let top = canvas.height() - below;
            let mut lower = canvas.below(top);
            lower.rule(0);
            let mut y = 1;
            for job in shell.jobs.iter().filter(|job| job.running()) {
                y = job.draw(&mut lower, y, false);
            }
            if let Some(status) = &shell.status {
                let backup = status.last_backup.map_or_else(
                    || "never".to_owned(),
                    |at| format!("{} ago", when::ago(at, shell.now)),
                );
                let verify = status.last_verify.map_or_else(
                    || "never".to_owned(),
                    |at| format!("{} ago", when::ago(at, shell.now)),
                );
                let line = format!(
                    "{} entries in {} charts · backed up {backup} · verified {verify}",
                    text::grouped(status.entries),
                    text::grouped(status.charts)
                );
                lower.put(1, y, &line, Tone::Muted);
                if let Some(newest) = status.backup_incidents.first() {
                    let first = newest.what.first().map_or("", String::as_str);
                    let at = when::short(newest.at, shell.now);
                    let line = format!("! backup {} {at}: {first}", newest.kind.as_str());
                    lower.put(1, y + 1, &line, Tone::Alert);
                }
            }
        }
    }

    fn keys(&self, shell: &Shell) -> Vec<Action> {
        let mut keys = Vec::new();
        if self.list.selected(&shell.notices).is_some() {
            keys.push(Action::Open);
        }
        if !shell.drafts.is_empty() {
            keys.push(Action::Drafts);
        }
        keys.extend([Action::Refresh, Action::Lock, Action::Help, Action::Palette]);
        keys
    }
}
