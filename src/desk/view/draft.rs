//! A text in the making.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

use super::Stamp;
use super::word::words;
use crate::clinical::Body;

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

/// An entry that is to get a next version, and what it says. **The next version begins with all of it**: what a form does not show
/// stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Amends {
    /// The entry.
    #[n(0)]
    pub entry: String,
    /// Its body.
    #[cbor(n(1), with = "body")]
    pub body: Box<Body>,
}

/// What somebody typed and did not sign. It belongs to one person and, but for a prescription whose chart is still being
/// typed, to one chart. **What was typed is wiped when it goes, and nothing of it is ever printed.**
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
    pub amends: Option<Amends>,
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
        (self.kind, &self.mrn, self.amended()) == (other.kind, &other.mrn, other.amended())
    }

    /// The entry of which it is to be the next version.
    pub fn amended(&self) -> Option<&str> {
        self.amends.as_ref().map(|amends| amends.entry.as_str())
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

/// A body within a draft: its kind, the version of its format, its bytes.
mod body {
    use minicbor::decode::{self, Decoder};
    use minicbor::encode::{self, Encoder, Write};
    use zeroize::Zeroizing;

    use crate::clinical::{BODY_VERSION, Body};

    #[expect(clippy::borrowed_box, reason = "the field is a box")]
    pub fn encode<C, W: Write>(
        body: &Box<Body>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let bytes = Zeroizing::new(body.encode());
        e.array(3)?
            .u16(body.kind().number())?
            .u8(BODY_VERSION)?
            .bytes(&bytes)?
            .ok()
    }

    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Box<Body>, decode::Error> {
        let at = d.position();
        if d.array()? != Some(3) {
            return Err(decode::Error::message("not a body").at(at));
        }
        let (kind, version) = (d.u16()?, d.u8()?);
        Body::decode(kind, version, d.bytes()?)
            .map(Box::new)
            .map_err(|error| decode::Error::message(error).at(at))
    }
}
