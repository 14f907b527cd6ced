//! What is cut says so, and how to read on; what is searched for by name is found by any of its names.

use super::super::backend::Reply;
use super::super::capture;
use super::super::command::Query;
use super::bench::{Bench, look};
use super::charts;
use super::fixture::Fixture;
use crate::clinical::Body;
use crate::desk::view::DemoLogin;
use crate::tui::backend::VaultState;

/// The timeline of a chart whose newest note says this, with that note selected.
fn note(text: &str) -> Bench {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right down");
    bench.rests();
    let mut chart = charts::chart("0012-7");
    for entry in chart.sections.values_mut().flatten() {
        if let Some(Body::Note(note)) = entry.typed.as_deref_mut() {
            text.clone_into(&mut note.text);
            text.lines()
                .next()
                .unwrap_or_default()
                .clone_into(&mut entry.headline);
        }
    }
    let mrn = "0012-7".to_owned();
    bench.answers(Query::Chart { mrn }, Reply::Chart(Box::new(chart)));
    bench
}

fn lines(count: usize) -> String {
    let lines: Vec<String> = (1..=count).map(|n| format!("line {n} of it")).collect();
    lines.join("\n")
}

#[test]
fn a_note_is_shown_whole_where_there_is_room_and_what_is_cut_is_said() {
    let bench = note("Fever since midnight.\n\nBlood cultures taken.");
    assert!(bench.shows("Blood cultures taken."), "{}", bench.screen());
    assert!(!bench.shows("Enter shows all"));
    let bench = note(&lines(120));
    assert!(
        bench.shows("line 2 of it") && bench.shows(" lines more, Enter shows all"),
        "{}",
        bench.screen()
    );
    let wide = capture::plain(&bench.buffer(120, 40));
    assert!(
        wide.contains("line 10 of it") && wide.contains("lines more, Enter shows all"),
        "{wide}"
    );
}

#[test]
fn a_long_note_that_is_written_says_how_much_stands_above() {
    let mut bench = note("Short.");
    bench.keys("a");
    assert!(bench.shows("Amend the note") && !bench.shows("above"));
    let mut bench = note(&lines(120));
    bench.keys("a");
    let screen = bench.screen();
    let row = screen.lines().find(|line| line.contains("lines above"));
    let row = row.unwrap_or_else(|| panic!("{screen}"));
    let above: usize = row
        .split_whitespace()
        .find_map(|word| word.parse().ok())
        .unwrap();
    assert!(!screen.contains(&format!("line {above} of it")), "{screen}");
    assert!(
        screen.contains(&format!("line {} of it", above + 1)) && screen.contains("line 120 of it"),
        "{screen}"
    );
}

#[test]
fn lists_that_go_on_below_say_so() {
    let long = Fixture {
        long: true,
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), long);
    bench.login("smith");
    bench.keys("2 enter right");
    let tabs = |bench: &Bench| {
        let screen = bench.screen();
        let tabs = screen.lines().find(|line| line.contains("TIMELINE"));
        tabs.unwrap().to_owned()
    };
    assert!(tabs(&bench).ends_with(" more"), "{}", tabs(&bench));
    bench.keys("G");
    assert!(!tabs(&bench).contains("more"), "{}", tabs(&bench));
    bench.keys(":");
    let line = |bench: &Bench| {
        let screen = bench.screen();
        let line = screen.lines().find(|line| line.contains("> "));
        line.unwrap().to_owned()
    };
    assert!(line(&bench).contains(" more"), "{}", bench.screen());
    bench.types("lock");
    bench.rests();
    assert!(!line(&bench).contains(" more"), "{}", bench.screen());
}

#[test]
fn an_action_is_found_by_its_name_and_one_of_another_place_says_where_it_is() {
    for typed in ["glass", "break", "emergency"] {
        let mut bench = Bench::of("smith");
        bench.keys("2 :");
        bench.types(typed);
        bench.rests();
        assert!(
            bench.shows("Open a chart in an emergency"),
            "{typed}\n{}",
            bench.screen()
        );
    }
    let mut bench = Bench::of("smith");
    bench.keys("2 :");
    bench.types("vital");
    bench.rests();
    assert!(
        bench.shows("not here, but in an open chart: Write vital signs, v"),
        "{}",
        bench.screen()
    );
    bench.keys("ctrl+u");
    bench.types("prune");
    bench.rests();
    assert!(bench.shows("nothing is called that"), "no doctor prunes");
}

#[test]
fn what_was_found_before_is_not_taken_for_what_a_new_query_finds() {
    let mut bench = Bench::of("smith");
    bench.keys("4");
    bench.types("dx:I10");
    bench.keys("enter");
    assert!(!bench.shows("of the last query"), "{}", bench.screen());
    bench.keys("/");
    bench.types(" bp>150");
    assert!(bench.shows("of the last query"), "{}", bench.screen());
    bench.keys("enter");
    assert!(!bench.shows("of the last query"), "{}", bench.screen());
    // Esc leads out of the line, and not back into it.
    bench.keys("/ esc esc 5");
    assert!(bench.shows("5 INBOX"), "{}", bench.screen());
}

#[test]
fn a_wide_form_without_edges_stands_alone() {
    let mut plain = look("mono");
    plain.plain = true;
    let mut bench = Bench::with(plain, Fixture::default());
    bench.login("smith");
    bench.keys("2 enter p");
    assert!(bench.shows("Prescribe"), "{}", bench.screen());
    assert!(
        !bench.shows("SUMMARY") && !bench.shows("summary") && !bench.shows("NEWS2"),
        "{}",
        bench.screen()
    );
}

#[test]
fn logins_that_do_not_fit_are_counted() {
    let mut bench = Bench::new();
    let login = |n: usize| DemoLogin {
        login: format!("user{n}"),
        role: "doctor".to_owned(),
        unit: None,
        passphrase_file: String::new(),
    };
    let vault = |logins: usize| {
        Reply::Vault(VaultState::There {
            name: "demo".to_owned(),
            demo: true,
            logins: (1..=logins).map(login).collect(),
        })
    };
    bench.answers(Query::Vault, vault(3));
    assert!(
        bench.shows("user3") && !bench.shows(" more"),
        "{}",
        bench.screen()
    );
    bench.answers(Query::Vault, vault(40));
    assert!(
        bench.shows("user1") && bench.shows(" more"),
        "{}",
        bench.screen()
    );
}
