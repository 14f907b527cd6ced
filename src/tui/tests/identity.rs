//! Who a patient is: namesakes are told of before anybody is admitted, and what is wrong is put right.

use super::bench::Bench;
use crate::clinical::{Body, Identity, Name, Sex};

fn admitting(family: &str, given: &str, born: &str) -> Bench {
    let mut bench = Bench::of("okoro");
    bench.keys("2 n");
    assert!(bench.shows("Admit a patient"), "{}", bench.screen());
    for typed in [family, given, born] {
        bench.types(typed);
        bench.keys("tab");
    }
    bench.asked();
    bench
}

#[test]
fn a_namesake_is_told_of_and_admitted_only_once_that_is_confirmed() {
    let mut bench = admitting("Mejía", "Gustavo", "1990-02-03");
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Namesakes {") && !asked.contains("Admit {"),
        "{asked}"
    );
    let screen = bench.screen();
    assert!(
        screen.contains("Mejía, Gustavo · 1961-04-03 · male · 0012-7"),
        "{screen}"
    );
    bench.keys("f2");
    assert!(bench.asked().is_empty() && bench.shows("! another person"));
    // Another name is another question.
    bench.keys("tab ctrl+u");
    bench.types("Abshire");
    bench.keys("tab ctrl+u");
    bench.types("Chris");
    bench.keys("f2");
    assert!(bench.asked().contains("Namesakes {"));
    assert!(bench.shows("· 0044-1 ·"), "{}", bench.screen());
    bench.types("yes");
    bench.keys("f2");
    let asked = bench.asked();
    assert!(
        asked.contains("Admit { unit: \"Ward A\"") && asked.contains("Abshire"),
        "{asked}"
    );
    assert!(bench.app.shell.popups.is_empty(), "{}", bench.screen());
}

#[test]
fn somebody_of_whom_there_is_no_chart_is_admitted_at_once() {
    let mut bench = admitting("Nobody", "Ida", "1990-02-03");
    bench.keys("f2");
    assert!(bench.asked().contains("Admit { unit: \"Ward A\""));
    assert!(bench.app.shell.popups.is_empty(), "{}", bench.screen());
}

#[test]
fn a_birth_to_come_and_a_telephone_without_a_digit_are_said_at_their_fields() {
    let mut bench = admitting("Nobody", "Ida", "2035-09-30");
    bench.keys("f2");
    assert!(bench.asked().is_empty());
    assert!(
        bench.shows("! born: birthDate 2035-09-30 lies in the future"),
        "{}",
        bench.screen()
    );
    bench.keys("ctrl+u");
    bench.types("1935-09-30");
    bench.keys("tab tab");
    bench.types("abc");
    bench.keys("f2");
    assert!(bench.asked().is_empty());
    assert!(
        bench.shows("! phone: telephone \"abc\" has no digit"),
        "{}",
        bench.screen()
    );
}

/// The identity that stands in the fixture's chart 0044-1.
pub fn identity() -> Identity {
    Identity {
        mrn: "0044-1".parse().ok(),
        names: vec![Name::new("Chris", "Abshire")],
        birth: "1970-01-02".parse().ok(),
        sex: Sex::Male,
        phones: vec!["555 1234".to_owned(), "555 9999".to_owned()],
        language: Some("en".to_owned()),
        ..Identity::default()
    }
}

#[test]
fn a_registrar_puts_right_who_the_patient_is_and_nothing_else_changes() {
    let mut bench = Bench::of("okoro");
    bench.keys("2 down enter right end a");
    assert!(
        bench.shows("Who the patient is  0044-1"),
        "{}",
        bench.screen()
    );
    bench.keys("tab tab ctrl+u");
    bench.types("1970-01-20");
    bench.asked();
    bench.keys("f2");
    let corrected = Identity {
        birth: "1970-01-20".parse().ok(),
        ..identity()
    };
    let asked = bench.asked();
    assert!(
        asked.contains("Amend {") && asked.contains(&format!("{:?}", Body::Identity(corrected))),
        "{asked}"
    );
}
