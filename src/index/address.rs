//! Addresses: where the index keeps the i-th row of a word.
//!
//! ```text
//! address(w, i) = AES-256_{K_address}(tag || be32(i))     16 bytes
//! ```
//!
//! One block of AES (FIPS 197) is a permutation: whoever holds the key can turn an address back into (tag, i), so a merge
//! needs no dictionary of words. To anyone else addresses are random, and those of one word have nothing in common.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use crate::crypto::Secret;

use super::tag::{TAG_LEN, Tag};

/// How long an address is, in bytes.
pub const ADDRESS_LEN: usize = 16;

/// Where a row lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address(pub [u8; ADDRESS_LEN]);

impl Address {
    /// The nonce of the box at this address, in a packed segment.
    pub(super) fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&self.0[..12]);
        nonce
    }

    /// The top 63 bits: the row id of a large block.
    pub(super) fn page(&self) -> i64 {
        let mut top = [0; 8];
        top.copy_from_slice(&self.0[..8]);
        i64::try_from(u64::from_be_bytes(top) >> 1).expect("63 bits fit")
    }
}

/// The permutation of one segment.
pub struct AddressKey(Aes256);

impl AddressKey {
    /// Prepares the permutation under `key`.
    pub fn new(key: &Secret<32>) -> Self {
        Self(Aes256::new(&Array::from(*key.expose())))
    }

    /// Where the `i`-th row of `tag` lies.
    pub fn address(&self, tag: Tag, i: u32) -> Address {
        let mut block = Array::from([0; ADDRESS_LEN]);
        block[..TAG_LEN].copy_from_slice(&tag.0);
        block[TAG_LEN..].copy_from_slice(&i.to_be_bytes());
        self.0.encrypt_block(&mut block);
        Address(block.into())
    }

    /// Whose row lies at `address`, and which.
    pub fn invert(&self, address: Address) -> (Tag, u32) {
        let mut block = Array::from(address.0);
        self.0.decrypt_block(&mut block);
        let (mut tag, mut i) = ([0; TAG_LEN], [0; 4]);
        tag.copy_from_slice(&block[..TAG_LEN]);
        i.copy_from_slice(&block[TAG_LEN..]);
        (Tag(tag), u32::from_be_bytes(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_tag_and_counter() {
        let key = AddressKey::new(&Secret::new([5; 32]));
        for i in [0, 1, 7, 0x8000_0000, u32::MAX] {
            let tag = Tag([9; 12]);
            assert_eq!(key.invert(key.address(tag, i)), (tag, i));
        }
    }

    #[test]
    fn an_address_is_the_known_answer_of_fips_197() {
        // FIPS 197, appendix C.3: AES-256, key 00..1f, plain text 00112233445566778899aabbccddeeff.
        let mut key = [0; 32];
        (0..32).for_each(|i| key[usize::from(i)] = i);
        let tag = Tag([
            0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
        ]);
        let address = AddressKey::new(&Secret::new(key)).address(tag, 0xccdd_eeff);
        let expected = [
            0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49,
            0x60, 0x89,
        ];
        assert_eq!(address.0, expected);
    }
}
