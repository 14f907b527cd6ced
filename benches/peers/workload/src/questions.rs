//! What is looked for: words by how long their lists are, and pairs of words.

use crate::corpus::{TEXT, TEXT_WORDS, text_word};
use crate::random::{Random, Zipf};

/// How many entries a word stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    /// 1 to 10.
    Rare,
    /// 100 to 1 000.
    Medium,
    /// One in a hundred to one in ten.
    Long,
}

impl Length {
    /// Every length.
    pub const ALL: [Self; 3] = [Self::Rare, Self::Medium, Self::Long];

    /// Its name in the figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rare => "rare",
            Self::Medium => "medium",
            Self::Long => "long",
        }
    }

    /// How many words of this length are looked up.
    fn words(self) -> usize {
        match self {
            Self::Rare => 2_000,
            Self::Medium => 1_000,
            Self::Long => 200,
        }
    }

    /// Words whose expected number of entries among `entries` is within the length, evenly over its orders of magnitude.
    pub fn questions(self, entries: u64) -> Vec<String> {
        let (least, most) = match self {
            Self::Rare => (1.0, 10.0),
            Self::Medium => (100.0, 1_000.0),
            Self::Long => (entries as f64 / 100.0, entries as f64 / 10.0),
        };
        let (first, last) = (rank_found_in(most, entries), rank_found_in(least, entries));
        let mut random = Random::new(self as u64 + 1_000);
        (0..self.words())
            .map(|_| {
                let rank = (first.ln() + random.unit() * (last.ln() - first.ln())).exp();
                text_word(rank as u64)
            })
            .collect()
    }
}

/// The rank of the word that is expected in so many of the entries, or the last.
fn rank_found_in(found: f64, entries: u64) -> f64 {
    let draws = (entries * TEXT_WORDS) as f64;
    let (mut low, mut high) = (1u64, 199_999);
    while low < high {
        let middle = u64::midpoint(low, high);
        if TEXT.probability(middle) * draws <= found {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low as f64
}

/// Pairs of words, each of realistic skew among the 2 000 most frequent, as people combine them.
pub fn pairs() -> Vec<(String, String)> {
    let (zipf, mut random) = (Zipf::new(2_000.0, 1.02), Random::new(2_000));
    let mut pairs = Vec::with_capacity(1_000);
    while pairs.len() < 1_000 {
        let (a, b) = (zipf.draw(&mut random), zipf.draw(&mut random));
        if a != b {
            pairs.push((text_word(a), text_word(b)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_length_stand_in_as_many_entries_as_it_says() {
        for entries in [100_000, 1_000_000] {
            let expected = |word: &String| {
                let rank = word[1..].parse().expect("a rank");
                TEXT.probability(rank) * (entries * TEXT_WORDS) as f64
            };
            for (length, low, high) in [
                (Length::Rare, 0.9, 11.0),
                (Length::Medium, 90.0, 1_100.0),
                (Length::Long, entries as f64 / 110.0, entries as f64 / 9.0),
            ] {
                let words = length.questions(entries);
                assert!(
                    words
                        .iter()
                        .all(|word| (low..high).contains(&expected(word)))
                );
            }
        }
    }
}
