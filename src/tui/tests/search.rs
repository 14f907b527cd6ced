//! Searching: the matches of the fixture, and how the pane behaves.

use super::super::backend::Reply;
use super::bench::Bench;
use super::fixture::at;
use super::ward;
use crate::desk::search::Place;
use crate::desk::view::{Hit, Preview, Queries, SavedQuery, SearchAnswer};

/// A query whose matches stand in charts that do not say whose they are.
const UNNAMED: &str = "whose";

/// A query whose words some candidates have, but apart.
const APART: &str = "\"asks for\"";

/// What the fixture finds whatever is asked: a first page of few, and a second of many.
pub fn page(query: &str, second: bool) -> Reply {
    let mut found: Vec<Hit> = if second {
        (0..60).map(older).collect()
    } else {
        newest()
    };
    if query == UNNAMED {
        for hit in &mut found {
            hit.mrn.clear();
            hit.name.clear();
        }
    }
    let answer = SearchAnswer {
        query: query.to_owned(),
        total: 64,
        exact: true,
        uncovered: 0,
        results: found,
        micros: 812,
        charts: if second { 17 } else { 3 },
        all_charts: second,
        opened: 0,
        rejected: if query == APART { 12 } else { 0 },
    };
    Reply::Search {
        answer: Box::new(answer),
        next: (!second).then(Place::default),
    }
}

/// What it finds on a busy ward: one long page.
pub fn busy(query: &str) -> Reply {
    let Reply::Search { mut answer, .. } = page(query, false) else {
        unreachable!("a page");
    };
    answer.results = ward::hits(&answer.results);
    answer.all_charts = true;
    Reply::Search { answer, next: None }
}

/// Kept and recent queries of whoever asks.
pub fn queries() -> Queries {
    Queries {
        saved: vec![SavedQuery {
            name: "pressure".to_owned(),
            query: "dx:I10 bp>160/100".to_owned(),
        }],
        recent: vec!["fever -drowsy".to_owned()],
    }
}

fn hit(mrn: &str, name: &str, kind: &str, created: &str, snippet: &str, entry: &str) -> Hit {
    let words = ["BP", "I10", "160/100"];
    let marks: Vec<_> = words
        .iter()
        .filter_map(|word| snippet.find(word).map(|from| from..from + word.len()))
        .collect();
    Hit {
        mrn: mrn.to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        created: at(created),
        snippet: snippet.to_owned(),
        entry: entry.to_owned(),
        author: "N. Brandt, nurse".to_owned(),
        verified: true,
        thread: format!("t-{entry}"),
        matched: vec!["bp"],
        marks: marks.clone(),
        preview: Preview {
            text: snippet.to_owned(),
            marks,
        },
    }
}

fn newest() -> Vec<Hit> {
    vec![
        hit(
            "0063-9",
            "Hyatt, Fletcher",
            "vitals",
            "2026-11-21T22:10:00Z",
            "BP 172/104 mmHg !  pulse 88 /min  NEWS2 1",
            "e1",
        ),
        hit(
            "0051-6",
            "Casper, Parker",
            "vitals",
            "2026-11-21T06:02:00Z",
            "BP 168/101 mmHg !  pulse 91 /min",
            "e88",
        ),
        hit(
            "0090-8",
            "Wisoky, Randolph",
            "note",
            "2026-11-19T14:40:00Z",
            "…above 160/100 despite two drugs, adds a third one and asks for a morning sample before the next round; the daughter will call in",
            "e3",
        ),
        hit(
            "0063-9",
            "Hyatt, Fletcher",
            "vitals",
            "2026-11-17T09:15:00Z",
            "BP 166/102 mmHg !",
            "e4",
        ),
    ]
}

fn older(n: u32) -> Hit {
    let (day, minute) = (10 - n / 8, n % 8 * 7);
    let created = format!("2026-11-{day:02}T08:{minute:02}:00Z");
    let snippet = format!(
        "BP {}/{} mmHg !  pulse {} /min",
        161 + n % 23,
        101 + n % 7,
        60 + n
    );
    hit(
        "0075-4",
        "Spencer, Austin",
        "vitals",
        &created,
        &snippet,
        &format!("o{n}"),
    )
}

fn searching() -> Bench {
    let mut bench = Bench::of("smith");
    bench.keys("4");
    bench.types("dx:I10 bp>160/100");
    bench.asked();
    bench.keys("enter");
    bench
}

#[test]
fn the_first_page_comes_alone_and_the_rest_follows_as_far_as_it_will_be_read() {
    let bench = searching();
    let asked = bench.asked();
    let pages: Vec<&str> = asked
        .lines()
        .filter(|line| line.starts_with("Search"))
        .collect();
    assert_eq!(pages.len(), 2, "{asked}");
    assert!(pages[0].contains("from: None") && pages[1].contains("from: Some"));
    assert!(bench.shows("64 entries in 17 charts · 812 µs"));
}

#[test]
fn it_says_that_nothing_else_was_opened_only_where_that_is_so() {
    let mut bench = searching();
    assert!(bench.shows("nothing else was opened"));
    bench.keys("/ ctrl+u");
    bench.types(APART);
    bench.keys("enter");
    assert!(
        bench.shows("· 12 more looked at") && !bench.shows("nothing else"),
        "{}",
        bench.screen()
    );
}

#[test]
fn a_patient_searches_their_chart_and_a_registrar_looks_for_people() {
    for (login, pane, hint) in [
        ("mejia", "4 SEARCH", "dx:I10"),
        ("okoro", "3 SEARCH", "dob:1961-04-03"),
    ] {
        let mut bench = Bench::of(login);
        bench.keys(&pane[..1]);
        assert!(bench.shows(pane) && bench.shows(hint), "{}", bench.screen());
        bench.types("name:hya*");
        bench.keys("enter enter");
        let asked = bench.asked();
        assert!(asked.contains("Chart { mrn: \"0063-9\" }"), "{asked}");
        assert!(bench.shows("2 RECORDS"), "{login}");
    }
}

#[test]
fn moving_to_the_end_of_the_list_reaches_every_match() {
    let mut bench = searching();
    bench.keys("end");
    assert!(bench.shows("BP 174/104"), "{}", bench.screen());
}

#[test]
fn enter_opens_the_chart_at_the_entry_that_was_found() {
    let mut bench = searching();
    bench.keys("down enter");
    let asked = bench.asked();
    assert!(asked.contains("Chart { mrn: \"0051-6\" }"), "{asked}");
    assert!(bench.shows("2 RECORDS"));
    assert!(bench.shows("TIMELINE"), "{}", bench.screen());
}

#[test]
fn a_match_in_a_chart_that_does_not_say_whose_it_is_tells_how_it_opens() {
    let mut bench = Bench::of("smith");
    bench.keys("4");
    bench.types(UNNAMED);
    bench.keys("enter");
    bench.asked();
    bench.keys("enter");
    assert!(bench.asked().is_empty() && bench.shows("4 SEARCH"));
    assert!(
        bench.shows("do not say whose chart this is; open it by its number"),
        "{}",
        bench.screen()
    );
}

#[test]
fn a_query_that_cannot_be_read_is_marked_under_its_column_and_asks_nobody() {
    let mut bench = Bench::of("smith");
    bench.keys("4");
    bench.types("fever (cough");
    bench.asked();
    bench.keys("enter");
    assert_eq!(bench.asked(), "");
    let screen = bench.screen();
    let rows: Vec<&str> = screen.lines().collect();
    let at = rows.iter().position(|row| row.contains("(cough")).unwrap();
    assert_eq!(rows[at].find('('), rows[at + 1].find('^'), "{screen}");
    assert!(
        bench.shows("column 7: expected a closing parenthesis"),
        "{screen}"
    );
    bench.types("x");
    assert!(!bench.shows("expected"), "editing takes the mark away");
}

#[test]
fn tab_completes_fields_with_their_meaning_and_terms_of_ones_own() {
    let mut bench = Bench::of("smith");
    bench.keys("4");
    bench.types("feve");
    bench.keys("tab");
    assert!(bench.shows("fever"));
    bench.types(" dx");
    bench.keys("tab");
    assert!(
        bench.shows("dx:  diagnoses by code") || bench.shows("dx: diagnoses by code"),
        "{}",
        bench.screen()
    );
    bench.keys("tab");
    assert!(bench.shows("fever dx:I10"), "{}", bench.screen());
}

#[test]
fn saved_and_recent_queries_are_listed_and_run_again() {
    let mut bench = Bench::of("smith");
    bench.keys("4 ctrl+r");
    assert!(
        bench.shows("pressure") && bench.shows("fever -drowsy"),
        "{}",
        bench.screen()
    );
    bench.types("pres");
    bench.keys("enter");
    assert!(
        bench.shows("64 entries") && bench.shows("saved as pressure"),
        "{}",
        bench.screen()
    );
}

#[test]
fn s_keeps_the_query_under_a_name_and_x_forgets_it() {
    let mut bench = searching();
    bench.keys("s");
    assert!(bench.shows("Keep this query"));
    bench.keys("ctrl+u");
    bench.types("high");
    bench.keys("enter");
    let asked = bench.asked();
    assert!(
        asked.contains("KeepQuery { name: \"high\", query: \"dx:I10 bp>160/100\" }"),
        "{asked}"
    );
    bench.keys("x enter");
    let asked = bench.asked();
    assert!(
        asked.contains("ForgetQuery { name: \"pressure\" }"),
        "{asked}"
    );
}

#[test]
fn f1_shows_what_a_query_may_say() {
    let mut bench = Bench::of("smith");
    bench.keys("4 f1");
    assert!(
        bench.shows("words that stand together"),
        "{}",
        bench.screen()
    );
    bench.keys("end");
    assert!(bench.shows("say in whose charts to"), "{}", bench.screen());
}

#[test]
fn the_preview_follows_when_the_selection_rests_and_marks_the_words_by_their_look() {
    use ratatui::style::Modifier;
    let mut bench = searching();
    bench.keys("down down");
    assert!(!bench.shows("will call in"), "a passer-by reads nothing");
    bench.rests();
    let buffer = bench.buffer(80, 24);
    let screen = bench.screen();
    assert!(screen.contains("will call in"), "{screen}");
    let y = screen
        .lines()
        .position(|row| row.starts_with(" …above 160/100"))
        .unwrap() as u16;
    let marked: String = (0..80)
        .filter(|x| buffer[(*x, y)].modifier.contains(Modifier::UNDERLINED))
        .map(|x| buffer[(x, y)].symbol().to_owned())
        .collect();
    assert_eq!(marked, "160/100");
}
