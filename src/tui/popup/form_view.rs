//! How a form is drawn: what is to be read first above, the checks beside it, the fields below, and under them what is wrong.

use super::super::canvas::Canvas;
use super::super::draft::LEAVING;
use super::super::shell::Shell;
use super::super::text;
use super::super::theme::Tone;
use super::form::{Entry, Form};

/// Lines that say who and what a form with checks is about: the patient and the medicine.
const ABOUT: usize = 2;

impl Form {
    pub(super) fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        self.draw(&shell.titled(&self.title, self.task.chart()), canvas);
    }

    pub(super) fn draw(&self, title: &str, canvas: &mut Canvas<'_>) {
        let labels = self.labels();
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
        // Who and what it is about stands before the checks in the narrowest window, too.
        let first = if wide { 0 } else { self.intro.len().min(ABOUT) };
        let (about, rest) = self.intro.split_at(first);
        let mut intro = wrapped(about);
        if !wide {
            intro.extend(wrapped(&self.beside));
        }
        intro.extend(wrapped(rest));
        let side: &[(String, Tone)] = if wide { &self.beside } else { &[] };
        let gap = u16::from(!intro.is_empty());
        let labels_room = room.saturating_sub(labels);
        // The line below the fields is as high as the longest hint that ever stands there, so that the fields keep their place.
        let hints = self
            .entries
            .iter()
            .filter(|entry| !fits(entry, labels_room));
        let hints = hints.map(|entry| spread(&entry.hint, room).len());
        let tail = hints.chain([self.told(room).len(), 1]).max().unwrap_or(1) as u16;
        let fields = self.entries.len() as u16 + tail;
        let above = intro.len().max(side.len()) as u16;
        let mut inside = super::frame(canvas, title, 78, above + gap + fields);
        let height = inside.height();
        // The fields keep their place; what is to be read scrolls above them. In a small window it keeps half, and the fields scroll,
        // too: nobody signs under a text of which nothing is in sight.
        let upper = height
            .saturating_sub(fields + gap)
            .max(height / 2)
            .min(above);
        let window = self.scroll.window(usize::from(above), upper);
        let below = window.end;
        let hidden = usize::from(above) - below;
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
                // A STOP is said even where there is no room for it.
                let below = intro.get(below..).into_iter().chain(side.get(below..));
                let stop = below.flatten().any(|(line, _)| line.starts_with("STOP"));
                let (stop, tone) = if stop {
                    ("STOP below, ", Tone::Alert)
                } else {
                    ("", Tone::Warn)
                };
                let more = format!(" {stop}{hidden} more lines, PageDown ");
                inside.put(1, upper, &more, tone);
            }
        }
        let mut lower = inside.below(upper + gap);
        let for_field = lower.width().saturating_sub(labels);
        // In a small window a field more is worth more than the second line of a hint.
        let told = self.told(lower.width());
        let least = lower.height().saturating_sub(self.entries.len() as u16);
        let tail = tail.min(least.max(lower.height() / 3)).max(1);
        let rows = lower.height().saturating_sub(tail).max(1);
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
            let beside = fits(entry, for_field);
            let field = if beside { width - hint - 2 } else { width };
            entry.field.draw(&mut lower, labels, y, field, active);
            if beside {
                lower.put(labels + field + 2, y, &entry.hint, Tone::Muted);
            }
        }
        let y = (self.entries.len() as u16 - first).min(rows);
        let below = (self.entries.len() as u16 - first).saturating_sub(rows);
        let hidden = match (first, below) {
            (0, 0) => String::new(),
            (0, below) => format!(" {below} more below"),
            (above, 0) => format!(" {above} more above"),
            (above, below) => format!(" {above} more above, {below} below"),
        };
        let from = lower.put_right(lower.width(), y, &hidden, Tone::Muted);
        for (at, (line, tone)) in told.iter().enumerate() {
            let columns = if at == 0 { from } else { u16::MAX };
            lower.put_within(0, y + at as u16, columns, line, *tone);
        }
    }

    /// What stands below the fields: what is wrong, else the hint of the active field where it does not fit beside it.
    fn told(&self, columns: u16) -> Vec<(String, Tone)> {
        let labels = self.labels();
        let hint = self.entries.get(self.at);
        let (line, tone) = if self.leaving {
            (LEAVING.to_owned(), Tone::Warn)
        } else if let Some(wrong) = &self.wrong {
            let of = if wrong.label.is_empty() {
                String::new()
            } else {
                format!("{}: ", wrong.label)
            };
            (format!("! {of}{}", wrong.text), Tone::Alert)
        } else if let Some(entry) =
            hint.filter(|entry| !fits(entry, columns.saturating_sub(labels)))
        {
            (entry.hint.clone(), Tone::Muted)
        } else {
            return Vec::new();
        };
        let lines = spread(&line, columns).into_iter();
        lines.map(|line| (line, tone)).collect()
    }

    /// Columns of the labels.
    fn labels(&self) -> u16 {
        let widths = self.entries.iter().map(|entry| text::width(entry.label));
        widths.max().unwrap_or(0) as u16 + 2
    }
}

/// Whether a field has room for its hint beside it.
fn fits(entry: &Entry, columns: u16) -> bool {
    !entry.hint.is_empty() && usize::from(columns) > text::width(&entry.hint) + 12
}

/// A line below the fields, on as many lines as it takes. Choices stay apart by two blanks, and none is broken.
fn spread(line: &str, columns: u16) -> Vec<String> {
    let mut lines = vec![String::new()];
    for choice in line.split("  ") {
        let last = lines.last_mut().expect("there is always one");
        let room = usize::from(columns);
        if last.is_empty() {
            last.push_str(choice);
        } else if text::width(last) + 2 + text::width(choice) <= room {
            last.push_str("  ");
            last.push_str(choice);
        } else {
            lines.push(choice.to_owned());
        }
    }
    let lines = lines.into_iter();
    lines
        .flat_map(|line| {
            if text::width(&line) <= usize::from(columns) {
                vec![line]
            } else {
                text::wrap(&line, usize::from(columns))
            }
        })
        .collect()
}
