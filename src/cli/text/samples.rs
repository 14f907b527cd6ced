//! One value of each view, for the tests of what is printed.

mod vault;

use std::collections::BTreeMap;

use serde_json::json;

pub(crate) use vault::*;

use crate::desk::view::*;

fn text(text: &str) -> String {
    text.to_owned()
}

pub(crate) fn stamp() -> Stamp {
    Stamp::from_millis(1_795_336_265_000)
}

pub(crate) fn chart_line() -> ChartLine {
    ChartLine {
        mrn: text("0012-7"),
        name: text("Mejía, Gustavo"),
        birth_date: Some(text("1961-04-03")),
        sex: Some(text("male")),
        units: vec![text("Ward A")],
        chart: text("c0"),
        age: Some(65),
        deceased: false,
        attending: Some(text("Dr Helen Smith")),
        last_entry: Some(stamp()),
    }
}

pub(crate) fn alerts() -> Vec<Alert> {
    let alert = |check: &str, severity, what: &str| Alert {
        check: text(check),
        severity,
        text: text(what),
        overridden: false,
        at: None,
    };
    vec![
        alert("renal", Severity::Info, "renal function unknown"),
        alert("allergy", Severity::Stop, "penicillin: anaphylaxis"),
    ]
}

pub(crate) fn retracted() -> Retracted {
    Retracted {
        reason: text("wrong patient"),
        by: text("Dr Okafor"),
        at: stamp(),
    }
}

pub(crate) fn entry_view() -> EntryView {
    EntryView {
        entry: text("e1"),
        thread: text("e1"),
        kind: text("vitals"),
        created: stamp(),
        author: text("Nina Brandt"),
        verified: true,
        body: json!({ "resourceType": "Observation" }),
        author_role: text("nurse"),
        section: text("clinical"),
        headline: text("BP 172/104 mmHg !  pulse 88"),
        flags: vec![text("systolic above 160")],
        version: 2,
        versions: 2,
        parent: Some(text("e0")),
        retracted: None,
        source: None,
        seq: 184_201,
        typed: None,
    }
}

pub(crate) fn attending() -> Attending {
    Attending {
        login: text("hsmith"),
        name: text("Dr Helen Smith"),
        role: text("doctor"),
        key: text("4f1c 09ab 77d2 e013"),
        named_by: text("Ana Reyes"),
        since: stamp(),
    }
}

pub(crate) fn chart_view() -> ChartView {
    ChartView {
        mrn: text("0012-7"),
        name: text("Mejía, Gustavo"),
        birth_date: Some(text("1961-04-03")),
        sex: Some(text("male")),
        sections: BTreeMap::from([(text("clinical"), vec![entry_view()])]),
        chart: text("c0"),
        age: Some(65),
        deceased: false,
        units: vec![text("Ward A")],
        attending: Some(text("Dr Helen Smith")),
        attending_signed: Some(attending()),
        closed: vec![text("access")],
        alerts: alerts(),
        summary: Summary {
            vitals: vec![VitalSeries {
                measure: text("BP"),
                unit: text("mmHg"),
                series: vec![148.0, 172.0],
                latest: text("172/104"),
                abnormal: true,
                self_reported: false,
                at: stamp(),
            }],
            news2: Some(News2 {
                score: 6,
                risk: text("medium"),
                complete: true,
                at: stamp(),
                followed: false,
            }),
            ..Summary::default()
        },
    }
}

pub(crate) fn written() -> Written {
    Written {
        entry: text("e1"),
        thread: text("e1"),
        mrn: text("0012-7"),
        alerts: alerts(),
    }
}

pub(crate) fn rx_line() -> RxLine {
    RxLine {
        rx: text("r1"),
        mrn: text("0012-7"),
        medicine: text("amoxicillin 500 mg"),
        state: RxState::DispensedInPart,
        prescriber: text("Dr Helen Smith"),
        signed: Some(stamp()),
        remaining: Some(Amount::from(14)),
        name: Some(text("Mejía, Gustavo")),
        unit: Some(text("capsule")),
        controlled: None,
        waiting_minutes: Some(14),
        worst: Some(Severity::Stop),
        pharmacy: None,
        expires: Some(stamp()),
    }
}

fn checks() -> Vec<Check> {
    vec![Check {
        check: text("allergy"),
        outcome: CheckOutcome::Stop,
        text: text("penicillin allergy, confirmed 2019"),
    }]
}

pub(crate) fn rx_view() -> RxView {
    RxView {
        line: rx_line(),
        text: vec![
            text("Amoxicillin 500 mg capsule"),
            text("1 capsule three times a day for 7 days"),
        ],
        body: json!({ "resourceType": "MedicationRequest" }),
        events: vec![RxEventView {
            entry: text("e2"),
            event: text("dispensed"),
            created: stamp(),
            by: text("Ruth Adeyemi"),
            role: text("pharmacist"),
            verified: true,
            quantity: Some(Amount::from(7)),
            lot: Some(text("K77")),
            reason: None,
        }],
        checks: checks(),
        alerts: alerts(),
        stock: vec![StockLine {
            medicine: text("amoxicillin 500 mg"),
            lot: text("K77"),
            expiry: text("2027-03"),
            quantity: Amount::from(140),
            code: None,
            unit: None,
            expired: false,
            pharmacy: text("Pharmacy"),
        }],
        dispensed: Some(Amount::from(7)),
        quantity: Some(Amount::from(21)),
        repeats_left: Some(0),
        key: Some(text("4f1c 09ab 77d2 e013")),
        seq: 184_201,
        second_factor: false,
    }
}

pub(crate) fn rx_verdict() -> RxVerdict {
    RxVerdict {
        rx: text("r1"),
        signature: SignatureState::Ok,
        signer: text("Dr Helen Smith"),
        role_at_signing: text("doctor"),
        revoked: false,
        state: RxState::Signed,
        ok: true,
        signed: Some(stamp()),
        key: text("4f1c 09ab 77d2 e013"),
        checks: checks(),
    }
}

pub(crate) fn rx_written() -> RxWritten {
    RxWritten {
        entry: text("e1"),
        thread: text("r1"),
        mrn: text("0012-7"),
        alerts: alerts(),
        rx: text("r1"),
        state: RxState::Signed,
    }
}

pub(crate) fn dispensed() -> Dispensed {
    Dispensed {
        rx: text("r1"),
        state: RxState::DispensedInPart,
        dispensed: Amount::from(7),
        remaining: Some(Amount::from(14)),
        lot: Some(text("K77")),
        entry: text("e2"),
        alerts: Vec::new(),
    }
}

pub(crate) fn rx_moved() -> RxMoved {
    RxMoved {
        rx: text("r1"),
        state: RxState::Held,
        entry: text("e3"),
    }
}

pub(crate) fn access_line() -> AccessLine {
    AccessLine {
        id: text("a1b2"),
        kind: AccessKind::Request,
        chart: text("0012-7"),
        who: text("hsmith"),
        sections: vec![text("clinical")],
        purpose: Some(text("referral")),
        state: GrantState::Pending,
        until: Some(stamp()),
        decided_by: None,
        created: stamp(),
        name: None,
        mine_to_decide: true,
        reviewed: None,
    }
}

pub(crate) fn access_state() -> AccessState {
    AccessState {
        id: text("a1b2"),
        state: GrantState::Granted,
        until: Some(stamp()),
    }
}

pub(crate) fn audit_line() -> AuditLine {
    AuditLine {
        entry: text("e1"),
        created: stamp(),
        actor: text("hsmith"),
        role: text("doctor"),
        action: text("view"),
        chart: Some(text("0012-7")),
        detail: text("looked at clinical"),
        flags: vec![text("at night")],
    }
}
