//! What a query means, read a second time and more plainly: entries of few facts, questions as a tree, and an evaluator that shares
//! nothing with the parser, with [`Facts`](crate::index::facts::Facts) or with the index.

use proptest::prelude::*;

use crate::clinical::coding::system;
use crate::clinical::{
    Allergy, Body, Concept, Condition, Decimal, Kind, LabResult, Note, Prescription, Quantity,
    ResultValue, Vitals,
};
use crate::index::testing::{META, TODAY};

use super::parse;

const WORDS: [&str; 8] = [
    "Fever", "pain", "chest", "cough", "García", "mild", "simple", "MÜLLER",
];
const DIAGNOSES: [&str; 3] = ["I10", "E11.9", "E11"];
const MEDICINES: [&str; 2] = ["723", "1191"];
/// Code, unit, and the name under which the same is asked, with what one of the name's units is in this one.
const TESTS: [(&str, &str, Option<(&str, f64)>); 5] = [
    ("4548-4", "%", None),
    ("2339-0", "mg/dL", Some(("glucose", 18.016))),
    ("15074-8", "mmol/L", Some(("glucose", 1.0))),
    ("33914-3", "mL/min/{1.73_m2}", Some(("egfr", 1.0))),
    ("8867-4", "/min", Some(("pulse", 1.0))),
];

/// An entry. Numbers are tenths.
#[derive(Clone, Debug)]
enum Plain {
    /// Its words, and the day if it names one: year, month, day.
    Note(Vec<usize>, Option<(i16, u8, u8)>),
    Condition(usize, Vec<usize>),
    Allergy(Vec<usize>),
    /// Pulse, temperature, both pressures, glucose.
    Vitals([Option<i64>; 5]),
    Result(usize, i64),
    /// The medicine's code and name, and what stands on the label.
    Prescription(usize, Vec<usize>, Vec<usize>),
}

const SIGNS: [(&str, &str); 5] = [
    ("pulse", "8867-4"),
    ("temp", "8310-5"),
    ("bp", "8480-6"),
    ("", "8462-4"),
    ("glucose", "15074-8"),
];

fn written(words: &[usize]) -> String {
    let words: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
    words.join(", ")
}

fn tenths(n: i64) -> Decimal {
    Decimal::new(n, 1).expect("one digit")
}

impl Plain {
    fn body(&self) -> Body {
        match self {
            Self::Note(words, day) => Body::Note(Note {
                text: written(words),
                at: day.and_then(|(year, month, day)| {
                    format!("{year}-{month:02}-{day:02}T23:30:00-05:00")
                        .parse()
                        .ok()
                }),
                ..Note::default()
            }),
            Self::Condition(code, words) => Body::Condition(Condition {
                concept: Concept::coded(system::ICD10_CM, DIAGNOSES[*code], &written(words)),
                ..Condition::default()
            }),
            Self::Allergy(words) => Body::Allergy(Allergy {
                substance: Concept::text(&written(words)),
                ..Allergy::default()
            }),
            Self::Vitals([pulse, temperature, systolic, diastolic, glucose]) => {
                Body::Vitals(Vitals {
                    pulse: pulse.map(tenths),
                    temperature: temperature.map(tenths),
                    systolic: systolic.map(tenths),
                    diastolic: diastolic.map(tenths),
                    glucose: glucose.map(tenths),
                    ..Vitals::default()
                })
            }
            Self::Result(test, value) => {
                let (code, unit, _) = TESTS[*test];
                Body::Result(LabResult {
                    code: Concept::coded(system::LOINC, code, "assay"),
                    value: Some(ResultValue::Quantity(Quantity::new(tenths(*value), unit))),
                    ..LabResult::default()
                })
            }
            Self::Prescription(code, medicine, label) => Body::Prescription(Prescription {
                medicine: Concept::coded(system::RXNORM, MEDICINES[*code], &written(medicine)),
                instructions: Some(written(label)),
                ..Prescription::default()
            }),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Note(..) => Kind::Note,
            Self::Condition(..) => Kind::Condition,
            Self::Allergy(_) => Kind::Allergy,
            Self::Vitals(_) => Kind::Vitals,
            Self::Result(..) => Kind::Result,
            Self::Prescription(..) => Kind::Prescription,
        }
    }

    /// Every text of it.
    fn texts(&self) -> Vec<&[usize]> {
        match self {
            Self::Note(words, _) | Self::Condition(_, words) | Self::Allergy(words) => vec![words],
            Self::Prescription(_, medicine, label) => vec![medicine, label],
            Self::Vitals(_) | Self::Result(..) => Vec::new(),
        }
    }

    /// The numbers that a code has, in tenths.
    fn coded(&self, wanted: &str) -> Vec<i64> {
        match self {
            Self::Vitals(signs) => {
                let all = SIGNS.iter().zip(signs);
                all.filter(|((_, code), _)| *code == wanted)
                    .filter_map(|(_, value)| *value)
                    .collect()
            }
            Self::Result(test, value) if TESTS[*test].0 == wanted => vec![*value],
            _ => Vec::new(),
        }
    }

    /// The numbers that a name has, in tenths of its unit.
    fn named(&self, wanted: &str) -> Vec<i64> {
        match self {
            Self::Vitals(signs) => {
                let all = SIGNS.iter().zip(signs);
                all.filter(|((name, _), _)| *name == wanted)
                    .filter_map(|(_, value)| *value)
                    .collect()
            }
            Self::Result(test, value) => match TESTS[*test].2 {
                Some((name, unit)) if name == wanted => {
                    vec![(*value as f64 / unit).round() as i64]
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The day on which it happened, or was written.
    fn day(&self) -> (i16, u8, u8) {
        if let Self::Note(_, Some(day)) = self {
            return *day;
        }
        let written = jiff::Timestamp::from_millisecond(META.created).unwrap();
        let day = written.to_zoned(jiff::tz::TimeZone::UTC).date();
        (day.year(), day.month() as u8, day.day() as u8)
    }
}

const COMPARISONS: [&str; 5] = [">", ">=", "<", "<=", "="];

/// A question.
#[derive(Clone, Debug)]
enum Ask {
    Word(usize),
    Phrase(usize, usize),
    Diagnosis(usize),
    DiagnosisWord(usize),
    Medicine(usize),
    AllergyWord(usize),
    Kind(Kind),
    Author(bool),
    /// Since, until or on a month.
    Month(u8, i16, u8),
    /// A name or a code, a comparison, tenths.
    Named(usize, usize, i64),
    Coded(usize, usize, i64),
    Between(usize, i64, i64),
    All(Vec<Ask>),
    Any(Vec<Ask>),
    Not(Box<Ask>),
}

const NAMED: [&str; 5] = ["pulse", "temp", "bp", "glucose", "egfr"];
const CODED: [&str; 5] = ["8867-4", "8462-4", "4548-4", "2339-0", "15074-8"];

fn holds(comparison: usize, value: i64, asked: i64) -> bool {
    match COMPARISONS[comparison] {
        ">" => value > asked,
        ">=" => value >= asked,
        "<" => value < asked,
        "<=" => value <= asked,
        _ => value == asked,
    }
}

impl Ask {
    fn text(&self) -> String {
        let all = |parts: &[Self], between: &str| {
            let parts: Vec<String> = parts.iter().map(Self::text).collect();
            format!("({})", parts.join(between))
        };
        match self {
            Self::Word(word) => WORDS[*word].to_lowercase(),
            Self::Phrase(a, b) => format!("\"{} {}\"", WORDS[*a], WORDS[*b]),
            Self::Diagnosis(code) => format!("dx:{}", DIAGNOSES[*code]),
            Self::DiagnosisWord(word) => format!("dx:{}", WORDS[*word]),
            Self::Medicine(code) => format!("rx:{}", MEDICINES[*code]),
            Self::AllergyWord(word) => format!("allergy:{}", WORDS[*word]),
            Self::Kind(kind) => format!("kind:{}", kind.as_str()),
            Self::Author(known) => format!("author:{}", if *known { "HSmith" } else { "nobody" }),
            Self::Month(way, year, month) => {
                let way = ["since", "until", "on"][usize::from(*way)];
                format!("{way}:{year}-{month:02}")
            }
            Self::Named(name, comparison, n) => {
                format!("{}{}{}", NAMED[*name], COMPARISONS[*comparison], tenths(*n))
            }
            Self::Coded(code, comparison, n) => format!(
                "value:{}{}{}",
                CODED[*code],
                COMPARISONS[*comparison],
                tenths(*n)
            ),
            Self::Between(name, from, to) => {
                format!("{}:{}..{}", NAMED[*name], tenths(*from), tenths(*to))
            }
            Self::All(parts) => all(parts, " "),
            Self::Any(parts) => all(parts, " OR "),
            Self::Not(part) => format!("-{}", part.text()),
        }
    }

    fn holds(&self, entry: &Plain) -> bool {
        let some = |mut numbers: Vec<i64>, test: &dyn Fn(i64) -> bool| {
            numbers.retain(|n| test(*n));
            !numbers.is_empty()
        };
        match self {
            Self::Word(word) => entry.texts().iter().any(|text| text.contains(word)),
            Self::Phrase(a, b) => entry
                .texts()
                .iter()
                .any(|text| text.windows(2).any(|pair| pair == [*a, *b])),
            Self::Diagnosis(asked) => match entry {
                // E11.9 is one of E11.
                Plain::Condition(code, _) => {
                    code == asked || (DIAGNOSES[*asked] == "E11" && *code == 1)
                }
                _ => false,
            },
            Self::DiagnosisWord(word) => {
                matches!(entry, Plain::Condition(_, words) if words.contains(word))
            }
            Self::Medicine(asked) => {
                matches!(entry, Plain::Prescription(code, ..) if code == asked)
            }
            Self::AllergyWord(word) => {
                matches!(entry, Plain::Allergy(words) if words.contains(word))
            }
            Self::Kind(kind) => entry.kind() == *kind,
            Self::Author(known) => *known,
            Self::Month(way, year, month) => {
                let (y, m, _) = entry.day();
                match way {
                    0 => (y, m) >= (*year, *month),
                    1 => (y, m) <= (*year, *month),
                    _ => (y, m) == (*year, *month),
                }
            }
            Self::Named(name, comparison, asked) => some(entry.named(NAMED[*name]), &|n| {
                holds(*comparison, n, *asked)
            }),
            Self::Coded(code, comparison, asked) => some(entry.coded(CODED[*code]), &|n| {
                holds(*comparison, n, *asked)
            }),
            Self::Between(name, from, to) => {
                some(entry.named(NAMED[*name]), &|n| (*from..=*to).contains(&n))
            }
            Self::All(parts) => parts.iter().all(|part| part.holds(entry)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(entry)),
            Self::Not(part) => !part.holds(entry),
        }
    }
}

fn words() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..WORDS.len(), 1..5)
}

fn entry() -> impl Strategy<Value = Plain> {
    let number = || 0i64..2_400;
    let day = prop::option::of((2025i16..2027, 1u8..13, 1u8..29));
    let signs = prop::array::uniform5(prop::option::of(number()));
    prop_oneof![
        (words(), day).prop_map(|(words, day)| Plain::Note(words, day)),
        (0..DIAGNOSES.len(), words()).prop_map(|(code, words)| Plain::Condition(code, words)),
        words().prop_map(Plain::Allergy),
        signs.prop_map(Plain::Vitals),
        (0..TESTS.len(), number()).prop_map(|(test, value)| Plain::Result(test, value)),
        (0..MEDICINES.len(), words(), words())
            .prop_map(|(code, medicine, label)| Plain::Prescription(code, medicine, label)),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let word = || 0..WORDS.len();
    let number = || prop_oneof![0i64..2_400, 0i64..150];
    let kinds = [
        Kind::Note,
        Kind::Condition,
        Kind::Allergy,
        Kind::Vitals,
        Kind::Result,
        Kind::Prescription,
    ];
    let leaf = prop_oneof![
        3 => word().prop_map(Ask::Word),
        1 => (word(), word()).prop_map(|(a, b)| Ask::Phrase(a, b)),
        1 => (0..DIAGNOSES.len()).prop_map(Ask::Diagnosis),
        1 => word().prop_map(Ask::DiagnosisWord),
        1 => (0..MEDICINES.len()).prop_map(Ask::Medicine),
        1 => word().prop_map(Ask::AllergyWord),
        1 => prop::sample::select(kinds.to_vec()).prop_map(Ask::Kind),
        1 => any::<bool>().prop_map(Ask::Author),
        1 => (0u8..3, 2025i16..2027, 1u8..13).prop_map(|(way, year, month)| Ask::Month(way, year, month)),
        2 => (0..NAMED.len(), 0..COMPARISONS.len(), number())
            .prop_map(|(name, comparison, n)| Ask::Named(name, comparison, n)),
        1 => (0..CODED.len(), 0..COMPARISONS.len(), number())
            .prop_map(|(code, comparison, n)| Ask::Coded(code, comparison, n)),
        1 => (0..NAMED.len(), number(), number())
            .prop_map(|(name, a, b)| Ask::Between(name, a.min(b), a.max(b))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ask::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ask::Any),
            inner.prop_map(|part| Ask::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_query_means_what_a_plain_reading_of_the_entry_says(
        entries in prop::collection::vec(entry(), 1..12),
        asked in prop::collection::vec(ask(), 1..12),
    ) {
        for ask in &asked {
            let text = ask.text();
            let query = parse(&text, TODAY).unwrap_or_else(|error| panic!("{text}: {error}"));
            for entry in &entries {
                prop_assert_eq!(query.matches(&entry.body(), META), ask.holds(entry), "{} {:?}", text, entry);
            }
        }
    }
}
