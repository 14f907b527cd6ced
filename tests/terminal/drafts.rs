//! What was being typed when the terminal locked, hung up, or was killed, is there again after the next login.

use std::path::Path;
use std::time::{Duration, Instant};

use chartseal::jobs::demo::PASSPHRASE;
use chartseal::ledger::{Ledger, LedgerError};

use super::pty::Terminal;
use super::{hospital, leave};

/// Opens the chart of Chen and begins a note.
fn begin(folder: &Path, text: &str) -> Terminal {
    let mut doctor = Terminal::start(folder, &[]);
    doctor.login("smith", PASSPHRASE);
    doctor.types("2");
    doctor.until("Chen, Qiang");
    doctor.types("/chen\r");
    doctor.until("SUMMARY");
    doctor.types("w");
    doctor.until("vital signs");
    doctor.types("\r");
    doctor.until("Note");
    doctor.types(text);
    doctor.until(text);
    doctor
}

/// Names and sizes of the texts that are kept.
fn kept(folder: &Path) -> Vec<(String, usize)> {
    let ledger = Ledger::open(&folder.join("vault")).unwrap();
    let mut texts = Vec::new();
    let read = ledger.read(|tx| {
        tx.each_draft(|_, name, sealed| {
            if name.starts_with("text/") {
                texts.push((name, sealed.len()));
            }
            Ok::<_, LedgerError>(())
        })
    });
    read.unwrap();
    texts
}

/// Waits for the file to hold as many texts.
fn until_kept(folder: &Path, texts: usize) {
    let start = Instant::now();
    while kept(folder).len() != texts {
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "{:?}",
            kept(folder)
        );
        std::thread::yield_now();
    }
}

/// Whether the word stands anywhere in the vault's files.
fn readable(folder: &Path, word: &str) -> bool {
    let files = folder.join("vault").read_dir().unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .any(|bytes| {
            bytes
                .windows(word.len())
                .any(|window| window == word.as_bytes())
        })
}

/// Takes up what is offered, whose beginning is this, and signs it.
fn sign(mut doctor: Terminal, beginning: &str) {
    doctor.until("You had not finished");
    doctor.until("continue note for 0005-9 of");
    doctor.until(beginning);
    doctor.types("\r");
    doctor.until("Note  0005-9");
    doctor.until(beginning);
    doctor.types(" Signed at last.\x04");
    doctor.until("written and signed");
    leave(doctor);
}

fn again(folder: &Path) -> Terminal {
    let mut doctor = Terminal::start(folder, &[]);
    doctor.login("smith", PASSPHRASE);
    doctor
}

#[test]
fn a_note_outlives_the_lock_and_is_gone_once_it_is_signed() {
    let (folder, _) = hospital();
    let mut doctor = begin(folder.path(), "Quinquereme here.");
    doctor.types("\x0c");
    doctor.until("passphrase");
    assert!(!doctor.text().contains("Quinquereme"), "{}", doctor.text());
    until_kept(folder.path(), 1);
    assert!(!readable(folder.path(), "Quinquereme"));
    doctor.types(PASSPHRASE);
    doctor.types("\r");
    sign(doctor, "Quinquereme here.");
    assert_eq!(kept(folder.path()), []);
    // Signed, it is offered to nobody any more.
    let mut doctor = again(folder.path());
    doctor.types("gd");
    doctor.until("nothing is left unfinished");
    leave(doctor);
}

#[test]
fn a_note_outlives_a_kill_at_any_pause_and_what_is_thrown_away_is_gone() {
    let (folder, _) = hospital();
    let doctor = begin(folder.path(), "Trireme ashore.");
    until_kept(folder.path(), 1);
    doctor.signal("KILL");
    drop(doctor);
    assert!(!readable(folder.path(), "Trireme"));
    // Nobody else is offered it.
    let mut nurse = Terminal::start(folder.path(), &[]);
    nurse.login("brandt", PASSPHRASE);
    nurse.types("gd");
    nurse.until("nothing is left unfinished");
    leave(nurse);
    // Whoever begins the same again is asked first.
    let mut doctor = again(folder.path());
    doctor.until("Trireme ashore.");
    doctor.types("\x1b");
    doctor.until_that("closed offer", |screen| {
        !screen.contents().contains("Trireme")
    });
    doctor.types("2");
    doctor.until("Chen, Qiang");
    doctor.types("/chen\r");
    doctor.until("SUMMARY");
    doctor.types("w");
    doctor.until("vital signs");
    doctor.types("\r");
    doctor.until("Trireme ashore.");
    doctor.types("2\r");
    doctor.until("Throw a draft away");
    doctor.types("y");
    doctor.until("Note  0005-9");
    assert!(!doctor.text().contains("Trireme"), "{}", doctor.text());
    doctor.types("\x1b");
    doctor.until_that("closed note", |screen| {
        !screen.contents().contains("Note  0005-9")
    });
    until_kept(folder.path(), 0);
    leave(doctor);
}

#[test]
fn a_note_outlives_a_signal_and_a_lost_line() {
    let (folder, _) = hospital();
    let mut doctor = begin(folder.path(), "Galley astern.");
    doctor.signal("TERM");
    assert!(doctor.ended().success());
    assert_eq!(kept(folder.path()).len(), 1);
    sign(again(folder.path()), "Galley astern.");
    let mut doctor = begin(folder.path(), "Bireme aloft.");
    doctor.hang_up();
    doctor.ended();
    assert_eq!(kept(folder.path()).len(), 1);
    sign(again(folder.path()), "Bireme aloft.");
    assert_eq!(kept(folder.path()), []);
}

#[test]
fn a_terminal_that_was_stopped_holds_up_neither_the_lock_nor_the_end() {
    let (folder, _) = hospital();
    let mut doctor = begin(folder.path(), "Xebec becalmed");
    doctor.stop();
    // The frame with these goes nowhere.
    doctor.types(" off the cape.");
    doctor.signal("TERM");
    assert!(doctor.ended().success());
    assert_eq!(kept(folder.path()).len(), 1);
    sign(again(folder.path()), "Xebec becalmed");
    // And what is left there by somebody who went away is locked.
    let mut doctor = begin(folder.path(), "Carrack aground");
    doctor.stop();
    doctor.types("\x0c");
    until_kept(folder.path(), 1);
    doctor.go_on();
    doctor.until("passphrase");
    assert!(!doctor.text().contains("Carrack"), "{}", doctor.text());
    doctor.signal("TERM");
    assert!(doctor.ended().success());
}
