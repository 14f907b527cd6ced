//! Randomness from the operating system: [getrandom(2)](https://man7.org/linux/man-pages/man2/getrandom.2.html).
//!
//! **Every key, nonce and id comes from here. There is no seed to set and no other generator to choose.**

/// Fills the buffer with random bytes.
pub fn fill(buffer: &mut [u8]) {
    // Without randomness there is no safe way to go on, and Linux cannot fail once it has booted.
    getrandom::fill(buffer).expect("the operating system has randomness once it has booted");
}

/// So many random bytes, for what is not secret: ids, nonces, salts. Keys come from [`Secret::random`](super::Secret::random).
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_thousand_draws_are_all_different_and_touch_every_bit() {
        let draws: HashSet<[u8; 16]> = (0..1000).map(|_| bytes()).collect();
        assert_eq!(draws.len(), 1000);
        let (mut ones, mut zeros) = (0, 0);
        for draw in &draws {
            ones |= u128::from_le_bytes(*draw);
            zeros |= !u128::from_le_bytes(*draw);
        }
        assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
    }
}
