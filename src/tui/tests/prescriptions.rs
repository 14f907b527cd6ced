//! Prescriptions: those of the fixture and its shelf, and how they are signed and handed over.

use serde_json::json;

use super::super::backend::Reply;
use super::super::capture;
use super::super::command::Query;
use super::bench::{Bench, look};
use super::fixture::{Fixture, NOW, at};
use crate::desk::view::{
    Alert, Check, CheckOutcome, RxEventView, RxLine, RxState, RxView, Severity, Stamp, StockLine,
};

/// What is on the shelf: enough, too little, too old, soon too old.
pub fn stock() -> Vec<StockLine> {
    let lot = |medicine: &str, lot: &str, expiry: &str, quantity: i64, unit: &str| StockLine {
        medicine: medicine.to_owned(),
        lot: lot.to_owned(),
        expiry: expiry.to_owned(),
        quantity: quantity.into(),
        code: None,
        unit: Some(unit.to_owned()),
        expired: expiry < "2026-11",
        pharmacy: "Pharmacy".to_owned(),
    };
    vec![
        lot(
            "amoxicillin 500 mg capsule",
            "K77",
            "2027-03",
            140,
            "capsule",
        ),
        lot("apixaban 5 mg tablet", "M108", "2026-10", 12, "tablet"),
        lot("apixaban 5 mg tablet", "M126", "2028-01-31", 9, "tablet"),
        lot(
            "metformin 500 mg tablet",
            "P4402",
            "2026-12-31",
            420,
            "tablet",
        ),
        lot(
            "paracetamol 500 mg tablet",
            "M114",
            "2028-12-14",
            1_425,
            "tablet",
        ),
    ]
}

fn rx_line(
    rx: &str,
    mrn: &str,
    name: &str,
    medicine: &str,
    state: RxState,
    minutes: u64,
    worst: Option<Severity>,
) -> RxLine {
    RxLine {
        rx: rx.to_owned(),
        mrn: mrn.to_owned(),
        medicine: medicine.to_owned(),
        state,
        prescriber: "Dr Helen Smith".to_owned(),
        signed: Some(Stamp(
            at(NOW).0 - jiff::SignedDuration::from_mins(minutes as i64),
        )),
        remaining: Some(21.into()),
        name: Some(name.to_owned()),
        unit: Some("capsule".to_owned()),
        controlled: (medicine.starts_with("oxycodone")).then(|| "CII".to_owned()),
        waiting_minutes: Some(minutes),
        worst,
        pharmacy: None,
        expires: None,
    }
}

pub fn rx_lines() -> Vec<RxLine> {
    vec![
        rx_line(
            "r1",
            "0012-7",
            "Mejía, G.",
            "amoxicillin 500 mg",
            RxState::Signed,
            14,
            Some(Severity::Stop),
        ),
        rx_line(
            "r2",
            "0044-1",
            "Abshire, C.",
            "simvastatin 40 mg",
            RxState::Signed,
            9,
            None,
        ),
        rx_line(
            "r3",
            "0075-4",
            "Spencer, A.",
            "metformin 500 mg",
            RxState::DispensedInPart,
            6,
            Some(Severity::Warn),
        ),
        rx_line(
            "r4",
            "0090-8",
            "Wisoky, R.",
            "oxycodone 5 mg",
            RxState::Held,
            2,
            None,
        ),
        rx_line(
            "r5",
            "0051-6",
            "Casper, P.",
            "lisinopril 10 mg",
            RxState::DispensedInFull,
            900,
            None,
        ),
    ]
}

pub fn checks() -> Vec<Check> {
    let check = |check: &str, outcome, text: &str| Check {
        check: check.to_owned(),
        outcome,
        text: text.to_owned(),
    };
    vec![
        check(
            "signature",
            CheckOutcome::Ok,
            "signature Dr H. Smith, 08:31",
        ),
        check("signer", CheckOutcome::Ok, "prescriber active when signing"),
        check("text", CheckOutcome::Ok, "text unaltered, 21 of 21 left"),
        check(
            "allergy",
            CheckOutcome::Stop,
            "penicillin allergy, confirmed 2019, anaphylaxis",
        ),
        check(
            "interaction",
            CheckOutcome::Ok,
            "no high-priority interaction",
        ),
        check("renal", CheckOutcome::CouldNotRun, "renal function unknown"),
        check("dose", CheckOutcome::Ok, "dose within 250 to 1000 mg"),
        check("stock", CheckOutcome::Note, "stock 140, lot K77, 2027-03"),
    ]
}

pub fn alerts() -> Vec<Alert> {
    vec![Alert {
        check: "allergy".to_owned(),
        severity: Severity::Stop,
        text: "penicillin allergy".to_owned(),
        overridden: false,
        at: None,
    }]
}

pub fn rx_view(rx: &str) -> RxView {
    let line = rx_lines().into_iter().find(|line| line.rx == rx).unwrap();
    let stopped = line.worst == Some(Severity::Stop);
    let event = |event: &str, by: &str, role: &str, reason: Option<&str>| RxEventView {
        entry: "e9".to_owned(),
        event: event.to_owned(),
        created: at("2026-11-22T08:31:00Z"),
        by: by.to_owned(),
        role: role.to_owned(),
        verified: true,
        quantity: None,
        lot: None,
        reason: reason.map(str::to_owned),
    };
    let mut events = vec![event("signed", "Dr Helen Smith", "doctor", None)];
    if line.state == RxState::Held {
        let question = Some("5 mg or 10 mg?");
        events.push(event("held", "Ruth Adeyemi", "pharmacist", question));
    }
    let mut checks = checks();
    if !stopped {
        checks.retain(|check| check.outcome != CheckOutcome::Stop);
    }
    RxView {
        text: vec![
            format!("{} capsule", line.medicine),
            "1 capsule three times a day for 7 days".to_owned(),
            "by mouth · quantity 21 · no refill".to_owned(),
            "for: acute bronchitis (J20.9)".to_owned(),
            "substitution allowed".to_owned(),
        ],
        line,
        body: json!({}),
        events,
        checks,
        alerts: if stopped { alerts() } else { vec![] },
        stock: vec![StockLine {
            medicine: "amoxicillin 500 mg capsule".to_owned(),
            lot: "K77".to_owned(),
            expiry: "2027-03".to_owned(),
            quantity: 140.into(),
            code: None,
            unit: Some("capsule".to_owned()),
            expired: false,
            pharmacy: "Pharmacy".to_owned(),
        }],
        dispensed: None,
        quantity: Some(21.into()),
        repeats_left: Some(0),
        key: Some("4f1c 09ab 77d2 e013".to_owned()),
        seq: 184_201,
        second_factor: false,
    }
}

#[test]
fn a_prescription_is_shown_in_full_before_the_passphrase_and_a_stop_needs_a_reason() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter p");
    bench.types("amoxicillin");
    bench.keys("enter");
    bench.types("500 mg");
    bench.keys("f2");
    assert!(bench.asked().contains("Preview"));
    let screen = bench.screen();
    assert!(
        screen.contains("Sign this prescription")
            && screen.contains("amoxicillin 500 mg")
            && screen.contains("STOP"),
        "{screen}"
    );
    bench.keys("f2");
    assert!(
        bench.shows("! reason: this is needed"),
        "{}",
        bench.screen()
    );
    bench.types("no alternative");
    bench.keys("enter");
    bench.types("correct horse");
    bench.keys("enter");
    let asked = bench.asked();
    assert!(
        asked.contains("Sign {") && asked.contains("past: Some(\"no alternative\")"),
        "{asked}"
    );
    assert!(!asked.contains("correct horse"));
}

#[test]
fn dispensing_begins_with_the_rest_and_the_lot_that_expires_first() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2 down enter");
    let screen = bench.screen();
    assert!(
        screen.contains("Hand over") && screen.contains("21") && screen.contains("K77"),
        "{screen}"
    );
    bench.keys("tab tab tab");
    bench.types("correct horse");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Dispense { rx: \"r2\"") && asked.contains("lot: Some(\"K77\")"),
        "{asked}"
    );
}

#[test]
fn a_prescription_in_the_queue_is_looked_at_when_the_selection_rests_on_it() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2");
    bench.asked();
    bench.keys("down down");
    assert_eq!(bench.asked(), "", "passing by is not looking");
    assert!(
        !bench.shows("signature Dr H. Smith"),
        "no check of another prescription stands beside the selected one"
    );
    bench.rests();
    assert!(bench.asked().contains("Rx { rx: \"r3\" }"));
    assert!(bench.shows("signature Dr H. Smith"));
}

#[test]
fn what_is_held_or_finished_is_not_handed_over() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2 end enter");
    assert!(bench.shows("it is held"), "{}", bench.screen());
    assert!(bench.app.shell.popups.is_empty());
}

#[test]
fn a_stop_that_arises_at_signing_is_shown_on_the_form_and_takes_a_reason_there() {
    let desk = Fixture {
        stops: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("adeyemi");
    bench.keys("2 down enter");
    assert!(bench.shows("Hand over") && !bench.shows("reason"));
    bench.keys("tab tab");
    bench.types("once a day");
    bench.keys("tab");
    bench.types("correct horse");
    bench.keys("f2");
    let screen = bench.screen();
    assert!(
        screen.contains("Hand over") && screen.contains("STOP lot K77 is amoxicillin"),
        "{screen}"
    );
    assert!(
        screen.contains("! reason: STOP stock") && screen.contains("7 left"),
        "{screen}"
    );
    assert!(
        screen.contains("once a day"),
        "what was typed stays: {screen}"
    );
    bench.types("the same substance");
    bench.keys("tab");
    bench.types("correct horse");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("past: Some(\"the same substance\")") && asked.contains("once a day"),
        "{asked}"
    );
}

#[test]
fn a_prescriber_sees_first_what_is_held_and_the_question_that_is_answered() {
    let mut bench = Bench::of("smith");
    bench.keys("3");
    let screen = bench.screen();
    let first = screen.lines().find(|line| line.contains("0090-8"));
    assert!(
        screen.lines().nth(4) == first,
        "what is held stands first:\n{screen}"
    );
    bench.asked();
    bench.keys("a");
    assert!(bench.asked().contains("Rx { rx: \"r4\" }"));
    assert!(
        bench.shows("Answer the pharmacist") && bench.shows("Ruth Adeyemi asks: 5 mg or 10 mg?"),
        "{}",
        bench.screen()
    );
    bench.keys("esc down a");
    assert!(bench.shows("no question is open"), "{}", bench.screen());
}

#[test]
fn what_is_handed_over_to_whom_stands_first_in_the_smallest_window() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2 enter");
    let small = capture::plain(&bench.buffer(40, 12));
    assert!(
        small.contains("Mejía, G. 0012-7") && small.contains("amoxicillin 500 mg capsule"),
        "{small}"
    );
    assert!(small.contains("STOP below, 20 more lines"), "{small}");
    bench.keys("pagedown");
    let small = capture::plain(&bench.buffer(40, 12));
    assert!(
        small.contains("STOP penicillin allergy") && !small.contains("STOP below"),
        "{small}"
    );
}

#[test]
fn a_strength_is_shown_whole_or_not_at_all_at_any_width() {
    let mut bench = Bench::of("smith");
    bench.keys("3");
    let mut lines = rx_lines();
    "digoxin 0.125 mg tablet".clone_into(&mut lines[0].medicine);
    bench.answers(Query::Rxs, Reply::Rxs(lines));
    for columns in 40..120 {
        let screen = capture::plain(&bench.buffer(columns, 24));
        let row = screen.lines().find(|line| line.contains("0012-7"));
        let row = row.unwrap_or_else(|| panic!("{screen}"));
        let row = row.split('│').next().unwrap();
        assert!(
            row.contains("0.125 mg") || !row.contains("0."),
            "{columns}: {row}"
        );
        assert!(row.contains("dig"), "{columns}: {row}");
    }
}
