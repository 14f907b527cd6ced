//! How a form is drawn: what is to be read first above, the checks beside it, the fields below, and under them what is wrong.

use super::super::canvas::Canvas;
use super::super::draft::LEAVING;
use super::super::text;
use super::super::theme::Tone;
use super::form::{Entry, Form};

impl Form {
    pub(super) fn render(&self, canvas: &mut Canvas<'_>) {
        let labels = self
            .entries
            .iter()
            .map(|entry| text::width(entry.label))
            .max()
            .unwrap_or(0) as u16
            + 2;
        // What a frame leaves inside its edges and margins.
        let room = canvas.width().saturating_sub(10).min(72);
        let wide = !self.beside.is_empty() && room >= 70;
        let column = if wide { room / 2 - 1 } else { room };
        let wrapped = |lines: &[(String, Tone)]| -> Vec<(String, Tone)> {
            let lines = lines.iter();
            lines
                .flat_map(|(line, tone)| {
                    text::hang(line, usize::from(column))
                        .into_iter()
                        .map(|part| (part, *tone))
                })
                .collect()
        };
        let mut intro = Vec::new();
        if !wide {
            intro.extend(wrapped(&self.beside));
        }
        intro.extend(wrapped(&self.intro));
        let side: &[(String, Tone)] = if wide { &self.beside } else { &[] };
        let gap = u16::from(!intro.is_empty());
        let fields = self.entries.len() as u16 + 1;
        let above = intro.len().max(side.len()) as u16;
        let mut inside = super::frame(canvas, &self.title, 78, above + gap + fields);
        let height = inside.height();
        // The fields keep their place; what is to be read scrolls above them. In a small window it keeps a third: nobody signs
        // under a text of which nothing is in sight.
        let upper = height
            .saturating_sub(fields + gap)
            .max(height / 3)
            .min(above);
        let window = self.scroll.window(usize::from(above), upper);
        let hidden = usize::from(above) - window.end;
        for (y, at) in window.enumerate() {
            if let Some((line, tone)) = intro.get(at) {
                inside.put_within(0, y as u16, column, line, *tone);
            }
            if let Some((line, tone)) = side.get(at) {
                inside.put(column + 2, y as u16, line, *tone);
            }
        }
        if gap == 1 {
            inside.rule(upper);
            if hidden > 0 {
                inside.put(
                    1,
                    upper,
                    &format!(" {hidden} more lines, PageDown "),
                    Tone::Warn,
                );
            }
        }
        let mut lower = inside.below(upper + gap);
        let for_field = lower.width().saturating_sub(labels);
        let fits = |entry: &Entry| {
            !entry.hint.is_empty() && usize::from(for_field) > text::width(&entry.hint) + 12
        };
        let rows = lower.height().saturating_sub(1).max(1);
        let first = (self.at as u16 + 1).saturating_sub(rows);
        for (at, entry) in self.entries.iter().enumerate().skip(usize::from(first)) {
            let y = at as u16 - first;
            if y >= rows {
                break;
            }
            let active = at == self.at;
            lower.put(
                0,
                y,
                entry.label,
                if active { Tone::Title } else { Tone::Muted },
            );
            let width = lower.width().saturating_sub(labels);
            let hint = text::width(&entry.hint) as u16;
            let beside = fits(entry);
            let field = if beside { width - hint - 2 } else { width };
            entry.field.draw(&mut lower, labels, y, field, active);
            if beside {
                lower.put(labels + field + 2, y, &entry.hint, Tone::Muted);
            }
        }
        let y = (self.entries.len() as u16 - first).min(rows);
        // Where hints do not fit beside their fields, that of the active field stands below.
        let hint = self.entries.get(self.at).filter(|entry| !fits(entry));
        if self.leaving {
            lower.put(0, y, LEAVING, Tone::Warn);
        } else if let Some(wrong) = &self.wrong {
            let line = format!("! {}: {}", wrong.label, wrong.text);
            lower.put(0, y, &line, Tone::Alert);
        } else if let Some(entry) = hint {
            lower.put(0, y, &entry.hint, Tone::Muted);
        }
    }
}
