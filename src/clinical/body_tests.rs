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
        Body::Allergy(Allergy {
            verification: Verification::Confirmed,
            ..Allergy::none_known()
        }),
        Body::Note(Note {
            title: "Round".into(),
            text: "Better.".into(),
            author_role: Some(Role::Doctor),
            ..Note::default()
        }),
        Body::Result(LabResult {
            code: Concept::coded(coding::system::LOINC, "2823-3", "Potassium"),
            value: Some(ResultValue::Bound(Bound::Below, Quantity::new(2, "mmol/L"))),
            interpretation: Some(Interpretation::CriticalLow),
            ..LabResult::default()
        }),
        Body::Procedure(Procedure {
            concept: Concept::text("appendectomy"),
            ..Procedure::default()
        }),
        Body::Immunisation(Immunisation {
            vaccine: Concept::text("influenza"),
            dose_number: Some(2),
            ..Immunisation::default()
        }),
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
        Body::Administration(Administration {
            medicine,
            outcome: Outcome::Refused,
            ..Administration::default()
        }),
        Body::MedicationSummary(MedicationSummary {
            egfr: "48".parse().ok(),
            breastfeeding: Some(false),
            ..Default::default()
        }),
        Body::RxEvent(RxEvent {
            kind: RxEventKind::Held,
            text: "Dose?".into(),
            prescription: Some([1; 16]),
            at: moment,
            verified: None,
            source: Some(Source {
                system: "s".into(),
                resource_type: "Task".into(),
                id: "1".into(),
                original: b"{}".to_vec(),
            }),
        }),
        Body::Retraction(Retraction {
            reason: "wrong patient".into(),
            source: None,
        }),
    ]
}

/// The bytes of [`one_of_each`] in format 1. **They never change**: what was once written must be read for ever.
const GOLDEN: [(Kind, &str); 16] = [
    (
        Kind::Identity,
        "a9000c0181a6000001664d656ac3ad610281674775737461766f038004800560026a313936312d30342d3033030205800680078008800a80",
    ),
    (
        Kind::Encounter,
        "a50001010102a20060018003800474323032362d31312d32325430383a33313a30305a",
    ),
    (
        Kind::Vitals,
        "a70074323032362d31312d32325430383a33313a30305a01821894000282185c000482190f320207000e010ff4",
    ),
    (
        Kind::Condition,
        "a400a2006c687970657274656e73696f6e0181a300781e687474703a2f2f686c372e6f72672f666869722f7369642f6963642d31300163493130026c687970657274656e73696f6e01000200046432303139",
    ),
    (
        Kind::Allergy,
        "a400a200704e6f206b6e6f776e20616c6c657267790181a30076687474703a2f2f736e6f6d65642e696e666f2f736374016937313631383630303302704e6f206b6e6f776e20616c6c65726779030004010580",
    ),
    (Kind::Note, "a30065526f756e6401674265747465722e0301"),
    (
        Kind::Result,
        "a500a20069506f7461737369756d0181a30070687474703a2f2f6c6f696e632e6f72670166323832332d330269506f7461737369756d0182018200a20082020001666d6d6f6c2f4c028004030502",
    ),
    (
        Kind::Procedure,
        "a300a2006c617070656e646563746f6d79018001000480",
    ),
    (Kind::Immunisation, "a200a20069696e666c75656e7a6101800802"),
    (
        Kind::Document,
        "a400664c657474657201a200600180026a746578742f706c61696e034e4465617220636f6c6c6561677565",
    ),
    (
        Kind::Prescription,
        "a9000001a2006b616d6f786963696c6c696e0181a300782b687474703a2f2f7777772e6e6c6d2e6e69682e676f762f72657365617263682f756d6c732f72786e6f726d0163373233026b616d6f786963696c6c696e04a200821901f40001626d6706a2000301a20001010208a20007010209a200821500016763617073756c650a000b000e5007070707070707070707070707070707",
    ),
    (
        Kind::Dispense,
        "a800a2006b616d6f786963696c6c696e0181a300782b687474703a2f2f7777772e6e6c6d2e6e69682e676f762f72657365617263682f756d6c732f72786e6f726d0163373233026b616d6f786963696c6c696e01a200821500016763617073756c650250010101010101010101010101010101010358200202020202020202020202020202020202020202020202020202020202020202040005634b37370667323032372d30330774323032362d31312d32325430383a33313a30305a",
    ),
    (
        Kind::Administration,
        "a200a2006b616d6f786963696c6c696e0181a300782b687474703a2f2f7777772e6e6c6d2e6e69682e676f762f72657365617263682f756d6c732f72786e6f726d0163373233026b616d6f786963696c6c696e0401",
    ),
    (Kind::MedicationSummary, "a203f40582183000"),
    (
        Kind::RxEvent,
        "a500000165446f73653f0250010101010101010101010101010101010374323032362d31312d32325430383a33313a30305a05a400617301645461736b02613103427b7d",
    ),
    (Kind::Retraction, "a1006d77726f6e672070617469656e74"),
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
    assert_eq!(
        Body::decode(198, 1, &bytes),
        Err(BodyError::UnknownKind(198))
    );
    let error = Body::decode(199, 2, &bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "retraction in format 2: this program reads format 1; use a newer program"
    );
}

#[test]
fn bytes_that_say_the_same_in_another_way_are_refused() {
    let canonical = Body::Retraction(Retraction {
        reason: "x".into(),
        source: None,
    })
    .encode();
    assert_eq!(canonical, [0xa1, 0x00, 0x61, b'x']);
    let not_canonical = Err(BodyError::NotCanonical {
        kind: Kind::Retraction,
    });
    let trailing = [&canonical[..], &[0x00]].concat();
    assert_eq!(
        Body::decode(199, 1, &trailing),
        not_canonical,
        "trailing byte"
    );
    assert_eq!(
        Body::decode(199, 1, &[0xbf, 0x00, 0x61, b'x', 0xff]),
        not_canonical,
        "indefinite length"
    );
    assert_eq!(
        Body::decode(199, 1, &[0xa1, 0x18, 0x00, 0x61, b'x']),
        not_canonical,
        "long integer"
    );
    assert_eq!(
        Body::decode(199, 1, &[0xa2, 0x00, 0x61, b'x', 0x09, 0x00]),
        not_canonical,
        "unknown field"
    );
    assert_eq!(
        Body::decode(199, 1, &[0xa2, 0x00, 0x61, b'y', 0x00, 0x61, b'x']),
        not_canonical,
        "field given twice"
    );
    assert!(
        matches!(
            Body::decode(199, 1, &[0xa0]),
            Err(BodyError::Malformed { .. })
        ),
        "field missing"
    );
    assert!(
        matches!(Body::decode(199, 1, &[]), Err(BodyError::Malformed { .. })),
        "nothing"
    );
}

#[test]
fn every_kind_has_a_word_and_a_number_of_its_own() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_number(kind.number()), Some(kind));
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert_eq!(
        one_of_each().iter().map(Body::kind).collect::<Vec<_>>(),
        Kind::ALL
    );
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
