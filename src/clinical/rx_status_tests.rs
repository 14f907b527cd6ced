//! Tests of where a prescription stands.

use proptest::prelude::*;

use super::rx_state::{DAY_MILLIS, State, Validity};
use super::rx_status::{Breach, Happening, Status, What, status};
use super::sample::{Dice, Sample};
use super::*;

fn rx(quantity: i64, refills: u16) -> Prescription {
    Prescription {
        medicine: Concept::text("amoxicillin"),
        dose: Some(Quantity::new(1, "capsule")),
        frequency: Some(Frequency::daily(3)),
        quantity: Some(Quantity::new(quantity, "capsule")),
        refills,
        ..Prescription::default()
    }
}

fn handed(count: i64, refill: u16) -> Dispense {
    Dispense {
        medicine: Concept::text("amoxicillin"),
        quantity: Quantity::new(count, "capsules"),
        prescription: None,
        verified: None,
        refill,
        lot: None,
        expiry: None,
        at: None,
        pharmacist: None,
        counselling: None,
        override_reason: None,
        second: None,
        source: None,
    }
}

fn event(kind: RxEventKind) -> RxEvent {
    RxEvent {
        kind,
        text: "why".into(),
        prescription: None,
        at: None,
        verified: None,
        source: None,
    }
}

fn by_pharmacist(day: i64, what: What) -> Happening {
    Happening {
        at: day * DAY_MILLIS,
        role: Role::Pharmacist,
        what,
    }
}

fn by_doctor(day: i64, what: What) -> Happening {
    Happening {
        at: day * DAY_MILLIS,
        role: Role::Doctor,
        what,
    }
}

fn stands(rx: &Prescription, happenings: &[Happening], day: i64) -> Status {
    status(rx, 0, happenings, Validity::default(), day * DAY_MILLIS)
}

#[test]
fn partial_dispenses_add_up_to_the_whole() {
    let (rx, first, second) = (rx(21, 0), handed(14, 0), handed(7, 0));
    let part = [by_pharmacist(0, What::Dispensed(&first))];
    let after = stands(&rx, &part, 1);
    assert_eq!(after.state, State::InPart);
    assert_eq!(after.remaining, Some(Quantity::new(7, "capsule")));
    assert_eq!(
        (after.parts_of_fill, after.repeat_due),
        (1, None),
        "the rest of a fill is due at any time"
    );
    let both = [part[0], by_pharmacist(1, What::Dispensed(&second))];
    let after = stands(&rx, &both, 1);
    assert_eq!(
        (after.state, after.remaining),
        (State::InFull, Some(Quantity::new(0, "capsule")))
    );
}

#[test]
fn more_than_is_left_is_a_finding_and_blocks_further_dispensing() {
    let (rx, first, second) = (rx(21, 0), handed(14, 0), handed(8, 0));
    let after = stands(
        &rx,
        &[
            by_pharmacist(0, What::Dispensed(&first)),
            by_pharmacist(1, What::Dispensed(&second)),
        ],
        1,
    );
    assert_eq!(after.remaining, Some(Quantity::new(7, "capsule")));
    assert_eq!(
        after.findings[0].breach.to_string(),
        "8 capsules is more than the 7 capsule that are left of this fill"
    );
    assert!(after.state.is_open() && !after.is_dispensable());
}

#[test]
fn a_repeat_follows_a_complete_fill_and_is_due_when_most_of_it_is_used() {
    let (rx, first) = (rx(21, 2), handed(21, 0));
    let after = stands(&rx, &[by_pharmacist(0, What::Dispensed(&first))], 1);
    assert_eq!(
        (after.state, after.fill, after.repeats_left),
        (State::InPart, 1, 1)
    );
    assert_eq!(after.left_of_fill, Some(Quantity::new(21, "capsule")));
    assert_eq!(after.remaining, Some(Quantity::new(42, "capsule")));
    assert_eq!(after.repeat_due, Some(7 * DAY_MILLIS * 75 / 100));
}

#[test]
fn a_dispense_may_not_reach_into_the_next_fill() {
    let (rx, much) = (rx(21, 1), handed(22, 0));
    let after = stands(&rx, &[by_pharmacist(0, What::Dispensed(&much))], 1);
    assert!(matches!(after.findings[0].breach, Breach::TooMuch { .. }));
    let wrong_fill = handed(21, 1);
    let after = stands(&rx, &[by_pharmacist(0, What::Dispensed(&wrong_fill))], 1);
    assert_eq!(
        after.findings[0].breach,
        Breach::OtherFill { named: 2, due: 1 }
    );
}

#[test]
fn a_held_prescription_waits_for_the_prescriber_and_goes_back_where_it_was() {
    let (rx, part, held, answered) = (
        rx(21, 0),
        handed(7, 0),
        event(RxEventKind::Held),
        event(RxEventKind::Answered),
    );
    let asked = [by_pharmacist(1, What::Event(&held))];
    assert_eq!(stands(&rx, &asked, 2).state, State::Held);
    assert_eq!(stands(&rx, &asked, 2).question.as_deref(), Some("why"));
    let dispensed_while_held = [asked[0], by_pharmacist(2, What::Dispensed(&part))];
    assert_eq!(stands(&rx, &dispensed_while_held, 2).findings.len(), 1);
    let answer = [asked[0], by_doctor(2, What::Event(&answered))];
    assert_eq!(
        (
            stands(&rx, &answer, 2).state,
            stands(&rx, &answer, 2).question
        ),
        (State::Signed, None)
    );
    let after_a_part = [
        by_pharmacist(0, What::Dispensed(&part)),
        asked[0],
        by_doctor(2, What::Event(&answered)),
    ];
    assert_eq!(stands(&rx, &after_a_part, 2).state, State::InPart);
}

#[test]
fn what_is_not_dispensed_in_time_expires_at_that_moment() {
    let (rx, first) = (rx(21, 0), handed(21, 0));
    assert_eq!(stands(&rx, &[], 27).state, State::Signed);
    assert_eq!(stands(&rx, &[], 28).state, State::Expired);
    let late = stands(&rx, &[by_pharmacist(28, What::Dispensed(&first))], 28);
    assert_eq!((late.state, late.findings.len()), (State::Expired, 1));
}

#[test]
fn an_imported_prescription_is_recorded_and_never_dispensed() {
    let rx = Prescription {
        intent: Intent::Recorded,
        ..rx(21, 0)
    };
    let first = handed(21, 0);
    let after = stands(&rx, &[by_pharmacist(0, What::Dispensed(&first))], 400);
    assert_eq!((after.state, after.findings.len()), (State::Recorded, 1));
}

#[test]
fn only_a_pharmacist_dispenses_and_only_a_prescriber_cancels() {
    let (rx, first, cancelled) = (rx(21, 0), handed(21, 0), event(RxEventKind::Cancelled));
    assert_eq!(
        stands(&rx, &[by_doctor(0, What::Dispensed(&first))], 1).state,
        State::Signed
    );
    assert_eq!(
        stands(&rx, &[by_pharmacist(0, What::Event(&cancelled))], 1).state,
        State::Signed
    );
    assert_eq!(
        stands(&rx, &[by_doctor(0, What::Event(&cancelled))], 1).state,
        State::Cancelled
    );
}

#[test]
fn an_entry_dated_long_before_what_it_follows_moves_nothing() {
    let (rx, first, cancelled) = (rx(21, 0), handed(7, 0), event(RxEventKind::Cancelled));
    let after = stands(
        &rx,
        &[
            by_pharmacist(9, What::Dispensed(&first)),
            by_doctor(8, What::Event(&cancelled)),
        ],
        10,
    );
    assert_eq!(
        (after.state, after.findings[0].breach.clone()),
        (State::InPart, Breach::BackInTime)
    );
}

#[test]
fn a_fill_is_counted_from_dose_and_duration_where_no_quantity_is_written() {
    let rx = Prescription {
        quantity: None,
        duration: Some(Span::new(7, SpanUnit::Day)),
        ..rx(0, 0)
    };
    assert_eq!(rx.fill_quantity(), Some(Quantity::new(21, "capsule")));
    assert_eq!(rx.fill_days(), Some(7));
    let as_needed = Prescription {
        as_needed: Some(String::new()),
        ..rx
    };
    assert_eq!(as_needed.fill_quantity(), None);
}

#[test]
fn without_any_count_each_dispense_is_one_fill() {
    let rx = Prescription {
        quantity: None,
        ..rx(0, 1)
    };
    let (first, second) = (handed(1, 0), handed(1, 1));
    let once = [by_pharmacist(0, What::Dispensed(&first))];
    assert_eq!(
        (
            stands(&rx, &once, 1).state,
            stands(&rx, &once, 1).repeats_left
        ),
        (State::InPart, 0)
    );
    let twice = [once[0], by_pharmacist(1, What::Dispensed(&second))];
    assert_eq!(stands(&rx, &twice, 1).state, State::InFull);
}

/// Bodies for a random thread; most dispenses name the right unit, so that many of them are legal.
fn thread(seed: u64) -> (Prescription, Vec<(i64, Role, Body)>) {
    let mut dice = Dice(seed);
    let mut rx = rx(dice.roll(40) as i64 - 2, dice.roll(4) as u16);
    if dice.roll(5) == 0 {
        rx.quantity = None;
    }
    let mut happened = Vec::new();
    for _ in 0..dice.roll(14) {
        let body = match dice.roll(6) {
            0..=3 => Body::Dispense(handed(dice.roll(30) as i64 - 2, dice.roll(4) as u16 / 2)),
            _ => Body::RxEvent(event(RxEventKind::sample(&mut dice))),
        };
        let role = if dice.roll(4) == 0 {
            Role::sample(&mut dice)
        } else {
            [Role::Pharmacist, Role::Doctor][dice.roll(2) as usize]
        };
        happened.push((dice.roll(30) as i64 * DAY_MILLIS, role, body));
    }
    if dice.roll(4) > 0 {
        happened.sort_by_key(|h| h.0);
    }
    (rx, happened)
}

fn happenings(happened: &[(i64, Role, Body)]) -> Vec<Happening<'_>> {
    fn what(body: &Body) -> What<'_> {
        match body {
            Body::Dispense(d) => What::Dispensed(d),
            Body::RxEvent(e) => What::Event(e),
            _ => unreachable!("a thread holds dispenses and events"),
        }
    }
    happened
        .iter()
        .map(|(at, role, body)| Happening {
            at: *at,
            role: *role,
            what: what(body),
        })
        .collect()
}

#[test]
fn random_threads_reach_every_state_so_that_the_properties_say_something() {
    let mut reached: Vec<State> = Vec::new();
    for seed in 0..4_000 {
        let (rx, happened) = thread(seed);
        reached.push(status(&rx, 0, &happenings(&happened), Validity::default(), 0).state);
    }
    for state in [
        State::Signed,
        State::Held,
        State::InPart,
        State::InFull,
        State::Refused,
        State::Cancelled,
        State::Expired,
    ] {
        assert!(
            reached.iter().filter(|s| **s == state).count() > 10,
            "{state}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_sequence_of_events_leaves_a_final_state(seed in any::<u64>()) {
        let (rx, happened) = thread(seed);
        let all = happenings(&happened);
        let mut before: Option<State> = None;
        for n in 0..=all.len() {
            let now = all[..n].iter().map(|h| h.at).max().unwrap_or(0);
            let state = status(&rx, 0, &all[..n], Validity::default(), now).state;
            if let Some(before) = before.filter(|s| s.is_final()) {
                prop_assert_eq!(state, before);
            }
            before = Some(state);
        }
    }

    #[test]
    fn what_is_handed_over_never_exceeds_what_was_ordered(seed in any::<u64>()) {
        let (rx, happened) = thread(seed);
        let all = happenings(&happened);
        let after = status(&rx, 0, &all, Validity::default(), 0);
        let legal = all.iter().enumerate().filter(|(i, _)| after.findings.iter().all(|f| f.index != *i));
        let sum: i64 = legal.filter_map(|(_, h)| if let What::Dispensed(d) = h.what { Some(d.quantity.value.mantissa()) } else { None }).sum();
        if let Some(remaining) = after.remaining.filter(|r| !r.value.is_negative()) {
            let ordered = rx.quantity.unwrap().value.mantissa() * (i64::from(rx.refills) + 1);
            prop_assert!(sum <= ordered);
            prop_assert_eq!(remaining.value.mantissa(), ordered - sum);
        } else if rx.quantity.is_some() {
            prop_assert_eq!(sum, 0, "nothing can be handed over against a quantity below zero");
        }
    }
}
