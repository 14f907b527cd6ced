//! What a peer can be asked to do, and how it treats its file.

use crate::corpus::Entry;

/// What every peer sets on each connection to its SQLite file, as the program does on its own. `WAL` comes besides.
pub const PRAGMAS: &str =
    "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;
     PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";

/// A new version of an entry.
pub struct Amendment {
    /// The version that is not to be found any more.
    pub old: Entry,
    /// The version that takes its place.
    pub new: Entry,
}

/// A way to keep entries in a file and find them by their words.
pub trait Peer {
    /// Takes entries over, each a text to be split into its words, in the order of their numbers, many at a time; nobody searches yet.
    fn load(&mut self, entries: &[Entry]);

    /// The last one was given: everything is to be findable now, and as small and fast as it gets.
    fn loaded(&mut self);

    /// The numbers of all entries with a word, in any order. `None` if it cannot answer.
    fn find(&mut self, word: &str) -> Option<Vec<u64>>;

    /// The entries with the highest numbers that have both words, highest first, up to `limit`, with their bodies in the clear. `None` if it cannot answer.
    fn page(&mut self, a: &str, b: &str, limit: usize) -> Option<Vec<(u64, String)>>;

    /// Adds an entry in a transaction of its own, on the disk when it returns (`synchronous = FULL`); with what tending that brings about.
    fn add(&mut self, entry: &Entry);

    /// Amends entries in one transaction, with what tending that brings about.
    fn amend(&mut self, amendments: &[Amendment]);

    /// Makes the index as small and fast as it gets again. Whether there is such a notion.
    fn rebuild(&mut self) -> bool;

    /// How many bytes of the file are index, bodies not counted.
    fn index_bytes(&mut self) -> u64;
}
