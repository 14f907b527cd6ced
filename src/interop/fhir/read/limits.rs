//! How much of a file is held in memory at once, and how far it may nest.

/// Limits of the reader. Whatever passes one is skipped with its reason; nothing is read into memory beyond them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one resource, and of one line of NDJSON.
    pub resource_bytes: usize,
    /// Bytes of one string inside a resource; base64 attachments are the longest.
    pub string_bytes: usize,
    /// Objects and arrays inside each other, the resource itself being the first.
    pub depth: usize,
    /// Resources of one file whose ids are remembered, to find an id that stands twice.
    pub remembered_ids: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resource_bytes: 16 << 20,
            string_bytes: 12 << 20,
            depth: 100,
            remembered_ids: 2_000_000,
        }
    }
}
