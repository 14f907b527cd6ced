//! Rows that moved: a band that the terminal can scroll by itself, so that only what is new in it is written.
//!
//! A list that scrolls by a row shows nearly all of its rows one line higher. Terminals move whole rows (DECSTBM with IL and DL, which
//! even the Linux console has; margins to the left and right are not for every terminal, so they are not used). Where something else
//! stands beside the list it moves along and has to be written again: the [frame writer](super::frame_writer) compares what both ways
//! cost in bytes and takes the cheaper.

use std::io::Write;
use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};

/// Cells that a scroll has to spare before it is tried.
const WORTH: i32 = 24;

/// A band of rows that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    /// First row of the band.
    top: u16,
    /// Last row of the band.
    bottom: u16,
    /// Rows that it moves, upwards where positive.
    by: i32,
}

impl Scroll {
    /// The scrolls after which fewer cells differ from `next`, for each distance the best: first those by a row, as lists move, then those that
    /// spare the most cells (where much is erased they need not be those that spare the most bytes). Both buffers
    /// have the same area.
    pub fn find(shown: &Buffer, next: &Buffer) -> Vec<Self> {
        let height = i32::from(next.area.height);
        let still: Vec<i32> = (0..height).map(|y| differing(shown, y, next, y)).collect();
        // What a row costs more that is vacated.
        let loss: Vec<i32> = (0..height)
            .map(|y| (filled(next, y) - still[y as usize]).max(0))
            .collect();
        let vacated = |rows: Range<i32>| -> i32 { rows.map(|y| loss[y as usize]).sum() };
        let mut found = Vec::new();
        for by in (1 - height..height).filter(|by| *by != 0) {
            // The run of rows that gains most by moving.
            let (mut gain, mut from) = (i32::MIN, 0);
            let mut best = (WORTH, None);
            for y in 0..height {
                let was = y + by;
                if !(0..height).contains(&was) {
                    gain = i32::MIN;
                    continue;
                }
                let fresh = if by < 0 { -vacated(was..y) } else { 0 };
                if fresh >= gain {
                    (gain, from) = (fresh, y);
                }
                gain += still[y as usize] - differing(shown, was, next, y);
                let whole = if by > 0 {
                    gain - vacated(y + 1..was + 1)
                } else {
                    gain
                };
                if whole > best.0 {
                    let (top, bottom) = (from.min(from + by), y.max(y + by));
                    let scroll = Self {
                        top: top as u16,
                        bottom: bottom as u16,
                        by,
                    };
                    best = (whole, Some(scroll));
                }
            }
            found.extend(best.1.map(|scroll| (best.0, scroll)));
        }
        found.sort_by_key(|(gain, scroll)| (scroll.by.abs() != 1, std::cmp::Reverse(*gain)));
        found.into_iter().map(|(_, scroll)| scroll).collect()
    }

    /// Does to a buffer what the terminal does to its rows.
    pub fn apply(&self, buffer: &mut Buffer) {
        let width = usize::from(buffer.area.width);
        let range = usize::from(self.top) * width..(usize::from(self.bottom) + 1) * width;
        let band = &mut buffer.content[range];
        let cells = self.by.unsigned_abs() as usize * width;
        let kept = band.len() - cells;
        if self.by > 0 {
            band.rotate_left(cells);
            band[kept..].fill(Cell::EMPTY);
        } else {
            band.rotate_right(cells);
            band[..cells].fill(Cell::EMPTY);
        }
    }

    /// Writes it. The pen must be plain, for some terminals fill with its ground. The cursor goes home.
    pub fn write(&self, out: &mut Vec<u8>) {
        let (top, bottom) = (self.top + 1, self.bottom + 1);
        // Writing into a Vec cannot fail.
        let _ = write!(out, "\x1b[{top};{bottom}r\x1b[{top}H");
        let what = if self.by > 0 { 'M' } else { 'L' };
        let _ = match self.by.unsigned_abs() {
            1 => write!(out, "\x1b[{what}"),
            rows => write!(out, "\x1b[{rows}{what}"),
        };
        out.extend_from_slice(b"\x1b[r");
    }
}

fn row(buffer: &Buffer, y: i32) -> &[Cell] {
    let width = usize::from(buffer.area.width);
    &buffer.content[y as usize * width..(y as usize + 1) * width]
}

/// In how many cells two rows differ.
fn differing(shown: &Buffer, was: i32, next: &Buffer, y: i32) -> i32 {
    let cells = row(shown, was).iter().zip(row(next, y));
    cells.filter(|(a, b)| a != b).count() as i32
}

/// How many cells of a row have to be written where it is empty; blanks on whatever ground are erased.
fn filled(next: &Buffer, y: i32) -> i32 {
    let cells = row(next, y).iter();
    cells.filter(|cell| cell.symbol() != " ").count() as i32
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn frame(lines: &[&str]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, lines.len() as u16));
        for (y, line) in lines.iter().enumerate() {
            buffer.set_string(0, y as u16, line, Style::new());
        }
        buffer
    }

    const BEFORE: [&str; 6] = [
        "Header that stays where it is",
        "alpha, the first of the rows",
        "bravo, which comes after it",
        "charlie 患者 and so on",
        "delta goes below all others",
        "Footer that stays as well",
    ];

    #[test]
    fn the_band_that_moved_is_found_in_either_direction_and_by_any_number_of_rows() {
        let [head, a, b, c, d, foot] = BEFORE;
        let before = frame(&BEFORE);
        let fresh = "echo, which was not there yet";
        for (after, by, rows) in [
            ([head, b, c, d, fresh, foot], 1, 1..4),
            ([head, fresh, a, b, c, foot], -1, 2..5),
            ([head, c, d, fresh, fresh, foot], 2, 1..3),
        ] {
            let next = frame(&after);
            let found = Scroll::find(&before, &next)[0];
            assert_eq!(found.by, by);
            let mut moved = before.clone();
            found.apply(&mut moved);
            for y in rows {
                assert_eq!(differing(&moved, y, &next, y), 0, "row {y} of {found:?}");
            }
        }
        assert_eq!(Scroll::find(&before, &before), []);
        let other = ["x"; 6];
        assert_eq!(Scroll::find(&before, &frame(&other)), []);
    }

    #[test]
    fn applied_it_does_what_the_terminal_does() {
        let before = frame(&BEFORE);
        for by in [-2, -1, 1, 3] {
            let scroll = Scroll {
                top: 1,
                bottom: 4,
                by,
            };
            let size = |n| std::num::NonZeroU16::new(n).unwrap();
            let mut terminal = vt100::Parser::new(size(6), size(40), 0);
            for (y, line) in BEFORE.iter().enumerate() {
                terminal.process(format!("\x1b[{};1H{line}", y + 1).as_bytes());
            }
            let mut bytes = Vec::new();
            scroll.write(&mut bytes);
            terminal.process(&bytes);
            let mut after = before.clone();
            scroll.apply(&mut after);
            let shown = super::super::capture::plain(&after);
            assert_eq!(terminal.screen().contents().trim_end(), shown.trim_end());
            assert_eq!(terminal.screen().cursor_position(), (0, 0));
        }
    }
}
