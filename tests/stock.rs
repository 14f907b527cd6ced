//! A pharmacy's shelf: received, counted, handed out, with real keys.

mod support;

use chartseal::clinical::stock::{Correction, Lot, Movement, Stock};
use chartseal::clinical::{
    Concept, Decimal, Dispense, Frequency, Prescription, Quantity, Span, SpanUnit,
};
use chartseal::desk::charts::{admit, no_json};
use chartseal::desk::stock::{adjust, list, receive};
use chartseal::desk::view::{CheckOutcome, Severity};
use chartseal::desk::{Class, DeskError, Session, inbox, rx};
use chartseal::ledger::{Holder, Section, ThreadId};
use chartseal::vault::{Draft, VaultError};
use support::{Hospital, patient};

fn lot(medicine: &str, number: &str, expiry: &str) -> Lot {
    Lot {
        medicine: Concept::text(medicine),
        code: Some(medicine[..5].to_uppercase()),
        lot: number.into(),
        expiry: expiry.parse().unwrap(),
        unit: "capsule".into(),
    }
}

fn amoxicillin() -> Prescription {
    Prescription {
        medicine: Concept::text("amoxicillin"),
        form: Some("capsule".into()),
        strength: Some(Quantity::new(Decimal::whole(500), "mg")),
        dose: Some(Quantity::new(Decimal::whole(1), "capsule")),
        frequency: Some(Frequency::daily(3)),
        duration: Some(Span::new(7, SpanUnit::Day)),
        quantity: Some(Quantity::new(Decimal::whole(21), "capsule")),
        ..Default::default()
    }
}

fn handing(count: i64, lot: Option<&str>) -> Dispense {
    Dispense {
        medicine: Concept::text("amoxicillin"),
        quantity: Quantity::new(Decimal::whole(count), "capsule"),
        prescription: None,
        verified: None,
        refill: 0,
        lot: lot.map(str::to_owned),
        expiry: None,
        at: None,
        pharmacist: None,
        counselling: None,
        override_reason: None,
        second: None,
        source: None,
    }
}

struct Counter {
    hospital: Hospital,
    doctor: Session,
    pharmacist: Session,
}

impl Counter {
    fn new() -> Self {
        let hospital = Hospital::staffed();
        let (doctor, pharmacist) = (hospital.desk("hsmith"), hospital.desk("adeyemi"));
        Self {
            hospital,
            doctor,
            pharmacist,
        }
    }

    /// A signed order for another patient each time: nobody takes the medicine twice.
    fn order(&self) -> ThreadId {
        let mrn = admit(&self.doctor, "Ward A", &patient("Gustavo", "Mejía"))
            .unwrap()
            .mrn;
        let written = rx::write(&self.doctor, &mrn, amoxicillin(), None).unwrap();
        written.rx.parse().unwrap()
    }

    fn receive(&self, lot: &Lot, count: i64) {
        receive(&self.pharmacist, None, lot, Decimal::whole(count)).unwrap();
    }

    fn left(&self, number: &str) -> String {
        let lines = list(&self.pharmacist, None).unwrap();
        let line = lines.iter().find(|line| line.lot == number).unwrap();
        line.quantity.to_string()
    }
}

const AMOXICILLIN: &str = "amoxicillin 500 mg capsule";

#[test]
fn what_comes_in_is_listed_and_what_is_counted_is_corrected() {
    let counter = Counter::new();
    let at = &counter.pharmacist;
    let own = lot(AMOXICILLIN, "K77", "2031-03");
    counter.receive(&own, 100);
    counter.receive(&own, 40);
    assert_eq!(counter.left("K77"), "140");
    let fix = |correction| adjust(at, None, "K77", None, correction, "counted on the shelf");
    let counted = fix(Correction::Counted(Decimal::whole(137))).unwrap();
    assert_eq!(
        (counted.lot.as_str(), counted.quantity.to_string()),
        ("K77", "137".into())
    );
    fix(Correction::Changed(Decimal::whole(-7))).unwrap();
    assert_eq!(counter.left("K77"), "130");
    let below = fix(Correction::Changed(Decimal::whole(-131))).unwrap_err();
    assert_eq!(below.class(), Class::BadInput);
    assert!(
        adjust(
            at,
            None,
            "K77",
            None,
            Correction::Counted(Decimal::whole(1)),
            " "
        )
        .is_err()
    );
    assert!(
        adjust(
            at,
            None,
            "K78",
            None,
            Correction::Counted(Decimal::whole(1)),
            "lost"
        )
        .is_err()
    );
    let other = lot("metformin 500 mg capsule", "K77", "2031-03");
    counter.receive(&other, 10);
    let unclear = fix(Correction::Counted(Decimal::whole(1))).unwrap_err();
    assert!(unclear.to_string().contains("--code"), "{unclear}");
    adjust(
        at,
        None,
        "K77",
        Some("METFO"),
        Correction::Counted(Decimal::whole(9)),
        "one broken",
    )
    .unwrap();
    let changed = Lot {
        expiry: "2031-04".parse().unwrap(),
        ..own
    };
    let refused = receive(at, None, &changed, Decimal::whole(1)).unwrap_err();
    assert!(refused.to_string().contains("look at the box"), "{refused}");
    assert!(
        receive(
            at,
            None,
            &lot(AMOXICILLIN, "OLD", "2020-01"),
            Decimal::whole(5)
        )
        .is_err()
    );
    assert_eq!(counter.left("K77"), "130", "the first of the two");
    assert!(inbox::list(at).unwrap().is_empty(), "a shelf is no mail");
}

#[test]
fn only_pharmacists_keep_stock_and_only_their_own_pharmacys() {
    let counter = Counter::new();
    let own = lot(AMOXICILLIN, "K77", "2031-03");
    for login in ["hsmith", "brandt", "reyes", "audit", "admin", "mejia"] {
        let session = counter.hospital.desk(login);
        let refused = receive(&session, None, &own, Decimal::whole(5)).unwrap_err();
        assert_eq!(refused.class(), Class::Denied, "{login}");
        assert_eq!(
            list(&session, None).unwrap_err().class(),
            Class::Denied,
            "{login}"
        );
    }
    let elsewhere = receive(&counter.pharmacist, Some("Ward A"), &own, Decimal::whole(5));
    assert_eq!(elsewhere.unwrap_err().class(), Class::Denied);
}

#[test]
fn a_dispense_takes_from_the_named_lot_and_else_from_what_expires_first() {
    let counter = Counter::new();
    counter.receive(&lot(AMOXICILLIN, "LATE", "2031-03"), 100);
    counter.receive(&lot(AMOXICILLIN, "SOON", "2030-03"), 30);
    let at = &counter.pharmacist;
    let shown = rx::show(at, counter.order(), &no_json).unwrap();
    let lots: Vec<_> = shown.stock.iter().map(|line| line.lot.as_str()).collect();
    assert_eq!(lots, ["SOON", "LATE"]);
    let check = shown
        .checks
        .iter()
        .find(|check| check.check == "stock")
        .unwrap();
    assert_eq!(
        (check.outcome, check.text.as_str()),
        (CheckOutcome::Ok, "stock 30, lot SOON, 2030-03")
    );

    let named = rx::dispense(at, counter.order(), handing(21, Some("LATE")), None).unwrap();
    assert_eq!(
        (named.lot.as_deref(), counter.left("LATE").as_str()),
        (Some("LATE"), "79")
    );
    let first = rx::dispense(at, counter.order(), handing(21, None), None).unwrap();
    assert_eq!(
        (first.lot.as_deref(), counter.left("SOON").as_str()),
        (Some("SOON"), "9")
    );
    assert!(
        first
            .alerts
            .iter()
            .any(|alert| alert.text.contains("9 capsule left"))
    );
    let next = rx::dispense(at, counter.order(), handing(21, None), None).unwrap();
    assert_eq!(next.lot.as_deref(), Some("LATE"), "no lot is split");
    let id = counter.order();
    let part = rx::dispense(at, id, handing(9, Some("SOON")), None).unwrap();
    assert_eq!(
        (part.remaining.unwrap().to_string(), counter.left("SOON")),
        ("12".into(), "0".into())
    );
    let refused = rx::dispense(at, id, handing(1, Some("SOON")), None).unwrap_err();
    assert!(matches!(refused, DeskError::NotNow(_)), "{refused}");
}

#[test]
fn what_the_shelf_lacks_is_not_handed_out_and_nothing_is_written() {
    let counter = Counter::new();
    let at = &counter.pharmacist;
    counter.receive(&lot(AMOXICILLIN, "K77", "2031-03"), 20);
    let id = counter.order();
    let head = || counter.hospital.vault().ledger().head().unwrap().seq;
    // Looking is on record once.
    rx::show(at, id, &no_json).unwrap();
    let before = head();
    for named in [None, Some("K77")] {
        let refused = rx::dispense(at, id, handing(21, named), None).unwrap_err();
        assert!(matches!(refused, DeskError::NotNow(_)), "{refused}");
    }
    assert_eq!((head(), counter.left("K77")), (before, "20".into()));
}

#[test]
fn an_expired_lot_is_refused_reason_or_not() {
    let counter = Counter::new();
    let at = &counter.pharmacist;
    // It came in while it was good: below the desk, which takes no expired lot.
    at.vault()
        .write(|writer| {
            let stock =
                Stock::first(lot(AMOXICILLIN, "OLD", "2026-01"), Decimal::whole(50)).unwrap();
            let unit = writer
                .directory()
                .unit_by_name("Pharmacy")
                .unwrap()
                .unit
                .unit;
            chartseal::desk::stock::keep::put(writer, unit, None, &stock)
        })
        .unwrap();
    let id = counter.order();
    let view = rx::show(at, id, &no_json).unwrap();
    assert!(view.stock[0].expired);
    for named in [None, Some("OLD")] {
        let refused = rx::dispense(at, id, handing(21, named), Some("none other")).unwrap_err();
        assert!(refused.to_string().contains("expired"), "{refused}");
    }
    let unknown = Dispense {
        expiry: "2026-01".parse().ok(),
        ..handing(21, Some("ELSEWHERE"))
    };
    assert!(rx::dispense(at, id, unknown, None).is_err());
    assert_eq!(counter.left("OLD"), "50");
}

#[test]
fn a_pharmacy_that_keeps_no_stock_of_it_hands_it_over_and_says_so() {
    let counter = Counter::new();
    let at = &counter.pharmacist;
    let told = |dispensed: &chartseal::desk::view::Dispensed, severity, text: &str| {
        let mut alerts = dispensed.alerts.iter();
        assert!(
            alerts.any(|a| a.check == "stock" && a.severity == severity && a.text.contains(text)),
            "{:?}",
            dispensed.alerts
        );
    };
    let none = rx::dispense(at, counter.order(), handing(21, None), None).unwrap();
    told(&none, Severity::Info, "keeps no stock");
    counter.receive(&lot(AMOXICILLIN, "K77", "2031-03"), 100);
    let other = rx::dispense(at, counter.order(), handing(21, Some("X1")), None).unwrap();
    told(&other, Severity::Warn, "not on the shelf");
    assert_eq!(
        (other.lot.as_deref(), counter.left("K77").as_str()),
        (Some("X1"), "100")
    );
}

#[test]
fn a_box_of_another_medicine_stops_the_dispense() {
    let counter = Counter::new();
    let at = &counter.pharmacist;
    counter.receive(&lot("metformin 500 mg capsule", "M1", "2031-03"), 100);
    let id = counter.order();
    let stopped = rx::dispense(at, id, handing(21, Some("M1")), None).unwrap_err();
    assert!(matches!(stopped, DeskError::StoppedByCheck(_)), "{stopped}");
    assert_eq!(counter.left("M1"), "100");
}

#[test]
fn of_two_pharmacists_one_gets_the_last_box() {
    let counter = Counter::new();
    counter.receive(&lot(AMOXICILLIN, "LAST", "2031-03"), 21);
    let orders = [counter.order(), counter.order()];
    let sessions = [
        counter.hospital.desk("adeyemi"),
        counter.hospital.desk("adeyemi"),
    ];
    let won: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = sessions
            .iter()
            .zip(orders)
            .map(|(session, id)| {
                scope.spawn(move || {
                    usize::from(rx::dispense(session, id, handing(21, None), None).is_ok())
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).sum()
    });
    assert_eq!((won, counter.left("LAST")), (1, "0".into()));
}

#[test]
fn stock_that_no_pharmacist_wrote_is_no_stock() {
    let counter = Counter::new();
    let at = &counter.pharmacist;
    // A doctor drops a lot into the pharmacy's chart, below the interface.
    counter
        .doctor
        .vault()
        .write(|writer| {
            let unit = writer
                .directory()
                .unit_by_name("Pharmacy")
                .unwrap()
                .unit
                .unit;
            let stock =
                Stock::first(lot(AMOXICILLIN, "FAKE", "2031-03"), Decimal::whole(9)).unwrap();
            assert_eq!(stock.movement, Movement::Received);
            let draft = Draft::new(unit.chart(), Section::Work).to(vec![Holder::Unit(unit)]);
            let act = chartseal::desk::act::Act::Stock(stock);
            writer.put(draft, &act.encode())?;
            Ok::<_, VaultError>(())
        })
        .unwrap();
    assert!(list(at, None).unwrap().is_empty());
    let report = chartseal::jobs::verify::full(at, 2, &chartseal::desk::view::unwatched).unwrap();
    assert!(
        !report.ok,
        "and a verification with the pharmacy's keys names it"
    );
}
