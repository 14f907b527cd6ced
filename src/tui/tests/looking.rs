//! From the list of charts to a chart and back: **only Enter looks at one**, which goes on record.

use super::bench::Bench;

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
