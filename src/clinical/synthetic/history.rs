//! What the charts hold: visits over the years, and for most patients a stay in the ward now.

use super::allergies::allergies;
use super::chance::Chance;
use super::course::{Body as Constitution, Course};
use super::person::Person;
use super::prose;
use super::stay::{self, Stay};
use super::tables::{ILLNESSES, Illness, Test};
use crate::clinical::rx_state::DAY_MILLIS;
use crate::clinical::{
    Body, ClinicalStatus, Concept, Condition, Decimal, Document, Encounter, EncounterClass,
    Immunisation, Instant, Interpretation, LabResult, MedicationSummary, PartialDate, Pregnancy,
    Quantity, ReferenceRange, ResultValue, Sex, Verification, Vitals, coding::system,
};

/// Milliseconds in an hour.
pub(super) const HOUR_MILLIS: i64 = 3_600_000;

/// The moment `minute` minutes after midnight UTC, so many days before today.
pub(super) fn clock(now: &Instant, days_ago: i64, minute: i64) -> Instant {
    let midnight = now.unix_millis().rem_euclid(DAY_MILLIS);
    now.plus_millis(minute * 60_000 - midnight - days_ago * DAY_MILLIS)
}

/// A chart's bodies, and the illnesses behind them.
pub(super) struct History {
    pub(super) bodies: Vec<Body>,
    /// The acute one first, if there is one.
    pub(super) illnesses: Vec<&'static Illness>,
}

pub(super) fn tell(chance: &mut Chance, n: usize, person: &Person, now: &Instant) -> History {
    // The dead and three of ten others are not in the ward.
    let inpatient = n % 10 < 7 && person.identity.deceased.is_none();
    let acute = inpatient.then(|| pick(chance, person, true, acute_of(n), &[]));
    let mut chronic: Vec<&'static Illness> = Vec::new();
    for k in 0..chance.between(1, 3) {
        let wished = if k == 0 { chronic_of(n) } else { None };
        chronic.push(pick(chance, person, false, wished, &chronic));
    }
    chronic.dedup_by_key(|i| i.code);
    let hypertensive = chronic.iter().any(|i| i.code == "I10");
    let constitution = Constitution::draw(
        chance,
        person.age,
        acute.map_or("", |i| i.code),
        hypertensive,
    );
    let mut bodies = allergies(chance, n, now);
    let visits = if inpatient { 2 } else { 7 };
    bodies.extend(visits_of(chance, &chronic, &constitution, visits, now));
    bodies.extend(once(chance, person, &chronic, &constitution, now));
    if let Some(illness) = acute {
        let ward = ["Ward A", "Ward B"][n % 2];
        bodies.extend(stay::tell(
            chance,
            &Stay {
                illness,
                course: course_of(n),
                constitution: &constitution,
                ward,
            },
            now,
        ));
    }
    if person.login.is_some() {
        bodies.extend((1..=4).map(|week| {
            let at = clock(now, week * 7 + 200, 7 * 60 + week * 4);
            Body::Vitals(Vitals {
                self_reported: true,
                ..constitution.visit(chance, at)
            })
        }));
    }
    bodies.sort_by_key(|b| b.at().map(Instant::unix_millis));
    History {
        bodies,
        illnesses: acute.into_iter().chain(chronic).collect(),
    }
}

/// The illnesses of the first patients are set, so that every demonstration has a pneumonia and a forbidden combination.
const fn acute_of(n: usize) -> Option<&'static str> {
    match n {
        0 => Some("J18.9"),
        2 => Some("A41.9"),
        3 => Some("J44.1"),
        _ => None,
    }
}

const fn chronic_of(n: usize) -> Option<&'static str> {
    match n {
        0 => Some("I10"),
        1 => Some("E11.9"),
        3 => Some("E78.5"),
        _ => None,
    }
}

const fn course_of(n: usize) -> Course {
    match n % 6 {
        0 | 2 => Course::Deteriorating,
        3 => Course::Steady,
        _ => Course::Recovering,
    }
}

fn pick(
    chance: &mut Chance,
    person: &Person,
    acute: bool,
    wished: Option<&str>,
    but: &[&Illness],
) -> &'static Illness {
    let all: &'static [Illness] = ILLNESSES.as_slice();
    if let Some(set) = all.iter().find(|i| Some(i.code) == wished) {
        return set;
    }
    let sex = if person.sex == Sex::Female { "f" } else { "m" };
    let age = person.age.max(20);
    let fits = |i: &&Illness| {
        i.acute == acute && (i.ages.0..=i.ages.1).contains(&age) && ["a", sex].contains(&i.sex)
    };
    let fresh: Vec<&'static Illness> = all
        .iter()
        .filter(fits)
        .filter(|i| but.iter().all(|b| b.code != i.code))
        .collect();
    let any: Vec<&'static Illness> = if fresh.is_empty() {
        all.iter().filter(fits).collect()
    } else {
        fresh
    };
    chance.pick::<&'static Illness>(&any)
}

fn visits_of(
    chance: &mut Chance,
    chronic: &[&'static Illness],
    constitution: &Constitution,
    visits: i64,
    now: &Instant,
) -> Vec<Body> {
    let mut bodies = Vec::new();
    for n in 0..visits {
        let illness = *chance.pick(chronic);
        let days = 20 + n * 110 + chance.between(0, 90);
        let at = clock(now, days, chance.between(8 * 6, 16 * 6) * 10);
        bodies.push(Body::Encounter(Encounter {
            class: EncounterClass::Ambulatory,
            kind: Concept::text("Clinic visit"),
            reasons: vec![Concept::coded(system::ICD10, illness.code, illness.name)],
            start: Some(at.clone()),
            end: Some(at.plus_millis(25 * 60_000)),
            place: Some("Outpatient clinic".to_owned()),
            ..Encounter::default()
        }));
        bodies.push(Body::Vitals(
            constitution.visit(chance, at.plus_millis(5 * 60_000)),
        ));
        bodies.push(Body::Note(prose::visit(
            illness,
            at.plus_millis(20 * 60_000),
        )));
        for test in illness.tests.iter().take(2) {
            let ill = chance.between(150, 600);
            bodies.push(Body::Result(result(
                chance,
                test,
                ill,
                at.plus_millis(90 * 60_000),
            )));
        }
    }
    bodies
}

/// What a chart holds once: problems, vaccines, the facts for checks, a letter, a blood group.
fn once(
    chance: &mut Chance,
    person: &Person,
    chronic: &[&'static Illness],
    constitution: &Constitution,
    now: &Instant,
) -> Vec<Body> {
    let days_ago = |days: i64| clock(now, days, 9 * 60 + days % 480);
    let condition = |chance: &mut Chance, illness: &Illness, status| {
        let recorded = days_ago(chance.between(300, 4_000));
        Body::Condition(Condition {
            concept: Concept::coded(system::ICD10, illness.code, illness.name),
            status,
            verification: Verification::Confirmed,
            onset: PartialDate::year_only(recorded.local_date().year()),
            recorded: Some(recorded),
            ..Condition::default()
        })
    };
    let mut bodies: Vec<Body> = chronic
        .iter()
        .map(|i| condition(chance, i, ClinicalStatus::Active))
        .collect();
    let former = pick(chance, person, true, None, chronic);
    let recorded = days_ago(chance.between(600, 5_000));
    let year = recorded.local_date().year();
    bodies.push(Body::Condition(Condition {
        concept: Concept::coded(system::ICD10, former.code, former.name),
        status: ClinicalStatus::Resolved,
        verification: Verification::Confirmed,
        onset: PartialDate::year_only(year),
        abatement: PartialDate::year_only(year),
        recorded: Some(recorded.clone()),
        ..Condition::default()
    }));
    bodies.push(Body::Document(Document {
        title: format!("Letter from the hospital, {year}"),
        kind: Concept::coded(system::LOINC, "18842-5", "Discharge summary"),
        media_type: "text/plain".to_owned(),
        content: prose::letter(former, year).into_bytes(),
        at: Some(recorded),
        source: None,
    }));
    for (code, name, days) in [
        ("141", "Influenza, seasonal, injectable", 45),
        ("113", "Tetanus and diphtheria, adult", 1_900),
    ] {
        bodies.push(Body::Immunisation(Immunisation {
            vaccine: Concept::coded(system::CVX, code, name),
            at: Some(days_ago(days + chance.between(0, 60))),
            lot: Some(format!("V{:04}", chance.between(0, 9_999))),
            site: Some("left upper arm".to_owned()),
            route: Some("into the muscle".to_owned()),
            dose: Some(Quantity::new(
                "0.5".parse::<Decimal>().unwrap_or_default(),
                "mL",
            )),
            ..Immunisation::default()
        }));
    }
    bodies.push(Body::Result(LabResult {
        code: Concept::coded(system::LOINC, "882-1", "ABO and Rh group"),
        value: Some(ResultValue::Text(
            (*chance.pick(&[
                "O Rh positive",
                "A Rh positive",
                "B Rh positive",
                "O Rh negative",
            ]))
            .to_owned(),
        )),
        taken: Some(days_ago(chance.between(500, 2_000))),
        ..LabResult::default()
    }));
    if chance.percent(85) {
        bodies.push(Body::MedicationSummary(facts(
            chance,
            person,
            chronic,
            constitution,
            days_ago(chance_days(person.age)),
        )));
    }
    bodies
}

const fn chance_days(age: i64) -> i64 {
    10 + age % 9
}

fn facts(
    chance: &mut Chance,
    person: &Person,
    chronic: &[&Illness],
    constitution: &Constitution,
    at: Instant,
) -> MedicationSummary {
    let has = |code| chronic.iter().any(|i| i.code == code);
    let pregnancy = match person.sex {
        Sex::Female if has("Z34.9") => Some(Pregnancy::Pregnant),
        Sex::Female if person.age <= 55 => chance.percent(70).then_some(Pregnancy::NotPregnant),
        _ => Some(Pregnancy::NotPossible),
    };
    let egfr = if has("N18.3") {
        chance.between(24, 55)
    } else {
        (118 - person.age / 2 - chance.between(0, 20)).max(35)
    };
    MedicationSummary {
        pregnancy,
        weight: Some(Decimal::whole(constitution.weight())),
        egfr: chance.percent(80).then(|| Decimal::whole(egfr)),
        egfr_at: Some(at.clone()),
        at: Some(at),
        ..MedicationSummary::default()
    }
}

/// A result of a patient who is so many thousandths ill: from the middle of the range towards the value of the ill.
pub(super) fn result(chance: &mut Chance, test: &Test, ill: i64, at: Instant) -> LabResult {
    let units = |d: Decimal| {
        d.times(Decimal::whole(1_000))
            .map_or(0, |d| d.round(0).normalized().mantissa())
    };
    let (low, high, worst) = (units(test.low), units(test.high), units(test.ill));
    let middle = i64::midpoint(low, high) + chance.between(low - high, high - low) / 8;
    let thousandths = middle + (worst - middle) * ill / 1_000;
    let value = Decimal::new(thousandths, 3)
        .unwrap_or_default()
        .round(test.digits);
    let interpretation = match value {
        v if v.compare(test.low).is_lt() => Interpretation::Low,
        v if v.compare(test.high).is_gt() => Interpretation::High,
        _ => Interpretation::Normal,
    };
    LabResult {
        code: Concept::coded(system::LOINC, test.loinc, test.name),
        value: Some(ResultValue::Quantity(Quantity::new(value, test.unit))),
        range: Some(ReferenceRange {
            low: Some(test.low),
            high: Some(test.high),
            text: None,
        }),
        interpretation: Some(interpretation),
        issued: Some(at.plus_millis(50 * 60_000)),
        taken: Some(at),
        ..LabResult::default()
    }
}
