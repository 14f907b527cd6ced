//! What was given out under seal, and what was opened.

use crate::cli::page::{counted, grouped, size};
use crate::cli::{Page, Report};
use crate::desk::view::{RecipientMade, SealedMade, SealedOpened};

/// `24 entries, 3 of them without their body`.
fn entries(all: u64, closed: u64) -> String {
    let all = counted(all, "entry", "entries");
    match closed {
        0 => all,
        closed => format!("{all}, {} of them without a body", grouped(closed)),
    }
}

impl Report for SealedMade {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{}  {}  {}",
            self.file,
            entries(self.entries, self.closed),
            size(self.bytes)
        ));
        let mut rows = vec![
            ("sealed to", format!("{}  {}", self.recipient, self.name)),
            ("on record as", self.export.clone()),
            ("vault id", self.vault_id.clone()),
        ];
        if let Some(snapshot) = &self.snapshot {
            rows.push(("snapshot", snapshot.clone()));
        }
        page.pairs(&rows);
        page.line("tell the recipient the vault id by another way than the file");
    }
}

impl Report for SealedOpened {
    fn page(&self, page: &mut Page) {
        page.line("ok: whole, and signed by everyone whom it names");
        let exporter = &self.exporter;
        let what = match (&self.chart, &self.signed_by) {
            (_, Some(login)) => format!("everything that {login} signed"),
            (Some(chart), None) => format!("{} of chart {chart}", self.sections.join(", ")),
            (None, None) => String::new(),
        };
        let source = self.snapshot.as_ref().map_or_else(
            || format!("entry {}", grouped(self.head)),
            |snapshot| format!("entry {}, snapshot {snapshot}", grouped(self.head)),
        );
        let mut rows = vec![
            (
                "from",
                format!(
                    "{}, {}  {}  {}",
                    exporter.name, exporter.role, exporter.login, exporter.fingerprint
                ),
            ),
            ("to", self.recipient.clone()),
            ("at", self.created.to_string()),
            ("for", self.purpose.clone()),
            ("what", what),
            ("entries", entries(self.entries, self.closed)),
            ("up to", source),
            ("on record as", self.export.clone()),
            ("vault id", self.vault_id.clone()),
        ];
        if let Some(file) = &self.file {
            rows.push(("written to", file.clone()));
        }
        page.pairs(&rows);
        if !self.pinned {
            page.line("! compare the vault id with what the sender told you by another way, or name it with --vault-id");
        }
    }
}

impl Report for RecipientMade {
    fn page(&self, page: &mut Page) {
        page.pairs(&[
            ("name", self.name.clone()),
            ("keep", self.key_file.clone()),
            ("give away", self.public_file.clone()),
            ("fingerprint", self.fingerprint.clone()),
        ]);
        page.line("compare the fingerprint with whoever seals something to you");
    }
}
