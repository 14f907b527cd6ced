//! The adversary of the leak test: what it attacks, what it knows, and how well it did.
//!
//! **The world.** Entries with one to four diagnosis codes each, of true skew: a history, and then thirty days. The
//! index holds diagnosis codes and nothing else, which is a gift to the thief, who need not find out which rows are of
//! that field. Each entry is added by itself, as a ward writes.
//!
//! **The adversary** has the stolen file, or thirty-one copies of it (one, and one after each day), no key, and the true
//! probability of every code. It names a code for everything in the file that may stand for one ([`Handle`]): in a blind index a hash,
//! in findex the head of a list, in ours a head or a row of the log. Where the file tells frequencies, it ranks by them and names the n-th
//! most frequent handle after the n-th most likely code.
//!
//! **The score.** A handle that was named rightly gives away all its occurrences. A code is recovered when at least half of its occurrences
//! are. Chance is what the same names are worth when they are dealt out at random.

use std::collections::HashMap;

use crate::corpus::{DIAGNOSES, diagnoses};
use crate::figure;
use crate::random::Random;

/// Entries before the first copy.
const HISTORY: usize = 40_000;
/// Days, and a copy after each.
const DAYS: usize = 30;
/// Entries a day.
const DAILY: usize = 400;
const SEED: u64 = 0x1CD_10;

/// Codes run from 1, the likeliest, to below this.
pub const CODES: u64 = 70_000;

/// The diagnosis codes of entries, each entry's once.
pub struct World {
    /// Before the first copy.
    pub history: Vec<Vec<u64>>,
    /// Day by day.
    pub days: Vec<Vec<Vec<u64>>>,
}

impl World {
    /// The world of every run.
    pub fn new() -> Self {
        let mut random = Random::new(SEED);
        let mut entries = |n: usize| -> Vec<Vec<u64>> {
            let entry = |_| {
                let mut codes = diagnoses(&mut random);
                codes.sort_unstable();
                codes.dedup();
                codes
            };
            (0..n).map(entry).collect()
        };
        Self {
            history: entries(HISTORY),
            days: (0..DAYS).map(|_| entries(DAILY)).collect(),
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// What the adversary knows beforehand: how likely a code is.
pub fn prior(code: u64) -> f64 {
    DIAGNOSES.probability(code)
}

/// The word of a code.
pub fn word(code: u64) -> String {
    format!("d{code}")
}

/// The code of a word.
pub fn code(word: &str) -> u64 {
    word[1..].parse().expect("a word of this world")
}

/// Something in the file that may stand for a code.
#[derive(Clone, Debug)]
pub struct Handle {
    /// What it stands for, which only the keys tell; `None` if it is padding. **For the score alone.**
    pub truth: Option<u64>,
    /// How many (code, entry) pairs hang on it. For the score alone.
    pub occurrences: u64,
    /// What the adversary calls it.
    pub named: u64,
}

/// Names handles by how frequent they seem: the most frequent after the likeliest code, and so on. Gives the names in the
/// handles' order.
pub fn name_by_rank(frequencies: &[f64]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..frequencies.len()).collect();
    order.sort_by(|a, b| frequencies[*b].total_cmp(&frequencies[*a]));
    let mut names = vec![0; frequencies.len()];
    for (rank, handle) in (1..).zip(order) {
        names[handle] = rank;
    }
    names
}

/// Prints how well the adversary did, with so many `copies`.
pub fn report(copies: &str, handles: &[Handle]) {
    let mut names: HashMap<u64, u64> = HashMap::new();
    let mut codes: HashMap<u64, (u64, u64)> = HashMap::new();
    for handle in handles {
        *names.entry(handle.named).or_default() += 1;
        if let Some(truth) = handle.truth {
            let (all, right) = codes.entry(truth).or_default();
            *all += handle.occurrences;
            *right += handle.occurrences * u64::from(handle.named == truth);
        }
    }
    let all: u64 = codes.values().map(|(all, _)| all).sum();
    let right: u64 = codes.values().map(|(_, right)| right).sum();
    // Dealt out at random, each name falls on each handle equally often.
    let chance: f64 = handles
        .iter()
        .filter_map(|handle| Some(handle.occurrences as f64 * *names.get(&handle.truth?)? as f64))
        .sum::<f64>()
        / handles.len() as f64;
    let recovered = codes
        .values()
        .filter(|(all, right)| right * 2 >= *all)
        .count();
    figure(
        &format!("{copies}.codes"),
        format!("{recovered} of {}", codes.len()),
    );
    figure(
        &format!("{copies}.share"),
        format!("{:.2} %", right as f64 * 100.0 / all as f64),
    );
    figure(
        &format!("{copies}.chance"),
        format!("{:.2} %", chance * 100.0 / all as f64),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_the_same_in_every_run_and_the_rank_names_the_likeliest_first() {
        assert_eq!(World::new().history, World::new().history);
        assert_eq!(name_by_rank(&[1.0, 9.0, 3.0]), [3, 1, 2]);
        assert!((1..CODES).map(prior).is_sorted_by(|a, b| a >= b));
    }
}
