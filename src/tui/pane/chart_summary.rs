//! The page on which a chart opens.

use super::super::canvas::Canvas;
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::super::when;
use super::chart::OpenChart;
use crate::desk::view::VitalSeries;

impl OpenChart {
    /// Vitals with their course. Returns the rows used.
    pub(super) fn render_vitals(&self, shell: &Shell, canvas: &mut Canvas<'_>, y: u16) -> u16 {
        let width = canvas.width();
        let graph = usize::from((width.saturating_sub(37)).clamp(6, 40));
        for (at, vital) in self.view.summary.vitals.iter().enumerate() {
            let y = y + at as u16;
            canvas.put(1, y, &text::left(&vital.measure, 6), Tone::Text);
            canvas.put(8, y, &text::left(&vital.unit, 5), Tone::Muted);
            let tone = if vital.abnormal {
                Tone::Alert
            } else {
                Tone::Text
            };
            let when = when::short(vital.at, shell.now);
            let from = canvas.put_right(width.saturating_sub(1), y, &when, Tone::Muted);
            if vital.self_reported {
                // Whose value it is must be read before the course of it.
                let mark = if vital.abnormal { " !" } else { "" };
                let line = format!("{}{mark} self-reported", vital.latest);
                canvas.put_within(13, y, from.saturating_sub(14), &line, tone);
                continue;
            }
            let x = 14 + graph as u16;
            if !canvas.plain() {
                canvas.put(13, y, &course(vital, graph), Tone::Bar);
            }
            canvas.put(x, y, &text::left(&vital.latest, 8), tone);
            if vital.abnormal {
                canvas.put(x + 8, y, "!", Tone::Alert);
            }
        }
        self.view.summary.vitals.len() as u16
    }

    /// Vitals, problems, allergies, medicines, notes. Returns the rows used.
    pub(super) fn render_summary(&self, shell: &Shell, canvas: &mut Canvas<'_>) -> u16 {
        let summary = &self.view.summary;
        let width = canvas.width();
        let mut y = 0;
        if !summary.vitals.is_empty() {
            canvas.put(1, 0, "Vitals", Tone::Heading);
            if let Some(news) = &summary.news2 {
                let least = if news.complete { "" } else { "at least " };
                let tone = if news.score >= 5 {
                    Tone::Alert
                } else {
                    Tone::Text
                };
                let age = if news.followed {
                    let ago = when::ago(news.at, shell.now);
                    let at = if width < 60 {
                        String::new()
                    } else {
                        format!(" at {}", when::short(news.at, shell.now))
                    };
                    format!("{at}, {ago} ago")
                } else {
                    String::new()
                };
                let line = format!("NEWS2 {least}{} ({}){age}", news.score, news.risk);
                canvas.put_right(width.saturating_sub(1), 0, &line, tone);
            }
            y = 1 + self.render_vitals(shell, canvas, 1) + 1;
        }
        for (label, items) in [
            ("Problems", &summary.problems),
            ("Allergies", &summary.allergies),
            ("Medicines", &summary.medicines),
        ] {
            let label_tone = Tone::Heading;
            canvas.put(1, y, label, label_tone);
            let section = if label == "Problems" {
                "clinical"
            } else {
                "medication"
            };
            let columns = usize::from(width.saturating_sub(13));
            let lines = if self.view.closed.iter().any(|closed| closed == section) {
                vec!["closed to you".to_owned()]
            } else if items.is_empty() {
                vec!["none recorded".to_owned()]
            } else if label == "Allergies" {
                text::wrap(&items.join(" · "), columns)
            } else {
                first_of(items, columns)
            };
            let tone = match (label, items.is_empty()) {
                (_, true) => Tone::Muted,
                ("Allergies", _) => Tone::Alert,
                _ => Tone::Text,
            };
            for line in &lines {
                canvas.put(12, y, line, tone);
                y += 1;
            }
        }
        if !summary.notes.is_empty() {
            canvas.put(1, y, "Notes", Tone::Heading);
        }
        for note in &summary.notes {
            let sign = if note.verified {
                ("signed ok", Tone::Good)
            } else {
                ("! signature bad", Tone::Alert)
            };
            let x = canvas.put(
                12,
                y,
                &format!("{} {}", when::short(note.created, shell.now), note.author),
                Tone::Muted,
            );
            canvas.put(x + 2, y, sign.0, sign.1);
            y = canvas.paragraph(12, y + 1, &note.text, Tone::Text);
        }
        y
    }
}

/// As many items as fit on two lines, and how many more there are.
fn first_of(items: &[String], columns: usize) -> Vec<String> {
    let lines = |shown: usize| {
        let more = items.len() - shown;
        let more = if more > 0 {
            format!(" · +{more} more")
        } else {
            String::new()
        };
        text::wrap(&format!("{}{more}", items[..shown].join(" · ")), columns)
    };
    let fitting = (2..=items.len()).rev().map(lines);
    let mut fitting = fitting.filter(|lines| lines.len() <= 2);
    fitting.next().unwrap_or_else(|| lines(1))
}

/// The last values that fit, as a line of block heights, set to the right.
fn course(vital: &VitalSeries, columns: usize) -> String {
    let from = vital.series.len().saturating_sub(columns);
    text::right(&text::sparkline(&vital.series[from..]), columns)
}
