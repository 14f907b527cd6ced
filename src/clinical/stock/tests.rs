use proptest::prelude::*;

use super::*;

fn lot(medicine: &str, number: &str, expiry: &str) -> Lot {
    Lot {
        medicine: Concept::text(medicine),
        code: None,
        lot: number.into(),
        expiry: expiry.parse().unwrap(),
        unit: "capsule".into(),
    }
}

fn amoxicillin(strength: i64) -> Prescription {
    Prescription {
        medicine: Concept::text("amoxicillin"),
        strength: Some(Quantity::new(strength, "mg")),
        form: Some("capsule".into()),
        ..Prescription::default()
    }
}

fn today() -> Date {
    jiff::civil::date(2026, 11, 22)
}

fn capsules(count: i64) -> Quantity {
    Quantity::new(count, "capsules")
}

#[test]
fn a_lot_serves_the_same_ingredient_in_the_same_strength() {
    let order = amoxicillin(500);
    for (medicine, serves) in [
        ("amoxicillin 500 mg capsule", true),
        ("Amoxicillin 500mg", true),
        ("amoxicillin", true),
        ("amoxicillin 250 mg capsule", false),
        ("co-amoxiclav 500 mg tablet", false),
        ("metformin 500 mg tablet", false),
    ] {
        assert_eq!(
            lot(medicine, "K1", "2027-03").serves(&order),
            serves,
            "{medicine}"
        );
    }
    let unknown = Prescription {
        medicine: Concept::text("Zorblatin"),
        strength: Some(Quantity::new(5, "mg")),
        ..Prescription::default()
    };
    assert!(lot("zorblatin 5 mg", "K1", "2027-03").serves(&unknown));
    assert!(!lot("zorblatin 10 mg", "K1", "2027-03").serves(&unknown));
}

#[test]
fn a_lot_is_good_to_the_last_day_of_its_month() {
    let month = lot("amoxicillin", "K1", "2026-11");
    assert!(!month.is_expired(jiff::civil::date(2026, 11, 30)));
    assert!(month.is_expired(jiff::civil::date(2026, 12, 1)));
}

#[test]
fn first_expiring_goes_first_and_expired_never() {
    let shelf = [
        Stock::first(lot("amoxicillin", "LATE", "2028-01"), Decimal::whole(100)).unwrap(),
        Stock::first(lot("amoxicillin", "SOON", "2026-12"), Decimal::whole(30)).unwrap(),
        Stock::first(lot("amoxicillin", "GONE", "2026-10"), Decimal::whole(500)).unwrap(),
        Stock::first(lot("metformin", "OTHER", "2026-11-23"), Decimal::whole(500)).unwrap(),
    ];
    let of = |count| supply(&shelf, &amoxicillin(500), &capsules(count), today());
    assert_eq!(of(21), Supply::Lot(1));
    assert_eq!(of(31), Supply::Lot(0));
    let short = Supply::Short {
        most: Decimal::whole(100),
        in_all: Decimal::whole(130),
    };
    assert_eq!(of(101), short);
    let old = supply(&shelf[2..], &amoxicillin(500), &capsules(1), today());
    assert_eq!(old, Supply::Expired);
    let none = supply(&shelf[3..], &amoxicillin(500), &capsules(1), today());
    assert_eq!(none, Supply::NotKept);
    let refused = shelf[2].dispensed(&capsules(1), [0; 16], today());
    assert!(matches!(refused, Err(Breach::Expired { .. })));
}

#[test]
fn a_used_up_lot_is_short_and_not_unknown() {
    let full = Stock::first(lot("amoxicillin", "LAST", "2028-01"), Decimal::whole(21)).unwrap();
    let empty = full.dispensed(&capsules(21), [1; 16], today()).unwrap();
    let found = supply(&[empty], &amoxicillin(500), &capsules(21), today());
    assert!(matches!(found, Supply::Short { .. }));
}

#[test]
fn another_medicine_under_a_known_number_is_refused() {
    let known = Stock::first(lot("amoxicillin", "K1", "2027-03"), Decimal::whole(10)).unwrap();
    for other in [
        lot("metformin", "K1", "2027-03"),
        lot("amoxicillin", "K1", "2027-04"),
    ] {
        let refused = known.received(&other, Decimal::whole(1));
        assert!(matches!(refused, Err(Breach::AnotherLot { .. })));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Receive(i64),
    Count(i64),
    Change(i64),
    Dispense(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (-5i64..200).prop_map(Step::Receive),
        (-20i64..200).prop_map(Step::Count),
        (-200i64..200).prop_map(Step::Change),
        (-5i64..200).prop_map(Step::Dispense),
    ]
}

proptest! {
    #[test]
    fn whatever_is_done_nothing_is_ever_below_zero_and_every_change_adds_up(steps in proptest::collection::vec(step(), 1..40)) {
        let own = lot("amoxicillin", "K1", "2027-03");
        let mut stock = Stock::first(own.clone(), Decimal::whole(50)).unwrap();
        for step in steps {
            let next = match step {
                Step::Receive(count) => stock.received(&own, Decimal::whole(count)),
                Step::Count(count) => stock.adjusted(Correction::Counted(Decimal::whole(count)), "counted"),
                Step::Change(by) => stock.adjusted(Correction::Changed(Decimal::whole(by)), "broken"),
                Step::Dispense(count) => stock.dispensed(&capsules(count), [7; 16], today()),
            };
            if let Ok(next) = next {
                prop_assert!(next.is_sound());
                prop_assert!(stock.left.plus(next.change).unwrap().compare(next.left).is_eq());
                if next.movement == Movement::Dispensed {
                    prop_assert!(next.left.compare(stock.left).is_lt());
                }
                stock = next;
            }
        }
    }
}
