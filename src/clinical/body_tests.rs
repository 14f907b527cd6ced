//! Tests of the one encoding: golden bytes, round trips, hostile bytes.

use proptest::prelude::*;

use super::sample::{Dice, Sample};
use super::*;
use crate::crypto::hex::{hex, unhex};

fn at(text: &str) -> Option<Instant> {
    text.parse().ok()
}

/// One small body of each kind.
fn one_of_each() -> Vec<Body> {
    let moment = at("2026-11-22T08:31:00Z");
    let medicine = Concept::coded(coding::system::RXNORM, "723", "amoxicillin");
    vec![
        Body::Identity(Identity {
            mrn: Some(Mrn::issue(12)),
            names: vec![Name::new("Gustavo", "Mejía")],
            birth: "1961-04-03".parse().ok(),
            sex: Sex::Male,
            ..Identity::default()
        }),
        Body::Encounter(Encounter {
            class: EncounterClass::Inpatient,
            status: EncounterStatus::InProgress,
            start: moment.clone(),
            ..Encounter::default()
        }),
        Body::Vitals(Vitals {
            at: moment.clone(),
            systolic: "148".parse().ok(),
            diastolic: "92".parse().ok(),
            temperature: "38.90".parse().ok(),
            breathing: Some(Breathing::Air),
            ..Vitals::default()
        }),
        Body::Condition(Condition {
            concept: Concept::coded(coding::system::ICD10, "I10", "hypertension"),
            onset: "2019".parse().ok(),
            ..Condition::default()
        }),
        Body::Allergy(Allergy { verification: Verification::Confirmed, ..Allergy::none_known() }),
        Body::Note(Note { title: "Round".into(), text: "Better.".into(), author_role: Some(Role::Doctor), ..Note::default() }),
        Body::Result(LabResult {
            code: Concept::coded(coding::system::LOINC, "2823-3", "Potassium"),
            value: Some(ResultValue::Bound(Bound::Below, Quantity::new(2, "mmol/L"))),
            interpretation: Some(Interpretation::CriticalLow),
            ..LabResult::default()
        }),
        Body::Procedure(Procedure { concept: Concept::text("appendectomy"), ..Procedure::default() }),
        Body::Immunisation(Immunisation { vaccine: Concept::text("influenza"), dose_number: Some(2), ..Immunisation::default() }),
        Body::Document(Document {
            title: "Letter".into(),
            media_type: "text/plain".into(),
            content: b"Dear colleague".to_vec(),
            ..Document::default()
        }),
        Body::Prescription(Prescription {
            medicine: medicine.clone(),
            dose: Some(Quantity::new(500, "mg")),
            frequency: Some(Frequency::daily(3)),
            duration: Some(Span::new(7, SpanUnit::Day)),
            quantity: Some(Quantity::new(21, "capsule")),
            pharmacy: Some([7; 16]),
            ..Prescription::default()
        }),
        Body::Dispense(Dispense {
            medicine: medicine.clone(),
            quantity: Quantity::new(21, "capsule"),
            prescription: Some([1; 16]),
            verified: Some([2; 32]),
            refill: 0,
            lot: Some("K77".into()),
            expiry: "2027-03".parse().ok(),
            at: moment.clone(),
            pharmacist: None,
            counselling: None,
            override_reason: None,
            second: None,
            source: None,
        }),
        Body::Administration(Administration { medicine, outcome: Outcome::Refused, ..Administration::default() }),
        Body::MedicationSummary(MedicationSummary { egfr: "48".parse().ok(), breastfeeding: Some(false), ..Default::default() }),
        Body::RxEvent(RxEvent {
            kind: RxEventKind::Held,
            text: "Dose?".into(),
            prescription: Some([1; 16]),
            at: moment,
            verified: None,
            source: Some(Source { system: "s".into(), resource_type: "Task".into(), id: "1".into(), original: b"{}".to_vec() }),
        }),
        Body::Retraction(Retraction { reason: "wrong patient".into() }),
    ]
}

/// The bytes of [`one_of_each`] in format 1. **They never change**: what was once written must be read for ever.
const GOLDEN: [(Kind, &str); 16] = [
];

#[test]
fn a_body_of_each_kind_has_its_golden_bytes() {
    for (body, (kind, golden)) in one_of_each().iter().zip(GOLDEN) {
        assert_eq!(body.kind(), kind);
        assert_eq!(hex(&body.encode()), golden, "{kind}");
        let bytes = unhex(golden).unwrap();
        assert_eq!(Body::decode(kind.number(), 1, &bytes).as_ref(), Ok(body));
    }
}

#[test]
fn an_unknown_kind_and_a_newer_format_are_refused_with_their_numbers() {
    let bytes = one_of_each()[15].encode();
    assert_eq!(Body::decode(198, 1, &bytes), Err(BodyError::UnknownKind(198)));
    let error = Body::decode(199, 2, &bytes).unwrap_err();
    assert_eq!(error.to_string(), "retraction in format 2: this program reads format 1; use a newer program");
}

#[test]
fn bytes_that_say_the_same_in_another_way_are_refused() {
    let canonical = Body::Retraction(Retraction { reason: "x".into() }).encode();
    assert_eq!(canonical, [0xa1, 0x00, 0x61, b'x']);
    let not_canonical = Err(BodyError::NotCanonical { kind: Kind::Retraction });
    let trailing = [&canonical[..], &[0x00]].concat();
    assert_eq!(Body::decode(199, 1, &trailing), not_canonical, "trailing byte");
    assert_eq!(Body::decode(199, 1, &[0xbf, 0x00, 0x61, b'x', 0xff]), not_canonical, "indefinite length");
    assert_eq!(Body::decode(199, 1, &[0xa1, 0x18, 0x00, 0x61, b'x']), not_canonical, "long integer");
    assert_eq!(Body::decode(199, 1, &[0xa2, 0x00, 0x61, b'x', 0x09, 0x00]), not_canonical, "unknown field");
    assert_eq!(Body::decode(199, 1, &[0xa2, 0x00, 0x61, b'y', 0x00, 0x61, b'x']), not_canonical, "field given twice");
    assert!(matches!(Body::decode(199, 1, &[0xa0]), Err(BodyError::Malformed { .. })), "field missing");
    assert!(matches!(Body::decode(199, 1, &[]), Err(BodyError::Malformed { .. })), "nothing");
}

#[test]
fn every_kind_has_a_word_and_a_number_of_its_own() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_number(kind.number()), Some(kind));
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert_eq!(one_of_each().iter().map(Body::kind).collect::<Vec<_>>(), Kind::ALL);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_body_reads_back_as_it_was_written(seed in any::<u64>()) {
        let body = Body::sample(&mut Dice(seed));
        let bytes = body.encode();
        prop_assert_eq!(Body::decode(body.kind().number(), BODY_VERSION, &bytes), Ok(body));
    }

    #[test]
    fn a_headline_is_one_line_for_any_body(seed in any::<u64>()) {
        let body = Body::sample(&mut Dice(seed));
        prop_assert!(!body.headline().contains('\n'));
        let _ = body.flags();
    }

    #[test]
    fn reading_arbitrary_bytes_never_panics(kind in 99u16..=200, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Body::decode(kind, 1, &bytes);
    }

    #[test]
    fn a_changed_byte_is_refused_or_says_something_else(seed in any::<u64>(), place in any::<prop::sample::Index>(), flip in 1u8..) {
        let body = Body::sample(&mut Dice(seed));
        let mut bytes = body.encode();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assert_ne!(Body::decode(body.kind().number(), 1, &bytes), Ok(body));
    }
}
