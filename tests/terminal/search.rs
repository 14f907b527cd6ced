//! Searching at the terminal: an error under its column, a saved query that outlives the session, the chart at the entry.

use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{hospital, of_role};

#[test]
fn a_query_is_corrected_saved_found_again_after_a_lock_and_leads_to_the_entry() {
    let (folder, made) = hospital();
    let doctor = of_role(&made, "doctor");
    let mut terminal = Terminal::start(folder.path(), &[("NO_COLOR", "1")]);
    terminal.login(&doctor, PASSPHRASE);
    terminal.types("4");
    terminal.until("4 SEARCH");
    terminal.types("kind:vitals (x\r");
    terminal.until("column 13: expected");
    let under = |screen: &vt100::Screen| screen.cell(4, 13).unwrap().contents() == "^";
    assert!(under(terminal.screen()), "{}", terminal.text());
    terminal.types("\x05\x15kind:vi\t");
    terminal.until("kind:vitals");
    terminal.types("\r");
    terminal.until("entries in");
    // The selection is seen without colour.
    terminal.until_that("a marked row", |screen| {
        screen.cell(7, 10).unwrap().inverse()
    });
    terminal.types("s");
    terminal.until("Keep this query");
    terminal.types("pressures\r");
    terminal.until("kept as pressures");
    // Locking drops what was found; the saved query is the person's own and stays.
    terminal.types("\x0c");
    terminal.until("passphrase");
    terminal.until_that("a locked screen", |screen| {
        !screen.contents().contains("vitals")
    });
    terminal.types(PASSPHRASE);
    terminal.types("\r");
    terminal.until("1 HOME");
    terminal.types("4");
    terminal.until("4 SEARCH");
    terminal.types("\x12");
    terminal.until("pressures");
    terminal.types("pressures\r");
    terminal.until("saved as pressures");
    terminal.until("entries in");
    terminal.types("\r");
    terminal.until("2 RECORDS");
    terminal.until("TIMELINE");
}

#[test]
fn a_patient_finds_what_stands_in_their_own_chart_and_a_registrar_finds_people() {
    let (folder, made) = hospital();
    let mut patient = Terminal::start(folder.path(), &[]);
    patient.login(&of_role(&made, "patient"), PASSPHRASE);
    patient.types("4");
    patient.until("4 SEARCH");
    patient.types("kind:vitals\r");
    patient.until("in 1 chart");
    patient.types("\r");
    patient.until("2 RECORDS");
    patient.until("TIMELINE");
    patient.types("q");
    assert!(patient.ended().success());

    let mut registrar = Terminal::start(folder.path(), &[]);
    registrar.login(&of_role(&made, "registrar"), PASSPHRASE);
    registrar.types("3");
    registrar.until("3 SEARCH");
    registrar.types("kind:vitals\r");
    registrar.until("no entry matches");
    registrar.types("\x15name:chen\r");
    registrar.until("1 entry in 1 chart");
    registrar.until("Chen, Qiang");
    registrar.types("\r");
    registrar.until("2 RECORDS");
    registrar.until("Chen, Qiang");
    registrar.types("q");
    assert!(registrar.ended().success());
}

#[test]
fn each_role_logs_in_to_the_panes_that_it_has() {
    let (folder, made) = hospital();
    for (role, pane) in [
        ("doctor", "5 Inbox"),
        ("nurse", "3 Search"),
        ("pharmacist", "2 Prescriptions"),
        ("registrar", "3 Search"),
        ("patient", "4 Search"),
        ("admin", "2 Admin"),
        ("auditor", "2 Admin"),
    ] {
        let mut terminal = Terminal::start(folder.path(), &[]);
        terminal.login(&of_role(&made, role), PASSPHRASE);
        terminal.until(pane);
        terminal.types("q");
        assert!(terminal.ended().success(), "{role}");
    }
}
