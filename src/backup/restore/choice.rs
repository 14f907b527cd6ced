//! Which snapshot a restore takes, and which one slots, credentials and later revocations come from.
//!
//! Where nothing is wrong these are the newest snapshot, or the one that was asked for, and the newest that follows it. Where
//! damage is accepted, one that is not whole is set aside, with its reason, and the next newest is taken. **Never one that the
//! head forbids, never one whose line does not hold together unless it was asked for by its id, and never silently.**

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Damage;
use super::opener::Opener;
use super::plan::needed_after;
use crate::backup::chain::{Chain, Finding};
use crate::backup::error::BackupError;
use crate::backup::manifest::SignedManifest;
use crate::backup::object::{Listed, ObjectKind};
use crate::backup::printed::PrintedHead;
use crate::backup::snapshot::lengths;
use crate::backup::source::Head;
use crate::backup::wire::Wire;
use crate::crypto::Hash;

/// What is restored.
#[derive(Clone, Debug)]
pub(super) struct Pair<'a> {
    pub(super) snapshot: &'a SignedManifest,
    /// The snapshot that slots, credentials, revocations and erasures come from.
    pub(super) newest: &'a SignedManifest,
    /// Where the ledger must have been: what manifests that are gone would have shown.
    pub(super) through: Vec<Head>,
}

#[derive(Debug)]
pub(super) struct Choice<'a> {
    chain: &'a Chain,
    /// Those whose lines hold together, the newest first.
    order: Vec<&'a SignedManifest>,
    wanted: Option<&'a SignedManifest>,
    head: Option<&'a PrintedHead>,
    /// Objects that are not what their manifests list, and why.
    lost: BTreeMap<Listed, String>,
    /// Pairs that did not come together.
    apart: BTreeSet<(Hash, Hash)>,
    /// Why a snapshot was set aside.
    reasons: HashMap<Hash, String>,
}

impl<'a> Choice<'a> {
    pub(super) fn new(
        chain: &'a Chain,
        wanted: Option<&'a SignedManifest>,
        head: Option<&'a PrintedHead>,
    ) -> Self {
        let mut order = chain.newest_first();
        order.retain(|m| chain.is_sound(m));
        Self {
            chain,
            order,
            wanted,
            head,
            lost: BTreeMap::new(),
            apart: BTreeSet::new(),
            reasons: HashMap::new(),
        }
    }

    /// Asks the target which objects are there, so that nothing is fetched for a snapshot that is known not to be whole.
    pub(super) async fn look(
        &mut self,
        wire: &Wire,
        opener: &Opener<'_>,
    ) -> Result<(), BackupError> {
        let mut listed: Vec<Listed> = (self.chain.manifests.iter())
            .flat_map(|m| m.manifest.objects.iter().copied())
            .collect();
        listed.sort_unstable();
        listed.dedup();
        let there = lengths(wire, &listed).await?;
        for object in listed {
            let error = match there.get(&object.address.name()) {
                Some(len) if *len == object.len => continue,
                Some(_) => BackupError::ObjectCorrupt {
                    name: object.address.to_string(),
                    what: object.describe(),
                },
                None => opener.missing(&object),
            };
            self.lost.insert(object, error.to_string());
        }
        Ok(())
    }

    /// What would be taken if all is whole.
    fn first(&self) -> Option<(&'a SignedManifest, &'a SignedManifest)> {
        let snapshot = self.wanted.or_else(|| self.order.first().copied())?;
        let newest = self.after(snapshot).next()?;
        Some((snapshot, newest))
    }

    /// The snapshots from which slots, credentials and what came later may be taken for this one.
    fn after(&self, snapshot: &'a SignedManifest) -> impl Iterator<Item = &'a SignedManifest> {
        let after = self.order.iter().copied();
        after
            .filter(move |newest| self.goes_on(newest, snapshot))
            .chain([snapshot])
    }

    /// The snapshot that does not lead on from the head that was brought although it would have to: without damage the first
    /// choice, with it the newest of all, where no other does.
    pub(super) fn strays(&self, damage: Damage) -> Option<&'a SignedManifest> {
        let (snapshot, newest) = self.first()?;
        let strays = match (damage, self.wanted) {
            (Damage::Refuse, _) => self.is_led(newest).is_none(),
            (Damage::Accept, Some(_)) => !self.after(snapshot).any(|m| self.is_led(m).is_some()),
            (Damage::Accept, None) => !self.order.iter().any(|m| self.is_led(m).is_some()),
        };
        strays.then_some(newest)
    }

    /// What is to be tried next.
    pub(super) fn next(&mut self) -> Option<Pair<'a>> {
        let tried = match self.wanted {
            Some(wanted) => vec![wanted],
            None => self.order.clone(),
        };
        for snapshot in tried {
            let entries = snapshot.manifest.objects.iter();
            if let Some(reason) = self.lost(entries.filter(|o| o.kind == ObjectKind::Ledger)) {
                self.reasons.insert(snapshot.hash, reason);
                continue;
            }
            let after: Vec<_> = self.after(snapshot).collect();
            for newest in after {
                if self.apart.contains(&(snapshot.hash, newest.hash)) {
                    continue;
                }
                let needed = needed_after(&snapshot.manifest, &newest.manifest);
                if let Some(reason) = self.lost(needed) {
                    self.reasons.entry(newest.hash).or_insert(reason);
                    continue;
                }
                let led = match self.wanted {
                    // Asked for by its id: that the target has what the head names is enough.
                    Some(_) => Some(self.is_led(newest).unwrap_or_default()),
                    None => self.is_led(snapshot).and(self.is_led(newest)),
                };
                let Some(through) = led else {
                    let reason = "it does not follow the head that was brought".into();
                    self.reasons.entry(newest.hash).or_insert(reason);
                    continue;
                };
                return Some(Pair {
                    snapshot,
                    newest,
                    through,
                });
            }
        }
        None
    }

    /// A pair that did not come together is not tried again, nor is anything that needs the same objects.
    pub(super) fn set_aside(
        &mut self,
        pair: &Pair<'_>,
        error: &BackupError,
        lost: Vec<(Listed, String)>,
    ) {
        // The index is done without: that it is lost is not why.
        let needed = |o: &Listed| !matches!(o.kind, ObjectKind::Table(table) if table.is_index());
        if !lost.iter().any(|(object, _)| needed(object)) {
            let reason = told(error);
            self.reasons.insert(pair.newest.hash, reason.clone());
            self.reasons.entry(pair.snapshot.hash).or_insert(reason);
        }
        self.lost.extend(lost);
        self.apart.insert((pair.snapshot.hash, pair.newest.hash));
    }

    /// What there is to say of a pair that was not the first choice.
    pub(super) fn told(&self, pair: &Pair<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut say = |m: &SignedManifest, what: String| {
            findings.push(Finding {
                name: format!("snapshot {}", m.id()),
                detail: what,
            });
        };
        if self.wanted.is_none() {
            for newer in self.before(pair.snapshot) {
                say(newer, self.why(newer));
            }
            if let Some(newer) = self.before(pair.snapshot).next() {
                let seq = pair.snapshot.manifest.head.seq;
                let what = format!("taken in place of {}: it ends at entry {seq}", newer.id());
                say(pair.snapshot, what);
            }
        }
        let after = self
            .before(pair.newest)
            .filter(|m| self.goes_on(m, pair.snapshot));
        let mut after = after.peekable();
        if after.peek().is_some() {
            let what = "what was taken away after it is not known, and may be back".into();
            say(pair.newest, what);
        }
        if self.wanted.is_some() {
            for newer in after {
                say(newer, self.why(newer));
            }
        }
        findings
    }

    /// Those that are newer.
    fn before(&self, m: &SignedManifest) -> impl Iterator<Item = &'a SignedManifest> {
        let hash = m.hash;
        let order = self.order.iter().copied();
        order.take_while(move |newer| newer.hash != hash)
    }

    /// Why nothing is left to try.
    pub(super) fn nothing(&self, place: String) -> BackupError {
        let mut tried: Vec<&SignedManifest> = match self.wanted {
            Some(wanted) => [wanted].into_iter().chain(self.after(wanted)).collect(),
            None => self.order.clone(),
        };
        tried.retain(|m| self.reasons.contains_key(&m.hash));
        tried.dedup();
        let tried = tried
            .into_iter()
            .map(|m| Finding {
                name: format!("snapshot {}", m.id()),
                detail: self.why(m),
            })
            .collect();
        BackupError::NoneWhole { place, tried }
    }

    fn why(&self, m: &SignedManifest) -> String {
        let why = self.reasons.get(&m.hash).map(String::as_str);
        why.unwrap_or("not tried").to_owned()
    }

    fn lost<'o>(&self, mut objects: impl Iterator<Item = &'o Listed>) -> Option<String> {
        objects.find_map(|object| self.lost.get(object)).cloned()
    }

    /// Whether `newest` is, or comes after, `snapshot`. Where manifests between them are gone the entries must show it: those of
    /// `newest` have to go on from where `snapshot` ends.
    fn goes_on(&self, newest: &SignedManifest, snapshot: &SignedManifest) -> bool {
        self.chain.leads_to(newest, snapshot.hash) || self.leads_past(newest, snapshot)
    }

    fn leads_past(&self, newest: &SignedManifest, older: &SignedManifest) -> bool {
        let (newest_seq, seq) = (newest.manifest.head.seq, older.manifest.head.seq);
        let after = |gap| gap > older.manifest.name.number;
        newest_seq >= seq && self.chain.gap(newest).is_some_and(after)
    }

    /// Whether a snapshot leads on from the head that was brought, and where its ledger must have been for that.
    fn is_led(&self, snapshot: &SignedManifest) -> Option<Vec<Head>> {
        let Some(head) = self.head else {
            return Some(Vec::new());
        };
        let named = self.chain.named_by(head)?;
        if self.chain.leads_to(snapshot, named) {
            return Some(Vec::new());
        }
        let there = self.chain.manifests.iter().find(|m| m.hash == named)?;
        self.leads_past(snapshot, there)
            .then(|| vec![there.manifest.head])
    }
}

/// An error with its causes.
fn told(error: &BackupError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
