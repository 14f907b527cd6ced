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

/// The length of `n` bytes once they are padded: at most 12 % above `n` when that is above the floor.
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
