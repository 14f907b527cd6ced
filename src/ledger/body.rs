//! A body in plain, and the commitment that binds it to a signed header and hides it from whoever has only that.

use super::entry::Core;
use crate::crypto::hash::{Hash, sha256};

const COMMIT: &[u8] = b"chartseal/commit/v1";

/// Bytes of a blinder.
const BLINDER: usize = 32;

/// A body in plain: what kind it is, in which version of that kind's format, and its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// 1 to 99 system, 100 to 999 clinical, from 1000 acts of the desk.
    pub kind: u16,
    /// The version of that kind's encoding.
    pub version: u8,
    /// The encoded body.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Body(kind {}, version {}, {} bytes)",
            self.kind,
            self.version,
            self.bytes.len()
        )
    }
}

/// What hides a body behind its commitment. **Whoever has it can try bodies against the signed header**: it goes where the body goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Blinder(pub [u8; BLINDER]);

impl Blinder {
    /// That of every clear entry.
    pub const CLEAR: Self = Self([0; BLINDER]);
}

impl std::fmt::Debug for Blinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blinder(…)")
    }
}

/// What opens a commitment: with it anyone checks the body against the signed header, and needs no key of the section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// What hid the body.
    pub blinder: Blinder,
    /// The body.
    pub body: Body,
}

impl Opening {
    /// Whether this is what a header commits to.
    pub fn opens(&self, core: &Core) -> bool {
        commitment(&self.blinder, &self.body) == core.commitment
    }
}

pub(super) fn commitment(blinder: &Blinder, body: &Body) -> Hash {
    sha256(&[
        COMMIT,
        &blinder.0,
        &body.kind.to_be_bytes(),
        &[body.version],
        &body.bytes,
    ])
}
