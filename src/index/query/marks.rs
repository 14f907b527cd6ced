//! Where a text shows what a query looks for, so that the eye finds it too.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::index::text;

use super::Query;
use super::leaf::Leaf;

/// A text folded, and where in the text each of its bytes comes from.
struct Folded {
    text: String,
    /// Of each byte of the folded text, and of its end: the byte of the text.
    from: Vec<usize>,
}

impl Folded {
    /// Folds character by character; marks that fold to nothing belong to the character before them.
    fn of(text: &str) -> Self {
        let mut folded = Self {
            text: String::with_capacity(text.len()),
            from: Vec::with_capacity(text.len() + 1),
        };
        let mut bytes = [0; 4];
        for (at, c) in text.char_indices() {
            folded.text.push_str(&text::fold(c.encode_utf8(&mut bytes)));
            folded.from.resize(folded.text.len(), at);
        }
        folded.from.push(text.len());
        folded
    }

    fn range(&self, from: usize, to: usize) -> Range<usize> {
        self.from[from]..self.from[to]
    }
}

impl Query {
    /// The parts of a text, in bytes, that the query looks for: words, beginnings of names, codes, and the names of measured values.
    /// Ascending, and none overlaps another.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let folded = Folded::of(text);
        let mut marks = Vec::new();
        self.root.visit(true, &mut |leaf| match leaf {
            Leaf::Words(_, words) => {
                mark_words(&folded, &mut marks, |word| words.iter().any(|w| w == word));
            }
            Leaf::Stem(stem) => {
                mark_words(&folded, &mut marks, |word| word.starts_with(stem.as_str()));
            }
            Leaf::Value(_, value) => mark_value(&folded, &mut marks, value),
            Leaf::Number(name, ..) => mark_words(&folded, &mut marks, |word| word == *name),
            Leaf::Days(..) => {}
        });
        marks.sort_unstable_by_key(|mark| (mark.start, std::cmp::Reverse(mark.end)));
        let mut end = 0;
        marks.retain(|mark| {
            let apart = mark.start >= end && !mark.is_empty();
            if apart {
                end = mark.end;
            }
            apart
        });
        marks
    }
}

fn mark_words(folded: &Folded, marks: &mut Vec<Range<usize>>, wanted: impl Fn(&str) -> bool) {
    for (at, word) in folded.text.unicode_word_indices() {
        if wanted(word) {
            marks.push(folded.range(at, at + word.len()));
        }
    }
}

/// Marks a code where it stands alone: `I10`, and not the beginning of `I100`.
fn mark_value(folded: &Folded, marks: &mut Vec<Range<usize>>, value: &str) {
    for (at, found) in folded.text.match_indices(value) {
        let before = folded.text[..at].chars().next_back();
        let after = folded.text[at + found.len()..].chars().next();
        if ![before, after]
            .iter()
            .flatten()
            .any(|c| c.is_alphanumeric())
        {
            marks.push(folded.range(at, at + found.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::parse;

    fn marked(query: &str, text: &str) -> String {
        let query = parse(query, jiff::civil::date(2026, 11, 22)).unwrap();
        let mut out = String::new();
        let mut end = 0;
        for mark in query.marks(text) {
            out.push_str(&text[end..mark.start]);
            let _ = write!(out, "[{}]", &text[mark.clone()]);
            end = mark.end;
        }
        out.push_str(&text[end..]);
        out
    }

    #[test]
    fn words_are_marked_as_they_are_written_whatever_case_and_marks_they_have() {
        assert_eq!(
            marked("mejia fever", "Fièvre: MEJÍA has a fever, not feverish"),
            "Fièvre: [MEJÍA] has a [fever], not feverish"
        );
        let decomposed = "Meji\u{301}a, again";
        assert_eq!(marked("mejia", decomposed), "[Meji\u{301}a], again");
        assert_eq!(marked("O'Brien", "O’Brien, Ann"), "[O’Brien], Ann");
    }

    #[test]
    fn beginnings_codes_and_the_names_of_measures_are_marked_where_they_stand_alone() {
        assert_eq!(marked("name:gar*", "García, Edgar"), "[García], Edgar");
        assert_eq!(
            marked("dx:I10", "hypertension (I10), not I100"),
            "hypertension ([I10]), not I100"
        );
        assert_eq!(marked("bp>160/100", "BP 172/104 mmHg"), "[BP] 172/104 mmHg");
    }

    #[test]
    fn what_is_not_wanted_is_not_marked_and_no_mark_overlaps_another() {
        assert_eq!(
            marked("fever -cough", "fever and cough"),
            "[fever] and cough"
        );
        assert_eq!(
            marked("fever fever \"fever today\"", "fever today"),
            "[fever] [today]"
        );
        assert_eq!(marked("since:2026-01 fever", ""), "");
    }
}
