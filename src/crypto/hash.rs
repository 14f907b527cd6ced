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
#[derive(Clone, Default)]
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
