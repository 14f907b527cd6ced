//! Vital signs from the ward terminal: all that NEWS2 asks for, and the time at which it was measured.

use super::bench::Bench;
use crate::clinical::news2::Parameter;
use crate::clinical::{Body, Breathing, Consciousness, Instant, News2, SpO2Scale, Vitals};

fn form() -> Bench {
    let mut bench = Bench::of("brandt");
    bench.keys("2 enter v");
    assert!(bench.shows("Vital signs  0012-7"), "{}", bench.screen());
    bench
}

/// Types into one field after the other.
fn fill(bench: &mut Bench, values: &[&str]) {
    for value in values {
        bench.types(value);
        bench.keys("tab");
    }
}

/// Signs, and expects this to have been written.
#[track_caller]
fn signs(bench: &mut Bench, vitals: Vitals) {
    bench.asked();
    bench.keys("f2");
    let asked = bench.asked();
    let expected = format!("body: {:?}", Body::Vitals(vitals));
    assert!(
        asked.contains(&expected),
        "{asked}\nand not\n{expected}\n{}",
        bench.screen()
    );
}

fn measured_at(at: &str) -> Option<Instant> {
    let at: jiff::Timestamp = at.parse().unwrap();
    Instant::from_unix_millis(at.as_millisecond())
}

#[test]
fn a_set_with_all_that_news2_asks_for_is_scored_in_full() {
    let mut bench = form();
    // Systolic, diastolic, pulse, respiration, SpO2, air or oxygen, temperature, consciousness.
    let typed = ["105", "70", "96", "22", "93", "2", "38.4", "c"];
    fill(&mut bench, &typed);
    let vitals = Vitals {
        at: measured_at("2026-11-22T14:02:00Z"),
        systolic: "105".parse().ok(),
        diastolic: "70".parse().ok(),
        pulse: "96".parse().ok(),
        respiration: "22".parse().ok(),
        spo2: "93".parse().ok(),
        breathing: Some(Breathing::Oxygen),
        oxygen_flow: "2".parse().ok(),
        temperature: "38.4".parse().ok(),
        consciousness: Some(Consciousness::Confusion),
        ..Vitals::default()
    };
    let score = News2::of(&vitals).expect("nothing is missing");
    assert_eq!(score.points(Parameter::Breathing), 2);
    signs(&mut bench, vitals);
}

#[test]
fn the_second_saturation_scale_is_taken_where_it_is_chosen() {
    let mut bench = form();
    bench.types("120");
    bench.keys("up");
    bench.types("2");
    let vitals = Vitals {
        at: measured_at("2026-11-22T14:02:00Z"),
        systolic: "120".parse().ok(),
        spo2_scale: SpO2Scale::Two,
        ..Vitals::default()
    };
    signs(&mut bench, vitals);
}

#[test]
fn what_is_typed_later_is_dated_when_it_was_measured() {
    let mut bench = form();
    bench.types("120");
    bench.keys("up up");
    bench.types("03:00");
    let at = |at| Vitals {
        at: measured_at(at),
        systolic: "120".parse().ok(),
        ..Vitals::default()
    };
    signs(&mut bench, at("2026-11-22T03:00:00Z"));

    let mut bench = form();
    bench.types("120");
    bench.keys("up up");
    bench.types("15:00");
    bench.asked();
    bench.keys("f2");
    assert_eq!(bench.asked(), "", "nothing is measured before its time");
    assert!(
        bench.shows("! measured: 2026-11-22 15:00 UTC is to come"),
        "{}",
        bench.screen()
    );
    bench.keys("ctrl+u");
    bench.types("t-1d 15:00");
    signs(&mut bench, at("2026-11-21T15:00:00Z"));
}

#[test]
fn what_no_patient_can_have_is_said_at_its_field() {
    let mut bench = form();
    fill(&mut bench, &["120", "80", "70", "300"]);
    bench.asked();
    bench.keys("f2");
    assert_eq!(bench.asked(), "");
    assert!(
        bench.shows("! respiration: resp 300 /min is outside 0 to 120"),
        "{}",
        bench.screen()
    );
    bench.keys("ctrl+u");
    bench.types("16");
    bench.keys("tab tab tab");
    bench.types("38,5");
    bench.keys("f2");
    assert!(
        bench.shows("! temperature: write a point: 38.5"),
        "{}",
        bench.screen()
    );
}

#[test]
fn what_is_breathed_is_one_word_or_the_flow_of_oxygen() {
    for (typed, breathing, flow) in [
        ("air", Breathing::Air, None),
        ("a", Breathing::Air, None),
        ("o", Breathing::Oxygen, None),
        ("Oxygen 2.5 L/min", Breathing::Oxygen, Some("2.5")),
        ("4 l/min", Breathing::Oxygen, Some("4")),
    ] {
        let mut bench = form();
        fill(&mut bench, &["120", "", "", "", "", typed]);
        let vitals = Vitals {
            at: measured_at("2026-11-22T14:02:00Z"),
            systolic: "120".parse().ok(),
            breathing: Some(breathing),
            oxygen_flow: flow.and_then(|flow| flow.parse().ok()),
            ..Vitals::default()
        };
        signs(&mut bench, vitals);
    }
    for (typed, told) in [
        ("mask", "! air or oxygen: write air, oxygen"),
        ("o 2x", "! air or oxygen: write the flow as a number"),
        ("2,5", "! air or oxygen: write a point"),
        ("air 2", "! air or oxygen: oxygen 2 L/min"),
    ] {
        let mut bench = form();
        fill(&mut bench, &["120", "", "", "", "", typed]);
        bench.keys("f2");
        assert!(bench.shows(told), "{typed}:\n{}", bench.screen());
    }
}

#[test]
fn whose_vital_signs_they_are_stays_in_sight() {
    let bench = form();
    assert!(bench.shows("Mejía, Gustavo"), "{}", bench.screen());
}

#[test]
fn the_form_is_usable_in_a_small_window() {
    let mut bench = form();
    bench.keys("tab tab tab tab tab tab tab");
    let buffer = bench.buffer(40, 12);
    let screen = super::super::capture::plain(&buffer);
    assert!(
        screen.contains("consciousness") && screen.contains("1 alert"),
        "{screen}"
    );
    assert!(screen.contains("above"), "{screen}");
}

#[test]
fn a_set_of_now_is_dated_to_the_second_at_which_its_form_was_opened() {
    let mut bench = Bench::of("brandt");
    let later = |bench: &mut Bench, seconds| {
        bench.now =
            crate::desk::view::Stamp(bench.now.0 + jiff::SignedDuration::from_secs(seconds));
    };
    later(&mut bench, 41);
    bench.keys("2 enter v");
    later(&mut bench, 30);
    bench.types("120");
    let vitals = Vitals {
        at: measured_at("2026-11-22T14:02:41Z"),
        systolic: "120".parse().ok(),
        ..Vitals::default()
    };
    signs(&mut bench, vitals);
}
