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
//! ```
//!
//! [`parse`] turns text into a [`Query`] or says at which column it expected what. [`Query::matches`] is the meaning of a query:
//! the index only finds candidates faster. Words that stand in nearly every text (the, of …) are passed over outside quotes.

mod dates;
mod fields;
mod leaf;
mod lexer;
mod parser;
mod values;

#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::clinical::Body;

use super::facts::{Facts, Meta};
use super::term::Term;

pub use fields::{FIELDS, FieldHelp};
use leaf::Leaf;

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    text: String,
    root: Expr,
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
    /// What the part finds, some of which must be checked against the entry itself.
    Check(Box<Plan>),
}

/// Reads a query. `today` is what `last:30d` counts from.
pub fn parse(text: &str, today: Date) -> Result<Query, QueryError> {
    let root = parser::parse(text, today)?;
    Ok(Query {
        text: text.trim().to_owned(),
        root,
    })
}

impl Query {
    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the entry is what the query looks for.
    pub fn matches(&self, body: &Body, meta: Meta<'_>) -> bool {
        self.matches_facts(&Facts::of(body, meta))
    }

    /// Whether an entry that says this is what the query looks for.
    pub fn matches_facts(&self, facts: &Facts) -> bool {
        self.root.matches(facts)
    }

    /// In which fields the entry meets the query, as the language names them; `text` for anywhere. Each once, in the query's order.
    pub fn matched_fields(&self, facts: &Facts) -> Vec<&'static str> {
        let mut fields = Vec::new();
        self.root.visit(true, &mut |leaf| {
            if leaf.matches(facts) && !fields.contains(&leaf.field_name()) {
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

    pub(super) fn plan(&self) -> Plan {
        self.root.plan()
    }
}

impl Expr {
    fn matches(&self, facts: &Facts) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(facts)),
            Self::Not(part) => !part.matches(facts),
            Self::Leaf(leaf) => leaf.matches(facts),
        }
    }

    fn plan(&self) -> Plan {
        match self {
            Self::All(parts) => Plan::All(parts.iter().map(Self::plan).collect()),
            Self::Any(parts) => Plan::Any(parts.iter().map(Self::plan).collect()),
            Self::Not(part) => Plan::Not(Box::new(part.plan())),
            Self::Leaf(leaf) => leaf.plan(),
        }
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
