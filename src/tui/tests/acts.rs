//! Acts: what the keys of a form ask of the desk, and what is said of them.

use super::super::backend::Failure;
use super::super::command::{Ticket, Topic};
use super::super::msg::Msg;
use super::bench::{Bench, look};
use super::fixture::Fixture;

#[test]
fn the_footer_shows_what_can_be_done_here_and_by_this_role() {
    let footer = |bench: &Bench| bench.screen().lines().last().unwrap().to_owned();
    let mut doctor = Bench::of("smith");
    doctor.keys("5");
    assert!(footer(&doctor).contains("y grant") && !footer(&doctor).contains("review"));
    doctor.keys("down");
    assert!(
        footer(&doctor).contains("y grant"),
        "until the selection rests"
    );
    doctor.rests();
    assert!(!footer(&doctor).contains("grant"), "{}", footer(&doctor));
    doctor.keys("down");
    doctor.rests();
    assert!(footer(&doctor).contains("c review"), "{}", footer(&doctor));
    let mut patient = Bench::of("mejia");
    patient.keys("2");
    for key in ["w write", "p prescribe", "n admit", "B break"] {
        assert!(!footer(&patient).contains(key), "{}", footer(&patient));
    }
    let mut auditor = Bench::of("vega");
    auditor.keys("2 right right");
    assert!(footer(&auditor).contains("v verify") && !footer(&auditor).contains("back up"));
    let mut nurse = Bench::of("brandt");
    nurse.keys("2 enter w");
    assert!(
        nurse.shows("vital signs") && !nurse.shows("allergy or"),
        "{}",
        nurse.screen()
    );
}

#[test]
fn vitals_are_parsed_at_the_form_and_written_as_one_act() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter v");
    bench.types("14x");
    bench.keys("f2");
    assert!(bench.shows("! systolic"), "{}", bench.screen());
    bench.keys("ctrl+u");
    bench.types("148");
    bench.keys("enter");
    bench.types("92");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Write { mrn: \"0012-7\"") && asked.contains("Vitals("),
        "{asked}"
    );
    assert!(bench.shows("written and signed"));
}

#[test]
fn a_note_is_written_over_several_lines_and_one_slip_does_not_lose_it() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter w enter");
    bench.types("First line");
    bench.keys("enter");
    bench.types("second");
    bench.keys("esc");
    assert!(bench.shows("Esc again"));
    bench.asked();
    bench.keys("f2");
    assert!(bench.asked().contains("First line\\nsecond"));
}

#[test]
fn a_request_is_granted_from_the_inbox() {
    let mut bench = Bench::of("mejia");
    bench.keys("5 y");
    assert!(bench.shows("Grant access") && bench.shows("second opinion"));
    bench.types("t+3w");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Grant { id: \"a1\"") && asked.contains("2026-12-13"),
        "{asked}"
    );
}

#[test]
fn a_chart_that_is_closed_offers_the_ways_to_open_it() {
    let mut bench = Bench::of("smith");
    bench.keys("2 B");
    assert!(bench.shows("Break the glass") && bench.shows("auditors"));
    bench.types("0063-9");
    bench.keys("enter");
    bench.types("collapse");
    bench.keys("enter");
    bench.types("correct horse");
    bench.asked();
    bench.keys("enter");
    assert!(
        bench
            .asked()
            .contains("BreakGlass { mrn: \"0063-9\", reason: \"collapse\"")
    );
}

#[test]
fn an_act_of_another_role_is_neither_shown_nor_done() {
    let mut bench = Bench::of("brandt");
    bench.keys("2 enter");
    assert!(!bench.shows("prescribe"));
    bench.keys("p");
    assert!(bench.shows("your role does not do that"));
    assert!(bench.app.shell.popups.is_empty());
}

#[test]
fn a_dangerous_act_asks_with_the_command_that_it_releases() {
    let mut bench = Bench::of("lind");
    bench.keys("2 down D");
    assert!(bench.shows("chartseal user disable brandt"));
    bench.asked();
    bench.keys("esc");
    assert_eq!(bench.asked(), "");
    bench.keys("D enter");
    assert!(bench.asked().contains("Disable { login: \"brandt\" }"));
}

#[test]
fn a_users_keys_are_certified_only_if_the_fingerprints_are_the_same() {
    let mut bench = Bench::of("lind");
    bench.keys("2 down down down a");
    assert!(
        !bench.screen().contains("77d2 e013"),
        "the second half must come from the user"
    );
    bench.types("4f1c 09ab 77d2 e014");
    bench.asked();
    bench.keys("enter");
    assert!(bench.shows("they differ") && bench.asked().is_empty());
    bench.keys("backspace");
    bench.types("3");
    bench.keys("enter");
    assert!(bench.asked().contains("Approve { login: \"okoro\""));
}

#[test]
fn a_failed_act_is_explained_and_the_session_goes_on() {
    let mut bench = Bench::of("smith");
    let ticket = Ticket {
        topic: Topic::Act,
        generation: 99,
    };
    let failure = Failure {
        code: "busy".to_owned(),
        message: "the vault is busy".to_owned(),
        hint: Some("try again".to_owned()),
        causes: vec!["database is locked".to_owned()],
    };
    bench.send(Msg::Loaded {
        ticket,
        reply: Err(failure),
    });
    assert!(
        bench.shows("the vault is busy")
            && bench.shows("try again")
            && bench.shows("because database is locked")
    );
    bench.keys("esc");
    assert!(!bench.shows("try again"));
}

#[test]
fn a_paste_is_text_and_never_keys() {
    let mut bench = Bench::of("smith");
    bench.send(Msg::Paste("q\n:quit\n".to_owned()));
    assert!(!bench.app.has_left() && bench.app.shell.popups.is_empty());
    bench.keys("4");
    bench.send(Msg::Paste("bp>160\x1b[A\n".to_owned()));
    assert!(bench.shows("bp>160[A"));
}

#[test]
fn the_attending_doctor_is_named_by_login_from_the_list_of_charts() {
    let mut bench = Bench::of("smith");
    bench.keys("2 d");
    assert!(bench.shows("Attending doctor  0012-7") && bench.shows("Dr Helen Smith"));
    bench.keys("f2");
    assert!(bench.shows("! doctor"), "{}", bench.screen());
    bench.types("okafor");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Attend { mrn: \"0012-7\", doctor: \"okafor\" }"),
        "{asked}"
    );
}

#[test]
fn a_chart_is_shared_from_within_with_a_colleague_and_for_a_time() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter s");
    assert!(bench.shows("Share  0012-7"), "{}", bench.screen());
    bench.types("okafor");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Share { mrn: \"0012-7\", to: \"okafor\", sections: [\"identity\", \"clinical\", \"medication\"]"),
        "{asked}"
    );
}

#[test]
fn what_is_shared_with_oneself_is_accepted_in_the_inbox_after_a_question() {
    let desk = Fixture {
        shared: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("smith");
    bench.keys("5 tab down down y");
    assert!(bench.shows("Accept what is shared"), "{}", bench.screen());
    bench.asked();
    bench.keys("enter");
    assert!(bench.asked().contains("AcceptShare { id: \"a3\" }"));
}
