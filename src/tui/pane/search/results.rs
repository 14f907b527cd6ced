//! What a query found so far, page by page: the list, and the selected one to read.

use std::fmt::Write as _;
use std::ops::Range;

use super::super::super::action::Action;
use super::super::super::canvas::Canvas;
use super::super::super::list::Selection;
use super::super::super::rest::{REST, Rest};
use super::super::super::shell::Shell;
use super::super::super::text;
use super::super::super::theme::Tone;
use super::super::super::when;
use crate::desk::search::Place;
use crate::desk::view::{Hit, SearchAnswer, Stamp};

/// Matches of the first page: what a screen shows, and no more, so that it is there at once.
pub(super) const FIRST: u32 = 20;
/// Matches of a later page.
pub(super) const MORE: u32 = 100;
/// More is fetched when fewer than this lie below the selection.
const AHEAD: usize = 40;

/// The matches that have come.
#[derive(Debug)]
pub struct Results {
    /// The answer's figures; its matches grow with every page.
    answer: SearchAnswer,
    next: Option<Place>,
    selection: Selection,
    /// The preview follows the selection once it rests.
    rest: Rest,
}

impl Results {
    /// The first page.
    pub fn new(answer: SearchAnswer, next: Option<Place>) -> Self {
        Self {
            answer,
            next,
            selection: Selection::default(),
            rest: Rest::default(),
        }
    }

    /// One more page.
    pub fn add(&mut self, page: SearchAnswer, next: Option<Place>) {
        let mut results = std::mem::take(&mut self.answer.results);
        results.extend(page.results.iter().cloned());
        // How long the index took is what the first page says.
        let micros = self.answer.micros;
        self.answer = SearchAnswer {
            results,
            micros,
            ..page
        };
        self.next = next;
    }

    /// Where to go on, if more should be fetched now: fewer came than the reader may soon want to see, or nobody knows yet
    /// in how many charts they lie.
    pub fn wanted(&self) -> Option<&Place> {
        let len = self.answer.results.len();
        let ahead = len - self.selection.at(len).unwrap_or(0);
        self.next
            .as_ref()
            .filter(|_| ahead < AHEAD || !self.answer.all_charts && len <= FIRST as usize)
    }

    /// Nothing more will come.
    pub fn stop(&mut self) {
        self.next = None;
    }

    /// How many have come.
    pub fn len(&self) -> usize {
        self.answer.results.len()
    }

    /// Entries that the index does not hold yet.
    pub fn uncovered(&self) -> u64 {
        self.answer.uncovered
    }

    /// The selected match.
    pub fn selected(&self) -> Option<&Hit> {
        let at = self.selection.at(self.len())?;
        Some(&self.answer.results[at])
    }

    /// Moves the selection.
    pub fn act(&mut self, action: Action, now: Stamp) {
        if self.selection.moves(action, self.answer.results.len()) {
            self.rest.moved(now, REST);
        }
    }

    /// When the preview wants to follow the selection.
    pub fn due(&self) -> Option<Stamp> {
        self.rest.due()
    }

    /// Lets the preview follow.
    pub fn tick(&mut self, now: Stamp) {
        self.rest.tick(now);
    }

    /// One line that says how much was found, and the tone of what must not be overlooked in it.
    pub fn summary(&self, looking: bool) -> (String, Option<String>) {
        let answer = &self.answer;
        let counted = |n: u64, one: &str, many: &str| {
            format!("{} {}", text::grouped(n), if n == 1 { one } else { many })
        };
        let most = if answer.exact { "" } else { "at most " };
        let so_far = if answer.all_charts { "" } else { " so far" };
        let took = if answer.micros < 1000 {
            format!("{} µs", answer.micros)
        } else {
            format!("{:.1} ms", answer.micros as f64 / 1000.0)
        };
        let found = if answer.total == 0 && answer.exact {
            "no entry matches".to_owned()
        } else {
            format!(
                "{most}{} in {}{so_far}",
                counted(answer.total, "entry", "entries"),
                counted(answer.charts, "chart", "charts")
            )
        };
        let mut line = format!("{found} · {took}");
        let warning = (answer.uncovered > 0).then(|| {
            let entries = counted(answer.uncovered, "entry is", "entries are");
            format!("! {entries} not in the index yet")
        });
        if looking {
            line.push_str(" · looking further …");
        } else if answer.opened > 0 {
            let _ = write!(
                line,
                " · {} read through",
                counted(answer.opened, "section", "sections")
            );
        } else if answer.rejected > 0 {
            let _ = write!(line, " · {} more looked at", text::grouped(answer.rejected));
        } else if warning.is_none() {
            line.push_str(" · sealed index, nothing else was opened");
        }
        (line, warning)
    }

    /// Draws the list, and below it the one being read.
    pub fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>, keys: bool) {
        let height = canvas.height();
        let preview = if height > 9 {
            (height / 4).clamp(4, 9)
        } else {
            0
        };
        self.render_list(shell, canvas, height - preview, keys);
        if preview > 0 {
            self.render_read(shell, &mut canvas.below(height - preview));
        }
    }

    fn render_list(&self, shell: &Shell, canvas: &mut Canvas<'_>, height: u16, keys: bool) {
        let width = canvas.width();
        let columns = Columns::of(width);
        for (x, heading) in [
            (columns.when, "when"),
            (columns.chart, "chart"),
            (columns.what, "what"),
            (columns.matched, "matched"),
        ] {
            if x < width {
                canvas.put(x, 0, heading, Tone::Muted);
            }
        }
        let len = self.len();
        let selected = self.selection.at(len);
        let mut list = canvas.part(0, 1, u16::MAX, height.saturating_sub(1));
        for (y, at) in self.selection.window(len, list.height()).enumerate() {
            let hit = &self.answer.results[at];
            let y = y as u16;
            list.put_within(
                columns.when,
                y,
                11,
                &when::short(hit.created, shell.now),
                Tone::Muted,
            );
            let room = columns.what - columns.chart - 1;
            let name = if hit.name.is_empty() {
                &hit.mrn
            } else {
                &hit.name
            };
            list.put_within(columns.chart, y, room, name, Tone::Text);
            let room = columns.matched.min(width) - columns.what - 1;
            list.put_within(columns.what, y, room, &hit.kind, Tone::Muted);
            if columns.matched < width {
                marked(&mut list, columns.matched, y, &hit.snippet, &hit.marks);
            }
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
                if keys && shell.look.plain {
                    list.cursor(0, y);
                }
            }
        }
    }

    fn render_read(&self, shell: &Shell, canvas: &mut Canvas<'_>) {
        canvas.rule(0);
        let Some(hit) = self.selected().filter(|_| !self.rest.moves()) else {
            return;
        };
        let width = canvas.width();
        let when = when::short(hit.created, shell.now);
        let end = canvas.put_right(width.saturating_sub(1), 1, &when, Tone::Muted);
        let (word, tone) = if hit.verified {
            ("signed ok", Tone::Good)
        } else {
            ("! signature bad", Tone::Alert)
        };
        let sign = text::width(word) as u16;
        let room = end.saturating_sub(sign + 4);
        let x = canvas.put_within(1, 1, room, &hit.name, Tone::Title);
        let x = canvas.put_within(x + 2, 1, room.saturating_sub(x + 1), &hit.mrn, Tone::Muted);
        let by = format!("{} by {}", hit.kind, hit.author);
        let x = canvas.put_within(x + 3, 1, room.saturating_sub(x + 2), &by, Tone::Text);
        canvas.put_within(x + 2, 1, sign, word, tone);
        let columns = usize::from(width.saturating_sub(2));
        let rows = canvas.height().saturating_sub(2);
        let lines = text::lines(&hit.preview.text, columns);
        for (y, line) in lines.into_iter().take(usize::from(rows)).enumerate() {
            let marks = within(&hit.preview.marks, &line);
            let y = 2 + y as u16;
            marked(canvas, 1, y, &hit.preview.text[line], &marks);
        }
    }
}

/// Where the columns of the list begin; those that do not fit lie outside.
struct Columns {
    when: u16,
    chart: u16,
    what: u16,
    matched: u16,
}

impl Columns {
    fn of(width: u16) -> Self {
        let (chart, what, matched) = match width {
            0..60 => (15, 29, u16::MAX),
            60..120 => (15, 36, 49),
            _ => (15, 49, 66),
        };
        Self {
            when: 3,
            chart,
            what,
            matched,
        }
    }
}

/// The marks that lie in a part of their text, counted from its beginning.
fn within(marks: &[Range<usize>], part: &Range<usize>) -> Vec<Range<usize>> {
    marks
        .iter()
        .filter(|mark| mark.start < part.end && mark.end > part.start)
        .map(|mark| mark.start.max(part.start) - part.start..mark.end.min(part.end) - part.start)
        .collect()
}

/// Writes a text with the words that were searched for marked in it.
fn marked(canvas: &mut Canvas<'_>, x: u16, y: u16, text: &str, marks: &[Range<usize>]) {
    let room = canvas.width().saturating_sub(x);
    let cut = text::cut(text, usize::from(room));
    // What the cut left of the text, in bytes: all of it, or all but its `…`.
    let kept = if cut.len() == text.len() {
        text.len()
    } else {
        cut.len() - '…'.len_utf8()
    };
    let (mut x, mut end) = (x, 0);
    for mark in marks.iter().filter(|mark| mark.start < kept) {
        x = canvas.put(x, y, &text[end..mark.start], Tone::Text);
        end = mark.end.min(kept);
        x = canvas.put(x, y, &text[mark.start..end], Tone::Match);
    }
    canvas.put(x, y, &cut[end..], Tone::Text);
}
