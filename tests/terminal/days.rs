//! The days of those who come to the terminal, each to the end of what they came for.

use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{fill, hospital, leave, of_role, select_row};

/// Goes from the top of the queue to the row of this medicine, and waits for its details.
fn select(terminal: &mut Terminal, medicine: &str, details: &str) {
    terminal.until(medicine);
    let text = terminal.text();
    let row = |what: &str| text.lines().position(|line| line.contains(what)).unwrap();
    let down = row(medicine) - row("waiting, oldest") - 1;
    terminal.types("gg");
    terminal.types(&"j".repeat(down));
    terminal.until(details);
}

#[test]
fn a_stop_is_overridden_with_a_reason_and_the_counter_hands_over_and_refuses() {
    let (folder, made) = hospital();
    let mut doctor = Terminal::start(folder.path(), &[]);
    doctor.login(&of_role(&made, "doctor"), PASSPHRASE);
    doctor.types("2");
    doctor.until("Chen, Qiang");
    doctor.types("/chen\r");
    doctor.until("penicillin: anaphylaxis");
    doctor.types("p");
    doctor.until("Prescribe");
    fill(
        &mut doctor,
        &[
            "amoxicillin",
            "500 mg",
            "capsule",
            "1 capsule",
            "",
            "3 a day",
            "7 d",
        ],
    );
    doctor.types("21 capsule");
    doctor.until("21 capsule");
    doctor.types("\x04");
    // The whole text and every check stand there before the passphrase is asked.
    doctor.until("Sign this prescription");
    doctor.until("STOP");
    doctor.until("1 capsule by mouth three times a");
    doctor.types("allergy was disproved last week\r");
    doctor.until("allergy was disproved");
    doctor.types("not the passphrase\r");
    doctor.until("passphrase is wrong");
    doctor.types("\x15");
    doctor.types(PASSPHRASE);
    doctor.types("\r");
    doctor.until("signed; the prescription is");
    assert!(
        !doctor.text().contains("Sign this prescription"),
        "{}",
        doctor.text()
    );
    assert!(
        !doctor.text().contains("how often"),
        "the order is closed too"
    );
    leave(doctor);

    let mut counter = Terminal::start(folder.path(), &[]);
    counter.resize(110, 50);
    counter.login(&of_role(&made, "pharmacist"), PASSPHRASE);
    counter.types("2");
    counter.until("signature");
    select(&mut counter, "apixaban", "apixaban 5 mg tablet");
    counter.types("\r");
    counter.until("Hand over");
    counter.until("first expiring first");
    fill(&mut counter, &["", "", "told about bleeding"]);
    counter.types(PASSPHRASE);
    counter.types("\r");
    counter.until("handed over 56; it is dispensed in part, 112 left");
    // What has no repeats is done with at once, and leaves the queue.
    select(&mut counter, "paraceta", "paracetamol 500 mg tablet");
    counter.types("\r");
    counter.until("Hand over");
    fill(&mut counter, &["", "", "not more than eight a day"]);
    counter.types(PASSPHRASE);
    counter.types("\r");
    counter.until("; it is dispensed in full");
    counter.until("14 waiting, oldest");
    // The STOP stands here too.
    select(
        &mut counter,
        "amoxicillin 500 mg",
        "amoxicillin 500 mg capsule",
    );
    counter.until("STOP");
    counter.types("r");
    counter.until("Refuse");
    counter.types("anaphylaxis on record\r");
    counter.until("the prescription is refused");
    leave(counter);
}

#[test]
fn a_pharmacist_puts_a_lot_on_the_shelf_and_counts_it() {
    let (folder, made) = hospital();
    let mut counter = Terminal::start(folder.path(), &[]);
    counter.login(&of_role(&made, "pharmacist"), PASSPHRASE);
    counter.types("3");
    counter.until("3 PHARMACY");
    counter.until("on hand");
    counter.types("n");
    counter.until("Receive a lot");
    fill(
        &mut counter,
        &["ibuprofen 400 mg tablet", "Z9", "2019-03", "20"],
    );
    counter.types("\x04");
    counter.until("does not come onto the");
    // It is said in the form: what was typed is still there, and only the date has to be mended.
    counter.until("Receive a lot");
    counter.types("\x15");
    counter.types("2031-03\x04");
    counter.until("on the shelf: lot Z9, 20");
    counter.types("f");
    counter.until("! low");
    select_row(&mut counter, "ibuprofen 400 mg");
    counter.types("c");
    counter.until("Count a lot");
    counter.until("on hand by the record: 20");
    fill(&mut counter, &["-2"]);
    counter.types("two were broken\r");
    counter.until("lot Z9: 18 on hand");
    leave(counter);
}

#[test]
fn a_nurse_writes_vital_signs_amends_them_withdraws_them_and_sees_who_looked() {
    let (folder, made) = hospital();
    let mut nurse = Terminal::start(folder.path(), &[]);
    nurse.login(&of_role(&made, "nurse"), PASSPHRASE);
    nurse.types("2");
    nurse.until("Chen, Qiang");
    nurse.types("/chen\r");
    nurse.until("SUMMARY");
    nurse.types("v");
    nurse.until("Vital signs");
    fill(&mut nurse, &["172", "91"]);
    nurse.types("88\x04");
    nurse.until("written and signed");
    nurse.until("172/91");
    nurse.types("\x1b[C");
    nurse.until("TIMELINE");
    nurse.until("BP 172/91 mmHg");
    nurse.types("a");
    nurse.until("Vital signs");
    nurse.types("\x15142");
    nurse.until("142");
    nurse.types("\x04");
    nurse.until("BP 142/91 mmHg");
    nurse.types("h");
    nurse.until("version 2");
    nurse.until("version 1");
    nurse.until("BP 172/91");
    nurse.types("\x1b");
    nurse.until_that("closed versions", |screen| {
        !screen.contents().contains("version 1")
    });
    nurse.types("x");
    nurse.until("Withdraw an entry");
    nurse.types("wrong patient\r");
    nurse.until_that("a withdrawn entry", |screen| {
        screen.contents().contains("withdrawn")
    });
    nurse.types("gw");
    nurse.until("Who looked");
    nurse.until(&of_role(&made, "nurse"));
    nurse.types("\x1b");
    nurse.until_that("closed page", |screen| {
        !screen.contents().contains("Who looked")
    });
    leave(nurse);
}

#[test]
fn a_patient_grants_a_request_and_takes_it_back() {
    let (folder, made) = hospital();
    let mut patient = Terminal::start(folder.path(), &[]);
    patient.login(&of_role(&made, "patient"), PASSPHRASE);
    patient.types("5");
    patient.until("5 INBOX");
    patient.until("asks for clinical");
    // The footer offers it once the list of access has come.
    patient.until("y grant");
    patient.types("y");
    patient.until("Grant access");
    patient.types("\r");
    patient.until("the access is granted");
    patient.types("\t");
    patient.until("ACCESS");
    patient.until("granted   request");
    patient.types("x");
    patient.until("End access");
    patient.types("seen enough\r");
    patient.until("revoked   request");
    patient.types("2");
    patient.until("SUMMARY");
    leave(patient);
}

#[test]
fn a_registrar_admits_a_patient_whom_the_ward_then_finds() {
    let (folder, made) = hospital();
    let mut desk = Terminal::start(folder.path(), &[]);
    desk.login(&of_role(&made, "registrar"), PASSPHRASE);
    desk.types("2");
    desk.until("Chen, Qiang");
    desk.types("n");
    desk.until("Admit a patient");
    fill(&mut desk, &["Quisling", "Ada", "1971-02-03", "2"]);
    desk.types("\x04");
    desk.until("Quisling, Ada");
    leave(desk);

    let mut nurse = Terminal::start(folder.path(), &[]);
    nurse.login(&of_role(&made, "nurse"), PASSPHRASE);
    nurse.types("2");
    nurse.until("Chen, Qiang");
    nurse.types("/quis\r");
    nurse.until("Quisling, Ada  f 1971-02-03");
    leave(nurse);
}
