//! The bytes of frames, replayed into a terminal.

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
            // The weight of a blank is not seen.
            assert!(
                symbol == " " || got.bold() == want.modifier.contains(Modifier::BOLD),
                "bold at {x},{y}"
            );
            x += crate::tui::text::width(want.symbol()).max(1) as u16;
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
    let mut writer = FrameWriter::new(&mut wire, Erases::ToGround);
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

/// A list at `top` with a selected row, a text or nothing beside it, a header above and a footer below.
fn listed(top: usize, at: usize, beside: bool) -> Buffer {
    const NAMES: [&str; 7] = [
        "Mejía",
        "患者 中文",
        "Okafor",
        "Đặng",
        "Ли",
        "患",
        "Abshire, C.",
    ];
    let mut buffer = Buffer::empty(Rect::new(0, 0, 48, 14));
    let plain = Style::new();
    buffer.set_string(0, 0, "Ward A", plain.add_modifier(Modifier::BOLD));
    buffer.set_string(0, 13, format!("{} of 90", at + 1), plain);
    for y in 0..12 {
        let n = top + usize::from(y);
        let name = NAMES[n % 7];
        let style = if n == at {
            plain.add_modifier(Modifier::REVERSED)
        } else {
            plain.fg(Color::Gray)
        };
        buffer.set_stringn(1, y + 1, format!("{name} {n:03}-{}", n * 7 % 10), 20, style);
        if beside {
            let line = format!("│ row {y} 説明 of what stands");
            buffer.set_stringn(22, y + 1, line, 26, plain);
        }
    }
    buffer
}

#[test]
fn rows_that_move_arrive_where_they_belong_whatever_stands_beside_them() {
    for beside in [false, true] {
        let mut wire = Wire::default();
        let size = |n| NonZeroU16::new(n).unwrap();
        let mut screen = vt100::Parser::new(size(14), size(48), 0);
        let mut writer = FrameWriter::new(&mut wire, Erases::ToGround);
        let (mut frames, mut sizes) = (Vec::new(), Vec::new());
        let (mut top, mut seed) = (40_usize, 7_u32);
        for _ in 0..120 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let by = [1, 1, 1, -1, -1, 3, -5, 11][(seed >> 29) as usize];
            top = top.saturating_add_signed(by).min(78);
            let at = top + (seed >> 8) as usize % 12;
            let frame = listed(top, at, beside);
            let cursor = Some(Position::new(1, (at - top) as u16 + 1));
            sizes.push(writer.paint(&frame, cursor).unwrap());
            frames.push((frame, cursor));
        }
        drop(writer);
        let scrolled = wire.bytes.windows(3).any(|bytes| bytes == b"\x1b[r");
        assert!(scrolled, "beside: {beside}");
        let mut from = 0;
        for ((frame, cursor), size) in frames.iter().zip(sizes) {
            screen.process(&wire.bytes[from..from + size]);
            from += size;
            assert_shows(screen.screen(), frame);
            let at = cursor.map(|at| (at.y, at.x));
            assert_eq!(Some(screen.screen().cursor_position()), at);
        }
    }
}

#[test]
fn a_list_that_moves_by_a_row_costs_its_new_row_and_little_more() {
    let mut wire = Wire::default();
    let mut writer = FrameWriter::new(&mut wire, Erases::ToGround);
    writer.paint(&listed(10, 21, false), None).unwrap();
    let bytes = writer.paint(&listed(11, 22, false), None).unwrap();
    assert!(bytes <= 128, "{bytes} bytes");
}

#[test]
fn a_frame_is_one_write_and_one_flush_and_an_equal_frame_is_none() {
    let mut wire = Wire::default();
    let mut writer = FrameWriter::new(&mut wire, Erases::ToGround);
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
    let mut writer = FrameWriter::new(&mut wire, Erases::ToGround);
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
    let mut writer = FrameWriter::new(&mut wire, Erases::ToGround);
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
