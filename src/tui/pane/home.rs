//! What waits for whoever is here.

use super::super::action::{Action, Context};
use super::super::backend::Reply;
use super::super::canvas::Canvas;
use super::super::command::{Query, Topic};
use super::super::list::Selection;
use super::super::shell::{Shell, workplaces};
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::{Pane, Room};
use crate::desk::view::Notice;

/// The first pane of every role.
#[derive(Debug, Default)]
pub struct Home {
    selection: Selection,
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
        let len = shell.notices.len();
        if action == Action::Open {
            let Some(notice) = self.selection.at(len).map(|at| shell.notices[at].clone()) else {
                return;
            };
            let pane = target(&notice);
            let has = shell
                .role()
                .is_some_and(|role| Pane::of(role).contains(&pane));
            shell.go(if has { pane } else { Pane::Inbox }, None);
        } else {
            self.selection.act(action, len);
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
        canvas.put(1, 2, &heading, Tone::Heading);
        let jobs = shell.jobs.iter().filter(|job| job.running()).count() as u16;
        let below = if canvas.height() > 14 {
            4 + jobs * 4
        } else {
            0
        };
        let height = canvas.height().saturating_sub(3 + below);
        let mut list = canvas.part(0, 3, u16::MAX, height);
        draw_notices(&shell.notices, &self.selection, shell, &mut list);
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
            }
        }
    }

    fn keys(&self, _shell: &Shell) -> Vec<Action> {
        vec![Action::Open, Action::Refresh, Action::Lock]
    }
}

/// Notices as rows: when, what kind, from whom, what.
pub(super) fn draw_notices(
    notices: &[Notice],
    selection: &Selection,
    shell: &Shell,
    list: &mut Canvas<'_>,
) {
    let selected = selection.at(notices.len());
    let narrow = list.width() < 60;
    for (y, at) in selection.window(notices.len(), list.height()).enumerate() {
        let notice = &notices[at];
        let y = y as u16;
        let mark = if notice.waits { "!" } else { " " };
        list.put(1, y, mark, Tone::Warn);
        let x = if narrow {
            3
        } else {
            list.put(
                3,
                y,
                &text::left(&when::short(notice.created, shell.now), 12),
                Tone::Muted,
            );
            let tone = if notice.waits {
                Tone::Warn
            } else {
                Tone::Muted
            };
            list.put(15, y, &text::left(&notice.kind, 15), tone);
            31
        };
        let line = if notice.from.is_empty() {
            notice.text.clone()
        } else {
            format!("{}: {}", notice.from, notice.text)
        };
        list.put(x, y, &line, Tone::Text);
        if Some(at) == selected {
            list.row(y, Tone::Selected);
            if shell.look.plain {
                list.cursor(0, y);
            }
        }
    }
}
