//! Entries of about 39 words: the patient, their names and the beginnings of these, one to four diagnoses, medicines, the seven nodes
//! of the day, twelve words of text, all of realistic skew.
//!
//! Every entry follows from its number alone, so that an old version can be made again, and every process sees the same.

use crate::random::{Random, Zipf};

/// Words of running text.
pub const TEXT: Zipf = Zipf::new(200_000.0, 1.02);
/// Diagnosis codes: as many as ICD-10-CM has.
pub const DIAGNOSES: Zipf = Zipf::new(70_000.0, 1.05);
/// Words of text in an entry, before those that come twice are dropped.
pub const TEXT_WORDS: u64 = 12;

const MEDICINES: Zipf = Zipf::new(5_000.0, 1.05);
const FAMILIES: Zipf = Zipf::new(88_000.0, 0.9);
const GIVEN: Zipf = Zipf::new(5_000.0, 0.9);

/// Where a word stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Text,
    Diagnosis,
    Category,
    Medicine,
    Name,
    NameStem,
    Mrn,
    Kind,
    Day,
}

/// A word in its field. Words of different fields differ: each begins with a letter of its field's own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Word {
    /// Where it stands.
    pub field: Field,
    /// One token for everybody: lower case letters and digits.
    pub text: String,
}

/// What is stored and found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number, from 1.
    pub id: u64,
    /// Its words, each once.
    pub words: Vec<Word>,
}

impl Entry {
    /// The text that is stored: the words, some 300 bytes.
    pub fn body(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }
}

/// The word of text with this rank.
pub fn text_word(rank: u64) -> String {
    format!("w{rank}")
}

/// The entries of one run.
#[derive(Clone, Copy)]
pub struct Corpus {
    /// How many entries are loaded at the beginning. Those that come later continue the numbers.
    pub entries: u64,
}

impl Corpus {
    /// The entry with this number.
    pub fn entry(self, id: u64) -> Entry {
        let mut random = Random::new(id);
        let patient = random.below((self.entries / 5).max(1));
        let mut own = Random::new(patient ^ 0x5EED_0000_0000_0000);
        let mut words = Vec::with_capacity(44);
        let mut push = |field, text| words.push(Word { field, text });
        push(Field::Mrn, format!("m{patient}"));
        push(Field::Kind, format!("k{}", own.below(2)));
        let (family, given) = (FAMILIES.draw(&mut own), GIVEN.draw(&mut own));
        for (letter, name, stems) in [
            ('f', family, [400, 3_500, 15_000, 40_000, 70_000]),
            ('g', given, [200, 900, 2_000, 3_500, 4_500]),
        ] {
            push(Field::Name, format!("{letter}{name}"));
            for (letters, many) in (2..).zip(stems) {
                let stem = name.wrapping_mul(2_654_435_761) % many;
                push(Field::NameStem, format!("{letter}{letters}s{stem}"));
            }
        }
        for code in diagnoses(&mut random) {
            push(Field::Diagnosis, format!("d{code}"));
            push(Field::Category, format!("c{}", code / 36));
        }
        for _ in 0..random.below(4) {
            push(Field::Medicine, format!("r{}", MEDICINES.draw(&mut random)));
        }
        let day = 82_000 + id * 3_650 / self.entries + random.below(30);
        for level in 0..7 {
            push(Field::Day, format!("t{level}n{}", day >> (2 * level)));
        }
        for _ in 0..TEXT_WORDS {
            push(Field::Text, text_word(TEXT.draw(&mut random)));
        }
        words.sort_unstable();
        words.dedup();
        Entry { id, words }
    }
}

/// The one to four diagnosis codes of an entry.
pub fn diagnoses(random: &mut Random) -> Vec<u64> {
    (0..=random.below(4))
        .map(|_| DIAGNOSES.draw(random))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_about_39_words_and_follows_from_its_number() {
        let corpus = Corpus { entries: 10_000 };
        let pairs: usize = (1..=1_000).map(|id| corpus.entry(id).words.len()).sum();
        assert!((38_000..40_000).contains(&pairs), "{pairs}");
        assert_eq!(corpus.entry(5).words, corpus.entry(5).words);
        assert_ne!(corpus.entry(5).words, corpus.entry(6).words);
    }
}
