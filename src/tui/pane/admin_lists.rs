//! The lists of the admin pane: users, units, the ledger and its trail, jobs and snapshots.

use super::super::action::Action;
use super::super::canvas::Canvas;
use super::super::shell::{Shell, workplaces};
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::Admin;
use crate::desk::view::{MemberState, UserState};

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

    pub(super) fn render_users(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
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
                &format!("{locked}{}", workplaces(&user.units).join(" · ")),
                Tone::Muted,
            );
            self.mark(shell, &mut list, y, at);
        }
    }

    pub(super) fn render_units(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
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

    pub(super) fn render_ledger(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
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
            list.put(27, y, &text::left(&line.action, 16), Tone::Text);
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
            list.put(44, y, &format!("{flags}{}", line.detail), tone);
            self.mark(shell, &mut list, y, at);
        }
    }

    pub(super) fn render_jobs(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        let mut y = Self::render_incidents(shell, canvas, 0);
        for (at, job) in shell.jobs.iter().enumerate() {
            y = job.draw(canvas, y, self.selected(shell) == Some(at)) + 1;
        }
        if shell.jobs.is_empty() {
            let key = |action: Action, does: &str| {
                let allowed = action.row().need.met(shell.role(), shell.look.kiosk);
                let key = shell.look.keymap.shown(action).filter(|_| allowed)?;
                Some(format!("{key} {does}"))
            };
            let keys = [
                key(Action::Verify, "verifies"),
                key(Action::BackUp, "backs up"),
            ];
            let keys: Vec<String> = keys.into_iter().flatten().collect();
            let line = format!("No job was started from this screen: {}.", keys.join(", "));
            canvas.put(1, y, &line, Tone::Muted);
            y += 2;
        }
        y = self.render_verifications(shell, canvas, y);
        let backups = match &self.backups {
            None => return,
            Some(Ok(backups)) if backups.is_empty() => return,
            Some(Ok(backups)) => backups,
            Some(Err(trouble)) => {
                canvas.put(1, y, "Snapshots", Tone::Heading);
                canvas.paragraph(3, y + 1, trouble, Tone::Warn);
                return;
            }
        };
        canvas.put(1, y, "Snapshots", Tone::Heading);
        for (at, backup) in backups.iter().enumerate() {
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
