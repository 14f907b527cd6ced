//! What a query may say, to read with F1.

use super::super::super::popup::Page;
use super::super::super::text;
use super::super::super::theme::Tone;
use crate::index::query::FIELDS;

/// Columns of an example.
const EXAMPLE: usize = 24;
/// Columns of a row: what a page has at 80.
const COLUMNS: usize = 70;

/// Everything but the fields: what one writes, what it finds.
const FORMS: [(&str, &str); 8] = [
    ("fever", "the word, in whatever you may read"),
    ("\"chest pain\"", "words that stand together"),
    ("fever cough", "both, in one and the same entry"),
    ("fever OR cough", "either; binds weaker than a space"),
    ("-cough", "entries without it; NOT cough is the same"),
    ("(fever OR chills) -rash", "parentheses group"),
    ("temp:38..40", "a number between two"),
    ("since:t-3m until:t", "dates: t is today; d, w, m, y"),
];

/// The page.
pub(super) fn page() -> Page {
    let row = |example: &str, finds: &str| {
        let example = format!("  {}  ", text::left(example, EXAMPLE));
        let lines = text::behind(&example, finds, COLUMNS).into_iter();
        lines.map(|line| (line, Tone::Text)).collect::<Vec<_>>()
    };
    let mut lines = vec![("words".to_owned(), Tone::Heading)];
    lines.extend(
        FORMS
            .iter()
            .flat_map(|(example, finds)| row(example, finds)),
    );
    lines.push((String::new(), Tone::Text));
    lines.push(("fields".to_owned(), Tone::Heading));
    lines.extend(
        FIELDS
            .iter()
            .flat_map(|field| row(field.example, field.finds)),
    );
    lines.push((String::new(), Tone::Text));
    lines.push((
        "The newest day comes first, and of one day what was written last.".to_owned(),
        Tone::Muted,
    ));
    lines.push((
        "name, mrn, dob and phone beside anything else say in whose charts to look.".to_owned(),
        Tone::Muted,
    ));
    Page::new("What a query may say", lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_and_example_is_understood() {
        let today = jiff::civil::date(2026, 11, 22);
        let examples = FIELDS.iter().map(|field| field.example);
        for text in FORMS.iter().map(|(example, _)| *example).chain(examples) {
            let read = crate::index::query::parse(text, today);
            assert!(read.is_ok(), "{text}: {read:?}");
        }
    }
}
