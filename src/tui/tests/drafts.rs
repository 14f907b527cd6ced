//! What is being typed: kept on a pause and on a lock, offered again, gone once it is signed or thrown away.

use jiff::SignedDuration;

use super::super::backend::Reply;
use super::super::command::{Command, Query, Ticket};
use super::super::msg::Msg;
use super::bench::{Bench, look};
use super::fixture::Fixture;
use crate::desk::view::{Draft, DraftKind, Stamp};

fn texts(bench: &Bench) -> Vec<(u64, String)> {
    let kept = bench.desk.kept.lock().unwrap();
    let text = |draft: &Draft| {
        let fields = draft.fields.iter().map(|(_, text)| text.as_str());
        fields.collect::<Vec<_>>().join("|")
    };
    kept.iter()
        .map(|keep| (keep.turn, text(&keep.draft)))
        .collect()
}

fn pass(bench: &mut Bench, millis: i64) {
    bench.now = Stamp(bench.now.0 + SignedDuration::from_millis(millis));
    if bench.app.deadline().is_some_and(|due| due <= bench.now) {
        bench.send(Msg::Tick);
    }
}

fn draft(fields: &[(&str, &str)], kind: DraftKind) -> Draft {
    let fields = fields.iter();
    Draft {
        kind,
        mrn: Some("0012-7".to_owned()),
        amends: None,
        begun: 7,
        changed: 1_795_356_120_000,
        fields: fields
            .map(|(label, text)| ((*label).to_owned(), (*text).to_owned()))
            .collect(),
    }
}

fn back_to(drafts: Vec<Draft>) -> Bench {
    let desk = Fixture {
        drafts,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("smith");
    bench
}

#[test]
fn a_text_is_kept_at_a_pause_and_while_nobody_pauses_every_few_seconds() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter w enter");
    pass(&mut bench, 5_000);
    assert_eq!(texts(&bench), [], "nothing was typed yet");
    bench.types("Seen");
    pass(&mut bench, 999);
    assert_eq!(texts(&bench), []);
    pass(&mut bench, 1);
    assert_eq!(texts(&bench), [(1, "Seen".to_owned())]);
    pass(&mut bench, 9_000);
    assert_eq!(texts(&bench).len(), 1, "the same text is not kept twice");
    for c in "on the ward".chars() {
        bench.types(&c.to_string());
        pass(&mut bench, 900);
    }
    assert_eq!(texts(&bench).len(), 2, "{:?}", texts(&bench));
}

#[test]
fn a_lock_keeps_what_is_typed_and_shows_nothing_of_it() {
    for lock in ["ctrl+l", "idle", "leave"] {
        let mut bench = Bench::of("smith");
        bench.keys("2 enter w enter");
        bench.types("Trireme");
        match lock {
            "leave" => bench.send(Msg::Leave),
            "idle" => {
                bench.now = Stamp(bench.now.0 + SignedDuration::from_mins(11));
                bench.send(Msg::Tick);
            }
            keys => bench.keys(keys),
        }
        assert_eq!(texts(&bench), [(1, "Trireme".to_owned())], "{lock}");
        assert!(bench.app.shell.seat.is_none() && bench.app.shell.drafts.is_empty());
        assert!(!bench.shows("Trireme"));
        assert!(!bench.asked().contains("Trireme"), "in no debug output");
    }
}

#[test]
fn what_was_begun_is_offered_after_the_login_and_goes_on_where_it_stood() {
    let note = draft(&[("text", "Trireme\nin the bay")], DraftKind::Note);
    let mut bench = back_to(vec![note]);
    assert!(bench.shows("You had not finished"), "{}", bench.screen());
    assert!(
        bench.shows("continue note for 0012-7 of"),
        "{}",
        bench.screen()
    );
    bench.keys("enter");
    assert!(bench.shows("Note  0012-7  Mejía, Gustavo") && bench.shows("in the bay"));
    // Looked at and left, it stays.
    bench.asked();
    bench.keys("esc");
    assert!(!bench.shows("Note  0012-7"));
    assert!(!bench.asked().contains("DropDraft"));
    bench.keys("g d enter");
    bench.types(" here");
    bench.keys("f2");
    let asked = bench.asked();
    assert!(asked.contains("in the bay here"), "{asked}");
    assert!(asked.contains("gone: Some(Keep { turn: 2"), "{asked}");
    assert!(bench.app.shell.drafts.is_empty());
    bench.keys("g d");
    assert!(bench.shows("nothing is left unfinished"));
}

/// Asks for the drafts as a login does, and gets no answer yet.
fn asks_for_drafts(bench: &mut Bench) -> Ticket {
    bench.app.shell.ask(Query::Drafts);
    let commands = bench.app.shell.commands();
    let [Command::Ask { ticket, .. }] = commands[..] else {
        panic!("{commands:?}");
    };
    ticket
}

#[test]
fn drafts_that_are_found_late_take_no_keys_and_no_draft_away() {
    let mut bench = Bench::of("smith");
    let ticket = asks_for_drafts(&mut bench);
    bench.keys("2 enter w enter");
    bench.types("Trireme");
    pass(&mut bench, 1_000);
    let vitals = draft(&[("pulse", "104")], DraftKind::Vitals);
    bench.send(Msg::Loaded {
        ticket,
        reply: Ok(Reply::Drafts(vec![vitals])),
    });
    assert!(!bench.shows("You had not finished"), "{}", bench.screen());
    bench.types(" 2");
    assert!(bench.shows("Trireme 2"), "{}", bench.screen());
    assert_eq!(bench.app.shell.drafts.len(), 2);
    bench.asked();
    bench.keys("esc esc");
    assert!(bench.asked().contains("DropDraft"));
    assert_eq!(
        bench.app.shell.drafts.len(),
        1,
        "what was found is still there"
    );
    bench.keys("v");
    assert!(bench.shows("continue vital signs"), "{}", bench.screen());

    // Nor does it take the keys of who is looking for something.
    let mut bench = Bench::of("smith");
    let ticket = asks_for_drafts(&mut bench);
    bench.keys("2 /");
    let note = draft(&[("text", "Trireme")], DraftKind::Note);
    bench.send(Msg::Loaded {
        ticket,
        reply: Ok(Reply::Drafts(vec![note])),
    });
    bench.types("0012");
    bench.rests();
    assert!(bench.shows("1 of 10"), "{}", bench.screen());
    bench.keys("esc 1");
    assert!(bench.shows("1 unfinished"), "{}", bench.screen());
}

#[test]
fn beginning_the_same_again_offers_the_draft_first_and_throwing_it_away_begins_anew() {
    let vitals = draft(&[("pulse", "104")], DraftKind::Vitals);
    let mut bench = back_to(vec![vitals]);
    bench.keys("esc 2 enter v");
    assert!(
        bench.shows("continue vital signs for 0012-7 of"),
        "{}",
        bench.screen()
    );
    assert!(bench.shows(": 104") && bench.shows("begin anew"));
    bench.keys("enter");
    assert!(
        bench.shows("Vital signs") && bench.shows("104"),
        "{}",
        bench.screen()
    );
    bench.keys("esc v 2 enter");
    assert!(bench.shows("Throw a draft away"));
    assert!(!bench.asked().contains("DropDraft"), "it asks first");
    bench.keys("y");
    assert!(bench.asked().contains("DropDraft"));
    assert!(
        bench.shows("Vital signs") && !bench.shows("104"),
        "{}",
        bench.screen()
    );
    // Another chart's draft is none of this one's.
    let mut other = draft(&[("pulse", "88")], DraftKind::Vitals);
    other.mrn = Some("0044-1".to_owned());
    let mut bench = back_to(vec![other]);
    bench.keys("esc 2 enter v");
    assert!(bench.shows("Vital signs") && !bench.shows("88"));
}

#[test]
fn esc_twice_throws_a_draft_away() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter w enter");
    bench.types("Trireme");
    pass(&mut bench, 1_000);
    bench.keys("esc");
    assert!(bench.shows("Esc again"));
    bench.asked();
    bench.keys("esc");
    assert!(bench.asked().contains("DropDraft"));
    assert!(bench.app.shell.drafts.is_empty());
    // A form warns too, where something was typed.
    bench.keys("v");
    bench.types("120");
    bench.keys("esc");
    assert!(bench.shows("Esc again") && bench.shows("Vital signs"));
    bench.types("5");
    assert!(bench.shows("1205") && !bench.shows("Esc again"));
    bench.keys("esc esc");
    assert!(!bench.shows("Vital signs"));
}

#[test]
fn an_act_that_fails_leaves_the_text_on_the_screen_and_in_the_drafts() {
    let desk = Fixture {
        refuses: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("smith");
    bench.keys("2 enter w enter");
    bench.types("Trireme");
    bench.keys("f2");
    assert!(
        bench.shows("your keys do not open it"),
        "{}",
        bench.screen()
    );
    bench.keys("esc");
    assert!(bench.shows("Note  0012-7") && bench.shows("Trireme"));
    assert_eq!(texts(&bench).len(), 1);
    assert_eq!(bench.app.shell.drafts.len(), 1);
}

#[test]
fn a_wrong_passphrase_is_said_at_its_field_and_the_order_is_gone_once_it_is_signed() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter p");
    bench.types("amoxicillin");
    bench.keys("f2");
    assert!(bench.shows("Sign this prescription"));
    bench.types("no alternative");
    bench.keys("enter");
    bench.types("incorrect horse");
    bench.keys("enter");
    assert!(
        bench.shows("! passphrase: the passphrase is wrong"),
        "{}",
        bench.screen()
    );
    assert!(bench.shows("Sign this prescription"));
    // Esc goes back to the order, with all that was typed.
    bench.keys("esc");
    assert!(!bench.shows("Sign this prescription") && bench.shows("amoxicillin"));
    bench.keys("f2");
    bench.types("no alternative");
    bench.keys("enter");
    bench.types("correct horse");
    bench.keys("enter");
    assert!(bench.shows("written and signed"), "{}", bench.screen());
    assert!(!bench.shows("how often"), "the order closed as well");
    assert!(bench.app.shell.drafts.is_empty());
    bench.keys("ctrl+l");
    let asked = bench.asked();
    let signed = asked.rfind("gone: Some(Keep { turn: ").unwrap();
    let gone: u64 = asked[signed + 24..]
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let last = texts(&bench).last().unwrap().0;
    assert!(
        last < gone,
        "nothing kept after it was gone: {:?}",
        texts(&bench)
    );
}
