//! SHA-256, [FIPS 180-4](https://csrc.nist.gov/pubs/fips/180-4/upd1/final): commitments, links, ids of what is public.
//!
//! **Parts are joined without any mark between them: a part of variable length carries its length, or stands last.**

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::hex::{hex, unhex};

/// A SHA-256 digest. Displays as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Thirty-two zero bytes: what stands before the first link.
    pub const ZERO: Hash = Hash([0; 32]);

    /// A slice of exactly 32 bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0[..4]))
    }
}

/// The text is not the 64 hexadecimal digits of a SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest: 64 hexadecimal digits are needed")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(digits: &str) -> Result<Hash, NotAHash> {
        unhex(digits)
            .and_then(|bytes| Hash::from_slice(&bytes))
            .ok_or(NotAHash)
    }
}

/// The digest of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finish()
}

/// A digest that grows as the bytes come.
#[derive(Clone, Default, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything taken in.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 examples, and the million letters of NIST's example file.
    #[test]
    fn sha256_gives_the_published_digests() {
        let million = vec![b'a'; 1_000_000];
        for (message, digest) in [
            (
                &b""[..],
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                b"abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                &million,
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
        ] {
            assert_eq!(sha256(&[message]).to_string(), digest);
        }
    }

    #[test]
    fn parts_are_joined_without_a_mark() {
        assert_eq!(sha256(&[b"ab", b"", b"c"]), sha256(&[b"abc"]));
        let mut hasher = Hasher::new();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), sha256(&[b"abc"]));
    }

    #[test]
    fn a_hash_is_written_in_full_and_shortened_for_debugging() {
        let hash = sha256(&[b"abc"]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(format!("{hash:?}"), "ba7816bf");
        assert_eq!(format!("{hash:.8}"), "ba7816bf");
        assert_eq!("ba7816bf".parse::<Hash>(), Err(NotAHash));
        assert_eq!(Hash::from_slice(&hash.0), Some(hash));
        assert_eq!(Hash::from_slice(&hash.0[1..]), None);
    }
}
