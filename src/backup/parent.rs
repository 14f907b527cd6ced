//! What a run builds on: the snapshot before it, and the name that the new one gets.

use super::beginning;
use super::error::BackupError;
use super::high_water::HighWater;
use super::keys::BackupKeys;
use super::manifest::{HostId, ManifestName, SignedManifest, Start, Timeline};
use super::state::HostState;
use super::target::Shelf;
use super::tombstone::{self, Subject};
use super::wire::Wire;
use crate::crypto::Hash;

/// The place of the next manifest.
#[derive(Clone, Debug)]
pub struct Next {
    /// Its name.
    pub name: ManifestName,
    /// How it follows.
    pub start: Start,
    /// The hash of the manifest that it follows.
    pub previous: Option<Hash>,
    /// That manifest, if it was not let go meanwhile.
    pub parent: Option<SignedManifest>,
}

impl Next {
    /// Finds the place after the host's high-water mark, or after what the target serves if this host remembers nothing.
    pub async fn find(
        wire: &Wire,
        keys: &BackupKeys,
        state: &HostState,
    ) -> Result<Self, BackupError> {
        let host = HostId::of(&keys.signing.public());
        let stats = wire.list(Shelf::Manifests).await?;
        let names: Vec<ManifestName> = stats
            .iter()
            .filter_map(|stat| ManifestName::parse(&stat.name))
            .collect();
        match HighWater::load(state, keys.repository)? {
            Some(mark) => Self::after_mark(wire, keys, host, &mark, &names).await,
            None => Self::after_loss(wire, keys, host, &names, beginning::timeline(state)?).await,
        }
    }

    /// The manifest that the host remembers must be there, unless a tombstone says that it was forgotten: who was restored from an old
    /// snapshot may come after it was let go. What was written after it, just before a crash, goes on.
    async fn after_mark(
        wire: &Wire,
        keys: &BackupKeys,
        host: HostId,
        mark: &HighWater,
        names: &[ManifestName],
    ) -> Result<Self, BackupError> {
        let rolled_back = |found| BackupError::RolledBack {
            place: wire.place(),
            seen: mark.manifest.to_string(),
            found,
        };
        let mut parent = open(wire, keys, mark.manifest).await?;
        match &parent {
            Some(parent) if parent.hash == mark.hash => {}
            Some(_) => return Err(rolled_back("has another in its place")),
            None => {
                let forgotten = Subject::Manifest(mark.hash);
                if tombstone::holds(wire, keys, &forgotten).await? != Some(true) {
                    return Err(rolled_back("does not have it"));
                }
            }
        }
        let mut previous = mark.hash;
        // After a restore the host begins a timeline of its own; until then it goes on where it was.
        let timeline = mark.begins.unwrap_or(mark.manifest.timeline);
        let mut name = ManifestName {
            host,
            timeline,
            number: mark.manifest.number + 1,
        };
        while names.contains(&name) {
            let next = open(wire, keys, name).await?;
            match next {
                Some(next) if next.manifest.previous == Some(previous) => {
                    previous = next.hash;
                    parent = Some(next);
                }
                _ => {
                    return Err(BackupError::Forked {
                        place: wire.place(),
                        name: name.to_string(),
                    });
                }
            }
            name.number += 1;
        }
        let line = parent.as_ref().map_or(mark.manifest, |p| p.manifest.name);
        let start = if (line.host, line.timeline) == (host, timeline) {
            Start::Next
        } else {
            Start::AfterRestore
        };
        Ok(Self {
            name,
            start,
            previous: Some(previous),
            parent,
        })
    }

    /// Without a mark nothing shows whether the target's chain is the newest. What it serves is built upon, in the
    /// open: on a timeline of its own. What stands on that already is of a run that was killed before it kept its mark.
    async fn after_loss(
        wire: &Wire,
        keys: &BackupKeys,
        host: HostId,
        names: &[ManifestName],
        timeline: Timeline,
    ) -> Result<Self, BackupError> {
        let own = names
            .iter()
            .filter(|name| name.host == host)
            .max_by_key(|name| name.number);
        let newest = own.or_else(|| names.iter().max_by_key(|name| name.number));
        let Some(newest) = newest else {
            return Ok(Self {
                name: ManifestName {
                    host,
                    timeline,
                    number: 1,
                },
                start: Start::First,
                previous: None,
                parent: None,
            });
        };
        let Some(parent) = open(wire, keys, *newest).await? else {
            let cause = "it is listed and not served".into();
            return Err(BackupError::Manifest {
                name: newest.to_string(),
                cause,
            });
        };
        let number = newest.number + 1;
        Ok(Self {
            name: ManifestName {
                host,
                timeline,
                number,
            },
            start: if (newest.host, newest.timeline) == (host, timeline) {
                Start::Next
            } else {
                Start::AfterLostState
            },
            previous: Some(parent.hash),
            parent: Some(parent),
        })
    }
}

async fn open(
    wire: &Wire,
    keys: &BackupKeys,
    name: ManifestName,
) -> Result<Option<SignedManifest>, BackupError> {
    let Some(file) = wire.get(Shelf::Manifests, &name.name()).await? else {
        return Ok(None);
    };
    SignedManifest::open(&file, name, keys.repository, &keys.k_manifest)
        .map(Some)
        .map_err(|e| BackupError::Manifest {
            name: name.to_string(),
            cause: e.to_string(),
        })
}
