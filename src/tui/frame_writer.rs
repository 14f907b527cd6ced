//! The one way out to the terminal: what changed since the last frame, in one write and one flush.
//!
//! A frame is encoded here rather than by the drawing library's backend, for two reasons. Thin links: the
//! encoder takes the shortest way to the next cell and names the 16 colours by their two-digit codes. And
//! `NO_COLOR`: crossterm 0.29 answers it by dropping reverse and bold along with the colour, which would make
//! the selection invisible; here the mono theme alone decides. Rows that moved are [scrolled](super::scroll) where that is cheaper.
//!
//! **A frame equal to the last one writes nothing.**

use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};

use super::scroll::Scroll;

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
        let moved = cheapest(&self.shown, next, &mut self.bytes);
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

/// Bytes up to which a frame is not looked through for rows that moved.
const LITTLE: usize = 128;

/// Writes what differs, after a scroll where that takes fewer bytes. Says whether the terminal's cursor may have moved.
fn cheapest(shown: &Buffer, next: &Buffer, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let moved = encode(shown, next, out);
    let plain = out.len() - start;
    if plain <= LITTLE {
        return moved;
    }
    let Some(scroll) = Scroll::find(shown, next) else {
        return moved;
    };
    let mut scrolled = shown.clone();
    scroll.apply(&mut scrolled);
    let mut bytes = Vec::with_capacity(plain);
    scroll.write(&mut bytes);
    encode(&scrolled, next, &mut bytes);
    if bytes.len() < plain {
        out.truncate(start);
        out.append(&mut bytes);
    }
    true
}

/// Writes the cells that differ. Says whether the terminal's cursor may have moved.
fn encode(shown: &Buffer, next: &Buffer, out: &mut Vec<u8>) -> bool {
    let changes = changes(shown, next);
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

/// The cells that differ, with those that a terminal spoils when half of a wide symbol is written over: each fills the other half
/// in its own way.
fn changes<'a>(shown: &Buffer, next: &'a Buffer) -> Vec<(u16, u16, &'a Cell)> {
    let columns = |cell: &Cell| super::text::width(cell.symbol()).max(1) as u16;
    let right = next.area.right();
    let mut changes = Vec::new();
    for y in next.area.rows().map(|row| row.y) {
        let (mut x, mut spoilt) = (next.area.left(), 0);
        while x < right {
            let (cell, before) = (&next[(x, y)], &shown[(x, y)]);
            let end = (x + columns(cell)).min(right);
            // An empty cell in another colour is the same empty cell.
            let same = cell == before || (is_blank(cell) && is_blank(before));
            if !same || x < spoilt {
                changes.push((x, y, cell));
                let under = (x..end).map(|x| x + columns(&shown[(x, y)]));
                spoilt = under.fold(spoilt, u16::max);
            }
            x = end;
        }
    }
    changes
}

/// How many blanks follow from here in the row that look as erased ones do.
fn blanks(next: &Buffer, x: u16, y: u16) -> u16 {
    let blank = |x: &u16| is_blank(&next[(*x, y)]);
    (x..next.area.right()).take_while(blank).count() as u16
}

/// Whether a cell shows nothing, as an erased one: neither the colour nor the weight of nothing is seen.
fn is_blank(cell: &Cell) -> bool {
    let seen = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(seen)
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
mod tests;
