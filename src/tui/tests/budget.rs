//! What goes over the wire, counted on the real bytes at 80×24, and shown by a real terminal.

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::super::app::update;
use super::super::backend::Reply;
use super::super::command::{Command, JobId, Ticket, Topic};
use super::super::frame_writer::FrameWriter;
use super::super::job::Job;
use super::super::msg::Msg;
use super::super::render::render;
use super::super::text;
use super::bench::{Bench, look};
use super::fixture::Fixture;
use super::search;
use crate::desk::view::{Progress, Stamp};

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
struct Line {
    bench: Bench,
    wire: Wire,
    writer: FrameWriter<Wire>,
    screen: vt100::Parser,
    buffer: Buffer,
}

impl Line {
    fn new(bench: Bench) -> Self {
        let wire = Wire::default();
        let size = |n| NonZeroU16::new(n).unwrap();
        let mut line = Self {
            bench,
            writer: FrameWriter::new(wire.clone()),
            wire,
            screen: vt100::Parser::new(size(24), size(80), 0),
            buffer: Buffer::empty(Rect::new(0, 0, 80, 24)),
        };
        line.frame();
        line
    }

    /// Draws, counts the bytes, and checks that the terminal shows the buffer.
    fn frame(&mut self) -> usize {
        let cursor = render(&self.bench.app, &mut self.buffer);
        let bytes = self.writer.paint(&self.buffer, cursor).unwrap();
        let sent = std::mem::take(&mut *self.wire.0.lock().unwrap());
        assert_eq!(sent.len(), bytes);
        self.screen.process(&sent);
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

    fn after(&mut self, keys: &str) -> usize {
        self.bench.keys(keys);
        self.frame()
    }
}

#[test]
fn at_rest_nothing_is_written() {
    let mut line = Line::new(Bench::of("smith"));
    assert_eq!(line.frame(), 0);
    // Nine minutes of rest: neither the lock nor the age of the backup writes a byte.
    let start = line.bench.now;
    for minute in 1..=8 {
        line.bench.now = Stamp(start.0 + jiff::SignedDuration::from_mins(minute));
        let due = line.bench.app.deadline().unwrap();
        assert!(
            due > line.bench.now,
            "no tick is wanted after {minute} minutes of rest"
        );
    }
    assert_eq!(line.frame(), 0);
}

#[test]
fn a_typed_character_takes_at_most_128_bytes() {
    let mut line = Line::new(Bench::new());
    for c in "smith".chars() {
        line.bench.types(&c.to_string());
        assert!(line.frame() <= 128);
    }
    line.bench.keys("enter");
    line.frame();
    for _ in 0..12 {
        line.bench.types("x");
        assert!(line.frame() <= 128);
    }
    let mut line = Line::new(Bench::of("smith"));
    line.after("4");
    for c in "bp>160/100 患者".chars() {
        line.bench.types(&c.to_string());
        let bytes = line.frame();
        assert!(bytes <= 128, "{c}: {bytes}");
    }
    // Under the line stands a completion, then an error: the next character takes either away.
    line.after("ctrl+u");
    line.bench.types("d");
    line.after("tab");
    line.bench.types("I");
    let bytes = line.frame();
    assert!(bytes <= 128, "after a completion: {bytes}");
    line.bench.types(" (x");
    line.after("enter");
    line.bench.types("y");
    let bytes = line.frame();
    assert!(bytes <= 128, "after an error: {bytes}");
}

#[test]
fn matches_that_keep_coming_take_at_most_96_bytes_a_step() {
    let mut line = Line::new(Bench::of("smith"));
    line.after("4");
    line.bench.types("\"chest pain\"");
    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
    let mut ticket = searched(update(&mut line.bench.app, line.bench.now, Msg::Key(enter)));
    // A phrase is looked for among many candidates: each step finds out that some are none.
    for step in 0..30u64 {
        let Reply::Search { mut answer, next } = search::page("\"chest pain\"", false) else {
            panic!("a page");
        };
        answer.total = 41_000 - 137 * step;
        answer.exact = false;
        answer
            .results
            .truncate(usize::from(step.is_multiple_of(10)));
        let reply = Ok(Reply::Search { answer, next });
        let loaded = Msg::Loaded { ticket, reply };
        ticket = searched(update(&mut line.bench.app, line.bench.now, loaded));
        let bytes = line.frame();
        if step % 10 > 0 {
            let screen = line.screen.screen().contents();
            assert!(bytes <= 96, "step {step}: {bytes} bytes\n{screen}");
            assert!(screen.contains("looking further"), "{screen}");
        }
    }
}

/// The ticket of the search that is asked for.
fn searched(commands: Vec<Command>) -> Ticket {
    let mut tickets = commands.into_iter().filter_map(|command| match command {
        Command::Ask { ticket, .. } if ticket.topic == Topic::Search => Some(ticket),
        _ => None,
    });
    tickets.next().expect("a search is asked for")
}

#[test]
fn moving_the_selection_takes_at_most_384_bytes() {
    for (login, way) in [
        ("smith", "2"),
        ("smith", "3"),
        ("smith", "5"),
        ("adeyemi", "2"),
        ("lind", "2"),
        ("smith", "1"),
    ] {
        let mut line = Line::new(Bench::of(login));
        line.after(way);
        for key in ["down", "down", "up"] {
            let bytes = line.after(key);
            assert!(bytes <= 384, "{login} {way} {key}: {bytes} bytes");
        }
    }
    let mut line = Line::new(Bench::of("smith"));
    line.after("4");
    line.bench.types("dx:I10");
    line.after("enter");
    for key in ["down"; 8].into_iter().chain(["up"; 3]) {
        let bytes = line.after(key);
        assert!(bytes <= 384, "search {key}: {bytes} bytes");
        line.bench.rests();
        let bytes = line.frame();
        assert!(bytes <= 384, "search {key}, at rest: {bytes} bytes");
    }
}

/// A list that is longer than its window, walked down past its end in sight and back up past its beginning.
fn walk(login: &str, way: &str, theme: &str) -> Vec<usize> {
    let desk = Fixture {
        long: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look(theme), desk);
    bench.login(login);
    let mut line = Line::new(bench);
    line.after(way);
    let steps = ["down"; 30].into_iter().chain(["up"; 29]);
    steps.map(|key| line.after(key)).collect()
}

#[test]
fn scrolling_a_list_by_a_row_takes_at_most_384_bytes() {
    // A theme with a ground of its own cannot erase, only write over.
    for theme in ["default", "mono"] {
        for (login, way) in [
            ("smith", "2"),
            ("brandt", "2"),
            ("smith", "3"),
            ("smith", "5"),
            ("smith", "5 tab"),
            ("adeyemi", "2"),
            ("adeyemi", "3"),
            ("adeyemi", "1"),
            ("lind", "2"),
            ("lind", "2 right right"),
            ("smith", "1"),
        ] {
            let bytes = walk(login, way, theme);
            let most = bytes.iter().max().unwrap();
            assert!(*most <= 384, "{login} {way} in {theme}: {bytes:?}");
        }
    }
}

/// A timeline stands beside the list of charts, and the terminal moves whole rows only: it leaps by half its height, and what that
/// takes is counted over the steps between two leaps.
#[test]
fn scrolling_a_timeline_beside_the_charts_takes_at_most_384_bytes_a_step_on_the_whole() {
    let bytes = walk("smith", "2 enter right", "default");
    let whole: usize = bytes.iter().sum();
    let most = bytes.iter().max().unwrap();
    assert!(whole <= 384 * bytes.len() && *most <= 1024, "{bytes:?}");
}

#[test]
fn switching_panes_takes_at_most_3000_bytes() {
    for login in ["smith", "adeyemi", "lind"] {
        let mut line = Line::new(Bench::of(login));
        for pane in ["2", "3", "1", "2", "1"] {
            let bytes = line.after(pane);
            assert!(bytes <= 3000, "{login} to {pane}: {bytes} bytes");
        }
    }
    let mut line = Line::new(Bench::of("smith"));
    line.after("2");
    let bytes = line.after("enter");
    assert!(bytes <= 3000, "a chart: {bytes} bytes");
}

#[test]
fn a_step_of_progress_takes_at_most_96_bytes() {
    let mut line = Line::new(Bench::of("lind"));
    line.after("2 right right right");
    let job = Job::new(JobId(1), "Verify signatures", line.bench.now);
    line.bench.app.shell.jobs.push(job);
    let mut most = 0;
    for step in 0..40u64 {
        line.bench.now = Stamp(line.bench.now.0 + jiff::SignedDuration::from_millis(100));
        let done = 8_140 * (step + 1) + step % 7 * 13;
        let word = Progress {
            what: "verify signatures".to_owned(),
            done,
            total: Some(1_000_000),
            unit: "entries",
            note: None,
            transfer: None,
        };
        line.bench.send(Msg::Progress(JobId(1), word));
        let bytes = line.frame();
        if step > 4 {
            most = most.max(bytes);
        }
    }
    assert!(
        most > 0 && most <= 96,
        "{most} bytes\n{}",
        line.screen.screen().contents()
    );
}

#[test]
fn every_theme_arrives_at_the_terminal_as_it_was_drawn() {
    for theme in ["default", "mono", "contrast"] {
        let mut bench = Bench::with(look(theme), Fixture::default());
        bench.login("smith");
        let mut line = Line::new(bench);
        for keys in [
            "2", "down", "enter", "right", "right", "?", "esc", "3", "4", "5", "1",
        ] {
            line.after(keys);
        }
    }
}
