//! The list of charts, narrowed by typing.

use super::super::super::canvas::Canvas;
use super::super::super::command::Topic;
use super::super::super::filter::Filter;
use super::super::super::list::Selection;
use super::super::super::shell::Shell;
use super::super::super::text;
use super::super::super::theme::Tone;
use super::OPENING;
use crate::desk::view::ChartLine;

/// The charts, what narrows them, and the one selected.
#[derive(Debug, Default)]
pub struct ChartList {
    charts: Vec<ChartLine>,
    /// What narrows the list.
    pub filter: Filter,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// The selected one of those that are shown.
    pub selection: Selection,
}

impl ChartList {
    /// Takes the charts that the session may see.
    pub fn set(&mut self, charts: &[ChartLine]) {
        self.following(|list| list.charts = charts.to_vec());
    }

    /// Changes what is shown; the selection stays with its chart where that is shown before and after.
    pub fn following(&mut self, change: impl FnOnce(&mut Self)) {
        let mrns = |list: &Self| -> Vec<String> {
            let shown = list.shown().into_iter();
            shown.map(|chart| chart.mrn.clone()).collect()
        };
        let before = mrns(self);
        change(self);
        let now = mrns(self);
        self.selection
            .follow(&before, |mrn| now.iter().position(|now| now == mrn));
    }

    /// The charts that the filter leaves.
    pub fn shown(&self) -> Vec<&ChartLine> {
        let typed = self.filter.followed().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let fits = |chart: &&ChartLine| {
            let name = chart.name.to_lowercase();
            words
                .iter()
                .all(|word| name.contains(word) || chart.mrn.contains(word))
        };
        self.charts.iter().filter(fits).collect()
    }

    /// The number of the selected chart.
    pub fn selected(&self) -> Option<String> {
        let shown = self.shown();
        let at = self.selection.at(shown.len())?;
        Some(shown[at].mrn.clone())
    }

    /// Selects a chart if it is shown.
    pub fn select(&mut self, mrn: &str) {
        if let Some(at) = self.shown().iter().position(|chart| chart.mrn == mrn) {
            self.selection.select(at);
        }
    }

    /// Draws it. `keys` says whether the list has the keys, and not the chart beside it.
    pub fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>, keys: bool) {
        let shown = self.shown();
        self.render_heading(shell, canvas, shown.len(), keys);
        let width = canvas.width();
        let wide = width >= 56;
        let height = canvas.height().saturating_sub(1);
        let mut list = canvas.part(0, 1, u16::MAX, height);
        if shown.is_empty() && !self.charts.is_empty() {
            list.put(1, 0, "no chart fits; Esc shows all", Tone::Muted);
        } else if shown.is_empty() && !shell.waits_for(Topic::Charts) {
            let mut waiting = shell.notices.iter();
            let line = match waiting.find(|notice| notice.kind == "own keys") {
                Some(notice) => format!("No chart is open to you: {}.", notice.text),
                None => "No chart is open to you.".to_owned(),
            };
            list.paragraph(1, 0, &line, Tone::Muted);
        }
        let selected = self.selection.at(shown.len());
        for (y, at) in self
            .selection
            .window(shown.len(), list.height())
            .enumerate()
        {
            let chart = shown[at];
            let y = y as u16;
            let mrn = text::width(&chart.mrn) as u16;
            list.put_right(width.saturating_sub(1), y, &chart.mrn, Tone::Muted);
            let mut room = width.saturating_sub(mrn + 5);
            let born = chart.birth_date.as_deref().unwrap_or("");
            // Two of one name are told apart by it, wherever there is room.
            let beside = text::width(&chart.name) + text::width(born) + 5 <= usize::from(room);
            if wide || beside {
                list.put_right(width.saturating_sub(mrn + 3), y, born, Tone::Muted);
                room = room.saturating_sub(13);
            }
            let mark = if chart.deceased { " †" } else { "" };
            let name = text::cut(
                &chart.name,
                usize::from(room).saturating_sub(mark.len().min(2)),
            );
            list.put_within(3, y, room, &format!("{name}{mark}"), Tone::Text);
            if Some(at) == selected {
                if shell.look.plain {
                    list.put(1, y, ">", Tone::Text);
                }
                let tone = if keys {
                    Tone::Selected
                } else {
                    Tone::SelectedQuiet
                };
                list.row(y, tone);
                if shell.look.plain && keys && !self.filtering {
                    list.cursor(0, y);
                }
            }
        }
    }

    fn render_heading(&self, shell: &Shell, canvas: &mut Canvas<'_>, shown: usize, keys: bool) {
        let width = canvas.width();
        if self.filtering || !self.filter.is_empty() {
            let x = canvas.put(1, 0, "/ ", Tone::Key);
            let count = format!(" {shown} of {} ", self.charts.len());
            let from = canvas.put_right(width, 0, &count, Tone::Muted);
            self.filter
                .draw(canvas, x, 0, from.saturating_sub(x), self.filtering);
            return;
        }
        let heading = match (self.charts.len(), shell.waits_for(Topic::Charts)) {
            (0, true) => "reading …".to_owned(),
            (1, _) => "1 chart".to_owned(),
            (n, _) => format!("{n} charts"),
        };
        let tone = if keys { Tone::Title } else { Tone::Heading };
        let x = canvas.put(1, 0, &heading, tone);
        let from = canvas.put_right(width.saturating_sub(1), 0, "/ filter", Tone::Muted);
        // Where no chart stands beside the list, which says it there.
        if keys
            && !self.charts.is_empty()
            && usize::from(from.saturating_sub(x + 4)) >= text::width(OPENING)
        {
            canvas.put(x + 2, 0, OPENING, Tone::Muted);
        }
    }
}
