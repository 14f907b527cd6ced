//! The query language.
//!
//! ```text
//! fever                      a word, anywhere
//! "chest pain"               words that stand together
//! dx:I10  rx:simvastatin     a code or words of a field; dx:"heart failure"
//! name:gar*                  the beginning of a name
//! since:2026-01  last:30d    when it happened
//! bp>140/90  temp:38..40     measured numbers
//! a b      a OR b    -a      both; either; not. OR binds weaker; ( … ) groups
//! history: pneumonia         versions that were amended or retracted too
//! ```
//!
//! The fields of a patient (`name:`, `mrn:`, `dob:`, `phone:`) find patients when a query asks for nothing else; beside anything else they
//! say in whose charts to look: `name:gar* fever`.
//!
//! **All of it is asked of one entry**: a diagnosis and a pressure are two entries, and NOT leaves out entries, not people.
//!
//! [`parse`] turns text into a [`Query`] or says at which column it expected what. [`Query::matches`] is the meaning of a query:
//! the index only finds candidates faster. Words that stand in nearly every text (the, of …) are passed over outside quotes. A star stands
//! at the end of a name and nowhere else, unless in quotes, where it is a sign of the text.

mod dates;
mod fields;
mod leaf;
mod lexer;
mod marks;
mod parser;
mod values;

#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::clinical::Body;

use super::day::Day;
use super::facts::{Facts, Meta};
use super::term::Term;

pub use fields::{FIELDS, FieldHelp};
use leaf::Leaf;

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    text: String,
    root: Expr,
    history: bool,
}

/// Why a query cannot be answered: where, and what would be understood there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}")]
pub struct QueryError {
    /// Counted in characters, from 1.
    pub column: usize,
    /// What would be understood there.
    pub expected: String,
}

/// A query as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expr {
    /// Every one of these, of which there is at least one.
    All(Vec<Expr>),
    /// One of these, of which there is at least one.
    Any(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// This word, phrase, value or range.
    Leaf(Leaf),
}

/// How the index answers a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Entries that every part finds.
    All(Vec<Plan>),
    /// Entries that one part finds.
    Any(Vec<Plan>),
    /// Entries that the part does not find.
    Not(Box<Plan>),
    /// Entries with this word.
    Term(Term),
    /// Entries of the days from and to, both included.
    Days(Day, Day),
    /// What the part finds, some of which must be checked against the entry itself.
    Check(Box<Plan>),
    /// Entries of the charts whose patients the part with this number of [`Plans::patients`] finds.
    Patients(usize),
}

/// A query's plan, and the plans that find the patients it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plans {
    pub(super) entries: Plan,
    pub(super) patients: Vec<Plan>,
}

/// Reads a query. `today` is what `last:30d` counts from.
pub fn parse(text: &str, today: Date) -> Result<Query, QueryError> {
    let (root, history) = parser::parse(text, today)?;
    Ok(Query {
        text: text.trim().to_owned(),
        root,
        history,
    })
}

impl Query {
    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether versions that were amended or retracted are looked for too. Each is matched by what it said itself.
    pub fn history(&self) -> bool {
        self.history
    }

    /// Whether the entry by itself is what the query looks for. **A query that speaks of the patient
    /// ([`speaks_of_patient`](Self::speaks_of_patient)) needs [`matches_in_chart`](Self::matches_in_chart)** instead.
    pub fn matches(&self, body: &Body, meta: Meta<'_>) -> bool {
        self.matches_in_chart(body, meta, None)
    }

    /// Whether the entry is what the query looks for. `patient` is what the identity entry of its chart says, if that is open.
    pub fn matches_in_chart(&self, body: &Body, meta: Meta<'_>, patient: Option<&Facts>) -> bool {
        self.matches_facts(&Facts::of(body, meta), patient)
    }

    /// Whether an entry that says this is what the query looks for.
    pub fn matches_facts(&self, facts: &Facts, patient: Option<&Facts>) -> bool {
        self.root
            .matches(facts, patient.filter(|_| !self.seeks_patients()))
    }

    /// Whether the query asks for nothing but patients (`name:`, `mrn:`, `dob:`, `phone:`). Then their identity entries
    /// answer it. In any other query these fields say in whose charts to look.
    pub fn seeks_patients(&self) -> bool {
        let mut wanted = false;
        self.root.visit(true, &mut |_| wanted = true);
        wanted && self.root.leaves().iter().all(|leaf| leaf.is_of_patient())
    }

    /// Whether the query says in whose charts to look.
    pub fn speaks_of_patient(&self) -> bool {
        !self.seeks_patients() && self.root.leaves().iter().any(|leaf| leaf.is_of_patient())
    }

    /// In which fields the entry meets the query, as the language names them; `text` for anywhere. Each once, in the query's order.
    pub fn matched_fields(&self, facts: &Facts, patient: Option<&Facts>) -> Vec<&'static str> {
        let patient = patient.filter(|_| !self.seeks_patients());
        let mut fields = Vec::new();
        self.root.visit(true, &mut |leaf| {
            if leaf.matches_in_chart(facts, patient) && !fields.contains(&leaf.field_name()) {
                fields.push(leaf.field_name());
            }
        });
        fields
    }

    /// The folded words that the query looks for in text, to mark them where they are shown. See [`super::text::words`].
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        self.root
            .visit(true, &mut |leaf| words.extend(leaf.words().iter().cloned()));
        words.sort_unstable();
        words.dedup();
        words
    }

    pub(super) fn plan(&self) -> Plans {
        let mut patients = Vec::new();
        let entries = self.root.plan(&mut |leaf| {
            if leaf.is_of_patient() && !self.seeks_patients() {
                patients.push(leaf.plan());
                return Plan::Patients(patients.len() - 1);
            }
            leaf.plan()
        });
        Plans { entries, patients }
    }
}

impl Expr {
    fn matches(&self, facts: &Facts, patient: Option<&Facts>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(facts, patient)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(facts, patient)),
            Self::Not(part) => !part.matches(facts, patient),
            Self::Leaf(leaf) => leaf.matches_in_chart(facts, patient),
        }
    }

    fn plan(&self, of_leaf: &mut impl FnMut(&Leaf) -> Plan) -> Plan {
        match self {
            Self::All(parts) => Plan::All(parts.iter().map(|part| part.plan(of_leaf)).collect()),
            Self::Any(parts) => Plan::Any(parts.iter().map(|part| part.plan(of_leaf)).collect()),
            Self::Not(part) => Plan::Not(Box::new(part.plan(of_leaf))),
            Self::Leaf(leaf) => of_leaf(leaf),
        }
    }

    fn leaves(&self) -> Vec<&Leaf> {
        let mut leaves = Vec::new();
        self.visit(true, &mut |leaf| leaves.push(leaf));
        self.visit(false, &mut |leaf| leaves.push(leaf));
        leaves
    }

    /// Visits the leaves that a match is made of: those under an even number of negations.
    fn visit<'e>(&'e self, wanted: bool, see: &mut impl FnMut(&'e Leaf)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.visit(wanted, see);
                }
            }
            Self::Not(part) => part.visit(!wanted, see),
            Self::Leaf(leaf) if wanted => see(leaf),
            Self::Leaf(_) => {}
        }
    }
}
