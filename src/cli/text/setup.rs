//! A vault begins.

use super::rx::checks;
use crate::cli::page::counted;
use crate::cli::{Exit, Page, Report};
use crate::desk::view::{DemoMade, InitMade, KeysCheck, Shares};

fn shares(page: &mut Page, what: &str, shares: &Shares) {
    page.line(format!(
        "{what}: {} of {} shares are needed",
        shares.threshold, shares.shares
    ));
    page.block(|page| shares.files.iter().for_each(|file| page.line(file)));
}

impl Report for DemoMade {
    fn page(&self, page: &mut Page) {
        page.line("A demonstration: nothing in it is real.");
        page.pairs(&[("vault", &self.vault), ("host", &self.host)]);
        page.line(format!(
            "{}, {}",
            counted(self.patients, "patient", "patients"),
            counted(self.entries, "entry", "entries"),
        ));
        page.gap();
        let rows: Vec<_> = self
            .logins
            .iter()
            .map(|login| {
                [
                    login.login.clone(),
                    login.role.clone(),
                    login.unit.clone().unwrap_or_default(),
                    login.passphrase_file.clone(),
                ]
            })
            .collect();
        page.table(
            ["login", "role", "unit", "passphrase in"],
            &rows,
            "no logins",
        );
        page.gap();
        shares(page, "recovery", &self.recovery);
        shares(page, "restore", &self.restore);
    }
}

impl Report for InitMade {
    fn page(&self, page: &mut Page) {
        page.pairs(&[
            ("vault", &self.vault),
            ("vault id", &self.vault_id),
            ("admin", &self.admin),
        ]);
        page.gap();
        shares(page, "recovery, for keys that were lost", &self.recovery);
        shares(page, "restore, for backups", &self.restore);
        page.gap();
        page.line("Give each share to another person and remove it from this host. Without them, what is lost stays lost.");
    }
}

impl Report for KeysCheck {
    fn page(&self, page: &mut Page) {
        page.line(if self.ok {
            "ok: nothing is wrong"
        } else {
            "! SOMETHING IS WRONG"
        });
        checks(page, &self.checks);
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.ok)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Page, Report};

    #[test]
    fn a_demonstration_says_first_that_nothing_in_it_is_real() {
        let mut page = Page::default();
        samples::demo_made().page(&mut page);
        assert!(
            page.text()
                .starts_with("A demonstration: nothing in it is real.\n"),
            "{}",
            page.text()
        );
        assert!(
            page.text().contains("3 of 5 shares are needed"),
            "{}",
            page.text()
        );
    }
}
