//! Prescriptions.

use super::chart::{alerts, signed};
use crate::cli::page::or_dash;
use crate::cli::{Exit, Page, Report};
use crate::desk::view::{
    Amount, Check, CheckOutcome, Dispensed, RxEventView, RxLine, RxMoved, RxVerdict, RxView,
    RxWritten, SignatureState,
};

/// One line for each check, as the counter shows them.
pub(super) fn checks(page: &mut Page, checks: &[Check]) {
    for check in checks {
        let mark = match check.outcome {
            CheckOutcome::Ok => "ok",
            CheckOutcome::Note => "··",
            CheckOutcome::Warn => "!",
            CheckOutcome::CouldNotRun => "! could not run",
            CheckOutcome::Stop => "STOP",
        };
        page.line(format!("{mark}  {}: {}", check.check, check.text));
    }
}

fn quantity(amount: Option<&Amount>, unit: Option<&String>) -> String {
    match (amount, unit) {
        (None, _) => "-".into(),
        (Some(amount), None) => amount.to_string(),
        (Some(amount), Some(unit)) => format!("{amount} {unit}"),
    }
}

impl Report for Vec<RxLine> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|line| {
                let controlled = line
                    .controlled
                    .as_ref()
                    .map_or_else(String::new, |schedule| format!(" CD {schedule}"));
                [
                    line.rx.clone(),
                    line.mrn.clone(),
                    format!("{}{controlled}", line.medicine),
                    line.state.to_string(),
                    line.prescriber.clone(),
                    or_dash(line.signed.as_ref()),
                    quantity(line.remaining.as_ref(), line.unit.as_ref()),
                ]
            })
            .collect();
        page.table(
            [
                "rx",
                "mrn",
                "medicine",
                "state",
                "prescriber",
                "signed",
                "left",
            ],
            &rows,
            "no prescriptions",
        );
    }
}

impl Report for RxView {
    fn page(&self, page: &mut Page) {
        let line = &self.line;
        page.line(format!(
            "{}  {}  {}",
            line.mrn,
            or_dash(line.name.as_ref()),
            line.state
        ));
        self.text.iter().for_each(|line| page.line(line));
        page.gap();
        page.line(format!(
            "signed  {}  {}",
            line.prescriber,
            or_dash(line.signed.as_ref())
        ));
        page.line(format!("key  {}", or_dash(self.key.as_ref())));
        page.line(format!("ledger  {}", self.seq));
        page.line(format!(
            "left  {}",
            quantity(line.remaining.as_ref(), line.unit.as_ref())
        ));
        page.line(format!("expires  {}", or_dash(line.expires.as_ref())));
        page.line(format!("rx  {}", line.rx));
        if !self.checks.is_empty() {
            page.gap();
            checks(page, &self.checks);
        }
        page.gap();
        page.line("WHAT HAPPENED");
        page.block(|page| self.events.iter().for_each(|event| line_of(page, event)));
    }
}

fn line_of(page: &mut Page, event: &RxEventView) {
    let quantity = event
        .quantity
        .as_ref()
        .map_or_else(String::new, |quantity| format!("  {quantity}"));
    let lot = event
        .lot
        .as_ref()
        .map_or_else(String::new, |lot| format!("  lot {lot}"));
    let reason = event
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!("  {reason}"));
    page.line(format!(
        "{}  {}{quantity}{lot}  {}, {}  {}{reason}",
        event.created,
        event.event,
        event.by,
        event.role,
        signed(event.verified),
    ));
}

impl Report for RxVerdict {
    fn page(&self, page: &mut Page) {
        let verdict = match (self.ok, self.signature) {
            (true, _) => "ok: stands as it was signed, may be dispensed",
            (false, SignatureState::Ok) => "! NOT TO BE DISPENSED",
            (false, SignatureState::Bad) => "! DOES NOT STAND as it was signed",
        };
        page.line(format!("{verdict}  {}  {}", self.rx, self.state));
        let revoked = if self.revoked {
            ", withdrawn since"
        } else {
            ""
        };
        page.line(format!(
            "signature {} by {}, {} when signing{revoked}, key {}",
            self.signature, self.signer, self.role_at_signing, self.key,
        ));
        checks(page, &self.checks);
    }

    fn exit(&self) -> Exit {
        Exit::found_unless(self.ok)
    }
}

impl Report for RxWritten {
    fn page(&self, page: &mut Page) {
        page.line(format!("{} for {}: rx {}", self.state, self.mrn, self.rx));
        alerts(page, &self.alerts);
    }
}

impl Report for Dispensed {
    fn page(&self, page: &mut Page) {
        let lot = self
            .lot
            .as_ref()
            .map_or_else(String::new, |lot| format!(" from lot {lot}"));
        page.line(format!(
            "handed over {}{lot}, left {}",
            self.dispensed,
            or_dash(self.remaining.as_ref())
        ));
        page.line(format!(
            "rx {} is {}, entry {}",
            self.rx, self.state, self.entry
        ));
        alerts(page, &self.alerts);
    }
}

impl Report for RxMoved {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "rx {} is {}, entry {}",
            self.rx, self.state, self.entry
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Exit, Page, Report};
    use crate::desk::view::SignatureState;

    #[test]
    fn a_verdict_against_a_prescription_is_something_found() {
        let mut verdict = samples::rx_verdict();
        assert_eq!(verdict.exit(), Exit::Done);
        verdict.ok = false;
        assert_eq!(verdict.exit(), Exit::Found);
        let text = |verdict: &crate::desk::view::RxVerdict| {
            let mut page = Page::default();
            verdict.page(&mut page);
            page.text().to_owned()
        };
        assert!(text(&verdict).starts_with("! NOT TO BE DISPENSED"));
        verdict.signature = SignatureState::Bad;
        assert!(text(&verdict).starts_with("! DOES NOT STAND as it was signed"));
    }

    #[test]
    fn a_prescription_shows_its_whole_text_and_what_happened() {
        let mut page = Page::default();
        samples::rx_view().page(&mut page);
        let text = page.text();
        assert!(
            text.contains("1 capsule three times a day for 7 days"),
            "{text}"
        );
        assert!(
            text.contains("STOP  allergy: penicillin allergy, confirmed 2019"),
            "{text}"
        );
        assert!(
            text.contains(
                "  2026-11-22T08:31:05Z  dispensed  7  lot K77  Ruth Adeyemi, pharmacist  signed ok"
            ),
            "{text}"
        );
    }
}
