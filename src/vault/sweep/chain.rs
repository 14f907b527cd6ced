//! Numbers, links and anchors: whether each entry follows the one before.

use super::Sweep;
use super::found::Fault;
use crate::crypto::hash::Hash;
use crate::ledger::Row;

/// A longer run of missing entries is named by its ends.
const NAMED: u64 = 1_000;

impl Sweep {
    pub(super) fn missing(&mut self, from: u64, to: u64) {
        self.gap = true;
        for seq in from..=to.min(from + NAMED - 1) {
            self.wrong(seq, Fault::Chain, "it is missing");
        }
        if to >= from + NAMED {
            self.wrong(
                from + NAMED,
                Fault::Chain,
                format!("it and all entries up to {to} are missing"),
            );
        }
    }

    pub(super) fn witnessed(&mut self, seq: u64, link: Hash) {
        if seq == 1 && self.witness.vault.is_some_and(|vault| vault != link) {
            self.wrong(
                seq,
                Fault::Chain,
                "it is not the genesis of the vault that this host belongs to",
            );
        }
        if self
            .witness
            .seen
            .is_some_and(|seen| seen.seq == seq && seen.link != link)
        {
            self.wrong(
                seq,
                Fault::Chain,
                "it is not the entry that this host has seen",
            );
        }
    }

    /// Judges link and anchor. Returns the link before the entry, as far as it can be told.
    pub(super) fn chain(&mut self, row: &Row, column: Option<Hash>) -> Hash {
        let follows = |previous: &Hash| row.expected_link(previous) == row.link;
        let mut previous = self.links.iter().copied().find(|link| follows(link));
        if previous.is_none() && self.gap {
            // What is missing was named; the column that repeats its link still ties the rest together.
            previous = column.filter(|link| follows(link));
        }
        let guess = self.links[0];
        if self.unlinked {
            previous.get_or_insert(guess);
        }
        self.unlinked = false;
        if previous.is_none() {
            self.wrong(row.seq, Fault::Chain, "its link does not match");
        }
        let before = previous.unwrap_or(guess);
        if self.gap
            || before == row.anchor
            || self.links.contains(&row.anchor)
            || self.anchors.contains(&row.anchor)
        {
            self.anchors.clear();
            self.anchors.push(row.anchor);
        } else {
            self.wrong(
                row.seq,
                Fault::Chain,
                "its anchor is not where the chain stood when it was signed",
            );
            // Its neighbours of the same transaction may still bear the right one.
            self.anchors.extend(self.links.iter().copied());
            self.anchors.truncate(4);
        }
        self.links.clear();
        self.links.push(row.link);
        if previous.is_none() {
            self.links.push(row.expected_link(&guess));
        }
        before
    }
}
