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
