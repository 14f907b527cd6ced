//! Charts and entries.

use crate::cli::page::or_dash;
use crate::cli::{Page, Report};
use crate::desk::view::{
    Alert, Attended, Attending, ChartLine, ChartView, EntryView, Severity, Written,
};

/// One line for each alert, the gravest first.
pub(super) fn alerts(page: &mut Page, alerts: &[Alert]) {
    let mut sorted: Vec<&Alert> = alerts.iter().collect();
    sorted.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
    for alert in sorted {
        let mark = match alert.severity {
            Severity::Stop => "STOP",
            Severity::CouldNotRun => "! could not run",
            Severity::Warn => "! warn",
            Severity::Info => "info",
        };
        let overridden = if alert.overridden {
            "  (signed past with a reason)"
        } else {
            ""
        };
        let at = alert.at.map_or_else(String::new, |at| format!(" {at}"));
        page.line(format!(
            "{mark}  {}: {}{at}{overridden}",
            alert.check, alert.text
        ));
    }
}

/// `ok`, or what must not be overlooked.
pub(super) fn signed(verified: bool) -> &'static str {
    if verified {
        "signed ok"
    } else {
        "! NOT VERIFIED"
    }
}

impl Report for Vec<ChartLine> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|line| {
                let age = line
                    .age
                    .map_or_else(String::new, |age| format!(" ({age} y)"));
                let died = if line.deceased { " deceased" } else { "" };
                [
                    line.mrn.clone(),
                    line.name.clone(),
                    format!("{}{age}{died}", or_dash(line.birth_date.as_ref())),
                    or_dash(line.sex.as_ref()),
                    line.units.join(", "),
                ]
            })
            .collect();
        page.table(
            ["mrn", "name", "born", "sex", "units"],
            &rows,
            "no charts that your keys open",
        );
    }
}

impl Report for ChartView {
    fn page(&self, page: &mut Page) {
        let age = self
            .age
            .map_or_else(String::new, |age| format!(" ({age} y)"));
        let name = if self.name.is_empty() {
            "(identity is closed to you)"
        } else {
            &self.name
        };
        let died = if self.deceased { "  deceased" } else { "" };
        page.line(format!(
            "{}  {name}  {}  {}{age}{died}",
            self.mrn,
            or_dash(self.sex.as_ref()),
            or_dash(self.birth_date.as_ref()),
        ));
        if !self.units.is_empty() {
            page.line(format!("units  {}", self.units.join(", ")));
        }
        match &self.attending_signed {
            Some(doctor) => page.line(format!("attending  {}", named(doctor))),
            None => page.line("no attending doctor"),
        }
        alerts(page, &self.alerts);
        for (section, entries) in &self.sections {
            page.gap();
            page.line(section.to_uppercase());
            page.block(|page| {
                if entries.is_empty() {
                    page.line("no entries");
                }
                for entry in entries {
                    line_of(page, entry);
                }
            });
        }
        if !self.closed.is_empty() {
            page.gap();
            page.line(format!("closed to you: {}", self.closed.join(", ")));
        }
    }
}

fn named(doctor: &Attending) -> String {
    format!(
        "{}, {}, key {}, named by {} at {}",
        doctor.name, doctor.role, doctor.key, doctor.named_by, doctor.since
    )
}

impl Report for Attended {
    fn page(&self, page: &mut Page) {
        page.line(format!("{} attends: {}", self.mrn, named(&self.attending)));
    }
}

fn line_of(page: &mut Page, entry: &EntryView) {
    let version = if entry.versions > 1 {
        format!("  version {} of {}", entry.version, entry.versions)
    } else {
        String::new()
    };
    page.line(format!(
        "{}  {}  {}  {}, {}  {}{version}",
        entry.created,
        entry.kind,
        entry.headline,
        entry.author,
        entry.author_role,
        signed(entry.verified),
    ));
    page.block(|page| {
        if let Some(retracted) = &entry.retracted {
            page.line(format!(
                "! withdrawn by {} at {}: {}",
                retracted.by, retracted.at, retracted.reason
            ));
        }
        if !entry.flags.is_empty() {
            page.line(format!("! {}", entry.flags.join("; ")));
        }
        if let Some(source) = &entry.source {
            page.line(format!("imported from {source}"));
        }
        page.line(format!("entry {}", entry.entry));
    });
}

impl Report for Written {
    fn page(&self, page: &mut Page) {
        page.line(format!("written to {}: entry {}", self.mrn, self.entry));
        alerts(page, &self.alerts);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Page, Report};

    fn text(report: &impl Report) -> String {
        let mut page = Page::default();
        report.page(&mut page);
        page.text().to_owned()
    }

    #[test]
    fn a_chart_begins_with_who_and_what_is_grave() {
        let text = text(&samples::chart_view());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "0012-7  Mejía, Gustavo  male  1961-04-03 (65 y)");
        assert_eq!(lines[3], "STOP  allergy: penicillin: anaphylaxis");
        assert_eq!(lines[4], "info  renal: renal function unknown");
        assert!(text.contains("CLINICAL\n"), "{text}");
        assert!(text.contains("BP 172/104 mmHg !"), "{text}");
        assert!(text.ends_with("closed to you: access\n"), "{text}");
    }

    #[test]
    fn an_entry_that_is_not_verified_or_was_withdrawn_says_so() {
        let mut chart = samples::chart_view();
        let entry = &mut chart.sections.get_mut("clinical").unwrap()[0];
        entry.verified = false;
        entry.retracted = Some(samples::retracted());
        let text = text(&chart);
        assert!(text.contains("! NOT VERIFIED"), "{text}");
        assert!(
            text.contains("! withdrawn by Dr Okafor at 2026-11-22T08:31:05Z: wrong patient"),
            "{text}"
        );
    }

    #[test]
    fn a_list_of_charts_has_a_line_for_each() {
        let text = text(&vec![samples::chart_line()]);
        assert_eq!(
            text.lines().nth(1),
            Some("0012-7  Mejía, Gustavo  1961-04-03 (65 y)  male  Ward A")
        );
        assert_eq!(
            self::text(&Vec::<crate::desk::view::ChartLine>::new()),
            "no charts that your keys open\n"
        );
    }
}
