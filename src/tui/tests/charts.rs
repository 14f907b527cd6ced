//! The charts of the fixture.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixture::at;
use crate::clinical::coding::system::{ICD10, SNOMED};
use crate::clinical::{
    Allergy, AllergyCategory, Body, Breathing, ClinicalStatus, Coding, Concept, Condition,
    Consciousness, Criticality, Note as Text, Reaction, Severity as Harm, Source, SpO2Scale,
    Verification, Vitals,
};
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
        typed: None,
    }
}

/// An entry that came from elsewhere, and says more than any form asks for.
fn imported(seq: u64, section: &str, created: &str, headline: &str, body: Body) -> EntryView {
    let kind = body.kind();
    let mut entry = entry(
        seq,
        kind.as_str(),
        section,
        created,
        "J. Okoro",
        headline,
        json!({}),
    );
    entry.typed = Some(Box::new(body));
    entry
}

fn source(resource_type: &str) -> Source {
    Source {
        system: "http://elsewhere.example".to_owned(),
        resource_type: resource_type.to_owned(),
        id: format!("{resource_type}-1"),
        original: format!(r#"{{"resourceType":"{resource_type}"}}"#).into_bytes(),
    }
}

/// A penicillin allergy of which nobody may lose anything.
pub fn allergy() -> Allergy {
    let reaction = |code: &str, words: &str, severity| Reaction {
        manifestation: Concept::coded(SNOMED, code, words),
        severity: Some(severity),
    };
    Allergy {
        substance: Concept::coded(SNOMED, "764146007", "Penicillin"),
        category: Some(AllergyCategory::Medication),
        criticality: Some(Criticality::High),
        verification: Verification::Confirmed,
        reactions: vec![
            reaction("39579001", "Anaphylaxis", Harm::Severe),
            reaction("271807003", "Eruption of skin", Harm::Mild),
        ],
        onset: "1998-05".parse().ok(),
        recorded: "2019-03-01T09:00:00Z".parse().ok(),
        note: Some("Said by her mother.\nSeen once more in 2004.".to_owned()),
        source: Some(source("AllergyIntolerance")),
        ..Allergy::default()
    }
}

/// A problem that is over, in SNOMED CT alone.
pub fn condition() -> Condition {
    Condition {
        concept: Concept {
            text: "Preeclampsia".to_owned(),
            codings: vec![Coding::new(SNOMED, "398254007", "Pre-eclampsia (disorder)")],
        },
        status: ClinicalStatus::Resolved,
        verification: Verification::Provisional,
        severity: Some(Harm::Severe),
        onset: "2011-02-03".parse().ok(),
        abatement: "2011-06".parse().ok(),
        recorded: "2011-02-03T10:00:00Z".parse().ok(),
        note: None,
        source: Some(source("Condition")),
    }
}

/// Vital signs with all that NEWS2 asks for.
pub fn vitals() -> Vitals {
    Vitals {
        at: "2026-11-20T06:30:00Z".parse().ok(),
        systolic: "148".parse().ok(),
        diastolic: "92".parse().ok(),
        pulse: "104".parse().ok(),
        temperature: "38.90".parse().ok(),
        respiration: "22".parse().ok(),
        spo2: "91".parse().ok(),
        breathing: Some(Breathing::Oxygen),
        oxygen_flow: "2.5".parse().ok(),
        consciousness: Some(Consciousness::Confusion),
        weight: "81.5".parse().ok(),
        height: "175".parse().ok(),
        pain: "3".parse().ok(),
        glucose: "7.1".parse().ok(),
        spo2_scale: SpO2Scale::Two,
        self_reported: false,
        source: Some(source("Observation")),
    }
}

/// What stands in the chart 0044-1 besides: it came from elsewhere.
fn from_elsewhere(sections: &mut BTreeMap<String, Vec<EntryView>>) {
    let clinical = [
        imported(
            52,
            "clinical",
            "2026-11-20T06:30:00Z",
            "BP 148/92 mmHg",
            Body::Vitals(vitals()),
        ),
        imported(
            51,
            "clinical",
            "2011-02-03T10:00:00Z",
            "Preeclampsia, resolved",
            Body::Condition(condition()),
        ),
    ];
    sections
        .entry("clinical".to_owned())
        .or_default()
        .extend(clinical);
    let allergy = imported(
        50,
        "medication",
        "2019-03-01T09:00:00Z",
        "Penicillin: anaphylaxis",
        Body::Allergy(allergy()),
    );
    sections
        .entry("medication".to_owned())
        .or_default()
        .push(allergy);
    let identity = imported(
        1,
        "identity",
        "2001-01-01T09:00:00Z",
        "Abshire, Chris, 1970-01-02",
        Body::Identity(super::identity::identity()),
    );
    sections.insert("identity".to_owned(), vec![identity]);
}

fn series(measure: &str, unit: &str, values: &[f64], latest: &str, abnormal: bool) -> VitalSeries {
    VitalSeries {
        measure: measure.to_owned(),
        unit: unit.to_owned(),
        series: values.to_vec(),
        latest: latest.to_owned(),
        abnormal,
        self_reported: false,
        at: at("2026-11-22T08:12:00Z"),
    }
}

pub fn chart(mrn: &str) -> ChartView {
    let (_, name, birth) = CHARTS.iter().find(|(known, ..)| *known == mrn).unwrap();
    let vitals = json!({"resourceType": "Observation", "component": [
        {"code": {"coding": [{"code": "8480-6"}]}, "valueQuantity": {"value": 148}},
        {"code": {"coding": [{"code": "8462-4"}]}, "valueQuantity": {"value": 92}},
    ]});
    let typed = |mut entry: EntryView, body| {
        entry.typed = Some(Box::new(body));
        entry
    };
    let pressure = Vitals {
        systolic: "148".parse().ok(),
        diastolic: "92".parse().ok(),
        ..Vitals::default()
    };
    let note = Text {
        text: "Fever since midnight, productive cough.".to_owned(),
        ..Text::default()
    };
    let hypertension = Condition {
        concept: Concept::coded(ICD10, "I10", "hypertension"),
        verification: Verification::Confirmed,
        ..Condition::default()
    };
    let mut sections = BTreeMap::new();
    sections.insert(
        "clinical".to_owned(),
        vec![
            typed(
                entry(
                    90,
                    "vitals",
                    "clinical",
                    "2026-11-22T08:12:00Z",
                    "N. Brandt",
                    "BP 148/92 mmHg !  pulse 104 !  SpO2 93 %",
                    vitals,
                ),
                Body::Vitals(pressure),
            ),
            typed(
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
                Body::Note(note),
            ),
            typed(
                entry(
                    60,
                    "condition",
                    "clinical",
                    "2024-02-01T10:00:00Z",
                    "Dr Helen Smith",
                    "I10 hypertension, active",
                    json!({"code": {"text": "hypertension", "coding": [{"code": "I10"}]}}),
                ),
                Body::Condition(hypertension),
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
    if mrn == "0044-1" {
        from_elsewhere(&mut sections);
    }
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
            news2: Some(News2 { score: 6, risk: "medium".to_owned(), complete: true, at: at("2026-11-22T08:12:00Z"), followed: false }),
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

/// A chart with more alerts, allergies, problems and medicines than a small window holds.
pub fn crowded(mut chart: ChartView) -> ChartView {
    let many = |what: &str, n: usize| -> Vec<String> {
        let items = (1..=n).map(|n| format!("{what} number {n} of a long list"));
        items.collect()
    };
    chart.summary.allergies = [
        "Amoxicillin and clavulanic acid: anaphylaxis, generalised urticaria (severe, confirmed)",
        "Ciprofloxacin: tendon rupture of the left heel (severe, confirmed)",
        "Latex gloves and catheters: contact dermatitis, wheezing (moderate, confirmed)",
        "Iodinated contrast medium: bronchospasm (severe, confirmed)",
        "Shellfish: swelling of lips and tongue (moderate, unconfirmed)",
        "Sulfamethoxazole: Stevens-Johnson syndrome (severe, confirmed)",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    chart.summary.problems = many("problem", 12);
    chart.summary.medicines = many("medicine", 9);
    let alerts = chart.summary.allergies.iter().map(|allergy| Alert {
        check: "allergy".to_owned(),
        severity: Severity::Warn,
        text: format!("ALLERGY {allergy}"),
        overridden: false,
        at: Some(at("2019-06-14T00:00:00Z")),
    });
    chart.alerts.extend(alerts);
    let reported = VitalSeries {
        self_reported: true,
        at: at("2026-11-22T11:00:00Z"),
        ..series("BP", "mmHg", &[118.0, 120.0], "120/80", false)
    };
    chart.summary.vitals.insert(1, reported);
    if let Some(news2) = &mut chart.summary.news2 {
        news2.followed = true;
    }
    let problem = |seq, headline: &str, since: &str| {
        let body = json!({ "resourceType": "Condition", "onsetDateTime": since });
        let written = "2026-11-21T09:00:00Z";
        entry(
            seq,
            "condition",
            "clinical",
            written,
            "Dr Okafor",
            headline,
            body,
        )
    };
    chart
        .sections
        .entry("clinical".to_owned())
        .or_default()
        .extend([
            problem(62, "gout, active, since 2025", "2025"),
            problem(61, "pneumonia, active, since 2026-11-20", "2026-11-20"),
        ]);
    chart
}
