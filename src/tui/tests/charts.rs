//! The charts of the fixture.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixture::at;
use crate::desk::view::{
    Alert, ChartLine, ChartView, EntryView, News2, Note, Severity, Summary, VitalSeries,
};

const CHARTS: [(&str, &str, &str); 10] = [
    ("0012-7", "Mejía, Gustavo", "1961-04-03"),
    ("0044-1", "Abshire, Chris", "1970-01-02"),
    ("0051-6", "Casper, Parker", "1988-07-30"),
    ("0058-2", "Gerhold, Ana", "1990-11"),
    ("0063-9", "Hyatt, Fletcher", "1949"),
    ("0070-3", "Kris, Max", "2001-05-05"),
    ("0075-4", "Spencer, Austin", "1979-09-09"),
    ("0081-0", "Tillman, Jill", "1966-06-06"),
    ("0090-8", "Wisoky, Randolph", "1955-02-28"),
    ("0093-2", "患者, 中文", "1983-03-08"),
];

pub fn lines() -> Vec<ChartLine> {
    CHARTS
        .iter()
        .map(|(mrn, name, birth)| ChartLine {
            mrn: (*mrn).to_owned(),
            name: (*name).to_owned(),
            birth_date: Some((*birth).to_owned()),
            sex: Some("male".to_owned()),
            units: vec!["Ward A".to_owned()],
            chart: "c1".to_owned(),
            age: Some(65),
            deceased: false,
            attending: Some("Dr Helen Smith".to_owned()),
            last_entry: Some(at("2026-11-22T08:12:00Z")),
        })
        .collect()
}

fn entry(
    seq: u64,
    kind: &str,
    section: &str,
    created: &str,
    author: &str,
    headline: &str,
    body: Value,
) -> EntryView {
    EntryView {
        entry: format!("e{seq}"),
        thread: format!("t{seq}"),
        kind: kind.to_owned(),
        created: at(created),
        author: author.to_owned(),
        verified: true,
        body,
        author_role: "doctor".to_owned(),
        section: section.to_owned(),
        headline: headline.to_owned(),
        flags: if headline.contains('!') {
            vec!["BP above 140/90".to_owned()]
        } else {
            vec![]
        },
        version: 1,
        versions: 1,
        parent: None,
        retracted: None,
        source: None,
        seq,
    }
}

fn series(measure: &str, unit: &str, values: &[f64], latest: &str, abnormal: bool) -> VitalSeries {
    VitalSeries {
        measure: measure.to_owned(),
        unit: unit.to_owned(),
        series: values.to_vec(),
        latest: latest.to_owned(),
        abnormal,
        at: at("2026-11-22T08:12:00Z"),
    }
}

pub fn chart(mrn: &str) -> ChartView {
    let (_, name, birth) = CHARTS.iter().find(|(known, ..)| *known == mrn).unwrap();
    let vitals = json!({"resourceType": "Observation", "component": [
        {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": {"value": 148}},
        {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 92}},
    ]});
    let mut sections = BTreeMap::new();
    sections.insert(
        "clinical".to_owned(),
        vec![
            entry(
                90,
                "vitals",
                "clinical",
                "2026-11-22T08:12:00Z",
                "N. Brandt",
                "BP 148/92 mmHg !  pulse 104 !  SpO2 93 %",
                vitals,
            ),
            entry(
                88,
                "note",
                "clinical",
                "2026-11-22T07:40:00Z",
                "Dr Okafor",
                "Fever since midnight, productive cough.",
                json!({"resourceType": "DocumentReference", "content": [{"attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": "RmV2ZXIgc2luY2UgbWlkbmlnaHQsIHByb2R1Y3RpdmUgY291Z2gu",
                }}]}),
            ),
            entry(
                60,
                "condition",
                "clinical",
                "2024-02-01T10:00:00Z",
                "Dr Helen Smith",
                "I10 hypertension, active",
                json!({"code": {"text": "hypertension", "coding": [{"code": "I10"}]}}),
            ),
        ],
    );
    sections.insert(
        "medication".to_owned(),
        vec![entry(
            70,
            "prescription",
            "medication",
            "2026-10-02T10:00:00Z",
            "Dr Helen Smith",
            "metformin 500 mg, twice a day",
            json!({}),
        )],
    );
    let alert = |check: &str, severity, text: &str, when: Option<&str>| Alert {
        check: check.to_owned(),
        severity,
        text: text.to_owned(),
        overridden: false,
        at: when.map(at),
    };
    ChartView {
        mrn: mrn.to_owned(),
        name: (*name).to_owned(),
        birth_date: Some((*birth).to_owned()),
        sex: Some("male".to_owned()),
        sections,
        chart: "c1".to_owned(),
        age: Some(65),
        deceased: false,
        units: vec!["Ward A".to_owned()],
        attending: Some("Dr Helen Smith".to_owned()),
        attending_signed: None,
        closed: vec![],
        alerts: vec![
            alert("allergy", Severity::Stop, "ALLERGY  penicillin: anaphylaxis (confirmed)", None),
            alert("vitals", Severity::Warn, "NEWS2 6  resp 22  SpO2 93 %  temp 38.9", Some("2026-11-22T08:12:00Z")),
        ],
        summary: Summary {
            vitals: vec![
                series("BP", "mmHg", &[130.0, 132.0, 136.0, 140.0, 141.0, 148.0], "148/92", true),
                series("Pulse", "/min", &[78.0, 80.0, 88.0, 96.0, 104.0], "104", true),
                series("SpO2", "%", &[97.0, 97.0, 96.0, 95.0, 93.0], "93", true),
                series("Temp", "°C", &[36.8, 36.9, 37.5, 38.2, 38.9], "38.9", true),
            ],
            news2: Some(News2 { score: 6, risk: "medium".to_owned(), complete: true, at: at("2026-11-22T08:12:00Z") }),
            problems: vec!["I10 hypertension".to_owned(), "E11.9 diabetes".to_owned()],
            allergies: vec!["penicillin: anaphylaxis (confirmed)".to_owned()],
            medicines: vec!["metformin 500 mg".to_owned(), "lisinopril 10 mg".to_owned()],
            notes: vec![Note {
                entry: "e88".to_owned(),
                created: at("2026-11-22T07:40:00Z"),
                author: "Dr Okafor".to_owned(),
                verified: true,
                text: "Fever since midnight, productive cough.\nBlood cultures taken, chest film ordered.".to_owned(),
            }],
        },
    }
}
