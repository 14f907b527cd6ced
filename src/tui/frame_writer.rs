//! The one way out to the terminal: what changed since the last frame, in one write and one flush.
//!
//! A frame is encoded here rather than by the drawing library's backend, for two reasons. Thin links: the
//! encoder takes the shortest way to the next cell and names the 16 colours by their two-digit codes. And
//! `NO_COLOR`: crossterm 0.29 answers it by dropping reverse and bold along with the colour, which would make
//! the selection invisible; here the mono theme alone decides. Rows that moved are [scrolled](super::scroll) where that is cheaper.
//! Blanks are erased, on a ground of their own too where the terminal [erases with it](Erases).
//!
//! **A frame equal to the last one writes nothing.**

use std::io::{self, Write};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};

use super::scroll::Scroll;

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What a terminal leaves where it erases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erases {
    /// Its own ground, whatever the pen's: a blank on another ground has to be written.
    ToPlain,
    /// The ground of the pen ("back colour erase", `bce` in terminfo).
    ToGround,
}

/// Beginnings of the values of `TERM` under which terminals erase with the pen's ground. GNU screen, among others, does not.
const TO_GROUND: [&str; 16] = [
    "alacritty",
    "contour",
    "foot",
    "ghostty",
    "iterm",
    "kitty",
    "konsole",
    "linux",
    "mintty",
    "putty",
    "rxvt",
    "st-",
    "tmux",
    "vte",
    "wezterm",
    "xterm",
];

impl Erases {
    /// What a terminal of this name does; one that is not known to do more erases to plain.
    pub fn of(term: &str) -> Self {
        if TO_GROUND.iter().any(|known| term.starts_with(known)) {
            Self::ToGround
        } else {
            Self::ToPlain
        }
    }

    /// The ground of a cell that shows nothing, if erasing can leave it: neither the colour nor the weight of nothing is seen.
    fn blank(self, cell: &Cell) -> Option<Color> {
        let erasable = self == Self::ToGround || cell.bg == Color::Reset;
        (erasable && cell.symbol() == " " && !cell.modifier.intersects(SEEN)).then_some(cell.bg)
    }
}

/// Modifiers that are seen on a blank.
const SEEN: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// Holds what the terminal shows and writes what differs.
pub struct FrameWriter<W: Write> {
    out: W,
    erases: Erases,
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
    pub fn new(out: W, erases: Erases) -> Self {
        Self {
            out,
            erases,
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
        let moved = cheapest(self.erases, &self.shown, next, &mut self.bytes);
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

/// Scrolls that are tried: which of them spares the most bytes, only writing shows.
const TRIED: usize = 4;

/// Writes what differs in the way that takes the fewest bytes: with or without a scroll before it, row by row or the ends of rows first.
/// Says whether the terminal's cursor may have moved.
fn cheapest(erases: Erases, shown: &Buffer, next: &Buffer, out: &mut Vec<u8>) -> bool {
    let mut best = Vec::new();
    let moved = encode(erases, shown, next, false, &mut best);
    if best.len() > LITTLE {
        let mut bytes = Vec::with_capacity(best.len());
        let mut attempt = |scroll: Option<&Scroll>, shown: &Buffer, ends: bool| {
            bytes.clear();
            if let Some(scroll) = scroll {
                scroll.write(&mut bytes);
            }
            encode(erases, shown, next, ends, &mut bytes);
            if bytes.len() < best.len() {
                std::mem::swap(&mut best, &mut bytes);
            }
        };
        attempt(None, shown, true);
        for scroll in Scroll::find(shown, next).iter().take(TRIED) {
            let mut scrolled = shown.clone();
            scroll.apply(&mut scrolled);
            attempt(Some(scroll), &scrolled, false);
            attempt(Some(scroll), &scrolled, true);
        }
    }
    out.append(&mut best);
    moved
}

/// Blanks from which on they are erased and not written.
const ERASED: usize = 7;

/// Writes the cells that differ; where `ends` says so, first what is only erased at the ends of rows, straight down, and then the rest row by
/// row. Says whether the terminal's cursor may have moved.
fn encode(erases: Erases, shown: &Buffer, next: &Buffer, ends: bool, out: &mut Vec<u8>) -> bool {
    let mut changes = changes(erases, shown, next);
    let any = !changes.is_empty();
    let mut brush = Brush {
        erases,
        next,
        pen: PLAIN,
        at: None,
        out,
    };
    if ends {
        let mut others = Vec::with_capacity(changes.len());
        for row in changes.chunk_by(|one, other| one.1 == other.1) {
            let to_end = |(x, y, _): &Change<'_>| x + brush.blanks(*x, *y) == next.area.right();
            let end = row.iter().position(to_end).unwrap_or(row.len());
            let erased = row.len() - end >= ERASED;
            others.extend_from_slice(if erased { &row[..end] } else { row });
            if erased {
                brush.erase(row[end].0, row[end].1);
            }
        }
        changes = others;
    }
    let mut rest = changes.as_slice();
    while let Some((x, y, cell)) = rest.first() {
        let blanks = brush.blanks(*x, *y);
        let inside = rest
            .iter()
            .take_while(|(bx, by, _)| by == y && *bx < x + blanks)
            .count();
        if inside >= ERASED {
            brush.erase(*x, *y);
            rest = &rest[inside..];
        } else {
            brush.put(*x, *y, cell);
            rest = &rest[1..];
        }
    }
    switch(&mut brush.pen, PLAIN, brush.out);
    any
}

/// What writes one frame: where the terminal's cursor is, and how its pen looks.
struct Brush<'a> {
    erases: Erases,
    next: &'a Buffer,
    pen: Pen,
    at: Option<Place>,
    out: &'a mut Vec<u8>,
}

impl Brush<'_> {
    /// How many blanks follow from here in the row that look as erased ones do, all on one ground.
    fn blanks(&self, x: u16, y: u16) -> u16 {
        let Some(ground) = self.erases.blank(&self.next[(x, y)]) else {
            return 0;
        };
        let blank = |x: &u16| self.erases.blank(&self.next[(*x, y)]) == Some(ground);
        (x..self.next.area.right()).take_while(blank).count() as u16
    }

    /// Erases the blanks from here on: one short sequence instead of many of them, which moves nothing.
    fn erase(&mut self, x: u16, y: u16) {
        // Straight below the cursor where it is blank up to here: that way is the shortest.
        let below = match self.at {
            Some(Place {
                x: Some(from),
                y: above,
            }) if above + 1 == y && from < x => (from + self.blanks(from, y) > x).then_some(from),
            _ => None,
        };
        let x = below.unwrap_or(x);
        travel(self.at, (x, y), self.next, &mut self.pen, self.out);
        // Of the pen only its ground matters.
        let bg = self.next[(x, y)].bg;
        if self.pen.bg != bg || self.pen.modifier.intersects(SEEN) {
            switch(&mut self.pen, Pen { bg, ..PLAIN }, self.out);
        }
        let blanks = self.blanks(x, y);
        if x + blanks == self.next.area.right() {
            self.out.extend_from_slice(b"\x1b[K");
        } else {
            // Writing into a Vec cannot fail.
            let _ = write!(self.out, "\x1b[{blanks}X");
        }
        self.at = Some(Place { x: Some(x), y });
    }

    /// Writes a cell.
    fn put(&mut self, x: u16, y: u16, cell: &Cell) {
        travel(self.at, (x, y), self.next, &mut self.pen, self.out);
        switch(&mut self.pen, look(cell), self.out);
        self.out.extend_from_slice(cell.symbol().as_bytes());
        let sure = super::text::width(cell.symbol()) == 1 && x + 1 < self.next.area.right();
        self.at = Some(Place {
            x: sure.then_some(x + 1),
            y,
        });
    }
}

/// A cell and where it stands.
type Change<'a> = (u16, u16, &'a Cell);

/// The cells that differ, with those that a terminal spoils when half of a wide symbol is written over: each fills the other half
/// in its own way.
fn changes<'a>(erases: Erases, shown: &Buffer, next: &'a Buffer) -> Vec<Change<'a>> {
    let columns = |cell: &Cell| match cell.symbol() {
        ascii if ascii.len() == 1 => 1,
        symbol => super::text::width(symbol).max(1) as u16,
    };
    let right = next.area.right();
    let mut changes = Vec::new();
    for y in next.area.rows().map(|row| row.y) {
        let (mut x, mut spoilt) = (next.area.left(), 0);
        while x < right {
            let (cell, before) = (&next[(x, y)], &shown[(x, y)]);
            let end = (x + columns(cell)).min(right);
            // An empty cell with another colour in front is the same empty cell.
            let blank = erases.blank(cell);
            let same = cell == before || (blank.is_some() && blank == erases.blank(before));
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
        Some(Place { x: Some(x), y }) if y + 1 == to.1 && x == to.0 => {
            out.extend_from_slice(b"\x1b[B");
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
