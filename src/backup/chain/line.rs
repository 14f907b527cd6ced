//! The lines of snapshots: which follows which, which is the newest, and whether a target leads on from a head.

use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::iter::successors;

use super::{Chain, Finding};
use crate::backup::manifest::SignedManifest;
use crate::backup::printed::PrintedHead;
use crate::backup::tombstone::Subject;
use crate::crypto::Hash;

impl Chain {
    /// The snapshots from the newest on: of those that no other follows the one that began last, then the same of what is
    /// left. None comes before one that follows it.
    pub(in crate::backup) fn newest_first(&self) -> Vec<&SignedManifest> {
        let at: HashMap<Hash, usize> = (0..)
            .zip(&self.manifests)
            .map(|(n, m)| (m.hash, n))
            .collect();
        // What prune deleted between two of them is passed over.
        let previous = self.previous();
        let before: Vec<Option<usize>> = self
            .manifests
            .iter()
            .map(|m| {
                let line = successors(Some(m.hash), |hash| previous.get(hash).copied());
                let mut line = line.take(previous.len() + 1).skip(1);
                line.find_map(|hash| at.get(&hash).copied())
            })
            .collect();
        let mut followers = vec![0_usize; before.len()];
        for n in before.iter().flatten() {
            followers[*n] += 1;
        }
        let key = |n: usize| {
            let manifest = &self.manifests[n].manifest;
            (manifest.created, manifest.name.number, n)
        };
        let mut leaves: BinaryHeap<_> = (0..followers.len())
            .filter(|n| followers[*n] == 0)
            .map(key)
            .collect();
        let mut order = Vec::with_capacity(followers.len());
        while let Some((.., n)) = leaves.pop() {
            order.push(&self.manifests[n]);
            if let Some(n) = before[n] {
                followers[n] -= 1;
                if followers[n] == 0 {
                    leaves.push(key(n));
                }
            }
        }
        order
    }

    /// Whether this snapshot and all that is there of those before it follow each other as they should.
    pub(in crate::backup) fn is_sound(&self, from: &SignedManifest) -> bool {
        self.line(from.hash).all(|hash| !self.unfit.contains(&hash))
    }

    /// The number of the snapshot at which the line of `from` breaks off, where the one before it is gone.
    pub(in crate::backup) fn gap(&self, from: &SignedManifest) -> Option<u64> {
        let last = self.line(from.hash).last()?;
        let is_there = self.manifests.iter().any(|m| m.hash == last);
        let mut after = self.manifests.iter();
        after
            .find(|m| m.manifest.previous == Some(last) && !is_there && !self.is_forgotten(last))
            .map(|m| m.manifest.name.number)
    }

    /// The snapshots that no other follows, nor did one that prune deleted: the last of every line.
    pub fn leaves(&self) -> impl Iterator<Item = &SignedManifest> {
        let followed: BTreeSet<Hash> = self.previous().into_values().collect();
        self.manifests
            .iter()
            .filter(move |m| !followed.contains(&m.hash))
    }

    /// What each manifest follows, those included that prune deleted.
    fn previous(&self) -> HashMap<Hash, Hash> {
        let deleted = self
            .tombstones
            .iter()
            .filter_map(|(subject, stone)| match subject {
                Subject::Manifest(hash) => Some((*hash, stone.previous?)),
                Subject::Object(_) | Subject::Keeper(_) => None,
            });
        let there = self
            .manifests
            .iter()
            .filter_map(|m| Some((m.hash, m.manifest.previous?)));
        deleted.chain(there).collect()
    }

    /// The newest snapshot: of those that no other follows, the one that began last.
    pub fn newest(&self) -> Option<&SignedManifest> {
        self.leaves()
            .max_by_key(|m| (m.manifest.created, m.manifest.name.number))
    }

    /// The manifest with hash `from` and those that it follows, there or not.
    fn line(&self, from: Hash) -> impl Iterator<Item = Hash> {
        let previous = self.previous();
        // No line is longer than all of them, whatever forged tombstones say.
        let most = previous.len() + 1;
        successors(Some(from), move |hash| previous.get(hash).copied()).take(most)
    }

    /// Whether the manifest with `hash` is `leaf` or one that it follows, however many lie between.
    pub(in crate::backup) fn leads_to(&self, leaf: &SignedManifest, hash: Hash) -> bool {
        self.line(leaf.hash).any(|there| there == hash)
    }

    /// Whether the target leads on from the head that somebody brings, and how it shows if it does not: `None` where all
    /// is well. With `newest`, that snapshot must lead to the head; without, any of the target's lines may.
    pub fn behind(&self, head: &PrintedHead, newest: Option<&SignedManifest>) -> Option<Finding> {
        let detail = match self.named_by(head) {
            Some(hash) if newest.is_none_or(|newest| self.leads_to(newest, hash)) => return None,
            Some(_) => "the snapshot does not follow it: there are two histories",
            None if self
                .manifests
                .iter()
                .any(|m| m.manifest.name.number >= head.number()) =>
            {
                "others are served in its place: another history, not the one of the head"
            }
            None => "nothing as new is served: this is an older state",
        };
        Some(Finding {
            name: format!("snapshot number {}", head.number()),
            detail: detail.into(),
        })
    }

    /// The manifest that a head names: one that is there, that prune deleted, or that another follows.
    pub(in crate::backup) fn named_by(&self, head: &PrintedHead) -> Option<Hash> {
        let there = self.manifests.iter().map(|m| m.hash);
        let followed = self.manifests.iter().filter_map(|m| m.manifest.previous);
        let deleted = self
            .tombstones
            .iter()
            .filter_map(|(subject, _)| match subject {
                Subject::Manifest(hash) => Some(*hash),
                Subject::Object(_) | Subject::Keeper(_) => None,
            });
        there
            .chain(followed)
            .chain(deleted)
            .find(|hash| head.names(hash))
    }
}
