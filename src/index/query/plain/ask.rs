//! Questions of the whole language: how each is written, and what it means for an entry.

use jiff::Span;
use jiff::civil::Date;
use proptest::prelude::*;

use crate::clinical::{Kind, Mrn};
use crate::index::testing::TODAY;

use super::entry::{
    COMMON, DIAGNOSES, FOREIGN, GROUPS, MEDICINES, PHONES, Person, Place, Plain, RHESUS, TESTS,
    WORDS, Words, decimal,
};

const COMPARISONS: [&str; 5] = [">", ">=", "<", "<=", "="];
const NAMED: [&str; 5] = ["pulse", "temp", "bp", "glucose", "egfr"];
const CODED: [&str; 5] = ["8867-4", "8462-4", "4548-4", "2339-0", "15074-8"];
const FIELDS: [(&str, Place); 5] = [
    ("dx", Place::Diagnosis),
    ("rx", Place::Medicine),
    ("lab", Place::Lab),
    ("allergy", Place::Allergy),
    ("name", Place::Name),
];
/// Beginnings of names as they are typed, and folded.
const STEMS: [(&str, &str); 8] = [
    ("GA", "ga"),
    ("garc", "garc"),
    ("Garden", "garden"),
    ("gardene", "gardene"),
    ("gardeners", "gardeners"),
    ("o'b", "ob"),
    ("Mü", "mu"),
    ("li", "li"),
];

/// How days are asked for.
#[derive(Clone, Debug)]
pub(super) enum Days {
    Year(i16),
    Month(i16, i8),
    Day(Date),
    /// `t`, `today`, `yesterday`.
    Named(usize),
    /// So many days, weeks, months or years before today, or after.
    Offset(bool, i64, usize),
}

/// A question.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Word(usize),
    /// At least one word is none of the common ones.
    Phrase(Words),
    /// Words of a field.
    Field(usize, Words),
    Stem(usize),
    /// Words of a name as lists write it: the last part, a comma, what stands before it.
    Listed(Words, Words),
    Diagnosis(usize),
    Medicine(usize),
    Lab(usize),
    Kind(Kind),
    Author(bool),
    Blood(usize, usize),
    /// The number, and how it is written.
    Mrn(u32, usize),
    Foreign(usize),
    Born(i16, Option<u8>, Option<u8>),
    Phone(&'static str),
    /// Since, until or on.
    When(usize, Days),
    Last(i64, usize),
    /// A name or a code, a comparison, tenths.
    Named(usize, usize, i64),
    Coded(usize, usize, i64),
    Between(usize, i64, i64),
    Pressure(usize, i64, i64),
    All(Vec<Ask>),
    Any(Vec<Ask>),
    Not(Box<Ask>),
}

fn holds(comparison: usize, value: i64, asked: i64) -> bool {
    match COMPARISONS[comparison] {
        ">" => value > asked,
        ">=" => value >= asked,
        "<" => value < asked,
        "<=" => value <= asked,
        _ => value == asked,
    }
}

fn span(count: i64, unit: usize) -> Span {
    match ["d", "w", "m", "y"][unit] {
        "d" => Span::new().days(count),
        "w" => Span::new().days(count * 7),
        "m" => Span::new().months(count),
        _ => Span::new().months(count * 12),
    }
}

fn month(year: i16, month: i8) -> (Date, Date) {
    let first = Date::constant(year, month, 1);
    (first, first.last_of_month())
}

impl Days {
    fn text(&self) -> String {
        match self {
            Self::Year(year) => format!("{year}"),
            Self::Month(year, month) => format!("{year}-{month:02}"),
            Self::Day(day) => day.to_string(),
            Self::Named(name) => ["t", "today", "yesterday"][*name].to_owned(),
            Self::Offset(ahead, count, unit) => {
                let sign = if *ahead { '+' } else { '-' };
                format!("t{sign}{count}{}", ["d", "w", "m", "y"][*unit])
            }
        }
    }

    /// The first and the last.
    fn span(&self) -> (Date, Date) {
        let one = |day: Date| (day, day);
        match self {
            Self::Year(year) => (Date::constant(*year, 1, 1), Date::constant(*year, 12, 31)),
            Self::Month(year, of) => month(*year, *of),
            Self::Day(day) => one(*day),
            Self::Named(2) => one(TODAY - Span::new().days(1)),
            Self::Named(_) => one(TODAY),
            Self::Offset(true, count, unit) => one(TODAY + span(*count, *unit)),
            Self::Offset(false, count, unit) => one(TODAY - span(*count, *unit)),
        }
    }
}

fn spelled(words: &[usize]) -> String {
    let words: Vec<&str> = words.iter().map(|word| WORDS[*word].0).collect();
    words.join(" ")
}

impl Ask {
    pub(super) fn text(&self) -> String {
        let all = |parts: &[Self], between: &str| {
            let parts: Vec<String> = parts.iter().map(Self::text).collect();
            format!("({})", parts.join(between))
        };
        match self {
            Self::Word(word) => WORDS[*word].0.to_lowercase(),
            Self::Phrase(words) => format!("\"{}\"", spelled(words)),
            Self::Field(field, words) => format!("{}:\"{}\"", FIELDS[*field].0, spelled(words)),
            Self::Stem(stem) => format!("name:{}*", STEMS[*stem].0),
            Self::Listed(family, given) => {
                format!("name:\"{}, {}\"", spelled(family), spelled(given))
            }
            Self::Diagnosis(code) => format!("dx:{}", DIAGNOSES[*code]),
            Self::Medicine(code) => format!("rx:{}", MEDICINES[*code]),
            Self::Lab(test) => format!("lab:{}", TESTS[*test].0),
            Self::Kind(kind) => format!("kind:{}", kind.as_str()),
            Self::Author(known) => format!("author:{}", if *known { "HSmith" } else { "nobody" }),
            Self::Blood(group, rhesus) => {
                format!("blood:\"{}{}\"", GROUPS[*group], RHESUS[*rhesus].0)
            }
            Self::Mrn(number, 0) => format!("mrn:{number}"),
            Self::Mrn(number, 1) => format!("mrn:{number:04}"),
            Self::Mrn(number, _) => format!("mrn:{}", Mrn::issue(*number)),
            Self::Foreign(foreign) => format!("mrn:{}", FOREIGN[*foreign].to_lowercase()),
            Self::Born(year, month, day) => {
                let part = |n: &Option<u8>| n.map_or_else(String::new, |n| format!("-{n:02}"));
                format!("dob:{year}{}{}", part(month), part(day))
            }
            Self::Phone(phone) => format!("phone:\"{phone}\""),
            Self::When(way, days) => {
                format!("{}:{}", ["since", "until", "on"][*way], days.text())
            }
            Self::Last(count, unit) => format!("last:{count}{}", ["d", "w", "m", "y"][*unit]),
            Self::Named(name, comparison, n) => {
                format!(
                    "{}{}{}",
                    NAMED[*name],
                    COMPARISONS[*comparison],
                    decimal(*n)
                )
            }
            Self::Coded(code, comparison, n) => {
                let comparison = COMPARISONS[*comparison];
                format!("value:{}{comparison}{}", CODED[*code], decimal(*n))
            }
            Self::Between(name, from, to) => {
                format!("{}:{}..{}", NAMED[*name], decimal(*from), decimal(*to))
            }
            Self::Pressure(comparison, systolic, diastolic) => {
                let pressure = format!("{}/{}", decimal(*systolic), decimal(*diastolic));
                format!("bp{}{pressure}", COMPARISONS[*comparison])
            }
            Self::All(parts) => all(parts, " "),
            Self::Any(parts) => all(parts, " OR "),
            Self::Not(part) => format!("-{}", part.text()),
        }
    }

    /// Whether an entry is asked for, in the chart of a patient. `None` if nothing is asked but common words.
    pub(super) fn asks_for(&self, entry: &Plain, patient: Option<&Person>) -> Option<bool> {
        let mut leaves = Vec::new();
        self.leaves(true, &mut leaves);
        // What asks for nothing but who the patient is looks for patients; else it says in whose charts to look.
        let wanted = leaves.iter().any(|(_, wanted)| *wanted);
        let of_patients = wanted && leaves.iter().all(|(leaf, _)| leaf.is_of_patient());
        let patient = patient.filter(|_| !of_patients);
        let patient = patient.map(|patient| Plain::Identity(patient.clone()));
        self.holds(entry, patient.as_ref())
    }

    /// What is asked, and whether for it or for its absence.
    fn leaves<'a>(&'a self, wanted: bool, leaves: &mut Vec<(&'a Self, bool)>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.leaves(wanted, leaves);
                }
            }
            Self::Not(part) => part.leaves(!wanted, leaves),
            Self::Word(word) if *word < COMMON => {}
            leaf => leaves.push((leaf, wanted)),
        }
    }

    fn is_of_patient(&self) -> bool {
        match self {
            Self::Field(field, _) => FIELDS[*field].0 == "name",
            Self::Stem(_)
            | Self::Listed(..)
            | Self::Mrn(..)
            | Self::Foreign(_)
            | Self::Born(..)
            | Self::Phone(_) => true,
            _ => false,
        }
    }

    fn holds(&self, entry: &Plain, patient: Option<&Plain>) -> Option<bool> {
        let parts = |parts: &[Self]| -> Vec<bool> {
            let parts = parts.iter().filter_map(|part| part.holds(entry, patient));
            parts.collect()
        };
        match self {
            Self::Word(word) if *word < COMMON => None,
            Self::All(all) => {
                let parts = parts(all);
                (!parts.is_empty()).then(|| parts.iter().all(|holds| *holds))
            }
            Self::Any(any) => {
                let parts = parts(any);
                (!parts.is_empty()).then(|| parts.iter().any(|holds| *holds))
            }
            Self::Not(part) => part.holds(entry, patient).map(|holds| !holds),
            leaf if leaf.is_of_patient() => Some(leaf.says(patient.unwrap_or(entry))),
            leaf => Some(leaf.says(entry)),
        }
    }

    /// Whether the entry says what this one thing asks.
    fn says(&self, entry: &Plain) -> bool {
        let together = |place: Option<Place>, words: &[usize]| {
            let texts = entry.texts().into_iter();
            let mut texts = texts.filter(|(found, _)| place.is_none_or(|place| place == *found));
            texts.any(|(_, text)| text.windows(words.len()).any(|window| window == words))
        };
        let person = match entry {
            Plain::Identity(person) => Some(person),
            _ => None,
        };
        let is = |test: &dyn Fn(&Person) -> bool| person.is_some_and(test);
        match self {
            Self::Word(word) => together(None, &[*word]),
            Self::Phrase(words) => together(None, words),
            Self::Field(field, words) => together(Some(FIELDS[*field].1), words),
            Self::Stem(stem) => is(&|person| {
                let mut words = person.names.iter().flatten();
                words.any(|word| WORDS[*word].1.starts_with(STEMS[*stem].1))
            }),
            Self::Listed(family, given) => {
                together(Some(Place::Name), family) && together(Some(Place::Name), given)
            }
            // E11.9 is one of E11.
            Self::Diagnosis(asked) => matches!(entry, Plain::Condition(code, _)
                if code == asked || DIAGNOSES[*asked] == "E11" && DIAGNOSES[*code] == "E11.9"),
            Self::Medicine(asked) => {
                matches!(entry, Plain::Prescription(code, ..) if code == asked)
            }
            Self::Lab(test) => entry.has_code(TESTS[*test].0),
            Self::Kind(kind) => entry.kind() == *kind,
            Self::Author(known) => *known,
            Self::Blood(group, rhesus) => matches!(entry, Plain::Blood(of, with)
                if of == group && (RHESUS[*rhesus].1.is_none() || RHESUS[*rhesus].1 == RHESUS[*with].1)),
            Self::Mrn(number, _) => is(&|person| person.mrn == *number),
            Self::Foreign(foreign) => is(&|person| person.foreign == Some(*foreign)),
            Self::Born(year, month, day) => is(&|person| {
                let (y, m, d) = person.birth;
                y == *year && (month.is_none() || m == *month) && (day.is_none() || d == *day)
            }),
            Self::Phone(phone) => is(&|person| {
                let digits =
                    |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
                let (known, asked) = (digits(PHONES[person.phone]), digits(phone));
                known == asked || asked.len() == 7 && known.ends_with(&asked)
            }),
            Self::When(way, days) => {
                let ((from, to), day) = (days.span(), entry.day());
                match way {
                    0 => day >= from,
                    1 => day <= to,
                    _ => from <= day && day <= to,
                }
            }
            Self::Last(count, unit) => {
                let before = TODAY - span(*count, *unit);
                // So many days are as many with today.
                let from = if *unit < 2 {
                    before.tomorrow().unwrap()
                } else {
                    before
                };
                from <= entry.day() && entry.day() <= TODAY
            }
            Self::Named(name, comparison, asked) => {
                let mut numbers = entry.named(NAMED[*name]).into_iter();
                numbers.any(|n| holds(*comparison, n, *asked * 100))
            }
            Self::Coded(code, comparison, asked) => {
                let mut numbers = entry.coded(CODED[*code]).into_iter();
                numbers.any(|n| holds(*comparison, n, *asked * 100))
            }
            Self::Between(name, from, to) => {
                let mut numbers = entry.named(NAMED[*name]).into_iter();
                numbers.any(|n| (*from * 100..=*to * 100).contains(&n))
            }
            Self::Pressure(comparison, systolic, diastolic) => {
                let one = |code: &str, asked: i64| {
                    let mut numbers = entry.coded(code).into_iter();
                    numbers.any(|n| holds(*comparison, n, asked * 100))
                };
                let (high, low) = (one("8480-6", *systolic), one("8462-4", *diastolic));
                if COMPARISONS[*comparison] == "=" {
                    high && low
                } else {
                    high || low
                }
            }
            Self::All(_) | Self::Any(_) | Self::Not(_) => unreachable!("has parts"),
        }
    }
}

fn days() -> impl Strategy<Value = Days> {
    prop_oneof![
        (2025i16..2027).prop_map(Days::Year),
        (2025i16..2027, 1i8..13).prop_map(|(year, month)| Days::Month(year, month)),
        (0i64..40).prop_map(|back| Days::Day(TODAY - Span::new().days(back))),
        (0usize..3).prop_map(Days::Named),
        (any::<bool>(), 1i64..14, 0usize..4)
            .prop_map(|(ahead, count, unit)| Days::Offset(ahead, count, unit)),
    ]
}

/// Words of which one at least is not common.
fn phrase() -> impl Strategy<Value = Words> {
    let words = prop::collection::vec(0..WORDS.len(), 1..4);
    words.prop_filter("only common words", |words| {
        words.iter().any(|word| *word >= COMMON)
    })
}

fn leaf() -> impl Strategy<Value = Ask> {
    let word = || 0..WORDS.len();
    let number = || prop_oneof![0i64..2_400, 0i64..150];
    let compared = || 0..COMPARISONS.len();
    let kinds = [
        Kind::Note,
        Kind::Condition,
        Kind::Allergy,
        Kind::Vitals,
        Kind::Result,
        Kind::Prescription,
        Kind::Identity,
    ];
    let phones = ["5550199", "61-2-5550199", "02079460958", "79460958", "0199"];
    let born = (
        1960i16..1963,
        prop::option::of(4u8..6),
        prop::option::of(3u8..5),
    );
    let of_patients = prop_oneof![
        2 => (0..STEMS.len()).prop_map(Ask::Stem),
        1 => (1u32..40, 0usize..3).prop_map(|(number, form)| Ask::Mrn(number, form)),
        1 => (0..FOREIGN.len()).prop_map(Ask::Foreign),
        2 => born.prop_map(|(year, month, day)| Ask::Born(year, month, day.filter(|_| month.is_some()))),
        1 => prop::sample::select(phones.to_vec()).prop_map(Ask::Phone),
        1 => phrase().prop_map(|words| Ask::Field(4, words)),
        1 => (word(), word()).prop_map(|(family, given)| Ask::Listed(vec![family], vec![given])),
    ];
    let numbers = prop_oneof![
        2 => (0..NAMED.len(), compared(), number()).prop_map(|(name, way, n)| Ask::Named(name, way, n)),
        2 => (0..CODED.len(), compared(), number()).prop_map(|(code, way, n)| Ask::Coded(code, way, n)),
        1 => (0..NAMED.len(), number(), number())
            .prop_map(|(name, a, b)| Ask::Between(name, a.min(b), a.max(b))),
        1 => (compared(), number(), number()).prop_map(|(way, high, low)| Ask::Pressure(way, high, low)),
    ];
    prop_oneof![
        4 => word().prop_map(Ask::Word),
        2 => phrase().prop_map(Ask::Phrase),
        2 => (0..FIELDS.len() - 1, prop::collection::vec(word(), 1..3))
            .prop_map(|(field, words)| Ask::Field(field, words)),
        1 => (0..DIAGNOSES.len()).prop_map(Ask::Diagnosis),
        1 => (0..MEDICINES.len()).prop_map(Ask::Medicine),
        1 => (0..TESTS.len()).prop_map(Ask::Lab),
        1 => prop::sample::select(kinds.to_vec()).prop_map(Ask::Kind),
        1 => any::<bool>().prop_map(Ask::Author),
        1 => (0..GROUPS.len(), 0..RHESUS.len()).prop_map(|(group, rhesus)| Ask::Blood(group, rhesus)),
        2 => (0usize..3, days()).prop_map(|(way, days)| Ask::When(way, days)),
        1 => (1i64..40, 0usize..4).prop_map(|(count, unit)| Ask::Last(count, unit)),
        4 => of_patients,
        4 => numbers,
    ]
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ask::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Ask::Any),
            inner.prop_map(|part| Ask::Not(Box::new(part))),
        ]
    })
}

#[test]
fn entries_that_are_drawn_answer_every_kind_of_question_both_ways() {
    use std::collections::BTreeMap;

    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::entry::{entry, person};

    let mut runner = TestRunner::deterministic();
    let either = prop_oneof![4 => entry(), 1 => person().prop_map(Plain::Identity)];
    let mut answers: BTreeMap<String, [u32; 2]> = BTreeMap::new();
    for _ in 0..20_000 {
        let ask = leaf().new_tree(&mut runner).unwrap().current();
        let entry = either.new_tree(&mut runner).unwrap().current();
        if let Some(holds) = ask.holds(&entry, None) {
            let kind = format!("{ask:?}");
            let kind = kind.split('(').next().unwrap_or_default().to_owned();
            answers.entry(kind).or_default()[usize::from(holds)] += 1;
        }
    }
    assert_eq!(answers.len(), 21, "{answers:?}");
    for (kind, [no, yes]) in &answers {
        assert!(*no > 0 && *yes > 0, "{kind}: {no} no, {yes} yes");
    }
}
