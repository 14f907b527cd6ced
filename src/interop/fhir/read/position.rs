//! Places in files.

use std::fmt;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before this place.
    pub byte: u64,
    /// The line, from 1.
    pub line: u64,
}

impl Position {
    /// The start of a file.
    pub const START: Self = Self { byte: 0, line: 1 };

    /// The place after `bytes`, which start here.
    #[must_use]
    pub fn after(self, bytes: &[u8]) -> Self {
        Self {
            byte: self.byte + bytes.len() as u64,
            line: self.line + newlines(bytes),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, byte {}", self.line, self.byte)
    }
}

/// How many lines end within `bytes`.
#[allow(clippy::naive_bytecount)] // the plain loop vectorises, and a buffer is short
pub(super) fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}
