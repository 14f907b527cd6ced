//! The chain of manifests, as a target serves it and as it should be.

mod line;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::pin::pin;

use futures::stream::TryStreamExt;

use super::error::BackupError;
use super::high_water::HighWater;
use super::keys::RepositoryId;
use super::manifest::{ManifestName, SignedManifest, Start};
use super::object::Address;
use super::target::{Name, Shelf};
use super::tombstone::{Subject, Tombstones};
use super::wire::Wire;
use crate::crypto::sign::VerifyKey;
use crate::crypto::{Hash, Secret};

/// Something that is wrong, by the name of what it is wrong with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The manifest or object, as `shelf/name`.
    pub name: String,
    /// What is wrong, and what it held as far as that is known.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.detail)
    }
}

/// The manifests of a target, judged.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Those that hold, by number, then by name.
    pub manifests: Vec<SignedManifest>,
    /// Those that should be there and are not.
    pub missing: Vec<Finding>,
    /// Those that are there and do not hold.
    pub corrupt: Vec<Finding>,
    /// Those that hold and whose signer is not trusted: forged, or of a host that is not known here yet.
    pub strangers: Vec<Finding>,
    /// Two manifests that follow the same one without a restore between them.
    pub forks: Vec<Finding>,
    /// What prune deleted or will delete.
    pub tombstones: Tombstones,
    /// Manifests whose signatures hold and that do not follow the one before them as they should.
    unfit: BTreeSet<Hash>,
}

/// Judges whether a key may sign manifests.
pub type Trust<'a> = &'a (dyn Fn(&VerifyKey) -> bool + Send + Sync);

impl Chain {
    /// Fetches and judges all manifests.
    pub async fn load(
        wire: &Wire,
        repository: RepositoryId,
        k_manifest: &Secret<32>,
        trust: Trust<'_>,
    ) -> Result<Self, BackupError> {
        // Tombstones first: what is deleted between the two readings has had its tombstone for days.
        let tombstones = Tombstones::load(wire, repository, k_manifest).await?;
        let mut chain = Self {
            tombstones,
            ..Self::default()
        };
        let stats = wire.list(Shelf::Manifests).await?;
        let mut fetched = pin!(wire.get_each(Shelf::Manifests, stats));
        let mut unserved = Vec::new();
        while let Some((name, file)) = fetched.try_next().await? {
            match file {
                Some(file) => chain.take(&name, &file, repository, k_manifest, trust),
                None => unserved.push(name),
            }
        }
        // What a prune deleted since is listed no more, and judged like all that is not there: by its tombstone.
        let withheld = wire.still_listed(Shelf::Manifests, unserved).await?;
        chain.missing.extend(
            withheld
                .iter()
                .map(|name| finding(name, "it is listed and not served".into())),
        );
        chain
            .manifests
            .sort_by_key(|m| (m.manifest.name.number, m.manifest.name));
        chain.judge();
        Ok(chain)
    }

    /// All that is wrong with it, but for strangers.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        [&self.missing, &self.corrupt, &self.forks]
            .into_iter()
            .flatten()
    }

    /// The hashes that objects may have. A pack that a target lost and a run sent anew has another hash under the same
    /// address, and serves the older snapshots as well: its plain text is the one that the id names.
    pub fn hashes(&self) -> HashMap<Address, BTreeSet<Hash>> {
        let mut hashes: HashMap<Address, BTreeSet<Hash>> = HashMap::new();
        for object in self.manifests.iter().flat_map(|m| &m.manifest.objects) {
            hashes
                .entry(object.address)
                .or_default()
                .insert(object.hash);
        }
        hashes
    }

    /// Whether prune is to delete this snapshot, or has.
    pub fn is_forgotten(&self, hash: Hash) -> bool {
        self.tombstones.has(&Subject::Manifest(hash))
    }

    /// The snapshot whose id begins with `id`, if there is exactly one.
    pub fn find(&self, id: &str) -> Option<&SignedManifest> {
        let mut found = self
            .manifests
            .iter()
            .filter(|m| !id.is_empty() && m.hash.to_string().starts_with(&id.to_ascii_lowercase()));
        found.next().filter(|_| found.next().is_none())
    }

    /// Whether the target serves an older chain than `mark` names, and how that shows.
    pub fn rolled_back(&self, mark: &HighWater) -> Option<Finding> {
        let at_mark = self
            .manifests
            .iter()
            .find(|m| m.manifest.name == mark.manifest);
        let detail = match at_mark {
            Some(found) if found.hash == mark.hash => return None,
            None if self.is_forgotten(mark.hash) => return None,
            Some(_) => "another manifest stands in the place of the one that this host has seen",
            None => "this host has seen it, and it is not served",
        };
        Some(Finding {
            name: label(&mark.manifest),
            detail: detail.into(),
        })
    }

    fn take(
        &mut self,
        name: &Name,
        file: &[u8],
        repository: RepositoryId,
        k_manifest: &Secret<32>,
        trust: Trust<'_>,
    ) {
        let Some(parsed) = ManifestName::parse(name) else {
            self.corrupt
                .push(finding(name, "this is not the name of a manifest".into()));
            return;
        };
        match SignedManifest::open(file, parsed, repository, k_manifest) {
            Err(e) => self.corrupt.push(finding(name, e.to_string())),
            Ok(m) if !trust(&m.signer) => self
                .strangers
                .push(finding(name, "its signer is no certified host".into())),
            Ok(m) => self.manifests.push(m),
        }
    }

    /// Checks how the manifests follow each other.
    fn judge(&mut self) {
        let by_hash: HashMap<Hash, &SignedManifest> =
            self.manifests.iter().map(|m| (m.hash, m)).collect();
        let mut followers: BTreeMap<Option<Hash>, Vec<&SignedManifest>> = BTreeMap::new();
        let (mut missing, mut corrupt, mut forks) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut unfit = BTreeSet::new();
        for m in &self.manifests {
            followers.entry(m.manifest.previous).or_default().push(m);
            match m.manifest.previous.map(|hash| (hash, by_hash.get(&hash))) {
                None | Some((_, Some(_))) => {
                    let before = m
                        .manifest
                        .previous
                        .and_then(|hash| by_hash.get(&hash))
                        .copied();
                    if let Some(detail) = misfit(m, before) {
                        unfit.insert(m.hash);
                        corrupt.push(Finding {
                            name: label(&m.manifest.name),
                            detail: detail.into(),
                        });
                    }
                }
                // Prune deleted it, and says so.
                Some((hash, None)) if self.is_forgotten(hash) => {}
                Some((hash, None)) => {
                    let (name, detail) = self.absent(m, hash);
                    missing.entry(name).or_insert(detail);
                }
            }
        }
        for (_, after) in followers.into_iter().filter(|(_, after)| after.len() > 1) {
            // A restore, or a host that lost its state, begins a timeline in the open. Anything else is two hosts that
            // believe they are one, or a hidden branch.
            let unexplained: Vec<_> = after
                .iter()
                .filter(|m| matches!(m.manifest.start, Start::First | Start::Next))
                .collect();
            if unexplained.len() > 1 {
                forks.extend(unexplained.iter().map(|m| Finding {
                    name: label(&m.manifest.name),
                    detail: "another manifest follows the same one".into(),
                }));
            }
        }
        self.missing.extend(
            missing
                .into_iter()
                .map(|(name, detail)| Finding { name, detail }),
        );
        self.corrupt.extend(corrupt);
        self.forks.extend(forks);
        self.unfit = unfit;
    }

    /// The name of the manifest that `m` follows and that is not among those that hold.
    fn absent(&self, m: &SignedManifest, hash: Hash) -> (String, String) {
        let name = m.manifest.name;
        if m.manifest.start == Start::Next {
            let before = ManifestName {
                number: name.number.saturating_sub(1),
                ..name
            };
            let detail = if self.manifests.iter().any(|m| m.manifest.name == before) {
                format!("what is served is not what {} follows", label(&name))
            } else {
                format!("{} follows it", label(&name))
            };
            (label(&before), detail)
        } else {
            (
                format!("{} with hash {hash}", Shelf::Manifests),
                format!("{} follows it", label(&name)),
            )
        }
    }
}

/// How a manifest fails to follow the one before it.
fn misfit(m: &SignedManifest, before: Option<&SignedManifest>) -> Option<&'static str> {
    let this = &m.manifest;
    let Some(before) = before.map(|b| &b.manifest) else {
        return (this.start != Start::First || this.name.number != 1)
            .then_some("it follows nothing and is not the first");
    };
    let same_line =
        (this.name.host, this.name.timeline) == (before.name.host, before.name.timeline);
    let goes_on = this.start == Start::Next;
    if before.name.number.checked_add(1) != Some(this.name.number) {
        Some("its number does not follow")
    } else if same_line != goes_on {
        Some("its timeline does not follow")
    } else if this.head.seq < before.head.seq {
        Some("its ledger is shorter than that of the one before")
    } else {
        None
    }
}

fn finding(name: &Name, detail: String) -> Finding {
    Finding {
        name: format!("{}/{name}", Shelf::Manifests),
        detail,
    }
}

fn label(name: &ManifestName) -> String {
    format!("{}/{name}", Shelf::Manifests)
}
