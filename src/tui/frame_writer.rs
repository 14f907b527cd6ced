//! The one way out to the terminal: what changed since the last frame, in one write and one flush.
//!
//! A frame is encoded here rather than by the drawing library's backend, for two reasons. Thin links: the
//! encoder takes the shortest way to the next cell and names the 16 colours by their two-digit codes. And
//! `NO_COLOR`: crossterm 0.29 answers it by dropping reverse and bold along with the colour, which would make
//! the selection invisible; here the mono theme alone decides.
//!
//! **A frame equal to the last one writes nothing.**

use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Holds what the terminal shows and writes what differs.
pub struct FrameWriter<W: Write> {
    out: W,
    shown: Buffer,
    cursor: Option<Position>,
    stale: bool,
    bytes: Vec<u8>,
}

/// The look that the terminal's pen has.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen {
    fg: Color::Reset,
    bg: Color::Reset,
    modifier: Modifier::empty(),
};

impl<W: Write> FrameWriter<W> {
    /// A writer for a terminal of unknown content: its first frame clears it. The cursor must be hidden.
    pub fn new(out: W) -> Self {
        Self {
            out,
            shown: Buffer::empty(Rect::ZERO),
            cursor: None,
            stale: true,
            bytes: Vec::with_capacity(8 * 1024),
        }
    }

    /// Forgets what the terminal shows, so that the next frame is painted whole.
    pub fn forget(&mut self) {
        self.stale = true;
    }

    /// Shows `next`, and the cursor where it is or not at all. Returns the bytes written.
    pub fn paint(&mut self, next: &Buffer, cursor: Option<Position>) -> io::Result<usize> {
        self.bytes.clear();
        self.bytes.extend_from_slice(BEGIN);
        if self.stale || self.shown.area != next.area {
            self.bytes.extend_from_slice(b"\x1b[0m\x1b[2J");
            self.shown = Buffer::empty(next.area);
            if self.cursor.take().is_some() {
                self.bytes.extend_from_slice(b"\x1b[?25l");
            }
            self.stale = false;
        }
        let moved = encode(&self.shown, next, &mut self.bytes);
        match (self.cursor, cursor) {
            (Some(_), None) => self.bytes.extend_from_slice(b"\x1b[?25l"),
            (from, Some(to)) if moved || from != Some(to) => {
                go_to(to.x, to.y, &mut self.bytes);
                if from.is_none() {
                    self.bytes.extend_from_slice(b"\x1b[?25h");
                }
            }
            _ => {}
        }
        self.cursor = cursor;
        if self.bytes.len() == BEGIN.len() {
            return Ok(0);
        }
        self.bytes.extend_from_slice(END);
        self.shown.clone_from(next);
        self.out.write_all(&self.bytes)?;
        self.out.flush()?;
        Ok(self.bytes.len())
    }
}

/// Writes the cells that differ. Says whether the terminal's cursor may have moved.
fn encode(shown: &Buffer, next: &Buffer, out: &mut Vec<u8>) -> bool {
    let changes = shown.diff(next);
    let mut pen = PLAIN;
    let mut at: Option<Place> = None;
    let mut rest = changes.as_slice();
    while let Some((x, y, cell)) = rest.first() {
        travel(at, (*x, *y), next, &mut pen, out);
        let blanks = blanks(next, *x, *y);
        let inside = rest
            .iter()
            .take_while(|(bx, by, _)| by == y && *bx < x + blanks)
            .count();
        if inside > 6 {
            // One short sequence instead of many blanks. It erases with the plain look and moves nothing.
            switch(&mut pen, PLAIN, out);
            if x + blanks == next.area.right() {
                out.extend_from_slice(b"\x1b[K");
            } else {
                let _ = write!(out, "\x1b[{blanks}X");
            }
            at = Some(Place { x: Some(*x), y: *y });
            rest = &rest[inside..];
            continue;
        }
        switch(&mut pen, look(cell), out);
        out.extend_from_slice(cell.symbol().as_bytes());
        let sure = super::text::width(cell.symbol()) == 1 && x + 1 < next.area.right();
        at = Some(Place {
            x: sure.then_some(x + 1),
            y: *y,
        });
        rest = &rest[1..];
    }
    switch(&mut pen, PLAIN, out);
    !changes.is_empty()
}

/// How many plain blanks follow from here in the row.
fn blanks(next: &Buffer, x: u16, y: u16) -> u16 {
    let blank = |x: &u16| next[(*x, y)].symbol() == " " && look(&next[(*x, y)]) == PLAIN;
    (x..next.area.right()).take_while(blank).count() as u16
}

/// Where the terminal's cursor is while a frame is written. After a wide symbol, or in the last column, terminals
/// disagree about the column, but not about the row.
#[derive(Clone, Copy)]
struct Place {
    x: Option<u16>,
    y: u16,
}

/// Moves to `to`, by the shortest way: over a small gap by writing what stands there anyway, to the next row by a line end.
fn travel(at: Option<Place>, to: (u16, u16), next: &Buffer, pen: &mut Pen, out: &mut Vec<u8>) {
    match at {
        Some(Place { x: Some(x), y }) if (x, y) == to => {}
        Some(Place { x: Some(x), y }) if y == to.1 && x < to.0 => {
            let same = |x: u16| {
                let cell = next.cell((x, y));
                cell.is_some_and(|cell| cell.symbol().len() == 1 && look(cell) == *pen)
            };
            if to.0 - x <= 4 && (x..to.0).all(same) {
                for x in x..to.0 {
                    out.extend_from_slice(next[(x, y)].symbol().as_bytes());
                }
            } else {
                forward(to.0 - x, out);
            }
        }
        // Raw mode, and the row below is on the screen: the line end moves and scrolls nothing.
        Some(Place { y, .. }) if y + 1 == to.1 => {
            out.extend_from_slice(b"\r\n");
            forward(to.0, out);
        }
        _ => go_to(to.0, to.1, out),
    }
}

fn forward(columns: u16, out: &mut Vec<u8>) {
    // Writing into a Vec cannot fail.
    let _ = match columns {
        0 => Ok(()),
        1 => write!(out, "\x1b[C"),
        n => write!(out, "\x1b[{n}C"),
    };
}

fn go_to(x: u16, y: u16, out: &mut Vec<u8>) {
    // Writing into a Vec cannot fail.
    let _ = match (x, y) {
        (0, 0) => write!(out, "\x1b[H"),
        (0, y) => write!(out, "\x1b[{}H", y + 1),
        (x, y) => write!(out, "\x1b[{};{}H", y + 1, x + 1),
    };
}

fn look(cell: &Cell) -> Pen {
    Pen {
        fg: cell.fg,
        bg: cell.bg,
        modifier: cell.modifier,
    }
}

/// Gives the pen another look with as few codes as will do.
fn switch(pen: &mut Pen, to: Pen, out: &mut Vec<u8>) {
    if *pen == to {
        return;
    }
    let mut codes: Vec<String> = Vec::new();
    if !to.modifier.contains(pen.modifier) || to == PLAIN {
        // There is no code that takes one modifier away on every terminal.
        codes.push(String::new());
        *pen = PLAIN;
    }
    for (bit, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ] {
        if to.modifier.contains(bit) && !pen.modifier.contains(bit) {
            codes.push(code.to_owned());
        }
    }
    if pen.fg != to.fg {
        codes.push(colour(to.fg, 30));
    }
    if pen.bg != to.bg {
        codes.push(colour(to.bg, 40));
    }
    *pen = to;
    if codes.is_empty() {
        return;
    }
    let _ = write!(out, "\x1b[{}m", codes.join(";"));
}

/// The SGR code of a colour; `base` is 30 in front and 40 behind.
fn colour(colour: Color, base: u8) -> String {
    let named = match colour {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(n) => return format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
    };
    (base + named).to_string()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use ratatui::style::Style;

    use super::*;

    /// Counts writes and flushes and keeps the bytes.
    #[derive(Default)]
    struct Wire {
        bytes: Vec<u8>,
        writes: usize,
        flushes: usize,
    }

    impl Write for &mut Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.bytes.extend_from_slice(bytes);
            self.writes += 1;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            self.flushes += 1;
            Ok(())
        }
    }

    fn frame(lines: &[(&str, Style)]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 24, 4));
        for (y, (text, style)) in lines.iter().enumerate() {
            buffer.set_string(0, y as u16, text, *style);
        }
        buffer
    }

    fn assert_shows(screen: &vt100::Screen, buffer: &Buffer) {
        for y in 0..buffer.area.height {
            let mut x = 0;
            while x < buffer.area.width {
                let want = &buffer[(x, y)];
                let got = screen.cell(y, x).unwrap();
                let symbol = if got.has_contents() {
                    got.contents()
                } else {
                    " "
                };
                assert_eq!(symbol, want.symbol(), "at {x},{y}");
                assert_eq!(
                    got.inverse(),
                    want.modifier.contains(Modifier::REVERSED),
                    "reverse at {x},{y}"
                );
                assert_eq!(
                    got.bold(),
                    want.modifier.contains(Modifier::BOLD),
                    "bold at {x},{y}"
                );
                x += super::super::text::width(want.symbol()).max(1) as u16;
            }
        }
    }

    #[test]
    fn the_bytes_replayed_into_a_terminal_equal_the_buffer() {
        let plain = Style::new();
        let marked = Style::new()
            .fg(Color::LightRed)
            .add_modifier(Modifier::BOLD | Modifier::REVERSED);
        let frames = [
            frame(&[
                ("Mejía, Gustavo", plain),
                ("患者 中文 ok", marked),
                ("0012-7", plain),
            ]),
            frame(&[
                ("Mejía, Gustavo", marked),
                ("患者 中文 ok", plain),
                ("", plain),
                ("end of the last column!!", plain),
            ]),
            frame(&[("a患b者c", plain), ("short", plain)]),
            frame(&[("患a者bc", marked), ("", plain), ("x", plain)]),
            frame(&[]),
        ];
        let mut wire = Wire::default();
        let mut screen =
            vt100::Parser::new(NonZeroU16::new(4).unwrap(), NonZeroU16::new(24).unwrap(), 0);
        let mut writer = FrameWriter::new(&mut wire);
        let mut sizes = Vec::new();
        for f in &frames {
            sizes.push(writer.paint(f, None).unwrap());
        }
        let mut from = 0;
        for (f, size) in frames.iter().zip(sizes) {
            screen.process(&wire.bytes[from..from + size]);
            from += size;
            assert_shows(screen.screen(), f);
        }
    }

    #[test]
    fn a_frame_is_one_write_and_one_flush_and_an_equal_frame_is_none() {
        let mut wire = Wire::default();
        let mut writer = FrameWriter::new(&mut wire);
        let first = frame(&[("one", Style::new())]);
        let second = frame(&[("two", Style::new())]);
        assert!(writer.paint(&first, None).unwrap() > 0);
        assert_eq!(writer.paint(&first, None).unwrap(), 0);
        assert!(writer.paint(&second, Some(Position::new(3, 0))).unwrap() > 0);
        assert_eq!(writer.paint(&second, Some(Position::new(3, 0))).unwrap(), 0);
        assert!(writer.paint(&second, Some(Position::new(2, 0))).unwrap() > 0);
        drop(writer);
        assert_eq!((wire.writes, wire.flushes), (3, 3));
        assert!(wire.bytes.starts_with(BEGIN) && wire.bytes.ends_with(END));
    }

    #[test]
    fn the_cursor_stands_where_the_frame_wants_it_after_every_change() {
        let mut wire = Wire::default();
        let mut writer = FrameWriter::new(&mut wire);
        writer
            .paint(&frame(&[("> a", Style::new())]), Some(Position::new(3, 0)))
            .unwrap();
        writer
            .paint(&frame(&[("> ab", Style::new())]), Some(Position::new(4, 0)))
            .unwrap();
        // Another row changes, the cursor stays.
        writer
            .paint(
                &frame(&[("> ab", Style::new()), ("1 hit", Style::new())]),
                Some(Position::new(4, 0)),
            )
            .unwrap();
        drop(writer);
        let mut screen =
            vt100::Parser::new(NonZeroU16::new(4).unwrap(), NonZeroU16::new(24).unwrap(), 0);
        screen.process(&wire.bytes);
        assert_eq!(screen.screen().cursor_position(), (0, 4));
        assert!(!screen.screen().hide_cursor());
    }

    #[test]
    fn one_typed_character_costs_little() {
        let mut wire = Wire::default();
        let mut writer = FrameWriter::new(&mut wire);
        writer
            .paint(&frame(&[("/ sm", Style::new())]), Some(Position::new(4, 0)))
            .unwrap();
        let n = writer
            .paint(
                &frame(&[("/ smi", Style::new())]),
                Some(Position::new(5, 0)),
            )
            .unwrap();
        assert!(n <= 32, "{n} bytes");
    }
}
