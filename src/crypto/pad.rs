//! Padding: lengths that do not tell what was written.
//!
//! The mark is that of ISO/IEC 7816-4: a byte 0x80, then zeros. The length is a floor of [`FLOOR`] bytes, and above it
//! Padmé from [Reducing Metadata Leakage from Encrypted Files and Communication with PURBs](https://arxiv.org/abs/1806.03160)
//! (2019, section 4): a length has only so many leading bits as its logarithm has bits, so O(log log n) leaks of it.
//!
//! **Pad before sealing, and unpad only what a seal has vouched for.**

use super::secret::reserve_wiping;

/// No padded length is below this.
pub const FLOOR: usize = 512;

const MARK: u8 = 0x80;

/// The length of `n` bytes once they are padded: at most a sixteenth above `n` when that is above the floor.
pub fn padded_len(n: usize) -> usize {
    padme(n + 1).max(FLOOR)
}

/// Pads in place. Bytes that have to move are wiped where they stood.
pub fn pad(bytes: &mut Vec<u8>) {
    let padded = padded_len(bytes.len());
    reserve_wiping(bytes, padded - bytes.len());
    bytes.push(MARK);
    bytes.resize(padded, 0);
}

/// What was padded; `None` when it was not padded as [`pad`] does it, to the byte.
pub fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let mark = padded.iter().rposition(|&byte| byte != 0)?;
    (padded[mark] == MARK && padded.len() == padded_len(mark)).then(|| &padded[..mark])
}

/// The least length of at least `n` whose low bits, beyond as many as the exponent has digits, are zero.
fn padme(n: usize) -> usize {
    let Some(exponent) = n.checked_ilog2().filter(|&exponent| exponent > 0) else {
        return n;
    };
    let zeros = exponent - (exponent.ilog2() + 1);
    n.next_multiple_of(1 << zeros)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padded_lengths_stay_what_they_are() {
        for (n, padded) in [
            (0, 512),
            (1, 512),
            (511, 512),
            (512, 544),
            (543, 544),
            (544, 576),
            (1000, 1024),
            (1023, 1024),
            (1024, 1088),
            (4095, 4096),
            (4096, 4352),
            (65_535, 65_536),
            (1_000_000, 1_015_808),
            (1 << 30, 1_107_296_256),
        ] {
            assert_eq!(padded_len(n), padded, "{n} bytes");
        }
    }

    #[test]
    fn padding_is_a_mark_and_zeros() {
        let mut bytes = b"text".to_vec();
        pad(&mut bytes);
        assert_eq!((&bytes[..5], bytes.len()), (&b"text\x80"[..], 512));
        assert!(bytes[5..].iter().all(|&byte| byte == 0));
    }

    /// The floor, and sixteen lengths for each of the seven doublings between 512 bytes and 64 KiB.
    #[test]
    fn few_lengths_remain() {
        let lengths: std::collections::BTreeSet<usize> = (0..1 << 16).map(padded_len).collect();
        assert_eq!(lengths.len(), 1 + 7 * 16);
    }

    #[test]
    fn what_was_not_padded_this_way_is_refused() {
        let mut bytes = b"text".to_vec();
        pad(&mut bytes);
        assert_eq!(unpad(&bytes), Some(&b"text"[..]));
        assert_eq!(unpad(&[]), None);
        assert_eq!(unpad(&[0; 512]), None);
        assert_eq!(unpad(&bytes[..511]), None, "a zero too few");
        assert_eq!(unpad(&[&bytes[..], &[0]].concat()), None, "a zero too many");
        let longer = bytes.iter().copied().chain([0; 32]).collect::<Vec<u8>>();
        assert_eq!(
            unpad(&longer),
            None,
            "an allowed length, but not this text's"
        );
        bytes[511] = 1;
        assert_eq!(unpad(&bytes), None, "a mark that is none");
    }

    proptest! {
        #[test]
        fn what_was_padded_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            let mut padded = bytes.clone();
            pad(&mut padded);
            prop_assert_eq!(padded.len(), padded_len(bytes.len()));
            prop_assert_eq!(unpad(&padded), Some(&bytes[..]));
        }

        #[test]
        fn text_that_ends_like_padding_comes_back(zeros in 0_usize..600) {
            let mut bytes = vec![MARK];
            bytes.resize(1 + zeros, 0);
            let mut padded = bytes.clone();
            pad(&mut padded);
            prop_assert_eq!(unpad(&padded), Some(&bytes[..]));
        }

        /// The definition: with exponent e, a length has e's own number of bits below its leading one, and zeros then.
        #[test]
        fn a_padded_length_is_the_floor_or_one_of_padmé(n in 0_usize..1 << 40) {
            let padded = padded_len(n);
            prop_assert!(padded > n && padded >= FLOOR);
            let exponent = padded.ilog2();
            let kept = exponent.ilog2() + 1;
            prop_assert_eq!(padded % (1 << (exponent - kept)), 0);
            prop_assert_eq!(padded_len(padded - 1), padded, "padding does not pad again");
        }

        #[test]
        fn padding_costs_at_most_a_sixteenth_above_the_floor(n in FLOOR..1 << 40) {
            prop_assert!(padded_len(n) - n <= n / 16);
        }

        #[test]
        fn a_longer_text_is_never_padded_to_less(n in 0_usize..1 << 40, more in 0_usize..1 << 20) {
            prop_assert!(padded_len(n) <= padded_len(n + more));
        }

        #[test]
        fn unpadding_anything_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Some(text) = unpad(&bytes) {
                prop_assert_eq!(padded_len(text.len()), bytes.len());
            }
        }
    }
}
