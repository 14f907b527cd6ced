//! What Tab makes of the word before the cursor: a field, a kind, or a term that the searcher used of late.

use crate::clinical::Kind;
use crate::desk::view::Queries;
use crate::index::query::FIELDS;

/// Terms of the searcher's own that are offered at once.
const TERMS: usize = 12;

/// A word being completed: Tab goes from one option to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins, in bytes.
    pub from: usize,
    /// What it may become; never empty.
    pub options: Vec<String>,
    /// Which of them it is now.
    pub at: usize,
}

impl Completion {
    /// The options for the word at the end of `before`. `None` means that nothing begins so.
    pub fn of(before: &str, own: &Queries) -> Option<Self> {
        if before.matches('"').count() % 2 == 1 {
            return None;
        }
        let from = before
            .rfind(|c: char| c.is_whitespace() || c == '(')
            .map_or(0, |at| at + 1);
        let from = from + usize::from(before[from..].starts_with('-'));
        let options = options(&before[from..], own);
        (!options.is_empty()).then_some(Self {
            from,
            options,
            at: 0,
        })
    }

    /// The option that stands in the query now.
    pub fn current(&self) -> &str {
        &self.options[self.at]
    }

    /// Goes to the next option, after the last to the first.
    pub fn next(&mut self) {
        self.at = (self.at + 1) % self.options.len();
    }

    /// What the current option finds, where it is a field.
    pub fn finds(&self) -> &'static str {
        FIELDS
            .iter()
            .find(|field| field.name == self.current())
            .map_or("", |field| field.finds)
    }
}

fn options(word: &str, own: &Queries) -> Vec<String> {
    let lower = word.to_lowercase();
    if let Some(kind) = lower.strip_prefix("kind:") {
        return Kind::ALL
            .into_iter()
            .filter(|known| known.as_str().starts_with(kind) && known.as_str() != kind)
            .map(|known| format!("kind:{known}"))
            .collect();
    }
    let fields = FIELDS.iter().map(|field| field.name);
    let mut options: Vec<String> = fields
        .filter(|name| name.starts_with(&lower) && **name != lower)
        .map(str::to_owned)
        .collect();
    if word.is_empty() {
        return options;
    }
    let queries = own.recent.iter();
    let queries = queries.chain(own.saved.iter().map(|saved| &saved.query));
    let terms = queries.flat_map(|query| query.split_whitespace());
    let terms = terms.map(|term| term.trim_matches(['(', ')']).trim_start_matches('-'));
    let mut count = 0;
    for term in terms {
        let begins = term.to_lowercase().starts_with(&lower) && term.len() > word.len();
        if begins && !term.contains('"') && !options.iter().any(|known| known == term) {
            options.push(term.to_owned());
            count += 1;
            if count == TERMS {
                break;
            }
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::view::SavedQuery;

    fn own() -> Queries {
        Queries {
            saved: vec![SavedQuery {
                name: "bp".to_owned(),
                query: "(dx:I10 OR dx:E11.9) bp>160/100".to_owned(),
            }],
            recent: vec!["fever -drowsy \"chest pain\"".to_owned()],
        }
    }

    fn of(before: &str) -> Vec<String> {
        Completion::of(before, &own()).map_or_else(Vec::new, |found| found.options)
    }

    #[test]
    fn fields_come_before_terms_of_ones_own_and_both_begin_as_typed() {
        assert_eq!(
            of("fever d"),
            ["dx:", "dob:", "drowsy", "dx:I10", "dx:E11.9"]
        );
        assert_eq!(of("-d")[0], "dx:");
        assert_eq!(of("(DX:e"), ["dx:E11.9"]);
        assert_eq!(of("fev"), ["fever"]);
    }

    #[test]
    fn kinds_follow_their_field() {
        assert_eq!(of("kind:pr"), ["kind:procedure", "kind:prescription"]);
        assert!(of("kind:").len() > 10);
    }

    #[test]
    fn nothing_is_offered_inside_quotes_or_for_what_nothing_begins_with() {
        assert!(of("\"chest").is_empty());
        assert!(of("zzz").is_empty());
        assert_eq!(of("").len(), FIELDS.len());
    }

    #[test]
    fn tab_goes_round() {
        let mut found = Completion::of("kind:pr", &own()).unwrap();
        found.next();
        assert_eq!(found.current(), "kind:prescription");
        found.next();
        assert_eq!(found.current(), "kind:procedure");
    }
}
