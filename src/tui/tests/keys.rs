//! Keys as they arrive: Esc begins no chord, and help is there wherever one types.

use super::bench::{Bench, look};
use super::fixture::Fixture;
use crate::tui::keymap::Keymap;

#[test]
fn esc_and_the_key_after_it_count_though_they_arrive_as_one() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter");
    assert!(bench.shows("SUMMARY"));
    bench.keys("alt+4");
    assert!(bench.shows("4 SEARCH"), "{}", bench.screen());
    // A form in which nothing was typed closes, and the key counts for what lies below.
    let mut bench = Bench::of("smith");
    bench.keys("2 enter v alt+l");
    assert!(bench.app.shell.popups.is_empty(), "{}", bench.screen());
    assert!(bench.shows("TIMELINE"), "{}", bench.screen());
    // A text that would be lost is asked for first; the key is a letter of it.
    let mut bench = Bench::of("smith");
    bench.keys("2 enter w enter");
    bench.types("Feve");
    bench.keys("alt+r");
    assert!(bench.shows("Fever"), "{}", bench.screen());
    bench.keys("esc");
    assert!(bench.shows("Esc again throws this away"));
    // What takes Ctrl after Esc, and a question that Esc answers.
    let mut bench = Bench::of("lind");
    bench.keys("2 D");
    assert!(bench.shows("Disable a user"), "{}", bench.screen());
    bench.keys("alt+ctrl+l");
    assert!(bench.app.shell.seat.is_none(), "{}", bench.screen());
}

#[test]
fn a_key_with_alt_that_is_bound_is_that_key() {
    let mut look = look("default");
    look.keymap = Keymap::embedded();
    let bound = "anywhere = [{ on = [\"alt+4\"], run = \"pane_2\" }]";
    look.keymap.overlay(bound).unwrap();
    let mut bench = Bench::with(look, Fixture::default());
    bench.login("smith");
    bench.keys("alt+4");
    assert!(bench.shows("2 RECORDS"), "{}", bench.screen());
}

#[test]
fn an_arrow_with_alt_leaves_nothing() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter v alt+left");
    assert!(bench.shows("Vital signs"), "{}", bench.screen());
}

#[test]
fn help_is_there_wherever_one_types() {
    for way in ["2 enter v", "2 enter w", "2 enter w enter", ":"] {
        let mut bench = Bench::of("smith");
        bench.keys(way);
        let before = bench.screen();
        bench.keys("f1");
        assert!(
            bench.shows(" Keys ") && bench.shows("Finish the form"),
            "{way}\n{}",
            bench.screen()
        );
        bench.keys("esc");
        assert_eq!(bench.screen(), before, "{way}");
    }
}
