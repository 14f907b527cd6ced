//! Texts of notes, the same for the same seed.

use chartseal::index::FEW;

use crate::support::chance::Chance;
use crate::work::COMMON;

/// A text with a word of its own, and some that others have.
pub fn text(chance: &mut Chance) -> String {
    let mut words = vec![format!("w{:016x}", chance.next())];
    words.extend(
        COMMON
            .iter()
            .filter(|_| chance.below(2) == 0)
            .map(|&word| word.to_owned()),
    );
    words.join(" ")
}

/// More notes than go to the log.
pub fn many(chance: &mut Chance) -> Vec<String> {
    let notes = FEW as u64 + 1 + chance.below(40);
    let note = |n| {
        let own = chance.next();
        format!("w{own:016x} {}", COMMON[n as usize % COMMON.len()])
    };
    (0..notes).map(note).collect()
}
