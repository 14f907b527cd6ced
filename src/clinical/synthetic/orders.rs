//! Prescriptions of the invented hospital, in every state that one can have.

use super::chance::Chance;
use super::history::History;
use super::person::Person;
use super::stock::OnShelf;
use super::tables::Medicine;
use crate::clinical::rx_state::{DAY_MILLIS, State};
use crate::clinical::safety::{self, Context};
use crate::clinical::{
    Allergy, Body, Coding, Concept, Course, Dispense, Frequency, Instant, Intent,
    MedicationSummary, Prescription, Quantity, Role, RxEvent, RxEventKind, Span, SpanUnit,
    Substitution, coding::system,
};

/// A prescription that is to be written, and what is to happen to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRx {
    /// The prescription, signed by a doctor of the patient's ward.
    pub rx: Prescription,
    /// What happens to it, in this order. The entry's id and its digest are the writer's to fill in.
    pub steps: Vec<Step>,
    /// Where it stands after that.
    pub final_state: State,
}

/// Something that happens to a prescription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Who acts.
    pub by: Role,
    /// A [`Body::Dispense`] or a [`Body::RxEvent`].
    pub body: Body,
}

/// The states in the order in which they are given out.
const STATES: [State; 11] = [
    State::Signed,
    State::InFull,
    State::Signed,
    State::InPart,
    State::InFull,
    State::Held,
    State::Recorded,
    State::Expired,
    State::InFull,
    State::Cancelled,
    State::Refused,
];

pub(super) fn plan(
    chance: &mut Chance,
    n: usize,
    person: &Person,
    history: &History,
    allergies: &[Allergy],
    now: &Instant,
    stock: &[OnShelf],
) -> Vec<PlannedRx> {
    if person.identity.deceased.is_some() {
        return Vec::new();
    }
    let mut medicines: Vec<(&'static Medicine, Concept)> = Vec::new();
    for illness in &history.illnesses {
        for medicine in illness.medicines.iter().take(3) {
            if medicines.iter().all(|(m, _)| m.name != medicine.name) {
                medicines.push((
                    medicine,
                    Concept::coded(system::ICD10, illness.code, illness.name),
                ));
            }
        }
    }
    medicines.truncate(4);
    let facts = history.bodies.iter().find_map(|b| {
        if let Body::MedicationSummary(f) = b {
            Some(f)
        } else {
            None
        }
    });
    let mut planned: Vec<PlannedRx> = Vec::new();
    for (k, (medicine, indication)) in medicines.into_iter().enumerate() {
        let state = STATES[(n * 3 + k) % STATES.len()];
        let mut rx = prescription(chance, medicine, indication, state, now);
        rx.override_reason = override_reason(&rx, &planned, allergies, facts, person);
        let steps = steps(&rx, state, stock);
        planned.push(PlannedRx {
            rx,
            steps,
            final_state: state,
        });
    }
    planned
}

/// A medicine with the codes of its ingredients.
pub(super) fn concept(medicine: &Medicine) -> Concept {
    let coding = |code: &&str| Coding {
        system: system::RXNORM.to_owned(),
        code: (*code).to_owned(),
        display: None,
    };
    Concept {
        text: medicine.name.to_owned(),
        codings: medicine.codes.iter().map(coding).collect(),
    }
}

/// One dose, counted in units of the form; an inhaler is counted in puffs.
pub(super) fn dose(medicine: &Medicine) -> Quantity {
    let unit = if medicine.form == "inhaler" {
        "puff"
    } else {
        medicine.form
    };
    let plural = if medicine.units > 1 { "s" } else { "" };
    Quantity::new(medicine.units, &format!("{unit}{plural}"))
}

fn prescription(
    chance: &mut Chance,
    medicine: &Medicine,
    indication: Concept,
    state: State,
    now: &Instant,
) -> Prescription {
    let as_needed = medicine.times == 0;
    let times = if as_needed { 4 } else { medicine.times };
    // What is counted in tablets is given for the whole course; a pen or an inhaler is one.
    let counted = matches!(medicine.form, "tablet" | "capsule" | "ampoule" | "syringe");
    let count = if counted {
        medicine.units * i64::from(times) * i64::from(medicine.days)
    } else {
        1
    };
    let long = medicine.days >= 28 && medicine.schedule.is_none();
    let refills = if long && state == State::Signed { 2 } else { 0 };
    let days = |n: i64| now.plus_millis(n * DAY_MILLIS);
    let written = if state == State::Recorded {
        days(-chance.between(40, 400))
    } else {
        now.clone()
    };
    Prescription {
        intent: if state == State::Recorded {
            Intent::Recorded
        } else {
            Intent::Order
        },
        medicine: concept(medicine),
        form: Some(medicine.form.to_owned()),
        strength: Some(Quantity::new(medicine.strength.0, medicine.strength.1)),
        dose: Some(dose(medicine)),
        route: Some(medicine.route.to_owned()),
        frequency: Some(Frequency::daily(times)),
        as_needed: as_needed.then(|| "pain or breathlessness".to_owned()),
        duration: Some(Span::new(medicine.days, SpanUnit::Day)),
        quantity: Some(Quantity::new(count, medicine.form)),
        refills,
        substitution: if chance.percent(90) {
            Substitution::Allowed
        } else {
            Substitution::Forbidden
        },
        instructions: Some(instructions(medicine).to_owned()),
        indication: Some(indication),
        schedule: medicine.schedule,
        written: Some(written),
        expires: match state {
            State::Expired => Some(days(-2)),
            _ if refills > 0 => Some(days(180)),
            _ => None,
        },
        course: (state == State::Recorded).then_some(if chance.percent(60) {
            Course::Active
        } else {
            Course::Ended
        }),
        ..Prescription::default()
    }
}

fn instructions(medicine: &Medicine) -> &'static str {
    match medicine.route {
        "inhaled" => "Shake, breathe out, breathe in slowly; rinse the mouth afterwards.",
        "under the skin" => "Into the belly, another place each day.",
        _ if medicine.times == 0 => "No more than four times a day.",
        _ => "With a glass of water. Finish the course.",
    }
}

/// A doctor of a demonstration has thought about what a check would stop.
fn override_reason(
    rx: &Prescription,
    planned: &[PlannedRx],
    allergies: &[Allergy],
    facts: Option<&MedicationSummary>,
    person: &Person,
) -> Option<String> {
    let medication: Vec<Concept> = planned.iter().map(|p| p.rx.medicine.clone()).collect();
    let age_months = u32::try_from(person.age * 12).ok();
    let context = Context {
        allergies,
        medication: &medication,
        facts,
        age_months,
        sex: person.sex,
    };
    let stopped = safety::check(rx, &context)
        .iter()
        .any(|a| a.severity == safety::Severity::Stop);
    stopped.then(|| "Invented override: discussed with the pharmacist, no better choice today, watched closely.".to_owned())
}

fn steps(rx: &Prescription, state: State, stock: &[OnShelf]) -> Vec<Step> {
    let event = |by, kind, text: &str| Step {
        by,
        body: Body::RxEvent(RxEvent {
            kind,
            text: text.to_owned(),
            prescription: None,
            at: rx.written.clone(),
            verified: None,
            source: None,
        }),
    };
    let whole = rx.quantity.as_ref().map_or(1, |q| q.value.mantissa());
    match state {
        State::InFull if whole > 30 => vec![
            dispense(rx, whole / 2, stock),
            dispense(rx, whole - whole / 2, stock),
        ],
        State::InFull => vec![dispense(rx, whole, stock)],
        State::InPart if whole > 1 => vec![dispense(rx, whole / 2, stock)],
        State::Held => vec![event(
            Role::Pharmacist,
            RxEventKind::Held,
            "Is the dose meant for this kidney function? Please answer.",
        )],
        State::Refused => vec![event(
            Role::Pharmacist,
            RxEventKind::Refused,
            "Out of stock, no substitute; please write another.",
        )],
        State::Cancelled => vec![event(
            Role::Doctor,
            RxEventKind::Cancelled,
            "Culture came back, another medicine is needed.",
        )],
        _ => Vec::new(),
    }
}

fn dispense(rx: &Prescription, count: i64, stock: &[OnShelf]) -> Step {
    let lot = stock
        .iter()
        .map(|on_shelf| &on_shelf.lot)
        .find(|lot| lot.serves(rx));
    Step {
        by: Role::Pharmacist,
        body: Body::Dispense(Dispense {
            medicine: rx.medicine.clone(),
            quantity: Quantity::new(count, rx.quantity.as_ref().map_or("", |q| &q.unit)),
            prescription: None,
            verified: None,
            refill: 0,
            lot: lot.map(|l| l.lot.clone()),
            expiry: lot.map(|l| l.expiry),
            at: rx.written.clone(),
            pharmacist: Some("Ruth Adeyemi".to_owned()),
            counselling: Some("Told how and when to take it, and what to look out for.".to_owned()),
            override_reason: rx.override_reason.clone(),
            second: None,
            source: None,
        }),
    }
}
