//! What queries mean, and what is said of bad ones.

use proptest::prelude::*;

use crate::clinical::coding::system;
use crate::clinical::result::Bound;
use crate::clinical::{
    Body, Concept, Decimal, LabResult, Prescription, Quantity, ResultValue, Vitals,
};
use crate::index::facts::Facts;
use crate::index::testing::{META, TODAY, condition, note, note_at, patient, pressure, result};

use super::{FIELDS, parse};

fn finds(query: &str, body: &Body) -> bool {
    parse(query, TODAY)
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .matches(body, META)
}

fn refused(query: &str) -> (usize, String) {
    let error = parse(query, TODAY).expect_err(query);
    (error.column, error.expected)
}

#[test]
fn words_must_all_be_there_and_or_binds_weaker() {
    let entry = note("fever and cough");
    assert!(
        finds("fever cough", &entry)
            && finds("fever AND cough", &entry)
            && !finds("fever rash", &entry)
    );
    assert!(finds("rash OR fever cough", &entry) && finds("fever cough OR rash", &entry));
    assert!(!finds("(rash OR fever) itch", &entry) && finds("(rash OR fever) cough", &entry));
    assert!(
        finds("fever -rash", &entry) && !finds("fever -cough", &entry) && finds("NOT rash", &entry)
    );
    assert!(
        finds("-(rash cough)", &entry)
            && !finds("-(rash OR cough)", &entry)
            && finds("--fever", &entry)
    );
    assert!(finds("((fever))", &entry));
}

#[test]
fn hyphens_inside_words_are_not_negations() {
    assert!(finds("co-amoxiclav", &note("started Co-Amoxiclav today")));
    assert!(!finds("co-amoxiclav", &note("amoxiclav, co with it")));
}

#[test]
fn quoted_words_stand_together() {
    assert!(finds("\"chest pain\"", &note("sudden Chest-pain at rest")));
    assert!(!finds("\"chest pain\"", &note("pain in the chest")));
    assert!(finds("\"pain in the chest\"", &note("pain in the chest")));
    assert!(!finds("\"pain in the chest\"", &note("pain on the chest")));
}

#[test]
fn common_words_are_passed_over_unless_nothing_else_is_asked() {
    assert!(finds("pain of the chest", &note("chest pain")));
    assert_eq!(
        refused("  the of"),
        (
            3,
            "a word that does not stand in nearly every text".to_owned()
        )
    );
    assert_eq!(refused("\"of the\"").0, 1);
}

#[test]
fn codes_are_found_whole_by_category_and_by_words() {
    let entry = condition("E11.9", "Type 2 diabetes mellitus");
    for query in [
        "dx:E11.9",
        "dx:e11",
        "dx:diabetes",
        "dx:\"type 2 diabetes\"",
        "E11.9",
        "diabetes",
        "DX:E11.9",
        "dx=E11.9",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
    for query in [
        "dx:E1",
        "dx:E11.90",
        "rx:diabetes",
        "dx:\"diabetes type\"",
        "lab:E11.9",
    ] {
        assert!(!finds(query, &entry), "{query}");
    }
}

#[test]
fn people_are_found_by_name_number_birth_and_phone() {
    let entry = patient("María José", "García-Núñez", 12, "1961-04-03");
    for query in [
        "name:garcia",
        "name:GAR*",
        "name:\"maria jose garcia\"",
        "name:\"García-Núñez, María José\"",
        "name:\"García Núñez, María\"",
        "name:\"garcia, mar*\"",
        "name:garcia,",
        "name:garcia-nunez",
        "mrn:0012",
        "mrn:12",
        "dob:1961-04-03",
        "dob:1961-04",
        "dob:1961",
        "phone:5550199",
        "phone:+61-2-5550-199",
        "phone:\"61 2 5550199\"",
        "nunez",
        "kind:identity",
        "name:garc* dob:1961",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
    let mrn = crate::clinical::Mrn::issue(12).to_string();
    assert!(finds(&format!("mrn:{mrn}"), &entry));
    for query in [
        "name:garz*",
        "name:gar",
        "mrn:0120",
        "dob:1961-04-04",
        "dob:1962",
        "phone:5550198",
        "name:\"garcia maria\"",
        "name:\"garcia, pedro\"",
        "name:\"ruiz, maria\"",
        "name:\"nunez garcia, maria\"",
    ] {
        assert!(!finds(query, &entry), "{query}");
    }
}

#[test]
fn days_are_those_on_the_writers_calendar() {
    let entry = note_at("late", "2026-02-11T23:30:00-05:00");
    for query in [
        "on:2026-02-11",
        "on:2026-02",
        "since:2026-02-11",
        "until:2026-02-11",
        "since:2026 until:2026-02",
        "since:t-1y",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
    for query in [
        "on:2026-02-12",
        "since:2026-02-12",
        "until:2026-02-10",
        "last:30d",
    ] {
        assert!(!finds(query, &entry), "{query}");
    }
    assert!(
        finds("last:1", &note_at("today", "2026-11-22T08:00:00Z")),
        "days unless said"
    );
    assert!(finds("last:1d", &note_at("today", "2026-11-22T08:00:00Z")));
    assert!(finds(
        "on:today -on:yesterday",
        &note_at("today", "2026-11-22T08:00:00Z")
    ));
}

#[test]
fn pressures_are_compared_by_both_numbers() {
    let entry = pressure(150, 85);
    for query in [
        "bp>140/90",
        "bp>140",
        "bp:150/85",
        "bp>=150/100",
        "bp<160/90",
        "bp:140..160",
        "value:8480-6>140",
        "value:8462-4=85",
        "lab:8480-6",
        "kind:vitals",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
    for query in ["bp>150/90", "bp:150/84", "bp<150", "bp<100/60", "pulse>1"] {
        assert!(!finds(query, &entry), "{query}");
    }
}

#[test]
fn numbers_are_compared_as_decimals() {
    let entry = result("4548-4", 70, 1);
    for query in [
        "value:4548-4=7",
        "value:4548-4:7.00",
        "value:4548-4>=7",
        "value:4548-4≤7",
        "value:4548-4:6.5..7",
        "value:4548-4>-1",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
    for query in [
        "value:4548-4>7",
        "value:4548-4<7.0",
        "value:4548-4:7.001..8",
        "value:4548-5>1",
    ] {
        assert!(!finds(query, &entry), "{query}");
    }
}

/// A number that a laboratory sent under a LOINC code.
fn measured(code: &str, value: &str, unit: &str) -> Body {
    Body::Result(LabResult {
        code: Concept::coded(system::LOINC, code, "a measurement"),
        value: Some(ResultValue::Quantity(Quantity::new(
            value.parse::<Decimal>().unwrap(),
            unit,
        ))),
        ..Default::default()
    })
}

#[test]
fn a_name_asks_in_one_unit_whoever_measured() {
    let at_the_bed = Body::Vitals(Vitals {
        glucose: "11.5".parse().ok(),
        temperature: "38.6".parse().ok(),
        oxygen_flow: "2".parse().ok(),
        ..Vitals::default()
    });
    for query in [
        "glucose>11",
        "value:15074-8>11",
        "lab:15074-8",
        "temp>38.5",
        "oxygen>=2",
    ] {
        assert!(finds(query, &at_the_bed), "{query}");
    }
    // Most laboratories of one continent send mg/dL: 99 of them are no crisis.
    let normal = measured("2339-0", "99", "mg/dL");
    assert!(!finds("glucose>11", &normal) && !finds("value:15074-8>0", &normal));
    assert!(finds("glucose:5..6", &normal) && finds("value:2339-0=99", &normal));
    assert!(finds("glucose>11", &measured("2339-0", "220", "mg/dL")));
    assert!(finds("glucose>11", &measured("15074-8", "12", "mmol/L")));
    let fahrenheit = measured("8310-5", "101.5", "[degF]");
    assert!(finds("temp>38.5", &fahrenheit) && !finds("temp>90", &fahrenheit));
    assert!(finds(
        "egfr<30",
        &measured("33914-3", "25", "mL/min/{1.73_m2}")
    ));
    // What cannot be converted is found by its code alone.
    let unknown = measured("2339-0", "12", "furlong");
    assert!(!finds("glucose>0", &unknown) && finds("value:2339-0>11", &unknown));
    let bound = Body::Result(LabResult {
        code: Concept::coded(system::LOINC, "62238-1", "eGFR"),
        value: Some(ResultValue::Bound(
            Bound::Above,
            Quantity::new(Decimal::whole(90), "mL/min/1.73m2"),
        )),
        ..Default::default()
    });
    assert!(finds("egfr>90", &bound) && !finds("egfr<=90", &bound));
}

#[test]
fn operators_are_read_in_any_case_and_are_words_only_between_quotes() {
    let entry = note("fever and cough, not rash or itch");
    assert!(finds("mumps or fever", &entry) && !finds("mumps and fever", &entry));
    assert!(!finds("fever not cough", &entry) && finds("fever not mumps", &entry));
    assert!(finds("\"not rash or itch\"", &entry));
    assert_eq!(refused("fever or").0, 9);
}

#[test]
fn a_bad_query_is_told_where_and_what_was_expected() {
    for (query, column, expected) in [
        ("", 1, "a word"),
        ("   ", 1, "a word"),
        ("fever OR", 9, "a word"),
        ("fever OR OR rash", 10, "a word"),
        ("OR fever", 1, "a word"),
        ("(fever", 1, "a closing parenthesis"),
        ("fever) rash", 6, "an opening parenthesis"),
        ("()", 2, "a word"),
        ("a \"chest pain", 3, "a closing quote"),
        ("dx:\"I10", 4, "a closing quote"),
        ("dy:I10", 1, "dx, rx"),
        ("fever dx:", 10, "a code"),
        ("dx>I10", 3, "a colon"),
        ("Ödem bp>high", 9, "a pressure"),
        ("temp>", 6, "temp>38.5"),
        ("temp:39..38", 6, "a range"),
        ("value:8480-6", 7, "a comparison"),
        ("since:yesteryear", 7, "a date"),
        ("since:2026-13", 7, "a date"),
        ("last:30x", 6, "last:30d"),
        ("kind:letter", 6, "note"),
        ("name:g*", 6, "two letters"),
        ("name:*", 6, "a name"),
        ("fev*", 1, "a whole word"),
        ("blood:Q", 7, "blood:A+"),
        ("mrn:", 5, "a record number"),
        ("phone:none", 7, "digits"),
        ("fever ---", 9, "a word"),
        ("???", 1, "letters"),
        ("history:", 9, "what to look for"),
        ("history:???", 9, "letters"),
        ("fever -history:rash", 7, "history: without"),
        ("fever -(rash OR (history: itch))", 7, "history: without"),
        ("-(-(history: fever))", 3, "history: without"),
        ("history>rash", 8, "a colon"),
        ("value>8480-6>140", 6, "a colon"),
        ("value<=140", 7, "a colon"),
        ("value:8480-*>140", 7, "a code, a comparison"),
    ] {
        let (found, said) = refused(query);
        assert_eq!(found, column, "{query}: {said}");
        assert!(said.contains(expected), "{query}: {said}");
    }
    assert_eq!(
        parse("dy:1", TODAY)
            .expect_err("no field")
            .to_string()
            .split(", ")
            .next(),
        Some("column 1: expected one of the fields dx")
    );
}

#[test]
fn a_star_is_refused_where_it_means_nothing() {
    for (query, column) in [
        ("*", 1),
        ("fe*er", 1),
        ("*fever", 1),
        ("rash -rx:*", 10),
        ("dx:I1*", 4),
        ("lab:8480*", 5),
        ("allergy:peni*", 9),
        ("mrn:00*", 5),
        ("phone:555*", 7),
        ("author:hsm*", 8),
        ("blood:A*", 7),
        ("history:pneu*", 9),
    ] {
        let (found, said) = refused(query);
        assert_eq!(found, column, "{query}: {said}");
        assert!(
            said.contains("whole") && said.contains("name:gar*"),
            "{query}: {said}"
        );
    }
    for query in ["name:ga*cia", "name:*cia", "name:g**"] {
        let (found, said) = refused(query);
        assert_eq!(found, 6, "{query}: {said}");
        assert!(said.contains("at its end"), "{query}: {said}");
    }
}

#[test]
fn a_star_of_the_text_is_found_in_quotes() {
    let entry = condition("HLA-B*57:01", "carries HLA-B*57:01");
    for query in [
        "\"HLA-B*57:01\"",
        "dx:\"hla-b*57:01\"",
        "history:\"HLA-B*57\"",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
}

#[test]
fn history_asks_for_replaced_versions_wherever_it_stands() {
    for query in [
        "history: fever",
        "history:fever",
        "fever history:",
        "(history:\"chest pain\" OR fever)",
        "History:fever -rash",
    ] {
        assert!(parse(query, TODAY).expect("parses").history(), "{query}");
        assert!(finds(query, &note("fever")), "{query}");
    }
    assert!(!parse("fever", TODAY).expect("parses").history());
    assert!(!finds("history:fever", &note("cough")));
}

#[test]
fn a_query_that_nests_without_end_is_refused_and_not_a_crash() {
    assert!(refused(&"(".repeat(1_900)).1.contains("fewer parentheses"));
    assert!(refused(&"-".repeat(1_900)).1.contains("fewer parentheses"));
    assert_eq!(refused(&"a".repeat(3_000)).0, 2_001);
}

#[test]
fn a_result_says_which_fields_matched() {
    let facts = Facts::of(&condition("I10", "Essential hypertension"), META);
    let query = parse(
        "dx:I10 hypertension author:hsmith -fever OR rash since:2026",
        TODAY,
    )
    .expect("parses");
    assert_eq!(
        query.matched_fields(&facts, None),
        ["dx", "text", "author", "date"]
    );
    assert_eq!(query.words(), ["hypertension", "i10", "rash"]);
}

#[test]
fn the_fields_of_a_patient_say_in_whose_chart_to_look_unless_nothing_else_is_asked() {
    let patient = Facts::of(&patient("Ana", "García", 12, "1961-04"), META);
    let fever = Facts::of(&note("fever"), META);
    let finds = |text: &str, facts: &Facts| {
        let query = parse(text, TODAY).expect("parses");
        (
            query.matches_facts(facts, Some(&patient)),
            query.speaks_of_patient(),
        )
    };
    assert_eq!(finds("name:gar* fever", &fever), (true, true));
    assert_eq!(finds("fever -dob:1961", &fever), (false, true));
    assert_eq!(finds("fever mrn:13", &fever), (false, true));
    assert_eq!(
        finds("garcia fever", &fever),
        (false, false),
        "a bare word must stand in the entry"
    );
    assert_eq!(finds("-name:gar*", &fever), (false, true));
    assert_eq!(finds("name:gar* dob:1961", &fever), (false, false));
    assert_eq!(finds("name:gar* dob:1961", &patient), (true, false));
}

#[test]
fn who_a_patient_is_the_newest_identity_says_also_of_a_former_one() {
    let now = Facts::of(&patient("Ana", "García", 12, "1961-04"), META);
    let former = Facts::of(&patient("Ana", "Ruiz", 12, "1960-04"), META);
    let finds = |text: &str| {
        let query = parse(text, TODAY).expect("parses");
        query.matches_facts(&former, Some(&now))
    };
    assert!(finds("history: kind:identity dob:1961") && finds("history: ruiz name:garcía"));
    assert!(!finds("history: kind:identity dob:1960") && !finds("history: ruiz name:ruiz"));
    assert!(finds("history: dob:1960"), "asked for nothing else");
}

#[test]
fn orders_are_found_by_medicine_strength_and_indication() {
    let entry = Body::Prescription(Prescription {
        medicine: Concept::coded(system::RXNORM, "36567", "Simvastatin"),
        strength: Some(Quantity::new(Decimal::whole(20), "mg")),
        indication: Some(Concept::text("high cholesterol")),
        ..Prescription::default()
    });
    for query in [
        "rx:simvastatin",
        "rx:36567",
        "simvastatin \"20 mg\"",
        "cholesterol kind:prescription",
        "simvastatin -rx:clarithromycin",
    ] {
        assert!(finds(query, &entry), "{query}");
    }
    for query in ["\"40 mg\"", "rx:cholesterol", "dx:cholesterol", "rx:20"] {
        assert!(!finds(query, &entry), "{query}");
    }
}

#[test]
fn every_example_of_the_help_parses() {
    for field in FIELDS {
        assert!(field.example.starts_with(field.name), "{}", field.name);
        parse(field.example, TODAY).unwrap_or_else(|error| panic!("{}: {error}", field.example));
    }
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused_inside_it(text in "[ -~äß“”\"():<>=*-]{0,60}") {
        if let Err(error) = parse(&text, TODAY) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{}", error);
            prop_assert!(!error.expected.is_empty());
        }
    }
}
