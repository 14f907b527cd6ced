//! Message in, commands out.

use crossterm::event::KeyCode;
use jiff::SignedDuration;

use super::super::backend::{Failure, Reply};
use super::super::command::{Act, Command, Ticket, Topic};
use super::super::msg::Msg;
use super::bench::{Bench, look};
use super::fixture::Fixture;
use crate::desk::view::Stamp;

fn later(bench: &mut Bench, seconds: i64) {
    bench.now = Stamp(bench.now.0 + SignedDuration::from_secs(seconds));
}

#[test]
fn user_tab_passphrase_enter_opens_the_session() {
    let mut bench = Bench::new();
    bench.types("smith");
    bench.keys("tab");
    bench.types("correct horse");
    assert!(
        !bench.screen().contains("correct"),
        "a passphrase is never on the screen"
    );
    bench.keys("enter");
    assert_eq!(bench.app.shell.login(), "smith");
    assert!(bench.shows("Dr Helen Smith, doctor"));
    assert!(
        !bench.asked().contains("correct horse"),
        "a passphrase is in no debug output"
    );
}

#[test]
fn a_wrong_passphrase_says_so_and_empties_the_field() {
    let mut bench = Bench::new();
    bench.types("smith");
    bench.keys("enter");
    bench.types("wrong");
    bench.keys("enter");
    assert!(bench.shows("user or passphrase is wrong"));
    assert!(!bench.shows("•"));
    assert!(bench.app.shell.seat.is_none());
}

#[test]
fn moving_along_the_charts_opens_none() {
    let mut bench = Bench::of("smith");
    bench.keys("2");
    bench.asked();
    bench.keys("down down up");
    assert_eq!(bench.asked(), "");
    bench.keys("enter");
    assert!(bench.asked().contains("Chart { mrn: \"0044-1\" }"));
}

#[test]
fn beside_the_selected_name_stands_that_persons_chart_or_none() {
    let mut bench = Bench::of("smith");
    let shows = |bench: &Bench, text: &str| {
        let wide = super::super::capture::plain(&bench.buffer(120, 40));
        wide.contains(text)
    };
    bench.keys("2 enter esc");
    assert!(shows(&bench, "SUMMARY") && shows(&bench, "ALLERGY"));
    bench.keys("down");
    assert!(!shows(&bench, "SUMMARY"));
    bench.keys("up");
    assert!(!shows(&bench, "SUMMARY"), "it takes Enter to look again");
    bench.keys("enter");
    assert!(shows(&bench, "SUMMARY"));
}

#[test]
fn at_80_columns_the_list_and_the_chart_take_turns_and_the_way_back_looks_at_nothing() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter");
    assert!(bench.shows("SUMMARY") && !bench.shows("Abshire"));
    bench.keys("esc");
    assert!(!bench.shows("SUMMARY") && bench.shows("Abshire"));
    bench.asked();
    bench.keys("enter");
    assert!(bench.shows("SUMMARY"));
    assert!(!bench.asked().contains("Chart"), "it was open");
}

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
fn amending_a_note_begins_with_its_text() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right down a");
    assert!(bench.shows("Amend the note") && bench.shows("Fever since midnight"));
    bench.types(" Better now.");
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    assert!(asked.contains("productive cough. Better now."), "{asked}");
}

#[test]
fn typing_narrows_the_charts_by_name_and_number() {
    let mut bench = Bench::of("smith");
    bench.keys("2 /");
    bench.types("hya");
    assert!(bench.shows("10 of 10"), "the list waits until typing rests");
    bench.rests();
    assert!(bench.shows("1 of 10") && bench.shows("Hyatt") && !bench.shows("Tillman"));
    bench.keys("ctrl+u");
    bench.types("0081");
    bench.rests();
    assert!(bench.shows("Tillman") && !bench.shows("Hyatt"));
    bench.keys("esc");
    assert!(bench.shows("10 charts"));
    // Whoever presses Enter at once means what was typed, and not the row that is still marked.
    bench.keys("/");
    bench.types("hya");
    bench.asked();
    bench.keys("enter");
    let asked = bench.asked();
    assert!(asked.contains("0063-9"), "{asked}");
    bench.keys("esc :");
    bench.types("lock and drop");
    bench.keys("enter");
    assert!(bench.app.shell.seat.is_none());
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
fn amending_begins_with_what_was_written() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right right a");
    assert!(
        bench.shows("148") && bench.shows("92"),
        "{}",
        bench.screen()
    );
    bench.asked();
    bench.keys("f2");
    assert!(bench.asked().contains("Amend { entry: \"e90\""));
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
fn locking_drops_everything_decrypted_and_keeps_the_name() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter ctrl+l");
    assert!(bench.asked().ends_with("Lock"));
    let screen = bench.screen();
    assert!(
        !screen.contains("Mejía") && !screen.contains("BP") && screen.contains("smith"),
        "{screen}"
    );
    bench.types("correct horse");
    bench.keys("enter 2");
    assert!(
        bench.shows("Enter opens the selected chart"),
        "the chart is not open any more"
    );
}

#[test]
fn an_idle_session_counts_down_and_locks() {
    let mut bench = Bench::of("smith");
    assert!(bench.shows("lock 10 min"));
    later(&mut bench, 545);
    bench.send(Msg::Tick);
    assert!(bench.shows("locks in 60 s"), "{}", bench.screen());
    later(&mut bench, 20);
    bench.send(Msg::Tick);
    assert!(bench.shows("locks in 40 s"));
    later(&mut bench, 36);
    bench.send(Msg::Tick);
    assert!(bench.app.shell.seat.is_none());
    assert!(bench.shows("no key was pressed"));
    assert_eq!(
        bench.app.deadline(),
        None,
        "nobody is here: nothing to wake for"
    );
}

#[test]
fn a_key_puts_the_lock_off() {
    let mut bench = Bench::of("smith");
    later(&mut bench, 590);
    bench.keys("down");
    later(&mut bench, 590);
    bench.send(Msg::Tick);
    assert!(bench.app.shell.seat.is_some());
}

#[test]
fn a_key_after_the_time_locks_and_does_nothing_else() {
    // The machine slept: no clock woke the program before the key did.
    for input in [
        Msg::Key(KeyCode::Down.into()),
        Msg::Paste("correct horse".to_owned()),
    ] {
        let mut bench = Bench::of("smith");
        bench.keys("2 enter w enter");
        bench.types("Trireme");
        later(&mut bench, 3600);
        bench.send(input);
        assert!(bench.app.shell.seat.is_none(), "{}", bench.screen());
        assert!(bench.shows("no key was pressed"), "{}", bench.screen());
        assert!(!bench.shows("correct") && !bench.shows("•"));
        let kept = bench.desk.kept.lock().unwrap();
        let texts: Vec<&str> = kept.iter().map(|k| k.draft.fields[0].1.as_str()).collect();
        assert_eq!(texts, ["Trireme"]);
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_the_session_open() {
    let mut bench = Bench::of("smith");
    later(&mut bench, 300);
    bench.send(Msg::Tick);
    later(&mut bench, -86_400);
    bench.send(Msg::Tick);
    assert_eq!(
        bench.app.shell.left(),
        Some(SignedDuration::from_secs(300)),
        "what passed stays passed"
    );
    later(&mut bench, 301);
    bench.send(Msg::Tick);
    assert!(bench.app.shell.seat.is_none());
}

#[test]
fn an_answer_of_the_session_before_is_dropped() {
    let mut bench = Bench::of("smith");
    let old = Ticket {
        topic: Topic::Inbox,
        generation: 1,
    };
    bench.send(Msg::Loaded {
        ticket: old,
        reply: Ok(Reply::Inbox(vec![])),
    });
    assert!(
        !bench.app.shell.notices.is_empty(),
        "a stale answer must not replace the newer one"
    );
}

/// Asks for an act whose answer does not come yet.
fn asks_for_an_act(bench: &mut Bench) -> Ticket {
    bench.app.shell.act(Act::Deliver { shown: vec![] });
    let commands = bench.app.shell.commands();
    let [Command::Ask { ticket, .. }] = commands[..] else {
        panic!("{commands:?}");
    };
    ticket
}

#[test]
fn the_answer_to_an_act_is_for_the_session_that_asked_alone() {
    for next in [None, Some("brandt"), Some("smith")] {
        let mut bench = Bench::of("smith");
        let ticket = asks_for_an_act(&mut bench);
        bench.keys("ctrl+l");
        if let Some(next) = next {
            // The login has the name of who was here.
            bench.keys("up ctrl+u");
            bench.login(next);
        }
        let replies = [
            Ok(Reply::Done("secret line".to_owned())),
            Err(Failure {
                code: "busy".to_owned(),
                message: "secret line".to_owned(),
                hint: None,
                causes: Vec::new(),
            }),
        ];
        for reply in replies {
            bench.send(Msg::Loaded { ticket, reply });
            assert!(!bench.shows("secret line"), "{next:?}\n{}", bench.screen());
        }
    }
    let mut bench = Bench::of("smith");
    bench.keys("ctrl+l up ctrl+u");
    bench.login("smith");
    let first = asks_for_an_act(&mut bench);
    asks_for_an_act(&mut bench);
    bench.send(Msg::Loaded {
        ticket: first,
        reply: Ok(Reply::Done("keys delivered".to_owned())),
    });
    assert!(
        bench.shows("keys delivered"),
        "an act that another one overtook is answered, too"
    );
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
fn leaving_while_work_goes_on_asks_first_and_a_signal_does_not() {
    let mut bench = Bench::of("lind");
    let job = super::super::job::Job::new(super::super::command::JobId(7), "Back up", bench.now);
    bench.app.shell.jobs.push(job);
    bench.keys("q");
    assert!(bench.shows("Work is going on"));
    bench.keys("esc");
    bench.rest.clear();
    bench.send(Msg::Leave);
    assert!(bench.app.has_left());
    assert!(
        matches!(
            bench.rest[..],
            [
                Command::Lock { .. },
                Command::Cancel(_),
                Command::Lock { .. },
                Command::Quit
            ]
        ),
        "{:?}",
        bench.rest
    );
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
fn a_kiosk_has_no_quit_and_no_palette() {
    let mut kiosk = look("default");
    kiosk.kiosk = true;
    let mut bench = Bench::with(kiosk, Fixture::default());
    bench.keys("ctrl+c");
    assert!(!bench.app.has_left());
    bench.login("mejia");
    bench.keys("q");
    bench.keys(":");
    assert!(!bench.app.has_left() && bench.app.shell.popups.is_empty());
}

#[test]
fn a_kiosk_forgets_who_was_there_and_a_ward_terminal_keeps_the_name() {
    for (kiosk, keeps) in [(true, false), (false, true)] {
        let mut look = look("default");
        look.kiosk = kiosk;
        let mut bench = Bench::with(look, Fixture::default());
        bench.login("mejia");
        bench.keys("ctrl+l");
        assert_eq!(bench.shows("mejia"), keeps, "{}", bench.screen());
        bench.keys("ctrl+u");
        bench.login("mejia");
        bench.now = Stamp(bench.now.0 + jiff::SignedDuration::from_hours(1));
        bench.send(Msg::Tick);
        assert!(bench.app.shell.seat.is_none());
        assert_eq!(bench.shows("mejia"), keeps, "{}", bench.screen());
        assert_eq!(bench.shows("no key was pressed"), keeps);
    }
}

#[test]
fn a_vault_that_does_not_open_says_why_at_once() {
    let altered = Fixture {
        altered: true,
        ..Fixture::default()
    };
    let bench = Bench::with(look("default"), altered);
    assert!(
        bench.shows("the vault's file was altered") && bench.shows("restore from a backup"),
        "{}",
        bench.screen()
    );
}

#[test]
fn the_first_run_offers_a_demonstration_or_a_vault() {
    let empty = Fixture {
        empty: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), empty);
    assert!(bench.shows("There is no vault yet") && bench.shows("/srv/chartseal"));
    bench.keys("down enter");
    assert!(bench.shows("Make a vault"));
    bench.types("lind");
    bench.keys("enter");
    bench.types("short");
    bench.keys("enter");
    bench.types("short");
    bench.keys("f2");
    assert!(bench.shows("at least 12 characters"), "{}", bench.screen());
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
