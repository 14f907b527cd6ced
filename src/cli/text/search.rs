//! What a search answers.

use super::chart::signed;
use crate::cli::page::{counted, grouped};
use crate::cli::{Page, Report};
use crate::desk::view::SearchAnswer;

impl Report for SearchAnswer {
    fn page(&self, page: &mut Page) {
        let bound = if self.exact { "" } else { "at most " };
        page.line(format!(
            "{bound}{} in {}, {} µs",
            counted(self.total, "entry", "entries"),
            counted(self.charts, "chart", "charts"),
            grouped(self.micros),
        ));
        if self.uncovered > 0 {
            page.line(format!(
                "! {} not yet in the index",
                counted(self.uncovered, "entry is", "entries are")
            ));
        }
        if self.results.is_empty() {
            return;
        }
        let rows: Vec<_> = self
            .results
            .iter()
            .map(|hit| {
                [
                    hit.created.to_string(),
                    hit.mrn.clone(),
                    hit.name.clone(),
                    hit.kind.clone(),
                    signed(hit.verified).to_owned(),
                    hit.snippet.clone(),
                ]
            })
            .collect();
        page.table(
            ["when", "mrn", "name", "what", "state", "matched"],
            &rows,
            "",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Page, Report};

    #[test]
    fn entries_that_the_index_does_not_hold_are_said_loudly() {
        let mut page = Page::default();
        samples::search_answer().page(&mut page);
        let mut lines = page.text().lines();
        assert_eq!(
            lines.next(),
            Some("at most 42 entries in 17 charts, 812 µs")
        );
        assert_eq!(lines.next(), Some("! 3 entries are not yet in the index"));
    }
}
