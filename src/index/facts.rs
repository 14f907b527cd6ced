//! What an entry says, in the form that queries ask about.
//!
//! Both sides of search start here: the index stores [`Facts::terms`], and a query is checked against the facts themselves. So
//! the index and the predicate agree by construction on what an entry says.

use std::collections::BTreeSet;

use crate::clinical::{Body, Concept, Decimal, Kind, Measure, Name, PartialDate};

use super::day::Day;
use super::number::Number;
use super::term::{Field, Term};
use super::text;
use super::vital::Vital;

/// What the ledger knows of an entry besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Meta<'a> {
    /// The login of its author.
    pub author: &'a str,
    /// When it was written, in Unix milliseconds.
    pub created: i64,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub(super) texts: Vec<(Field, Vec<String>)>,
    pub(super) values: BTreeSet<(Field, String)>,
    pub(super) numbers: Vec<(String, Number)>,
    pub(super) day: Day,
}

impl Facts {
    /// Reads an entry.
    pub fn of(body: &Body, meta: Meta<'_>) -> Self {
        let mut facts = Self {
            texts: Vec::new(),
            values: BTreeSet::new(),
            numbers: Vec::new(),
            day: Day::of_body(body, meta),
        };
        facts.value(Field::Author, meta.author);
        facts.kind(body.kind());
        super::reading::read(&mut facts, body);
        facts
    }

    /// The words that the entry is indexed under, each once.
    pub fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        for (field, words) in &self.texts {
            for word in words {
                if !text::is_stop_word(word) {
                    terms.push(Term::new(Field::Any, word));
                }
                if *field != Field::Any {
                    terms.push(Term::new(*field, word));
                }
                if *field == Field::Name {
                    terms.extend(stems(word).map(|stem| Term::new(Field::NamePrefix, stem)));
                }
            }
        }
        terms.extend(
            self.values
                .iter()
                .map(|(field, value)| Term::new(*field, value)),
        );
        for (code, number) in &self.numbers {
            terms.extend(number.terms(code));
        }
        terms.extend(self.day.terms());
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// Running text. Words of a field are found both in the field and anywhere.
    pub(super) fn text(&mut self, field: Field, text: &str) {
        let words = text::words(text);
        if !words.is_empty() {
            self.texts.push((field, words));
        }
    }

    /// Running text that may be absent.
    pub(super) fn maybe_text(&mut self, text: Option<&String>) {
        if let Some(text) = text {
            self.text(Field::Any, text);
        }
    }

    /// A value that is looked up whole.
    pub(super) fn value(&mut self, field: Field, value: &str) {
        let value = text::whole(value);
        if !value.is_empty() {
            self.values.insert((field, value));
        }
    }

    /// What a concept is called, by anyone, and its codes: whole in the field, and as text anywhere.
    pub(super) fn concept(&mut self, field: Field, concept: &Concept) {
        self.text(field, &concept.text);
        for coding in &concept.codings {
            if let Some(display) = coding
                .display
                .as_ref()
                .filter(|display| **display != concept.text)
            {
                self.text(field, display);
            }
            self.text(Field::Any, &coding.code);
            if field != Field::Any {
                self.value(field, &coding.code);
            }
        }
    }

    /// A person's name: as a whole, so that its words can be looked for in their order.
    pub(super) fn name(&mut self, field: Field, name: &Name) {
        let parts = name
            .prefix
            .iter()
            .chain(&name.given)
            .chain(std::iter::once(&name.family))
            .chain(&name.suffix);
        let whole = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
        self.text(field, &whole);
        if text::words(&name.text) != text::words(&whole) {
            self.text(field, &name.text);
        }
    }

    /// A phone number: its digits, and the last seven for those who leave out the prefix.
    pub(super) fn phone(&mut self, phone: &str) {
        self.text(Field::Any, phone);
        let digits = phone_digits(phone);
        self.value(Field::Phone, &digits);
        self.value(Field::Phone, &digits[digits.len().saturating_sub(7)..]);
    }

    /// A birth date: its year, month and day, as far as they are known.
    pub(super) fn birth(&mut self, date: PartialDate) {
        let written = date.to_string();
        [4, 7, 10]
            .into_iter()
            .filter_map(|len| written.get(..len))
            .for_each(|part| self.value(Field::Birth, part));
    }

    /// A record number or another identifier.
    pub(super) fn identifier(&mut self, identifier: &str) {
        self.text(Field::Any, identifier);
        self.value(Field::Mrn, &identifier_form(identifier));
    }

    /// A measured number under a code.
    pub(super) fn number(&mut self, code: &str, number: Number) {
        self.numbers.push((text::whole(code), number));
    }

    /// A vital sign: found by its name, and as a result of its code too.
    pub(super) fn measured(&mut self, measure: Measure, value: Decimal) {
        self.value(Field::Lab, measure.loinc());
        self.number(measure.loinc(), Number::of(value));
        self.number(&Vital::Of(measure).key(), Number::of(value));
    }

    fn kind(&mut self, kind: Kind) {
        self.value(Field::Kind, kind.as_str());
    }
}

/// The first two to six letters of a word; a shorter word is no prefix of anything but itself.
pub(super) fn stems(word: &str) -> impl Iterator<Item = &str> {
    let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.skip(STEM.0 - 1)
        .take(STEM.1 - STEM.0 + 1)
        .map(|end| &word[..end])
}

/// The fewest and the most letters of a stem.
pub(super) const STEM: (usize, usize) = (2, 6);

/// The digits of a phone number.
pub(super) fn phone_digits(phone: &str) -> String {
    text::fold(phone)
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// A record number as it is compared: folded, without the zeros in front.
pub(super) fn identifier_form(identifier: &str) -> String {
    let folded = text::whole(identifier);
    let short = folded.trim_start_matches('0');
    if short.is_empty() {
        folded
    } else {
        short.to_owned()
    }
}

/// A blood group as it is compared: `A Rh(D) positive`, `a pos` and `A+` are `a+`. `None` if it is none.
pub(super) fn blood_group(written: &str) -> Option<(&'static str, &'static str)> {
    let folded = text::fold(written);
    let letters: String = folded
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let group = ["ab", "a", "b", "o"]
        .into_iter()
        .find(|group| *group == letters.replace('0', "o"))?;
    let rest = folded[letters.len()..].trim();
    let rhesus = match rest {
        _ if rest.contains("pos") || rest.ends_with('+') => "+",
        _ if rest.contains("neg") || rest.ends_with(['-', '−', '–']) => "-",
        _ => "",
    };
    Some((group, rhesus))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_cut_between_letters() {
        assert_eq!(
            stems("muñozes").collect::<Vec<_>>(),
            ["mu", "muñ", "muño", "muñoz", "muñoze"]
        );
        assert_eq!(stems("li").collect::<Vec<_>>(), ["li"]);
        assert_eq!(stems("x").count(), 0);
    }

    #[test]
    fn blood_groups_are_read_however_they_are_written() {
        for written in ["A+", "a pos", "A Rh(D) positive", "A RhD+"] {
            assert_eq!(blood_group(written), Some(("a", "+")), "{written}");
        }
        assert_eq!(blood_group("0 neg"), Some(("o", "-")));
        assert_eq!(blood_group("AB"), Some(("ab", "")));
        assert_eq!(blood_group("abnormal"), None);
    }

    #[test]
    fn zeros_in_front_of_a_record_number_do_not_count() {
        assert_eq!(identifier_form("0012-5"), "12-5");
        assert_eq!(identifier_form("000"), "000");
    }
}
