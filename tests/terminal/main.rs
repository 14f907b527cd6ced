//! The interface from end to end: the real program, the real desk, a real pseudo-terminal.

mod audit;
#[path = "../backup/commands.rs"]
mod commands;
mod days;
mod drafts;
mod first_run;
mod jobs;
mod keys;
#[path = "../backup/mongod.rs"]
#[allow(
    dead_code,
    reason = "the server is that of the backup's tests, which start it in more ways"
)]
mod mongod;
mod people;
#[path = "../backup/proxy.rs"]
#[allow(
    dead_code,
    reason = "the link is that of the backup's tests, which do more to it"
)]
mod proxy;
mod pty;
mod schedule;
mod search;
mod standstill;
#[path = "../support/mod.rs"]
mod support;
mod wire;

use std::time::Duration;

use chartseal::config::Paths;
use chartseal::crypto::password::Cost;
use chartseal::desk::view::{DemoMade, unwatched};
use chartseal::jobs::demo::{PASSPHRASE, Plan, make};
use pty::Terminal;

/// A demonstration with a few patients.
fn hospital() -> (tempfile::TempDir, DemoMade) {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let plan = Plan {
        patients: 12,
        seed: 7,
        cost: Cost::FLOOR,
        papers: folder.path().into(),
    };
    let made = make(&paths, &plan, &unwatched).unwrap();
    (folder, made)
}

fn of_role(made: &DemoMade, role: &str) -> String {
    made.logins
        .iter()
        .find(|login| login.role == role)
        .unwrap()
        .login
        .clone()
}

/// Leaves a form's field with what it holds, or after typing.
fn fill(terminal: &mut Terminal, fields: &[&str]) {
    for field in fields {
        terminal.types(field);
        terminal.types("\r");
    }
}

fn leave(mut terminal: Terminal) {
    terminal.types("q");
    assert!(terminal.ended().success());
}

/// The row that is marked as the selected one.
fn marked(screen: &vt100::Screen) -> Option<u16> {
    let inverse = |row: &u16| screen.cell(*row, 2).is_some_and(vt100::Cell::inverse);
    (0..screen.size().0.get()).find(inverse)
}

/// Moves the selection of a list to the row that begins with this, which is in sight.
fn select_row(terminal: &mut Terminal, begins: &str) {
    terminal.until_that("marked row", |screen| marked(screen).is_some());
    loop {
        let text = terminal.text();
        let row = text
            .lines()
            .position(|line| line.trim_start().starts_with(begins));
        let row = row.unwrap_or_else(|| panic!("no row {begins:?} on\n{text}")) as u16;
        let at = marked(terminal.screen());
        if at == Some(row) {
            return;
        }
        terminal.types(if at < Some(row) { "j" } else { "k" });
        terminal.until_that("moved selection", |screen| {
            marked(screen).is_some_and(|now| Some(now) != at)
        });
    }
}

#[test]
fn a_day_on_the_ward_and_at_the_counter() {
    let (folder, made) = hospital();

    // A doctor logs in, opens a chart, writes a note, finds it by its words.
    let mut doctor = Terminal::start(folder.path(), &[]);
    doctor.until("nothing in it is real");
    doctor.login(&of_role(&made, "doctor"), PASSPHRASE);
    doctor.types("2");
    doctor.until("2 RECORDS");
    doctor.until("6 charts");
    doctor.types("\r");
    doctor.until("SUMMARY");
    doctor.types("w");
    doctor.until("vital signs");
    doctor.types("\r");
    doctor.until("Note");
    doctor.types("Seen at the bedside, asks for quinquereme soup.");
    doctor.until("quinquereme");
    doctor.types("\x04");
    doctor.until("written and signed");
    doctor.types("4");
    doctor.until("4 SEARCH");
    doctor.types("quinquereme\r");
    doctor.until("1 entry in 1 chart");
    doctor.until("signed ok");
    doctor.types("q");
    assert!(doctor.ended().success());
    let all = String::from_utf8_lossy(&doctor.written).into_owned();
    assert!(
        !all.contains(
            PASSPHRASE
                .split(' ')
                .next_back()
                .unwrap()
                .repeat(2)
                .as_str()
        )
    );
    assert!(!doctor.screen().alternate_screen() && !doctor.screen().hide_cursor());

    // A pharmacist sees what was signed beside what was checked, and hands it over.
    let mut counter = Terminal::start(folder.path(), &[("CHARTSEAL_UI_PLAIN", "false")]);
    counter.login(&of_role(&made, "pharmacist"), PASSPHRASE);
    counter.types("2");
    counter.until("waiting, oldest");
    counter.until("CHECKS");
    counter.until("signature");
    counter.types("\r");
    counter.until("Hand over");
    counter.until("passphrase");
    counter.types("\x1b");
    counter.until_that("closed popup", |screen| {
        !screen.contents().contains("Hand over")
    });
    counter.types("h");
    counter.until("Hold and ask");
    counter.types("is the dose meant?\r");
    counter.until("the prescription is held");

    // An admin verifies the ledger that all this made.
    let repository = folder.path().join("repository");
    let target = ("CHARTSEAL_BACKUP_TARGET", repository.to_str().unwrap());
    let mut admin = Terminal::start(folder.path(), &[target]);
    admin.login(&of_role(&made, "admin"), PASSPHRASE);
    admin.types("2");
    admin.until("USERS");
    admin.types("v");
    admin.until("Enter shows the report");
    admin.types("\r");
    admin.until("nothing is wrong");
    admin.types("\x1b");
    admin.until_that("closed report", |screen| {
        !screen.contents().contains("nothing is wrong")
    });
    admin.types("b");
    admin.until("Back up: ok");
    admin.until("Snapshots");
}

#[test]
fn nothing_is_written_at_rest_and_a_line_that_is_cut_ends_the_program() {
    let (folder, made) = hospital();
    let mut line = Terminal::start(folder.path(), &[]);
    line.login(&of_role(&made, "nurse"), PASSPHRASE);
    line.until("lock 10 min");
    line.until("charts ·");
    line.bytes_within(Duration::from_secs(1));
    assert_eq!(
        line.bytes_within(Duration::from_secs(2)),
        0,
        "{}",
        line.text()
    );
    line.hang_up();
    line.ended();
}

#[test]
fn a_signal_locks_restores_the_terminal_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["TERM", "HUP"] {
        let mut terminal = Terminal::start(folder.path(), &[]);
        terminal.until("There is no vault yet");
        assert!(terminal.screen().alternate_screen());
        terminal.signal(name);
        let status = terminal.ended();
        assert!(status.success(), "{name}: {status:?}");
        assert!(
            !terminal.screen().alternate_screen() && !terminal.screen().hide_cursor(),
            "{name}"
        );
    }
}

#[test]
fn without_colour_the_selection_is_still_seen() {
    let folder = tempfile::tempdir().unwrap();
    for variables in [&[("NO_COLOR", "1")][..], &[("TERM", "dumb")]] {
        let mut terminal = Terminal::start(folder.path(), variables);
        terminal.until("Make a demonstration");
        let text = terminal.text();
        let row = |what: &str| text.lines().position(|line| line.contains(what)).unwrap() as u16;
        let (row, next) = (row("Make a demonstration"), row("Make a vault"));
        let marked = |screen: &vt100::Screen, row| screen.cell(row, 20).unwrap().inverse();
        assert!(marked(terminal.screen(), row));
        terminal.types("j");
        terminal.until_that("moved selection", |screen| {
            marked(screen, next) && !marked(screen, row)
        });
    }
}

#[test]
fn a_resize_paints_anew_and_a_small_window_says_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &[("TERM", "linux")]);
    terminal.until("There is no vault yet");
    terminal.resize(30, 8);
    terminal.until("needed.");
    terminal.resize(120, 40);
    terminal.until("There is no vault yet");
    terminal.types("\x1b[200~q\r\x1b[201~");
    terminal.types("?");
    terminal.until("Keys");
}
