//! From the prescriber's signature to the counter, with real keys.

mod support;

use chartseal::clinical::{
    Allergy, Body, Concept, Decimal, Dispense, Frequency, Prescription, Quantity, Span, SpanUnit,
};
use chartseal::desk::charts::{admit, encode, list as charts, no_json, show};
use chartseal::desk::view::{CheckOutcome, RxState, Severity, SignatureState};
use chartseal::desk::{Class, DeskError, Session, rx, write};
use chartseal::ledger::{Holder, Section, ThreadId};
use chartseal::vault::Draft;
use support::{Hospital, patient};

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

fn handing(count: i64) -> Dispense {
    Dispense {
        medicine: Concept::text("amoxicillin"),
        quantity: Quantity::new(Decimal::whole(count), "capsule"),
        prescription: None,
        verified: None,
        refill: 0,
        lot: Some("K77".into()),
        expiry: None,
        at: None,
        pharmacist: None,
        counselling: None,
        override_reason: None,
        second: None,
        source: None,
    }
}

fn admitted(hospital: &Hospital) -> (Session, String) {
    let doctor = hospital.desk("hsmith");
    let mrn = admit(&doctor, "Ward A", &patient("Gustavo", "Mejía"))
        .unwrap()
        .mrn;
    (doctor, mrn)
}

#[test]
fn a_prescription_is_queued_verified_and_dispensed_in_parts_and_in_full() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let written = rx::write(&doctor, &mrn, amoxicillin(), None).unwrap();
    let id = written.rx.parse().unwrap();
    let pharmacist = hospital.desk("adeyemi");
    let queue = rx::list(&pharmacist, Some(RxState::Signed), None).unwrap();
    assert_eq!(queue.len(), 1);
    assert_eq!(
        (
            queue[0].mrn.as_str(),
            queue[0].name.as_deref().unwrap().contains("Mejía")
        ),
        (mrn.as_str(), true)
    );
    let verdict = rx::verify(&pharmacist, id).unwrap();
    assert!(
        verdict.ok
            && verdict.signature == SignatureState::Ok
            && verdict.role_at_signing == "doctor"
    );

    let part = rx::dispense(&pharmacist, id, handing(10), None).unwrap();
    assert_eq!(
        (part.state, part.remaining.unwrap().to_string()),
        (RxState::DispensedInPart, "11".into())
    );
    let too_much = rx::dispense(&pharmacist, id, handing(12), None).unwrap_err();
    assert!(matches!(too_much, DeskError::NotNow(_)));
    let rest = rx::dispense(&pharmacist, id, handing(11), None).unwrap();
    assert_eq!(
        (rest.state, rest.remaining.unwrap().to_string()),
        (RxState::DispensedInFull, "0".into())
    );
    assert!(matches!(
        rx::dispense(&pharmacist, id, handing(1), None),
        Err(DeskError::NotNow(_))
    ));
    assert_eq!(rx::show(&doctor, id, &no_json).unwrap().events.len(), 3);
}

#[test]
fn a_pharmacist_sees_identity_and_medication_and_nothing_clinical() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    assert!(charts(&hospital.desk("adeyemi"), None).unwrap().is_empty());
    rx::write(&doctor, &mrn, amoxicillin(), None).unwrap();
    let pharmacist = hospital.desk("adeyemi");
    let chart = show(&pharmacist, &mrn, None, &no_json).unwrap();
    assert_eq!(
        chart.sections.keys().collect::<Vec<_>>(),
        ["identity", "medication"]
    );
    assert_eq!(
        show(&pharmacist, &mrn, Some(Section::Clinical), &no_json)
            .unwrap_err()
            .class(),
        Class::Denied
    );
}

#[test]
fn a_stop_blocks_and_an_override_is_signed_with_its_reason() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let allergy = Allergy {
        substance: Concept::text("penicillin"),
        ..Allergy::none_known()
    };
    let allergy = Allergy {
        verification: chartseal::clinical::Verification::Confirmed,
        ..allergy
    };
    write::entry(&doctor, &mrn, Body::Allergy(allergy)).unwrap();
    let stopped = rx::write(&doctor, &mrn, amoxicillin(), None).unwrap_err();
    assert!(matches!(stopped, DeskError::StoppedByCheck(_)), "{stopped}");
    assert!(
        rx::list(&doctor, None, None).unwrap().is_empty(),
        "nothing was written"
    );
    let written = rx::write(
        &doctor,
        &mrn,
        amoxicillin(),
        Some("test dose tolerated last year"),
    )
    .unwrap();
    assert!(written.alerts.iter().any(|alert| alert.overridden));
    let view = rx::show(
        &hospital.desk("adeyemi"),
        written.rx.parse().unwrap(),
        &no_json,
    )
    .unwrap();
    assert!(
        view.text
            .iter()
            .any(|line| line.contains("tolerated last year"))
    );
}

#[test]
fn a_version_in_another_chart_moves_no_prescription_there() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let written = rx::write(&doctor, &mrn, amoxicillin(), None).unwrap();
    let id: ThreadId = written.rx.parse().unwrap();
    let allergy = Allergy {
        verification: chartseal::clinical::Verification::Confirmed,
        substance: Concept::text("penicillin"),
        ..Allergy::none_known()
    };
    write::entry(&doctor, &mrn, Body::Allergy(allergy)).unwrap();
    // Somebody without that allergy, whose medication the pharmacy sees as well.
    let other = admit(&doctor, "Ward A", &patient("Rosa", "Quist"))
        .unwrap()
        .mrn;
    let paracetamol = Prescription {
        medicine: Concept::text("paracetamol"),
        ..amoxicillin()
    };
    rx::write(&doctor, &other, paracetamol, None).unwrap();
    let list = charts(&doctor, None).unwrap();
    let place = list.iter().find(|line| line.mrn == other).unwrap();
    let draft = Draft::new(place.chart.parse().unwrap(), Section::Medication)
        .after(id, written.rx.parse().unwrap());
    let forged = Body::Prescription(amoxicillin());
    hospital
        .login("hsmith")
        .write(|writer| writer.put(draft, &encode(&forged)))
        .unwrap();

    let pharmacist = hospital.desk("adeyemi");
    assert_eq!(
        rx::show(&pharmacist, id, &no_json).unwrap().line.mrn,
        mrn,
        "it stays its patient's"
    );
    let refused = rx::dispense(&pharmacist, id, handing(1), None).unwrap_err();
    assert!(matches!(refused, DeskError::StoppedByCheck(_)), "{refused}");
    // And can be dispensed there, after what stands last.
    rx::dispense(&pharmacist, id, handing(1), Some("tolerated last year")).unwrap();
    let shown = rx::show(&doctor, id, &no_json).unwrap();
    assert_eq!((shown.line.mrn, shown.events.len()), (mrn, 2));
}

#[test]
fn what_is_held_refused_or_cancelled_is_not_dispensed() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let pharmacist = hospital.desk("adeyemi");
    let id = rx::write(&doctor, &mrn, amoxicillin(), None)
        .unwrap()
        .rx
        .parse()
        .unwrap();
    assert_eq!(
        rx::hold(&pharmacist, id, "renal function?").unwrap().state,
        RxState::Held
    );
    assert!(matches!(
        rx::dispense(&pharmacist, id, handing(21), None),
        Err(DeskError::NotNow(_))
    ));
    assert_eq!(
        rx::answer(&doctor, id, "eGFR 80").unwrap().state,
        RxState::Signed
    );
    assert_eq!(
        rx::cancel(&doctor, id, "changed my mind").unwrap().state,
        RxState::Cancelled
    );
    assert!(matches!(
        rx::dispense(&pharmacist, id, handing(21), None),
        Err(DeskError::NotNow(_))
    ));
    assert!(rx::refuse(&pharmacist, id, "late").is_err());
}

#[test]
fn a_verification_says_ok_only_while_the_prescription_may_be_dispensed() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let pharmacist = hospital.desk("adeyemi");
    let sign = || {
        let written = rx::write(&doctor, &mrn, amoxicillin(), Some("for the test"));
        written.unwrap().rx.parse().unwrap()
    };
    let verdict = |id| {
        let found = rx::verify(&pharmacist, id).unwrap();
        assert_eq!(
            found.signature,
            SignatureState::Ok,
            "it stands as it was signed"
        );
        (found.state, found.ok)
    };
    let (taken, asked, back, refused) = (sign(), sign(), sign(), sign());
    assert_eq!(verdict(taken), (RxState::Signed, true));
    rx::dispense(&pharmacist, taken, handing(10), Some("for the test")).unwrap();
    assert_eq!(verdict(taken), (RxState::DispensedInPart, true));
    rx::dispense(&pharmacist, taken, handing(11), Some("for the test")).unwrap();
    assert_eq!(verdict(taken), (RxState::DispensedInFull, false));
    rx::hold(&pharmacist, asked, "renal function?").unwrap();
    assert_eq!(verdict(asked), (RxState::Held, false));
    rx::answer(&doctor, asked, "eGFR 80").unwrap();
    assert_eq!(verdict(asked), (RxState::Signed, true));
    rx::cancel(&doctor, back, "changed my mind").unwrap();
    assert_eq!(verdict(back), (RxState::Cancelled, false));
    rx::refuse(&pharmacist, refused, "none in stock").unwrap();
    assert_eq!(verdict(refused), (RxState::Refused, false));
}

#[test]
fn two_pharmacists_cannot_hand_over_the_same_prescription() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let id = rx::write(&doctor, &mrn, amoxicillin(), None)
        .unwrap()
        .rx
        .parse()
        .unwrap();
    let sessions = [hospital.desk("adeyemi"), hospital.desk("adeyemi")];
    let won: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = sessions
            .iter()
            .map(|session| {
                scope.spawn(move || {
                    usize::from(rx::dispense(session, id, handing(21), None).is_ok())
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
    assert_eq!(rx::show(&doctor, id, &no_json).unwrap().events.len(), 2);
}

#[test]
fn an_order_forged_by_a_nurse_below_the_interface_reaches_nobody() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    rx::write(&doctor, &mrn, amoxicillin(), None).unwrap();
    let nurse = hospital.desk("brandt");
    let chart = charts(&nurse, None).unwrap()[0].chart.parse().unwrap();
    let forged = nurse
        .vault()
        .write(|writer| {
            let pharmacy = Holder::Unit(
                writer
                    .directory()
                    .unit_by_name("Pharmacy")
                    .unwrap()
                    .unit
                    .unit,
            );
            let draft = Draft::new(chart, Section::Medication).to(vec![pharmacy]);
            writer.put(draft, &encode(&Body::Prescription(amoxicillin())))
        })
        .unwrap();
    let pharmacist = hospital.desk("adeyemi");
    assert_eq!(rx::list(&pharmacist, None, None).unwrap().len(), 1);
    assert_eq!(
        rx::dispense(&pharmacist, forged.thread, handing(21), None)
            .unwrap_err()
            .class(),
        Class::Found
    );
    assert!(!rx::verify(&pharmacist, forged.thread).unwrap().ok);
    assert!(matches!(
        rx::write(&nurse, &mrn, amoxicillin(), None),
        Err(DeskError::Vault(_))
    ));
}

#[test]
fn a_prescription_that_no_pharmacy_can_see_says_so() {
    let told = |doctor: &Session, mrn: &str| {
        let written = rx::write(doctor, mrn, amoxicillin(), Some("for the test")).unwrap();
        written.alerts.iter().any(|alert| alert.check == "pharmacy")
    };
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    assert!(!told(&doctor, &mrn));

    let bare = Hospital::bare();
    let admin = bare.login("admin");
    let ward = chartseal::ledger::clear::UnitKind::Ward;
    admin.add_unit("Ward A", ward).unwrap();
    let units = ["Ward A".to_owned()];
    let role = chartseal::clinical::Role::Doctor;
    let code = admin.invite("hsmith", "HSMITH", role, &units).unwrap();
    let cost = chartseal::crypto::password::Cost::FLOOR;
    let passphrase = support::secret(support::PASSPHRASE);
    bare.vault()
        .activate("hsmith", &code, &passphrase, cost)
        .unwrap();
    admin.approve("hsmith").unwrap();
    let (doctor, mrn) = admitted(&bare);
    assert!(told(&doctor, &mrn));
}

#[test]
fn an_addressed_prescription_is_invisible_to_another_pharmacy() {
    let hospital = Hospital::staffed();
    let admin = hospital.login("admin");
    admin
        .add_unit(
            "Night pharmacy",
            chartseal::ledger::clear::UnitKind::Pharmacy,
        )
        .unwrap();
    let (doctor, mrn) = admitted(&hospital);
    let night = doctor
        .vault()
        .read(|reader| {
            Ok::<_, DeskError>(
                reader
                    .directory()
                    .unit_by_name("Night pharmacy")
                    .unwrap()
                    .unit
                    .unit,
            )
        })
        .unwrap();
    let order = Prescription {
        pharmacy: Some(night.0),
        ..amoxicillin()
    };
    let nobody = rx::write(&doctor, &mrn, order.clone(), None).unwrap_err();
    assert!(
        matches!(nobody, DeskError::NotNow(_)),
        "nobody works there yet"
    );
    rx::write(
        &doctor,
        &mrn,
        Prescription {
            pharmacy: None,
            ..order
        },
        None,
    )
    .unwrap();
    assert_eq!(
        rx::list(&hospital.desk("adeyemi"), None, None)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_repeat_that_is_not_due_is_a_stop_beside_the_order_and_is_handed_over_only_past_a_reason() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let repeated = Prescription {
        refills: 2,
        ..amoxicillin()
    };
    let id: ThreadId = rx::write(&doctor, &mrn, repeated, None)
        .unwrap()
        .rx
        .parse()
        .unwrap();
    let pharmacist = hospital.desk("adeyemi");
    let stop = || {
        let view = rx::show(&pharmacist, id, &no_json).unwrap();
        let check = view.checks.into_iter().find(|check| {
            check.check == "duplicate dispense" && check.outcome == CheckOutcome::Stop
        });
        let alert = view
            .alerts
            .into_iter()
            .find(|alert| alert.check == "duplicate dispense" && alert.severity == Severity::Stop);
        assert_eq!(check.is_some(), alert.is_some());
        check.map(|check| check.text)
    };
    assert_eq!(stop(), None, "the first fill is due at once");
    rx::dispense(&pharmacist, id, handing(10), None).unwrap();
    assert_eq!(stop(), None, "the rest of a part is no repeat");
    rx::dispense(&pharmacist, id, handing(11), None).unwrap();
    let shown = stop().expect("the repeat is not due for days");
    assert!(
        shown.starts_with("the next repeat is due from 20"),
        "{shown}"
    );
    let queued = &rx::list(&pharmacist, None, None).unwrap()[0];
    assert_eq!(queued.worst, Some(Severity::Stop));
    for without in [None, Some("  ")] {
        let refused = rx::dispense(&pharmacist, id, handing(21), without).unwrap_err();
        assert!(
            matches!(&refused, DeskError::StoppedByCheck(why) if why.ends_with(&shown)),
            "{refused}"
        );
    }
    let past = rx::dispense(&pharmacist, id, handing(21), Some("leaves for two months")).unwrap();
    assert!(
        past.alerts
            .iter()
            .any(|alert| alert.check == "duplicate dispense" && alert.overridden)
    );
    let events = rx::show(&doctor, id, &no_json).unwrap().events;
    assert_eq!(
        events.last().unwrap().reason.as_deref(),
        Some("leaves for two months")
    );
}

#[test]
fn what_the_prescriber_signed_past_excuses_no_repeat_that_is_not_due() {
    let hospital = Hospital::staffed();
    let (doctor, mrn) = admitted(&hospital);
    let allergy = Allergy {
        verification: chartseal::clinical::Verification::Confirmed,
        substance: Concept::text("penicillin"),
        ..Allergy::none_known()
    };
    write::entry(&doctor, &mrn, Body::Allergy(allergy)).unwrap();
    let repeated = Prescription {
        refills: 1,
        ..amoxicillin()
    };
    let written = rx::write(&doctor, &mrn, repeated, Some("tolerated last year")).unwrap();
    let id = written.rx.parse().unwrap();
    let pharmacist = hospital.desk("adeyemi");
    rx::dispense(&pharmacist, id, handing(21), None).unwrap();
    let early = rx::dispense(&pharmacist, id, handing(21), None).unwrap_err();
    assert!(
        matches!(&early, DeskError::StoppedByCheck(why) if why.contains("duplicate dispense")),
        "{early}"
    );
}
