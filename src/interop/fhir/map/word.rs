//! FHIR's code words beside the domain's own.

/// Pairs of a value and FHIR's word for it. Where several words mean one value, the first is the one that is written.
pub(super) type Words<T> = [(T, &'static str)];

/// The value behind a word.
pub(super) fn value<T: Copy>(words: &Words<T>, word: Option<&str>) -> Option<T> {
    let word = word?;
    words
        .iter()
        .find(|(_, known)| *known == word)
        .map(|(value, _)| *value)
}

/// The word for a value; every table here names every value.
pub(super) fn word<T: Copy + PartialEq>(words: &Words<T>, value: T) -> Option<String> {
    words
        .iter()
        .find(|(known, _)| *known == value)
        .map(|(_, word)| (*word).to_owned())
}
