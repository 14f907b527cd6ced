//! The first run, from nothing to somebody logged in.

use std::path::Path;

use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{fill, leave};

/// The cheapest cost that the configuration takes, so that a test does not wait for it.
const CHEAP: [(&str, &str); 1] = [("CHARTSEAL_SECURITY_ARGON2_MEMORY_KIB", "19456")];

fn shares(folder: &Path) -> usize {
    folder.join("shares").read_dir().unwrap().count()
}

#[test]
fn a_vault_is_made_and_its_first_admin_logs_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &CHEAP);
    terminal.until("There is no vault yet");
    terminal.types("j\r");
    terminal.until("Two sets of five shares");
    fill(&mut terminal, &["root", "too short", "too short"]);
    terminal.types("\x15");
    terminal.types(folder.path().join("shares").to_str().unwrap());
    terminal.types("\x04");
    terminal.until("at least 12 characters");
    fill(&mut terminal, &["four brown owls", "four brown owls"]);
    terminal.types("\x04");
    terminal.until("vault id");
    terminal.until("restore");
    assert_eq!(shares(folder.path()), 10);
    terminal.types("\x1b");
    terminal.until("user");
    terminal.login("root", "four brown owls");
    terminal.until("root, admin");
    terminal.types("2");
    terminal.until("USERS");
    terminal.until("active");
    leave(terminal);
}

#[test]
fn a_demonstration_is_made_and_its_people_log_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &CHEAP);
    terminal.until("There is no vault yet");
    terminal.types("\r");
    terminal.until("chartseal demo");
    terminal.types("\x15none\r");
    terminal.until("! patients");
    terminal.types("\x156\r");
    terminal.until("Make a demonstration vault: ok");
    terminal.until("smith");
    terminal.types("\x1b");
    terminal.until("everyone's passphrase is: demo demo demo");
    terminal.login("smith", PASSPHRASE);
    terminal.types("2");
    terminal.until("/ filter");
    terminal.until("Mejía, Gustavo");
    terminal.types("\r");
    terminal.until("SUMMARY");
    leave(terminal);
}

#[test]
fn with_a_home_and_nothing_else_the_demonstration_says_so_and_its_papers_lie_by_themselves() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::at_home(home.path(), &[], &CHEAP);
    terminal.until("There is no vault yet");
    terminal.types("\r");
    terminal.until("chartseal demo");
    terminal.types("\x156\r");
    terminal.until("Make a demonstration vault: ok");
    terminal.types("\x1b");
    terminal.until("nothing in it is real");
    terminal.until("everyone's passphrase is: demo demo demo");
    terminal.login("smith", PASSPHRASE);
    terminal.until("demo: nothing is real");
    leave(terminal);
    let data = home.path().join(".local/share");
    let mut beside: Vec<_> = data
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    beside.sort();
    assert_eq!(beside, ["chartseal", "chartseal-demo"]);
    assert_eq!(shares(&data.join("chartseal-demo")), 10);
}

#[test]
fn the_command_makes_the_same_demonstration_and_opens_it() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::at_home(home.path(), &["demo", "--patients", "6"], &CHEAP);
    terminal.until("a demonstration; nothing in it is real");
    terminal.until("everyone's passphrase is: demo demo demo");
    terminal.types("\x03");
    assert!(terminal.ended().success());
    // And whenever it is opened again.
    let mut terminal = Terminal::at_home(home.path(), &[], &CHEAP);
    terminal.until("a demonstration; nothing in it is real");
    assert!(
        home.path()
            .join(".local/share/chartseal-demo/passphrases/smith")
            .is_file()
    );
}

#[test]
fn a_vault_is_no_demonstration_for_a_folder_of_passphrases_beside_it() {
    let hospital = crate::support::Hospital::bare();
    let folder = hospital.folder.path();
    std::fs::create_dir(folder.join("passphrases")).unwrap();
    let mut terminal = Terminal::start(folder, &[]);
    terminal.until("passphrase");
    terminal.login("admin", crate::support::PASSPHRASE);
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(!written.contains("is real"), "{}", terminal.text());
    leave(terminal);
}
