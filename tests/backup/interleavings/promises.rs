//! What manifests promise, kept by a witness that sees every change of a target and knows the rule, not the program that is to
//! follow it: **no object goes that a listed manifest needs, and nothing goes that was not marked for a week**.
//!
//! A manifest is listed until it is marked itself. It needs its ledger packs always, its slots as long as it is less than 30
//! days old or the newest of all, and its index only where it then is the last of its line, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use chartseal::backup::keys::RepositoryId;
use chartseal::backup::manifest::{ManifestName, SignedManifest};
use chartseal::backup::object::{Listed, ObjectKind};
use chartseal::backup::source::TableId;
use chartseal::backup::target::{Name, Shelf};
use chartseal::crypto::{Hash, Secret};

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// What the witness counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub manifests: u64,
    /// Objects that manifests list under another generation than the first.
    pub next_generation: u64,
    pub objects_deleted: u64,
    pub manifests_deleted: u64,
    /// Objects whose mark was taken away because they are needed again.
    pub revived: u64,
}

#[derive(Debug, Default)]
struct Seen {
    objects: BTreeMap<Name, u64>,
    /// Manifests by their hash, those that are gone included.
    manifests: BTreeMap<Hash, SignedManifest>,
    /// When what was marked: objects by their name, manifests by `manifest/HASH`.
    marks: BTreeMap<Name, i64>,
    generations: BTreeSet<Name>,
    tally: Tally,
    broken: Option<String>,
}

#[derive(Debug)]
pub struct Promises {
    repository: RepositoryId,
    k_manifest: Secret<32>,
    seen: Mutex<Seen>,
}

impl Promises {
    pub fn new(repository: RepositoryId, k_manifest: Secret<32>) -> Self {
        Self {
            repository,
            k_manifest,
            seen: Mutex::default(),
        }
    }

    /// The first promise that was broken.
    pub fn broken(&self) -> Option<String> {
        self.seen.lock().unwrap().broken.clone()
    }

    pub fn tally(&self) -> Tally {
        let seen = self.seen.lock().unwrap();
        Tally {
            next_generation: seen.generations.len() as u64,
            ..seen.tally
        }
    }

    /// The manifests that are listed.
    pub fn listed(&self) -> Vec<SignedManifest> {
        self.seen.lock().unwrap().listed().cloned().collect()
    }

    pub fn stored(&self, shelf: Shelf, name: &Name, bytes: &[u8], now: i64) {
        let mut seen = self.seen.lock().unwrap();
        match shelf {
            Shelf::Objects => _ = seen.objects.insert(name.clone(), bytes.len() as u64),
            Shelf::Tombstones => _ = seen.marks.insert(name.clone(), now),
            Shelf::Keys => {}
            Shelf::Manifests => {
                let parsed = ManifestName::parse(name).unwrap();
                let signed =
                    SignedManifest::open(bytes, parsed, self.repository, &self.k_manifest).unwrap();
                for object in &signed.manifest.objects {
                    let name = object.address.name();
                    if seen.objects.get(&name) != Some(&object.len) {
                        seen.breaks(format!(
                            "{parsed} was written without {}",
                            object.describe()
                        ));
                    }
                    if object.address.generation > 0 {
                        seen.generations.insert(name);
                    }
                }
                seen.tally.manifests += 1;
                seen.manifests.insert(signed.hash, signed);
            }
        }
    }

    pub fn deleted(&self, shelf: Shelf, name: &Name, now: i64) {
        let mut seen = self.seen.lock().unwrap();
        match shelf {
            Shelf::Keys => seen.breaks(format!("{shelf}/{name} was deleted")),
            Shelf::Tombstones => {
                seen.marks.remove(name);
                seen.tally.revived += u64::from(seen.objects.contains_key(name));
            }
            Shelf::Objects => {
                let (name, mark) = (name.clone(), seen.marks.get(name).copied());
                if seen.objects.remove(&name).is_none() {
                    return;
                }
                seen.tally.objects_deleted += 1;
                seen.waited(&name, mark, now);
                if let Some((by, object)) = seen.needed(&name, now) {
                    seen.breaks(format!(
                        "{by} needs {}, which was deleted",
                        object.describe()
                    ));
                }
            }
            Shelf::Manifests => {
                let parsed = ManifestName::parse(name).unwrap();
                let found = seen.manifests.values().find(|m| m.manifest.name == parsed);
                let mark = mark(found.expect("a manifest that was written").hash);
                let at = seen.marks.get(&mark).copied();
                seen.tally.manifests_deleted += 1;
                seen.waited(name, at, now);
            }
        }
    }
}

impl Seen {
    fn listed(&self) -> impl Iterator<Item = &SignedManifest> {
        let marked = |m: &&SignedManifest| !self.marks.contains_key(&mark(m.hash));
        self.manifests.values().filter(marked)
    }

    /// The listed manifest that needs this object.
    fn needed(&self, name: &Name, now: i64) -> Option<(ManifestName, Listed)> {
        let followed: BTreeSet<Hash> = self
            .manifests
            .values()
            .filter_map(|m| m.manifest.previous)
            .collect();
        let last = |m: &SignedManifest| !followed.contains(&m.hash);
        let newest = self
            .manifests
            .values()
            .filter(|m| last(m))
            .max_by_key(|m| (m.manifest.created, m.manifest.name.number));
        self.listed().find_map(|m| {
            let slots = m.manifest.created >= now - 30 * DAY
                || newest.is_some_and(|newest| newest.hash == m.hash);
            let index = slots && last(m);
            let needs_kind = |kind| match kind {
                ObjectKind::Ledger => true,
                ObjectKind::Table(TableId::INDEX_SEGMENT) => index,
                ObjectKind::Table(_) => slots,
            };
            let needs = |o: &&Listed| o.address.name() == *name && needs_kind(o.kind);
            let object = m.manifest.objects.iter().find(needs)?;
            Some((m.manifest.name, *object))
        })
    }

    /// A mark may be on its way for some hours before it arrives.
    fn waited(&mut self, name: &Name, mark: Option<i64>, now: i64) {
        match mark {
            Some(at) if now - at >= 6 * DAY => {}
            Some(at) => self.breaks(format!(
                "{name} was deleted {} hours after it was marked",
                (now - at) / HOUR
            )),
            None => self.breaks(format!("{name} was deleted and not marked")),
        }
    }

    fn breaks(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }
}

fn mark(hash: Hash) -> Name {
    Name::parse(&format!("manifest/{hash}")).unwrap()
}
