//! A hospital in which something happened, and the words that stand in it.

use std::fs;
use std::path::Path;

use chartseal::clinical::{
    Body, Concept, Decimal, Frequency, Name, Note, Prescription, Quantity, Span, SpanUnit,
};
use chartseal::desk::access::request;
use chartseal::desk::charts::{admit, list};
use chartseal::desk::{rx, search, write};
use chartseal::ledger::{ChartId, Section};

use crate::support::{Hospital, patient};

/// Words about a patient that stand in sealed entries and nowhere else.
pub const SEALED: [&str; 6] = [
    "Quillfeather",
    "Zacharias",
    "quinquereme",
    "amoxicillin",
    "otorhinolaryngologist",
    "susurrus",
];

pub struct Life {
    pub hospital: Hospital,
    pub mrn: String,
    pub chart: ChartId,
}

/// A patient with a note, a prescription, a request for access and a search.
pub fn lived() -> Life {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let mut who = patient("Zacharias", "Quillfeather");
    who.names.push(Name::new("Zach", "Quillfeather"));
    let mrn = admit(&doctor, "Ward A", &who).unwrap().mrn;
    write::entry(&doctor, &mrn, note("heard of quinquereme soup")).unwrap();
    let order = Prescription {
        medicine: Concept::text("amoxicillin"),
        dose: Some(Quantity::new(Decimal::whole(1), "capsule")),
        frequency: Some(Frequency::daily(3)),
        duration: Some(Span::new(7, SpanUnit::Day)),
        quantity: Some(Quantity::new(Decimal::whole(21), "capsule")),
        ..Default::default()
    };
    rx::write(&doctor, &mrn, order, None).unwrap();
    let other = hospital.desk("okafor");
    request(
        &other,
        &mrn,
        &[Section::Clinical],
        "the otorhinolaryngologist asks",
        None,
    )
    .unwrap();
    search::run(&doctor, "susurrus", 10, 0).unwrap();
    let chart = list(&doctor, None).unwrap()[0].chart.parse().unwrap();
    Life {
        hospital,
        mrn,
        chart,
    }
}

pub fn note(text: &str) -> Body {
    Body::Note(Note {
        text: text.into(),
        ..Default::default()
    })
}

/// Every file below a folder, with its bytes.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// Where a word stands in some files, in letters of either size or in UTF-16.
pub fn holding(files: &[(String, Vec<u8>)], word: &str) -> Vec<String> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let forms: [Vec<u8>; 5] = [
        word.into(),
        word.to_lowercase().into_bytes(),
        word.to_uppercase().into_bytes(),
        wide(word),
        wide(&word.to_lowercase()),
    ];
    files
        .iter()
        .filter(|(_, bytes)| {
            forms
                .iter()
                .any(|form| bytes.windows(form.len()).any(|window| window == form))
        })
        .map(|(name, _)| name.clone())
        .collect()
}
