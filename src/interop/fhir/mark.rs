//! The mark of what we exported: by it an import tells an entry of ours, byte for byte, without reading it.
//!
//! It stands in the `link` of a Bundle's entry: `urn:chartseal:export:` and in hexadecimal digits the 16 bytes of the entry's id (the
//! chart's, for the patient) and 16 bytes of a keyed hash of id and resource. **Only who holds the key can make or check it**; to
//! everyone else it says nothing.

use crate::crypto::hex::{hex, unhex};

const PREFIX: &str = "urn:chartseal:export:";

/// The relation of the link that carries it.
pub(super) const RELATION: &str = "related";

/// Names an entry, and vouches for the bytes that it was exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The entry's id; the chart's, for the patient.
    pub id: [u8; 16],
    /// A keyed hash of id and resource.
    pub tag: [u8; 16],
}

impl Mark {
    /// As the URL of a link.
    pub(super) fn url(&self) -> String {
        format!("{PREFIX}{}:{}", hex(&self.id), hex(&self.tag))
    }

    /// Reads the URL of a link; `None` for another.
    pub(super) fn from_url(url: &str) -> Option<Self> {
        let (id, tag) = url.strip_prefix(PREFIX)?.split_once(':')?;
        Some(Self {
            id: unhex(id)?.try_into().ok()?,
            tag: unhex(tag)?.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_and_other_links_are_none() {
        let mark = Mark {
            id: [0x4f; 16],
            tag: [0xab; 16],
        };
        assert_eq!(Mark::from_url(&mark.url()), Some(mark));
        for other in ["", "urn:chartseal:export:4f", "https://example.org/next"] {
            assert_eq!(Mark::from_url(other), None);
        }
        assert_eq!(Mark::from_url(&mark.url()[..60]), None);
    }
}
