//! Fetching one object and opening it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::backup::chain::Chain;
use crate::backup::error::BackupError;
use crate::backup::keys::{RepositoryId, RestoreSecret};
use crate::backup::object::{self, Address, Listed};
use crate::backup::retry::Stopped;
use crate::backup::target::{Shelf, TargetError};
use crate::backup::tombstone::{Subject, Tombstones};
use crate::backup::wire::Wire;
use crate::crypto::hash::sha256;
use crate::crypto::mac::MacKey;
use crate::crypto::{Hash, SecretBytes};

/// What opens objects, and which of them did not open.
pub(super) struct Opener<'a> {
    wire: &'a Wire,
    secret: &'a RestoreSecret,
    k_id: MacKey,
    repository: RepositoryId,
    hashes: HashMap<Address, BTreeSet<Hash>>,
    tombstones: &'a Tombstones,
    lost: Mutex<Vec<(Listed, String)>>,
}

impl<'a> Opener<'a> {
    pub(super) fn new(
        wire: &'a Wire,
        secret: &'a RestoreSecret,
        repository: RepositoryId,
        chain: &'a Chain,
    ) -> Self {
        Self {
            wire,
            secret,
            k_id: MacKey::new(&secret.k_id()),
            repository,
            hashes: chain.hashes(),
            tombstones: &chain.tombstones,
            lost: Mutex::default(),
        }
    }

    /// Fetches an object and opens it. One that is not what its manifest lists is remembered, with the reason.
    pub(super) async fn fetch(&self, o: &Listed) -> Result<SecretBytes, BackupError> {
        let opened = self.open(o).await;
        if let Err(error) = &opened
            && error.is_of_object()
        {
            let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
            lost.push((*o, error.to_string()));
        }
        opened
    }

    /// Those that were not what their manifests list, since this was last asked.
    pub(super) fn take_lost(&self) -> Vec<(Listed, String)> {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why an object that is not there is not.
    pub(super) fn missing(&self, o: &Listed) -> BackupError {
        let (name, what) = (o.address.to_string(), o.describe());
        if self.tombstones.has(&Subject::Object(o.address)) {
            BackupError::ObjectPruned { name, what }
        } else {
            BackupError::ObjectMissing { name, what }
        }
    }

    /// Length and hash first, then the seal, then the id.
    async fn open(&self, o: &Listed) -> Result<SecretBytes, BackupError> {
        let (name, what) = (o.address.to_string(), o.describe());
        let bytes = match self.wire.get(Shelf::Objects, &o.address.name()).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(self.missing(o)),
            Err(Stopped::Target(TargetError::Failed { cause, .. })) => {
                return Err(BackupError::ObjectUnreadable { name, what, cause });
            }
            Err(stopped) => return Err(stopped.into()),
        };
        let known = self.hashes.get(&o.address);
        if bytes.len() as u64 != o.len
            || !known.is_some_and(|known| known.contains(&sha256(&[&bytes])))
        {
            return Err(BackupError::ObjectCorrupt { name, what });
        }
        object::open(
            &self.secret.restore,
            &self.k_id,
            self.repository,
            o.kind,
            &o.address,
            &bytes,
        )
        .map_err(|cause| BackupError::ObjectSealed { name, what, cause })
    }
}
