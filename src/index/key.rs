//! The keys of one compartment, and of each of its segments.
//!
//! ```text
//! K         = 32 random bytes per compartment and generation
//! K_tag     = HKDF(K, "chartseal/index/tag/v1")        names words
//! K_segment = HKDF(K, "chartseal/index/segment/v1")    parent of every segment's keys
//! K_meta    = HKDF(K, "chartseal/index/meta/v1")       what describes a segment
//! K_cover   = HKDF(K, "chartseal/index/cover/v1")      authenticates how far charts are indexed
//! K_log     = HKDF(K_segment, "chartseal/index/log/v1", salt)       AES-256-GCM, the rows of a log
//! K_address = HKDF(K_segment, "chartseal/index/address/v1", salt)   AES-256, a permutation, of a packed segment
//! K_box     = HKDF(K_segment, "chartseal/index/box/v1", salt)       AES-256-GCM with tags of 96 bits, its boxes
//! ```
//!
//! `HKDF` is [`crate::crypto::kdf::derive`]. **A salt is drawn fresh for every build attempt of a packed segment**: its boxes
//! have fixed nonces, which is safe only for keys that seal each address once.

use crate::crypto::aead::{SealKey, ShortSealKey};
use crate::crypto::{Secret, kdf, mac::MacKey};

use super::address::AddressKey;
use super::tag::Tag;
use super::term::Term;

/// How long a segment's salt is, in bytes.
pub const SALT_LEN: usize = 32;

/// The keys of one compartment in one generation.
pub struct CompartmentKey {
    generation: u32,
    tag: MacKey,
    segment: Secret<32>,
    meta: SealKey,
    cover: MacKey,
}

impl CompartmentKey {
    /// Derives the keys of `generation` from the compartment's root key.
    pub fn new(root: &Secret<32>, generation: u32) -> Self {
        Self {
            generation,
            tag: MacKey::new(&kdf::derive(root, "chartseal/index/tag/v1", b"")),
            segment: kdf::derive(root, "chartseal/index/segment/v1", b""),
            meta: SealKey::new(&kdf::derive(root, "chartseal/index/meta/v1", b"")),
            cover: MacKey::new(&kdf::derive(root, "chartseal/index/cover/v1", b"")),
        }
    }

    /// Which generation of the compartment these keys belong to.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The tag of a word under these keys.
    pub fn tag(&self, term: &Term) -> Tag {
        Tag::of(&self.tag, term.field().label(), term.value())
    }

    /// The key of the log with this salt.
    pub fn log(&self, salt: &[u8; SALT_LEN]) -> SealKey {
        SealKey::new(&kdf::derive(&self.segment, "chartseal/index/log/v1", salt))
    }

    /// The keys of the packed segment with this salt.
    pub fn segment(&self, salt: &[u8; SALT_LEN]) -> SegmentKey {
        SegmentKey {
            address: AddressKey::new(&kdf::derive(
                &self.segment,
                "chartseal/index/address/v1",
                salt,
            )),
            seal: ShortSealKey::new(&kdf::derive(&self.segment, "chartseal/index/box/v1", salt)),
        }
    }

    pub(super) fn meta(&self) -> &SealKey {
        &self.meta
    }

    pub(super) fn cover(&self) -> &MacKey {
        &self.cover
    }
}

impl std::fmt::Debug for CompartmentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CompartmentKey(generation {})", self.generation)
    }
}

/// The keys of one packed segment.
pub struct SegmentKey {
    address: AddressKey,
    seal: ShortSealKey,
}

impl SegmentKey {
    /// The permutation that turns (tag, counter) into an address.
    pub fn address(&self) -> &AddressKey {
        &self.address
    }

    /// The key that seals the segment's boxes.
    pub fn seal(&self) -> &ShortSealKey {
        &self.seal
    }
}
