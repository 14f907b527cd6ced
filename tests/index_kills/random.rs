//! Texts of notes, the same for the same seed.

use chartseal::index::FEW;

use crate::work::COMMON;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A text with a word of its own, and some that others have.
    pub fn text(&mut self) -> String {
        let mut words = vec![format!("w{:016x}", self.next())];
        words.extend(
            COMMON
                .iter()
                .filter(|_| self.below(2) == 0)
                .map(|&word| word.to_owned()),
        );
        words.join(" ")
    }

    /// More notes than go to the log.
    pub fn many(&mut self) -> Vec<String> {
        let notes = FEW as u64 + 1 + self.below(40);
        let note = |n| {
            let own = self.next();
            format!("w{own:016x} {}", COMMON[n as usize % COMMON.len()])
        };
        (0..notes).map(note).collect()
    }
}
