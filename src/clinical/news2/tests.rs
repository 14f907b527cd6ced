//! The published table, row by row.

use super::*;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn well() -> Vitals {
    Vitals {
        respiration: Some(dec("16")),
        spo2: Some(dec("97")),
        breathing: Some(Breathing::Air),
        systolic: Some(dec("124")),
        pulse: Some(dec("72")),
        consciousness: Some(Consciousness::Alert),
        temperature: Some(dec("36.8")),
        ..Vitals::default()
    }
}

/// `table` lists values and their points, as `8=3 9=1`.
fn rows(parameter: Parameter, table: &str, put: impl Fn(&mut Vitals, Option<Decimal>)) {
    for row in table.split(' ') {
        let (value, points) = row.split_once('=').unwrap();
        let mut vitals = well();
        put(&mut vitals, value.parse().ok());
        let scored = News2::of(&vitals).unwrap().points(parameter);
        assert_eq!(scored.to_string(), points, "{} {value}", parameter.as_str());
    }
}

#[test]
fn respiration_scores_as_in_the_chart() {
    let table = "0=3 8=3 9=1 11=1 12=0 20=0 21=2 24=2 25=3 60=3";
    rows(Parameter::Respiration, table, |v, x| v.respiration = x);
}

#[test]
fn saturation_on_scale_1_scores_as_in_the_chart() {
    let table = "80=3 91=3 92=2 93=2 94=1 95=1 96=0 100=0";
    rows(Parameter::SpO2, table, |v, x| v.spo2 = x);
}

#[test]
fn saturation_on_scale_2_scores_as_in_the_chart_on_air() {
    let table = "83=3 84=2 85=2 86=1 87=1 88=0 92=0 93=0 100=0";
    rows(Parameter::SpO2, table, |v, x| {
        v.spo2 = x;
        v.spo2_scale = SpO2Scale::Two;
    });
}

#[test]
fn saturation_on_scale_2_scores_as_in_the_chart_on_oxygen() {
    let table = "83=3 84=2 85=2 86=1 87=1 88=0 92=0 93=1 94=1 95=2 96=2 97=3 100=3";
    rows(Parameter::SpO2, table, |v, x| {
        v.spo2 = x;
        v.spo2_scale = SpO2Scale::Two;
        v.breathing = Some(Breathing::Oxygen);
    });
}

#[test]
fn supplemental_oxygen_scores_two() {
    let on_oxygen = Vitals {
        breathing: Some(Breathing::Oxygen),
        ..well()
    };
    assert_eq!(
        News2::of(&on_oxygen).unwrap().points(Parameter::Breathing),
        2
    );
    assert_eq!(News2::of(&well()).unwrap().points(Parameter::Breathing), 0);
}

#[test]
fn systolic_pressure_scores_as_in_the_chart() {
    let table = "60=3 90=3 91=2 100=2 101=1 110=1 111=0 219=0 220=3";
    rows(Parameter::Systolic, table, |v, x| v.systolic = x);
}

#[test]
fn pulse_scores_as_in_the_chart() {
    let table = "40=3 41=1 50=1 51=0 90=0 91=1 110=1 111=2 130=2 131=3";
    rows(Parameter::Pulse, table, |v, x| v.pulse = x);
}

#[test]
fn anything_but_alert_scores_three() {
    for level in Consciousness::ALL {
        let vitals = Vitals {
            consciousness: Some(*level),
            ..well()
        };
        let expected = if *level == Consciousness::Alert { 0 } else { 3 };
        assert_eq!(
            News2::of(&vitals).unwrap().points(Parameter::Consciousness),
            expected,
            "{level}"
        );
    }
}

#[test]
fn temperature_scores_as_in_the_chart() {
    let table = "34=3 35.0=3 35.1=1 36.0=1 36.1=0 38.0=0 38.1=1 39.0=1 39.1=2 41=2";
    rows(Parameter::Temperature, table, |v, x| v.temperature = x);
}

#[test]
fn a_value_between_two_rows_counts_as_the_nearer_one() {
    rows(Parameter::Temperature, "38.04=0 38.05=1", |v, x| {
        v.temperature = x;
    });
    rows(Parameter::Respiration, "20.4=0 20.5=2", |v, x| {
        v.respiration = x;
    });
}

#[test]
fn the_total_decides_the_risk_and_a_single_three_is_never_low() {
    assert_eq!(
        (
            News2::of(&well()).unwrap().total(),
            News2::of(&well()).unwrap().risk()
        ),
        (0, Risk::Low)
    );
    let confused = Vitals {
        consciousness: Some(Consciousness::Confusion),
        ..well()
    };
    assert_eq!(News2::of(&confused).unwrap().risk(), Risk::LowMedium);
    let four = Vitals {
        respiration: Some(dec("22")),
        pulse: Some(dec("112")),
        ..well()
    };
    assert_eq!(
        (
            News2::of(&four).unwrap().total(),
            News2::of(&four).unwrap().risk()
        ),
        (4, Risk::Low)
    );
    let five = Vitals {
        temperature: Some(dec("38.5")),
        ..four.clone()
    };
    assert_eq!(
        (
            News2::of(&five).unwrap().total(),
            News2::of(&five).unwrap().risk()
        ),
        (5, Risk::Medium)
    );
    let seven = Vitals {
        breathing: Some(Breathing::Oxygen),
        ..five
    };
    assert_eq!(
        (
            News2::of(&seven).unwrap().total(),
            News2::of(&seven).unwrap().risk()
        ),
        (7, Risk::High)
    );
}

#[test]
fn a_missing_parameter_is_named_and_the_rest_is_a_lower_bound() {
    let partial = Vitals {
        consciousness: None,
        breathing: None,
        pulse: Some(dec("131")),
        ..well()
    };
    let incomplete = News2::of(&partial).unwrap_err();
    assert_eq!(
        incomplete.missing,
        [Parameter::Breathing, Parameter::Consciousness]
    );
    assert_eq!(
        incomplete.to_string(),
        "NEWS2 at least 3; not recorded: air or oxygen, consciousness"
    );
}

#[test]
fn children_and_pregnant_patients_are_not_scored() {
    assert!(applies(16, false));
    assert!(!applies(15, false));
    assert!(!applies(30, true));
}
