//! Entries of few facts, and what each says, read from these and from nothing that the index or the predicate reads.

use jiff::civil::Date;
use proptest::prelude::*;

use crate::clinical::coding::system;
use crate::clinical::result::{Bound, Component};
use crate::clinical::{
    Allergy, Body, Concept, Condition, Decimal, Identifier, Identity, Kind, LabResult, Mrn, Name,
    Note, Prescription, Quantity, ResultValue, Vitals,
};
use crate::index::testing::META;

/// Words as they are written, and without case, marks and apostrophes.
pub(super) const WORDS: [(&str, &str); 13] = [
    ("the", "the"),
    ("of", "of"),
    ("Fever", "fever"),
    ("pain", "pain"),
    ("chest", "chest"),
    ("mild", "mild"),
    ("MÜLLER", "muller"),
    ("García", "garcia"),
    ("Gardener", "gardener"),
    ("Gardeners", "gardeners"),
    ("O’Brien", "obrien"),
    ("Li", "li"),
    ("Straße", "strasse"),
];
/// Of these, so many at the beginning stand in nearly every text.
pub(super) const COMMON: usize = 2;
pub(super) const DIAGNOSES: [&str; 3] = ["I10", "E11.9", "E11"];
pub(super) const MEDICINES: [&str; 2] = ["723", "1191"];
/// Code, unit, and the name under which the same is asked, with what one of the name's units is in this one.
pub(super) const TESTS: [(&str, &str, Option<(&str, f64)>); 5] = [
    ("4548-4", "%", None),
    ("2339-0", "mg/dL", Some(("glucose", 18.016))),
    ("15074-8", "mmol/L", Some(("glucose", 1.0))),
    ("33914-3", "mL/min/{1.73_m2}", Some(("egfr", 1.0))),
    ("8867-4", "/min", Some(("pulse", 1.0))),
];
pub(super) const GROUPS: [&str; 4] = ["A", "B", "AB", "0"];
/// How a rhesus factor is written, and which it is.
pub(super) const RHESUS: [(&str, Option<bool>); 6] = [
    (" Rh(D) positive", Some(true)),
    ("+", Some(true)),
    (" pos", Some(true)),
    (" neg", Some(false)),
    ("-", Some(false)),
    ("", None),
];
pub(super) const PHONES: [&str; 3] = ["+61 2 5550 199", "555-0199", "(020) 7946 0958"];
/// Numbers that another house issued.
pub(super) const FOREIGN: [&str; 2] = ["00X-7", "x-8"];

const SIGNS: [(&str, &str); 5] = [
    ("pulse", "8867-4"),
    ("temp", "8310-5"),
    ("bp", "8480-6"),
    ("", "8462-4"),
    ("glucose", "15074-8"),
];

/// Indices into [`WORDS`], in their order.
pub(super) type Words = Vec<usize>;

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Diagnosis,
    Medicine,
    Lab,
    Allergy,
    Name,
    Elsewhere,
}

/// A number of a test, in tenths, and on which side of it the value lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) test: usize,
    pub(super) tenths: i64,
    pub(super) bound: Option<Bound>,
}

/// Who a patient is.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) names: Vec<Words>,
    pub(super) mrn: u32,
    pub(super) foreign: Option<usize>,
    /// Year, and month and day as far as they are known.
    pub(super) birth: (i16, Option<u8>, Option<u8>),
    pub(super) phone: usize,
}

/// An entry. Numbers are tenths.
#[derive(Clone, Debug)]
pub(super) enum Plain {
    /// Title, text, and the day if it names one.
    Note(Words, Words, Option<Date>),
    Condition(usize, Words),
    Allergy(Words),
    /// Pulse, temperature, both pressures, glucose.
    Vitals([Option<i64>; 5]),
    /// What it is called, its value, and the lines of a panel.
    Result(Words, Measured, Vec<Measured>),
    /// The group and how its rhesus factor is written.
    Blood(usize, usize),
    /// The medicine's code and name, and what stands on the label.
    Prescription(usize, Words, Words),
    Identity(Person),
}

pub(super) fn written(words: &[usize]) -> String {
    let words: Vec<&str> = words.iter().map(|word| WORDS[*word].0).collect();
    words.join(", ")
}

pub(super) fn decimal(tenths: i64) -> Decimal {
    Decimal::new(tenths, 1).expect("one digit")
}

impl Measured {
    fn concept(&self, words: &[usize]) -> Concept {
        Concept::coded(system::LOINC, TESTS[self.test].0, &written(words))
    }

    fn value(&self) -> ResultValue {
        let quantity = Quantity::new(decimal(self.tenths), TESTS[self.test].1);
        match self.bound {
            None => ResultValue::Quantity(quantity),
            Some(bound) => ResultValue::Bound(bound, quantity),
        }
    }

    /// A number of tenths as it is compared, in thousandths: `<5` is just below 5.
    fn exact(&self, tenths: i64) -> i64 {
        let beside = match self.bound {
            Some(Bound::Below) => -1,
            Some(Bound::Above) => 1,
            _ => 0,
        };
        tenths * 100 + beside
    }

    fn named(&self, wanted: &str) -> Option<i64> {
        let (name, unit) = TESTS[self.test].2?;
        let tenths = (self.tenths as f64 / unit).round() as i64;
        (name == wanted).then(|| self.exact(tenths))
    }
}

impl Person {
    fn identity(&self) -> Identity {
        let (year, month, day) = self.birth;
        let parts = [Some(format!("{year}")), two(month), two(day)];
        let birth: Vec<String> = parts.into_iter().flatten().collect();
        let name = |words: &Words| {
            let (family, given) = words.split_last().expect("a name has a word");
            Name {
                family: WORDS[*family].0.to_owned(),
                given: given.iter().map(|w| WORDS[*w].0.to_owned()).collect(),
                ..Name::default()
            }
        };
        let foreign = self.foreign.map(|foreign| Identifier {
            system: "urn:elsewhere".to_owned(),
            value: FOREIGN[foreign].to_owned(),
        });
        Identity {
            mrn: Some(Mrn::issue(self.mrn)),
            names: self.names.iter().map(name).collect(),
            birth: birth.join("-").parse().ok(),
            phones: vec![PHONES[self.phone].to_owned()],
            identifiers: foreign.into_iter().collect(),
            ..Identity::default()
        }
    }
}

fn two(n: Option<u8>) -> Option<String> {
    n.map(|n| format!("{n:02}"))
}

impl Plain {
    pub(super) fn body(&self) -> Body {
        match self {
            Self::Note(title, words, day) => Body::Note(Note {
                title: written(title),
                text: written(words),
                at: day.and_then(|day| format!("{day}T23:30:00-05:00").parse().ok()),
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
            Self::Vitals(signs) => {
                let [pulse, temperature, systolic, diastolic, glucose] =
                    signs.map(|n| n.map(decimal));
                Body::Vitals(Vitals {
                    systolic,
                    diastolic,
                    pulse,
                    temperature,
                    glucose,
                    ..Vitals::default()
                })
            }
            Self::Result(words, value, lines) => Body::Result(LabResult {
                code: value.concept(words),
                value: Some(value.value()),
                components: lines
                    .iter()
                    .map(|line| Component {
                        code: line.concept(&[]),
                        value: Some(line.value()),
                        interpretation: None,
                    })
                    .collect(),
                ..LabResult::default()
            }),
            Self::Blood(group, rhesus) => Body::Result(LabResult {
                code: Concept::coded(system::LOINC, "882-1", ""),
                value: Some(ResultValue::Text(format!(
                    "{}{}",
                    GROUPS[*group], RHESUS[*rhesus].0
                ))),
                ..LabResult::default()
            }),
            Self::Prescription(code, medicine, label) => Body::Prescription(Prescription {
                medicine: Concept::coded(system::RXNORM, MEDICINES[*code], &written(medicine)),
                instructions: Some(written(label)),
                ..Prescription::default()
            }),
            Self::Identity(person) => Body::Identity(person.identity()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Note(..) => Kind::Note,
            Self::Condition(..) => Kind::Condition,
            Self::Allergy(_) => Kind::Allergy,
            Self::Vitals(_) => Kind::Vitals,
            Self::Result(..) | Self::Blood(..) => Kind::Result,
            Self::Prescription(..) => Kind::Prescription,
            Self::Identity(_) => Kind::Identity,
        }
    }

    /// Every text of it.
    pub(super) fn texts(&self) -> Vec<(Place, &Words)> {
        match self {
            Self::Note(title, words, _) => {
                vec![(Place::Elsewhere, title), (Place::Elsewhere, words)]
            }
            Self::Condition(_, words) => vec![(Place::Diagnosis, words)],
            Self::Allergy(words) => vec![(Place::Allergy, words)],
            Self::Result(words, ..) => vec![(Place::Lab, words)],
            Self::Prescription(_, medicine, label) => {
                vec![(Place::Medicine, medicine), (Place::Elsewhere, label)]
            }
            Self::Identity(person) => person
                .names
                .iter()
                .map(|name| (Place::Name, name))
                .collect(),
            Self::Vitals(_) | Self::Blood(..) => Vec::new(),
        }
    }

    fn measured(&self) -> Vec<Measured> {
        match self {
            Self::Result(_, value, lines) => lines.iter().copied().chain([*value]).collect(),
            _ => Vec::new(),
        }
    }

    /// The vital signs: name, code, tenths.
    fn signs(&self) -> Vec<(&'static str, &'static str, i64)> {
        match self {
            Self::Vitals(signs) => {
                let all = SIGNS.iter().zip(signs);
                all.filter_map(|((name, code), n)| Some((*name, *code, (*n)?)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it has a result or a sign of this code.
    pub(super) fn has_code(&self, wanted: &str) -> bool {
        self.signs().iter().any(|(_, code, _)| *code == wanted)
            || self
                .measured()
                .iter()
                .any(|one| TESTS[one.test].0 == wanted)
            || matches!(self, Self::Blood(..)) && wanted == "882-1"
    }

    /// The numbers that a code has, in thousandths.
    pub(super) fn coded(&self, wanted: &str) -> Vec<i64> {
        let signs = self.signs().into_iter();
        let signs = signs
            .filter(|(_, code, _)| *code == wanted)
            .map(|sign| sign.2 * 100);
        let measured = self.measured().into_iter();
        let measured = measured.filter(|one| TESTS[one.test].0 == wanted);
        signs
            .chain(measured.map(|one| one.exact(one.tenths)))
            .collect()
    }

    /// The numbers that a name has, in thousandths of its unit.
    pub(super) fn named(&self, wanted: &str) -> Vec<i64> {
        let signs = self.signs().into_iter();
        let signs = signs
            .filter(|(name, ..)| *name == wanted)
            .map(|sign| sign.2 * 100);
        let measured = self.measured().into_iter();
        signs
            .chain(measured.filter_map(|one| one.named(wanted)))
            .collect()
    }

    /// The day on which it happened, or was written.
    pub(super) fn day(&self) -> Date {
        if let Self::Note(_, _, Some(day)) = self {
            return *day;
        }
        let written = jiff::Timestamp::from_millisecond(META.created).unwrap();
        written.to_zoned(jiff::tz::TimeZone::UTC).date()
    }
}

fn words() -> impl Strategy<Value = Words> {
    prop::collection::vec(0..WORDS.len(), 1..5)
}

fn measured() -> impl Strategy<Value = Measured> {
    let bounds = [
        None,
        None,
        Some(Bound::Below),
        Some(Bound::AtMost),
        Some(Bound::AtLeast),
        Some(Bound::Above),
    ];
    let drawn = (
        0..TESTS.len(),
        0i64..2_400,
        prop::sample::select(bounds.to_vec()),
    );
    drawn.prop_map(|(test, tenths, bound)| Measured {
        test,
        tenths,
        bound,
    })
}

/// A day, more often a recent one.
fn day() -> impl Strategy<Value = Date> {
    prop_oneof![
        (2025i16..2027, 1i8..13, 1i8..29).prop_map(|(y, m, d)| Date::constant(y, m, d)),
        (0i64..400)
            .prop_map(|back| crate::index::testing::TODAY - jiff::Span::new().days(back - 20)),
    ]
}

pub(super) fn person() -> impl Strategy<Value = Person> {
    let name = prop::collection::vec(COMMON..WORDS.len(), 1..4);
    let birth = (
        1960i16..1963,
        prop::option::of(4u8..6),
        prop::option::of(3u8..5),
    );
    let names = prop::collection::vec(name, 1..3);
    let drawn = (
        names,
        1u32..40,
        prop::option::of(0..FOREIGN.len()),
        birth,
        0..PHONES.len(),
    );
    drawn.prop_map(|(names, mrn, foreign, (year, month, day), phone)| Person {
        names,
        mrn,
        foreign,
        birth: (year, month, day.filter(|_| month.is_some())),
        phone,
    })
}

/// An entry that does not say who the patient is.
pub(super) fn entry() -> impl Strategy<Value = Plain> {
    let signs = prop::array::uniform5(prop::option::of(0i64..2_400));
    let lines = prop::collection::vec(measured(), 0..3);
    prop_oneof![
        2 => (words(), words(), prop::option::of(day()))
            .prop_map(|(title, words, day)| Plain::Note(title, words, day)),
        1 => (0..DIAGNOSES.len(), words()).prop_map(|(code, words)| Plain::Condition(code, words)),
        1 => words().prop_map(Plain::Allergy),
        1 => signs.prop_map(Plain::Vitals),
        2 => (words(), measured(), lines)
            .prop_map(|(words, value, lines)| Plain::Result(words, value, lines)),
        1 => (0..GROUPS.len(), 0..RHESUS.len()).prop_map(|(group, rhesus)| Plain::Blood(group, rhesus)),
        1 => (0..MEDICINES.len(), words(), words())
            .prop_map(|(code, medicine, label)| Plain::Prescription(code, medicine, label)),
    ]
}
