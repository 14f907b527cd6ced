//! What the ledger says of a target: the snapshot that its newest mark of the place names.
//!
//! Every run writes the hash of its manifest to the ledger, and every manifest carries the ledger's head: the two anchor each
//! other. The mark is signed and in the chain of entries, so it stands where the host's own memory is lost. **A target that
//! does not serve that snapshot was rolled back**, unless a tombstone says that it was forgotten. What the host sent in a run
//! that was killed before it wrote the mark is newer, and no finding.

use super::chain::{Chain, Finding};
use super::error::BackupError;
use super::keys::BackupKeys;
use super::manifest::ManifestName;
use super::target::Shelf;
use super::tombstone::{self, Subject};
use super::wire::Wire;
use crate::crypto::Hash;
use crate::crypto::hash::sha256;

/// The last snapshot of a target that the ledger has on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Its number.
    pub number: u64,
    /// SHA-256 of its signed manifest.
    pub hash: Hash,
}

impl Anchor {
    /// How it shows that the target does not lead on from here; `None` where it does.
    pub fn judge(&self, chain: &Chain) -> Option<Finding> {
        let served = chain.manifests.iter().any(|m| m.hash == self.hash);
        (!served && !chain.is_forgotten(self.hash)).then(|| Finding {
            name: format!("snapshot number {}", self.number),
            detail: format!(
                "the ledger says that it is here (manifest {}), and it is not served: this is an older state, or another history",
                self.hash
            ),
        })
    }

    /// Refuses a target that does not lead on from here, without reading all of its manifests.
    pub async fn hold(&self, wire: &Wire, keys: &BackupKeys) -> Result<(), BackupError> {
        for stat in wire.list(Shelf::Manifests).await? {
            if ManifestName::parse(&stat.name).is_some_and(|name| name.number == self.number) {
                let file = wire.get(Shelf::Manifests, &stat.name).await?;
                if file.is_some_and(|file| sha256(&[&file]) == self.hash) {
                    return Ok(());
                }
            }
        }
        if tombstone::holds(wire, keys, &Subject::Manifest(self.hash)).await? == Some(true) {
            return Ok(());
        }
        Err(BackupError::Unanchored {
            place: wire.place(),
            number: self.number,
            hash: self.hash,
        })
    }
}
