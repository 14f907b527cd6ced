//! Access and the audit trail.

use crate::cli::page::or_dash;
use crate::cli::{Page, Report};
use crate::desk::view::{AccessLine, AccessState, AuditLine};

impl Report for Vec<AccessLine> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|line| {
                [
                    line.id.clone(),
                    line.kind.to_string(),
                    line.chart.clone(),
                    line.who.clone(),
                    line.sections.join(","),
                    line.state.to_string(),
                    or_dash(line.until.as_ref()),
                    or_dash(line.decided_by.as_ref()),
                    line.purpose.clone().unwrap_or_default(),
                ]
            })
            .collect();
        page.table(
            [
                "id",
                "kind",
                "chart",
                "who",
                "sections",
                "state",
                "until",
                "decided by",
                "purpose",
            ],
            &rows,
            "no requests, shares or grants",
        );
    }
}

impl Report for AccessState {
    fn page(&self, page: &mut Page) {
        let until = self
            .until
            .map_or_else(String::new, |until| format!(" until {until}"));
        page.line(format!("{} is {}{until}", self.id, self.state));
    }
}

impl Report for Vec<AuditLine> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|line| {
                let odd = if line.flags.is_empty() {
                    String::new()
                } else {
                    format!("  ! {}", line.flags.join(", "))
                };
                [
                    line.created.to_string(),
                    line.actor.clone(),
                    line.role.clone(),
                    line.action.clone(),
                    or_dash(line.chart.as_ref()),
                    format!("{}{odd}", line.detail),
                ]
            })
            .collect();
        page.table(
            ["when", "actor", "role", "action", "chart", "detail"],
            &rows,
            "nothing on record",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Page, Report};

    #[test]
    fn what_is_odd_about_a_line_stands_behind_its_detail() {
        let mut page = Page::default();
        vec![samples::audit_line()].page(&mut page);
        assert!(
            page.text().ends_with("looked at clinical  ! at night\n"),
            "{}",
            page.text()
        );
    }

    #[test]
    fn the_outcome_names_the_id_that_decisions_need() {
        let mut page = Page::default();
        samples::access_state().page(&mut page);
        assert_eq!(page.text(), "a1b2 is granted until 2026-11-22T08:31:05Z\n");
    }
}
