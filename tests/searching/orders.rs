//! Orders, and what happens to them: each is found by what it says, whatever follows it.

use chartseal::clinical::{Concept, Decimal, Dispense, Prescription, Quantity};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::admit;
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, index, rx};
use chartseal::jobs::verify;

use crate::fixture::{find, naive};
use crate::support::{Hospital, patient};

const QUESTIONS: [&str; 7] = [
    "rx:metformin",
    "rx:metformin kind:prescription",
    "kind:dispense M150",
    "kind:dispense M151",
    "kind:rx-event",
    "M150 OR M151",
    "history: rx:metformin",
];

fn tablets(count: i64) -> Quantity {
    Quantity::new(Decimal::whole(count), "tablet")
}

fn handing(count: i64, lot: &str) -> Dispense {
    Dispense {
        medicine: Concept::text("metformin"),
        quantity: tablets(count),
        prescription: None,
        verified: None,
        refill: 0,
        lot: Some(lot.into()),
        expiry: None,
        at: None,
        pharmacist: None,
        counselling: None,
        override_reason: None,
        second: None,
        source: None,
    }
}

/// How many entries each question finds: as many as reading everything does.
fn found(session: &Session) -> [usize; QUESTIONS.len()] {
    QUESTIONS.map(|question| {
        let found = find(session, question);
        assert_eq!(found, naive(session, question), "{question}");
        found.len()
    })
}

#[test]
fn an_order_and_every_hand_over_are_found_after_whatever_happened_next() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn;
    let order = Prescription {
        medicine: Concept::text("metformin"),
        strength: Some(Quantity::new(Decimal::whole(500), "mg")),
        quantity: Some(tablets(60)),
        ..Default::default()
    };
    let written = rx::write(&doctor, &mrn, order, None).unwrap();
    let id = written.rx.parse().unwrap();
    assert_eq!(found(&doctor)[..5], [1, 1, 0, 0, 0]);
    let pharmacist = hospital.desk("adeyemi");
    rx::dispense(&pharmacist, id, handing(28, "M150"), None).unwrap();
    rx::dispense(&pharmacist, id, handing(10, "M151"), None).unwrap();
    rx::hold(&pharmacist, id, "dose?").unwrap();
    for session in [&doctor, &pharmacist] {
        catch_up_all(session, &unwatched).unwrap();
        let [_, order, first, second, _, both, _] = found(session);
        assert_eq!((order, first, second, both), (1, 1, 1, 2));
        index::rebuild(session, &unwatched).unwrap();
        let [_, order, first, second, _, both, _] = found(session);
        assert_eq!((order, first, second, both), (1, 1, 1, 2));
    }
    rx::cancel(&doctor, id, "bleeding").unwrap();
    let [_, order, first, second, ..] = found(&doctor);
    assert_eq!((order, first, second), (1, 1, 1));
    let report = verify::full(&doctor, 1, &unwatched).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}
