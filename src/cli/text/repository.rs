//! Backups.

use crate::cli::page::{counted, grouped, size, span};
use crate::cli::{Exit, Page, Report};
use crate::desk::view::{
    BackupLine, BackupRun, BackupVerified, Drilled, Forgotten, Incidents, Pruned, PrunerMade,
    Restored,
};

impl Report for BackupRun {
    fn page(&self, page: &mut Page) {
        let parent = self
            .parent
            .as_ref()
            .map_or_else(|| "the first".into(), |parent| format!("follows {parent}"));
        page.line(format!(
            "snapshot {}, {parent}, in {}",
            self.snapshot,
            span(self.seconds)
        ));
        page.line(format!(
            "{}, {} new; {} sent, {} there already; {} read, {} sent",
            counted(self.entries, "entry", "entries"),
            grouped(self.new_entries),
            counted(self.packs_uploaded, "pack", "packs"),
            grouped(self.packs_reused),
            size(self.bytes_read),
            size(self.bytes_uploaded),
        ));
        page.line(format!("head  {}", self.head));
        for alarm in self.alarms() {
            page.line(format!("! {alarm}"));
        }
    }

    fn alarms(&self) -> Vec<String> {
        self.alarms.clone()
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.alarms.is_empty())
    }
}

impl Report for Incidents {
    fn page(&self, page: &mut Page) {
        if self.incidents.is_empty() {
            page.line("ok: nothing went wrong that nobody has seen");
        }
        for incident in &self.incidents {
            let kind = incident.kind.as_str();
            page.line(format!("{}  {kind}  {}", incident.at, incident.target));
            for line in &incident.what {
                page.line(format!("! {line}"));
            }
        }
        if self.seen && !self.incidents.is_empty() {
            page.line("marked as seen");
        }
    }

    fn alarms(&self) -> Vec<String> {
        let all = self.incidents.iter().flat_map(|incident| &incident.what);
        all.cloned().collect()
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.seen || self.incidents.is_empty())
    }
}

impl Report for Vec<BackupLine> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|line| {
                [
                    line.snapshot.clone(),
                    line.created.to_string(),
                    line.host.clone(),
                    grouped(line.entries),
                    size(line.bytes),
                    line.signed_by.clone(),
                    if line.verified {
                        "ok".into()
                    } else {
                        "! NOT VERIFIED".into()
                    },
                ]
            })
            .collect();
        page.table(
            [
                "snapshot",
                "created",
                "host",
                "entries",
                "size",
                "signed by",
                "state",
            ],
            &rows,
            "no snapshots",
        );
        // The whole text of each takes a line of its own; an old one is of little use.
        if let Some(newest) = self.iter().max_by_key(|line| line.created) {
            page.line(format!("head of {}  {}", newest.snapshot, newest.head));
        }
    }
}

impl Report for BackupVerified {
    fn page(&self, page: &mut Page) {
        page.line(if self.ok {
            "ok: nothing is wrong"
        } else {
            "! SOMETHING IS WRONG"
        });
        page.line(format!(
            "{}, {}, {} read",
            counted(self.snapshots, "snapshot", "snapshots"),
            counted(self.packs, "pack", "packs"),
            size(self.bytes_read),
        ));
        for alarm in self.alarms() {
            page.line(format!("! {alarm}"));
        }
        for object in &self.unlisted {
            page.line(format!("in no snapshot  {object}"));
        }
    }

    fn alarms(&self) -> Vec<String> {
        let older = "the repository is older than what is known of it, or another history";
        let older = self.rolled_back.then(|| older.to_owned());
        let missing = self.missing.iter().map(|o| format!("missing  {o}"));
        let corrupt = self.corrupt.iter().map(|o| format!("corrupt  {o}"));
        let first = older.into_iter().chain(self.behind.clone());
        first.chain(missing).chain(corrupt).collect()
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.ok)
    }
}

impl Report for Restored {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "restored {} from snapshot {} in {}",
            counted(self.entries, "entry", "entries"),
            self.snapshot,
            span(self.seconds),
        ));
        page.line(format!("made at {}", self.created));
        page.line(format!("vault  {}", self.vault));
        page.line(format!("host  {}", self.host));
        if !self.damage.is_empty() {
            page.gap();
            page.line("! the repository is damaged:");
            self.damage
                .iter()
                .for_each(|what| page.line(format!("! {what}")));
        }
        page.gap();
        self.verify.page(page);
        if !self.sign_again.is_empty() {
            page.gap();
            page.line(
                "! taken away after this snapshot, and gone here too; sign it again, until then verification finds it unexplained:",
            );
            self.sign_again
                .iter()
                .for_each(|what| page.line(format!("! {what}")));
        }
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.verify.ok && self.damage.is_empty())
    }
}

impl Report for Forgotten {
    fn page(&self, page: &mut Page) {
        let (kept, gone) = (self.kept.len() as u64, self.forgotten.len() as u64);
        let verb = if self.dry_run { "would go" } else { "go" };
        page.line(format!(
            "{} kept, {} {verb}; `backup prune` deletes what they alone needed",
            counted(kept, "snapshot", "snapshots"),
            grouped(gone),
        ));
        self.forgotten
            .iter()
            .for_each(|id| page.line(format!("  {id}")));
        replaced(self.replaced, page);
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.replaced == 0)
    }
}

impl Report for Pruned {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{} deleted, {}; {} deleted",
            counted(self.objects, "object", "objects"),
            size(self.bytes),
            counted(self.manifests, "manifest", "manifests"),
        ));
        page.line(format!(
            "{} marked to go in a week, {} waiting, {} needed again",
            grouped(self.marked),
            grouped(self.waiting),
            grouped(self.revived),
        ));
        if !self.alone {
            page.line(Self::BESIDES);
        }
        replaced(self.replaced, page);
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.replaced == 0)
    }
}

fn replaced(forged: u64, page: &mut Page) {
    if forged > 0 {
        page.line(format!(
            "! {} forged or damaged: taken away, and set anew where due",
            counted(forged, "tombstone was", "tombstones were"),
        ));
    }
}

impl Report for PrunerMade {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{}: a pruner's keys for repository {}, who believes {}",
            self.file,
            self.repository,
            counted(self.hosts, "host", "hosts"),
        ));
    }
}

impl Report for Drilled {
    fn page(&self, page: &mut Page) {
        page.line(if self.ok {
            "ok: the vault came back and opened"
        } else {
            "! THE DRILL FAILED"
        });
        page.pairs(&[
            ("recovery time", span(self.recovery_seconds)),
            ("recovery point", self.recovery_point.to_string()),
            (
                "not covered",
                counted(self.entries_behind, "entry", "entries"),
            ),
            ("snapshot", self.snapshot.clone()),
            (
                "opened",
                format!(
                    "{}, {}",
                    counted(self.charts_opened, "chart", "charts"),
                    counted(self.entries_read, "entry", "entries")
                ),
            ),
            ("on record", self.entry.clone()),
        ]);
        self.problems
            .iter()
            .for_each(|problem| page.line(format!("! {problem}")));
        page.gap();
        self.verify.page(page);
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.ok)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Exit, Page, Report};

    #[test]
    fn a_repository_that_was_rolled_back_is_something_found() {
        let verified = samples::backup_verified();
        let mut page = Page::default();
        verified.page(&mut page);
        assert_eq!(verified.exit(), Exit::Found);
        assert!(
            page.text().contains("older than what is known of it"),
            "{}",
            page.text()
        );
    }

    #[test]
    fn a_backup_that_missed_an_object_is_something_found() {
        let mut run = samples::backup_run();
        assert_eq!(run.exit(), Exit::Done);
        run.alarms.push("objects/00 is gone".into());
        assert_eq!(run.exit(), Exit::Found);
    }

    #[test]
    fn a_restored_vault_that_does_not_verify_is_something_found() {
        assert_eq!(samples::restored().exit(), Exit::Found);
    }
}
