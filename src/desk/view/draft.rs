//! A text in the making.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

use super::Stamp;
use super::word::words;

words! {
    /// What a draft is to become.
    #[derive(minicbor::Encode, minicbor::Decode)]
    #[cbor(index_only)]
    "kind of a draft" pub enum DraftKind {
        /// A clinical note.
        #[n(0)]
        Note = "note",
        /// Vital signs.
        #[n(1)]
        Vitals = "vital signs",
        /// A problem or diagnosis.
        #[n(2)]
        Problem = "problem",
        /// An allergy or intolerance.
        #[n(3)]
        Allergy = "allergy",
        /// A prescription.
        #[n(4)]
        Prescription = "prescription",
    }
}

/// What somebody typed and did not sign. It belongs to one person and, but for a prescription whose chart is still being
/// typed, to one chart. **What it holds is wiped when it goes, and never printed.**
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Draft {
    /// What it is to become.
    #[n(0)]
    pub kind: DraftKind,
    /// The chart's number.
    #[n(1)]
    pub mrn: Option<String>,
    /// The entry of which it is to be the next version.
    #[n(2)]
    pub amends: Option<String>,
    /// When it was begun, in milliseconds since 1970: tells two drafts of one kind for one chart apart.
    #[n(3)]
    pub begun: u64,
    /// When it was last changed, in milliseconds since 1970.
    #[n(4)]
    pub changed: u64,
    /// What stands in each field, by the field's label.
    #[n(5)]
    pub fields: Vec<(String, String)>,
}

impl Draft {
    /// Whether this is the same draft, at whatever state.
    pub fn is(&self, other: &Self) -> bool {
        self.begun == other.begun && self.is_like(other)
    }

    /// Whether this is to become the same thing: the same kind, for the same chart, as a version of the same entry.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.kind, &self.mrn, &self.amends) == (other.kind, &other.mrn, &other.amends)
    }

    /// When it was last changed.
    pub fn changed(&self) -> Stamp {
        Stamp::from_millis(i64::try_from(self.changed).unwrap_or(i64::MAX))
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.fields.iter().all(|(_, text)| text.trim().is_empty())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for (_, text) in &mut self.fields {
            text.zeroize();
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.mrn.as_deref().unwrap_or("no chart yet");
        write!(f, "Draft({} for {of}, …)", self.kind)
    }
}
