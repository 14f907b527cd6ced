//! Numbers that are the same in every run.

/// xorshift64* (Vigna, 2016): small, and good enough for words.
pub struct Random(u64);

impl Random {
    /// A stream of its own for each `seed`.
    pub fn new(seed: u64) -> Self {
        // One step of splitmix64, so that neighbouring seeds are nothing alike.
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((z ^ (z >> 31)) | 1)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A number from 0 to less than 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Puts a list into random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

/// Ranks from 1 with about Zipf's skew: the integer part of a continuous power law on `1..=n`.
#[derive(Clone, Copy)]
pub struct Zipf {
    n: f64,
    skew: f64,
}

impl Zipf {
    /// Ranks up to `n` with exponent `skew`, which is not 1.
    pub const fn new(n: f64, skew: f64) -> Self {
        Self { n, skew }
    }

    /// Draws a rank.
    pub fn draw(self, random: &mut Random) -> u64 {
        let power = 1.0 - self.skew;
        (random.unit() * (self.n.powf(power) - 1.0) + 1.0).powf(1.0 / power) as u64
    }

    /// How likely a rank is.
    pub fn probability(self, rank: u64) -> f64 {
        self.up_to(rank as f64 + 1.0) - self.up_to(rank as f64)
    }

    fn up_to(self, x: f64) -> f64 {
        let power = 1.0 - self.skew;
        (x.min(self.n).powf(power) - 1.0) / (self.n.powf(power) - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_come_as_often_as_their_probability_says() {
        let (zipf, mut random) = (Zipf::new(70_000.0, 1.05), Random::new(7));
        let mut drawn = [0u32; 5];
        for _ in 0..100_000 {
            if let Some(count) = drawn.get_mut(zipf.draw(&mut random) as usize) {
                *count += 1;
            }
        }
        for (rank, count) in drawn.into_iter().enumerate().skip(1) {
            let expected = zipf.probability(rank as u64) * 100_000.0;
            assert!(
                (f64::from(count) - expected).abs() < 5.0 * expected.sqrt(),
                "{rank}: {count}, {expected}"
            );
        }
        let whole: f64 = (1..70_000).map(|rank| zipf.probability(rank)).sum();
        assert!((whole - 1.0).abs() < 1e-9);
    }
}
