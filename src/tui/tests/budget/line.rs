//! A bench whose screen is a real terminal: every frame is counted, and what the terminal shows of it is held against what was drawn.

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::super::super::frame_writer::{Erases, FrameWriter};
use super::super::super::render::render;
use super::super::super::text;
use super::super::bench::{Bench, look};
use super::super::fixture::Fixture;

#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A bench whose screen is a real terminal behind a wire.
pub struct Line {
    pub bench: Bench,
    wire: Wire,
    writer: FrameWriter<Wire>,
    pub screen: vt100::Parser,
    buffer: Buffer,
    /// The bytes of the last frame.
    pub sent: Vec<u8>,
}

impl Line {
    pub fn new(bench: Bench) -> Self {
        let wire = Wire::default();
        let size = |n| NonZeroU16::new(n).unwrap();
        let mut line = Self {
            bench,
            writer: FrameWriter::new(wire.clone(), Erases::of("xterm-256color")),
            wire,
            screen: vt100::Parser::new(size(24), size(80), 0),
            buffer: Buffer::empty(Rect::new(0, 0, 80, 24)),
            sent: Vec::new(),
        };
        line.frame();
        line
    }

    /// Draws, counts the bytes, and checks that the terminal shows the buffer.
    pub fn frame(&mut self) -> usize {
        let cursor = render(&self.bench.app, &mut self.buffer);
        let bytes = self.writer.paint(&self.buffer, cursor).unwrap();
        self.sent = std::mem::take(&mut *self.wire.0.lock().unwrap());
        assert_eq!(self.sent.len(), bytes);
        self.screen.process(&self.sent);
        let screen = self.screen.screen();
        for y in 0..24 {
            let mut x = 0;
            while x < 80 {
                let want = &self.buffer[(x, y)];
                let got = screen.cell(y, x).unwrap();
                let symbol = if got.has_contents() {
                    got.contents()
                } else {
                    " "
                };
                assert_eq!(symbol, want.symbol(), "at {x},{y}\n{}", screen.contents());
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
                assert_eq!(
                    got.underline(),
                    want.modifier.contains(Modifier::UNDERLINED),
                    "underline at {x},{y}"
                );
                x += text::width(want.symbol()).max(1) as u16;
            }
        }
        if let Some(at) = cursor {
            assert_eq!(screen.cursor_position(), (at.y, at.x));
        }
        bytes
    }

    pub fn after(&mut self, keys: &str) -> usize {
        self.bench.keys(keys);
        self.frame()
    }
}

/// A ward on which every list is longer than its window, in this theme.
pub fn busy(login: &str, theme: &str) -> Line {
    let desk = Fixture {
        long: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look(theme), desk);
    bench.login(login);
    Line::new(bench)
}
