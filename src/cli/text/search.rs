//! What a search answers.

use super::chart::signed;
use crate::cli::page::{counted, grouped};
use crate::cli::{Page, Report};
use crate::desk::view::SearchAnswer;

impl Report for SearchAnswer {
    fn page(&self, page: &mut Page) {
        let bound = if self.exact { "" } else { "at most " };
        let charts = counted(self.charts, "chart", "charts");
        // Charts are counted as their entries are read, and not before.
        let place = match (self.all_charts, self.charts) {
            (true, _) => format!(" in {charts}"),
            (false, 0) => String::new(),
            (false, _) => format!(" in {charts} so far"),
        };
        page.line(format!(
            "{bound}{}{place}, {} µs",
            counted(self.total, "entry", "entries"),
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
    use crate::desk::view::SearchAnswer;

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

    #[test]
    fn charts_that_were_not_counted_are_not_told_as_if_they_were_all() {
        let first = |answer: &SearchAnswer| {
            let mut page = Page::default();
            answer.page(&mut page);
            page.text().lines().next().map(str::to_owned)
        };
        let mut answer = SearchAnswer {
            all_charts: false,
            ..samples::search_answer()
        };
        let told = first(&answer);
        assert_eq!(
            told.as_deref(),
            Some("at most 42 entries in 17 charts so far, 812 µs")
        );
        answer.charts = 0;
        assert_eq!(
            first(&answer).as_deref(),
            Some("at most 42 entries, 812 µs")
        );
    }
}
