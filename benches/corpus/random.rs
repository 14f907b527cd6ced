//! Draws that are the same in every run, with the skew of words.

/// xorshift64*.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A rank from 1 to `n` with about Zipf's skew `s`, by the inverse of the continuous distribution.
    pub fn zipf(&mut self, n: f64, s: f64) -> u64 {
        let u = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        (u * (n.powf(1.0 - s) - 1.0) + 1.0).powf(1.0 / (1.0 - s)) as u64
    }
}
