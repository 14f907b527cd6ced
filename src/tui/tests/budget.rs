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
use super::super::frame_writer::{Erases, FrameWriter};
use super::super::job::Job;
use super::super::msg::Msg;
use super::super::render::render;
use super::super::text;
use super::bench::{Bench, look};
use super::fixture::Fixture;
use super::search;
use crate::desk::view::{Progress, Stamp, Transfer};

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
    /// The bytes of the last frame.
    sent: Vec<u8>,
}

impl Line {
    fn new(bench: Bench) -> Self {
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
    fn frame(&mut self) -> usize {
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

/// Types, takes it back with another key and counts each frame; and what the list that follows takes once typing rests.
fn narrows(line: &mut Line, what: &str, back: &str) {
    let backs = std::iter::repeat_n(back, what.len());
    for (at, key) in what
        .split("")
        .filter(|c| !c.is_empty())
        .chain(backs)
        .enumerate()
    {
        let bytes = line.after(key);
        assert!(
            bytes <= 128,
            "{at} {key}: {bytes} {:?}",
            String::from_utf8_lossy(&line.sent)
        );
        // In the middle of the word and at both ends of it.
        if [0, what.len() / 2, what.len() - 1].contains(&(at % what.len())) {
            line.bench.rests();
            let bytes = line.frame();
            assert!(bytes <= 1500, "the list after {at} {key}: {bytes}");
        }
    }
}

#[test]
fn a_character_that_narrows_a_list_takes_at_most_128_bytes_and_the_list_follows_when_typing_rests()
{
    for theme in ["default", "mono", "contrast"] {
        for (way, what) in [("2 /", "mej"), ("2 enter :", "sho"), ("2 enter w", "vit")] {
            let mut line = busy("smith", theme);
            line.after(way);
            narrows(&mut line, what, "backspace");
        }
    }
}

#[test]
fn a_character_of_a_form_or_a_text_takes_at_most_128_bytes() {
    for theme in ["default", "mono", "contrast"] {
        for way in ["2 enter v", "2 enter p", "2 r", "2 enter w enter"] {
            let mut line = busy("smith", theme);
            line.after(way);
            for c in "Sahé at 120/80, 患者".chars() {
                line.bench.types(&c.to_string());
                let bytes = line.frame();
                assert!(bytes <= 128, "{way} {c} in {theme}: {bytes}");
            }
        }
    }
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

/// What a move of the selection may take, and what follows it once it rests.
const MOVE: usize = 384;

/// Every list that somebody can move through, and the keys that lead to it after the login.
const LISTS: [(&str, &str); 40] = [
    ("smith", "1"),
    ("adeyemi", "1"),
    ("brandt", "2"),
    ("okoro", "2"),
    ("smith", "2"),
    ("smith", "2 /"),
    // A chart stands beside the list; the first step leaves it. The second was opened in an emergency.
    ("smith", "2 enter esc"),
    ("smith", "2 down down down enter esc"),
    // The tabs of a chart: the summary, which is scrolled, and the lists of entries.
    ("brandt", "2 enter"),
    ("smith", "2 enter"),
    ("smith", "2 enter right"),
    ("brandt", "2 enter right"),
    ("smith", "2 enter right right"),
    ("smith", "2 enter right right right"),
    ("smith", "2 enter right right right right"),
    ("smith", "2 enter right right right right right"),
    ("smith", "2 enter left"),
    ("smith", "2 down down down enter right"),
    ("mejia", "2 enter right"),
    // What stands over a chart.
    ("smith", "2 enter ?"),
    ("smith", "2 enter :"),
    ("smith", "2 enter w"),
    ("smith", "2 enter v"),
    ("smith", "2 enter g w"),
    ("smith", "2 enter right h"),
    ("smith", "2 enter right enter"),
    ("smith", "3"),
    ("smith", "3 f"),
    ("mejia", "3"),
    ("adeyemi", "2 f"),
    ("adeyemi", "2"),
    ("adeyemi", "3"),
    ("smith", "4 ctrl+r"),
    ("smith", "5"),
    ("smith", "5 tab"),
    ("lind", "2"),
    ("lind", "2 right"),
    ("lind", "2 right right"),
    ("lind", "2 right right right"),
    ("lind", "2 right right right v esc v esc"),
];

/// Those of which something follows the selection once it rests.
const RESTING: [(&str, &str); 7] = [
    ("smith", "2 enter right"),
    ("brandt", "2 enter right"),
    ("smith", "2 enter right right"),
    ("smith", "2 enter right right right right"),
    ("smith", "2 enter left"),
    ("smith", "5"),
    ("smith", "5 tab"),
];

/// A ward on which every list is longer than its window, in this theme.
fn busy(login: &str, theme: &str) -> Line {
    let desk = Fixture {
        long: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look(theme), desk);
    bench.login(login);
    Line::new(bench)
}

/// Walks a list down past its end in sight and back up past its beginning, and says which frames take too much: those of the steps,
/// and where the selection rests those that follow it.
fn walk(line: &mut Line, rests: bool) -> Vec<String> {
    let mut over = Vec::new();
    let mut note = |what: &str, line: &Line| {
        if line.sent.len() > MOVE {
            let bytes = String::from_utf8_lossy(&line.sent);
            over.push(format!("{what}: {} bytes, {bytes:?}", line.sent.len()));
        }
    };
    // What follows is the same in any row: the ends of a list are walked to without a rest.
    let steps = if rests { 20 } else { 30 };
    for key in std::iter::repeat_n("down", steps).chain(std::iter::repeat_n("up", steps)) {
        line.after(key);
        note(key, line);
        if rests {
            line.bench.rests();
            line.frame();
            note("rest", line);
        }
    }
    over
}

/// Walks every list in this theme.
fn moves(theme: &str) {
    let mut over = Vec::new();
    let mut check = |list: &str, steps: Vec<String>| {
        over.extend(
            steps
                .into_iter()
                .map(|step| format!("{list} in {theme}, {step}")),
        );
    };
    for (login, way) in LISTS {
        let mut line = busy(login, theme);
        line.after(way);
        check(&format!("{login} {way}"), walk(&mut line, false));
        // At the counter whoever rests asks for a prescription and its checks: another test counts it.
        if RESTING.contains(&(login, way)) {
            let mut line = busy(login, theme);
            line.after(way);
            check(&format!("{login} {way}, resting"), walk(&mut line, true));
        }
    }
    let mut line = busy("smith", theme);
    line.after("4");
    line.bench.types("dx:I10");
    line.after("enter");
    check("search", walk(&mut line, false));
    check("search, resting", walk(&mut line, true));
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn moving_the_selection_takes_at_most_384_bytes() {
    moves("default");
}

#[test]
fn moving_the_selection_without_colours_takes_at_most_384_bytes() {
    moves("mono");
}

#[test]
fn moving_the_selection_on_a_ground_of_its_own_takes_at_most_384_bytes() {
    moves("contrast");
}

#[test]
fn leaving_a_prescription_at_the_counter_takes_at_most_384_bytes_and_reading_one_no_more_than_a_pane()
 {
    for theme in ["default", "mono", "contrast"] {
        let mut line = busy("adeyemi", theme);
        line.after("2");
        for key in ["down"; 12].into_iter().chain(["up"; 12]) {
            let bytes = line.after(key);
            let sent = String::from_utf8_lossy(&line.sent);
            assert!(bytes <= MOVE, "{key} in {theme}: {bytes} {sent:?}");
            line.bench.rests();
            let bytes = line.frame();
            assert!(bytes <= 1500, "resting in {theme}: {bytes}");
        }
    }
}

#[test]
fn a_page_takes_no_more_than_a_pane() {
    for (login, way) in LISTS {
        let mut line = busy(login, "contrast");
        line.after(way);
        for key in ["pagedown", "pagedown", "pageup"] {
            let bytes = line.after(key);
            assert!(bytes <= 3000, "{login} {way} {key}: {bytes}");
        }
    }
}

#[test]
fn switching_panes_takes_at_most_3000_bytes() {
    for theme in ["default", "mono", "contrast"] {
        for login in ["smith", "adeyemi", "lind"] {
            let mut line = busy(login, theme);
            for pane in ["2", "3", "1", "2", "1"] {
                let bytes = line.after(pane);
                assert!(bytes <= 3000, "{login} to {pane} in {theme}: {bytes} bytes");
            }
        }
        let mut line = busy("smith", theme);
        for key in ["2", "enter", "right", "right", "left", "esc", "enter"] {
            let bytes = line.after(key);
            assert!(bytes <= 3000, "a chart, {key} in {theme}: {bytes} bytes");
        }
    }
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
fn a_step_of_a_transfer_takes_at_most_96_bytes() {
    for what in ["upload packs", "download packs"] {
        let mut line = Line::new(Bench::of("lind"));
        line.after("2 right right right");
        let job = Job::new(JobId(1), "Back up", line.bench.now);
        line.bench.app.shell.jobs.push(job);
        let mut most = (0, String::new());
        for step in 0..60u64 {
            line.bench.now = Stamp(line.bench.now.0 + jiff::SignedDuration::from_millis(100));
            let acknowledged = 21_400 * step + step % 7 * 611;
            let word = Progress {
                what: what.to_owned(),
                done: acknowledged,
                total: Some(11_200_000),
                unit: "bytes",
                note: None,
                transfer: Some(Transfer {
                    phase: "packs",
                    entries: 137 * step,
                    entries_total: 184_201,
                    acknowledged,
                    retries: step / 20,
                    in_flight: 1 + step as u32 % 3,
                    stalled: false,
                }),
            };
            line.bench.send(Msg::Progress(JobId(1), word));
            let bytes = line.frame();
            if step > 4 {
                most = most.max((bytes, String::from_utf8_lossy(&line.sent).into_owned()));
            }
        }
        let screen = line.screen.screen().contents();
        assert!((1..=96).contains(&most.0), "{what}: {most:?}\n{screen}");
    }
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
