//! From text to words.
//!
//! Text is decomposed (NFKD, Unicode Standard Annex 15), its marks and apostrophes are dropped, its letters become lower
//! case, and it is split at word boundaries (Annex 29): `Jesús O’Brien-Núñez` is `jesus`, `obrien`, `nunez`. Codes are folded
//! the same way and kept whole.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// English words that stand in nearly every text. A bare word in a query that is one of them is passed over; in phrases and
/// in fields they count. Sorted.
const STOP_WORDS: [&str; 48] = [
    "a", "about", "also", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "for",
    "from", "had", "has", "have", "he", "her", "his", "if", "in", "into", "is", "it", "its", "not",
    "of", "on", "or", "she", "so", "that", "the", "their", "then", "there", "they", "this", "to",
    "was", "were", "which", "who", "will", "with", "would",
];

/// Letters of a word that are told apart. What is longer is a number or a file in disguise.
const LONGEST_WORD: usize = 64;
/// Letters of a value that are told apart: in bytes, and with what a number's node adds, less than a term holds.
const LONGEST_VALUE: usize = 96;

/// The text without case, marks and apostrophes.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        // Nothing to decompose: what most texts are, and much faster.
        let mut folded = text.to_ascii_lowercase();
        folded.retain(|c| c != '\'');
        return folded;
    }
    let plain = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '’' | 'ʼ'));
    let mut folded = String::with_capacity(text.len());
    for c in plain.flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'ς' => folded.push('σ'),
            _ => folded.push(c),
        }
    }
    folded
}

/// The words of a text, folded, in their order.
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .unicode_words()
        .map(|word| cut(word, LONGEST_WORD).to_owned())
        .collect()
}

/// A code or another value that is looked up whole: folded, without spaces around it.
pub fn whole(text: &str) -> String {
    let mut folded = fold(text.trim());
    folded.truncate(cut(&folded, LONGEST_VALUE).len());
    folded
}

fn cut(text: &str, letters: usize) -> &str {
    text.char_indices()
        .nth(letters)
        .map_or(text, |(end, _)| &text[..end])
}

/// Whether a folded word is too common to be searched for in free text.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_case_marks_and_apostrophes() {
        assert_eq!(words("Jesús O’Brien-Núñez"), ["jesus", "obrien", "nunez"]);
        assert_eq!(
            words("STRASSE Straße ΟΔΟΣ İstanbul ﬁbrosis"),
            ["strasse", "strasse", "οδοσ", "istanbul", "fibrosis"]
        );
    }

    #[test]
    fn plain_text_is_folded_as_any_other() {
        for text in ["Don't give O'Brien 5 MG\t(b.i.d.)", "", "E11.9", "A_b-C~{}"] {
            // The same with a letter that is no ASCII, which takes the long way.
            assert_eq!(format!("{}α", fold(text)), fold(&format!("{text}Α")));
        }
    }

    #[test]
    fn numbers_keep_their_points_and_codes_can_be_kept_whole() {
        assert_eq!(words("HbA1c 7.2 %, E11.9"), ["hba1c", "7.2", "e11.9"]);
        assert_eq!(whole(" 8480-6 "), "8480-6");
    }

    #[test]
    fn scripts_without_spaces_are_split_by_character() {
        assert_eq!(words("高血圧"), ["高", "血", "圧"]);
    }

    #[test]
    fn endless_words_are_cut_alike_wherever_they_stand() {
        assert_eq!(words(&"ä".repeat(1_000)), ["a".repeat(64)]);
        assert_eq!(whole(&"高".repeat(1_000)).chars().count(), 96);
        assert!(whole(&"𠀀".repeat(1_000)).len() + 6 < crate::index::term::MAX_VALUE);
    }

    #[test]
    fn the_stop_words_are_sorted_so_that_they_are_found() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("the") && !is_stop_word("fever"));
    }
}
