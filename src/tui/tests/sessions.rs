//! Who is at the terminal: logging in, locking, leaving, and answers that come when somebody else is there.

use crossterm::event::KeyCode;
use jiff::SignedDuration;

use super::super::backend::{Failure, Reply};
use super::super::command::{Act, Command, JobId, Ticket, Topic};
use super::super::job::Job;
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
        bench.now = Stamp(bench.now.0 + SignedDuration::from_hours(1));
        bench.send(Msg::Tick);
        assert!(bench.app.shell.seat.is_none());
        assert_eq!(bench.shows("mejia"), keeps, "{}", bench.screen());
        assert_eq!(bench.shows("no key was pressed"), keeps);
    }
}

#[test]
fn leaving_while_work_goes_on_asks_first_and_a_signal_does_not() {
    let mut bench = Bench::of("lind");
    let job = Job::new(JobId(7), "Back up", bench.now);
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
