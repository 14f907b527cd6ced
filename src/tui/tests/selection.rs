//! What is selected stays selected while the rows change around it: the next key must meet what its user saw.

use ratatui::style::Modifier;

use super::super::backend::Reply;
use super::super::capture;
use super::super::command::Query;
use super::super::msg::Msg;
use super::bench::{Bench, look};
use super::fixture::{Fixture, at};
use super::{charts, people, prescriptions};
use crate::desk::view::{EntryView, RxState};

/// The selected row.
fn selected(bench: &Bench) -> String {
    let buffer = bench.buffer(80, 24);
    let text = capture::plain(&buffer);
    let reversed = |y: &u16| buffer[(2, *y)].modifier.contains(Modifier::REVERSED);
    let rows: Vec<&str> = (3..23)
        .filter(reversed)
        .filter_map(|y| text.lines().nth(usize::from(y)))
        .collect();
    assert_eq!(rows.len(), 1, "{text}");
    rows[0].to_owned()
}

fn assert_selected(bench: &Bench, what: &str) {
    let row = selected(bench);
    assert!(row.contains(what), "{what}: {row}\n{}", bench.screen());
}

#[test]
fn an_entry_stays_selected_while_others_are_written_and_as_its_own_next_version() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right down down");
    let row = selected(&bench);
    let mut chart = charts::chart("0012-7");
    let clinical = chart.sections.get_mut("clinical").unwrap();
    let newest = EntryView {
        entry: "e99".to_owned(),
        thread: "t99".to_owned(),
        created: at("2026-11-22T14:01:00Z"),
        headline: "latex: wheezing".to_owned(),
        seq: 99,
        ..clinical[0].clone()
    };
    clinical.push(newest);
    let mrn = || Query::Chart {
        mrn: "0012-7".to_owned(),
    };
    bench.answers(mrn(), Reply::Chart(Box::new(chart.clone())));
    assert!(bench.shows("latex: wheezing"), "{}", bench.screen());
    assert_eq!(selected(&bench), row);
    // The same thread under the id of its next version.
    bench.asked();
    bench.keys("h");
    let asked = bench.asked();
    let thread = asked.split('"').nth(1).unwrap().to_owned();
    bench.keys("esc");
    // The version before it stays in the list.
    let mut entries = chart.sections.values_mut();
    let section = entries
        .find(|section| section.iter().any(|entry| entry.thread == thread))
        .unwrap();
    let before = section
        .iter_mut()
        .find(|entry| entry.thread == thread)
        .unwrap();
    before.versions = 2;
    let after = EntryView {
        entry: "e100".to_owned(),
        headline: "amended".to_owned(),
        version: 2,
        seq: 100,
        ..before.clone()
    };
    section.push(after);
    bench.answers(mrn(), Reply::Chart(Box::new(chart)));
    assert_selected(&bench, "amended");
}

#[test]
fn a_prescription_stays_selected_when_another_leaves_the_queue() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2 down down");
    assert_selected(&bench, "Spencer");
    // A colleague refuses the first one: the row moves up, the selection with it.
    let mut lines = prescriptions::rx_lines();
    lines[0].state = RxState::Refused;
    bench.answers(Query::Rxs, Reply::Rxs(lines.clone()));
    assert_selected(&bench, "Spencer");
    // The selected one is gone: what comes after it has its place.
    lines[2].state = RxState::Refused;
    bench.answers(Query::Rxs, Reply::Rxs(lines));
    assert_selected(&bench, "Wisoky");
}

#[test]
fn handing_over_what_is_gone_meanwhile_hands_over_nothing_else() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2 down");
    // Its prescription was asked for and has not come when the list comes without it.
    let mut lines = prescriptions::rx_lines();
    lines[1].state = RxState::Refused;
    let ticket = bench.asks("enter");
    bench.answers(Query::Rxs, Reply::Rxs(lines));
    let late = Reply::Rx(Box::new(prescriptions::rx_view("r2")));
    bench.send(Msg::Loaded {
        ticket,
        reply: Ok(late),
    });
    assert!(bench.app.shell.popups.is_empty(), "{}", bench.screen());
    assert_selected(&bench, "Spencer");
}

#[test]
fn a_chart_stays_selected_when_another_comes_before_it_and_when_a_filter_goes() {
    let mut bench = Bench::of("smith");
    bench.keys("2 down down");
    assert_selected(&bench, "Casper");
    let mut lines = charts::lines();
    let mut admitted = lines[0].clone();
    (admitted.mrn, admitted.name) = ("0101-3".to_owned(), "Abarca, Lucía".to_owned());
    lines.insert(0, admitted);
    bench.answers(Query::Charts, Reply::Charts(lines));
    assert_selected(&bench, "Casper");
    bench.keys("/");
    bench.types("hya");
    bench.keys("enter esc esc");
    assert!(bench.shows("11 charts"), "{}", bench.screen());
    assert_selected(&bench, "Hyatt");
}

#[test]
fn a_new_filter_does_not_go_on_with_the_last_ones_letters() {
    let mut bench = Bench::of("smith");
    bench.keys("2 /");
    bench.types("hya");
    bench.rests();
    bench.keys("enter esc /");
    bench.types("til");
    bench.rests();
    assert!(
        bench.shows("1 of 10") && bench.shows("Tillman"),
        "{}",
        bench.screen()
    );
}

#[test]
fn what_waits_stays_selected_also_when_it_is_folded_with_another() {
    let mut bench = Bench::of("smith");
    bench.keys("down");
    assert_selected(&bench, "held: allergy");
    let mut notices = bench.app.shell.notices.clone();
    let mut newest = notices[0].clone();
    newest.id = "a9".to_owned();
    newest.from = "Dr Hyde".to_owned();
    notices.insert(0, newest);
    bench.answers(Query::Inbox, Reply::Inbox(notices.clone()));
    assert_selected(&bench, "held: allergy");
    let mut like = notices[2].clone();
    like.id = "r7".to_owned();
    like.text = "held: dose?".to_owned();
    notices.insert(0, like);
    bench.answers(Query::Inbox, Reply::Inbox(notices));
    assert_selected(&bench, "2 ×");
    let mut bench = Bench::with(look("default"), Fixture::default());
    bench.login("smith");
    bench.keys("6 tab down");
    let row = selected(&bench);
    let mut lines = people::accesses();
    lines.reverse();
    bench.answers(Query::Access, Reply::Access(lines));
    assert_eq!(selected(&bench), row);
}

#[test]
fn a_user_stays_selected_when_another_is_invited() {
    let mut bench = Bench::of("lind");
    bench.keys("2 down");
    let row = selected(&bench);
    let mut users = people::users();
    users.reverse();
    bench.answers(Query::Users, Reply::Users(users));
    assert_eq!(selected(&bench), row);
}
