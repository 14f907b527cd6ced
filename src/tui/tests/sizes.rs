//! No window is too small.

use ratatui::layout::Rect;

use super::super::render::SMALLEST;
use super::bench::Bench;
use super::fixture::PEOPLE;

#[test]
fn no_pane_of_any_role_panics_at_any_size_from_nothing_up() {
    for (login, ..) in PEOPLE {
        let mut bench = Bench::of(login);
        for pane in 1..=bench.app.panes().len() {
            if pane > 1 {
                bench.keys("esc");
            }
            bench.keys(&pane.to_string());
            every_size(&bench, &format!("{login} pane {pane}"));
        }
    }
}

#[test]
fn no_popup_and_no_tab_panics_at_any_size() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter");
    for _ in 0..7 {
        bench.keys("right");
        every_size(&bench, "tab");
    }
    for keys in [
        "?",
        ":",
        "w",
        "v",
        "p",
        "g w",
        "right enter",
        "right right a",
    ] {
        bench.keys(keys);
        every_size(&bench, keys);
        bench.keys("esc esc");
        if !bench
            .app
            .contexts()
            .contains(&super::super::action::Context::Chart)
        {
            bench.keys("enter");
        }
    }
    let mut bench = Bench::of("adeyemi");
    bench.keys("2 enter");
    every_size(&bench, "dispense");
    let mut bench = Bench::of("lind");
    for keys in ["2", "D", "esc", "n", "esc", "right", "right", "v", "enter"] {
        bench.keys(keys);
        every_size(&bench, keys);
    }
}

#[test]
fn the_login_and_the_first_run_panic_at_no_size() {
    every_size(&Bench::new(), "login");
    let empty = super::fixture::Fixture {
        empty: true,
        ..Default::default()
    };
    every_size(
        &Bench::with(super::bench::look("default"), empty),
        "first run",
    );
}

#[test]
fn below_the_smallest_size_nothing_panics_either() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter v");
    for width in 0..=60 {
        for height in 0..=20 {
            bench.buffer(width, height);
        }
    }
}

/// From the smallest readable size up; what lies below shows the same for all.
fn every_size(bench: &Bench, what: &str) {
    for width in SMALLEST.0..=60 {
        for height in SMALLEST.1..=20 {
            let buffer = bench.buffer(width, height);
            assert_eq!(buffer.area, Rect::new(0, 0, width, height), "{what}");
        }
    }
}
