//! What cannot be is refused before anything is typed, or where it was typed, and says what to do.

use super::super::backend::{Failure, Reply};
use super::super::command::Query;
use super::super::msg::Msg;
use super::bench::{Bench, look};
use super::charts;
use super::fixture::{Fixture, at};
use super::people;
use crate::desk::view::Retracted;

/// The timeline of a chart with its first entries withdrawn.
fn withdrawn(login: &str) -> Bench {
    let mut bench = Bench::of(login);
    bench.keys("2 enter right");
    let mut chart = charts::chart("0012-7");
    for entry in chart.sections.values_mut().flatten() {
        entry.retracted = Some(Retracted {
            reason: "wrong patient".to_owned(),
            by: "Dr Okafor".to_owned(),
            at: at("2026-11-22T09:00:00Z"),
        });
    }
    let mrn = "0012-7".to_owned();
    bench.answers(Query::Chart { mrn }, Reply::Chart(Box::new(chart)));
    bench
}

/// Asserts that a key opens nothing and says why.
fn assert_refused(bench: &mut Bench, key: &str, why: &str) {
    bench.keys(key);
    assert!(
        bench.app.shell.popups.is_empty() && bench.shows(why),
        "{key}: {why}\n{}",
        bench.screen()
    );
}

#[test]
fn what_is_withdrawn_is_neither_amended_nor_withdrawn_again() {
    for login in ["smith", "brandt"] {
        let mut bench = withdrawn(login);
        let footer = bench.screen().lines().last().unwrap().to_owned();
        assert!(!footer.contains("a amend"), "{footer}");
        for key in ["a", "x"] {
            assert_refused(&mut bench, key, "it was withdrawn by Dr Okafor");
        }
    }
}

#[test]
fn a_prescription_says_where_it_is_cancelled() {
    for (login, why) in [
        ("smith", "cancel it there, write a new one"),
        ("brandt", "by its prescriber, who cancels it"),
    ] {
        let mut bench = Bench::of(login);
        bench.keys("2 enter right right right right");
        assert!(bench.shows("MEDICINES"), "{}", bench.screen());
        for key in ["a", "x"] {
            assert_refused(&mut bench, key, why);
        }
    }
}

#[test]
fn what_a_role_may_not_withdraw_asks_for_no_reason() {
    let mut bench = Bench::of("brandt");
    bench.keys("2 enter right right right");
    assert!(bench.shows("I10 hypertension"), "{}", bench.screen());
    assert_refused(
        &mut bench,
        "x",
        "your role does not withdraw this (condition)",
    );
    assert_refused(&mut bench, "a", "your role does not amend this (condition)");
    bench.keys("left left down x");
    assert!(bench.shows("Withdraw an entry"), "{}", bench.screen());
}

#[test]
fn what_a_form_says_cannot_be_is_said_in_the_form_at_its_field() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter v tab tab tab tab tab tab");
    bench.types("39.6");
    bench.keys("up up");
    let ticket = bench.asks("f2");
    let failure = Failure {
        code: "bad-input".to_owned(),
        message: "temp 39.6 °C is outside 20 to 45; check the value and its unit".to_owned(),
        hint: None,
        causes: Vec::new(),
    };
    bench.send(Msg::Loaded {
        ticket,
        reply: Err(failure),
    });
    let screen = bench.screen();
    assert_eq!(bench.app.shell.popups.len(), 1, "{screen}");
    assert!(screen.contains("outside 20 to 45"), "{screen}");
    bench.keys("ctrl+u");
    bench.types("37.0");
    let screen = bench.screen();
    assert!(
        screen.contains("37.0") && !screen.contains("39.6"),
        "{screen}"
    );
}

#[test]
fn a_decimal_comma_is_told_to_be_a_point() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter v tab tab tab tab tab tab");
    bench.types("38,5");
    bench.keys("f2");
    assert!(bench.shows("write a point: 38.5"), "{}", bench.screen());
}

#[test]
fn typing_takes_the_place_of_what_a_new_form_proposes_until_it_is_edited() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter p tab tab tab tab");
    assert!(bench.shows("by mouth"), "{}", bench.screen());
    bench.types("iv");
    assert!(bench.shows("route"), "{}", bench.screen());
    assert!(
        bench.shows(" iv") && !bench.shows("mouth"),
        "{}",
        bench.screen()
    );
    let mut bench = Bench::of("smith");
    bench.keys("2 enter p tab tab tab tab left");
    bench.types("-");
    assert!(bench.shows("by mout-h"), "whoever moved the cursor edits");
    // What an entry says is no proposal.
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right right a");
    bench.types("/x");
    assert!(bench.shows("148/x"), "{}", bench.screen());
}

#[test]
fn a_kiosk_says_that_it_is_one() {
    let mut kiosk = look("default");
    kiosk.kiosk = true;
    let mut bench = Bench::with(kiosk, Fixture::default());
    bench.login("mejia");
    assert_refused(&mut bench, "q", "which is a kiosk");
}

#[test]
fn the_units_of_a_user_are_those_in_which_they_work() {
    let mut bench = Bench::of("lind");
    bench.keys("2");
    let mut users = people::users();
    users[0].units = ["staff", "emergency", "Ward A"].map(str::to_owned).to_vec();
    bench.answers(Query::Users, Reply::Users(users));
    let screen = bench.screen();
    let row = screen.lines().find(|line| line.contains("smith")).unwrap();
    assert!(row.contains("Ward A") && !row.contains("staff"), "{row}");
}
