//! A part of the screen that cannot be left: every stroke is cut to it, at any size down to nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::list::Scroll;
use super::text;
use super::theme::{Theme, Tone};

/// Where a pane draws. Coordinates count from its own upper left corner.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: &'a Theme,
    cursor: &'a mut Option<Position>,
    plain: bool,
}

impl<'a> Canvas<'a> {
    /// The whole buffer. `plain` leaves rules and blocks out, for screen readers and braille lines.
    pub fn new(
        buffer: &'a mut Buffer,
        theme: &'a Theme,
        cursor: &'a mut Option<Position>,
        plain: bool,
    ) -> Self {
        let area = buffer.area;
        Self {
            buffer,
            area,
            theme,
            cursor,
            plain,
        }
    }

    /// Columns here.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows here.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// Whether rules and blocks are left out.
    pub fn plain(&self) -> bool {
        self.plain
    }

    /// A part of this part; what lies outside is cut off.
    pub fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Canvas<'_> {
        let left = self.area.x.saturating_add(x).min(self.area.right());
        let top = self.area.y.saturating_add(y).min(self.area.bottom());
        let area = Rect {
            x: left,
            y: top,
            width: width.min(self.area.right() - left),
            height: height.min(self.area.bottom() - top),
        };
        Canvas {
            buffer: self.buffer,
            area,
            theme: self.theme,
            cursor: self.cursor,
            plain: self.plain,
        }
    }

    /// Everything below row `y`.
    pub fn below(&mut self, y: u16) -> Canvas<'_> {
        self.part(0, y, u16::MAX, u16::MAX)
    }

    /// Writes `text` at column `x` of row `y`, cut with `…` where it does not fit. Returns the column after it.
    pub fn put(&mut self, x: u16, y: u16, text: &str, tone: Tone) -> u16 {
        self.put_within(x, y, u16::MAX, text, tone)
    }

    /// As [`Canvas::put`], in at most `columns`.
    pub fn put_within(&mut self, x: u16, y: u16, columns: u16, text: &str, tone: Tone) -> u16 {
        let style = self.theme.style(tone);
        self.styled(x, y, columns, text, style)
    }

    /// Writes `text` so that it ends before column `x`. Returns the column where it begins.
    pub fn put_right(&mut self, x: u16, y: u16, text: &str, tone: Tone) -> u16 {
        let w = text::width(&text::clean(text)) as u16;
        let from = x.min(self.width()).saturating_sub(w);
        self.put_within(from, y, x.saturating_sub(from), text, tone);
        from
    }

    fn styled(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let room = columns.min(self.area.width - x);
        let clean = text::clean(text);
        let cut = text::cut(&clean, usize::from(room));
        let (end, _) = self.buffer.set_stringn(
            self.area.x + x,
            self.area.y + y,
            &cut,
            usize::from(room),
            style,
        );
        end - self.area.x
    }

    /// Gives row `y` the look of `tone`, over its whole width.
    pub fn row(&mut self, y: u16, tone: Tone) {
        self.patch(0, y, self.area.width, tone);
    }

    /// Gives `columns` of row `y` from `x` the look of `tone`.
    pub fn patch(&mut self, x: u16, y: u16, columns: u16, tone: Tone) {
        if y >= self.area.height || x >= self.area.width {
            return;
        }
        let rect = Rect {
            x: self.area.x + x,
            y: self.area.y + y,
            width: columns.min(self.area.width - x),
            height: 1,
        };
        let style = self.theme.style(tone);
        // A selected row has one look from end to end: easier to see, and fewer bytes to move.
        let whole = matches!(tone, Tone::Selected | Tone::SelectedQuiet);
        let style = if whole {
            Style::reset().patch(style)
        } else {
            style
        };
        self.buffer.set_style(rect, style);
    }

    /// A horizontal rule on row `y`.
    pub fn rule(&mut self, y: u16) {
        if !self.plain {
            let line = "─".repeat(usize::from(self.width()));
            self.put(0, y, &line, Tone::Rule);
        }
    }

    /// A vertical rule down column `x`.
    pub fn upright(&mut self, x: u16) {
        if !self.plain {
            for y in 0..self.height() {
                self.put_within(x, y, 1, "│", Tone::Rule);
            }
        }
    }

    /// Blanks this part and gives it the look of `tone`.
    pub fn fill(&mut self, tone: Tone) {
        for y in 0..self.height() {
            for x in 0..self.width() {
                self.buffer[(self.area.x + x, self.area.y + y)].reset();
            }
            self.row(y, tone);
        }
    }

    /// Lines of `text` from row `y`, wrapped to the width. Returns the row after them.
    pub fn paragraph(&mut self, x: u16, y: u16, text: &str, tone: Tone) -> u16 {
        let mut y = y;
        for line in text::wrap(text, usize::from(self.width().saturating_sub(x))) {
            self.put(x, y, &line, tone);
            y = y.saturating_add(1);
        }
        y
    }

    /// A bar of `columns` of which `share` (0 to 1) is full; in plain mode nothing, for the number says it.
    pub fn bar(&mut self, x: u16, y: u16, columns: u16, share: f64) {
        if self.plain {
            return;
        }
        let full = (share.clamp(0.0, 1.0) * f64::from(columns)).floor() as usize;
        self.put_within(x, y, columns, &"█".repeat(full), Tone::Bar);
        self.put_within(
            x + full as u16,
            y,
            columns - full as u16,
            &"░".repeat(usize::from(columns) - full),
            Tone::Rule,
        );
    }

    /// Draws something that may be taller than this part and shows what `scroll` has in sight; where more follows, the last row says so.
    /// `draw` says how many rows it took.
    pub fn scrolled(&mut self, scroll: &Scroll, draw: impl FnOnce(&mut Canvas<'_>) -> u16) {
        const TALLEST: u16 = 160;
        if self.area.is_empty() {
            return;
        }
        let mut tall = Buffer::empty(Rect::new(0, 0, self.area.width, TALLEST));
        let mut nowhere = None;
        let mut canvas = Canvas::new(&mut tall, self.theme, &mut nowhere, self.plain);
        canvas.fill(Tone::Text);
        let rows = usize::from(draw(&mut canvas).min(TALLEST));
        let whole = scroll.window(rows, self.area.height);
        // The row that tells of others takes the place of one.
        let below = rows - whole.end;
        let told = below > 0 && whole.len() > 1;
        let shown = whole.start..whole.end - usize::from(told);
        for (y, from) in shown.enumerate() {
            for x in 0..self.area.width {
                self.buffer[(self.area.x + x, self.area.y + y as u16)] =
                    tall[(x, from as u16)].clone();
            }
        }
        if told {
            let note = format!("{} more lines below", below + 1);
            self.put_right(self.width() - 1, self.height() - 1, &note, Tone::Muted);
        }
    }

    /// Lets the terminal's cursor stand here, for typing, and in plain mode for reading along.
    pub fn cursor(&mut self, x: u16, y: u16) {
        if x < self.area.width && y < self.area.height {
            *self.cursor = Some(Position::new(self.area.x + x, self.area.y + y));
        }
    }

    /// Takes the cursor away from what lies below.
    pub fn no_cursor(&mut self) {
        *self.cursor = None;
    }

    /// Draws with a widget of the library inside this part.
    pub fn widget(&mut self, widget: impl ratatui::widgets::Widget) {
        if !self.area.is_empty() {
            widget.render(self.area, self.buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stroke_leaves_its_part_or_panics_at_any_size() {
        let theme = Theme::mono();
        for width in 0..7 {
            for height in 0..5 {
                let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
                let mut cursor = None;
                let mut canvas = Canvas::new(&mut buffer, &theme, &mut cursor, false);
                for at in [0, 1, 3, 9, u16::MAX] {
                    let mut part = canvas.part(at, at, 3, 2);
                    part.put(at, at, "患者 text", Tone::Alert);
                    part.put_right(at, at, "右 right", Tone::Alert);
                    part.row(at, Tone::Selected);
                    part.rule(at);
                    part.upright(at);
                    part.paragraph(at, 0, "a b c d", Tone::Text);
                    part.cursor(at, at);
                    part.bar(0, 0, 3, 0.5);
                    part.fill(Tone::Popup);
                }
            }
        }
    }

    #[test]
    fn text_is_cut_at_the_edge_of_its_part_and_right_text_ends_there() {
        let theme = Theme::mono();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        let mut cursor = None;
        let mut canvas = Canvas::new(&mut buffer, &theme, &mut cursor, false);
        canvas.part(0, 0, 5, 1).put(0, 0, "Abshire", Tone::Text);
        canvas.put_right(10, 0, "7 s", Tone::Text);
        let line = super::super::capture::plain(&buffer);
        assert_eq!(line, "Absh…  7 s\n");
    }
}
