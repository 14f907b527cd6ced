//! What a query asks of an entry: the one place that says, side by side, how the entry itself answers and how the index does.

use crate::index::day::Day;
use crate::index::facts::{Facts, STEM};
use crate::index::number::{self, Number};
use crate::index::term::{Field, Term};
use crate::index::text;

use super::Plan;

/// A word, phrase, value or range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// Folded words that stand together in a text of the field; one at least, and outside [`Field::Any`] any word counts.
    Words(Field, Vec<String>),
    /// A value that is looked up whole.
    Value(Field, String),
    /// The folded beginning of a word of a name, two letters at least.
    Stem(String),
    /// Days from and to, both included.
    Days(Day, Day),
    /// A number under a code, from and to, both included. The name is that of the vital sign, or `value`.
    Number(&'static str, String, Number, Number),
}

impl Leaf {
    /// Whether the entry says so.
    pub(super) fn matches(&self, facts: &Facts) -> bool {
        match self {
            Self::Words(field, words) => facts
                .texts
                .iter()
                .filter(|(found, _)| *field == Field::Any || found == field)
                .any(|(_, text)| {
                    text.windows(words.len())
                        .any(|window| window == words.as_slice())
                }),
            Self::Value(field, value) => facts.values.contains(&(*field, value.clone())),
            Self::Stem(stem) => facts
                .texts
                .iter()
                .filter(|(field, _)| *field == Field::Name)
                .any(|(_, text)| text.iter().any(|word| word.starts_with(stem.as_str()))),
            Self::Days(from, to) => (from..=to).contains(&&facts.day),
            Self::Number(_, wanted, from, to) => facts
                .numbers
                .iter()
                .any(|(code, number)| code == wanted && (from..=to).contains(&number)),
        }
    }

    /// Whether the entry says so, or, of what is asked about the patient, the chart's identity entry: who a patient is, the newest
    /// one says, also where a former one is looked at.
    pub(super) fn matches_in_chart(&self, facts: &Facts, patient: Option<&Facts>) -> bool {
        match patient {
            Some(patient) if self.is_of_patient() => self.matches(patient),
            _ => self.matches(facts),
        }
    }

    /// Whether it asks who the patient is.
    pub(super) fn is_of_patient(&self) -> bool {
        match self {
            Self::Words(field, _) | Self::Value(field, _) => {
                matches!(
                    field,
                    Field::Name | Field::Mrn | Field::Birth | Field::Phone
                )
            }
            Self::Stem(_) => true,
            Self::Days(..) | Self::Number(..) => false,
        }
    }

    /// How the index answers.
    pub(super) fn plan(&self) -> Plan {
        match self {
            Self::Words(field, words) => {
                let kept = words
                    .iter()
                    .filter(|word| *field != Field::Any || !text::is_stop_word(word));
                let all = all(kept.map(|word| Term::new(*field, word)));
                // That they stand together, only the entry itself can tell.
                if words.len() == 1 {
                    all
                } else {
                    Plan::Check(Box::new(all))
                }
            }
            Self::Value(field, value) => Plan::Term(Term::new(*field, value)),
            Self::Stem(stem) => {
                let cut = stem
                    .char_indices()
                    .nth(STEM.1)
                    .map_or(stem.len(), |(at, _)| at);
                let found = Plan::Term(Term::new(Field::NamePrefix, &stem[..cut]));
                if cut == stem.len() {
                    found
                } else {
                    Plan::Check(Box::new(found))
                }
            }
            Self::Days(from, to) => Plan::Days(*from, *to),
            Self::Number(_, code, from, to) => {
                any(number::range_terms(code, *from, *to).into_iter())
            }
        }
    }

    /// What the language calls the field.
    pub(super) fn field_name(&self) -> &'static str {
        match self {
            Self::Words(Field::Any, _) => "text",
            Self::Words(field, _) | Self::Value(field, _) => field.label(),
            Self::Stem(_) => Field::Name.label(),
            Self::Days(..) => "date",
            Self::Number(name, ..) => name,
        }
    }

    /// The folded words that it looks for in text.
    pub(super) fn words(&self) -> &[String] {
        match self {
            Self::Words(_, words) => words,
            Self::Stem(stem) => std::slice::from_ref(stem),
            _ => &[],
        }
    }
}

fn all(terms: impl Iterator<Item = Term>) -> Plan {
    Plan::All(terms.map(Plan::Term).collect())
}

fn any(terms: impl Iterator<Item = Term>) -> Plan {
    Plan::Any(terms.map(Plan::Term).collect())
}
