//! Whether a repository still holds what was put into it: the chain of manifests, the presence of every object, and,
//! when asked, every byte.
//!
//! A host can do this without the restore key: manifests list the hashes of *sealed* bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::anchor::Anchor;
use super::chain::{Chain, Finding, Trust};
use super::error::BackupError;
use super::high_water::HighWater;
use super::keys::BackupKeys;
use super::object::{Address, Listed, ObjectKind};
use super::printed::PrintedHead;
use super::progress::Phase;
use super::record::{RecordError, RepositoryRecord};
use super::target::{Name, Shelf};
use super::tombstone::Subject;
use super::wire::Wire;
use crate::crypto::Hash;
use crate::crypto::hash::sha256;

/// How many objects are read at a time.
const IN_FLIGHT: usize = 4;

/// Which objects to read back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadData {
    /// None: lengths only.
    #[default]
    None,
    /// All.
    All,
    /// One part of `of`, `nth` counting from 1: every object is in exactly one part.
    Part {
        /// Which part.
        nth: u64,
        /// Of how many.
        of: u64,
    },
}

impl ReadData {
    fn covers(self, address: &Address) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Part { nth, of } => {
                let share = address
                    .id
                    .0
                    .first_chunk()
                    .map_or(0, |first| u64::from_be_bytes(*first));
                share % of.max(1) == nth.saturating_sub(1)
            }
        }
    }
}

/// What is known of a repository besides what it serves. **Without any of them, a target that serves an old chain cannot be
/// told from one that never got the newer one.**
#[derive(Clone, Copy, Debug, Default)]
pub struct Witness<'a> {
    /// What this host has seen.
    pub mark: Option<&'a HighWater>,
    /// What the ledger has on record.
    pub anchor: Option<Anchor>,
    /// A head that somebody wrote down.
    pub head: Option<&'a PrintedHead>,
}

impl<'a> From<Option<&'a HighWater>> for Witness<'a> {
    fn from(mark: Option<&'a HighWater>) -> Self {
        Self {
            mark,
            ..Self::default()
        }
    }
}

/// What a verification found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// Snapshots whose manifests hold.
    pub snapshots: u64,
    /// Objects that they list.
    pub packs: u64,
    /// Sealed bytes that were read back.
    pub bytes_read: u64,
    /// Manifests, objects and the record that should be there and are not.
    pub missing: Vec<Finding>,
    /// Manifests, objects, tombstones and the record that are not what was put there.
    pub corrupt: Vec<Finding>,
    /// Objects that no snapshot lists: of a run that goes on or was cut off, or a copy that somebody put there. They stand for
    /// nothing, and prune takes them away. None where a manifest is missing or does not hold.
    pub unlisted: Vec<String>,
    /// Manifests that compete.
    pub forks: Vec<Finding>,
    /// The manifest that this host has seen, or that the ledger or a head names, and that the target does not lead on from.
    pub rolled_back: Option<Finding>,
}

impl Verified {
    /// Whether nothing is wrong.
    pub fn ok(&self) -> bool {
        self.missing.is_empty()
            && self.corrupt.is_empty()
            && self.forks.is_empty()
            && self.rolled_back.is_none()
    }
}

/// Verifies a repository against what is known of it. `keys` are those of a host that writes to it.
pub async fn verify<'w>(
    wire: &Wire,
    keys: &BackupKeys,
    witness: impl Into<Witness<'w>>,
    read: ReadData,
    trust: Trust<'_>,
) -> Result<Verified, BackupError> {
    wire.meter.phase(Phase::Opening);
    let chain = Chain::load(wire, keys.repository, &keys.k_manifest, trust).await?;
    let Witness { mark, anchor, head } = witness.into();
    let unanchored = || anchor.and_then(|anchor| anchor.judge(&chain));
    let behind = || head.and_then(|head| chain.behind(head, None));
    let mut verified = Verified {
        snapshots: chain.manifests.len() as u64,
        rolled_back: mark
            .and_then(|mark| chain.rolled_back(mark))
            .or_else(unanchored)
            .or_else(behind),
        ..Verified::default()
    };
    let objects = listed(&chain);
    let hashes = chain.hashes();
    let forged: Vec<_> = chain.tombstones.forged().iter().map(no_tombstone).collect();
    // What prune is about to take away.
    let marked: BTreeSet<Name> = chain
        .tombstones
        .iter()
        .map(|(subject, _)| subject.name())
        .collect();
    verified.missing.extend(chain.missing);
    verified.corrupt.extend(chain.corrupt);
    verified.corrupt.extend(chain.strangers);
    verified.forks.extend(chain.forks);
    verified.packs = objects.len() as u64;
    verified.corrupt.extend(forged);
    record(wire, keys, &mut verified).await?;

    wire.meter.phase(Phase::Checking);
    let there: BTreeMap<Name, u64> = wire
        .list(Shelf::Objects)
        .await?
        .into_iter()
        .map(|stat| (stat.name, stat.len))
        .collect();
    // Where a manifest is not there or does not hold, nobody knows what it lists.
    if verified.ok() {
        let known: BTreeSet<Name> = hashes.keys().map(Address::name).collect();
        let unlisted = there
            .keys()
            .filter(|name| !known.contains(name) && !marked.contains(name));
        verified.unlisted = unlisted
            .map(|name| format!("{}/{name}", Shelf::Objects))
            .collect();
    }
    let mut to_read = Vec::new();
    for object in objects {
        match there.get(&object.address.name()) {
            None => verified.missing.push(finding(&object, "it is gone")),
            Some(len) if *len != object.len => {
                let detail = format!("it has {len} bytes, and {} were sent", object.len);
                verified.corrupt.push(finding(&object, &detail));
            }
            Some(_) if read.covers(&object.address) => to_read.push(object),
            Some(_) => {}
        }
    }
    read_back(wire, to_read, &hashes, &mut verified).await?;
    verified.missing.sort_unstable();
    verified.corrupt.sort_unstable();
    wire.meter.phase(Phase::Done);
    Ok(verified)
}

/// A restore begins with the record: without it no repository is found, and with another the shares do not fit.
async fn record(
    wire: &Wire,
    keys: &BackupKeys,
    verified: &mut Verified,
) -> Result<(), BackupError> {
    let finding = |detail: &str| Finding {
        name: RepositoryRecord::label(),
        detail: detail.into(),
    };
    match RepositoryRecord::read(wire).await {
        Ok(record) if record.is_of(keys) => {}
        Ok(_) => verified.corrupt.push(finding(
            "it names another vault, or another key to restore with",
        )),
        Err(RecordError::Absent { .. }) => verified.missing.push(finding(
            "it is gone, and without it nothing is restored; the next run writes it again",
        )),
        Err(RecordError::Bad { .. }) => verified.corrupt.push(finding("it is damaged or forged")),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Something among the tombstones that nobody set who may prune.
fn no_tombstone(name: &Name) -> Finding {
    let detail = if Subject::parse(name).is_some() {
        "it is forged or damaged and counts for nothing; the next prune takes it away"
    } else {
        "this is not the name of a tombstone; see who put it there, and remove it"
    };
    Finding {
        name: format!("{}/{name}", Shelf::Tombstones),
        detail: detail.into(),
    }
}

/// Every object that a manifest lists, once.
fn listed(chain: &Chain) -> Vec<Listed> {
    let mut objects: BTreeMap<Address, Listed> = BTreeMap::new();
    let newest = chain.newest().map(|m| m.hash);
    for (snapshot, object) in chain
        .manifests
        .iter()
        .flat_map(|m| m.manifest.objects.iter().map(move |o| (m, o)))
    {
        // A pack that prune deleted is not missed: of a snapshot that is forgotten, or one that is needed for a while and
        // by the newest. Any other is missed, tombstone or not.
        let monthly = object.kind != ObjectKind::Ledger && newest != Some(snapshot.hash);
        let expendable = monthly || chain.is_forgotten(snapshot.hash);
        if expendable && chain.tombstones.has(&Subject::Object(object.address)) {
            continue;
        }
        objects.entry(object.address).or_insert(*object);
    }
    objects.into_values().collect()
}

async fn read_back(
    wire: &Wire,
    objects: Vec<Listed>,
    hashes: &HashMap<Address, BTreeSet<Hash>>,
    verified: &mut Verified,
) -> Result<(), BackupError> {
    wire.meter.phase(Phase::Reading);
    wire.meter
        .update(|p| p.bytes_total = Some(objects.iter().map(|o| o.len).sum()));
    let fetched = stream::iter(objects).map(|object| async move {
        let bytes = wire.get(Shelf::Objects, &object.address.name()).await?;
        Ok::<_, BackupError>((object, bytes))
    });
    let mut fetched = std::pin::pin!(fetched.buffer_unordered(IN_FLIGHT));
    while let Some((object, bytes)) = fetched.try_next().await? {
        match bytes {
            None => verified.missing.push(finding(
                &object,
                "it is listed by the target and not served",
            )),
            Some(bytes) => {
                let len = bytes.len() as u64;
                verified.bytes_read += len;
                wire.meter.update(|p| p.bytes_done += len);
                let known = hashes.get(&object.address);
                if !known.is_some_and(|known| known.contains(&sha256(&[&bytes]))) {
                    verified
                        .corrupt
                        .push(finding(&object, "its bytes are not those that were sent"));
                }
            }
        }
    }
    Ok(())
}

fn finding(object: &Listed, detail: &str) -> Finding {
    Finding {
        name: format!("{}/{}", Shelf::Objects, object.address),
        detail: format!("{detail} ({})", object.describe()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::object::ObjectId;
    use crate::crypto::random;

    #[test]
    fn the_parts_of_a_reading_cover_every_object_once() {
        for _ in 0..200 {
            let address = Address {
                id: ObjectId(random::bytes()),
                generation: 0,
            };
            let parts = (1..=7).filter(|nth| ReadData::Part { nth: *nth, of: 7 }.covers(&address));
            assert_eq!(parts.count(), 1);
        }
    }
}
