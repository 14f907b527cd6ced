//! What does not fit says so, and what is shown is shown whole enough to be read.

use super::super::{capture, text};
use super::bench::{Bench, look};
use super::fixture::Fixture;

fn crowded() -> Fixture {
    Fixture {
        crowded: true,
        ..Fixture::default()
    }
}

fn long() -> Fixture {
    Fixture {
        long: true,
        ..Fixture::default()
    }
}

fn of(login: &str, desk: Fixture) -> Bench {
    let mut bench = Bench::with(look("default"), desk);
    bench.login(login);
    bench
}

/// The screen in one line, so that what is wrapped is found.
fn flat(bench: &Bench, width: u16, height: u16) -> String {
    let screen = capture::plain(&bench.buffer(width, height));
    screen
        .replace('│', " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_crowded_chart_hides_nothing_without_saying_so() {
    let mut bench = of("smith", crowded());
    bench.keys("2 enter");
    for (width, height, more) in [(80, 24, "(+4 more)"), (40, 12, "(+6 more)")] {
        let screen = capture::plain(&bench.buffer(width, height));
        assert!(screen.contains(more), "{screen}");
        assert!(screen.contains("lines below"), "{screen}");
    }
    let mut read = String::new();
    for _ in 0..16 {
        read += &bench.screen();
        bench.keys("down");
    }
    for whole in [
        "Sulfamethoxazole:",
        "Stevens-Johnson",
        "+9 more",
        "+6 more",
        "Blood cultures taken",
    ] {
        assert!(read.contains(whole), "{whole}: {read}");
    }
    assert!(!bench.shows("lines below"), "{}", bench.screen());
}

#[test]
fn what_the_patient_reported_is_marked_where_it_is_shown() {
    let mut bench = of("smith", crowded());
    bench.keys("2 enter");
    for (width, height) in [(80, 24), (200, 50)] {
        let screen = flat(&bench, width, height);
        assert!(screen.contains("120/80 self-reported"), "{screen}");
        assert!(
            screen.contains("NEWS2 6 (medium) at 08:12, 5 h ago"),
            "{screen}"
        );
    }
}

#[test]
fn in_a_small_window_the_age_of_a_score_leaves_its_heading_room() {
    let mut bench = of("smith", crowded());
    bench.keys("2 enter");
    let screen = capture::plain(&bench.buffer(40, 12));
    assert!(
        screen.contains("Vitals ") && screen.contains("NEWS2 6 (medium), 5 h ago"),
        "{screen}"
    );
}

#[test]
fn a_date_is_shown_as_precisely_as_it_was_written() {
    let mut bench = of("smith", crowded());
    bench.keys("2 enter right right right");
    let screen = bench.screen();
    assert!(screen.contains(" 2025        "), "{screen}");
    assert!(screen.contains(" 2026-11-20  "), "{screen}");
    assert!(
        !screen.contains("2025-01-01") && !screen.contains("00:00"),
        "{screen}"
    );
}

#[test]
fn the_first_run_explains_itself_whole() {
    let empty = Fixture {
        empty: true,
        ..Fixture::default()
    };
    let bench = Bench::with(look("default"), empty);
    for (width, height) in [(80, 24), (40, 12)] {
        let screen = flat(&bench, width, height);
        for whole in [
            "a synthetic hospital to look around in; nothing in it is real",
            "for real use: the first admin, the shares for the custodians",
        ] {
            assert!(screen.contains(whole), "{screen}");
        }
    }
}

#[test]
fn every_choice_of_a_form_is_in_sight() {
    let mut bench = of("lind", long());
    bench.keys("2 i");
    let screen = flat(&bench, 80, 24);
    assert!(
        screen.contains("Put lind0 into a unit") || screen.contains("into a unit"),
        "{screen}"
    );
    assert!(screen.contains("1 Ward 0 north 2 Ward 1 north"), "{screen}");
    assert!(screen.contains("20 Ward 19 north"), "{screen}");
    bench.keys("esc n");
    bench.types("new");
    bench.keys("tab");
    bench.types("New One");
    bench.keys("tab");
    bench.types("porter");
    bench.keys("f2");
    let screen = flat(&bench, 80, 24);
    let roles = "doctor, nurse, pharmacist, registrar, patient, admin, auditor";
    assert!(
        screen.contains(&format!("`porter` is none of {roles}")),
        "{screen}"
    );
}

#[test]
fn a_form_says_that_fields_are_out_of_sight() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter p");
    let screen = capture::plain(&bench.buffer(80, 12));
    assert!(screen.contains("more below"), "{screen}");
    bench.keys("backtab");
    let screen = capture::plain(&bench.buffer(80, 12));
    assert!(screen.contains("instructions"), "{screen}");
    assert!(screen.contains("more above"), "{screen}");
    let screen = bench.screen();
    assert!(
        screen.contains("instructions") || screen.contains("more below"),
        "{screen}"
    );
}

#[test]
fn breaking_the_glass_says_how_long_a_reason_is() {
    let mut bench = Bench::of("smith");
    bench.keys("2 B");
    assert!(bench.shows("at least 10 characters"), "{}", bench.screen());
}

#[test]
fn panes_are_offered_by_name_and_only_those_that_there_are() {
    let mut bench = Bench::of("brandt");
    bench.keys(":");
    bench.types("go to");
    bench.rests();
    for pane in ["Go to Home", "Go to Records", "Go to Search", "Go to Inbox"] {
        assert!(bench.shows(pane), "{}", bench.screen());
    }
    assert!(
        !bench.shows("pane") && !bench.shows("Pharmacy"),
        "{}",
        bench.screen()
    );
    bench.keys("esc ?");
    assert!(bench.shows("Go to Records"), "{}", bench.screen());
}

#[test]
fn an_auditor_is_not_told_to_back_up() {
    let mut bench = Bench::of("vega");
    bench.keys("2 right right right");
    assert!(
        bench.shows("this screen: v verifies."),
        "{}",
        bench.screen()
    );
    let mut bench = Bench::of("lind");
    bench.keys("2 right right right");
    assert!(bench.shows("v verifies, b backs up."), "{}", bench.screen());
}

#[test]
fn only_keys_that_wait_for_it_are_certified() {
    let mut bench = Bench::of("lind");
    bench.keys("2 a");
    assert!(
        bench.shows("smith is active; there is nothing to certify"),
        "{}",
        bench.screen()
    );
    assert!(!bench.shows("Certify smith"));
    bench.keys("down down down a");
    assert!(bench.shows("Certify okoro"), "{}", bench.screen());
}

#[test]
fn the_sections_of_an_access_stand_in_one_column_and_are_spelt_out_below() {
    let mut bench = of("smith", long());
    bench.keys("5 tab");
    bench.rests();
    let screen = bench.screen();
    let columns: Vec<usize> = screen
        .lines()
        .filter_map(|line| {
            line.split_once(" id cl")
                .map(|(before, _)| text::width(before))
        })
        .collect();
    assert!(columns.len() > 5, "{screen}");
    assert!(
        columns.windows(2).all(|pair| pair[0] == pair[1]),
        "{screen}"
    );
    assert!(screen.contains("(identity, clinical)"), "{screen}");
}

#[test]
fn a_pharmacy_reads_strengths_and_units_whole() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2");
    let screen = bench.screen();
    for whole in [
        "amoxicillin 500 mg",
        "simvastatin 40 mg",
        "metformin 500 mg",
        "oxycodone 5 mg CD",
    ] {
        let row = |line: &str| line.starts_with(['!', ' ']) && line.contains('-');
        assert!(
            screen
                .lines()
                .filter(|line| row(line))
                .any(|line| line.contains(whole)),
            "{whole}: {screen}"
        );
    }
    bench.keys("3");
    assert!(
        bench.shows("140 capsule") && bench.shows("1425 tablet"),
        "{}",
        bench.screen()
    );
}

#[test]
fn a_counter_with_many_checks_says_how_many_it_does_not_show() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2");
    let screen = capture::plain(&bench.buffer(80, 12));
    assert!(screen.contains("more, Enter shows all"), "{screen}");
    assert!(screen.contains("STOP penicillin allergy"), "{screen}");
    assert!(screen.contains("more lines, Enter shows all"), "{screen}");
}
