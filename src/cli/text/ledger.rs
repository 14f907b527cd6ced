//! The ledger and what hangs on it.

use crate::cli::page::{counted, grouped, or_dash, size, span};
use crate::cli::{Exit, Page, Report};
use crate::desk::view::{Exported, Imported, IndexStats, Status, VerifyLine, VerifyReport};

/// Findings that are listed as text; JSON has them all.
const LISTED: usize = 50;

impl Report for Imported {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{} from {} in {}",
            counted(self.entries, "entry", "entries"),
            counted(self.files, "file", "files"),
            span(self.seconds),
        ));
        page.line(format!(
            "{}: {} new, {} known",
            counted(self.patients, "patient", "patients"),
            grouped(self.charts_created),
            grouped(self.charts_matched),
        ));
        if self.amended + self.unchanged > 0 {
            page.line(format!(
                "{} amended, {} there already",
                grouped(self.amended),
                grouped(self.unchanged)
            ));
        }
        page.block(|page| {
            let rows: Vec<_> = self
                .entries_by_kind
                .iter()
                .map(|(kind, count)| (kind.as_str(), grouped(*count)))
                .collect();
            page.pairs(&rows);
        });
        if !self.unsupported.is_empty() {
            page.line("kept as documents, because their kind has no view of its own:");
            page.block(|page| {
                let rows: Vec<_> = self
                    .unsupported
                    .iter()
                    .map(|(kind, count)| (kind.as_str(), grouped(*count)))
                    .collect();
                page.pairs(&rows);
            });
        }
        if !self.skipped.is_empty() {
            page.line(format!(
                "! skipped {}:",
                counted(self.skipped.len() as u64, "resource", "resources")
            ));
            page.block(|page| {
                for skipped in self.skipped.iter().take(LISTED) {
                    page.line(format!(
                        "{}  {}: {}",
                        skipped.file, skipped.resource, skipped.reason
                    ));
                }
                rest(page, self.skipped.len());
            });
        }
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.skipped.is_empty())
    }
}

fn rest(page: &mut Page, count: usize) {
    if count > LISTED {
        page.line(format!(
            "and {} more; --json lists all",
            grouped((count - LISTED) as u64)
        ));
    }
}

impl Report for Exported {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{}  {}  {}",
            self.file,
            counted(self.entries, "entry", "entries"),
            size(self.bytes)
        ));
    }
}

impl Report for Vec<VerifyLine> {
    fn page(&self, page: &mut Page) {
        if self.is_empty() {
            page.line("no report of a verification is kept on this host");
        }
        for line in self {
            let found = if line.ok {
                "ok".to_owned()
            } else {
                format!("! {} wrong", grouped(line.findings))
            };
            page.line(format!(
                "{}  {} in {}  {found}",
                line.at,
                counted(line.entries, "entry", "entries"),
                span(line.seconds),
            ));
        }
    }
}

impl Report for VerifyReport {
    fn page(&self, page: &mut Page) {
        page.line(if self.ok {
            "ok: nothing is wrong"
        } else {
            "! SOMETHING IS WRONG"
        });
        let broken = self.first_break.map_or_else(String::new, |seq| {
            format!(", first at entry {}", grouped(seq))
        });
        let bad = |count: usize| {
            if count == 0 {
                "none bad".into()
            } else {
                format!("! {} bad", grouped(count as u64))
            }
        };
        page.pairs(&[
            (
                "entries",
                format!("{} in {}", grouped(self.entries), span(self.seconds)),
            ),
            ("chain", format!("{}{broken}", self.chain)),
            (
                "signatures",
                format!(
                    "{} checked, {}",
                    grouped(self.signatures.checked),
                    bad(self.signatures.bad.len())
                ),
            ),
            (
                "grants",
                format!(
                    "{} checked, {}",
                    grouped(self.grants.checked),
                    bad(self.grants.bad.len())
                ),
            ),
            (
                "bodies",
                format!(
                    "{} opened, {}, {} closed to you",
                    grouped(self.bodies.checked),
                    bad(self.bodies.bad.len()),
                    grouped(self.bodies.unreadable),
                ),
            ),
            (
                "index",
                format!(
                    "{} checked, {} missing, {} stray",
                    grouped(self.index.checked),
                    grouped(self.index.missing),
                    grouped(self.index.stray),
                ),
            ),
            ("head", self.head.clone()),
        ]);
        for finding in self.findings.iter().take(LISTED) {
            match finding.seq {
                Some(seq) => page.line(format!("! entry {}  {}", grouped(seq), finding.text)),
                None => page.line(format!("! {}", finding.text)),
            }
        }
        rest(page, self.findings.len());
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.ok)
    }
}

impl Report for IndexStats {
    fn page(&self, page: &mut Page) {
        page.pairs(&[
            ("pairs", grouped(self.pairs)),
            ("segments", grouped(self.segments)),
            ("log rows", grouped(self.log_rows)),
            ("size", size(self.bytes)),
            ("bytes a pair", format!("{:.1}", self.bytes_per_pair)),
        ]);
    }
}

impl Report for Status {
    fn page(&self, page: &mut Page) {
        page.pairs(&[
            ("vault", self.vault.clone()),
            ("vault id", self.vault_id.clone()),
            ("size", size(self.bytes)),
            ("schema", self.schema.to_string()),
            ("entries", grouped(self.entries)),
            ("charts", grouped(self.charts)),
            ("users", grouped(self.users)),
            ("units", grouped(self.units)),
            (
                "last backup",
                format!(
                    "{}{}",
                    or_dash(self.last_backup.as_ref()),
                    if self.backup_overdue {
                        "  ! OVERDUE: more than 26 hours"
                    } else {
                        ""
                    }
                ),
            ),
            (
                "its head",
                self.last_backup_head
                    .clone()
                    .unwrap_or_else(|| "-".to_owned()),
            ),
            ("last drill", or_dash(self.last_drill.as_ref())),
            ("last verification", or_dash(self.last_verify.as_ref())),
            ("locked accounts", grouped(self.locked_accounts)),
            ("sqlite", self.sqlite.clone()),
            ("version", self.version.clone()),
        ]);
        for incident in &self.backup_incidents {
            let first = incident.what.first().map_or("", String::as_str);
            page.line(format!(
                "! backup {}, {} to {}: {first}",
                incident.kind.as_str(),
                incident.at,
                incident.target
            ));
        }
        if !self.backup_incidents.is_empty() {
            page.line("`chartseal backup incidents` shows the whole, and marks it as seen");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Exit, Page, Report};

    #[test]
    fn a_verification_names_the_entry_that_is_bad_and_ends_with_1() {
        let report = samples::verify_report();
        let mut page = Page::default();
        report.page(&mut page);
        let text = page.text();
        assert_eq!(report.exit(), Exit::Found);
        assert!(text.starts_with("! SOMETHING IS WRONG\n"), "{text}");
        assert!(
            text.contains("! entry 184 201  signature does not match its header"),
            "{text}"
        );
        assert!(text.contains("653 114 checked, ! 1 bad"), "{text}");
    }

    #[test]
    fn an_overdue_backup_is_marked_in_the_status() {
        let mut status = samples::status();
        for overdue in [false, true] {
            status.backup_overdue = overdue;
            let mut page = Page::default();
            status.page(&mut page);
            let marked = page.text().contains("! OVERDUE: more than 26 hours");
            assert_eq!(marked, overdue, "{}", page.text());
        }
    }

    #[test]
    fn a_skipped_resource_is_something_found_and_an_unsupported_kind_is_not() {
        let mut imported = samples::imported();
        assert_eq!(imported.exit(), Exit::Found);
        imported.skipped.clear();
        assert!(!imported.unsupported.is_empty());
        assert_eq!(imported.exit(), Exit::Done);
    }

    #[test]
    fn a_long_list_of_skipped_resources_is_cut_in_text() {
        let mut imported = samples::imported();
        imported.skipped = vec![imported.skipped[0].clone(); 53];
        let mut page = Page::default();
        imported.page(&mut page);
        assert!(
            page.text().ends_with("and 3 more; --json lists all\n"),
            "{}",
            page.text()
        );
    }
}
