//! The words of an entry.

use crate::clinical::Body;

use super::facts::{Facts, Meta};
use super::term::Term;

/// The words that an entry is indexed under, each once. `created` is in Unix milliseconds.
pub fn of(body: &Body, author_login: &str, created: i64) -> Vec<Term> {
    Facts::of(
        body,
        Meta {
            author: author_login,
            created,
        },
    )
    .terms()
}
