//! The admin's jobs with the ledger and the backup repository, each from the pane to its end.

use std::path::Path;

use chartseal::desk::view::DemoMade;
use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{fill, hospital, of_role};

/// The jobs of an admin whose snapshots go to a folder.
fn jobs(folder: &Path, made: &DemoMade) -> Terminal {
    let repository = folder.join("repository");
    jobs_with(folder, made, repository.to_str().unwrap())
}

/// The jobs of an admin whose snapshots go there.
pub fn jobs_with(folder: &Path, made: &DemoMade, target: &str) -> Terminal {
    let mut admin = Terminal::start(folder, &[("CHARTSEAL_BACKUP_TARGET", target)]);
    admin.resize(100, 40);
    admin.login(&of_role(made, "admin"), PASSPHRASE);
    admin.types("2");
    admin.until("USERS");
    admin
}

fn gone(terminal: &mut Terminal, text: &str) {
    terminal.until_that(&format!("no {text:?} any more"), |screen| {
        !screen.contents().contains(text)
    });
}

/// Opens the newest job's report, waits for a word in it, and closes it again.
pub fn report(terminal: &mut Terminal, title: &str, word: &str) {
    terminal.types("gg\r");
    terminal.until(word);
    terminal.types("\x1b");
    gone(terminal, word);
    terminal.until(title);
}

pub fn back_up(terminal: &mut Terminal) {
    terminal.types("b");
    terminal.until("Back up: ok");
}

/// Fills in what a restore into this folder needs.
pub fn restore(terminal: &mut Terminal, into: &Path, files: &[String]) {
    terminal.types("r");
    terminal.until("share 3");
    let into = into.to_str().unwrap();
    fill(
        terminal,
        &[into, "", "", "", &files[0], &files[1], &files[2]],
    );
}

/// Fills in what a drill needs, with a user standing by.
pub fn drill(terminal: &mut Terminal, login: &str, files: &[String]) {
    terminal.types("d");
    terminal.until("share 3");
    let login = format!("\x15{login}");
    let (one, two, three) = (&files[1], &files[3], &files[4]);
    fill(terminal, &[&login, "\x152", one, two, three, PASSPHRASE]);
}

/// Reads every object of the backup.
pub fn verify_all(terminal: &mut Terminal) {
    terminal.types("V");
    terminal.until("printed head");
    fill(terminal, &["\x15everything", ""]);
}

pub fn prune(terminal: &mut Terminal) {
    terminal.types("P");
    terminal.until("chartseal backup prune");
    terminal.types("y");
}

/// Scratch folders that are left in a folder.
pub fn scratch(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.starts_with(".chartseal-"))
        .collect()
}

#[test]
fn a_verification_is_held_goes_on_is_stopped_and_its_report_is_kept_and_opened_again() {
    let (folder, made) = hospital();
    let mut admin = jobs(folder.path(), &made);
    // Both keys come in one piece: the work is held before it has come far. Should it be faster, it begins again.
    let mut held = false;
    while !held {
        admin.types("vp");
        admin.until_that("held, or over", |screen| {
            let text = screen.contents();
            text.contains("held  started") || text.contains("Verify signatures: ok")
        });
        held = admin.text().contains("held  started");
    }
    // Nothing comes of it, and nothing is written, until it may go on.
    admin.bytes_within(std::time::Duration::from_secs(1));
    assert_eq!(admin.bytes_within(std::time::Duration::from_secs(1)), 0);
    assert!(admin.text().contains("held  started"), "{}", admin.text());
    admin.types("p");
    admin.until("Verify signatures: ok");
    report(&mut admin, "Verify signatures", "nothing is wrong");
    // Held work can be stopped.
    let mut stopped = false;
    while !stopped {
        admin.types("vpc");
        admin.until_that("stopped, or over", |screen| {
            let text = screen.contents();
            text.contains("Verify signatures: stopped") || text.contains("Verify signatures: ok")
        });
        stopped = admin.text().contains("Verify signatures: stopped");
    }
    admin.types("q");
    assert!(admin.ended().success());
    // Another session has no job, and opens the report that was kept.
    let mut admin = jobs(folder.path(), &made);
    admin.types("\t\t\t");
    admin.until("Verifications");
    admin.types("gg\r");
    admin.until("nothing is wrong");
}

#[test]
fn a_backup_is_verified_from_the_pane_and_what_is_missing_is_named() {
    let (folder, made) = hospital();
    let mut admin = jobs(folder.path(), &made);
    back_up(&mut admin);
    // The head that the report gives is the one that a verification takes.
    let is_head = |line: &&str| line.len() == 59 && line.matches('-').count() == 11;
    admin.types("gg\r");
    admin.until("keep its head");
    let text = admin.text();
    let mut words = text.split_whitespace();
    let head = words
        .find(is_head)
        .expect("a head of 48 letters and digits");
    admin.types("\x1b");
    gone(&mut admin, "keep its head");
    admin.types("V");
    admin.until("printed head");
    fill(&mut admin, &["\x15everything", head]);
    admin.until("Verify the backup: ok");
    report(&mut admin, "Verify the backup", "ok  nothing is wrong");
    // One object is lost.
    let objects = folder.path().join("repository").join("objects");
    std::fs::remove_file(first_file(&objects)).unwrap();
    admin.types("V");
    admin.until("printed head");
    fill(&mut admin, &["", ""]);
    admin.until("something is wrong");
    report(&mut admin, "Verify the backup", "! missing: ");
    // A head that is none is told at its field.
    admin.types("V");
    admin.until("printed head");
    fill(&mut admin, &["", "not a head"]);
    admin.until("printed head");
    admin.types("\x1b");
    gone(&mut admin, "printed head");
}

fn first_file(folder: &Path) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    loop {
        let entry = std::fs::read_dir(folders.pop().unwrap())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        if entry.file_type().unwrap().is_file() {
            return entry.path();
        }
        folders.push(entry.path());
    }
}

#[test]
fn a_snapshot_is_restored_into_a_new_folder_with_shares_from_files_and_typed() {
    let (folder, made) = hospital();
    let mut admin = jobs(folder.path(), &made);
    back_up(&mut admin);
    let into = folder.path().join("restored");
    let files = &made.restore.files;
    let typed = std::fs::read_to_string(&files[2]).unwrap();
    admin.types("r");
    admin.until("share 3");
    fill(&mut admin, &[into.to_str().unwrap(), "", "", ""]);
    admin.types(&files[0]);
    admin.until("restore-1-of-5.txt");
    admin.types("\r");
    admin.types(&files[1]);
    admin.types("\r");
    // The third is pasted, as it is read off a screen: its text is not shown.
    admin.types(&format!("\x1b[200~{typed}\x1b[201~"));
    admin.until("••••••••");
    assert!(
        !admin.text().contains("chartseal share"),
        "{}",
        admin.text()
    );
    admin.types("\r");
    admin.until("Restore: ok");
    report(&mut admin, "Restore", "it verifies, nothing is wrong");
    assert!(std::fs::read_dir(&into).unwrap().next().is_some());
    // Never over a vault.
    restore(&mut admin, &into, files);
    admin.until("Restore: failed");
    // A share too few is told at its field.
    admin.types("r");
    admin.until("share 3");
    fill(
        &mut admin,
        &["/nowhere", "", "", "", &files[0], &files[1], ""],
    );
    admin.until("this is needed");
    admin.types("\x1b");
    gone(&mut admin, "share 3");
}

#[test]
fn a_drill_is_done_with_a_doctor_standing_by_and_goes_on_record() {
    let (folder, made) = hospital();
    let mut admin = jobs(folder.path(), &made);
    back_up(&mut admin);
    drill(&mut admin, &of_role(&made, "doctor"), &made.restore.files);
    admin.until("Drill: ok");
    report(&mut admin, "Drill", "recovery time");
    let left = scratch(folder.path());
    assert!(left.is_empty(), "the scratch folder is removed: {left:?}");
}

#[test]
fn a_prune_asks_first_and_a_backup_that_was_stopped_is_taken_up_again() {
    let (folder, made) = hospital();
    let mut admin = jobs(folder.path(), &made);
    let mut stopped = false;
    while !stopped {
        admin.types("bc");
        admin.until_that("stopped, or over", |screen| {
            let text = screen.contents();
            text.contains("Back up: stopped") || text.contains("Back up: ok")
        });
        stopped = admin.text().contains("Back up: stopped");
    }
    back_up(&mut admin);
    admin.types("P");
    admin.until("Prune the backup");
    admin.types("n");
    gone(&mut admin, "chartseal backup prune");
    prune(&mut admin);
    admin.until("Prune the backup: ok");
    report(&mut admin, "Prune the backup", "needed again");
}
