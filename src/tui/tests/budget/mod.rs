//! What goes over the wire, counted on the real bytes at 80×24: at rest, while somebody types, while work goes on.

mod line;
mod moves;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::app::update;
use super::super::backend::Reply;
use super::super::command::{Command, JobId, Ticket, Topic};
use super::super::job::Job;
use super::super::msg::Msg;
use super::bench::{Bench, look};
use super::fixture::Fixture;
use super::search;
use crate::desk::view::{Progress, Stamp, Transfer};
use line::{Line, busy};

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
