//! What was found, and the report that says so.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::desk::view::{Bodies, Chain, Checked, Finding, Grants, IndexChecked, VerifyReport};
use crate::ledger::Head;
use crate::vault::sweep::{Fault, Found};

use super::crew::Done;

/// More findings than this are counted by number only: a file that is wrong everywhere needs no line for each entry.
const IN_WORDS: usize = 10_000;

/// What was found so far.
pub(super) struct Findings {
    started: Instant,
    found: Vec<Found>,
    more: u64,
    chain: Option<u64>,
    broken: bool,
    signatures: BTreeSet<u64>,
    bodies: BTreeSet<u64>,
}

/// What was counted on the way.
pub(super) struct Totals {
    pub(super) head: Head,
    pub(super) judged: u64,
    pub(super) unreadable: u64,
    pub(super) index: IndexChecked,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            found: Vec::new(),
            more: 0,
            chain: None,
            broken: false,
            signatures: BTreeSet::new(),
            bodies: BTreeSet::new(),
        }
    }
}

impl Findings {
    pub(super) fn take(&mut self, found: Found) {
        match (found.fault, found.seq) {
            (Fault::Chain, seq) => {
                self.broken = true;
                self.chain = self.chain.into_iter().chain(seq).min();
            }
            (Fault::Signature, Some(seq)) => _ = self.signatures.insert(seq),
            (Fault::Body, Some(seq)) => _ = self.bodies.insert(seq),
            _ => {}
        }
        if self.found.len() < IN_WORDS {
            self.found.push(found);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn take_all(&mut self, found: Vec<Found>) {
        for found in found {
            self.take(found);
        }
    }

    pub(super) fn report(mut self, totals: Totals, done: Done) -> VerifyReport {
        self.take_all(done.found);
        self.found
            .sort_by_key(|found| (found.seq.is_none(), found.seq));
        let at = |found: &Found| {
            found
                .seq
                .map_or(String::new(), |seq| format!("entry {seq}: "))
        };
        let grants = self
            .found
            .iter()
            .filter(|found| found.fault == Fault::Grant);
        let bad_grants = grants
            .map(|found| format!("{}{}", at(found), found.what))
            .collect();
        let index_ok = totals.index.missing == 0 && totals.index.stray == 0;
        let ok = self.found.is_empty() && index_ok;
        let mut findings: Vec<_> = self
            .found
            .into_iter()
            .map(|found| Finding {
                seq: found.seq,
                text: found.what,
            })
            .collect();
        if self.more > 0 {
            findings.push(Finding {
                seq: None,
                text: format!("and {} more findings", self.more),
            });
        }
        VerifyReport {
            entries: totals.head.seq,
            chain: if self.broken {
                Chain::Broken
            } else {
                Chain::Ok
            },
            first_break: self.chain,
            signatures: Checked {
                checked: done.signatures + totals.judged,
                bad: self.signatures.into_iter().collect(),
            },
            grants: Grants {
                checked: totals.judged,
                bad: bad_grants,
            },
            bodies: Bodies {
                checked: done.opened,
                bad: self.bodies.into_iter().collect(),
                unreadable: totals.unreadable,
            },
            index: totals.index,
            seconds: self.started.elapsed().as_secs_f64(),
            ok,
            findings,
            head: totals.head.link.to_string(),
        }
    }
}
