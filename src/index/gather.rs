//! Gathering the lists of many entries in memory.

use std::borrow::Cow;
use std::collections::HashMap;

use super::change::{Change, FORMER};
use super::posting::{PostingList, subtract};
use super::term::Term;

/// Words and their lists. About a byte a pair in the order of the ledger and eight otherwise, and some 130 a word.
#[derive(Default)]
pub(super) struct Gathered {
    lists: HashMap<Term, PostingList>,
    /// Numbers that come in no order: of versions that were replaced, and of charts that are read one after another though they were
    /// written side by side. Sorted once, when all are known.
    unsorted: HashMap<Term, Vec<u64>>,
    pairs: u64,
}

impl Gathered {
    /// Gathers the words of an entry, and what it replaces. Fastest in the order of the ledger.
    pub(super) fn push(&mut self, change: &Change) {
        for (term, rid) in change.pairs() {
            if rid & FORMER == 0 {
                self.insert(term, rid);
            } else {
                self.defer(term, rid);
            }
        }
    }

    /// Gathers an entry that is dead.
    pub(super) fn push_dead(&mut self, rid: u64) {
        self.defer(&Term::dead(), rid);
    }

    /// Pairs gathered so far; what came twice counts twice.
    pub(super) fn pairs(&self) -> u64 {
        self.pairs
    }

    /// About how many distinct words were gathered: those of which both kinds of numbers came count twice.
    pub(super) fn words(&self) -> usize {
        self.lists.len() + self.unsorted.len()
    }

    /// Every word with its whole list.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&Term, Cow<'_, PostingList>)> {
        let whole = self.lists.iter().map(|(term, list)| {
            let list = match self.unsorted.get(term) {
                None => Cow::Borrowed(list),
                Some(more) => Cow::Owned(sorted([list.to_vec().as_slice(), more].concat())),
            };
            (term, list)
        });
        let unsorted = self.unsorted.iter();
        let rest = unsorted.filter(|(term, _)| !self.lists.contains_key(*term));
        whole.chain(rest.map(|(term, rids)| (term, Cow::Owned(sorted(rids.clone())))))
    }

    /// The same without the entries that are dead, and without the list of these: for an index that holds nothing else.
    pub(super) fn living(&self) -> impl Iterator<Item = (&Term, Cow<'_, PostingList>)> {
        let mark = Term::dead();
        let dead = self.unsorted.get(&mark);
        let dead = dead.map_or_else(Vec::new, |rids| sorted(rids.clone()).to_vec());
        let words = self.lists().filter(move |(term, _)| **term != mark);
        words.map(move |(term, list)| {
            let rids = list.to_vec();
            let living = subtract(&rids, &dead);
            let list = match living.len() {
                all if all == rids.len() => list,
                _ => Cow::Owned(PostingList::from_sorted(&living)),
            };
            (term, list)
        })
    }

    fn insert(&mut self, term: &Term, rid: u64) {
        let Some(list) = self.lists.get_mut(term) else {
            self.pairs += 1;
            let list = PostingList::from_sorted(&[rid]);
            self.lists.insert(term.clone(), list);
            return;
        };
        if list.push(rid) {
            self.pairs += 1;
        } else {
            self.defer(term, rid);
        }
    }

    fn defer(&mut self, term: &Term, rid: u64) {
        self.pairs += 1;
        match self.unsorted.get_mut(term) {
            Some(rids) => rids.push(rid),
            None => drop(self.unsorted.insert(term.clone(), vec![rid])),
        }
    }
}

fn sorted(mut rids: Vec<u64>) -> PostingList {
    rids.sort_unstable();
    rids.dedup();
    PostingList::from_sorted(&rids)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::index::Field;

    proptest! {
        #[test]
        fn entries_are_gathered_in_any_order(rids: Vec<u16>) {
            let (mut gathered, word) = (Gathered::default(), Term::new(Field::Any, "fever"));
            for &rid in &rids {
                gathered.push(&Change { rid: rid.into(), terms: vec![word.clone()], replaces: None });
            }
            let expected: BTreeSet<u64> = rids.iter().map(|rid| u64::from(*rid)).collect();
            let found: Vec<u64> = gathered.lists().flat_map(|(_, list)| list.to_vec()).collect();
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(gathered.pairs(), rids.len() as u64);
        }
    }
}
